"""What earlier remittances and the ledger hold about the office's claims: looked up in batches."""

from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, case, func, select

from era_engine.ledger.entries import CONTRACTED_WRITE_OFFS, INSURANCE_DEPOSITS, Posting
from era_engine.remittance.claims import read_claims
from era_engine.remittance.model import ClaimPayment
from era_engine.store.practice import slices
from era_engine.store.schema import claim_payments, decisions, entries, payments, postings
from era_engine.x12.tokens import Separators


class Earlier(NamedTuple):
    """A claim payment in the books that is matched to a claim and neither reversed nor closed. Money in cents."""

    id: int
    payment_id: int
    trace_number: str
    claim_number: str  # the office's
    state: str
    status: str
    payer_claim_number: str
    charge_cents: int | None
    paid_cents: int | None
    patient_responsibility_cents: int | None


class Sums(NamedTuple):
    """What stands in the ledger for a claim."""

    paid_cents: int
    written_off_cents: int


class PostedDecision(NamedTuple):
    """The decision that posted a claim payment, with all its postings."""

    decision_id: int
    postings: tuple[Posting, ...]

    def total(self, account: str) -> int:
        return sum([each.cents for each in self.postings if each.account == account])


_EARLIER = (
    select(
        claim_payments.c.id,
        claim_payments.c.payment_id,
        payments.c.trace_number,
        claim_payments.c.office_claim,
        claim_payments.c.state,
        claim_payments.c.claim_status,
        claim_payments.c.payer_claim_number,
        claim_payments.c.charge_cents,
        claim_payments.c.paid_cents,
        claim_payments.c.patient_responsibility_cents,
    )
    .join(payments)
    .where(
        claim_payments.c.office_claim.in_(bindparam("numbers", expanding=True)),
        claim_payments.c.state.in_(("open", "posted")),
    )
    .order_by(claim_payments.c.id)
)
_SUMS = (
    select(
        entries.c.claim_number,
        func.coalesce(func.sum(case((postings.c.account == INSURANCE_DEPOSITS, postings.c.cents))), 0),
        func.coalesce(func.sum(case((postings.c.account == CONTRACTED_WRITE_OFFS, postings.c.cents))), 0),
    )
    .join(postings)
    .where(entries.c.claim_number.in_(bindparam("numbers", expanding=True)))
    .group_by(entries.c.claim_number)
)


def earlier_payments(connection: Connection, claim_numbers: Collection[str]) -> dict[str, list[Earlier]]:
    """What the books hold of each of these claims of the office, oldest first."""
    found: dict[str, list[Earlier]] = defaultdict(list)
    for some in slices(claim_numbers):
        for row in connection.execute(_EARLIER, {"numbers": some}):
            found[row[3]].append(Earlier._make(row))
    return found


def posted_sums(connection: Connection, claim_numbers: Collection[str]) -> dict[str, Sums]:
    """Payment and write-off posted for each claim; claims without an entry are left out."""
    found: dict[str, Sums] = {}
    for some in slices(claim_numbers):
        for number, paid, written_off in connection.execute(_SUMS, {"numbers": some}):
            found[number] = Sums(int(paid), int(written_off))
    return found


def posted_decision(connection: Connection, claim_payment_id: int) -> PostedDecision | None:
    """The decision whose posting of this claim payment stands, whoever made it; None where none does."""
    taken_back = select(entries.c.reverses).where(entries.c.reverses.is_not(None))
    query = (
        select(entries.c.decision_id, postings.c.account, postings.c.cents, postings.c.line)
        .select_from(entries)
        .join(postings)
        .join(decisions, decisions.c.id == entries.c.decision_id)
        .where(
            decisions.c.claim_payment_id == claim_payment_id,
            decisions.c.outcome == "post",
            decisions.c.id.not_in(taken_back),
        )
        .order_by(entries.c.id, postings.c.ordinal)
    )
    rows = connection.execute(query).all()
    if not rows:
        return None
    newest = max(row[0] for row in rows)
    return PostedDecision(newest, tuple(Posting(*row[1:]) for row in rows if row[0] == newest))


def as_remitted(connection: Connection, claim_payment_ids: Collection[int]) -> dict[int, ClaimPayment]:
    """Claim payments read again from their own segments."""
    query = (
        select(claim_payments.c.id, claim_payments.c.source, payments.c.separators)
        .join(payments)
        .where(claim_payments.c.id.in_(claim_payment_ids))
    )
    found = {}
    for claim_payment_id, source, letters in connection.execute(query):
        separators = Separators(*letters)
        segments = source.split(separators.terminator)
        found[claim_payment_id] = next(read_claims(segments, separators, lambda: 0))
    return found
