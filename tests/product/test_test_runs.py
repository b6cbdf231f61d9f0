"""How the tests themselves are run."""

import os
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

import pytest
from database_choice import VARIABLE, Choice, choice_of
from temporary_folder import keep_in_memory
from where import ROOT

TESTS = [f"tests/acts/test_undo.py::test_number_{n}[postgresql-{n}]" for n in range(200)]


# on which databases


def test_continuous_integration_and_torture_run_on_both_databases() -> None:
    assert f"export {VARIABLE}=both\n" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    _, _, torture = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\ntorture:")
    assert torture.splitlines()[1].startswith(f"\t@{VARIABLE}=both ")


def test_a_test_has_one_database_a_day_and_the_other_before_long() -> None:
    for test in TESTS:
        today = {Choice(date(2026, 12, 1)).of(each) for each in (test, test.replace("postgresql", "sqlite"))}
        month = {Choice(date(2026, 12, 1) + timedelta(days)).of(test) for days in range(31)}
        assert (len(today), month) == (1, {"sqlite", "postgresql"})


def test_about_half_of_the_tests_run_on_each_database() -> None:
    assert 70 < [Choice(date(2026, 12, 1)).of(test) for test in TESTS].count("sqlite") < 130


def test_the_choice_is_both_or_that_of_a_day() -> None:
    assert choice_of({VARIABLE: "both"}).day is None
    assert choice_of({VARIABLE: "2026-12-01"}).day == date(2026, 12, 1)
    with pytest.raises(pytest.UsageError, match="is both or a day such as 2026-12-01, not 'all'"):
        choice_of({VARIABLE: "all"})


def collected(choice: str, *which: str) -> dict[str, int]:
    """How many tests would run on each kind of database."""
    program = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *which]
    environment = {**os.environ, VARIABLE: choice}
    told = subprocess.run(program, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout
    return {kind: sum(f"[{kind}]" in line for line in told.splitlines()) for kind in ("sqlite", "postgresql")}


def test_each_test_runs_on_both_databases_or_most_on_one() -> None:
    both = collected("both", "tests/acts/test_undo.py")
    one = collected("2026-12-01", "tests/acts/test_undo.py")
    assert both["sqlite"] == both["postgresql"] > 10
    assert min(one.values()) >= 2  # those that are marked
    assert sum(one.values()) == both["sqlite"] + 2


def test_the_store_is_tested_on_both_databases_and_so_is_what_is_named() -> None:
    store = collected("2026-12-01", "tests/store/test_store.py")
    assert store["sqlite"] == store["postgresql"] > 10
    named = collected("2026-12-01", "tests/acts/test_undo.py::test_nothing_is_taken_back_twice")
    assert named == {"sqlite": 1, "postgresql": 1}


# where they keep what is gone afterwards


@pytest.fixture(autouse=True)
def remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test has forgotten about the folder of temporary files is known again after it."""
    monkeypatch.setattr(tempfile, "tempdir", tempfile.gettempdir())


def test_temporary_files_are_kept_in_memory_where_there_is_room(tmp_path: Path) -> None:
    environment: dict[str, str] = {}
    keep_in_memory(environment, tmp_path, room=1)
    assert environment == {"TMPDIR": str(tmp_path)}


def test_temporary_files_are_kept_where_the_environment_says(tmp_path: Path) -> None:
    environment = {"TMPDIR": "/elsewhere"}
    keep_in_memory(environment, tmp_path, room=1)
    assert environment == {"TMPDIR": "/elsewhere"}


def test_temporary_files_stay_on_the_disk_where_memory_is_small_or_no_folder(tmp_path: Path) -> None:
    environment: dict[str, str] = {}
    keep_in_memory(environment, tmp_path, room=1 << 60)
    keep_in_memory(environment, tmp_path / "nowhere", room=1)
    assert environment == {}
