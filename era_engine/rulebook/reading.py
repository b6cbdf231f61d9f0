"""The rule set in force: the rows of the auto-posting table, the holds, and what people see for each decision."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

from era_engine.foundation.errors import SettingsError
from era_engine.foundation.shipped import shipped
from era_engine.rulebook.condition import Condition
from era_engine.rulebook.conditions import check_message, read_conditions
from era_engine.rulebook.files import Faults, Source, Steps, did_you_mean, read_rule_file
from era_engine.rulebook.guards import uncaught_unknowns
from era_engine.rulebook.schema import HoldEntry, IndicatorsEntry, IndicatorsFile, RowEntry, checked
from era_engine.rulebook.vocabulary import Facts

ROWS, REVERSALS, HOLDS, INDICATORS = "auto_posting.yaml", "reversals.yaml", "holds.yaml", "indicators.yaml"
OWN = "rules/*.yaml"  # in the stored rule set: the holds a practice added, of all its files
_FILES = (ROWS, REVERSALS, HOLDS, INDICATORS)
_IN_FORCE = 'to use a rule set of your own instead, write rules = "FOLDER" in era.toml'
_ROW_AMONG_HOLDS = (
    "a row cannot be added here: the table decides every claim exactly once already, and what a practice adds only"
    f" keeps claims from posting; {_IN_FORCE}"
)


class Rule(NamedTuple):
    """A row of the table (then: post or manual) or a hold (then: hold, or warn: it is told and keeps nothing from
    posting); it fires when every condition in `when` is met.

    The rest is a hold's: `message` is one sentence for a biller, with facts as `{fact_name}`, `remedy` the next step
    and `command` the command for it. A `fixed` hold cannot be set to warn. Where `waits_for` names what would release
    the claim, every run judges it again.
    """

    id: str
    because: str
    reference: str
    when: tuple[Condition, ...]
    then: Literal["post", "manual", "hold", "warn"]
    show: str
    enabled: bool = True
    message: str = ""
    remedy: str = ""
    command: str | None = None
    fixed: bool = False
    waits_for: str | None = None


class Indicators(NamedTuple):
    """What a person sees for a decision; None where nothing is shown.

    page_message: `success` or `warning`; patient_icon: `success` or `alert`; symbol and word stand for the icon
    on a terminal, also where no icon is drawn.
    """

    id: str
    page_message: str | None
    page_message_place: str | None
    page_message_colour: str | None
    claim_alert: bool
    claim_alert_place: str | None
    claim_alert_colour: str | None
    patient_icon: str | None
    icon_drawing: str | None
    icon_colour: str
    symbol: str
    word: str
    hover: str | None


_NOTHING_SHOWN = Indicators("nothing", None, None, None, False, None, None, None, None, "grey", "·", "manual", None)


@dataclass(frozen=True)
class RuleSet:
    """Rows, holds and indicators in file order, and the rows for reversals. `content` is all of it as canonical JSON,
    whatever the layout and comments of the files were; `content_hash` is `sha256:…` of that.
    """

    rows: tuple[Rule, ...]
    holds: tuple[Rule, ...]
    indicators: Mapping[str, Indicators]
    content: str
    content_hash: str
    reversals: tuple[Rule, ...] = ()

    def to_json(self) -> str:
        """The rule set as text from which `rule_set_from_json` restores it."""
        return self.content

    def table(self, facts: Facts) -> tuple[Rule, ...]:
        """The rows of which exactly one decides a claim with these facts: a reversal may have a table of its own."""
        return self.reversals if self.reversals and "reversal_posts" in facts else self.rows

    def shown(self, indicators: str) -> Indicators:
        """Indicators by id; nothing is shown for what a person did where the files do not say what to show."""
        return self.indicators.get(indicators, _NOTHING_SHOWN)

    def with_choices(self, choices: Mapping[str, Literal["hold", "warn"]], where: str = "") -> "RuleSet":
        """The rule set with the holds that a practice set to hold or warn. Its hash is that of the files.

        where: the override they stand in, for errors.

        Raises SettingsError for an id that is no hold, and for a warning where no row of the table could decide.
        """
        by_id = {hold.id: hold for hold in self.holds}
        problems = []
        for name, choice in choices.items():
            if name not in by_id:
                problems.append(f"era.toml{where}, key holds.{name}: no hold has this id{did_you_mean(name, by_id)}.")
            elif choice == "warn" and by_id[name].fixed:
                problems.append(f"era.toml{where}, key holds.{name}: this hold always holds; it cannot be set to warn.")
        holds = tuple(hold._replace(then=choices.get(hold.id, hold.then)) for hold in self.holds)
        if not problems:
            left = [hold.when for hold in holds if hold.enabled and hold.then == "hold"]
            problems = [f"era.toml{where}, [holds]: {problem}." for problem in uncaught_unknowns(left)]
        if problems:
            raise SettingsError("\n".join(problems), "`era rules show` lists the holds and which of them may warn.")
        return replace(self, holds=holds)


class RulesRead(NamedTuple):
    """A rule set as it stands in its files. places: file and line of each rule by its id; own: ids of the holds that
    the practice added. Sound as far as each rule by itself goes; whether they decide every claim is not proven yet.
    """

    rule_set: RuleSet
    places: Mapping[str, tuple[str, int | None]]
    own: frozenset[str]

    def place(self, rule: str) -> str:
        """`holds.yaml:12`."""
        file, line = self.places[rule]
        return f"{file}:{line}" if line else file


def read_rules(folder: Path, own: Path | None = None) -> RulesRead:
    """Read and check the rule files of `folder`; `reversals.yaml` may be missing, then reversals have no own table.

    `own` is a folder of further files, each a list of holds, which follow those of `folder` in the order of their
    names. Raises RulesError with every fault of every file, one a line: `holds.yaml:12: what is wrong; allowed: …`.
    """
    faults = Faults()
    names = [ROWS, *([REVERSALS] if (folder / REVERSALS).exists() else []), HOLDS, INDICATORS]
    sources = [read_rule_file(folder / name, faults) for name in names]
    for path in _yaml_in(folder):
        if path.name not in _FILES:
            faults.add(path.name, None, "is not part of a rule set, and is not read", _FILES)
    added = _own_files(own, faults) if own is not None else []
    found = {source.name: source for source in (*sources, *added) if source is not None}
    rule_set, places = _rule_set(list(found.values()), [source for source in added if source is not None], faults)
    for problem in uncaught_unknowns([hold.when for hold in rule_set.holds if hold.enabled and hold.then == "hold"]):
        faults.at(found[HOLDS], (), problem)
    faults.raise_if_any()
    own_ids = frozenset(name for name, (file, _) in places.items() if file not in _FILES)
    return RulesRead(rule_set, places, own_ids)


def _check_shown(rules: RulesRead, faults: Faults) -> None:
    """What people see must be what happens."""
    for rule in (*rules.rule_set.rows, *rules.rule_set.reversals, *rules.rule_set.holds):
        shown = rules.rule_set.shown(rule.show)
        says_posted = "success" in (shown.page_message, shown.patient_icon)
        if says_posted and rule.then != "post":
            problem = f"the indicators `{rule.show}` tell people that the claim was posted, and {rule.id} posts nothing"
            faults.add(*rules.places[rule.id], problem)
        elif rule.then == "post" and (shown.claim_alert or shown.patient_icon == "alert"):
            problem = f"the indicators `{rule.show}` raise an alert, and {rule.id} posts the claim"
            faults.add(*rules.places[rule.id], problem)


def _own_files(folder: Path, faults: Faults) -> list[Source | None]:
    """The files in which a practice adds holds. A whole rule set in their place is told once, not by every rule."""
    tables = [name for name in (ROWS, REVERSALS, INDICATORS) if (folder / name).exists()]
    if tables:
        problem = f"this folder adds holds to the rules in force; {_IN_FORCE}"
        faults.add(f"{folder.name}/{tables[0]}", None, problem)
        return []
    sources: list[Source | None] = []
    for path in _yaml_in(folder):
        name = f"{folder.name}/{path.name}"
        if path.suffix != ".yaml":
            faults.add(name, None, f"is not read under this name; rename it {path.stem}.yaml")
        else:
            sources.append(read_rule_file(path, faults, name))
    return sources


def _yaml_in(folder: Path) -> list[Path]:
    """What a person may take for a rule file; hidden ones are an editor's."""
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    return [path for path in files if path.suffix.lower() in (".yaml", ".yml") and not path.name.startswith(".")]


