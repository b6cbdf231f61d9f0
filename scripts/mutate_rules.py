"""Changes the shipped rules one thing at a time, and shows that some case of rules/cases notices each change.

python scripts/mutate_rules.py [RULE …]          those rules alone
"""

import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal, NamedTuple

from era_engine.foundation.shipped import shipped
from era_engine.rulebook.cases import Case, failures, read_cases
from era_engine.rulebook.condition import Condition, Op
from era_engine.rulebook.proof import unsound
from era_engine.rulebook.reading import Rule, RuleSet, read_rules
from era_engine.rulebook.vocabulary import FactValue

End = Literal["case", "proof", "survived"]

_OTHER_OPS: dict[Op, tuple[Op, ...]] = {
    "is": ("is_not",),
    "is_not": ("is",),
    "at_least": ("more_than", "less_than", "at_most"),
    "at_most": ("less_than", "more_than", "at_least"),
    "more_than": ("at_least", "at_most", "less_than"),
    "less_than": ("at_most", "at_least", "more_than"),
    "one_of": ("none_of",),
    "none_of": ("one_of",),
}
_OTHER_THEN = {"post": "manual", "manual": "post", "hold": "warn", "warn": "hold"}
_AMOUNTS = ("expected_cents", "charge_cents", "paid_cents")
_OTHER_CODE = ("1", "23")  # whichever it is not


class Mutant(NamedTuple):
    """A rule with one thing changed, and what."""

    was: Rule
    rule: Rule
    change: str


def mutants(rule: Rule) -> Iterator[Mutant]:
    """A rule with its outcome or switch flipped, and with each condition changed in each way and left out."""
    then = _OTHER_THEN[rule.then]
    yield Mutant(rule, rule._replace(then=then), f"then: {then}")  # type: ignore[arg-type]
    if rule.then in ("hold", "warn"):
        yield Mutant(rule, rule._replace(enabled=not rule.enabled), f"enabled: {not rule.enabled}")
    for position, condition in enumerate(rule.when):
        before, after = rule.when[:position], rule.when[position + 1 :]
        for other in _changed(condition):
            yield Mutant(rule, rule._replace(when=(*before, other, *after)), f"{_words(condition)} -> {_words(other)}")
        if before or after:
            yield Mutant(rule, rule._replace(when=(*before, *after)), f"without {_words(condition)}")


def _changed(condition: Condition) -> Iterator[Condition]:
    fact, wanted = condition.fact, condition.wanted
    for op in _OTHER_OPS[condition.op]:
        yield condition._replace(op=op)
    if condition.other_fact is not None:
        yield condition._replace(wanted=_other_amount(fact, condition.other_fact))
        yield condition._replace(fact=_other_amount(fact, condition.other_fact))
    elif isinstance(wanted, tuple):
        for value in wanted if len(wanted) > 1 else ():
            yield condition._replace(wanted=tuple(each for each in wanted if each != value))
    else:
        for value in _other_values(wanted):
            yield condition._replace(wanted=value)


def _other_amount(*compared: str) -> str:
    return next(amount for amount in _AMOUNTS if amount not in compared)


def _other_values(value: FactValue) -> Iterator[FactValue]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value - 1, value + 1)
    else:
        yield next(code for code in _OTHER_CODE if code != value)


def _words(condition: Condition) -> str:
    return f"{condition.fact} {condition.op} {condition.wanted}"


def end_of(mutant: Mutant, rule_set: RuleSet, cases: tuple[Case, ...]) -> End:
    """What notices the change: a case, or else the proof, or nothing."""
    changed = replace(
        rule_set,
        rows=tuple(mutant.rule if rule is mutant.was else rule for rule in rule_set.rows),
        reversals=tuple(mutant.rule if rule is mutant.was else rule for rule in rule_set.reversals),
        holds=tuple(mutant.rule if rule is mutant.was else rule for rule in rule_set.holds),
    )
    if next(failures(cases, changed), None) is not None:
        return "case"
    return "proof" if next(unsound(changed), None) is not None else "survived"


def tried(only: tuple[str, ...] = ()) -> Iterator[tuple[Mutant, End]]:
    """Every mutant of the shipped rules, or of these alone, with what noticed it."""
    folder = shipped("rules")
    rules = read_rules(folder)
    rule_set = rules.rule_set
    cases = read_cases(folder, rules)
    for rule in (*rule_set.rows, *rule_set.reversals, *rule_set.holds):
        if not only or rule.id in only:
            asking = sorted(cases, key=lambda case: rule.id not in (case.expected.rule, *case.expected.holds))
            for mutant in mutants(rule):
                yield mutant, end_of(mutant, rule_set, tuple(asking))


def main(only: tuple[str, ...]) -> int:
    began = time.perf_counter()
    by_rule: dict[str, Counter[End]] = {}
    survived = []
    for mutant, end in tried(only):
        by_rule.setdefault(mutant.was.id, Counter())[end] += 1
        if end == "survived":
            survived.append(f"{mutant.was.id}: {mutant.change}")
    width = max(map(len, by_rule), default=0)
    print(f"{'rule':{width}}  mutants  by a case  by the proof  survived")
    for rule, ends in by_rule.items():
        print(f"{rule:{width}}  {ends.total():7}  {ends['case']:9}  {ends['proof']:12}  {ends['survived']:8}")
    total = sum(by_rule.values(), Counter())
    print(
        f"\n{total.total()} mutants: {total['case']} noticed by a case, {total['proof']} by the proof alone, "
        f"{total['survived']} by nothing, in {time.perf_counter() - began:.1f} s."
    )
    for each in survived:
        print(f"survived: {each}")
    return 1 if survived or not total else 0


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:])))
