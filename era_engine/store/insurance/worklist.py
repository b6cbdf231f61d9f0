"""What waits for a person, in one look at the open claim payments."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, and_, exists, func, select

from era_engine.store.bulk import stream
from era_engine.store.insurance.payments import NEWEST_DECISION
from era_engine.store.schema import IS_OPEN, claim_payments, claims, decisions, files, payments, provider_adjustments


class OpenClaim(NamedTuple):
    """An open claim payment with the newest decision on it; `holds` as stored, `facts` is JSON. Money in cents.

    sent: (payer id, payer name, location) of the practice's claim, None where there is none.
    """

    claim_payment_id: int
    payment_id: int
    trace_number: str
    payer: str | None
    payment_date: object
    received_at: str
    claim_number: str
    office_claim: str | None
    claim_status: str
    paid_cents: int | None
    rule: str | None
    holds: str
    explanation: str
    facts: str
    mode: str
    act: str
    patient_id: str | None
    location: str | None
    sent: tuple[str, str, str] | None


def open_claims(connection: Connection) -> Iterator[OpenClaim]:
    """Every open claim payment, oldest payment first."""
    query = (
        select(
            claim_payments.c.id,
            payments.c.id,
            payments.c.trace_number,
            payments.c.payer,
            payments.c.payment_date,
            files.c.received_at,
            claim_payments.c.claim_number,
            claim_payments.c.office_claim,
            claim_payments.c.claim_status,
            claim_payments.c.paid_cents,
            decisions.c.rule,
            decisions.c.holds,
            decisions.c.explanation,
            decisions.c.facts,
            decisions.c.mode,
            decisions.c.act,
            decisions.c.patient_id,
            decisions.c.location,
            claims.c.payer_id,
            claims.c.payer_name,
            claims.c.location,
        )
        .select_from(claim_payments)
        .join(decisions, and_(decisions.c.claim_payment_id == claim_payments.c.id, decisions.c.id == NEWEST_DECISION))
        .join(payments, payments.c.id == claim_payments.c.payment_id)
        .join(files, files.c.id == payments.c.file_id)
        .join(claims, claims.c.claim_number == claim_payments.c.office_claim, isouter=True)
        .where(IS_OPEN)
        .order_by(claim_payments.c.payment_id, claim_payments.c.id)
    )
    for row in stream(connection, query):
        payer_id, payer_name, location = row[-3:]
        yield OpenClaim._make((*row[:-3], None if payer_id is None else (payer_id, payer_name, location)))


def names_on_open_payments(connection: Connection) -> Iterator[tuple[int, str, str | None]]:
    """(payment id, the payer's claim number, the practice's) of every claim payment beside one that is open."""
    of_open = select(claim_payments.c.payment_id).where(IS_OPEN)
    query = select(claim_payments.c.payment_id, claim_payments.c.claim_number, claim_payments.c.office_claim)
    for row in stream(connection, query.where(claim_payments.c.payment_id.in_(of_open))):
        yield row[0], row[1], row[2]


def shared_trace_numbers(connection: Connection) -> set[str]:
    """Trace numbers that several payments have, or that are the id of such a payment."""
    shared = select(payments.c.trace_number).group_by(payments.c.trace_number).having(func.count() > 1)
    query = select(payments.c.id, payments.c.trace_number).where(payments.c.trace_number.in_(shared))
    return {name for payment_id, trace in connection.execute(query) for name in (trace, str(payment_id))}


class EmptyPayment(NamedTuple):
    """A payment of money that names no claim and no provider-level adjustment. `stored_as`: relative to the home."""

    payment_id: int
    trace_number: str
    payer: str | None
    payment_date: date | None
    payment_cents: int | None
    file: str
    stored_as: str | None


def empty_payments(connection: Connection) -> list[EmptyPayment]:
    """Payments whose money belongs to nothing, in the order they were read; an unreadable amount may be some."""
    query = (
        select(
            payments.c.id,
            payments.c.trace_number,
            payments.c.payer,
            payments.c.payment_date,
            payments.c.payment_cents,
            files.c.name,
            files.c.stored_as,
        )
        .join(files)
        .where(
            payments.c.payment_cents.is_distinct_from(0),
            ~exists().where(claim_payments.c.payment_id == payments.c.id),
            ~exists().where(provider_adjustments.c.payment_id == payments.c.id),
        )
        .order_by(payments.c.id)
    )
    return [EmptyPayment._make(row) for row in connection.execute(query)]


class WaitingFile(NamedTuple):
    """A file that waits for a person: quarantined, or interrupted in the middle. `stored_as`: relative to the home."""

    name: str
    state: str
    received_at: str
    stored_as: str | None


def waiting_files(connection: Connection, home: str) -> list[WaitingFile]:
    """Files in quarantine, and files whose work was interrupted."""
    query = (
        select(files.c.name, files.c.state, files.c.received_at, files.c.stored_as)
        .where(files.c.home == home, files.c.state.in_(("quarantined", "received")))
        .order_by(files.c.id)
    )
    return [WaitingFile._make(row) for row in connection.execute(query)]