def load_rule_set(folder: Path, own: Path | None = None) -> RuleSet:
    """Read, check and prove the rules of a folder, with the holds that a practice adds in `own`; see `read_rules`.

    Rules that say what those shipped say are not proven again: a test proves them. Raises RulesError.
    """
    rules = read_rules(folder, own)
    if rules.rule_set.content_hash != read_rules(shipped("rules")).rule_set.content_hash:
        prove(rules)
    return rules.rule_set


def prove(rules: RulesRead) -> None:
    """Raise RulesError with the claims that show it where the rules do not decide every claim exactly once.

    So it does for a rule whose indicators tell people another thing than happens.
    """
    from era_engine.rulebook.proof import unsound  # loads the solver, which most commands never need

    faults = Faults()
    for fault in unsound(rules.rule_set, rules.own):
        problem = fault.problem
        for rule in rules.places:
            named = rule if rule == fault.rules[0] else f"{rule} ({rules.place(rule)})"
            problem = problem.replace(f"{{{rule}}}", named)
        faults.add(*rules.places[fault.rules[0]], problem)
    _check_shown(rules, faults)
    faults.raise_if_any()


def rule_set_from_json(text: str) -> RuleSet:
    """Restore what `RuleSet.to_json` gave. Raises RulesError where it is not valid, or not valid any more."""
    faults = Faults()
    try:
        files = json.loads(text)
        names = [ROWS, *([REVERSALS] if REVERSALS in files else []), HOLDS, INDICATORS]
        sources = [Source(name, files[name], {}) for name in names]
    except (ValueError, KeyError, TypeError):
        faults.add("stored rule set", None, "is not a rule set in JSON")
        faults.raise_if_any()
        raise
    added = [Source(OWN, files[OWN], {})] if OWN in files else []
    return _rule_set([*sources, *added], added, faults)[0]


