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
from practices import PracticeHome, Record, era, make_practice
from sample_table import Expected, Story, sample_stories
from where import GOLDEN, SAMPLES

STORIES = sample_stories()
DEFAULT_RUN = [story for story in STORIES if not story.settings]
OTHERS = [story for story in STORIES if story.settings]


class Told(NamedTuple):
    """What became of a file: how it ended, and its claim payments and adjustments as the run left them."""

    file_outcome: Literal["read", "quarantined", "duplicate"]
    repeats: str | None
    claims: dict[str, tuple[Expected, ...]]
    adjustments: tuple[int, int] = (0, 0)


SILENT = Told("read", None, {})  # a payment without claims has nothing to decide


def as_told(records: list[Record], home: PracticeHome) -> dict[str, Told]:
    by_file: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        by_file[record["file"]].append(record)
    files = {file: told(of_file) for file, of_file in by_file.items()}
    return files | {
        file: files.get(file, SILENT)._replace(adjustments=(posted, left))
        for file, posted, left in home.rows(ADJUSTMENTS)
    }


ADJUSTMENTS = """
    SELECT files.name, sum(CASE WHEN provider_adjustments.state = 'posted' THEN 1 ELSE 0 END),
        sum(CASE WHEN provider_adjustments.state = 'open' THEN 1 ELSE 0 END)
    FROM provider_adjustments
        JOIN payments ON payments.id = provider_adjustments.payment_id JOIN files ON files.id = payments.file_id
    GROUP BY files.name
"""


def told(records: list[Record]) -> Told:
    """A claim that waited is decided again by the end of a run: its last decision counts."""
    ends: dict[str, dict[int, Expected]] = defaultdict(dict)
    file_outcome: Any = "read"
    repeats = None
    for record in records:
        if record["outcome"] in ("quarantined", "duplicate"):
            file_outcome, repeats = record["outcome"], record.get("first_file")
            continue
        assert (record["rule"] is None) == bool(record["holds"])
        decided = Expected(record["outcome"], tuple(record["holds"] or [record["rule"]]), tuple(record["warnings"]))
        ends[record["claim_number"]][record["claim_payment_id"]] = decided
    return Told(file_outcome, repeats, {number: in_order(of_claim) for number, of_claim in ends.items()})


def in_order(ends: Mapping[int, Expected]) -> tuple[Expected, ...]:
    """One where all end alike."""
    ordered = tuple(ends[claim_payment_id] for claim_payment_id in sorted(ends))
    return ordered if len(set(ordered)) > 1 else ordered[:1]


def expected(story: Story) -> Told:
    return Told(story.file_outcome, story.repeats, story.expected, story.adjustments)


def sample_home(
    root: Path, database_url: str = "sqlite:///era.db", settings: Mapping[str, object] | None = None
) -> PracticeHome:
    home = make_practice(root, database_url, {"conformance": "report", **(settings or {})})
    for kind, file in (("claims", "claims.csv"), ("fees", "fees.csv"), ("claims", "claims_2026-11-06.837")):
        assert home.era("import", kind, SAMPLES / file).code == 0
    return home


def test_the_default_run_comes_out_as_the_samples_tell(database_url: str, tmp_path: Path) -> None:
    home = sample_home(tmp_path / "home", database_url)
    for story in DEFAULT_RUN:
        home.receive_file(SAMPLES / story.file)
    found = as_told(home.records("run"), home)
    assert {story.file: found.get(story.file, SILENT) for story in DEFAULT_RUN} == {
        story.file: expected(story) for story in DEFAULT_RUN
    }
    home.verified()


@pytest.mark.parametrize("story", OTHERS, ids=lambda story: story.name)
def test_a_story_with_settings_of_its_own_comes_out_as_told(story: Story, tmp_path: Path) -> None:
    home = sample_home(tmp_path / "home", settings=story.settings)
    home.receive_file(SAMPLES / story.file)
    assert as_told(home.records("run"), home) == {story.file: expected(story)}
    home.verified()


def test_what_the_bank_tells_belongs_to_these_remittances(tmp_path: Path) -> None:
    home = sample_home(tmp_path / "home")
    for story in DEFAULT_RUN:
        home.receive_file(SAMPLES / story.file)
    home.records("run")
    for file in ("bank_2026-11.ach", "bank_2026-11.csv"):
        assert home.era("import", "bank", SAMPLES / file).code == 0
    said = [
        (each["status"], each["trace_number"], each["deposit_cents"], each["off_by_cents"])
        for each in home.records("deposits")
        if each["deposit_cents"] is not None
    ]
    assert sorted(said) == [
        ("matched", "0004488102", 12240, 0),
        ("matched", "7706318", 18444, 0),
        ("matched", "7706319", 11665, 0),
        ("matched", "882600930144", 18084, 0),
        ("matched", "882600930145", 300, 0),
        ("off", "261117CG0104410", 100438, -1),
        ("waiting", "7706402", 6120, None),
    ]
    home.verified()


def test_a_recovery_is_followed_from_the_file_that_announced_it_to_the_end(tmp_path: Path) -> None:
    home = sample_home(tmp_path / "home")
    for story in DEFAULT_RUN:
        home.receive_file(SAMPLES / story.file)
    home.records("run")
    [item] = [each for each in home.records("provider-adjustments") if each["reference"] == "C26028"]
    assert (item["opened_by_trace"], item["cents"], item["remaining_cents"], item["status"]) == (
        "0004488102",
        -5907,
        0,
        "settled",
    )
    assert [(each["trace_number"], each["cents"]) for each in item["settlements"]] == [
        ("0004491377", 4000),
        ("0004491378", 1907),
    ]


def test_the_demo_looks_as_it_looked(tmp_path: Path) -> None:
    assert era("init", tmp_path / "demo", "--demo").code == 0
    home = PracticeHome(tmp_path / "demo", "sqlite:///era.db")
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
