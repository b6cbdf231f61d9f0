"""One condition of a rule: a fact, an operator and what is wanted."""

from collections.abc import Callable, Mapping
from operator import ge, gt, le, lt
from typing import Literal, NamedTuple

from era_engine.rulebook.facts import Facts, FactValue, Kind

Op = Literal["is", "is_not", "at_least", "at_most", "more_than", "less_than", "one_of", "none_of"]

COMPARISONS: Mapping[Op, Callable[[int, int], bool]] = {
    "at_least": ge,
    "at_most": le,
    "more_than": gt,
    "less_than": lt,
}
CHOICES: tuple[Op, ...] = ("one_of", "none_of")
# `is` is written as a plain value: `fact: value`
OPS_OF_KIND: Mapping[Kind, tuple[Op, ...]] = {
    "flag": ("is_not",),
    "count": (*COMPARISONS, "is_not", *CHOICES),
    "cents": (*COMPARISONS, "is_not", *CHOICES),
    "code": ("is_not", *CHOICES),
    "text": ("is_not", *CHOICES),
}


class Condition(NamedTuple):
    """`fact op wanted`; with a comparison, a `wanted` in text names another fact of the same kind."""

    fact: str
    op: Op
    wanted: FactValue | tuple[FactValue, ...]

    @property
    def other_fact(self) -> str | None:
        """The fact compared with, where it is not a value."""
        return self.wanted if self.op in COMPARISONS and isinstance(self.wanted, str) else None

    def wanted_of(self, facts: Facts) -> FactValue | tuple[FactValue, ...] | None:
        """What is wanted, looked up where it is another fact; None where that one is not known."""
        other = self.other_fact
        return self.wanted if other is None else facts.get(other)

    def met(self, facts: Facts) -> bool | None:
        """Whether these facts meet the condition; None, and then no rule fires, where a fact is not known."""
        actual, wanted = facts.get(self.fact), self.wanted_of(facts)
        if actual is None or wanted is None:
            return None
        if isinstance(wanted, tuple):
            return (actual in wanted) == (self.op == "one_of")
        if self.op in COMPARISONS:
            return COMPARISONS[self.op](int(actual), int(wanted))
        return (actual == wanted) == (self.op == "is")