def _rule_set(
    sources: Sequence[Source], added: Sequence[Source], faults: Faults
) -> tuple[RuleSet, Mapping[str, tuple[str, int | None]]]:
    """The rule set, and where each rule stands; the holds of `added` follow the others."""
    files = {source.name: source for source in sources}
    indicators = _indicators_file(files.get(INDICATORS), faults)
    shown = _indicator_ids(files.get(INDICATORS))
    taken: dict[str, tuple[str, int | None]] = {}
    rows = _rules(RowEntry, files.get(ROWS), shown, taken, faults)
    reversals = _rules(RowEntry, files.get(REVERSALS), shown, taken, faults)
    holds = _rules(HoldEntry, files.get(HOLDS), shown, taken, faults)
    own = [hold for source in added for hold in _rules(HoldEntry, source, shown, taken, faults)]
    faults.raise_if_any()
    assert indicators is not None, "where a file cannot be used there is a fault"
    content = json.dumps(
        {
            ROWS: [entry.model_dump() for entry, _ in rows],
            **({REVERSALS: [entry.model_dump() for entry, _ in reversals]} if reversals else {}),
            HOLDS: [entry.model_dump() for entry, _ in holds],
            **({OWN: [entry.model_dump() for entry, _ in own]} if own else {}),
            INDICATORS: indicators.model_dump(),
        },
        separators=(",", ":"),
    )
    rule_set = RuleSet(
        rows=tuple(row for _, row in rows),
        reversals=tuple(row for _, row in reversals),
        holds=tuple(hold for _, hold in (*holds, *own)),
        indicators={entry.id: _indicators(entry, indicators) for entry in indicators.indicators},
        content=content,
        content_hash="sha256:" + hashlib.sha256(content.encode()).hexdigest(),
    )
    return rule_set, taken


