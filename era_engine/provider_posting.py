"""Provider-level adjustments (PLB) of one payment: entered where their meaning is certain, else left to a person."""

from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection

from era_engine.decisions.engine import Engine
from era_engine.decisions.facts import FactValue
from era_engine.ledger.provider_adjustments import (
    entry_for_provider_adjustment,
    interest_finding,
    sort_provider_adjustments,
    why_not_posted,
)
from era_engine.remittance.model import ProviderAdjustment
from era_engine.store import files
from era_engine.store.books import Circumstances
from era_engine.store.provider_adjustments import StoredPair, post_provider_adjustments, stored_pairs


class AdjustmentsPosted(NamedTuple):
    """How many provider-level adjustments were entered and how many were left to a person."""

    posted: int
    left: int


def post_certain_adjustments(
    connection: Connection,
    engine: Engine,
    under: Circumstances,
    of_the_payment: dict[str, FactValue],
    on: date,
    interest_cents: int | None,
) -> AdjustmentsPosted:
    """Enter the open pairs of a payment that no hold keeps back, where posting is switched on.

    `interest_cents`: the interest its claims state (AMT*I), None where none does; L6 must agree with it.
    """
    every = stored_pairs(connection, under.payment_id)
    differs = interest_finding([as_remitted(each) for each in every], interest_cents)
    stored = [each for each in every if each.state == "open"]
    pairs = [as_remitted(each) for each in stored]
    if differs is not None:
        files.add_payment_finding(connection, under.payment_id, differs)
    doubts = dict(sort_provider_adjustments(pairs, differs is not None).leave)
    posted = 0
    for at, (each, pair) in enumerate(zip(stored, pairs, strict=True)):
        if why_not_posted(pair.reason, pair.cents) is not None:
            continue  # whatever the office lets warn: what is not understood has no entry
        facts = of_the_payment | {"provider_adjustment_certain": at not in doubts}
        if at in doubts:
            facts["provider_adjustment_doubt"] = doubts[at]
        if facts["posting_active"] is True and not each.was_posted and not _held(engine, facts):
            entry = entry_for_provider_adjustment(pair, on, mark="A")
            memo = f"{under.memo}, {each.reason} {each.reference}".strip()
            post_provider_adjustments(connection, under.payment_id, [(each.id, entry)], memo, under.decided_by)
            posted += 1
    return AdjustmentsPosted(posted, len(stored) - posted)


def as_remitted(pair: StoredPair) -> ProviderAdjustment:
    """The pair as the remittance said it."""
    return ProviderAdjustment(pair.provider, None, pair.reason, pair.reference, pair.cents)


def _held(engine: Engine, facts: dict[str, FactValue]) -> bool:
    """Whether a hold fires that speaks of the payment or of the adjustment; facts about claims are not known here."""
    fired = engine.fired(facts)
    return any(hold.id in fired and hold.then == "hold" for hold in engine.rule_set.holds)
