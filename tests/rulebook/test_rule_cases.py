"""The cases beside the rules: they hold, they miss no rule, and they notice every change of one."""

import runpy
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from practices import era
from rule_folders import flat_rules
from where import ROOT

from era_engine.foundation.shipped import shipped
from era_engine.insurance.table import INSURANCE
from era_engine.rulebook.cases import failures, read_cases
from era_engine.rulebook.reading import read_rules

RULES = read_rules(shipped("rules"), INSURANCE)
EVERY_RULE = RULES.rule_set.rules
CASES = read_cases(shipped("rules") / "insurance", RULES)
SCRIPT = ROOT / "scripts" / "mutate_rules.py"
WORDS = ("rules", "test", "--rules")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped rules with their cases."""
    return flat_rules(tmp_path / "my-rules")


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def add(folder: Path, text: str) -> str:
    """A file of cases of its own; returns what the program calls it."""
    (folder / "cases" / "ours.yaml").write_text(text, encoding="utf-8")
    return "cases/ours.yaml"


# the shipped ones


def test_the_shipped_cases_hold_by_the_engine_and_by_the_conditions() -> None:
    assert list(failures(CASES, RULES.rule_set)) == []


def test_the_command_says_how_many_hold(folder: Path) -> None:
    ended = era(*WORDS, folder)
    assert ended.code == 0
    assert ended.out == (
        f"✔ {len(CASES)} cases came out as expected, for each of {len(EVERY_RULE)} rules one and a near miss.\n"
    )


@pytest.fixture(scope="module")
def mutating() -> dict[str, Any]:
    return runpy.run_path(str(SCRIPT), run_name="mutating")


def test_every_change_of_a_rule_is_noticed_by_a_case(mutating: dict[str, Any]) -> None:
    ends = [(mutant.was.id, mutant.change, end) for mutant, end in mutating["tried"](shipped("rules"), INSURANCE)]
    assert [each for each in ends if each[2] != "case"] == []
    assert {rule for rule, _, _ in ends} == {rule.id for rule in EVERY_RULE}
    eight = {row.id for row in RULES.rule_set.rows[:8]}
    assert sum(rule in eight for rule, _, _ in ends) > 100


def test_a_change_that_no_case_notices_survives_or_is_left_to_the_proof(mutating: dict[str, Any]) -> None:
    """Without cases nothing but the proof is left, which a hold that only warns does not trouble."""
    mutants, end_of = mutating["mutants"], mutating["end_of"]
    [denied] = [hold for hold in RULES.rule_set.holds if hold.id == "denied"]
    assert [end_of(mutant, RULES.rule_set, ()) for mutant in mutants(denied, INSURANCE)] == ["survived"] * 4
    ends = {end_of(mutant, RULES.rule_set, ()) for mutant in mutants(RULES.rule_set.rows[0], INSURANCE)}
    assert ends == {"proof", "survived"}  # `then: manual` leaves a sound table


# cases that fail


def test_a_case_that_fails_says_what_was_expected_and_what_came(folder: Path) -> None:
    change(folder / "holds.yaml", "when: {denied: true}", "when: {denied: false}")
    ended = era(*WORDS, folder)
    assert ended.code == 1
    lines = (folder / "cases" / "holds.yaml").read_text(encoding="utf-8").splitlines()
    line = lines.index("- name: a denial") + 1
    assert (
        f"✘ cases/holds.yaml:{line}: a denial\n"
        "    expected manual, holds denied, shown as denied\n"
        "    came     post by single-plan-at-least-minimum-write-offs-on, shown as posted\n"
    ) in ended.out


def test_a_case_that_no_row_or_two_rows_decide_fails(folder: Path) -> None:
    change(
        folder / "auto_posting.yaml", "paid_cents: {at_least: minimum_cents}", "paid_cents: {more_than: minimum_cents}"
    )
    change(folder / "auto_posting.yaml", ", several_plans_proven: false}", "}")
    ended = era(*WORDS, folder)
    assert ended.code == 1
    assert "    came     nothing: no row decides it\n" in ended.out
    assert (
        "    came     nothing: the rows several-plans-write-offs-on and several-plans-proven decide it\n" in ended.out
    )


def test_a_warning_that_was_not_expected_fails(folder: Path) -> None:
    add(folder, "- name: forwarded\n  given: {claim_status: '19'}\n  expect: {outcome: post, rule:"
                " single-plan-at-least-minimum-write-offs-on}\n")  # fmt: skip
    ended = era(*WORDS, folder)
    assert ended.code == 1
    assert "came     post by single-plan-at-least-minimum-write-offs-on, warnings forwarded-on" in ended.out


# cases that are refused


GOOD = "- name: ours\n  given: {denied: true}\n  expect: {outcome: manual, holds: [denied]}\n"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("given:", "givne:", ":2: the key `givne` is not known here (did you mean given?)"),
        ("outcome:", "outcom:", ":3: the key `outcom` is not known here (did you mean outcome?)"),
        ("denied: true", "deneid: true", ":2: there is no fact `deneid` (did you mean denied?)"),
        ("denied: true", "denied: yes please", ":2: `denied` is a flag, not"),
        ("denied: true", "paid_cents: 1.5", ":2: `paid_cents` is an amount in cents, not 1.5"),
        ("[denied]", "[deneid]", ":3: `holds` names `deneid`, which is not there (did you mean denied?)"),
        ("holds: [denied]", "rule: posting", ":3: `rule` names `posting`, which is not there"),
        ("holds: [denied]", "holds: []", ":3: expects either a `rule` or `holds`, and not both"),
        ("outcome: manual", "outcome: held", ':3: `outcome` is "held"; allowed: post, manual'),
        ("name: ours", "name: one cent short", ":1: the name `one cent short` is taken by cases/auto_posting.yaml:"),
        (GOOD, "[]\n", ":1: has no cases"),
        (GOOD, "ours: {}\n", ":1: must be a list of cases"),
        (GOOD, "", ": is empty"),
    ],
)
def test_a_case_of_the_wrong_shape_is_refused_with_its_line(folder: Path, old: str, new: str, told: str) -> None:
    file = add(folder, GOOD.replace(old, new))
    ended = era(*WORDS, folder)
    assert (ended.code, ended.out) == (4, "")
    assert f"{file}{told}" in ended.err
    assert "try again with `era rules test`" in ended.err


def test_rules_without_cases_are_refused(folder: Path) -> None:
    shutil.rmtree(folder / "cases")
    ended = era(*WORDS, folder)
    assert ended.code == 4
    assert f"cases: no cases (*.yaml) in {folder / 'cases'}" in ended.err


NEVER_GIVEN = "the rule denied has no near miss (a case that gives one of its facts so that this condition alone"


@pytest.mark.parametrize(
    ("rule", "drop", "told"),
    [
        ("denied", lambda case: "denied]" in case or "denied," in case, "the rule denied has no case in cases"),
        ("denied", lambda case: "denied: false" in case, NEVER_GIVEN),
        ("single-plan-posting-off", lambda case: "rule: single-plan-posting-off" in case, "has no case in cases"),
        ("exact-reversal", lambda case: "rule: exact-reversal" in case, "has no case in cases"),
    ],
)
def test_a_rule_without_case_or_near_miss_is_refused_with_its_line(
    folder: Path, rule: str, drop: Callable[[str], bool], told: str
) -> None:
    for file in (folder / "cases").iterdir():
        head, *cases = file.read_text(encoding="utf-8").split("- name: ")
        file.write_text("- name: ".join([head, *[case for case in cases if not drop(case)]]), encoding="utf-8")
    ended = era(*WORDS, folder)
    assert ended.code == 4
    [line] = [line for line in ended.err.splitlines() if f"the rule {rule} " in line]
    assert told in line
    file, number, _ = line.removeprefix("Error: ").split(":", 2)
    assert (folder / file).read_text(encoding="utf-8").splitlines()[int(number) - 1] == f"- id: {rule}"


def test_a_hold_that_is_switched_off_needs_no_case_that_meets_it(folder: Path) -> None:
    change(folder / "holds.yaml", "- id: undone\n  enabled: true", "- id: undone\n  enabled: false")
    assert "the rule undone" not in era(*WORDS, folder).err