def _rules(
    kind: type[RowEntry | HoldEntry],
    source: Source | None,
    shown: Sequence[str] | None,
    taken: dict[str, tuple[str, int | None]],
    faults: Faults,
) -> list[tuple[RowEntry | HoldEntry, Rule]]:
    """The rules of one file with the entries they come from. An entry of the wrong shape is still looked through."""
    rules: list[tuple[RowEntry | HoldEntry, Rule]] = []
    if source is None:
        return rules
    if not isinstance(source.data, list):
        faults.at(source, (), "must be a list of rules, each beginning with `- id:`")
        return rules
    if source.name == ROWS and not source.data:
        faults.at(source, (), "has no rows")
    for position, data in enumerate(source.data):
        if source.name not in _FILES and isinstance(data, dict) and data.get("then") in ("post", "manual"):
            faults.at(source, (position, "then"), _ROW_AMONG_HOLDS, ("hold", "warn"))
            continue
        entry = checked(kind, data, source, (position,), faults)
        if not isinstance(data, dict):
            continue
        when = read_conditions(data.get("when"), source, (position, "when"), faults)
        check_message(data.get("message"), source, (position, "message"), faults)
        _check_id(data.get("id"), source, (position, "id"), taken, faults)
        show = data.get("show")
        if isinstance(show, str) and shown is not None and show not in shown:
            problem = f"there are no indicators `{show}` in {INDICATORS}{did_you_mean(show, shown)}"
            faults.at(source, (position, "show"), problem, shown)
        if isinstance(entry, HoldEntry) and entry.fixed and entry.then == "warn":
            faults.at(source, (position, "then"), "`then` is warn, but `fixed: true` says that this always holds")
        if entry is not None:
            rules.append((entry, Rule(when=when, **entry.model_dump(exclude={"when"}))))
    return rules


def _check_id(
    given: Any, source: Source, steps: Steps, taken: dict[str, tuple[str, int | None]], faults: Faults
) -> None:
    """Ids name one thing each; `taken` remembers where each stands."""
    if not isinstance(given, str):
        return
    if given in taken:
        file, line = taken[given]
        faults.at(source, steps, f"the id `{given}` is taken by {file}{f':{line}' if line else ''}")
    else:
        taken[given] = (source.name, source.line(steps))


def _indicator_ids(source: Source | None) -> list[str] | None:
    """The ids in the indicators file, as far as it can be read; None where it cannot."""
    entries = source.data.get("indicators") if source is not None and isinstance(source.data, dict) else None
    if not isinstance(entries, list):
        return None
    return [entry["id"] for entry in entries if isinstance(entry, dict) and isinstance(entry.get("id"), str)]


def _indicators_file(source: Source | None, faults: Faults) -> IndicatorsFile | None:
    if source is None:
        return None
    entries = source.data.get("indicators") if isinstance(source.data, dict) else None
    taken: dict[str, tuple[str, int | None]] = {}
    for position, entry in enumerate(entries if isinstance(entries, list) else ()):
        given = entry.get("id") if isinstance(entry, dict) else None
        _check_id(given, source, ("indicators", position, "id"), taken, faults)
    return checked(IndicatorsFile, source.data, source, (), faults)


def _indicators(entry: IndicatorsEntry, file: IndicatorsFile) -> Indicators:
    page = getattr(file.page_messages, entry.page_message) if entry.page_message else None
    icon = getattr(file.icons, entry.patient_icon or "none")
    alert = file.claim_alert if entry.claim_alert else None
    return Indicators(
        id=entry.id,
        page_message=entry.page_message,
        page_message_place=page.place if page else None,
        page_message_colour=page.colour if page else None,
        claim_alert=entry.claim_alert,
        claim_alert_place=alert.place if alert else None,
        claim_alert_colour=alert.colour if alert else None,
        patient_icon=entry.patient_icon,
        icon_drawing=icon.drawing if entry.patient_icon else None,
        icon_colour=icon.colour,
        symbol=icon.symbol,
        word=icon.word,
        hover=entry.hover,
    )
