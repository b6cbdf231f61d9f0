"""Holds that a practice adds in rules/*.yaml of its home; docs/rules.md teaches it, and its examples are run here."""

import re
import shutil
from pathlib import Path

import pytest
from practices import PracticeHome, era, expects, remittance
from remittance_text import claim
from rule_folders import flat_rules
from where import ROOT

from era_engine.foundation.shipped import shipped
from era_engine.insurance.table import INSURANCE
from era_engine.rulebook.loading import load_rule_set
from era_engine.rulebook.reading import rule_set_from_json

DOCUMENT = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"`HOME/(rules/[\w/]+\.yaml)`\n\n```yaml\n(.*?)```", DOCUMENT, flags=re.DOTALL))
AT_LEAST = "single-plan-at-least-minimum-write-offs-on"
SHIPPED = load_rule_set(shipped("rules"), INSURANCE)

HOLD = """- id: {id}
  enabled: true
  because: We look at it.
  reference: practice policy
  when: {when}
  then: {then}
  show: {show}
  message: We look at it.
  remedy: Look at it.
"""


def hold(id: str = "ours", when: str = "{paid_cents: {more_than: 5}}", then: str = "hold", show: str = "quiet") -> str:
    return HOLD.format(id=id, when=when, then=then, show=show)


def write(home: PracticeHome, files: dict[str, str]) -> None:
    for name, text in files.items():
        (home.root / name).parent.mkdir(parents=True, exist_ok=True)
        (home.root / name).write_text(text, encoding="utf-8")


@pytest.fixture
def practice(sqlite_home: PracticeHome) -> PracticeHome:
    """A home with a claim of $120.00, of which $90.00 are expected, and one of $3,000.00."""
    sqlite_home.expect(expects("C1"), expects("C2", "1500", "3000"))
    return sqlite_home


# the document's examples


def test_the_document_has_three_examples_with_cases() -> None:
    assert sorted(EXAMPLES) == sorted(
        f"rules/{folder}{name}.yaml" for name in ("found", "large", "overpaid") for folder in ("", "cases/")
    )


def test_the_examples_of_the_document_are_proven_and_their_cases_hold(practice: PracticeHome) -> None:
    write(practice, EXAMPLES)
    checked = practice.era("rules", "check")
    assert checked.code == 0, checked
    assert "34 holds, 3 of them the practice's own, are valid and proven" in checked.out
    tested = practice.era("rules", "test")
    assert tested.code == 0, tested
    assert "for each of 47 rules one and a near miss" in tested.out
    shown = practice.era("rules", "show").out
    assert "large-payment -> hold  [rules/large.yaml:1]" in shown
    assert "no-matching-claim -> hold  [holds.yaml:" in shown


def test_a_large_payment_holds(practice: PracticeHome) -> None:
    write(practice, EXAMPLES)
    paid = [claim("C1"), claim("C2", "3000", "1500", "1500", payer_claim_number="ICN2")]
    small, large = practice.run(remittance("1590", *paid))
    assert (small["outcome"], small["rule"]) == ("post", AT_LEAST)
    assert (large["outcome"], large["holds"], large["indicators"]) == ("manual", ["large-payment"], "criteria-not-met")
    assert large["explanation"] == "$1,500.00 were paid, and we look at every payment from $1,000.00 on."
    assert "era post EFT0001 C2 --as-remitted --by NAME" in practice.era("todo").out
    practice.verified()


def test_a_payment_above_the_expected_amount_posts_with_a_warning_unless_the_practice_sets_it_to_hold(
    practice: PracticeHome,
) -> None:
    write(practice, EXAMPLES)
    overpaid = remittance("100", claim("C1", "120", "100", "20"))
    [told] = practice.era("run", "--dry-run", "--json", practice.receive(overpaid)).records
    assert (told["outcome"], told["warnings"]) == ("post", ["paid-more-than-expected"])
    practice.set({"holds.paid-more-than-expected": "hold"})
    [held] = practice.records("run")
    assert (held["outcome"], held["holds"]) == ("manual", ["paid-more-than-expected"])


