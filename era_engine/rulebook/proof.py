"""Proof that a rule set decides everything exactly once, or an example that shows where it does not.

Every question is asked of the solver over all situations there can be. An example it finds is tried again on the
conditions themselves before it is told.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations
from typing import NamedTuple, TypeVar

from era_engine.foundation.errors import EraError
from era_engine.rulebook.condition import Condition
from era_engine.rulebook.facts import Facts
from era_engine.rulebook.rule import Rule
from era_engine.rulebook.rule_set import RuleSet
from era_engine.rulebook.solver import Situations, Statement
from era_engine.rulebook.vocabulary import HOLD
from era_engine.rulebook.written import conditions_written, example_told

_MOST_NEAREST = 3
_T = TypeVar("_T")


class Unsound(NamedTuple):
    """What is wrong with some rules, and the facts of an example (None where the point is that there is none).

    `rules`: their ids, the one to look at first before the others; `problem` goes on after their places are named.
    """

    problem: str
    rules: tuple[str, ...]
    example: Facts | None = None


def unsound(rule_set: RuleSet, own: Iterable[str] = ()) -> Iterator[Unsound]:
    """Everything that is wrong with a rule set.

    Whatever no hold with `fixed: true` catches must meet exactly one row; other holds may be set to warn, and the
    table has to decide then. `own`: ids of holds that a practice adds; a row of which they catch everything is no
    fault, since who adds a hold cannot change the table.
    """
    proof, added = _Proof(rule_set), frozenset(own)
    caught = [hold for hold in rule_set.holds if hold.enabled and hold.fixed and hold.id not in added]
    for table in proof.tables():
        yield from proof.gap(table, caught)
        for one, other in combinations(table.rows, 2):
            yield from proof.overlap(one, other, table, caught)
        for row in table.rows:
            yield from proof.dead_row(row, table, caught)
    yield from proof.dead_holds()
    yield from proof.contradictions()


def never_reached(rule_set: RuleSet) -> Iterator[tuple[Rule, list[Rule]]]:
    """Rows to which nothing gets while the holds are as they are, each with the holds in front of it.

    No fault, where not all of these holds are fixed: a row must be there for the day one of them is set to warn.
    """
    proof = _Proof(rule_set)
    for table in proof.tables():
        for row in table.rows:
            if front := proof.in_front(row, table, proof.holding):
                yield row, front


class _Table(NamedTuple):
    """Rows, and the situations they are for, as `RuleSet.table` chooses them."""

    rows: Sequence[Rule]
    where: Statement


class _Proof:
    """The questions asked of one rule set."""

    def __init__(self, rule_set: RuleSet) -> None:
        self._rule_set, self._vocabulary = rule_set, rule_set.vocabulary
        self._all = Situations(rule_set.vocabulary, (c for rule in rule_set.rules for c in rule.when))
        self._noun = self._vocabulary.subject
        self.holding = [hold for hold in rule_set.holds if hold.enabled and hold.then == HOLD]

    def tables(self) -> Iterator[_Table]:
        where = self._all.is_decided
        for fact, rows in self._rule_set.chosen.items():
            yield _Table(rows, where & self._all.known(fact))
            where = where & ~self._all.known(fact)
        yield _Table(self._rule_set.rows, where)

    def gap(self, table: _Table, caught: Sequence[Rule]) -> Iterator[Unsound]:
        """Something that no row decides."""
        undecided = (*self._get_there(table, caught), ~self._all.any_met(row.when for row in table.rows))
        not_held = ~self._all.any_met(hold.when for hold in self.holding)
        example = self._all.example(*undecided, not_held) or self._all.example(*undecided)
        if example is None:
            return
        _tried(not any(_fires(rule, example) for rule in (*table.rows, *caught)))
        nearest = sorted(table.rows, key=lambda row: len(_unmet(row, example)))
        fewest = len(_unmet(nearest[0], example))
        nearest = [row for row in nearest if len(_unmet(row, example)) == fewest][:_MOST_NEAREST]
        problem = f"no row decides {self._told(example, table.rows)}; nearest: " + ", ".join(
            f"{{{row.id}}} ({self._written(_unmet(row, example))} not met)" for row in nearest
        )
        if loose := [hold for hold in self.holding if _fires(hold, example)]:
            names = ", ".join(f"{{{hold.id}}}" for hold in loose)
            problem += f"; caught only by {names}, which era.toml may set to warn: write `fixed: true`, or add a row"
        yield Unsound(problem, tuple(row.id for row in nearest), example)

    def overlap(self, one: Rule, other: Rule, table: _Table, caught: Sequence[Rule]) -> Iterator[Unsound]:
        """Something that two rows decide."""
        both = (self._all.met(one.when), self._all.met(other.when))
        example = self._all.example(*self._get_there(table, caught), *both)
        if example is None:
            return
        _tried(_fires(one, example) and _fires(other, example) and not any(_fires(hold, example) for hold in caught))
        against = "" if one.then == other.then else f", one to {one.then} and one to {other.then},"
        told = self._told(example, (one, other))
        yield Unsound(f"rows {{{one.id}}} and {{{other.id}}} both decide{against} {told}", (other.id, one.id), example)

    def dead_row(self, row: Rule, table: _Table, caught: Sequence[Rule]) -> Iterator[Unsound]:
        """A row that decides nothing."""
        if not self._all.can(table.where, self._all.met(row.when)):
            why = self._contradiction(row, table.where)
            yield Unsound(f"no {self._noun} can meet this row: {why}", (row.id,))
        elif front := self.in_front(row, table, caught):
            names = " and ".join(f"{{{hold.id}}}" for hold in front)
            problem = f"no {self._noun} gets to this row: {names} holds each that meets it"
            yield Unsound(problem, (row.id, *(hold.id for hold in front)))

    def in_front(self, row: Rule, table: _Table, holds: Sequence[Rule]) -> list[Rule]:
        """The fewest of these holds that catch whatever meets the row; none where something gets to it."""

        def catch_all(some: Sequence[Rule]) -> bool:
            met = (table.where, self._all.met(row.when))
            return not self._all.can(*met, ~self._all.any_met(hold.when for hold in some))

        return _fewest(holds, catch_all) if catch_all(holds) else []

    def dead_holds(self) -> Iterator[Unsound]:
        for hold in self._rule_set.holds:
            if not self._all.can(self._all.met(hold.when)):
                why = self._contradiction(hold)
                yield Unsound(f"no {self._noun} can meet this hold: {why}", (hold.id,))

    def contradictions(self) -> Iterator[Unsound]:
        """A hold and a warning with the same conditions, however they are written."""
        for one, other in combinations([hold for hold in self._rule_set.holds if hold.enabled], 2):
            if one.then == other.then:
                continue
            met, others = self._all.met(one.when), self._all.met(other.when)
            if self._all.can(met != others) or (example := self._all.example(met, others)) is None:
                continue
            _tried(_fires(one, example) and _fires(other, example))
            told = self._told(example, (one, other))
            problem = (
                f"{{{one.id}}} is to {one.then} and {{{other.id}}} to {other.then} for the same {self._noun}s, such as"
                f" {told}"
            )
            yield Unsound(problem, (other.id, one.id), example)

    def _get_there(self, table: _Table, caught: Sequence[Rule]) -> tuple[Statement, Statement]:
        return table.where, ~self._all.any_met(hold.when for hold in caught)

    def _contradiction(self, rule: Rule, *where: Statement) -> str:
        """The fewest conditions that are never met together."""
        needed = _fewest(rule.when, lambda conditions: not self._all.can(*where, self._all.met(conditions)))
        together = " together" if len(needed) > 1 else ""
        return f"{self._written(needed)} never holds{together}" if needed else f"its table decides no such {self._noun}"

    def _told(self, example: Facts, rules: Iterable[Rule]) -> str:
        return example_told(self._vocabulary, example, rules)

    def _written(self, conditions: Iterable[Condition]) -> str:
        return conditions_written(self._vocabulary, conditions)


def _fewest(of: Sequence[_T], enough: Callable[[Sequence[_T]], bool]) -> list[_T]:
    """What remains when everything is left out that can be."""
    left = list(of)
    for one in of:
        without = [other for other in left if other is not one]
        if enough(without):
            left = without
    return left


def _fires(rule: Rule, example: Facts) -> bool:
    return all(condition.met(example) for condition in rule.when)


def _unmet(rule: Rule, example: Facts) -> list[Condition]:
    return [condition for condition in rule.when if not condition.met(example)]


def _tried(shows_it: bool) -> None:
    if not shows_it:
        raise EraError(
            "The solver found an example that does not show what it should.", "This is a bug in era-engine: report it."
        )
