"""The sample practice and its remittances: is the table complete, and does it tell of the files that are there?"""

import re
from pathlib import Path

import pytest
import yaml
from sample_table import HEADER, POSTING_ROW, Story, sample_stories, stories_in
from where import SAMPLES

from era_engine.practice.claims_csv import read_claims
from era_engine.settings.model import Settings, load_settings

# Holds that no remittance reaches by itself.
BEYOND_A_REMITTANCE = {
    "undone",  # a person must have taken a posting back
    "provider-level-adjustment",  # keeps an adjustment and no claim; the table counts those as `left`
    "plans-in-doubt",  # the practice's own claims must contradict each other; test_several_plans.py
}
# Claim numbers as the payer wrote them, none of them the practice's, whose claim is found by other means.
FOUND_OTHERWISE = {"26042", "C26O65", "LPD-C26106", "9000417", "0"}
BESIDE_THE_REMITTANCES = {
    "README.md",
    "claims.csv",
    "claims_2026-11-06.837",
    "fees.csv",
    "bank_2026-11.ach",
    "bank_2026-11.csv",
}

RULES = SAMPLES.parent / "rules" / "insurance"
STORIES = sample_stories()
DEFAULT_RUN = [story for story in STORIES if not story.settings]
CLAIMS = {claim.claim_number: claim for claim in read_claims(SAMPLES / "claims.csv")}
SENT = set(re.findall(r"CLM\*(\w+)\*", (SAMPLES / "claims_2026-11-06.837").read_text(encoding="utf-8")))


def rule_ids(file: str) -> list[str]:
    rules = yaml.safe_load((RULES / file).read_text(encoding="utf-8"))
    return [rule["id"] for rule in rules]


ROWS, HOLDS = rule_ids("auto_posting.yaml") + rule_ids("reversals.yaml"), rule_ids("holds.yaml")
POSTING_ROWS = {POSTING_ROW, "single-plan-partial-payment", "several-plans-proven", "exact-reversal"}


def text_of(file: str) -> str:
    raw = (SAMPLES / file).read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def claim_numbers_in(file: str) -> set[str]:
    """By eye, as it were: whatever stands after a CLP."""
    return set(re.findall(r"(?:^|[~\n])CLP[*|]([^*|]+)[*|]", text_of(file)))


def test_the_default_run_tells_of_every_sample_file_once_and_in_the_order_of_the_inbox() -> None:
    assert [story.file for story in DEFAULT_RUN] == sorted(path.name for path in SAMPLES.glob("*.835"))
    assert len(DEFAULT_RUN) >= 20


def test_the_samples_are_the_stories_their_practice_and_nothing_else() -> None:
    told = {story.file for story in STORIES}
    assert {path.name for path in SAMPLES.iterdir()} == told | BESIDE_THE_REMITTANCES


def test_no_story_is_told_twice() -> None:
    assert len({story.name for story in STORIES}) == len(STORIES)


def test_every_row_of_the_table_and_every_hold_is_reached() -> None:
    reached = {each for story in STORIES for _, end in story.ends for each in (*end.ids, *end.warnings)}
    assert reached == {*ROWS, *HOLDS} - BEYOND_A_REMITTANCE
    assert any(story.adjustments[1] for story in STORIES)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_a_claim_meets_one_row_or_else_its_holds_in_their_order(story: Story) -> None:
    for number, (outcome, ids, warnings) in story.ends:
        if ids[0] in ROWS:
            assert len(ids) == 1, number
            assert (ids[0] in POSTING_ROWS) == (outcome == "post"), number
        else:
            assert outcome == "manual", number
            assert list(ids) == sorted(set(ids), key=HOLDS.index), number
        assert list(warnings) == sorted(set(warnings) - set(ids), key=HOLDS.index), number


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_a_story_tells_of_the_claims_in_its_file(story: Story) -> None:
    if story.file_outcome == "read":
        assert set(story.expected) == claim_numbers_in(story.file)
    elif story.file_outcome == "quarantined":
        assert set(story.expected) <= claim_numbers_in(story.file)
    else:
        assert not story.expected


def test_a_number_the_practice_does_not_know_holds_unless_its_claim_is_found_otherwise() -> None:
    unknown = {(number, end) for story in STORIES for number, end in story.ends if number not in {*CLAIMS, *SENT}}
    assert {number for number, end in unknown if end.outcome == "post"} == FOUND_OTHERWISE
    assert {end.ids[0] for number, end in unknown if number not in FOUND_OTHERWISE} == {"no-matching-claim"}


def test_the_837_tells_of_claims_that_the_claims_file_does_not() -> None:
    assert sorted(SENT) == ["C26119", "C26120"]
    assert not SENT & CLAIMS.keys()


def test_a_duplicate_repeats_the_claims_of_an_earlier_file_in_another_envelope() -> None:
    duplicates = [story for story in DEFAULT_RUN if story.file_outcome == "duplicate"]
    assert duplicates
    for story in duplicates:
        assert story.repeats is not None
        assert story.repeats < story.file
        assert claim_numbers_in(story.file) == claim_numbers_in(story.repeats)
        assert text_of(story.file) != text_of(story.repeats)


@pytest.mark.parametrize("story", [story for story in STORIES if story.settings], ids=lambda story: story.name)
def test_the_settings_of_a_story_are_settings_of_a_practice(story: Story, tmp_path: Path) -> None:
    (tmp_path / "era.toml").write_text(story.era_toml(), encoding="utf-8")
    assert load_settings(tmp_path) != Settings()


def test_the_sample_practice_has_five_locations_patients_with_one_plan_and_with_two_and_gaps() -> None:
    claims = CLAIMS.values()
    assert {claim.location for claim in claims} == {"LPFD", "MFD", "AFD", "RFD", "CFD"}
    assert {claim.plan_count for claim in claims} == {1, 2, 3}
    assert {claim.plan_ordinal for claim in claims} == {1, 2}
    assert any(claim.expected_cents is None for claim in claims)


def test_file_names_name_no_patient() -> None:
    words = {word for story in STORIES for word in re.findall("[a-z]+", story.file)}
    names = {name.casefold() for claim in CLAIMS.values() for name in (claim.last_name, claim.first_name)}
    assert not words & names


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("| `a.835` | `default` | A story. |", "line 4: a row has four cells"),
        ("| a.835 | `default` | A story. | C1: post |", "line 4: 'a.835' is not in backticks"),
        ("| `a.835` | `npi` | A story. | C1: post |", "line 4: 'npi' is not KEY=VALUE"),
        ("| `a.835` | `default` | A story. | C1: manual |", "line 4: 'C1: manual' is not CLAIM: post"),
        ("| `a.835` | `default` | A story. | C1: post; C1: post |", "line 4: claim C1 is expected twice"),
        ("| `a.835` | `default` | A story. | C1: post + perhaps |", "line 4: 'C1: post + perhaps' is not CLAIM: post"),
        ("| `a.835` | `default` | A story. | C1: post; PLB: posted |", "line 4: 'PLB: posted' is not PLB: N posted"),
        ("One more thing.", "line 4: text after the table"),
    ],
)
def test_a_row_that_is_not_well_formed_is_told_by_its_line(row: str, fault: str) -> None:
    with pytest.raises(ValueError, match=re.escape(fault)):
        list(stories_in(["# Samples", HEADER, "|---|---|---|---|", row]))