def test_a_claim_found_by_patient_and_services_waits_for_quick_post(sqlite_home: PracticeHome) -> None:
    sqlite_home.expect(expects("C1"))
    write(sqlite_home, EXAMPLES)
    [held] = sqlite_home.run(remittance("90", claim("UNKNOWN")))
    assert (held["match_step"], held["holds"]) == ("patient-and-services", ["found-by-patient-in-the-batch"])
    [posted] = sqlite_home.records("quick-post", "EFT0001")
    assert (posted["outcome"], posted["mode"]) == ("post", "quick")


# what comes of them


def test_a_hold_of_a_practice_is_part_of_what_was_decided(practice: PracticeHome) -> None:
    """The decision carries the rule set with it, and is explained by it after it is gone."""
    write(practice, {"rules/ours.yaml": hold()})
    [held] = practice.run(remittance("90", claim("C1")))
    assert held["holds"] == ["ours"]
    assert held["ruleset"] != SHIPPED.content_hash
    shutil.rmtree(practice.root / "rules")
    assert "ours" in practice.era("explain", "C1").out
    assert SHIPPED.content_hash in practice.era("rules", "check").out


def test_the_hash_follows_what_they_say_and_not_how(tmp_path: Path) -> None:
    one, other, third = (tmp_path / name for name in ("one", "other", "third"))
    for folder, files in (
        (one, {"a.yaml": hold("a") + hold("b", "{plan_count: 2}")}),
        (other, {"1.yaml": "# ours\n" + hold("a"), "2.yaml": hold("b", "{plan_count: 2}")}),
        (third, {"a.yaml": hold("a") + hold("b", "{plan_count: 3}")}),
    ):
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
    loaded = [load_rule_set(shipped("rules"), INSURANCE, folder) for folder in (one, other, third)]
    assert loaded[0].content_hash == loaded[1].content_hash != loaded[2].content_hash
    assert [each.id for each in loaded[0].holds] == [*(each.id for each in SHIPPED.holds), "a", "b"]
    assert rule_set_from_json(loaded[0].to_json(), INSURANCE) == loaded[0]


def test_a_hold_that_catches_all_claims_of_a_row_is_the_practices_right(practice: PracticeHome) -> None:
    everything = hold("everything", "{paid_cents: {at_least: -9223372036854775807}}") + "  fixed: true\n"
    write(practice, {"rules/ours.yaml": everything})
    checked = practice.era("rules", "check")
    assert checked.code == 0
    first = (
        f"· {AT_LEAST} (auto_posting.yaml:4): no claim gets to this row, because everything (rules/ours.yaml:1) holds"
    )
    assert first in checked.out
    assert [each["holds"] for each in practice.run(remittance("90", claim("C1")))] == [["everything"]]


def test_an_empty_folder_adds_nothing(practice: PracticeHome) -> None:
    (practice.root / "rules").mkdir()
    assert SHIPPED.content_hash in practice.era("rules", "check").out
    assert practice.era("rules", "test").code == 0


def test_they_are_added_to_a_rule_set_of_the_practices_own_but_not_to_themselves(practice: PracticeHome) -> None:
    shutil.copytree(shipped("rules"), practice.root / "whole")
    practice.set({"rules": "whole"})
    write(practice, {"rules/ours.yaml": hold()})
    assert "32 holds, 1 of them the practice's own," in practice.era("rules", "check").out
    shutil.rmtree(practice.root / "rules")
    (practice.root / "whole").rename(practice.root / "rules")
    practice.set({"rules": "rules"})
    assert "and 31 holds are valid" in practice.era("rules", "check").out


def test_a_replay_tells_what_they_would_have_held(practice: PracticeHome) -> None:
    """Beside the rules in force, and beside others that are tried."""
    assert [each["outcome"] for each in practice.run(remittance("90", claim("C1")))] == ["post"]
    write(practice, {"rules/ours.yaml": hold()})
    for other in ((), ("--rules", shipped("rules"))):
        told = practice.era("replay", *other)
        assert told.code == 0
        assert "1 would newly need review ($90.00)" in told.out


def test_they_are_in_a_backup(practice: PracticeHome, tmp_path: Path) -> None:
    write(practice, EXAMPLES)
    assert practice.era("backup", tmp_path / "backup").code == 0
    assert era("restore", tmp_path / "backup", tmp_path / "restored").code == 0
    for name in ("rules/large.yaml", "rules/cases/large.yaml"):
        assert (tmp_path / "restored" / name).read_text(encoding="utf-8") == EXAMPLES[name]


