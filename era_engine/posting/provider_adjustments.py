"""Provider-level adjustments (PLB) of one payment: entered where their meaning is certain, else left to a person."""

import json
from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from era_engine.insurance.holds import asks
from era_engine.insurance.observation import FROM_FINDINGS
from era_engine.insurance.provider_adjustments import (
    INTEREST_DIFFERS,
    entry_for_provider_adjustment,
    interest_finding,
    is_interest,
    memo_of_pair,
    sort_provider_adjustments,
    why_not_posted,
)
from era_engine.insurance.table import INSURANCE
from era_engine.remittance.model import ProviderAdjustment
from era_engine.rulebook.engine import Engine
from era_engine.rulebook.facts import FactValue
from era_engine.rulebook.rule import Rule
from era_engine.rulebook.wording import message_words
from era_engine.store.custody import files
from era_engine.store.database import Connection
from era_engine.store.insurance.log import Circumstances
from era_engine.store.insurance.provider_adjustments import StoredPair, post_provider_adjustments, stored_pairs

LEFT = "provider-adjustment-left"  # the pair itself is in doubt
UNREADABLE = "malformed-amount"


class AdjustmentsPosted(NamedTuple):
    """How many provider-level adjustments were entered and how many were left to a person."""

    posted: int
    left: int


class WhyLeft(NamedTuple):
    """Why a pair is not entered by itself. reason: `LEFT`, `UNREADABLE`, or the id of the hold; why: for people."""

    reason: str
    why: str
    hold: Rule | None = None


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
    if differs is not None:
        files.add_payment_finding(connection, under.payment_id, differs)
        every = stored_pairs(connection, under.payment_id)
    left = posted = 0
    for each in every:
        if each.state != "open":
            continue
        if why_left(engine, of_the_payment, each) is not None:
            left += 1
            continue
        entry = entry_for_provider_adjustment(as_remitted(each), on, mark="A")
        memo = memo_of_pair(under.memo, each.reason, each.reference)
        post_provider_adjustments(connection, under.payment_id, [(each.id, entry)], memo, under.decided_by)
        posted += 1
    return AdjustmentsPosted(posted, left)


def why_left(engine: Engine, of_the_payment: dict[str, FactValue], pair: StoredPair) -> WhyLeft | None:
    """What keeps an open pair from being entered by itself; None where nothing does, and the next run enters it."""
    why = why_not_posted(pair.reason, pair.cents)
    if why is not None:  # whatever the practice lets warn: what is not understood has no entry
        return WhyLeft(UNREADABLE if pair.cents is None else LEFT, why)
    if pair.was_posted:
        return WhyLeft(LEFT, "its posting was undone")
    findings = json.loads(pair.findings)
    differs = any(each["code"] == INTEREST_DIFFERS for each in findings)
    doubts = sort_provider_adjustments([as_remitted(pair)], differs).leave
    facts = of_the_payment | {"provider_adjustment_certain": not doubts}
    if doubts:
        facts["provider_adjustment_doubt"] = doubts[0][1]
    holds = holds_on(engine, facts)
    if not holds:
        return None if facts["posting_active"] is True else WhyLeft(LEFT, "automatic posting is off")
    first = holds[0]
    if asks(first, {"provider_adjustment_certain"}):
        return WhyLeft(LEFT, next((str(each["message"]) for each in findings if _is_doubt(each, pair)), doubts[0][1]))
    messages = [str(finding["message"]) for finding in findings if finding["severity"] == "hold"]
    return WhyLeft(first.id, _said(first, facts, messages), first)


def holds_on(engine: Engine, facts: dict[str, FactValue]) -> list[Rule]:
    """The holds that fire and speak of the payment or of the adjustment; facts about claims are not known here."""
    fired = engine.fired(facts)
    return [hold for hold in engine.rule_set.holds if hold.id in fired and hold.then == "hold"]


def why_not_by_hand(engine: Engine, of_the_payment: dict[str, FactValue], posted_version: int | None) -> str | None:
    """What keeps even a person from entering a payment's pairs. `posted_version`: see `posted_version_of`."""
    if any(asks(hold, {"payee_is_ours"}) for hold in holds_on(engine, of_the_payment)):
        return "is not made out to this practice"
    if posted_version is not None:
        return f"is another version of payment {posted_version}, which is already posted in part or in full"
    return None


def as_remitted(pair: StoredPair) -> ProviderAdjustment:
    """The pair as the remittance said it."""
    return ProviderAdjustment(pair.provider, None, pair.reason, pair.reference, pair.cents)


def _is_doubt(finding: dict[str, object], pair: StoredPair) -> bool:
    return finding["code"] == INTEREST_DIFFERS and is_interest(pair.reason)


def _said(hold: Rule, facts: dict[str, FactValue], messages: Collection[str]) -> str:
    """What a hold says of a pair: what was found, where it rests on that; what would release it; else its message."""
    if messages and asks(hold, FROM_FINDINGS):
        return next(iter(messages))
    if hold.waits_for is not None:
        return f"waits for {hold.waits_for}" + (f" ({hold.command})" if hold.command else "")
    return message_words(INSURANCE, hold.message, facts)
