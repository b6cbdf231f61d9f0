"""The cases beside the rules: facts with what must come of them, tried on the engine and on the conditions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import NamedTuple

from era_engine.rulebook.condition import Condition
from era_engine.rulebook.conditions import Written
from era_engine.rulebook.decision import decide
from era_engine.rulebook.engine import Engine, EngineError
from era_engine.rulebook.explanation import explain
from era_engine.rulebook.facts import Facts, FactValue
from era_engine.rulebook.files import Faults, Place, Source, did_you_mean, read_rule_file
from era_engine.rulebook.reading import RulesRead
from era_engine.rulebook.rule import Rule
from era_engine.rulebook.rule_set import RuleSet
from era_engine.rulebook.schema import CaseEntry, checked
from era_engine.rulebook.vocabulary import HOLD, WARN, ordinary

CASES = "cases"
Ids = tuple[str, ...]


class Ending(NamedTuple):
    """What comes of a case; `indicators` is None where it does not care."""

    outcome: str
    rule: str | None
    holds: Ids
    warnings: Ids
    indicators: str | None = None

    def __str__(self) -> str:
        parts = [f"{self.outcome} by {self.rule}" if self.rule else self.outcome]
        parts += [f"holds {', '.join(self.holds)}"] if self.holds else []
        parts += [f"warnings {', '.join(self.warnings)}"] if self.warnings else []
        parts += [f"shown as {self.indicators}"] if self.indicators else []
        return ", ".join(parts)


class Case(NamedTuple):
    """given: what differs from the ordinary; facts: all that is known."""

    name: str
    place: Place
    given: Mapping[str, FactValue | None]
    facts: Facts
    expected: Ending


class Failure(NamedTuple):
    """A case that did not come out as expected, and what came of it by the rule engine and by the conditions."""

    case: Case
    by_engine: str
    by_conditions: str


def read_cases(folder: Path, rules: RulesRead, prefix: str = "") -> tuple[Case, ...]:
    """The cases in `folder`/cases/*.yaml, told as `prefix`cases/….

    Raises RulesError with file and line for a case of the wrong shape, for facts and rules that do not exist, and where
    there is no case, or a file that would not be read.
    """
    faults = Faults()
    files = sorted((folder / CASES).glob("*.yaml"))
    if not files:
        faults.add(f"{prefix}{CASES}", None, f"no cases (*.yaml) in {folder / CASES}")
    for path in sorted((folder / CASES).glob("*.yml")):
        faults.add(f"{prefix}{CASES}/{path.name}", None, f"is not read under this name; rename it {path.stem}.yaml")
    sources = [read_rule_file(path, faults, f"{prefix}{CASES}/{path.name}") for path in files]
    cases = [case for source in sources if source is not None for case in _cases(source, rules.rule_set, faults)]
    _refuse_equal_names(cases, faults)
    faults.raise_if_any("era rules test")
    return tuple(cases)


def require_cases(cases: Sequence[Case], rules: RulesRead, covered: Iterable[Rule], prefix: str = "") -> None:
    """Raise RulesError for each rule of `covered` without a case it is met in or without a near miss.

    A near miss gives one of the rule's facts so that this condition alone is not met.
    """
    faults = Faults()
    for rule in covered:
        for missing in _missing(rule, rules.rule_set, cases):
            faults.add(*rules.places[rule.id], f"the rule {rule.id} has {missing} in {prefix}{CASES}")
    faults.raise_if_any("era rules test")


def failures(cases: Iterable[Case], rule_set: RuleSet) -> Iterator[Failure]:
    """The cases that do not come out as expected, by the rule engine or by the conditions themselves."""
    engine = Engine(rule_set)
    for case in cases:
        came = (_decided(engine, case), _explained(rule_set, case))
        if any(ending != case.expected for ending in came):
            yield Failure(case, *map(str, came))


def _decided(engine: Engine, case: Case) -> Ending | str:
    try:
        decision = decide(engine, case.facts)
    except EngineError:
        return _undecided(engine.rule_set, case, engine.fired(case.facts))
    return _ending(case, decision.outcome, decision.rule, decision.holds, decision.warnings, decision.indicators)


def _explained(rule_set: RuleSet, case: Case) -> Ending | str:
    told = explain(rule_set, case.facts)
    if told.outcome is None:
        return _undecided(rule_set, case, {rule.id for rule in told.rules if rule.fired})
    by_id = {rule.id: rule for rule in rule_set.rules}
    return _ending(case, told.outcome, told.rule, told.holds, told.warnings, by_id[told.rule or told.holds[0]].show)


def _undecided(rule_set: RuleSet, case: Case, fired: AbstractSet[str]) -> str:
    rows = [row.id for row in rule_set.table(case.facts) if row.id in fired]
    return f"nothing: the rows {' and '.join(rows)} decide it" if rows else "nothing: no row decides it"


def _ending(case: Case, outcome: str, rule: str | None, holds: Ids, warnings: Ids, indicators: str) -> Ending:
    """What came, with the indicators only where the case asks for them."""
    return Ending(outcome, rule, holds, warnings, indicators if case.expected.indicators is not None else None)


def _cases(source: Source, rule_set: RuleSet, faults: Faults) -> Iterator[Case]:
    if not isinstance(source.data, list):
        faults.at(source, (), "must be a list of cases, each beginning with `- name:`")
        return
    if not source.data:
        faults.at(source, (), "has no cases")
    for position, data in enumerate(source.data):
        entry = checked(CaseEntry, data, source, (position,), faults, rule_set.vocabulary.outcome_names)
        if entry is None or not _known(entry, source, position, rule_set, faults):
            continue
        expect = entry.expect
        ending = Ending(expect.outcome, expect.rule, tuple(expect.holds), tuple(expect.warnings), expect.indicators)
        place = (source.name, source.line((position,)))
        yield Case(entry.name, place, entry.given, ordinary(rule_set.vocabulary, entry.given), ending)


def _known(entry: CaseEntry, source: Source, position: int, rule_set: RuleSet, faults: Faults) -> bool:
    """Whether the facts a case gives and the rules it expects are there; what is not goes to `faults`."""
    good, written = True, Written(source, rule_set.vocabulary.facts, faults)
    for name, value in entry.given.items():
        here = (position, "given", name)
        good &= written.is_fact(name, here) and (value is None or written.is_value(name, value, here))
    rows = [row.id for row in rule_set.every_row]
    holds = [hold.id for hold in rule_set.holds]
    expect = entry.expect
    for key, named, ids in (
        ("rule", [expect.rule] if expect.rule else [], rows),
        ("holds", expect.holds, holds),
        ("warnings", expect.warnings, holds),
        ("indicators", [expect.indicators] if expect.indicators else [], list(rule_set.indicators)),
    ):
        for unknown in [name for name in named if name not in ids]:
            problem = f"`{key}` names `{unknown}`, which is not there{did_you_mean(unknown, ids)}"
            faults.at(source, (position, "expect", key), problem)
            good = False
    if bool(expect.holds) == bool(expect.rule):
        faults.at(source, (position, "expect"), "expects either a `rule` or `holds`, and not both")
        good = False
    return good


def _refuse_equal_names(cases: Sequence[Case], faults: Faults) -> None:
    first: dict[str, Case] = {}
    for case in cases:
        if case.name in first:
            file, line = first[case.name].place
            faults.add(*case.place, f"the name `{case.name}` is taken by {file}:{line}")
        first.setdefault(case.name, case)


def _missing(rule: Rule, rule_set: RuleSet, cases: Iterable[Case]) -> Iterator[str]:
    here = [case for case in cases if rule.then in (HOLD, WARN) or rule in rule_set.table(case.facts)]
    if rule.enabled and not any(rule.id in (c.expected.rule, *c.expected.holds, *c.expected.warnings) for c in here):
        yield "no case"
    if not any(_near_miss(rule, case) for case in here):
        yield "no near miss (a case that gives one of its facts so that this condition alone is not met)"


def _near_miss(rule: Rule, case: Case) -> bool:
    unmet = [condition for condition in rule.when if not condition.met(case.facts)]
    return len(unmet) == 1 and _gives(case, unmet[0])


def _gives(case: Case, condition: Condition) -> bool:
    return condition.fact in case.given or condition.other_fact in case.given
