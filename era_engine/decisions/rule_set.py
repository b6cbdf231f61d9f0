"""The rule set in force: the rows of the auto-posting table, the holds, and what people see for each decision."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from era_engine.decisions.condition import Condition
from era_engine.decisions.rule_conditions import check_message, read_conditions
from era_engine.decisions.rule_file import Faults, Source, Steps, did_you_mean, read_rule_file
from era_engine.decisions.rule_schema import HoldEntry, IndicatorsEntry, IndicatorsFile, RowEntry, checked
from era_engine.decisions.table import table_faults, uncaught_unknowns

ROWS, HOLDS, INDICATORS = "auto_posting.yaml", "holds.yaml", "indicators.yaml"


class Rule(NamedTuple):
    """A row of the table (then: post or manual) or a hold; it fires when every condition in `when` is met.

    `message` and `remedy` are a hold's: one sentence for a biller, with facts as `{fact_name}`, and the next step.
    """

    id: str
    because: str
    reference: str
    when: tuple[Condition, ...]
    then: Literal["post", "manual", "hold"]
    show: str
    enabled: bool = True
    message: str = ""
    remedy: str = ""


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


@dataclass(frozen=True)
class RuleSet:
    """Rows, holds and indicators in file order. `content` is all of it as canonical JSON, whatever the layout
    and comments of the files were; `content_hash` is `sha256:…` of that.
    """

    rows: tuple[Rule, ...]
    holds: tuple[Rule, ...]
    indicators: Mapping[str, Indicators]
    content: str
    content_hash: str

    def to_json(self) -> str:
        """The rule set as text from which `rule_set_from_json` restores it."""
        return self.content


def load_rule_set(folder: Path) -> RuleSet:
    """Read and check the three rule files of `folder`.

    Raises RulesError with every fault of every file, one a line: `holds.yaml:12: what is wrong; allowed: …`.
    """
    faults = Faults()
    sources = [read_rule_file(folder / name, faults) for name in (ROWS, HOLDS, INDICATORS)]
    found = {source.name: source for source in sources if source is not None}
    rule_set = _rule_set(list(found.values()), faults)
    for problem in uncaught_unknowns([hold.when for hold in rule_set.holds if hold.enabled]):
        faults.at(found[HOLDS], (), problem)
    faults.raise_if_any()
    return rule_set


def rule_set_from_json(text: str) -> RuleSet:
    """Restore what `RuleSet.to_json` gave. Raises RulesError where it is not valid, or not valid any more."""
    faults = Faults()
    try:
        files = json.loads(text)
        sources = [Source(name, files[name], {}) for name in (ROWS, HOLDS, INDICATORS)]
    except (ValueError, KeyError, TypeError):
        faults.add("stored rule set", None, "is not a rule set in JSON")
        faults.raise_if_any()
        raise
    return _rule_set(sources, faults)


def _rule_set(sources: Sequence[Source], faults: Faults) -> RuleSet:
    files = {source.name: source for source in sources}
    indicators = _indicators_file(files.get(INDICATORS), faults)
    shown = _indicator_ids(files.get(INDICATORS))
    taken: dict[str, str] = {}
    rows = _rules(RowEntry, files.get(ROWS), shown, taken, faults)
    holds = _rules(HoldEntry, files.get(HOLDS), shown, taken, faults)
    if not faults:
        for position, problem in table_faults([(row.id, row.when) for _, row in rows]):
            faults.at(files[ROWS], () if position is None else (position,), problem)
    faults.raise_if_any()
    assert indicators is not None, "where a file cannot be used there is a fault"
    content = json.dumps(
        {
            ROWS: [entry.model_dump() for entry, _ in rows],
            HOLDS: [entry.model_dump() for entry, _ in holds],
            INDICATORS: indicators.model_dump(),
        },
        separators=(",", ":"),
    )
    return RuleSet(
        rows=tuple(row for _, row in rows),
        holds=tuple(hold for _, hold in holds),
        indicators={entry.id: _indicators(entry, indicators) for entry in indicators.indicators},
        content=content,
        content_hash="sha256:" + hashlib.sha256(content.encode()).hexdigest(),
    )


def _rules(
    kind: type[RowEntry | HoldEntry],
    source: Source | None,
    shown: Sequence[str] | None,
    taken: dict[str, str],
    faults: Faults,
) -> list[tuple[RowEntry | HoldEntry, Rule]]:
    """The rules of one file with the entries they come from. An entry of the wrong shape is still looked through."""
    rules: list[tuple[RowEntry | HoldEntry, Rule]] = []
    if source is None:
        return rules
    if not isinstance(source.data, list):
        faults.at(source, (), "must be a list of rules, each beginning with `- id:`")
        return rules
    if kind is RowEntry and not source.data:
        faults.at(source, (), "has no rows")
    for position, data in enumerate(source.data):
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
        if entry is not None:
            rules.append((entry, Rule(when=when, **entry.model_dump(exclude={"when"}))))
    return rules


def _check_id(given: Any, source: Source, steps: Steps, taken: dict[str, str], faults: Faults) -> None:
    """Ids name one thing each; `taken` remembers where each stands."""
    if not isinstance(given, str):
        return
    if given in taken:
        faults.at(source, steps, f"the id `{given}` is taken by {taken[given]}")
    else:
        line = source.line(steps)
        taken[given] = f"{source.name}:{line}" if line else source.name


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
    taken: dict[str, str] = {}
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
