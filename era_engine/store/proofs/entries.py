"""Questions that prove the entries: each returns the ids and numbers of whatever does not hold."""

from sqlalchemy import Connection, and_, func, or_, select, union_all

from era_engine.journal.accounts import (
    ACCOUNTS_RECEIVABLE,
    CONTRACTED_WRITE_OFFS,
    INSURANCE_DEPOSITS,
    INTEREST_INCOME,
    PAYER_BALANCES,
    PROVIDER_ADJUSTMENTS,
)
from era_engine.store.proofs.decisions import Row, fallen_decisions, found, takings
from era_engine.store.schema import claim_payments, claims, decisions, entries, postings, provider_adjustments

_OF_CLAIMS = (INSURANCE_DEPOSITS, ACCOUNTS_RECEIVABLE, CONTRACTED_WRITE_OFFS)
_OF_PAYERS = (INSURANCE_DEPOSITS, INTEREST_INCOME, PAYER_BALANCES, PROVIDER_ADJUSTMENTS)


def unbalanced_entries(connection: Connection) -> list[Row]:
    """(entry id, what its postings sum to), for entries that do not sum to zero."""
    total = func.sum(postings.c.cents)
    query = select(postings.c.entry_id, total).group_by(postings.c.entry_id).having(total != 0)
    return [(entry_id, int(total)) for entry_id, total in connection.execute(query)]


def entries_without_postings(connection: Connection) -> list[Row]:
    """(entry id,)"""
    return found(connection, select(entries.c.id).join(postings, isouter=True).where(postings.c.entry_id.is_(None)))


def entries_without_one_owner(connection: Connection) -> list[Row]:
    """(entry id, whether it has two) of entries not of exactly one of decision and provider-level adjustment."""
    decided, adjusted = entries.c.decision_id.is_not(None), entries.c.provider_adjustment_id.is_not(None)
    return found(connection, select(entries.c.id, decided).where(decided == adjusted))


def entries_on_another_payment(connection: Connection) -> list[Row]:
    """(entry id, its payment, the payment of what it belongs to)"""
    owner = func.coalesce(claim_payments.c.payment_id, provider_adjustments.c.payment_id)
    query = (
        select(entries.c.id, entries.c.payment_id, owner)
        .select_from(entries)
        .join(decisions, decisions.c.id == entries.c.decision_id, isouter=True)
        .join(claim_payments, claim_payments.c.id == decisions.c.claim_payment_id, isouter=True)
        .join(provider_adjustments, provider_adjustments.c.id == entries.c.provider_adjustment_id, isouter=True)
        .where(entries.c.payment_id != owner)
    )
    return found(connection, query)


def postings_on_strange_accounts(connection: Connection) -> list[Row]:
    """(entry id, account) where the account is not one for what the entry belongs to."""
    query = (
        select(entries.c.id, postings.c.account)
        .join(postings)
        .where(
            or_(
                and_(entries.c.decision_id.is_not(None), postings.c.account.not_in(_OF_CLAIMS)),
                and_(entries.c.provider_adjustment_id.is_not(None), postings.c.account.not_in(_OF_PAYERS)),
            )
        )
        .distinct()
    )
    return found(connection, query)


def reversals_without_cause(connection: Connection) -> list[Row]:
    """(entry id, kind) where the kind and what the entry says it takes back do not go together.

    A claim's entry takes back a decision's, a provider-level adjustment's takes back another of the same adjustment.
    """
    other = entries.alias()
    of_decision = and_(
        entries.c.kind == "reversal", entries.c.decision_id.is_not(None), entries.c.reverses.is_not(None)
    )
    of_pair = and_(entries.c.kind == "reversal", other.c.provider_adjustment_id == entries.c.provider_adjustment_id)
    neither = and_(entries.c.kind != "reversal", entries.c.reverses.is_(None), entries.c.reverses_entry.is_(None))
    fits = or_(and_(of_decision, entries.c.reverses_entry.is_(None)), and_(of_pair, entries.c.reverses.is_(None)))
    query = (
        select(entries.c.id, entries.c.kind)
        .select_from(entries)
        .join(other, other.c.id == entries.c.reverses_entry, isouter=True)
        .where(~func.coalesce(or_(fits, neither), False))
    )
    return found(connection, query)


