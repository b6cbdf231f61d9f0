"""The stories of sample_835/README.md: which file, under which settings, and what must become of it."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Literal, NamedTuple

from where import SAMPLES

HEADER = "| file | settings | story | expected |"
POSTING_ROW = "single-plan-at-least-minimum-write-offs-on"  # the row that a post comes from unless another is named

SettingValue = bool | Decimal | str
_IDS = r"\((?P<{}>[a-z0-9-]+(?: [a-z0-9-]+)*)\)"
_END = re.compile(
    rf"(?P<outcome>post|manual)(?: {_IDS.format('ids')})?(?:, warned {_IDS.format('warnings')})?", re.ASCII
)


class Expected(NamedTuple):
    """What becomes of a claim payment: ids of every hold that fires, or else of the one row; and of what only warns."""

    outcome: Literal["post", "manual"]
    ids: tuple[str, ...]
    warnings: tuple[str, ...] = ()


class Story(NamedTuple):
    """One row of the table.

    settings: dotted keys of era.toml; empty in the default run, whose stories share one home, in order.
    file_outcome: `quarantined` when some part of the file could not be used (claims of its whole payments are still
    expected), `duplicate` when its payments were seen before, in the file `repeats`.
    expected: by claim number, for each claim payment of that number in their order; one where all end alike.
    adjustments: how many provider-level adjustments (PLB) were posted and how many left.
    """

    file: str
    settings: dict[str, SettingValue]
    story: str
    file_outcome: Literal["read", "quarantined", "duplicate"]
    repeats: str | None
    expected: dict[str, tuple[Expected, ...]]
    adjustments: tuple[int, int] = (0, 0)

    @property
    def name(self) -> str:
        """For a test's id: the file, and its settings where they are not the default."""
        return " ".join([self.file, *(f"{key}={value}" for key, value in self.settings.items())])

    @property
    def ends(self) -> list[tuple[str, Expected]]:
        """Claim number and end of each claim payment."""
        return [(number, end) for number, ends in self.expected.items() for end in ends]

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
    adjustments = (0, 0)
    claims: dict[str, tuple[Expected, ...]] = {}
    for part in [part.strip() for part in expected.split(";")]:
        if part == "no claims":
            continue
        if part == "quarantined":
            file_outcome = "quarantined"
        elif part.startswith("duplicate of "):
            file_outcome, repeats = "duplicate", part.removeprefix("duplicate of ")
        elif part.startswith("PLB: "):
            adjustments = _adjustments(part)
        else:
            number, ends = _claim(part)
            if number in claims:
                raise ValueError(f"claim {number} is expected twice")
            claims[number] = ends
    return Story(_code(file), _settings(_code(settings)), story, file_outcome, repeats, claims, adjustments)


def _claim(part: str) -> tuple[str, tuple[Expected, ...]]:
    number, _, ends = part.partition(": ")
    found = [_END.fullmatch(end) for end in ends.split(" + ")]
    said = [_end(match) for match in found if match is not None]
    known = tuple(end for end in said if end.ids)
    if not re.fullmatch("[A-Z0-9-]+", number) or len(known) < len(found):
        raise ValueError(f"{part!r} is not CLAIM: post, CLAIM: manual (ids), quarantined or duplicate of FILE")
    return number, known


def _end(match: re.Match[str]) -> Expected:
    ids, warnings = (tuple((match[group] or "").split()) for group in ("ids", "warnings"))
    if match["outcome"] == "post":
        return Expected("post", ids or (POSTING_ROW,), warnings)
    return Expected("manual", ids, warnings)


def _adjustments(part: str) -> tuple[int, int]:
    match = re.fullmatch(r"PLB: (?:(\d+) posted)?(?:, )?(?:(\d+) left)?", part)
    if match is None or match.groups() == (None, None):
        raise ValueError(f"{part!r} is not PLB: N posted, N left")
    return int(match[1] or 0), int(match[2] or 0)


def _settings(text: str) -> dict[str, SettingValue]:
    if text == "default":
        return {}
    settings: dict[str, SettingValue] = {}
    for part in text.split(","):
        match = re.fullmatch(r"([a-z_-]+(?:\.[a-z_-]+)*)=(\S+)", part.strip())
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
