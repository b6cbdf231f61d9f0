"""What is wrong with the rules of any table is refused with its line, in its own words."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from other_tables import ATTEMPTS, MEMBERSHIP, TABLES, change

from era_engine.foundation.errors import RulesError
from era_engine.rulebook.cases import read_cases
from era_engine.rulebook.decision import decide
from era_engine.rulebook.engine import Engine, EngineError
from era_engine.rulebook.loading import load_rule_set
from era_engine.rulebook.proof import unsound
from era_engine.rulebook.reading import read_rules

RULE_SET = load_rule_set(TABLES, ATTEMPTS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the folder of both tables to plant a fault in."""
    return Path(shutil.copytree(TABLES, tmp_path / "rules"))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "when: {unknown_open: true}",
            "when: {unknown: true}",
            r"^attempts\.yaml:8: there is no fact `unknown` \(did you mean unknown_open\?\); allowed: plan_active, ",
        ),
        (
            "then: ask-for-card",
            "then: ask",
            r'^attempts\.yaml:\d+: `then` is "ask"; allowed: charge, wait, ask-for-card, stop, hold, warn$',
        ),
        (
            "then: hold",
            "then: held",
            r'^attempts\.yaml:9: `then` is "held"; allowed: charge, wait, ask-for-card, stop, hold, warn$',
        ),
        (
            "{plan_active: true, owed_cents: {at_most: 0}}",
            "{plan_active: true, owed_cents: {less_than: 0}}",
            r"^attempts\.yaml:\d+: no row decides an attempt with .*owed_cents \$0\.00.*; nearest: ",
        ),
        (
            "wait_hours_left: 0, due: false, asked_by_person: true}",
            "wait_hours_left: 0, asked_by_person: true}",
            r"^attempts\.yaml:\d+: rows due \(attempts\.yaml:\d+\) and asked both decide an attempt with .*due yes",
        ),
        (
            "{more_than: 0}}\n  then: warn",
            "{more_than: 0, less_than: 1}}\n  then: warn",
            r"^attempts\.yaml:17: no attempt can meet this hold: `paid_outside_cents: \{more_than: \$0\.00\}`, ",
        ),
        (
            "decline_class: {one_of: [never, expired]}}",
            "decline_class: {one_of: [never, expired]}, plan_active: false}",
            r"no attempt can meet this row: `decline_class: \{one_of: \[never, expired\]\}`, `plan_active: false`",
        ),
        (
            "attempts_in_30_days: {at_least: most_attempts}",
            "attempts_in_30_days: 0, wait_hours_left: {more_than: 0}",
            r"no attempt can meet this row: `attempts_in_30_days: 0`, `wait_hours_left: \{more_than: 0\}` never holds",
        ),
        (
            "then: charge\n  show: done",
            "then: charge\n  show: look",
            r"^attempts\.yaml:\d+: the indicators `look` raise an alert, and due is to charge$",
        ),
        (
            "then: stop\n  show: quiet",
            "then: stop\n  show: done",
            r"^attempts\.yaml:\d+: the indicators `done` tell people of a success, and plan-ended is to stop$",
        ),
        (
            "enabled: true",
            "enabled: false",
            r"no enabled hold catches an attempt beside an unknown one \(when: \{unknown_open: true\}\), which might",
        ),
    ],
    ids=range(11),
)
def test_a_broken_rule_is_refused_with_its_line(folder: Path, old: str, new: str, told: str) -> None:
    change(folder / "attempts" / "attempts.yaml", old, new)
    with pytest.raises(RulesError) as refused:
        load_rule_set(folder, ATTEMPTS)
    assert any(re.search(told, line) for line in refused.value.problem.splitlines()), refused.value.problem


def test_a_fault_of_one_table_is_none_of_another(folder: Path) -> None:
    change(folder / "attempts" / "attempts.yaml", "unknown_open: true", "unknown: true")
    assert load_rule_set(folder, MEMBERSHIP) == load_rule_set(TABLES, MEMBERSHIP)


def test_a_row_left_out_is_shown_by_an_example_that_the_engine_confirms() -> None:
    rule_set = RULE_SET
    for missing in rule_set.rows:
        left = replace(rule_set, rows=tuple(row for row in rule_set.rows if row is not missing))
        [fault] = unsound(left)
        assert fault.example is not None
        assert all(condition.met(fault.example) for condition in missing.when)
        with pytest.raises(EngineError, match="decides an attempt"):
            decide(Engine(left), fault.example)


def test_a_file_that_would_not_be_read_is_refused(folder: Path) -> None:
    (folder / "attempts" / "more.yaml").write_text("[]", encoding="utf-8")
    with pytest.raises(RulesError) as refused:
        read_rules(folder, ATTEMPTS)
    assert refused.value.problem.splitlines() == [
        "more.yaml: is not part of a rule set, and is not read; allowed: attempts.yaml, indicators.yaml",
    ]


def test_a_table_that_is_not_in_the_folder_is_missed_where_it_belongs(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match=rf"attempts\.yaml: not found in {tmp_path / 'attempts'}"):
        read_rules(tmp_path, ATTEMPTS)


def test_a_case_that_expects_what_no_row_decides_is_refused(folder: Path) -> None:
    cases = folder / "attempts" / "cases" / "attempts.yaml"
    change(
        cases,
        "expect: {outcome: stop, rule: plan-ended, indicators: quiet}",
        "expect: {outcome: post, rule: plan-ended}",
    )
    with pytest.raises(RulesError, match=r'cases/attempts\.yaml:\d+: `outcome` is "post"; allowed: charge, wait, '):
        read_cases(folder / "attempts", read_rules(folder, ATTEMPTS))
