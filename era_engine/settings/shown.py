"""Settings for people: each value with the line that decides it, and what differs between two texts.

A key within an override is named `KEY for payer DELTA`.
"""

import json
import tomllib
from decimal import Decimal
from typing import Any, NamedTuple

from era_engine.settings.editing import Selector
from era_engine.settings.faults import key_lines
from era_engine.settings.model import Settings
from era_engine.settings.tables import percent_text

DEFAULT = "default"


class Shown(NamedTuple):
    """A setting in force, and what decides it: `era.toml:12`, `era.toml:40, override for payer DELTA` or `default`."""

    key: str
    value: Any
    origin: str


class Change(NamedTuple):
    """A setting that two texts give otherwise. What a text does not give has its default, None where it has none."""

    key: str
    before: Any
    after: Any


def flat(values: dict[str, Any], above: str = "") -> dict[str, Any]:
    """Every value of nested tables by its dotted key."""
    rows: dict[str, Any] = {}
    for key, value in values.items():
        rows |= flat(value, f"{above}{key}.") if isinstance(value, dict) else {f"{above}{key}": value}
    return rows


def in_words(value: Any) -> str:
    """A value as one cell of a table."""
    if value is None:
        return "not given"
    if isinstance(value, bool):
        return str(value).lower()
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def values_of(settings: Settings) -> dict[str, Any]:
    """All values in nested tables, without user and password of the database."""
    return {"database": settings.database_shown, **json.loads(settings.to_json()), **settings.keeping()}


def shown(text: str, settings: Settings) -> list[Shown]:
    """Every setting of a text, then those of its overrides."""
    values = values_of(settings)
    overrides = values.pop("override", [])
    lines = key_lines(text)
    rows = [
        Shown(key, value, f"era.toml:{lines[keys]}" if (keys := tuple(key.split("."))) in lines else DEFAULT)
        for key, value in flat(values).items()
    ]
    for number, each in enumerate(overrides):
        label = settings.override[number].label
        for key, value in _given(each).items():
            rows.append(Shown(f"{key} for {label}", value, _line(lines, number, key, label)))
    return rows


def shown_for(text: str, settings: Settings, claim: tuple[str, str, str]) -> list[Shown]:
    """Every setting for a claim of (payer id, payer name, location)."""
    effective, _ = settings.for_claim(*claim)
    lines = key_lines(text)
    rows = {each.key: each for each in shown(text, effective)}
    fitting = [(number, each) for number, each in enumerate(settings.override) if each.fits(*claim)]
    for number, each in sorted(fitting, key=lambda one: one[1].rank):
        for key in _given(each.model_dump(mode="json", exclude_none=True)):
            rows[key] = rows[key]._replace(origin=_line(lines, number, key, each.label))
    return list(rows.values())


def _line(lines: dict[tuple[str, ...], int], number: int, key: str, label: str) -> str:
    keys = ("override", str(number), *key.split("."))
    known = next(keys[:depth] for depth in range(len(keys), 0, -1) if keys[:depth] in lines)  # or the list's own line
    return f"era.toml:{lines[known]}, override for {label}"


def _given(override: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in flat(override).items() if key not in ("payer", "location")}


def changes(before: str, after: str) -> list[Change]:
    """What two texts give otherwise, in the order of `before`."""
    old, new = _values(before), _values(after)
    defaults = flat(values_of(Settings()))
    found = []
    for key in dict.fromkeys([*old, *new]):
        was, becomes = old.get(key, defaults.get(key)), new.get(key, defaults.get(key))
        if was != becomes:
            found.append(Change(key, was, becomes))
    return found


def change_in_words(before: str, after: str) -> str:
    """All that differs in one sentence; where only the text does, that."""
    found = changes(before, after)
    if found:
        return "; ".join(f"{key}: {in_words(was)} → {in_words(becomes)}" for key, was, becomes in found)
    same = tomllib.loads(before, parse_float=str) == tomllib.loads(after, parse_float=str)
    return "comments only" if same else "spelling only"


def _values(text: str) -> dict[str, Any]:
    """What the text itself gives: it need not be valid any more."""
    document = tomllib.loads(text, parse_float=Decimal)
    overrides = document.pop("override", [])
    rows = flat(document)
    for each in overrides:
        label = Selector(each.get("payer"), each.get("location")).label
        rows |= {f"{key} for {label}": value for key, value in _given(each).items()}
    return {key: _spelt(key, value) for key, value in rows.items()}


def _spelt(key: str, value: Any) -> Any:
    """Percentages as settings tell them: 95.0 as 95."""
    percent = key.partition(" ")[0].endswith("_percent") and isinstance(value, int | Decimal)
    return percent_text(Decimal(value)) if percent else value
