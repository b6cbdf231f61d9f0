"""Claim payments that should not post by themselves, as people and payers showed afterwards."""

import json
from collections import defaultdict
from collections.abc import Collection
from typing import Literal

from sqlalchemy import Connection, exists, func, select

from era_engine.journal.accounts import CONTRACTED_WRITE_OFFS, INSURANCE_DEPOSITS
from era_engine.remittance.model import REVERSAL
from era_engine.store.practice.claims import slices
from era_engine.store.schema import claim_payments, decisions, entries, matches, postings

Regret = Literal["undone", "reversed", "matched-otherwise", "posted-otherwise", "closed"]


_ACTS = decisions.alias("acts")


def regrets_of(connection: Connection, claim_payment_ids: Collection[int]) -> dict[int, Regret]:
    """Why posting each of these by itself is to be regretted; those of which nothing is known are left out.

    undone: a person took a posting of it back. reversed: the payer took the payment back. posted-otherwise: a person
    posted it with another payment or write-off than remitted. matched-otherwise: a person said that it is for another
    claim than the rules had found, or for none. closed: a person filed it without posting.
    """
    found: dict[int, Regret] = {}
    for some in slices(claim_payment_ids):
        for each in _posted_otherwise(connection, some):
            found[each] = "posted-otherwise"
        closed = select(claim_payments.c.id).where(claim_payments.c.id.in_(some), claim_payments.c.state == "closed")
        for each in connection.execute(closed).scalars():
            found[each] = "closed"
        for each in _matched_otherwise(connection, some):
            found[each] = "matched-otherwise"
        for each in _reversed(connection, some):
            found[each] = "reversed"
        undone = select(decisions.c.claim_payment_id).where(
            decisions.c.claim_payment_id.in_(some),
            decisions.c.act == "undo",
            exists().where(entries.c.decision_id == decisions.c.id),
        )
        for each in connection.execute(undone).scalars():
            found[each] = "undone"
    return found


def _reversed(connection: Connection, some: Collection[int]) -> list[int]:
    """Those that a reversal took back, or wants to: same claim, same payer's number, amounts negated."""
    reversal = claim_payments.alias("reversal")
    query = (
        select(claim_payments.c.id)
        .join(
            reversal,
            (reversal.c.office_claim == claim_payments.c.office_claim)
            & (reversal.c.claim_status == REVERSAL)
            & (reversal.c.payer_claim_number == claim_payments.c.payer_claim_number)
            & (reversal.c.paid_cents == -claim_payments.c.paid_cents)
            & (reversal.c.charge_cents == -claim_payments.c.charge_cents),
        )
        .where(claim_payments.c.id.in_(some), claim_payments.c.claim_status != REVERSAL)
    )
    taken_back = select(claim_payments.c.id).where(claim_payments.c.id.in_(some), claim_payments.c.state == "reversed")
    return [*connection.execute(query).scalars(), *connection.execute(taken_back).scalars()]


def _matched_otherwise(connection: Connection, some: Collection[int]) -> list[int]:
    """Those for which the rules had found a claim before a person named another one, or none."""
    newest = (
        select(func.max(matches.c.id)).where(matches.c.claim_payment_id.in_(some)).group_by(matches.c.claim_payment_id)
    )
    query = (
        select(claim_payments.c.id)
        .join(matches, matches.c.claim_payment_id == claim_payments.c.id)
        .where(
            matches.c.id.in_(newest),
            matches.c.claim_number.is_distinct_from(claim_payments.c.claim_number),
            exists().where(
                decisions.c.claim_payment_id == claim_payments.c.id,
                decisions.c.mode == "auto",
                decisions.c.patient_id.is_not(None),
                decisions.c.decided_at <= matches.c.matched_at,
                ~exists().where(
                    _ACTS.c.claim_payment_id == claim_payments.c.id,
                    _ACTS.c.act.in_(("match", "unmatch")),
                    _ACTS.c.id < decisions.c.id,
                ),
            ),
        )
    )
    return list(connection.execute(query).scalars())


def posted_last(
    connection: Connection, claim_payment_ids: Collection[int], by_people: bool
) -> dict[int, dict[str, int]]:
    """Payment and write-off of the newest posting of each claim payment, in cents by account; only those that are any.

    by_people: of the newest that a person made.
    """
    posts = decisions.c.act == "post" if by_people else decisions.c.outcome == "post"
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for some in slices(claim_payment_ids):
        newest = (
            select(func.max(decisions.c.id))
            .where(decisions.c.claim_payment_id.in_(some), posts)
            .group_by(decisions.c.claim_payment_id)
        )
        query = (
            select(decisions.c.claim_payment_id, postings.c.account, func.sum(postings.c.cents))
            .join(entries, entries.c.decision_id == decisions.c.id)
            .join(postings, postings.c.entry_id == entries.c.id)
            .where(decisions.c.id.in_(newest), postings.c.account.in_((INSURANCE_DEPOSITS, CONTRACTED_WRITE_OFFS)))
            .group_by(decisions.c.claim_payment_id, postings.c.account)
        )
        for claim_payment_id, account, cents in connection.execute(query):
            found[claim_payment_id][account] = int(cents)
    return found


def _posted_otherwise(connection: Connection, some: Collection[int]) -> list[int]:
    """Of those that a person posted: where payment or write-off are not those of the newest decision by rules."""
    posted = posted_last(connection, some, by_people=True)
    return [each for each, by_account in posted.items() if by_account != _would_post(connection, each)]


def _would_post(connection: Connection, claim_payment_id: int) -> dict[str, int]:
    """What the engine posts of it, by account; accounts of nothing are left out."""
    query = (
        select(claim_payments.c.paid_cents, decisions.c.facts)
        .join(decisions, decisions.c.claim_payment_id == claim_payments.c.id)
        .where(claim_payments.c.id == claim_payment_id, decisions.c.act == "decide", decisions.c.mode == "auto")
        .order_by(decisions.c.id.desc())
        .limit(1)
    )
    paid, facts = connection.execute(query).one()
    written_off = json.loads(facts).get("write_off_cents")
    return {INSURANCE_DEPOSITS: paid} | ({CONTRACTED_WRITE_OFFS: written_off} if written_off else {})
