"""Why a claim was posted or needs review: in one sentence, and with every rule and condition."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from era_engine.foundation.money import dollars
from era_engine.insurance.facts import FACTS
from era_engine.rulebook.condition import Condition, Op
from era_engine.rulebook.reading import Rule, RuleSet
from era_engine.rulebook.vocabulary import Facts, FactValue
from era_engine.rulebook.wording import (
    change_words,
    message_words,
    minimum_words,
    reason_words,
    shown,
    wanted_words,
)

Wanted = FactValue | tuple[FactValue, ...] | None


@dataclass(frozen=True)
class ConditionTrace:
    """One condition and how it came out. `wanted` is the value compared with, looked up in `wanted_fact` where
    that is not None; `wanted` and `actual` are None where the fact is not known, and then `result` is unknown.
    """

    fact: str
    meaning: str
    op: Op
    wanted: Wanted
    wanted_fact: str | None
    wanted_words: str
    actual: FactValue | None
    actual_words: str
    result: Literal["pass", "fail", "unknown"]


@dataclass(frozen=True)
class RuleTrace:
    """One row or hold; a rule that is switched off never fires, whatever its conditions say."""

    id: str
    then: Literal["post", "manual", "hold", "warn"]
    enabled: bool
    because: str
    reference: str
    fired: bool
    conditions: tuple[ConditionTrace, ...]


@dataclass(frozen=True)
class Change:
    """One thing that would have to be otherwise for the claim to post: a fact and the value it needs (None where
    several would do), or a hold whose remedy is to be followed.
    """

    words: str
    fact: str | None = None
    needed: FactValue | None = None
    hold: str | None = None


@dataclass(frozen=True)
class Explanation:
    """`outcome` is None where the table does not decide the claim, which stops a run.

    `changes` is everything that would have to be otherwise to post; `smallest_change` its words where it is one
    thing alone. `not_known` names facts the table asks about that would still have to be judged after that.
    `margin`, of a claim that posts, is how far the payment is above the minimum.
    """

    outcome: Literal["post", "manual"] | None
    rule: str | None
    holds: tuple[str, ...]
    warnings: tuple[str, ...]
    sentence: str
    smallest_change: str | None
    changes: tuple[Change, ...]
    not_known: tuple[str, ...]
    margin: str | None
    rules: tuple[RuleTrace, ...]


def sentence(
    rule_set: RuleSet, row: Rule | None, holds: Sequence[Rule], facts: Facts, warnings: Sequence[Rule] = ()
) -> str:
    """Why, for a biller: what the holds say, or else what the row that fired means for these facts; then warnings."""
    said = [_sentence(rule_set, row, holds, facts), *[message_words(each.message, facts) for each in warnings]]
    if facts.get("shadow_outcome") == "post":
        said.append(_trial(facts))
    return " ".join(said)


def _trial(facts: Facts) -> str:
    paid, written_off = facts.get("paid_cents"), facts.get("write_off_cents")
    if "reversal_posts" in facts:
        return f"On trial: it would have reversed {shown('paid_cents', -paid if isinstance(paid, int) else None)}."
    and_written_off = f" and written off {shown('write_off_cents', written_off)}" if written_off else ""
    return f"On trial: it would have posted {shown('paid_cents', paid)}{and_written_off}."


def _sentence(rule_set: RuleSet, row: Rule | None, holds: Sequence[Rule], facts: Facts) -> str:
    if holds:
        return " ".join([message_words(hold.message, facts) for hold in holds])
    if row is None:
        return "No row of the table decides this claim."
    if row.then == "post" and "reversal_posts" in facts:
        return f"Reversed: {_taken_back(facts)}. {facts.get('reversal_of', row.because)}"
    if row.then == "post":
        written_off = facts.get("write_off_cents")
        and_wrote_off = f" and wrote off {shown('write_off_cents', written_off)}" if written_off else ""
        if not facts.get("paid_cents") and facts.get("expected_cents") == 0:
            return f"Posted $0.00{and_wrote_off}: nothing was expected and nothing was paid."
        why = f"the payment is at least {minimum_words(facts)}." if _compares_payment(row) else row.because
        posted = f"Posted {shown('paid_cents', facts.get('paid_cents'))}"
        if isinstance(parts := facts.get("parts"), int) and parts > 1:
            posted = f"Posted 1 of {parts} parts ({shown('paid_cents', facts.get('paid_cents'))} paid in total)"
            and_wrote_off = and_wrote_off and f"{and_wrote_off} for this part"
        return f"{posted}{and_wrote_off}: {why}"
    if "reversal_posts" in facts:  # never one number that a setting could change
        return f"Needs review: {row.because}"
    asked = {condition.fact for condition in row.when}
    reasons = [reason_words(c, facts) for c in _unmet(rule_set, facts) if c.fact in asked and c.met(facts) is False]
    return f"Needs review: {', and '.join(reasons)}." if reasons else f"Needs review: {row.because}"


def _taken_back(facts: Facts) -> str:
    paid, write_off = facts.get("paid_cents"), facts.get("write_off_cents")
    payment = f"{shown('paid_cents', -paid if isinstance(paid, int) else None)} payment"
    if not isinstance(write_off, int) or write_off == 0:
        return payment
    return f"{payment} and {shown('write_off_cents', -write_off)} write-off"


def explain(rule_set: RuleSet, facts: Facts) -> Explanation:
    """Every rule, switched off ones too, with its conditions and values, and what would have posted the claim.

    Conditions are evaluated here in plain Python; for the same rule set and facts this agrees with the engine.
    """
    traces = tuple(_trace(rule, facts) for rule in (*rule_set.table(facts), *rule_set.holds))
    fired = {trace.id for trace in traces if trace.fired}
    holds = [hold for hold in rule_set.holds if hold.id in fired and hold.then == "hold"]
    warnings = [hold for hold in rule_set.holds if hold.id in fired and hold.then == "warn"]
    rows = [row for row in rule_set.table(facts) if row.id in fired]
    row = rows[0] if len(rows) == 1 and not holds else None
    outcome: Literal["post", "manual"] | None = None if row is None and not holds else "manual"
    if row is not None and row.then == "post":
        return Explanation(
            outcome="post",
            rule=row.id,
            holds=(),
            warnings=tuple(hold.id for hold in warnings),
            sentence=sentence(rule_set, row, holds, facts, warnings),
            smallest_change=None,
            changes=(),
            not_known=(),
            margin=_margin(row, facts),
            rules=traces,
        )
    unmet = _unmet(rule_set, facts)
    changes = [Change(words=hold.remedy, hold=hold.id) for hold in holds]
    changes += [
        Change(words=change_words(condition, facts), fact=condition.fact, needed=_needed(condition, facts))
        for condition in unmet
        if condition.met(facts) is False
    ]
    return Explanation(
        outcome=outcome,
        rule=row.id if row else None,
        holds=tuple(hold.id for hold in holds),
        warnings=tuple(hold.id for hold in warnings),
        sentence=sentence(rule_set, row, holds, facts, warnings),
        smallest_change=changes[0].words if len(changes) == 1 else None,
        changes=tuple(changes),
        not_known=tuple(
            name
            for condition in unmet
            for name in (condition.fact, condition.other_fact)
            if name is not None and name not in facts
        ),
        margin=None,
        rules=traces,
    )


def _trace(rule: Rule, facts: Facts) -> RuleTrace:
    results = [condition.met(facts) for condition in rule.when]
    return RuleTrace(
        id=rule.id,
        then=rule.then,
        enabled=rule.enabled,
        because=rule.because,
        reference=rule.reference,
        fired=rule.enabled and all(results),
        conditions=tuple(_condition_trace(c, met, facts) for c, met in zip(rule.when, results, strict=True)),
    )


def _condition_trace(condition: Condition, met: bool | None, facts: Facts) -> ConditionTrace:
    actual = facts.get(condition.fact)
    return ConditionTrace(
        fact=condition.fact,
        meaning=FACTS[condition.fact].meaning,
        op=condition.op,
        wanted=condition.wanted_of(facts),
        wanted_fact=condition.other_fact,
        wanted_words=wanted_words(condition, facts),
        actual=actual,
        actual_words=shown(condition.fact, actual),
        result="unknown" if met is None else "pass" if met else "fail",
    )


def _unmet(rule_set: RuleSet, facts: Facts) -> list[Condition]:
    """The conditions not met of the row that posts, of the one with the fewest where there are several.

    Where a proof for several plans was asked for, it is what failed, not the number of plans.
    """
    posting = ([c for c in row.when if not c.met(facts)] for row in rule_set.table(facts) if row.then == "post")
    return min(posting, key=lambda unmet: ("proof" in facts and _counts_plans(unmet), len(unmet)), default=[])


def _counts_plans(conditions: Sequence[Condition]) -> bool:
    return any(condition.fact == "plan_count" for condition in conditions)


def _needed(condition: Condition, facts: Facts) -> FactValue | None:
    """The nearest value of the fact that meets the condition; None where several would do as well."""
    wanted = condition.wanted_of(facts)
    match condition.op:
        case "is" | "at_least" | "at_most" if not isinstance(wanted, tuple):
            return wanted
        case "more_than" if isinstance(wanted, int):
            return wanted + 1
        case "less_than" if isinstance(wanted, int):
            return wanted - 1
        case "is_not" if isinstance(wanted, bool):
            return not wanted
    return None


def _compares_payment(row: Rule) -> bool:
    return Condition("paid_cents", "at_least", "minimum_cents") in row.when


def _margin(row: Rule, facts: Facts) -> str | None:
    paid, minimum = facts.get("paid_cents"), facts.get("minimum_cents")
    if not _compares_payment(row) or not isinstance(paid, int) or not isinstance(minimum, int):
        return None
    return f"{dollars(paid - minimum)} above the minimum" if paid > minimum else "exactly the minimum"
