"""Several tables beside each other: what a practice adds to each, and `era rules` on all of them or on one."""

import json
import re
import shutil
from pathlib import Path

import pytest
from other_tables import ATTEMPTS, MEMBERSHIP, TABLES, attempt, change
from practices import PracticeHome, era
from rule_folders import flat_rules

from era_engine.books import tables
from era_engine.foundation.errors import RulesError
from era_engine.rulebook.decision import decide
from era_engine.rulebook.engine import Engine
from era_engine.rulebook.loading import load_rule_set


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the folder of both tables to plant a fault in."""
    return Path(shutil.copytree(TABLES, tmp_path / "rules"))


OWN = """- id: from-a-thousand
  enabled: true
  because: We look at large instalments.
  reference: practice policy
  when: {owed_cents: {at_least: 100000}}
  then: hold
  show: look
  message: "{owed_cents} is much."
  remedy: Call the patient.
"""


def test_a_practice_adds_holds_to_each_table(tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text(OWN, encoding="utf-8")
    rule_set = load_rule_set(TABLES, ATTEMPTS, tmp_path)
    held = decide(Engine(rule_set), attempt(owed_cents=100000))
    assert (held.outcome, held.holds, held.explanation) == ("wait", ("from-a-thousand",), "$1,000.00 is much.")
    assert list(json.loads(rule_set.to_json())) == ["attempts.yaml", "rules/*.yaml", "indicators.yaml"]
    (tmp_path / "ours.yaml").write_text(OWN.replace("then: hold", "then: charge"), encoding="utf-8")
    with pytest.raises(RulesError) as refused:
        load_rule_set(TABLES, ATTEMPTS, tmp_path)
    assert refused.value.problem.startswith("rules/attempts/ours.yaml:6: a row cannot be added here: the table decides")


# the commands, with the tables among those there are


@pytest.fixture
def three_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    for vocabulary in (ATTEMPTS, MEMBERSHIP):
        monkeypatch.setitem(tables.TABLES, vocabulary.name, vocabulary)


@pytest.mark.usefixtures("three_tables")
def test_the_commands_work_on_each_table_or_on_one() -> None:
    checked = era("rules", "check", "--rules", TABLES)
    assert checked.code == 0, checked
    assert re.findall(r"^Table (.*)$", checked.out, flags=re.MULTILINE) == ["attempts", "membership"]
    assert "✔ 9 rows and 2 holds are valid and proven: one row for every attempt, " in checked.out
    assert "✔ 2 rows, 2 rows for refunds and 3 holds are valid and proven: " in checked.out
    tested = era("rules", "test", "--rules", TABLES)
    assert tested.code == 0, tested
    assert "✔ 10 cases came out as expected, for each of 7 rules one and a near miss." in tested.out
    shown = era("rules", "show", "--rules", TABLES, "--table", "attempts").out
    assert shown.startswith("What becomes of an attempt:\n\noutcome-unknown -> hold  [attempts.yaml:")
    assert "no-card -> ask for another card  [attempts.yaml:" in shown
    assert "  command: era reconcile ATTEMPT\n" in shown
    assert "Table" not in shown
    assert len(era("rules", "show", "--rules", TABLES, "--json").records) == 2
    assert era("rules", "facts", "--table", "membership").out.splitlines()[1].startswith("posting_active")
    assert re.findall(r"^Table (.*)$", era("rules", "facts").out, flags=re.M) == ["insurance", "attempts", "membership"]


@pytest.mark.usefixtures("three_tables")
def test_a_case_that_fails_is_told_by_its_table(folder: Path) -> None:
    change(folder / "membership" / "cases" / "refunds.yaml", "{refund_fits: true}", "{refund_fits: false}")
    tested = era("rules", "test", "--rules", folder)
    assert tested.code == 1
    assert "Table attempts\n\n✔ 41 cases" in tested.out
    assert "Table membership\n\n✘ cases/refunds.yaml:3: exactly what was posted\n" in tested.out


@pytest.mark.usefixtures("three_tables")
def test_a_home_takes_each_table_from_its_folder_or_else_from_the_product(
    sqlite_home: PracticeHome, folder: Path
) -> None:
    """The folder has both other tables and none for insurance, whose own rules stay in force."""
    sqlite_home.set({"rules": str(folder), "holds.office-mismatch": "warn"})
    checked = sqlite_home.era("rules", "check")
    assert checked.code == 0, checked
    assert "✔ 11 rows, 2 rows for reversals and 31 holds" in checked.out
    assert "office-mismatch -> warning only" in sqlite_home.era("rules", "show", "--table", "membership").out
    own = sqlite_home.root / "rules" / "attempts"
    own.mkdir(parents=True)
    (own / "ours.yaml").write_text(OWN, encoding="utf-8")
    checked = sqlite_home.era("rules", "check")
    assert "✔ 9 rows and 3 holds, 1 of them the practice's own, are valid" in checked.out
    assert sqlite_home.era("settings", "check").code == 0
    assert (
        "from-a-thousand" in json.loads(sqlite_home.era("settings", "schema").out)["properties"]["holds"]["properties"]
    )
    flat_rules(folder)
    change(folder / "holds.yaml", "id: denied", "id: refused")
    assert "refused -> hold" in sqlite_home.era("rules", "show").out, "a flat rule set beside folders of other tables"
    sqlite_home.set({"rules": str(folder), "holds.outcome-unknown": "warn"})
    refused = sqlite_home.era("settings", "check")
    assert refused.code == 4
    assert "key holds.outcome-unknown: this hold always holds" in refused.err
    sqlite_home.set({"rules": str(folder), "holds.office-mismatches": "warn"})
    assert "no hold has this id (did you mean office-mismatch?)" in sqlite_home.era("settings", "check").err
