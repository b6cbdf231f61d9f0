"""A payment read back from the database, whole enough to be judged again."""

import json
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, or_, select

from era_engine.remittance.claims import read_claims
from era_engine.remittance.model import ClaimPayment
from era_engine.store.schema import (
    IS_OPEN,
    claim_payments,
    decisions,
    entries,
    files,
    matches,
    payments,
    provider_adjustments,
)
from era_engine.x12.finding import Finding
from era_engine.x12.tokens import Separators

_of_claim_payment = decisions.alias()
# of a query over claim payments: the id of the newest decision on each
NEWEST_DECISION = (
    select(func.max(_of_claim_payment.c.id))
    .where(_of_claim_payment.c.claim_payment_id == claim_payments.c.id)
    .correlate(claim_payments)
    .scalar_subquery()
)


class ToJudge(NamedTuple):
    """A claim payment to be judged. id: None where it is not written down yet.

    pinned: a person said which claim it is for: `pin`, or none of ours where that is None. taken_back: a person took
    its posting back.
    """

    payment: ClaimPayment
    id: int | None = None
    pinned: bool = False
    pin: str | None = None
    taken_back: bool = False
    state: str = "open"
    office_claim: str | None = None
    match_step: str | None = None


class StoredPayment(NamedTuple):
    """A payment as written down; `provider_adjustments` counts those whose amount is not zero."""

    id: int
    file: str
    trace_number: str
    originator: str
    payer: str | None
    payment_date: date | None
    payment_cents: int | None
    payee_ids: tuple[tuple[str, str], ...]
    provider_adjustments: int
    findings: tuple[Finding, ...]
    separators: Separators


class Waiting(NamedTuple):
    """A claim payment that something may have released, and the newest decision on it; `holds` as stored."""

    claim_payment_id: int
    payment_id: int
    outcome: str
    rule: str | None
    holds: str


def stored_payment(connection: Connection, payment_id: int, lock: bool = True) -> StoredPayment:
    """The payment with this id, which must exist; locked until the transaction ends, unless it is only looked at.

    Whoever is at work on its claims and provider-level adjustments is the only one: they are read after this.
    """
    query = select(payments, files.c.name.label("file")).join(files).where(payments.c.id == payment_id)
    if lock:
        query = query.with_for_update(of=payments, key_share=True)
    row = connection.execute(query).mappings().one()
    adjustments = select(func.count()).where(
        provider_adjustments.c.payment_id == payment_id, provider_adjustments.c.cents.is_distinct_from(0)
    )
    return StoredPayment(
        payment_id,
        row["file"],
        row["trace_number"],
        row["originator"],
        row["payer"],
        row["payment_date"],
        row["payment_cents"],
        tuple((qualifier, value) for qualifier, value in json.loads(row["payee_ids"])),
        connection.execute(adjustments).scalar_one(),
        tuple(Finding(**each) for each in json.loads(row["findings"])),
        Separators(*row["separators"]),
    )


def posted_version_of(connection: Connection, payment: StoredPayment) -> int | None:
    """Another payment of the same originator, trace number, date and amount of which something is posted: its id."""
    if not payment.payment_cents or not payment.trace_number:
        return None  # payers repeat trace numbers on payments of zero (RFI 1847)
    claim, pair = claim_payments.c, provider_adjustments.c
    query = select(func.min(payments.c.id)).where(
        payments.c.id != payment.id,
        payments.c.originator == payment.originator,
        payments.c.trace_number == payment.trace_number,
        payments.c.payment_date == payment.payment_date,
        payments.c.payment_cents == payment.payment_cents,
        or_(
            exists().where(claim.payment_id == payments.c.id, claim.state.in_(("posted", "reversed"))),
            exists().where(pair.payment_id == payments.c.id, pair.state == "posted"),
        ),
    )
    found: int | None = connection.execute(query).scalar()
    return found


def claim_payments_of(
    connection: Connection,
    payment: StoredPayment,
    states: Collection[str],
    claim_number: str | None = None,
    ids: Collection[int] | None = None,
) -> list[ToJudge]:
    """Claim payments of a payment in these states, read again from their own segments, oldest first.

    `claim_number` is the payer's or the practice's, or the claim payment's id where several share one.
    """
    query = select(
        claim_payments.c.id,
        claim_payments.c.source,
        claim_payments.c.state,
        claim_payments.c.office_claim,
        claim_payments.c.match_step,
        _NEWEST_PIN,
        _WAS_TAKEN_BACK,
    ).where(claim_payments.c.payment_id == payment.id, claim_payments.c.state.in_(states))
    if claim_number is not None:
        query = query.where(names_claim(claim_number))
    if ids is not None:
        query = query.where(claim_payments.c.id.in_(ids))
    found = []
    rows = connection.execute(query.order_by(claim_payments.c.id)).all()
    for claim_payment_id, source, state, office_claim, step, match_id, taken_back in rows:
        segments = source.split(payment.separators.terminator)
        as_read = next(read_claims(segments, payment.separators, lambda: 0))
        pin = None
        if match_id is not None:
            pin = connection.execute(select(matches.c.claim_number).where(matches.c.id == match_id)).scalar()
        pinned = (match_id is not None, pin)
        found.append(ToJudge(as_read, claim_payment_id, *pinned, bool(taken_back), state, office_claim, step))
    return found


def interest_of(connection: Connection, payment: StoredPayment) -> int | None:
    """The interest that a payment's claims state (AMT*I), in cents; None where none does, or no pair asks for it."""
    if not payment.provider_adjustments:
        return None
    interest = None
    for each in claim_payments_of(connection, payment, ["open", "posted", "reversed", "closed"]):
        for qualifier, amount in each.payment.amounts:
            if qualifier == "I" and amount is not None:
                interest = (interest or 0) + amount
    return interest


def names_claim(claim: str) -> ColumnElement[bool]:
    """Whether a claim payment is meant by the payer's claim number or by the practice's."""
    return or_(claim_payments.c.claim_number == claim, claim_payments.c.office_claim == claim)


def waiting_claim_payments(connection: Connection, holds: Sequence[str]) -> list[Waiting]:
    """Open claim payments whose newest decision has one of these holds, or was a match by hand; by payment."""
    released = [decisions.c.holds.contains(f" {hold} ", autoescape=True) for hold in holds]
    query: Select[Any] = (
        select(
            claim_payments.c.id,
            claim_payments.c.payment_id,
            decisions.c.outcome,
            decisions.c.rule,
            decisions.c.holds,
        )
        .select_from(claim_payments)
        .join(decisions, and_(decisions.c.claim_payment_id == claim_payments.c.id, decisions.c.id == NEWEST_DECISION))
        .where(IS_OPEN, or_(decisions.c.act == "match", *released))
        .order_by(claim_payments.c.payment_id, claim_payments.c.id)
    )
    return [Waiting._make(row) for row in connection.execute(query)]


_NEWEST_PIN = select(func.max(matches.c.id)).where(matches.c.claim_payment_id == claim_payments.c.id).scalar_subquery()
# that of a closing took nothing back, and has no entry
_WAS_TAKEN_BACK = exists().where(
    decisions.c.claim_payment_id == claim_payments.c.id,
    decisions.c.act == "undo",
    entries.c.decision_id == decisions.c.id,
)
