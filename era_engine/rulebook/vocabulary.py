"""What a decision table is about: the facts it may ask, what is true of them, its outcomes, files and words.

The rule book reads, proves, tries, fires and explains the rules of any vocabulary, and knows of none by itself.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from era_engine.rulebook.condition import Condition
from era_engine.rulebook.facts import TYPE_OF_KIND, Fact, Facts, FactValue
from era_engine.rulebook.rule import Rule

HOLD, WARN = "hold", "warn"


class Where(NamedTuple):
    """A fact is known where all of `when` are met; elsewhere it is not, unless it `may` be.

    when: None: nowhere for sure. of: of what the table decides, of what is judged beside it by the holds alone, or of
    both.
    """

    when: tuple[Condition, ...] | None = ()
    may: bool = False
    of: Literal["decided", "beside", "both"] = "decided"


class Axiom(NamedTuple):
    """Where all of `when` are met, `then` is met as well, or its fact is not known."""

    when: tuple[Condition, ...]
    then: Condition
    because: str


class MustHold(NamedTuple):
    """What some hold has to catch, whatever a practice's own rules or settings say.

    what: in words, such as `a request without an amount`; why: goes on after `which`.
    """

    what: str
    facts: Facts
    why: str


class Outcome(NamedTuple):
    """What a row may decide. acts: the program then does something by itself.

    words: what `era rules show` calls it; told: how the sentence begins that says why it came to that.
    """

    name: str
    acts: bool
    words: str
    told: str


class RuleFile(NamedTuple):
    """One file of rules: rows, holds, or both in one list, told apart by their `then`.

    title: stands above its rules in `era rules show`. chosen_by: its rows decide in place of the others where this
    fact is known, and it may be left out; rows_for: for what then, where rows are counted.
    """

    name: str
    has: Literal["rows", "holds", "both"]
    title: str
    chosen_by: str | None = None
    rows_for: str = ""


def _nothing(*_: object) -> None:
    """The general words do."""


def _no(*_: object) -> bool:
    return False


class Words(NamedTuple):
    """What a domain says in its own words; None, and the general ones are said.

    decided: the sentence why a row decided. besides: what is told after it, whatever decided. change: what stands in
    the way of a condition, in short, and reason: at length, as part of a sentence. margin: how far what was decided
    is from being decided otherwise. beside_the_point: whether these conditions, not met of a row that acts, are no
    way to get there that a person should be told while there is another.
    """

    decided: Callable[[Rule, Facts], str | None] = _nothing
    besides: Callable[[Facts], str | None] = _nothing
    change: Callable[[Condition, Facts], str | None] = _nothing
    reason: Callable[[Condition, Facts], str | None] = _nothing
    margin: Callable[[Rule, Facts], str | None] = _nothing
    beside_the_point: Callable[[Sequence[Condition], Facts], bool] = _no


GENERAL_WORDS = Words()


@dataclass(frozen=True, repr=False)
class Vocabulary:
    """A decision table's own. Raises ValueError where it contradicts itself.

    name: that of the table, for people and commands. subject: what it decides, as a noun. where: the names that
    `Fact.known` uses. held: the outcome that a hold makes of it. files: in the order in which they are stored; rules
    that show nothing of their own use the indicators of all tables. flat: its files may lie in a folder of rules
    itself, and what a practice adds in `rules/`, as before there were several tables; otherwise both lie in a folder
    of its name there.
    """

    name: str
    subject: str
    facts: Mapping[str, Fact]
    where: Mapping[str, Where]
    outcomes: tuple[Outcome, ...]
    held: str
    files: tuple[RuleFile, ...]
    axioms: tuple[Axiom, ...] = ()
    must_hold: tuple[MustHold, ...] = ()
    words: Words = GENERAL_WORDS
    flat: bool = False

    def __post_init__(self) -> None:
        if wrong := list(_contradictions(self)):
            raise ValueError(f"The vocabulary {self.name}: {'; '.join(wrong)}.")

    def __repr__(self) -> str:
        return f"<vocabulary {self.name}>"

    @property
    def a_subject(self) -> str:
        """`a request`, `an attempt`."""
        return f"{'an' if self.subject[0] in 'aeiou' else 'a'} {self.subject}"

    @property
    def own_folder(self) -> str:
        """The folder in a home to which a practice adds its holds."""
        return "rules" if self.flat else f"rules/{self.name}"

    @property
    def outcome_names(self) -> tuple[str, ...]:
        return tuple(outcome.name for outcome in self.outcomes)

    def outcome(self, name: str) -> Outcome | None:
        """The outcome of a row; None of what is none, such as `hold`."""
        return self._by_name.get(name)

    def acts(self, rule: Rule) -> bool:
        """Whether the program does something by itself where this rule decides."""
        return rule.then in self.acting

    @cached_property
    def _by_name(self) -> Mapping[str, Outcome]:
        return {outcome.name: outcome for outcome in self.outcomes}

    @cached_property
    def acting(self) -> frozenset[str]:
        """The names of the outcomes in which the program does something by itself."""
        return frozenset(outcome.name for outcome in self.outcomes if outcome.acts)


def ordinary(vocabulary: Vocabulary, given: Mapping[str, FactValue | None]) -> Facts:
    """The facts of what is ordinary but for what is given, None for what is not known.

    What is not known where the given facts are as they are is left out. What is given stands all the same.
    """
    facts = {name: fact.usual for name, fact in vocabulary.facts.items() if fact.usual is not None} | dict(given)
    known = {name: value for name, value in facts.items() if value is not None}
    return {
        name: value
        for name, value in known.items()
        if name in given or all(c.met(known) for c in vocabulary.where[vocabulary.facts[name].known].when or ())
    }


def _contradictions(vocabulary: Vocabulary) -> Iterator[str]:
    for name, fact in vocabulary.facts.items():
        where = vocabulary.where.get(fact.known)
        if where is None:
            yield f"{name} is known of `{fact.known}`, which `where` does not explain"
        elif where.of == "beside" and fact.usual is not None:
            yield f"{name} is usual, and not known of {vocabulary.a_subject}"
        if fact.usual is not None and type(fact.usual) is not TYPE_OF_KIND[fact.kind]:
            yield f"what is usual of {name} is no {fact.kind}"
        if fact.values and fact.usual is not None and fact.usual not in fact.values:
            yield f"what is usual of {name} is none of its values"
    yield from (f"there is no fact {name}" for name in sorted(_named(vocabulary) - vocabulary.facts.keys()))
    if len(set(vocabulary.outcome_names)) < len(vocabulary.outcomes) or {HOLD, WARN} & set(vocabulary.outcome_names):
        yield f"outcomes are called alike, or {HOLD} or {WARN}"
    if vocabulary.held not in vocabulary.outcome_names:
        yield f"{vocabulary.held} is no outcome"
    if len([file for file in vocabulary.files if file.has != "holds" and file.chosen_by is None]) != 1:
        yield "one file, and one alone, must have the rows that no fact chooses"


def _named(vocabulary: Vocabulary) -> set[str]:
    conditions = [c for where in vocabulary.where.values() for c in where.when or ()]
    conditions += [c for axiom in vocabulary.axioms for c in (*axiom.when, axiom.then)]
    named = {name for c in conditions for name in (c.fact, c.other_fact) if name}
    named |= {name for must in vocabulary.must_hold for name in must.facts}
    return named | {file.chosen_by for file in vocabulary.files if file.chosen_by}
