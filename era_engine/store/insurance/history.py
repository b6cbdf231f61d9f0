"""What earlier remittances and the ledger hold about the practice's claims: looked up in batches."""

from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, case, func, select

from era_engine.journal.accounts import CONTRACTED_WRITE_OFFS, INSURANCE_DEPOSITS
from era_engine.journal.entry import Posting
from era_engine.remittance.claims import read_claims
from era_engine.remittance.model import ClaimPayment
from era_engine.store.practice.claims import slices
from era_engine.store.schema import claim_payments, decisions, entries, payments, postings
from era_engine.x12.tokens import Separators


class Earlier(NamedTuple):
    """A claim payment in the books that is matched to a claim and neither reversed nor closed. Money in cents."""

    id: int
    payment_id: int
    trace_number: str
    claim_number: str  # the practice's
    state: str
    status: str
    payer_claim_number: str
    charge_cents: int | None
    paid_cents: int | None
    patient_responsibility_cents: int | None
    originator: str


class Sums(NamedTuple):
    """What stands in the ledger for a claim."""

    paid_cents: int
    written_off_cents: int


class PostedDecision(NamedTuple):
    """What stands posted for a claim payment: the postings, and the decision whose entries hold them last.

    That is the posting decision itself; or, where it was taken back and that was taken back in turn, the last of the
    chain, which is what an entry that takes the posting back must name.
    """

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
        payments.c.originator,
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


_TAKES_BACK = select(entries.c.reverses).where(
    entries.c.decision_id == bindparam("decision_id"), entries.c.reverses.is_not(None)
)


def earlier_payments(connection: Connection, claim_numbers: Collection[str]) -> dict[str, list[Earlier]]:
    """What the books hold of each of these claims of the practice, oldest first."""
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
    """The decision whose posting of this claim payment stands, whoever made it; None where none does.

    Where a reversal took the posting back and was undone, the undoing stands for it: its entry put it in force again,
    and is what can be taken back next.
    """
    query = (
        select(decisions.c.id)
        .where(decisions.c.claim_payment_id == claim_payment_id, decisions.c.outcome == "post")
        .order_by(decisions.c.id.desc())
        .limit(1)
    )
    decision_id = connection.execute(query).scalar()
    while decision_id is not None:
        reversal = _taken_back_by(connection, decision_id)
        if reversal is None:
            return PostedDecision(decision_id, _postings_of(connection, decision_id))
        taken_back_by, posts = reversal
        undoing = _taken_back_by(connection, taken_back_by) if posts else None
        decision_id = None if undoing is None else undoing[0]
    return None


def _taken_back_by(connection: Connection, decision_id: int) -> tuple[int, bool] | None:
    """The decision that took a decision's entries back, and whether it is a posted reversal; else a person undid it."""
    query = select(decisions.c.id, decisions.c.outcome == "post").join(entries, entries.c.decision_id == decisions.c.id)
    row = connection.execute(query.where(entries.c.reverses == decision_id)).first()
    return None if row is None else (row[0], bool(row[1]))


def _postings_of(connection: Connection, decision_id: int) -> tuple[Posting, ...]:
    query = (
        select(postings.c.account, postings.c.cents, postings.c.line)
        .join(entries)
        .where(entries.c.decision_id == decision_id)
        .order_by(entries.c.id, postings.c.ordinal)
    )
    return tuple(Posting(*row) for row in connection.execute(query))


def claim_payment_taken_back(connection: Connection, decision_id: int) -> int | None:
    """The claim payment whose posting an entry of this decision takes back, however often it was put in force again."""
    root = decision_id
    while (taken := connection.execute(_TAKES_BACK, {"decision_id": root}).scalar()) is not None:
        root = taken
    if root == decision_id:
        return None
    query = select(decisions.c.claim_payment_id).where(decisions.c.id == root)
    found: int = connection.execute(query).scalar_one()
    return found


def newest_holds(connection: Connection, claim_payment_ids: Collection[int]) -> set[str]:
    """Ids of the holds in the newest decision on any of these claim payments."""
    newest = (
        select(func.max(decisions.c.id))
        .where(decisions.c.claim_payment_id.in_(claim_payment_ids))
        .group_by(decisions.c.claim_payment_id)
    )
    held = connection.execute(select(decisions.c.holds).where(decisions.c.id.in_(newest))).scalars()
    return {hold for holds in held for hold in holds.split()}


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
