"""Every story of sample_835/README.md comes out as it is told, and the demo looks as it looked.

ERA_REFRESH_GOLDEN=1 writes tests/golden anew; read the difference before you keep it.
"""

import os
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pytest
from offices import OfficeHome, Record, era, make_office
from sample_table import SAMPLES, Expected, Story, sample_stories

GOLDEN = Path(__file__).parent / "golden"
STORIES = sample_stories()
DEFAULT_RUN = [story for story in STORIES if not story.settings]
OTHERS = [story for story in STORIES if story.settings]


class Told(NamedTuple):
    """What became of a file: claims with their outcome and holds or row, and how the file ended."""

    file_outcome: Literal["read", "quarantined", "duplicate"]
    repeats: str | None
    claims: dict[str, Expected]


def as_told(records: list[Record]) -> dict[str, Told]:
    by_file: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        by_file[record["file"]].append(record)
    return {file: told(of_file) for file, of_file in by_file.items()}


def told(records: list[Record]) -> Told:
    claims: dict[str, Expected] = {}
    file_outcome: Any = "read"
    repeats = None
    for record in records:
        if record["outcome"] in ("quarantined", "duplicate"):
            file_outcome, repeats = record["outcome"], record.get("first_file")
            continue
        assert (record["rule"] is None) == bool(record["holds"])
        decided = Expected(record["outcome"], tuple(record["holds"] or [record["rule"]]))
        assert claims.setdefault(record["claim_number"], decided) == decided
    return Told(file_outcome, repeats, claims)


def expected(story: Story) -> Told:
    return Told(story.file_outcome, story.repeats, story.expected)


def sample_home(
    root: Path, database_url: str = "sqlite:///era.db", settings: Mapping[str, object] | None = None
) -> OfficeHome:
    home = make_office(root, database_url, {"conformance": "report", **(settings or {})})
    assert home.era("import", "claims", SAMPLES / "claims.csv").code == 0
    return home


def test_the_default_run_comes_out_as_the_samples_tell(database_url: str, tmp_path: Path) -> None:
    home = sample_home(tmp_path / "home", database_url)
    for story in DEFAULT_RUN:
        home.receive_file(SAMPLES / story.file)
    found = as_told(home.records("run"))
    silent = Told("read", None, {})  # a payment without claims has nothing to decide
    assert {story.file: found.get(story.file, silent) for story in DEFAULT_RUN} == {
        story.file: expected(story) for story in DEFAULT_RUN
    }
    home.verified()


@pytest.mark.parametrize("story", OTHERS, ids=lambda story: story.name)
def test_a_story_with_settings_of_its_own_comes_out_as_told(story: Story, tmp_path: Path) -> None:
    home = sample_home(tmp_path / "home", settings=story.settings)
    home.receive_file(SAMPLES / story.file)
    assert as_told(home.records("run")) == {story.file: expected(story)}
    home.verified()


def test_the_demo_looks_as_it_looked(tmp_path: Path) -> None:
    assert era("init", tmp_path / "demo", "--demo").code == 0
    home = OfficeHome(tmp_path / "demo", "sqlite:///era.db")
    run = home.era("run")
    assert run.code == 3  # some samples are meant to be put aside
    compare(run.out, "demo_run.txt")
    compare(lasting(home.era("log", "--format", "json").out), "demo_log.jsonl")


def lasting(text: str) -> str:
    """Without what changes from run to run, or with every word of the rules."""
    text = re.sub(r'"decided_at": "[0-9TZ:-]{20}"', '"decided_at": "…"', text)
    return re.sub(r'"(ruleset|settings)": "sha256:[0-9a-f]{64}"', r'"\1": "sha256:…"', text)


def compare(text: str, name: str) -> None:
    golden = GOLDEN / name
    if os.environ.get("ERA_REFRESH_GOLDEN") == "1":
        golden.write_text(text, encoding="utf-8")
    assert text.splitlines() == golden.read_text(encoding="utf-8").splitlines()
