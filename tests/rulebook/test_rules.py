"""The rule files: what they say, how they are read, and every fault that is reported in them."""

import json
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from decision_cases import ORDINARY, any_facts, cases
from hypothesis import given
from rule_folders import FILES, flat_rules
from where import ERRORS, FIXTURES

import era_engine
from era_engine.foundation.errors import RulesError
from era_engine.foundation.shipped import shipped
from era_engine.insurance.facts import FACTS
from era_engine.insurance.table import INSURANCE
from era_engine.rulebook.condition import Condition
from era_engine.rulebook.facts import FactValue
from era_engine.rulebook.loading import load_rule_set
from era_engine.rulebook.reading import rule_set_from_json
from era_engine.rulebook.rule import Rule
from era_engine.rulebook.rule_set import RuleSet

SHIPPED = load_rule_set(shipped("rules"), INSURANCE)
GALLERY = ERRORS / "rules"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped rules to change."""
    return flat_rules(tmp_path, cases=False)


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


# what the shipped rules say


def test_the_first_row_reads_as_the_practice_reads_it() -> None:
    assert SHIPPED.rows[0] == Rule(
        id="single-plan-at-least-minimum-write-offs-on",
        because="The payment meets the minimum, and automatic write-off posting is on.",
        reference="auto-posting table, row 1",
        when=(
            Condition("plan_count", "is", 1),
            Condition("posting_active", "is", True),
            Condition("paid_cents", "at_least", "minimum_cents"),
            Condition("write_offs_active", "is", True),
        ),
        then="post",
        show="posted",
    )


def test_only_the_first_row_posts() -> None:
    assert [row.then for row in SHIPPED.rows[:8]] == ["post"] + ["manual"] * 7


def test_the_table_shows_what_the_practice_sees() -> None:
    """(message on the page, its place and colour, alert on the claim, icon, hover text)"""
    seen = {
        name: (
            shown.page_message,
            shown.page_message_place,
            shown.page_message_colour,
            shown.claim_alert,
            shown.claim_alert_place,
            shown.claim_alert_colour,
            shown.patient_icon,
            shown.icon_drawing,
            shown.icon_colour,
            shown.hover,
        )
        for name, shown in SHIPPED.indicators.items()
        if name in {row.show for row in SHIPPED.rows}
    }
    posted = "Payment successfully posted"
    unmet = "Matched but did not meet auto posting criteria"
    triangle = "red triangle inside a circular arrow"
    top, details = "top of the page", "top of the claim details"
    assert seen == {
        "posted": (
            "success",
            "bottom of the page",
            "green",
            False,
            None,
            None,
            "success",
            "check mark",
            "green",
            posted,
        ),
        "criteria-not-met": ("warning", top, "yellow", True, details, "red", "alert", triangle, "red", unmet),
        "quiet": (None, None, None, False, None, None, None, None, "grey", None),
    }


def test_every_icon_has_a_symbol_and_a_word_for_the_terminal() -> None:
    words = {(shown.patient_icon, shown.symbol, shown.word) for shown in SHIPPED.indicators.values()}
    assert words == {("success", "✔", "posted"), ("alert", "⚠", "review"), (None, "·", "review")}


def test_every_hold_is_on_and_has_a_hover_text_of_its_own() -> None:
    assert all(hold.enabled for hold in SHIPPED.holds)
    assert [hold.id for hold in SHIPPED.holds if hold.then == "warn"] == [
        "forwarded-on",
        "processed-as-later-plan",
    ]
    assert [hold.show for hold in SHIPPED.holds] == [hold.id for hold in SHIPPED.holds]
    hovers = [SHIPPED.indicators[hold.show].hover for hold in SHIPPED.holds]
    assert len({hover for hover in hovers if hover}) == len(SHIPPED.holds)


def test_every_hold_alerts_the_claim_and_the_patient() -> None:
    shown = [SHIPPED.indicators[hold.show] for hold in SHIPPED.holds if hold.then == "hold"]
    assert {(each.claim_alert, each.patient_icon) for each in shown} == {(True, "alert")}


def test_every_fact_that_is_not_for_messages_alone_is_asked_by_some_rule() -> None:
    rules = SHIPPED.rules
    asked = {name for rule in rules for c in rule.when for name in (c.fact, c.other_fact) if name}
    in_messages = {name for name in FACTS if any(f"{{{name}}}" in rule.message for rule in rules)}
    in_sentences = {
        "mode",
        "minimum_percent",
        "write_off_cents",
        "patient_responsibility_cents",
        "parts",
        "shadow_outcome",
    }
    in_the_log = {"match_step", "proof", "office_charge_cents", "claim_payments_for_claim", "provider_adjustments"}
    in_the_log |= {"overrides", "shadow_rule"}
    assert asked | in_messages | in_sentences | in_the_log == set(FACTS)


def test_the_ordinary_claim_of_the_cases_knows_every_fact_a_row_or_hold_asks() -> None:
    of_others = {"reversal_posts", "rest_of_claim_awaited", "provider_adjustment_certain", "deposit_received"}
    asked = {condition.fact for rule in (*SHIPPED.rows, *SHIPPED.holds) for condition in rule.when}
    assert asked - set(ORDINARY) == of_others | {"taken_back"}


# reading


def test_the_rules_of_a_home_of_before_there_were_several_tables_are_what_they_were() -> None:
    """All in one folder; what was stored of them then is what is read of them now, and has the hash it had."""
    before = load_rule_set(FIXTURES / "flat_rules", INSURANCE)
    assert before.content_hash == "sha256:b0d979fe49b26d038d371ff4c9a28d4623f6d5349e55a366242dc48b51c774cb"
    assert list(json.loads(before.to_json())) == list(FILES)
    assert rule_set_from_json(before.to_json(), INSURANCE) == before


def test_it_does_not_matter_how_the_folder_is_laid_out(folder: Path, tmp_path: Path) -> None:
    laid_out = Path(shutil.copytree(shipped("rules"), tmp_path / "laid-out"))
    assert load_rule_set(laid_out, INSURANCE) == load_rule_set(folder, INSURANCE) == SHIPPED
    shutil.copy(laid_out / "shared" / "indicators.yaml", laid_out / "insurance")
    shutil.rmtree(laid_out / "shared")
    assert load_rule_set(laid_out, INSURANCE) == SHIPPED
    assert load_rule_set(laid_out / "insurance", INSURANCE) == SHIPPED


def test_a_file_above_the_folder_of_its_table_is_refused(folder: Path) -> None:
    laid_out = Path(shutil.copytree(shipped("rules"), folder / "laid-out"))
    shutil.copy(laid_out / "insurance" / "holds.yaml", laid_out)
    with pytest.raises(RulesError, match=r"holds\.yaml: is not part of a rule set, and is not read"):
        load_rule_set(laid_out, INSURANCE)


def test_what_a_table_shows_of_its_own_does_not_stand_among_that_of_all_tables(folder: Path) -> None:
    laid_out = Path(shutil.copytree(shipped("rules"), folder / "laid-out"))
    own = laid_out / "insurance" / "indicators.yaml"
    own.write_text(
        "indicators:\n- {id: posted, page_message: null, claim_alert: false, patient_icon: null, hover: null}\n"
    )
    with pytest.raises(
        RulesError, match=r"indicators\.yaml:2: the id `posted` is taken by shared/indicators\.yaml:\d+"
    ):
        load_rule_set(laid_out, INSURANCE)
    shutil.copy(shipped("rules") / "shared" / "indicators.yaml", own)
    with pytest.raises(RulesError, match=r"indicators\.yaml:3: the key `icons` is not known here; allowed: indicators"):
        load_rule_set(laid_out, INSURANCE)


def test_comments_and_layout_do_not_change_the_hash(folder: Path) -> None:
    change(folder / "holds.yaml", "- id: denied\n", "# who pays?\n\n- id:    'denied'\n")
    change(folder / "holds.yaml", "when: {denied: true}", "when:\n    denied: yes  # says the payer")
    again = load_rule_set(folder, INSURANCE)
    assert again.content_hash == SHIPPED.content_hash
    assert again == SHIPPED


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("holds.yaml", "- id: denied\n  enabled: true", "- id: denied\n  enabled: false"),
        ("holds.yaml", "more_than: 1}", "more_than: 2}"),
        ("holds.yaml", "message: An amount", "message: Some amount"),
        ("auto_posting.yaml", "reference: auto-posting table, row 1", "reference: our own table"),
        ("auto_posting.yaml", "show: criteria-not-met", "show: quiet"),
        ("indicators.yaml", "word: review", "word: look"),
    ],
)
def test_every_change_of_content_changes_the_hash(folder: Path, file: str, old: str, new: str) -> None:
    change(folder / file, old, new)
    changed = load_rule_set(folder, INSURANCE)
    assert changed.content_hash != SHIPPED.content_hash
    assert changed.content_hash.startswith("sha256:")


def test_a_rule_set_is_stored_and_restored_whole() -> None:
    assert rule_set_from_json(SHIPPED.to_json(), INSURANCE) == SHIPPED


def test_a_rule_set_survives_pickling() -> None:
    assert pickle.loads(pickle.dumps(SHIPPED)) == SHIPPED


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '"rules"', '{"auto_posting.yaml": []}'])
def test_what_is_no_stored_rule_set_is_refused(text: str) -> None:
    with pytest.raises(RulesError, match="stored rule set: is not a rule set in JSON"):
        rule_set_from_json(text, INSURANCE)


def test_a_stored_rule_set_that_is_not_valid_any_more_is_refused() -> None:
    content = json.loads(SHIPPED.to_json())
    content["holds.yaml"][0]["when"] = {"phase_of_the_moon": "full"}
    with pytest.raises(RulesError, match=r"holds\.yaml: there is no fact `phase_of_the_moon`; allowed: plan_count"):
        rule_set_from_json(json.dumps(content), INSURANCE)


def test_several_operators_on_one_fact_are_all_conditions(folder: Path) -> None:
    old, new = "{adjustments_to_review: {more_than: 0}}", "{adjustments_to_review: {more_than: 0, is_not: 7}}"
    change(folder / "holds.yaml", old, new)
    [hold] = [hold for hold in load_rule_set(folder, INSURANCE).holds if hold.id == "adjustment-needs-review"]
    more_than, is_not = hold.when
    assert more_than == Condition("adjustments_to_review", "more_than", 0)
    assert is_not == Condition("adjustments_to_review", "is_not", 7)


@pytest.mark.parametrize("hold", ["no-matching-claim", "expected-amount-unknown", "malformed-amount"])
def test_a_hold_the_table_cannot_do_without_cannot_be_switched_off(folder: Path, hold: str) -> None:
    change(folder / "holds.yaml", f"- id: {hold}\n  enabled: true", f"- id: {hold}\n  enabled: false")
    with pytest.raises(RulesError, match=r"no enabled hold catches a claim .* which no row can decide"):
        load_rule_set(folder, INSURANCE)


def test_any_other_hold_may_be_switched_off(folder: Path) -> None:
    change(folder / "holds.yaml", "- id: denied\n  enabled: true", "- id: denied\n  enabled: false")
    assert [hold.id for hold in load_rule_set(folder, INSURANCE).holds if not hold.enabled] == ["denied"]


def test_a_table_of_a_practices_own_is_accepted(folder: Path) -> None:
    """Rows by mode, with fixed amounts and lists, that still decide every claim exactly once."""
    rows = "".join(
        f"- {{id: {name}, because: '-', reference: '-', when: {when}, then: {then}, show: quiet}}\n"
        for name, when, then in [
            ("small", "{mode: auto, paid_cents: {less_than: 100000}}", "post"),
            ("large", "{mode: auto, paid_cents: {at_least: 100000}}", "manual"),
            ("by-hand", "{mode: {is_not: auto}, plan_count: {one_of: [1, 2]}}", "manual"),
            ("many-plans", "{mode: {is_not: auto}, plan_count: {none_of: [1, 2]}}", "manual"),
        ]
    )
    (folder / "auto_posting.yaml").write_text(rows, encoding="utf-8")
    assert [row.id for row in load_rule_set(folder, INSURANCE).rows] == ["small", "large", "by-hand", "many-plans"]


# faults


@pytest.mark.parametrize("case", sorted(GALLERY.iterdir()), ids=lambda case: case.name)
def test_every_fault_is_reported_with_its_line_and_what_is_allowed(case: Path, folder: Path) -> None:
    """A case holds the broken file, which replaces the shipped one, and what is reported; `…` stands for more names.

    In the case without any file, holds.yaml is missing.
    """
    broken = list(case.glob("*.yaml"))
    for file in broken:
        shutil.copy(file, folder)
    if not broken:
        (folder / "holds.yaml").unlink()
    with pytest.raises(RulesError) as error:
        load_rule_set(folder, INSURANCE)
    reported = error.value.problem.replace(str(folder), "FOLDER").splitlines()
    expected = (case / "expected.txt").read_text(encoding="utf-8").splitlines()
    assert len(reported) == len(expected), reported
    for line, wanted in zip(reported, expected, strict=True):
        assert line.startswith(wanted[:-1]) if wanted.endswith("…") else line == wanted
    assert "era rules check" in error.value.remedy


def test_a_folder_that_is_not_there_misses_all_three_files(tmp_path: Path) -> None:
    with pytest.raises(RulesError) as error:
        load_rule_set(tmp_path / "nowhere", INSURANCE)
    missing = [line.partition(":")[0] for line in error.value.problem.splitlines()]
    assert missing == ["auto_posting.yaml", "holds.yaml", "indicators.yaml"]


def test_a_rule_set_without_a_table_of_reversals_decides_them_by_the_other(folder: Path) -> None:
    (folder / "reversals.yaml").unlink()
    change(folder / "holds.yaml", 'when: {claim_status: "22", reversal_posts: false}', 'when: {claim_status: "22"}')
    change(folder / "holds.yaml", "then: hold\n  show: reversal\n", "then: hold\n  fixed: true\n  show: reversal\n")
    older = load_rule_set(folder, INSURANCE)
    assert older.chosen == {}
    assert older.table({"reversal_posts": True}) == older.rows
    assert rule_set_from_json(older.to_json(), INSURANCE) == older


def test_a_folder_in_the_place_of_a_file_is_reported(folder: Path) -> None:
    (folder / "holds.yaml").unlink()
    (folder / "holds.yaml").mkdir()
    with pytest.raises(RulesError, match=r"holds\.yaml: cannot be read: Is a directory"):
        load_rule_set(folder, INSURANCE)


# conditions


@pytest.mark.parametrize(
    ("op", "wanted", "met"),
    [
        ("is", 5, [False, True, False]),
        ("is_not", 5, [True, False, True]),
        ("at_least", 5, [False, True, True]),
        ("at_most", 5, [True, True, False]),
        ("more_than", 5, [False, False, True]),
        ("less_than", 5, [True, False, False]),
        ("one_of", (4, 5), [True, True, False]),
        ("none_of", (4, 5), [False, False, True]),
    ],
)
def test_each_operator_on_four_five_and_six(op: str, wanted: int | tuple[int, ...], met: list[bool]) -> None:
    condition = Condition("plan_count", op, wanted)  # type: ignore[arg-type]
    assert [condition.met({"plan_count": number}) for number in (4, 5, 6)] == met


@given(any_facts())
def test_what_is_not_known_meets_no_condition(facts: dict[str, FactValue]) -> None:
    for rule in (*SHIPPED.rows, *SHIPPED.holds):
        for condition in rule.when:
            known = all(name in facts for name in (condition.fact, condition.other_fact) if name)
            assert (condition.met(facts) is None) is not known


def test_the_cases_name_rules_that_exist() -> None:
    assert {case["expect"]["rule"] for case in cases("boundaries")} <= {row.id for row in SHIPPED.rows}


def test_restoring_does_not_need_the_files(folder: Path) -> None:
    stored = load_rule_set(folder, INSURANCE).to_json()
    shutil.rmtree(folder)
    restored: RuleSet = rule_set_from_json(stored, INSURANCE)
    assert restored.content_hash == SHIPPED.content_hash


@pytest.mark.parametrize("place", ["era_engine/_shipped/rules", "rules"])
def test_the_rules_are_found_in_a_wheel_and_in_a_checkout(place: str, tmp_path: Path) -> None:
    (tmp_path / "era_engine" / "foundation").mkdir(parents=True)
    for name in ("__init__.py", "foundation/__init__.py", "foundation/errors.py", "foundation/shipped.py"):
        shutil.copy(Path(era_engine.__file__).parent / name, tmp_path / "era_engine" / name)
    look = [sys.executable, "-c", "from era_engine.foundation.shipped import shipped; print(shipped('rules'))"]
    missing = subprocess.run(look, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "InstallationError: The folder rules, part of era-engine, is missing" in missing.stderr
    (tmp_path / place).mkdir(parents=True)
    found = subprocess.run(look, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == str(tmp_path / place)
