"""Look-ups for what people do with claim payments: which one is meant, and what stands in the books for it."""

from typing import NamedTuple

from sqlalchemy import Connection, func, select

from era_engine.journal.accounts import ACCOUNTS_RECEIVABLE
from era_engine.store.insurance.log import State
from era_engine.store.insurance.payments import names_claim
from era_engine.store.proofs.decisions import fallen_decisions
from era_engine.store.schema import claim_payments, entries, postings


class Chosen(NamedTuple):
    """A claim payment that a person means. `office_claim`: the claim it is matched to. Money in cents."""

    id: int
    claim_number: str
    state: State
    status: str
    paid_cents: int | None
    office_claim: str | None
    match_step: str | None


def claim_payments_named(connection: Connection, payment_id: int, claim: str | None = None) -> list[Chosen]:
    """The claim payments of a payment that have this claim number, the payer's or the practice's; None: all of them.

    Rows are locked until the transaction ends, so that no two people do something to one of them at the same time.
    """
    query = (
        select(
            claim_payments.c.id,
            claim_payments.c.claim_number,
            claim_payments.c.state,
            claim_payments.c.claim_status,
            claim_payments.c.paid_cents,
            claim_payments.c.office_claim,
            claim_payments.c.match_step,
        )
        .where(claim_payments.c.payment_id == payment_id)
        .order_by(claim_payments.c.id)
        .with_for_update()
    )
    if claim is not None:
        query = query.where(names_claim(claim))
    return [Chosen._make(row) for row in connection.execute(query)]


def written_off_by_line(connection: Connection, claim_number: str) -> dict[int | None, int]:
    """Cents written off that stand on each procedure line of a claim of the practice, and on none of them (None)."""
    fallen = fallen_decisions()
    query = (
        select(postings.c.line, func.sum(-postings.c.cents))
        .join(entries)
        .where(
            entries.c.claim_number == claim_number,
            entries.c.kind == "contracted_write_off",
            entries.c.decision_id.not_in(select(fallen.c.id)),
            postings.c.account == ACCOUNTS_RECEIVABLE,
        )
        .group_by(postings.c.line)
    )
    return {line: int(cents) for line, cents in connection.execute(query)}


def credited_by_line(connection: Connection, claim_number: str) -> dict[int, int]:
    """Cents paid and written off, together, that stand on each procedure line of a claim of the practice."""
    query = (
        select(postings.c.line, func.sum(-postings.c.cents))
        .join(entries)
        .where(
            entries.c.claim_number == claim_number,
            postings.c.account == ACCOUNTS_RECEIVABLE,
            postings.c.line.is_not(None),
        )
        .group_by(postings.c.line)
    )
    return {line: int(cents) for line, cents in connection.execute(query)}
