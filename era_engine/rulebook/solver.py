"""Every situation there can be, as z3 sees it: asked for one that meets some rules and not others, it finds one or
proves that there is none. No other module imports z3.

A situation is what the facts can say together: of one subject of the table, or of what is judged beside it by the
holds alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

import z3

from era_engine.foundation.errors import EraError
from era_engine.rulebook.condition import COMPARISONS, Condition
from era_engine.rulebook.facts import LARGEST, Fact, Facts, FactValue
from era_engine.rulebook.vocabulary import Vocabulary

Statement: TypeAlias = z3.BoolRef  # about a situation

_SOMETHING_ELSE = "something else"
_READABLE = 100_000  # cents; an example stays below a thousand dollars where it can


class Situations:
    """The situations in which these conditions, and what the vocabulary says of all of them, can come out differently.

    Whole numbers and amounts have their whole range, a code or text is one of the values that some condition names or
    something else, and each fact may be unknown where the vocabulary allows it.
    """

    def __init__(self, vocabulary: Vocabulary, conditions: Iterable[Condition]) -> None:
        declared = [c for where in vocabulary.where.values() for c in where.when or ()]
        declared += [c for axiom in vocabulary.axioms for c in (*axiom.when, axiom.then)]
        everything = [*conditions, *declared]
        asked = {name for c in everything for name in (c.fact, c.other_fact) if name}
        self._vocabulary = vocabulary
        self._facts = {name: fact for name, fact in vocabulary.facts.items() if name in asked}
        texts = [name for name, fact in self._facts.items() if fact.kind in ("code", "text")]
        self._texts = {name: _values(vocabulary.facts[name], name, everything) for name in texts}
        self._is_beside = z3.Bool("is judged beside the table")
        self._value = {
            name: z3.Bool(name) if fact.kind == "flag" else z3.Int(name) for name, fact in self._facts.items()
        }
        self._known = {name: z3.Bool(f"{name} is known") for name in self._facts}
        self._solver = z3.Solver()
        self._solver.add(*self._range(), *self._knowledge())

    @property
    def is_decided(self) -> Statement:
        """The table decides it; not what only the holds are asked about."""
        return z3.Not(self._is_beside)

    def known(self, fact: str) -> Statement:
        return self._known[fact] if fact in self._known else z3.BoolVal(False)

    def met(self, conditions: Iterable[Condition]) -> Statement:
        """All of them are met, as `Condition.met` understands it."""
        return z3.And([self._condition(condition) for condition in conditions])

    def any_met(self, rules: Iterable[Sequence[Condition]]) -> Statement:
        return z3.Or([self.met(when) for when in rules])

    def can(self, *wanted: Statement) -> bool:
        """Whether there is such a situation. Raises EraError where the solver cannot tell."""
        self._solver.push()
        self._solver.add(*wanted)
        answer = self._solver.check()
        self._solver.pop()
        if answer == z3.unknown:
            raise EraError("The solver could not decide whether these rules are sound.", "Write simpler conditions.")
        return bool(answer == z3.sat)

    def example(self, *wanted: Statement) -> Facts | None:
        """The facts of such a situation, as ordinary as it can be; None where there is none."""
        if not self.can(*wanted):
            return None
        self._solver.push()
        self._solver.add(*wanted)
        for wishes in self._wishes():
            for wish in wishes:
                if self.can(wish):
                    self._solver.add(wish)
                    break
        self._solver.check()
        model = self._solver.model()
        self._solver.pop()
        found: dict[str, FactValue] = {}
        for name in self._facts:
            if z3.is_true(model.eval(self._known[name], model_completion=True)):
                found[name] = self._read(name, model.eval(self._value[name], model_completion=True))
        return found

    def _condition(self, condition: Condition) -> Statement:
        fact, wanted, other = condition.fact, condition.wanted, condition.other_fact
        value = self._value[fact]
        if condition.op in COMPARISONS:
            against = wanted if other is None else self._value[other]
            compared = COMPARISONS[condition.op](value, against)  # type: ignore[arg-type]
            return z3.And(self._known[fact], *([self._known[other]] if other else []), compared)
        several = wanted if isinstance(wanted, tuple) else (wanted,)
        among = z3.Or([value == self._written(fact, each) for each in several])
        return z3.And(self._known[fact], among if condition.op in ("is", "one_of") else z3.Not(among))

    def _written(self, fact: str, value: FactValue) -> z3.ExprRef:
        if isinstance(value, bool):
            return z3.BoolVal(value)
        return z3.IntVal(self._texts[fact].index(value) if isinstance(value, str) else value)

    def _read(self, fact: str, value: z3.ExprRef) -> FactValue:
        if self._facts[fact].kind == "flag":
            return bool(z3.is_true(value))
        number = int(value.as_long())
        return self._texts[fact][number] if fact in self._texts else number

    def _range(self) -> Iterator[Statement]:
        for name, fact in self._facts.items():
            value = self._value[name]
            if name in self._texts:
                yield z3.And(value >= 0, value < (len(fact.values) or len(self._texts[name])))
            elif fact.kind != "flag":
                smallest = 0 if fact.kind == "count" else -LARGEST
                yield z3.And(value >= (smallest if fact.least is None else fact.least), value <= LARGEST)

    def _knowledge(self) -> Iterator[Statement]:
        of = {"decided": self.is_decided, "beside": self._is_beside, "both": z3.BoolVal(True)}
        everywhere = self._vocabulary.where
        if not any(where.of == "beside" for where in everywhere.values()):
            yield self.is_decided
        for name, fact in self._facts.items():
            known, where = self._known[name], everywhere[fact.known]
            there = z3.BoolVal(False) if where.when is None else z3.And(of[where.of], self.met(where.when))
            yield z3.Implies(there, known) if where.may else known == there
        for axiom in self._vocabulary.axioms:
            facts = [name for name in (axiom.then.fact, axiom.then.other_fact) if name]
            unknown = [z3.Not(self._known[name]) for name in facts]
            yield z3.Implies(self.met(axiom.when), z3.Or(*unknown, self._condition(axiom.then)))

    def _wishes(self) -> Iterator[list[Statement]]:
        """What would make an example easy to read, most wanted first; of each list the first that can be had."""
        yield [self.is_decided]
        amounts = [name for name, fact in self._facts.items() if fact.kind == "cents"]
        for name in [name for name in self._facts if name not in amounts] + amounts[::-1]:
            known, value, usual = self._known[name], self._value[name], self._facts[name].usual
            if usual is None:
                yield [z3.Not(known)]
            else:
                yield [z3.And(known, value == self._written(name, usual)), known]
            if name in amounts:
                small = z3.And(value >= -_READABLE, value <= _READABLE)
                dollars = z3.And(small, value > 0, value % 100 == 0)
                tenths = [] if usual is None else [value == usual, value == int(usual) // 10 * 9]
                yield [*tenths, dollars, z3.And(small, value >= 0), small]


def _values(fact: Fact, name: str, conditions: Iterable[Condition]) -> list[str]:
    """What a code or text may be: first the declared values, which are all there can be, or else whatever conditions
    name, and something else.
    """
    named = list(fact.values) or ([fact.usual] if isinstance(fact.usual, str) else [])
    for condition in conditions:
        if condition.fact == name:
            wanted = condition.wanted if isinstance(condition.wanted, tuple) else (condition.wanted,)
            named += [each for each in wanted if isinstance(each, str) and each not in named]
    other = _SOMETHING_ELSE
    while other in named:
        other += " again"
    return [*named, other]
