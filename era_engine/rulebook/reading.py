"""The rules of a table, read from their files or from what was stored of them, each checked by itself."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from era_engine.rulebook.conditions import Written
from era_engine.rulebook.files import Faults, Place, Source, did_you_mean, take_id
from era_engine.rulebook.guards import uncaught
from era_engine.rulebook.indicators import ids_of, read_indicators
from era_engine.rulebook.rule import Rule
from era_engine.rulebook.rule_set import RuleSet
from era_engine.rulebook.schema import HoldEntry, RowEntry, checked
from era_engine.rulebook.sources import (
    IN_FORCE,
    INDICATORS,
    OWN,
    Sources,
    read_sources,
    stored_sources,
    table_folder,
)
from era_engine.rulebook.vocabulary import HOLD, WARN, RuleFile, Vocabulary

_Entry = RowEntry | HoldEntry


class RulesRead(NamedTuple):
    """A rule set as it stands in its files. folder: where those of its table lie; places: file and line of each rule
    by its id; own: ids of the holds that the practice added. Sound as far as each rule by itself goes; whether they
    decide everything is not proven yet.
    """

    rule_set: RuleSet
    folder: Path
    places: Mapping[str, Place]
    own: frozenset[str]

    def place(self, rule: str) -> str:
        """`attempts.yaml:12`."""
        file, line = self.places[rule]
        return f"{file}:{line}" if line else file


def read_rules(folder: Path, vocabulary: Vocabulary, own: Path | None = None) -> RulesRead:
    """Read and check the rules of one table in a folder of rules.

    `own` is a folder of further files, each a list of holds, which follow the others in the order of their names.
    Raises RulesError with every fault of every file, one a line: `attempts.yaml:12: what is wrong; allowed: …`.
    """
    faults = Faults()
    sources = read_sources(folder, vocabulary, own, faults)
    rule_set, places = _rule_set(vocabulary, sources, faults)
    left = [hold.when for hold in rule_set.holds if hold.enabled and hold.then == HOLD]
    for problem in uncaught(vocabulary.must_hold, left):
        faults.at(_where_holds_are(sources), (), problem)
    faults.raise_if_any()
    added = {source.name for source in sources.added}
    own_ids = frozenset(name for name, (file, _) in places.items() if file in added)
    return RulesRead(rule_set, table_folder(folder, vocabulary), places, own_ids)


def rule_set_from_json(text: str, vocabulary: Vocabulary) -> RuleSet:
    """Restore what `RuleSet.to_json` gave. Raises RulesError where it is not valid, or not valid any more."""
    faults = Faults()
    try:
        sources = stored_sources(json.loads(text), vocabulary)
    except (ValueError, KeyError, TypeError):
        faults.add("stored rule set", None, "is not a rule set in JSON")
        faults.raise_if_any()
        raise
    return _rule_set(vocabulary, sources, faults)[0]


def _where_holds_are(sources: Sources) -> Source:
    return next(source for file, source in sources.rules[::-1] if source is not None and file.has != "rows")


def _rule_set(vocabulary: Vocabulary, sources: Sources, faults: Faults) -> tuple[RuleSet, Mapping[str, Place]]:
    """The rule set, and where each rule stands; the holds that were added follow the others."""
    seen = read_indicators(sources.indicators, sources.more, faults)
    reading = _Reading(vocabulary, faults, ids_of((sources.indicators, *sources.more)))
    read = [(file, reading.rules(source, file)) for file, source in sources.rules]
    added = [each for source in sources.added for each in reading.rules(source, None)]
    faults.raise_if_any()
    assert seen is not None, "where a file cannot be used there is a fault"
    content = {
        file.name: [entry.model_dump() for entry, _ in rules] for file, rules in read if rules or not file.chosen_by
    }
    content |= {OWN: [entry.model_dump() for entry, _ in added]} if added else {}
    text = json.dumps(content | {INDICATORS: seen.content}, separators=(",", ":"))
    holds = [rule for _, rules in read for entry, rule in rules if isinstance(entry, HoldEntry)]
    rows = {
        file.chosen_by: tuple(rule for entry, rule in rules if isinstance(entry, RowEntry))
        for file, rules in read
        if file.has != "holds"
    }
    rule_set = RuleSet(
        vocabulary=vocabulary,
        rows=rows.pop(None),
        chosen={fact: each for fact, each in rows.items() if fact is not None and each},
        holds=(*holds, *(rule for _, rule in added)),
        indicators=seen.by_id,
        unshown=seen.unshown,
        content=text,
        content_hash="sha256:" + hashlib.sha256(text.encode()).hexdigest(),
    )
    return rule_set, reading.taken


class _Reading:
    """The rules of one table being read, each with the entry it comes from."""

    def __init__(self, vocabulary: Vocabulary, faults: Faults, shown: Sequence[str] | None) -> None:
        self.taken: dict[str, Place] = {}
        self._vocabulary, self._faults, self._shown = vocabulary, faults, shown

    def rules(self, source: Source | None, file: RuleFile | None) -> list[tuple[_Entry, Rule]]:
        """The rules of one file; None: of one that a practice added. What is wrong in one is looked for to its end."""
        if source is None:
            return []
        if not isinstance(source.data, list):
            self._faults.at(source, (), "must be a list of rules, each beginning with `- id:`")
            return []
        has = "holds" if file is None else file.has
        kinds = [_kind(data, has, self._vocabulary) for data in source.data]
        if file is not None and has != "holds" and file.chosen_by is None and RowEntry not in kinds:
            self._faults.at(source, (), "has no rows")
        rules = []
        for position, (data, kind) in enumerate(zip(source.data, kinds, strict=True)):
            if file is None and self._is_row(data):
                self._faults.at(source, (position, "then"), self._no_row_here(), (HOLD, WARN))
            elif (rule := self._rule(data, kind, has, source, position)) is not None:
                rules.append(rule)
        return rules

    def _rule(
        self, data: Any, kind: type[_Entry], has: str, source: Source, position: int
    ) -> tuple[_Entry, Rule] | None:
        ends = (*(self._vocabulary.outcome_names if has != "holds" else ()), *((HOLD, WARN) if has != "rows" else ()))
        entry = checked(kind, data, source, (position,), self._faults, ends)
        if not isinstance(data, dict):
            return None
        written = Written(source, self._vocabulary.facts, self._faults)
        when = written.conditions(data.get("when"), (position, "when"))
        written.check_message(data.get("message"), (position, "message"))
        take_id(data.get("id"), source, (position, "id"), self.taken, self._faults)
        self._check_show(data.get("show"), source, position)
        if isinstance(entry, HoldEntry) and entry.fixed and entry.then == WARN:
            problem = "`then` is warn, but `fixed: true` says that this always holds"
            self._faults.at(source, (position, "then"), problem)
        return None if entry is None else (entry, Rule(when=when, **entry.model_dump(exclude={"when"})))

    def _check_show(self, show: object, source: Source, position: int) -> None:
        if isinstance(show, str) and self._shown is not None and show not in self._shown:
            problem = f"there are no indicators `{show}` in {INDICATORS}{did_you_mean(show, self._shown)}"
            self._faults.at(source, (position, "show"), problem, self._shown)

    def _is_row(self, data: object) -> bool:
        return isinstance(data, dict) and data.get("then") in self._vocabulary.outcome_names

    def _no_row_here(self) -> str:
        return (
            f"a row cannot be added here: the table decides every {self._vocabulary.subject} exactly once already, and"
            f" what a practice adds only holds some back; {IN_FORCE}"
        )


def _kind(data: object, has: str, vocabulary: Vocabulary) -> type[_Entry]:
    """Whether an entry is meant as a row or as a hold: by its file, or else by its `then` or what only a hold has."""
    if has != "both" or not isinstance(data, dict):
        return HoldEntry if has == "holds" else RowEntry
    then = data.get("then")
    if then in (HOLD, WARN):
        return HoldEntry
    return HoldEntry if then not in vocabulary.outcome_names and "message" in data else RowEntry
