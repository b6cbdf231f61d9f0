"""Questions that prove decisions and states: each returns the ids and numbers of whatever does not hold.

A posting decision stands until an entry takes its entries back (`entries.reverses`), and again once that entry is
taken back in turn; `fallen_decisions` selects those that do not stand.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import CTE, Connection, Executable, Subquery, and_, case, func, literal, or_, select

from era_engine.journal.accounts import CONTRACTED_WRITE_OFFS, INSURANCE_DEPOSITS
from era_engine.store.bulk import stream
from era_engine.store.schema import (
    claim_payments,
    claims,
    decisions,
    entries,
    matches,
    postings,
    rule_sets,
    settings_versions,
)

Row = tuple[Any, ...]
STATES = ("open", "posted", "reversed", "closed")
_LONGEST = 100  # takings back of takings back that are followed: a ring of them must not hold us for ever


def found(connection: Connection, query: Executable) -> list[Row]:
    """The rows of a query."""
    return [tuple(row) for row in connection.execute(query)]


def takings() -> CTE:
    """Who took what back: (root, taken, by, depth), all ids of decisions.

    root posted; at depth 1 `by` took back the root's entries, at depth 2 the entries of that one, and so on. So the
    root stands where its greatest depth is even, and what stands at the end of the chain.
    """
    first, next_one, earlier = entries.alias(), entries.alias(), entries.alias()
    took_back = and_(earlier.c.decision_id == first.c.reverses, earlier.c.reverses.is_not(None))
    chain = (
        select(
            first.c.reverses.label("root"),
            first.c.reverses.label("taken"),
            first.c.decision_id.label("by"),
            literal(1).label("depth"),
        )
        .join(earlier, took_back, isouter=True)
        .where(first.c.reverses.is_not(None), earlier.c.id.is_(None))
        .cte("chain", recursive=True)
    )
    longer = select(chain.c.root, chain.c.by, next_one.c.decision_id, chain.c.depth + 1)
    return chain.union_all(longer.join(next_one, next_one.c.reverses == chain.c.by).where(chain.c.depth < _LONGEST))


def fallen_decisions() -> Subquery:
    """`id` of the decisions whose entries are taken back: roots by the length of the chain, reversals for good."""
    chain = takings()
    roots = select(chain.c.root.label("id")).group_by(chain.c.root).having(func.max(chain.c.depth) % 2 == 1)
    return roots.union_all(select(chain.c.taken).where(chain.c.depth > 1)).subquery()


class Entered(NamedTuple):
    """A decision and what it entered. Money in cents; `facts` is JSON, None unless the decision is to post."""

    decision_id: int
    claim_payment_id: int
    claim_number: str
    claim_status: str
    outcome: str
    act: str
    paid_cents: int | None
    facts: str | None
    entries: int
    payments: int
    write_offs: int
    reversals: int
    deposited_cents: int
    written_off_cents: int


def entered_decisions(connection: Connection) -> Iterator[Entered]:
    """Every decision that posts, undoes or has entries, streamed."""
    on = {
        account: func.sum(case((postings.c.account == account, postings.c.cents), else_=0)).label(account)
        for account in (INSURANCE_DEPOSITS, CONTRACTED_WRITE_OFFS)
    }
    by_entry = select(postings.c.entry_id, *on.values()).group_by(postings.c.entry_id).subquery()
    kinds = [
        func.sum(case((entries.c.kind == kind, 1), else_=0)).label(kind)
        for kind in ("insurance_payment", "contracted_write_off", "reversal")
    ]
    sums = [func.coalesce(func.sum(by_entry.c[account]), 0).label(account) for account in on]
    entered = (
        select(entries.c.decision_id, func.count().label("count"), *kinds, *sums)
        .join(by_entry, by_entry.c.entry_id == entries.c.id, isouter=True)
        .where(entries.c.decision_id.is_not(None))
        .group_by(entries.c.decision_id)
        .subquery()
    )
    counted = [func.coalesce(column, 0) for column in list(entered.c)[1:]]
    query = (
        select(
            decisions.c.id,
            claim_payments.c.id,
            claim_payments.c.claim_number,
            claim_payments.c.claim_status,
            decisions.c.outcome,
            decisions.c.act,
            claim_payments.c.paid_cents,
            case((decisions.c.outcome == "post", decisions.c.facts)),
            *counted,
        )
        .select_from(decisions)
        .join(claim_payments)
        .join(entered, entered.c.decision_id == decisions.c.id, isouter=True)
        .where(or_(decisions.c.outcome == "post", decisions.c.act == "undo", entered.c.decision_id.is_not(None)))
    )
    for row in stream(connection, query):
        yield Entered(*row[:8], *map(int, row[8:]))


def decisions_without_grounds(connection: Connection) -> list[Row]:
    """(decision id,) of decisions whose rule set or settings are not kept."""
    query = select(decisions.c.id).where(
        or_(
            decisions.c.ruleset.not_in(select(rule_sets.c.hash)),
            decisions.c.settings.not_in(select(settings_versions.c.hash)),
        )
    )
    return found(connection, query)


def undone_without_entry(connection: Connection) -> list[Row]:
    """(decision id,) of undoings without an entry; that of a closing, which posted nothing, needs none."""
    before, newest = decisions.alias(), decisions.alias()
    last = (
        select(func.max(newest.c.id))
        .where(newest.c.claim_payment_id == decisions.c.claim_payment_id, newest.c.id < decisions.c.id)
        .correlate(decisions)
        .scalar_subquery()
    )
    query = (
        select(decisions.c.id)
        .select_from(decisions)
        .join(before, before.c.id == last, isouter=True)
        .join(entries, entries.c.decision_id == decisions.c.id, isouter=True)
        .where(decisions.c.act == "undo", entries.c.id.is_(None), before.c.act.is_distinct_from("close"))
    )
    return found(connection, query)


def altered_grounds(connection: Connection) -> list[str]:
    """Hashes of rule sets and settings whose content is another now."""
    return [
        content_hash
        for table in (rule_sets, settings_versions)
        for content_hash, content in connection.execute(select(table.c.hash, table.c.content))
        if content_hash != f"sha256:{sha256(content.encode()).hexdigest()}"
    ]


def undecided_claim_payments(connection: Connection) -> list[Row]:
    """(id, claim number) of claim payments that were read and never decided."""
    query = (
        select(claim_payments.c.id, claim_payments.c.claim_number)
        .join(decisions, isouter=True)
        .where(decisions.c.id.is_(None))
    )
    return found(connection, query)


def states_without_their_postings(connection: Connection) -> list[Row]:
    """(id, claim number, state, posting decisions that stand): posted has exactly one, every other state none."""
    fallen = fallen_decisions()
    standing = (
        select(decisions.c.claim_payment_id, func.count().label("count"))
        .join(fallen, fallen.c.id == decisions.c.id, isouter=True)
        .where(decisions.c.outcome == "post", fallen.c.id.is_(None))
        .group_by(decisions.c.claim_payment_id)
        .subquery()
    )
    count = func.coalesce(standing.c.count, 0)
    query = (
        select(claim_payments.c.id, claim_payments.c.claim_number, claim_payments.c.state, count)
        .join(standing, standing.c.claim_payment_id == claim_payments.c.id, isouter=True)
        .where(
            or_(
                count != case((claim_payments.c.state == "posted", 1), else_=0),
                claim_payments.c.state.not_in(STATES),
            )
        )
    )
    return found(connection, query)


def reversed_without_reversal(connection: Connection) -> list[Row]:
    """(id, claim number) of claim payments in state reversed without a posted reversal (status 22) of their claim."""
    chain, again = takings(), entries.alias()
    posting, reversing, reversal = decisions.alias(), decisions.alias(), claim_payments.alias()
    taken_back = (
        select(posting.c.claim_payment_id, reversal.c.office_claim)
        .select_from(chain)
        .join(posting, posting.c.id == chain.c.root)
        .join(reversing, reversing.c.id == chain.c.by)
        .join(reversal, reversal.c.id == reversing.c.claim_payment_id)
        .join(again, again.c.reverses == chain.c.by, isouter=True)
        .where(
            again.c.id.is_(None),
            posting.c.outcome == "post",
            reversing.c.outcome == "post",
            reversal.c.claim_status == "22",
            reversal.c.state == "posted",
        )
        .subquery()
    )
    query = (
        select(claim_payments.c.id, claim_payments.c.claim_number)
        .join(
            taken_back,
            and_(
                taken_back.c.claim_payment_id == claim_payments.c.id,
                taken_back.c.office_claim == claim_payments.c.office_claim,
            ),
            isouter=True,
        )
        .where(claim_payments.c.state == "reversed", taken_back.c.claim_payment_id.is_(None))
    )
    return found(connection, query)


def closed_by_nobody(connection: Connection) -> list[Row]:
    """(id, claim number) of claim payments in state closed whose newest decision did not close them."""
    of_payment = decisions.alias()
    newest = select(func.max(of_payment.c.id)).where(of_payment.c.claim_payment_id == claim_payments.c.id)
    query = (
        select(claim_payments.c.id, claim_payments.c.claim_number)
        .select_from(claim_payments)
        .join(decisions, decisions.c.id == newest.correlate(claim_payments).scalar_subquery(), isouter=True)
        .where(claim_payments.c.state == "closed", decisions.c.act.is_distinct_from("close"))
    )
    return found(connection, query)


def matched_to_nothing(connection: Connection) -> list[Row]:
    """(id, claim number, practice claim, state) where the claim matched is none of ours, or a posted one has none."""
    query = (
        select(
            claim_payments.c.id,
            claim_payments.c.claim_number,
            claim_payments.c.office_claim,
            claim_payments.c.state,
        )
        .join(claims, claims.c.claim_number == claim_payments.c.office_claim, isouter=True)
        .where(
            claims.c.claim_number.is_(None),
            or_(claim_payments.c.office_claim.is_not(None), claim_payments.c.state.in_(("posted", "reversed"))),
        )
    )
    return found(connection, query)


def matched_otherwise(connection: Connection) -> list[Row]:
    """(id, practice claim, what a person matched it to last) where the two differ."""
    newest = select(func.max(matches.c.id).label("id")).group_by(matches.c.claim_payment_id).subquery()
    query = (
        select(claim_payments.c.id, claim_payments.c.office_claim, matches.c.claim_number)
        .join(matches, matches.c.claim_payment_id == claim_payments.c.id)
        .join(newest, newest.c.id == matches.c.id)
        .where(matches.c.claim_number.is_distinct_from(claim_payments.c.office_claim))
    )
    return found(connection, query)
