"""Old bytes go for good, for a named person or by a setting, and nothing goes that somebody may still need."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from killing import killed_at_step
from practices import PracticeHome, era, expects, remittance
from remittance_text import claim

from era_engine.home.folder import Home
from era_engine.settings.model import Settings, load_settings

BY = ("--by", "Ann")


@pytest.fixture
def old(home: PracticeHome) -> PracticeHome:
    return with_old_files(home)


def with_old_files(home: PracticeHome) -> PracticeHome:
    """Received in 2018: 001 posted whole, 002 with a claim left, a strange file put aside; 003 of today, posted."""
    home.expect(expects("C1"), expects("C2", "100"), expects("C3"))
    home.run(remittance("90", claim("C1"), trace="T1"), remittance("90", claim("C2"), trace="T2"))
    home.receive("no remittance", "strange.835")
    home.era("run")
    home.change("UPDATE files SET received_at = '2018-05-06T07:08:09Z'")
    home.receive(remittance("90", claim("C3"), trace="T3"), "003.835")
    home.era("run")
    return home


def kept(home: PracticeHome) -> list[str]:
    return sorted(str(path.relative_to(home.root)) for path in home.root.glob("[aq]*/*.835"))


def answered(home: PracticeHome) -> set[str]:
    """Numbers of the files whose senders have an answer in acks/."""
    return {path.name[:6] for path in (home.root / "acks").iterdir()}


@pytest.mark.both_databases
def test_what_is_old_and_done_is_purged_and_everything_else_stays(old: PracticeHome) -> None:
    before = {asked: old.records(asked) for asked in ("log", "ledger", "eras")}
    assert answered(old) == {"000001", "000002", "000004"}
    ended = old.era("purge", "--before", "2019-01-01", *BY, "--because", "seven years")
    assert ended.code == 0, ended
    assert ended.out.splitlines() == [
        "result    file                    received    why",
        "✔ purged  archive/001.835         2018-05-06",
        "· stays   archive/002.835         2018-05-06  it has a payment that is not completed",
        "· stays   quarantine/strange.835  2018-05-06  it is in quarantine; add --quarantine to purge it",
        "Purged 1 file received before 2019-01-01; 2 files as old stay.",
    ]
    assert kept(old) == [
        "archive/002.835",
        "archive/003.835",
        "quarantine/strange.835",
    ]
    assert answered(old) == {"000002", "000004"}
    assert {asked: old.records(asked) for asked in before} == before
    assert ", 3 files, 1 purged file.\nFiles in: 4 = 3 archived + 1 quarantined" in old.verified().out
    [act] = old.era("audit", "export", "--act", "purge").records
    assert (act["by"], act["details"]) == (
        "Ann",
        {"because": "seven years", "before": "2019-01-01", "files": [1]},
    )
    assert old.era("audit", "verify").code == 0


def test_a_dry_run_of_a_purge_removes_nothing(old: PracticeHome) -> None:
    before = kept(old)
    ended = old.era("purge", "--before", "2019-01-01", "--dry-run", *BY)
    assert "would purge  archive/001.835" in ended.out
    assert ended.out.endswith("Would purge 1 file received before 2019-01-01; 2 files as old stay.\n")
    assert kept(old) == before
    assert old.rows("SELECT count(*) FROM files WHERE purged_at IS NOT NULL") == [(0,)]


def test_quarantine_is_purged_when_it_is_asked_for(old: PracticeHome) -> None:
    assert (old.root / "quarantine" / "strange.835.txt").exists()
    old.era("purge", "--before", "2019-01-01", "--quarantine", *BY)
    assert kept(old) == ["archive/002.835", "archive/003.835"]
    assert list((old.root / "quarantine").iterdir()) == []
    old.verified()


def test_a_file_goes_when_its_work_is_done(old: PracticeHome) -> None:
    old.era("close", "T2", "C2", "--by", "Ann", "--because", "paid elsewhere", "--even-with-money")
    old.era("purge", "--before", "2019-01-01", *BY)
    assert kept(old) == ["archive/003.835", "quarantine/strange.835"]


def test_a_file_that_repeats_an_open_payment_stays(old: PracticeHome) -> None:
    again = remittance("90", claim("C2"), trace="T2").replace("ISA*00", "ISA*00", 1).replace("~", "~\n")
    old.receive(again, "again.835")
    old.receive((old.root / "archive" / "002.835").read_text(), "the_same.835")
    old.era("run")
    old.change("UPDATE files SET received_at = '2018-05-06T07:08:09Z'")
    ended = old.era("purge", "--before", "2019-01-01", *BY)
    for name in ("002.835", "again.835", "the_same.835"):
        assert f"archive/{name} " in ended.out
        assert (old.root / "archive" / name).exists()


def test_what_comes_again_after_its_purge_posts_nothing(old: PracticeHome) -> None:
    text = (old.root / "archive" / "001.835").read_text()
    old.era("purge", "--before", "2019-01-01", *BY)
    posted = old.posted()
    assert [each["outcome"] for each in old.run(text)] == ["duplicate"]
    assert old.posted() == posted
    old.verified()


def test_a_file_whose_work_is_not_finished_is_never_purged(old: PracticeHome) -> None:
    old.change("UPDATE files SET state = 'received' WHERE id = 1")
    assert "a run has not finished it" in old.era("purge", "--before", "2019-01-01", *BY).out
    old.era("run")
    old.verified()


def test_a_purge_killed_at_any_step_is_told_as_it_is_and_finished_by_the_next(sqlite_home: PracticeHome) -> None:
    home = sqlite_home
    numbers = [f"C{number:02d}" for number in range(24)]
    home.expect(*(expects(number) for number in numbers))
    home.run(*(remittance("90", claim(number), trace=number) for number in numbers))
    finished = 0
    for step in range(1, 25):
        home.change(f"UPDATE files SET received_at = '{1990 + step}-05-06T07:08:09Z' WHERE id = {step}")
        command = ["purge", "--before", f"{1991 + step}-01-01", "--by", "Ann"]
        if not killed_at_step(step, *command, "--home", home.root):
            break
        told = home.era("verify")
        purged = home.rows(f"SELECT id FROM files WHERE id = {step} AND purged_at IS NOT NULL")
        if purged and (home.root / "archive" / f"{step:03d}.835").exists():
            assert told.code == 1
            assert f"was purged, but archive/{step:03d}.835 still exists. Run `era purge` again." in told.out
            finished += 1
        else:
            assert told.code == 0
        assert home.era(*command).code == 0
        assert not (home.root / "archive" / f"{step:03d}.835").exists()
        home.verified()
    assert step > 2
    assert finished


def test_a_purge_takes_turns_with_backups_and_runs(sqlite_home: PracticeHome) -> None:
    old = with_old_files(sqlite_home)
    with Home(old.root).keeping_files():
        assert old.era("purge", "--before", "2019-01-01", *BY).code == 5
    with Home(old.root).locked():
        assert old.era("purge", "--before", "2019-01-01", *BY).code == 5
    assert "archive/001.835" in kept(old)


def test_no_day_to_come_and_no_day_at_all_are_refused(sqlite_home: PracticeHome) -> None:
    old = with_old_files(sqlite_home)
    tomorrow = str((datetime.now(UTC) + timedelta(days=1)).date())
    assert old.era("purge", "--before", tomorrow, *BY).code == 2
    nothing = old.era("purge", *BY)
    assert (nothing.code, "archived_files_days" in nothing.err) == (2, True)
    assert "archive/001.835" in kept(old)


def test_the_setting_purges_at_the_end_of_every_run(old: PracticeHome) -> None:
    old.set({"retention.archived_files_days": 1000})
    ended = old.era("run")
    assert "Purged 1 file received before " in ended.out
    assert kept(old) == ["archive/002.835", "archive/003.835", "quarantine/strange.835"]
    [act] = old.era("audit", "export", "--act", "purge").records
    assert act["by"] is None
    old.verified()


def test_a_run_beside_a_backup_leaves_purging_to_the_next(sqlite_home: PracticeHome) -> None:
    old = with_old_files(sqlite_home)
    old.set({"retention.archived_files_days": 1000})
    with Home(old.root).keeping_files():
        assert old.era("run").code == 0
    assert "archive/001.835" in kept(old)
    old.era("purge", *BY)
    assert "archive/001.835" not in kept(old)


def test_how_long_files_are_kept_is_of_no_influence_on_decisions(tmp_path: Path) -> None:
    (tmp_path / "era.toml").write_text("[retention]\narchived_files_days = 30\n")
    assert load_settings(tmp_path).content_hash == Settings().content_hash


def test_a_backup_holds_no_purged_file_and_restores_clean(sqlite_home: PracticeHome, tmp_path: Path) -> None:
    old = with_old_files(sqlite_home)
    old.era("purge", "--before", "2019-01-01", *BY)
    assert old.era("backup", tmp_path / "backup.era").code == 0
    assert era("restore", tmp_path / "backup.era", tmp_path / "new").code == 0
    restored = PracticeHome(tmp_path / "new", "sqlite:///era.db")
    restored.verified()
    assert kept(restored) == ["archive/002.835", "archive/003.835", "quarantine/strange.835"]
