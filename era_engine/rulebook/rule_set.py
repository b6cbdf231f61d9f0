"""The rules of one table: its rows, its holds, and what people see for each decision."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from era_engine.rulebook.facts import Facts
from era_engine.rulebook.files import did_you_mean
from era_engine.rulebook.guards import uncaught
from era_engine.rulebook.rule import Indicators, Rule
from era_engine.rulebook.vocabulary import HOLD, WARN, Vocabulary

Choices = Mapping[str, Literal["hold", "warn"]]  # by the id of a hold


@dataclass(frozen=True)
class RuleSet:
    """Rows, holds and indicators in file order. chosen: the rows of the tables that a fact chooses, by that fact.
    unshown: what a person sees where the files do not say what to show.

    `content` is all of it as canonical JSON, whatever the layout and comments of the files were; `content_hash` is
    `sha256:…` of that.
    """

    vocabulary: Vocabulary
    rows: tuple[Rule, ...]
    holds: tuple[Rule, ...]
    indicators: Mapping[str, Indicators]
    unshown: Indicators
    content: str
    content_hash: str
    chosen: Mapping[str, tuple[Rule, ...]]

    @property
    def every_row(self) -> tuple[Rule, ...]:
        """The rows of all its tables."""
        return self.rows + tuple(row for rows in self.chosen.values() for row in rows)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rows and all holds."""
        return self.every_row + self.holds

    def to_json(self) -> str:
        """The rule set as text from which `rule_set_from_json` restores it."""
        return self.content

    def table(self, facts: Facts) -> tuple[Rule, ...]:
        """The rows of which exactly one decides where these facts are known."""
        for fact in self.chosen:
            if fact in facts:
                return self.chosen[fact]
        return self.rows

    def shown(self, indicators: str) -> Indicators:
        """Indicators by id; nothing is shown for what a person did where the files do not say what to show."""
        return self.indicators.get(indicators, self.unshown)

    def with_rule(self, was: Rule, rule: Rule) -> "RuleSet":
        """The rule set with one rule in the place of another; its content and hash stay those of the files."""

        def put(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
            return tuple(rule if each is was else each for each in rules)

        chosen = {fact: put(rows) for fact, rows in self.chosen.items()}
        return replace(self, rows=put(self.rows), chosen=chosen, holds=put(self.holds))

    def with_choices(self, choices: Choices) -> "RuleSet":
        """The rule set with the holds that a practice set to hold or warn. Its hash is that of the files."""
        return replace(self, holds=tuple(hold._replace(then=choices.get(hold.id, hold.then)) for hold in self.holds))

    def wrong_choices(self, choices: Choices, elsewhere: Collection[str] = ()) -> Iterator[str]:
        """What is wrong with such choices: an id that is no hold of this table, nor of those `elsewhere`; a warning in
        place of a hold that is fixed, or without which no row could decide.
        """
        by_id = {hold.id: hold for hold in self.holds}
        good = True
        for name, choice in choices.items():
            if name in by_id and choice == WARN and by_id[name].fixed:
                good = False
                yield f", key holds.{name}: this hold always holds; it cannot be set to warn"
            elif name not in by_id and name not in elsewhere:
                good = False
                yield f", key holds.{name}: no hold has this id{did_you_mean(name, (*by_id, *elsewhere))}"
        if good:
            left = [hold.when for hold in self.with_choices(choices).holds if hold.enabled and hold.then == HOLD]
            yield from (f", [holds]: {problem}" for problem in uncaught(self.vocabulary.must_hold, left))