# what is refused


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"rules/ours.yaml": hold("denied")}, "rules/ours.yaml:1: the id `denied` is taken by holds.yaml:"),
        ({"rules/ours.yaml": hold("reversal-left")}, "ours.yaml:1: the id `reversal-left` is taken by reversals.yaml:"),
        ({"rules/a.yaml": hold(), "rules/b.yaml": hold()}, "rules/b.yaml:1: the id `ours` is taken by rules/a.yaml:1"),
        (
            {"rules/ours.yaml": hold(then="post")},
            "rules/ours.yaml:6: a row cannot be added here: the table decides every claim exactly once already, and"
            " what a practice adds only holds some back; to use a rule set of your own instead, write"
            ' rules = "FOLDER" in era.toml; allowed: hold, warn',
        ),
        ({"rules/ours.yaml": hold(then="manual")}, "rules/ours.yaml:6: a row cannot be added here"),
        ({"rules/ours.yaml": hold(show="mine")}, "rules/ours.yaml:7: there are no indicators `mine`"),
        ({"rules/ours.yaml": hold(when="{payer: Delta}")}, "rules/ours.yaml:5: there is no fact `payer`"),
        ({"rules/ours.yaml": hold().replace("message", "mesage")}, "rules/ours.yaml:8: the key `mesage` is not known"),
        ({"rules/ours.yaml": hold(when="{plan_count: 0}")}, "rules/ours.yaml:1: no claim can meet this hold"),
        (
            {"rules/ours.yaml": hold(when="{denied: true}", then="warn")},
            "rules/ours.yaml:1: denied (holds.yaml:",
        ),
        ({"rules/ours.yml": hold()}, "rules/ours.yml: is not read under this name; rename it ours.yaml"),
        (
            {"rules/insurance/ours.yaml": hold()},
            "rules/insurance/ours.yaml: is not read here; put the insurance holds you add into rules/",
        ),
        (
            {"rules/auto_posting.yaml": "[]", "rules/holds.yaml": hold("denied")},
            "Error: rules/auto_posting.yaml: this folder adds holds to the rules in force; to use a rule set of your"
            ' own instead, write rules = "FOLDER" in era.toml\n',
        ),
    ],
)
def test_what_a_practice_adds_is_refused_with_its_line(
    practice: PracticeHome, files: dict[str, str], told: str
) -> None:
    write(practice, files)
    for words in (["rules", "check"], ["run"], ["settings", "check"]):
        ended = practice.era(*words)
        assert (ended.code, ended.out) == (4, ""), words
        assert told in ended.err


def test_their_cases_are_asked_for(practice: PracticeHome) -> None:
    case = "- {name: a, given: {}, expect: {outcome: manual, holds: [ours]}}"
    write(practice, {"rules/ours.yaml": hold(), "rules/cases/ours.yaml": case})
    ended = practice.era("rules", "test")
    assert ended.code == 4
    assert "rules/ours.yaml:1: the rule ours has no near miss" in ended.err
    shutil.rmtree(practice.root / "rules" / "cases")
    assert "rules/cases: no cases" in practice.era("rules", "test").err


def test_a_case_of_theirs_that_fails_is_told(practice: PracticeHome) -> None:
    wrong = EXAMPLES["rules/cases/large.yaml"].replace("paid_cents: 99999", "paid_cents: 100000")
    write(practice, {"rules/large.yaml": EXAMPLES["rules/large.yaml"], "rules/cases/large.yaml": wrong})
    assert practice.era("rules", "test").code == 1
    write(practice, {"rules/large.yaml": EXAMPLES["rules/large.yaml"].replace("at_least", "more_than")})
    write(practice, {"rules/cases/large.yaml": EXAMPLES["rules/cases/large.yaml"]})
    ended = practice.era("rules", "test")
    assert ended.code == 1
    assert "✘ rules/cases/large.yaml:1: exactly a thousand dollars" in ended.out


def test_a_file_in_a_rule_set_that_would_not_be_read_is_refused(tmp_path: Path) -> None:
    folder = flat_rules(tmp_path / "whole")
    (folder / "ours.yaml").write_text(hold(), encoding="utf-8")
    ended = era("rules", "check", "--rules", folder)
    assert ended.code == 4
    assert "ours.yaml: is not part of a rule set, and is not read; allowed: auto_posting.yaml" in ended.err
