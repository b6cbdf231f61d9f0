"""Changes the shipped rules one thing at a time, and shows that some case beside them notices each change.

python scripts/mutate_rules.py [--table NAME] [RULE …]          that table, or those rules, alone
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from era_engine.books.tables import TABLES
from era_engine.foundation.shipped import shipped
from era_engine.rulebook.cases import Case, failures, read_cases
from era_engine.rulebook.condition import Condition, Op
from era_engine.rulebook.facts import Fact, FactValue
from era_engine.rulebook.proof import unsound
from era_engine.rulebook.reading import read_rules
from era_engine.rulebook.rule import Rule
from era_engine.rulebook.rule_set import RuleSet
from era_engine.rulebook.vocabulary import HOLD, WARN, Vocabulary

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
_SOMETHING_ELSE = "something else"


class Mutant(NamedTuple):
    """A rule with one thing changed, and what."""

    was: Rule
    rule: Rule
    change: str


def mutants(rule: Rule, vocabulary: Vocabulary) -> Iterator[Mutant]:
    """A rule with another outcome or its switch flipped, and with each condition changed in each way and left out."""
    for then in (HOLD, WARN) if rule.then in (HOLD, WARN) else vocabulary.outcome_names:
        if then != rule.then:
            yield Mutant(rule, rule._replace(then=then), f"then: {then}")
    if rule.then in (HOLD, WARN):
        yield Mutant(rule, rule._replace(enabled=not rule.enabled), f"enabled: {not rule.enabled}")
    for position, condition in enumerate(rule.when):
        before, after = rule.when[:position], rule.when[position + 1 :]
        for other in _changed(condition, vocabulary):
            yield Mutant(rule, rule._replace(when=(*before, other, *after)), f"{_words(condition)} -> {_words(other)}")
        if before or after:
            yield Mutant(rule, rule._replace(when=(*before, *after)), f"without {_words(condition)}")


def _changed(condition: Condition, vocabulary: Vocabulary) -> Iterator[Condition]:
    fact, wanted = condition.fact, condition.wanted
    for op in _OTHER_OPS[condition.op]:
        yield condition._replace(op=op)
    if condition.other_fact is not None:
        for other in _others_alike(vocabulary, fact, condition.other_fact):
            yield condition._replace(wanted=other)
            yield condition._replace(fact=other)
    elif isinstance(wanted, tuple):
        for value in wanted if len(wanted) > 1 else ():
            yield condition._replace(wanted=tuple(each for each in wanted if each != value))
    else:
        for value in _other_values(wanted, vocabulary.facts[fact]):
            yield condition._replace(wanted=value)


def _others_alike(vocabulary: Vocabulary, *compared: str) -> list[str]:
    """The first fact of the same kind that is usually known, where there is one more than these."""
    kind = vocabulary.facts[compared[0]].kind
    alike = (name for name, fact in vocabulary.facts.items() if fact.kind == kind and fact.usual is not None)
    return [name for name in alike if name not in compared][:1]


def _other_values(value: FactValue, fact: Fact) -> Iterator[FactValue]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value - 1, value + 1)
    else:
        usual = () if fact.usual is None else (fact.usual,)
        yield next(other for other in (*usual, *fact.values, _SOMETHING_ELSE) if other != value)


def _words(condition: Condition) -> str:
    return f"{condition.fact} {condition.op} {condition.wanted}"


def end_of(mutant: Mutant, rule_set: RuleSet, cases: tuple[Case, ...]) -> End:
    """What notices the change: a case, or else the proof, or nothing."""
    changed = rule_set.with_rule(mutant.was, mutant.rule)
    if next(failures(cases, changed), None) is not None:
        return "case"
    return "proof" if next(unsound(changed), None) is not None else "survived"


def tried(folder: Path, vocabulary: Vocabulary, only: tuple[str, ...] = ()) -> Iterator[tuple[Mutant, End]]:
    """Every mutant of the rules of a table, or of these alone, with what noticed it."""
    rules = read_rules(folder, vocabulary)
    cases = read_cases(rules.folder, rules)
    for rule in rules.rule_set.rules:
        if not only or rule.id in only:
            asking = sorted(cases, key=lambda case: rule.id not in (case.expected.rule, *case.expected.holds))
            for mutant in mutants(rule, vocabulary):
                yield mutant, end_of(mutant, rules.rule_set, tuple(asking))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--table", choices=TABLES)
    parser.add_argument("only", nargs="*", metavar="RULE")
    wanted = parser.parse_args()
    tables = [TABLES[wanted.table]] if wanted.table else TABLES.values()
    began = time.perf_counter()
    by_rule: dict[str, Counter[End]] = {}
    survived = []
    for mutant, end in (each for table in tables for each in tried(shipped("rules"), table, tuple(wanted.only))):
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
    sys.exit(main())