def reversals_not_exact(connection: Connection) -> list[Row]:
    """(entry id, account, line, what is left) where an entry does not negate all that it takes back, line by line."""
    taken = entries.alias()
    own = select(entries.c.id.label("id"), postings.c.account, postings.c.line, postings.c.cents).join(postings)
    back = (
        select(entries.c.id.label("id"), postings.c.account, postings.c.line, postings.c.cents)
        .select_from(entries)
        .join(taken, on)
        .join(postings, postings.c.entry_id == taken.c.id)
        for on in (taken.c.decision_id == entries.c.reverses, taken.c.id == entries.c.reverses_entry)
    )
    both = union_all(*[each.where(entries.c.kind == "reversal") for each in (own, *back)]).subquery()
    left = func.sum(both.c.cents)
    query = select(both.c.id, both.c.account, both.c.line, left).group_by(both.c.id, both.c.account, both.c.line)
    query = query.having(left != 0).order_by(both.c.id, both.c.account, both.c.line)
    return [(*row[:3], int(row[3])) for row in connection.execute(query)]


def reversals_of_another_claim(connection: Connection) -> list[Row]:
    """(entry id, decision taken back) where claim or patient are not those of the entries taken back."""
    taken = entries.alias()
    query = (
        select(entries.c.id, entries.c.reverses)
        .join(taken, taken.c.decision_id == entries.c.reverses)
        .where(
            or_(
                taken.c.claim_number.is_distinct_from(entries.c.claim_number),
                taken.c.patient_id.is_distinct_from(entries.c.patient_id),
            )
        )
        .distinct()
    )
    return found(connection, query)


def reversals_of_no_posting(connection: Connection) -> list[Row]:
    """(entry id, decision taken back) where nothing was posted, or where an undo took back what is not its own.

    An undo takes back the posting of its claim payment, or as a reversal's the reversal.
    """
    chain = takings()
    root, taken, by = decisions.alias(), decisions.alias(), decisions.alias()
    own = or_(
        root.c.claim_payment_id == by.c.claim_payment_id,
        and_(taken.c.claim_payment_id == by.c.claim_payment_id, taken.c.outcome == "post"),
    )
    query = (
        select(entries.c.id, entries.c.reverses)
        .select_from(chain)
        .join(entries, and_(entries.c.reverses == chain.c.taken, entries.c.decision_id == chain.c.by))
        .join(root, root.c.id == chain.c.root)
        .join(taken, taken.c.id == chain.c.taken)
        .join(by, by.c.id == chain.c.by)
        .where(or_(root.c.outcome != "post", and_(by.c.act == "undo", ~own)))
    )
    return found(connection, query)


def entries_of_another_claim(connection: Connection) -> list[Row]:
    """(entry id, its claim, the claim decided on) of decisions that stand. Only what was taken back may have been for
    a claim that the claim payment was matched to before.
    """
    fallen = fallen_decisions()
    query = (
        select(entries.c.id, entries.c.claim_number, claim_payments.c.office_claim)
        .join(decisions, decisions.c.id == entries.c.decision_id)
        .join(claim_payments)
        .join(fallen, fallen.c.id == decisions.c.id, isouter=True)
        .where(
            decisions.c.outcome == "post",
            entries.c.claim_number.is_distinct_from(claim_payments.c.office_claim),
            fallen.c.id.is_(None),
        )
    )
    return found(connection, query)


def entries_of_another_patient(connection: Connection) -> list[Row]:
    """(entry id, claim number) of decisions that stand, where the entry's patient is not the claim's."""
    fallen = fallen_decisions()
    query = (
        select(entries.c.id, entries.c.claim_number)
        .join(decisions, decisions.c.id == entries.c.decision_id)
        .join(claims, claims.c.claim_number == entries.c.claim_number)
        .join(fallen, fallen.c.id == decisions.c.id, isouter=True)
        .where(
            decisions.c.outcome == "post",
            entries.c.patient_id.is_distinct_from(claims.c.patient_id),
            fallen.c.id.is_(None),
        )
    )
    return found(connection, query)
