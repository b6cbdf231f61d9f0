"""All cases of a table tried: those beside its rules, and those of the holds that a practice adds."""

from pathlib import Path
from typing import NamedTuple

from era_engine.rulebook.cases import Failure, failures, read_cases, require_cases
from era_engine.rulebook.reading import read_rules
from era_engine.rulebook.vocabulary import Vocabulary


class Tried(NamedTuple):
    """How many cases were tried, of how many rules, and those that did not come out as expected."""

    cases: int
    rules: int
    failed: tuple[Failure, ...]


def try_cases(folder: Path, vocabulary: Vocabulary, own: Path | None = None) -> Tried:
    """Try them on the rule engine and on the conditions. Those beside the rules are tried without a practice's holds.

    Raises RulesError for rules and cases with a fault, and where none failed for each rule without a case that meets
    it or without a near miss.
    """
    rules = read_rules(folder, vocabulary)
    cases = read_cases(rules.folder, rules)
    failed = [*failures(cases, rules.rule_set)]
    with_own = read_rules(folder, vocabulary, own)
    added = [hold for hold in with_own.rule_set.holds if hold.id in with_own.own]
    prefix = f"{vocabulary.own_folder}/"
    own_cases = read_cases(own, with_own, prefix) if own is not None and added else ()
    failed += failures(own_cases, with_own.rule_set)
    covered = rules.rule_set.rules
    if not failed:
        require_cases(cases, rules, covered)
        require_cases(own_cases, with_own, added, prefix)
    return Tried(len(cases) + len(own_cases), len(covered) + len(added), tuple(failed))
