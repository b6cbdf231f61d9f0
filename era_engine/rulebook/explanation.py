"""Why something was decided as it was: in one sentence, and with every rule and condition."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from era_engine.rulebook.condition import Condition, Op
from era_engine.rulebook.facts import Facts, FactValue
from era_engine.rulebook.rule import Rule
from era_engine.rulebook.rule_set import RuleSet
from era_engine.rulebook.vocabulary import HOLD, WARN, Vocabulary
from era_engine.rulebook.wording import change_words, message_words, reason_words, shown, wanted_words

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
    then: str
    enabled: bool
    because: str
    reference: str
    fired: bool
    conditions: tuple[ConditionTrace, ...]


@dataclass(frozen=True)
class Change:
    """One thing that would have to be otherwise for the program to act: a fact and the value it needs (None where
    several would do), or a hold whose remedy is to be followed.
    """

    words: str
    fact: str | None = None
    needed: FactValue | None = None
    hold: str | None = None


@dataclass(frozen=True)
class Explanation:
    """`outcome` is None where the table does not decide, which stops a run.

    `changes` is everything that would have to be otherwise for the program to act; `smallest_change` its words where
    it is one thing alone. `not_known` names facts the table asks about that would still have to be judged after that.
    `margin`, where the program acts, is how far that is from being decided otherwise, where there is a measure of it.
    """

    outcome: str | None
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
    vocabulary = rule_set.vocabulary
    said = [message_words(vocabulary, hold.message, facts) for hold in holds] or [_of_row(rule_set, row, facts)]
    said += [message_words(vocabulary, warning.message, facts) for warning in warnings]
    besides = vocabulary.words.besides(facts)
    return " ".join(said if besides is None else (*said, besides))


def _of_row(rule_set: RuleSet, row: Rule | None, facts: Facts) -> str:
    vocabulary = rule_set.vocabulary
    if row is None:
        return f"No row of the table decides this {vocabulary.subject}."
    own = vocabulary.words.decided(row, facts)
    if own is not None:
        return own
    outcome = vocabulary.outcome(row.then)
    told = row.then if outcome is None else outcome.told
    if outcome is None or outcome.acts:
        return f"{told}: {row.because}"
    asked = {condition.fact for condition in row.when}
    unmet = [c for c in _unmet(rule_set, facts) if c.fact in asked and c.met(facts) is False]
    reasons = ", and ".join([reason_words(vocabulary, condition, facts) for condition in unmet])
    return f"{told}: {reasons}." if reasons else f"{told}: {row.because}"


def explain(rule_set: RuleSet, facts: Facts) -> Explanation:
    """Every rule, switched off ones too, with its conditions and values, and what would have made the program act.

    Conditions are evaluated here in plain Python; for the same rule set and facts this agrees with the engine.
    """
    vocabulary = rule_set.vocabulary
    traces = tuple(_trace(vocabulary, rule, facts) for rule in (*rule_set.table(facts), *rule_set.holds))
    fired = {trace.id for trace in traces if trace.fired}
    holds = [hold for hold in rule_set.holds if hold.id in fired and hold.then == HOLD]
    warnings = [hold for hold in rule_set.holds if hold.id in fired and hold.then == WARN]
    rows = [row for row in rule_set.table(facts) if row.id in fired]
    row = rows[0] if len(rows) == 1 and not holds else None
    acts = row is not None and vocabulary.acts(row)
    unmet = [] if acts else _unmet(rule_set, facts)
    changes = [Change(words=hold.remedy, hold=hold.id) for hold in holds]
    changes += [
        Change(words=change_words(vocabulary, c, facts), fact=c.fact, needed=_needed(c, facts))
        for c in unmet
        if c.met(facts) is False
    ]
    return Explanation(
        outcome=row.then if row is not None else vocabulary.held if holds else None,
        rule=row.id if row is not None else None,
        holds=tuple(hold.id for hold in holds),
        warnings=tuple(warning.id for warning in warnings),
        sentence=sentence(rule_set, row, holds, facts, warnings),
        smallest_change=changes[0].words if len(changes) == 1 else None,
        changes=tuple(changes),
        not_known=tuple(name for c in unmet for name in (c.fact, c.other_fact) if name and name not in facts),
        margin=vocabulary.words.margin(row, facts) if row is not None and acts else None,
        rules=traces,
    )


def _trace(vocabulary: Vocabulary, rule: Rule, facts: Facts) -> RuleTrace:
    results = [condition.met(facts) for condition in rule.when]
    return RuleTrace(
        id=rule.id,
        then=rule.then,
        enabled=rule.enabled,
        because=rule.because,
        reference=rule.reference,
        fired=rule.enabled and all(results),
        conditions=tuple(
            _condition_trace(vocabulary, c, met, facts) for c, met in zip(rule.when, results, strict=True)
        ),
    )


def _condition_trace(vocabulary: Vocabulary, condition: Condition, met: bool | None, facts: Facts) -> ConditionTrace:
    actual = facts.get(condition.fact)
    return ConditionTrace(
        fact=condition.fact,
        meaning=vocabulary.facts[condition.fact].meaning,
        op=condition.op,
        wanted=condition.wanted_of(facts),
        wanted_fact=condition.other_fact,
        wanted_words=wanted_words(vocabulary, condition, facts),
        actual=actual,
        actual_words=shown(vocabulary, condition.fact, actual),
        result="unknown" if met is None else "pass" if met else "fail",
    )


def _unmet(rule_set: RuleSet, facts: Facts) -> list[Condition]:
    """The conditions not met of the row that acts, of the one with the fewest where there are several, unless the
    domain says that they are beside the point.
    """
    acts, beside_the_point = rule_set.vocabulary.acting, rule_set.vocabulary.words.beside_the_point
    acting = ([c for c in row.when if not c.met(facts)] for row in rule_set.table(facts) if row.then in acts)
    return min(acting, key=lambda unmet: (beside_the_point(unmet, facts), len(unmet)), default=[])


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
