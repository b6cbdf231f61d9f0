"""The stories of sample_835/README.md: which file, under which settings, and what must become of it."""

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Literal, NamedTuple

SAMPLES = Path(__file__).parent.parent / "sample_835"
HEADER = "| file | settings | story | expected |"
POSTING_ROW = "single-plan-at-least-minimum-write-offs-on"  # the only row of the auto-posting table that posts

SettingValue = bool | Decimal | str


class Expected(NamedTuple):
    """What becomes of a claim. ids: every hold that fires, or else the one row of the auto-posting table."""

    outcome: Literal["post", "manual"]
    ids: tuple[str, ...]


class Story(NamedTuple):
    """One row of the table.

    settings: dotted keys of era.toml; empty in the default run, whose stories share one home, in order.
    file_outcome: `quarantined` when some part of the file could not be used (claims of its whole payments are still
    expected), `duplicate` when its payments were seen before, in the file `repeats`.
    expected: by claim number; a claim named twice in the file meets the same end twice.
    """

    file: str
    settings: dict[str, SettingValue]
    story: str
    file_outcome: Literal["read", "quarantined", "duplicate"]
    repeats: str | None
    expected: dict[str, Expected]

    @property
    def name(self) -> str:
        """For a test's id: the file, and its settings where they are not the default."""
        return " ".join([self.file, *(f"{key}={value}" for key, value in self.settings.items())])

    def era_toml(self) -> str:
        """The settings as an era.toml."""
        return "".join(f"{key} = {_toml(value)}\n" for key, value in self.settings.items())


def sample_stories() -> list[Story]:
    """Every row of the table, in its order. Raises ValueError, with the line, for a row that is not well-formed."""
    lines = (SAMPLES / "README.md").read_text(encoding="utf-8").splitlines()
    return list(stories_in(lines))


def stories_in(lines: list[str]) -> Iterator[Story]:
    start = lines.index(HEADER) + 2
    for number, line in enumerate(lines[start:], start + 1):
        if not line.startswith("|"):
            if line.strip():
                raise ValueError(f"line {number}: text after the table")
            continue
        try:
            yield _story(line)
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from error


def _story(line: str) -> Story:
    cells = [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]
    if len(cells) != 4 or not all(cells):
        raise ValueError("a row has four cells: file, settings, story, expected")
    file, settings, story, expected = cells
    file_outcome: Literal["read", "quarantined", "duplicate"] = "read"
    repeats = None
    claims: dict[str, Expected] = {}
    parts = [] if expected == "no claims" else [part.strip() for part in expected.split(";")]
    for part in parts:
        if part == "quarantined":
            file_outcome = "quarantined"
        elif part.startswith("duplicate of "):
            file_outcome, repeats = "duplicate", part.removeprefix("duplicate of ")
        else:
            number, decided = _claim(part)
            if number in claims:
                raise ValueError(f"claim {number} is expected twice")
            claims[number] = decided
    return Story(_code(file), _settings(_code(settings)), story, file_outcome, repeats, claims)


def _claim(part: str) -> tuple[str, Expected]:
    match = re.fullmatch(r"(?P<number>[A-Z0-9]+): (?:post|manual \((?P<ids>[a-z0-9-]+(?: [a-z0-9-]+)*)\))", part)
    if match is None:
        raise ValueError(f"{part!r} is not CLAIM: post, CLAIM: manual (ids), quarantined or duplicate of FILE")
    ids = match["ids"]
    return match["number"], Expected("manual", tuple(ids.split())) if ids else Expected("post", (POSTING_ROW,))


def _settings(text: str) -> dict[str, SettingValue]:
    if text == "default":
        return {}
    settings: dict[str, SettingValue] = {}
    for part in text.split(","):
        match = re.fullmatch(r"([a-z_]+(?:\.[a-z_]+)*)=(\S+)", part.strip())
        if match is None:
            raise ValueError(f"{part.strip()!r} is not KEY=VALUE")
        key, value = match.groups()
        if value in ("true", "false"):
            settings[key] = value == "true"
        else:
            settings[key] = Decimal(value) if key.endswith("_percent") else value
    return settings


def _code(cell: str) -> str:
    match = re.fullmatch("`([^`]+)`", cell)
    if match is None:
        raise ValueError(f"{cell!r} is not in backticks")
    return match[1]


def _toml(value: SettingValue) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, Decimal) else f'"{value}"'
