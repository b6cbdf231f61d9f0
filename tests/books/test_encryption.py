"""With a key, what is kept is sealed, everything works as without, and without the key nothing does."""

import os
from pathlib import Path

import pytest
from crash_ways import CUT
from killing import killed_at_step
from practices import PracticeHome, era, expects, finished, make_practice, remittance, start_era
from remittance_text import claim
from tampering import problems

from era_engine.books.backup.taking import back_up
from era_engine.books.opened import open_books
from era_engine.foundation.errors import SettingsError
from era_engine.jobs.run import run

KEY_FILE = "encryption.key_file"


@pytest.fixture(autouse=True)
def no_key_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ERA_KEY", "ERA_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)


def new_key(folder: Path, name: str) -> str:
    assert era("encryption", "new-key", folder / name).code == 0
    return str(folder / name)


@pytest.fixture
def first(tmp_path: Path) -> str:
    return new_key(tmp_path, "first.key")


@pytest.fixture
def second(tmp_path: Path) -> str:
    return new_key(tmp_path, "second.key")


@pytest.fixture
def sealed(sqlite_home: PracticeHome, first: str) -> PracticeHome:
    """C1 posted from 001, read from the inbox; C2 from a cut file put aside, named by path."""
    home = sqlite_home
    home.set({KEY_FILE: first})
    home.expect(expects("C1"), expects("C2"), expects("C3"))
    home.run(remittance("90", claim("C1"), trace="T1"))
    strange = home.root.parent / "strange.835"
    strange.write_text(CUT)
    assert home.era("run", strange).code == 3
    return home


def kept(home: PracticeHome) -> dict[str, bytes]:
    """What came from outside: no notes and no answers, which are ours and say nothing of a patient."""
    found = [path for name in ("archive", "quarantine") for path in sorted((home.root / name).glob("*.835"))]
    return {str(path.relative_to(home.root)): path.read_bytes() for path in found}


def sealed_with(home: PracticeHome) -> set[bytes]:
    """Ids of the keys of what is kept; b"" where it is plain."""
    start = b"era-engine sealed file 1, key "
    return {each[len(start) :][:16] if each.startswith(start) else b"" for each in kept(home).values()}


def id_of(key_file: str) -> bytes:
    return Path(key_file).read_text().split()[2].encode()


# sealed


def test_what_is_kept_is_sealed_and_nothing_plain_is_left(sealed: PracticeHome, first: str) -> None:
    assert sorted(kept(sealed)) == ["archive/001.835", "quarantine/strange.835"]
    assert sealed_with(sealed) == {id_of(first)}
    assert list((sealed.root / "inbox").iterdir()) == []
    for path in sealed.root.rglob("*"):
        if path.is_file() and not path.name.startswith("era.db"):
            assert b"CLP*" not in path.read_bytes(), path
    assert sealed.posted()["insurance_deposits"] == 18_000
    sealed.verified()


def test_a_file_that_comes_again_is_recognised_and_one_of_the_same_name_kept_beside(sealed: PracticeHome) -> None:
    sealed.receive(remittance("90", claim("C1"), trace="T1"), "001.835")
    assert [each["outcome"] for each in sealed.records("run")] == ["duplicate"]
    assert len(kept(sealed)) == 3
    assert b"" not in sealed_with(sealed)
    sealed.verified()


def test_a_sealed_file_is_shown_to_who_has_the_key(sealed: PracticeHome, tmp_path: Path, first: str) -> None:
    file = sealed.root / "quarantine" / "strange.835"
    shown = finished(start_era("encryption", "show", str(file), "--home", str(sealed.root)))
    assert (shown.code, shown.out) == (0, CUT)
    assert sealed.era("inspect", file, "--json").records[0]["findings"] != []
    copy = tmp_path / "copy.835"
    copy.write_bytes(file.read_bytes())
    by_key_alone = finished(start_era("encryption", "show", str(copy), ERA_KEY_FILE=first))
    assert (by_key_alone.code, by_key_alone.out) == (0, CUT)
    refused = era("inspect", copy)
    assert (refused.code, refused.out) == (4, "")
    assert f"sealed with key {id_of(first).decode()}, which was not given" in refused.err


@pytest.mark.parametrize("how", ["ERA_KEY_FILE", "ERA_KEY"])
def test_the_key_may_come_from_the_environment(
    sqlite_home: PracticeHome, first: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(how, first if how == "ERA_KEY_FILE" else Path(first).read_text().splitlines()[1])
    sqlite_home.run(remittance("90", claim("C1")))
    assert sealed_with(sqlite_home) == {id_of(first)}
    sqlite_home.verified()


def test_a_run_with_a_key_killed_at_any_step_is_taken_up_by_the_next(tmp_path: Path, first: str) -> None:
    for step in range(2, 100, 4):
        home = make_practice(tmp_path / str(step), settings={KEY_FILE: first})
        home.expect(expects("C1"), expects("C2"), expects("C3"))
        home.receive(CUT)
        if not killed_at_step(step, "run", "--home", home.root):
            break
        home.era("run")
        assert home.posted()["insurance_deposits"] == 18_000, step
        assert [path.name for path in (home.root / "quarantine").glob("*.835")] == ["remittance.835"], step
        assert sealed_with(home) == {id_of(first)}
        assert list((home.root / "inbox").iterdir()) == []
        home.verified()
    assert step > 12


# without the key


COMMANDS = (["run"], ["run", "--dry-run"], ["verify"], ["audit", "verify"], ["log"], ["backup", "b.era"], ["todo"])


@pytest.mark.parametrize("key", ["none", "another"])
def test_without_its_key_nothing_of_a_home_is_read_and_nothing_is_run(
    sealed: PracticeHome, key: str, second: str, first: str
) -> None:
    sealed.receive(remittance("90", claim("C3"), trace="T3"))
    sealed.set({KEY_FILE: second} if key == "another" else {})
    before = kept(sealed)
    for command in COMMANDS:
        refused = sealed.era(*command)
        assert (refused.code, refused.out) == (4, ""), command
        assert f"sealed with key {id_of(first).decode()}" in refused.err
        assert "Remedy: Name its file with key_file" in refused.err
    assert kept(sealed) == before
    assert (sealed.root / "inbox" / "remittance.835").exists()
    sealed.set({KEY_FILE: first})
    assert [each["claim_number"] for each in sealed.records("run")] == ["C3"]


@pytest.mark.parametrize("command", [["run"], ["settings", "check"]], ids=["run", "settings-check"])
def test_a_key_file_that_is_missing_or_in_the_home_or_open_to_others_is_refused(
    sqlite_home: PracticeHome, first: str, second: str, command: list[str]
) -> None:
    inside = sqlite_home.root / "practice.key"
    inside.write_text(Path(first).read_text())
    inside.chmod(0o600)
    Path(second).chmod(0o640)
    for key_file, told in (
        ("/nowhere/key", "cannot be read"),
        ("practice.key", "does not protect the home"),
        (second, f"Remedy: Run chmod 600 {second}"),
    ):
        sqlite_home.set({KEY_FILE: key_file})
        refused = sqlite_home.era(*command)
        assert (refused.code, refused.out, told in refused.err) == (4, "", True), refused


def test_the_environment_names_no_key_in_the_home(
    sqlite_home: PracticeHome, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = Path(first).rename(sqlite_home.root / "practice.key")
    monkeypatch.setenv("ERA_KEY_FILE", str(inside))
    sqlite_home.receive(remittance("90", claim("C1")))
    for command in (["run"], ["settings", "check"], ["verify"]):
        refused = sqlite_home.era(*command)
        assert (refused.code, "does not protect the home" in refused.err) == (4, True), refused
    assert kept(sqlite_home) == {}


def test_a_check_of_the_settings_says_whether_a_run_would_have_its_key(
    sqlite_home: PracticeHome, first: str, second: str
) -> None:
    sqlite_home.set({KEY_FILE: first})
    assert sqlite_home.era("settings", "check").code == 0
    assert not (sqlite_home.root / ".sealed-with").exists()
    sqlite_home.run(remittance("90", claim("C1")))
    assert sqlite_home.era("settings", "check").code == 0
    sqlite_home.set({KEY_FILE: second})
    assert sqlite_home.era("settings", "check") == sqlite_home.era("run")


def test_no_key_is_made_in_a_home(sqlite_home: PracticeHome) -> None:
    for name in ("practice.key", "archive/practice.key"):
        refused = era("encryption", "new-key", sqlite_home.root / name)
        assert (refused.code, "does not protect the home" in refused.err) == (4, True), refused
        assert not (sqlite_home.root / name).exists()


def test_a_key_is_not_changed_to_one_in_the_home_nor_without_the_one_it_has(
    sealed: PracticeHome, first: str, second: str, tmp_path: Path
) -> None:
    before = kept(sealed)
    inside = sealed.root / "practice.key"
    Path(second).rename(inside)
    inside_refused = sealed.era("encryption", "rotate", "--to", inside, "--by", "Ann")
    assert (inside_refused.code, "does not protect the home" in inside_refused.err) == (4, True), inside_refused
    inside.rename(second)
    third = new_key(tmp_path, "third.key")
    sealed.set({KEY_FILE: second})
    refused = sealed.era("encryption", "rotate", "--to", third, "--by", "Ann")
    assert (refused.code, f"are sealed with key {id_of(first).decode()}" in refused.err) == (4, True), refused
    assert kept(sealed) == before
    sealed.set({KEY_FILE: first})
    sealed.verified()


def test_a_damaged_or_swapped_sealed_file_is_named(sealed: PracticeHome) -> None:
    archived, aside = sealed.root / "archive" / "001.835", sealed.root / "quarantine" / "strange.835"
    whole, other = archived.read_bytes(), aside.read_bytes()
    archived.write_bytes(whole[:-20])
    assert problems(sealed) == [f"File 001.835: {archived} is damaged: it changed after it was sealed."]
    archived.write_bytes(other)
    assert problems(sealed) == ["File 001.835: archive/001.835 has changed since it was received."]
    archived.write_bytes(whole)
    sealed.verified()


def test_a_file_sealed_with_a_strange_key_stays_in_the_inbox_and_stops_no_run(
    sealed: PracticeHome, second: str, tmp_path: Path
) -> None:
    other = make_practice(tmp_path / "other", settings={KEY_FILE: second})
    other.run(remittance("90", claim("C9")))
    (sealed.root / "inbox" / "a_strange.835").write_bytes((other.root / "archive" / "001.835").read_bytes())
    sealed.receive(remittance("90", claim("C3"), trace="T3"))
    ended = sealed.era("run", "--json")
    assert ended.code == 3
    assert [each["outcome"] for each in ended.records] == ["quarantined", "post"]
    assert (sealed.root / "inbox" / "a_strange.835").exists()
    assert sealed.era("backup", tmp_path / "b.era").code == 0


# changing the key


def test_a_change_of_key_seals_everything_anew(sealed: PracticeHome, first: str, second: str) -> None:
    ended = sealed.era("encryption", "rotate", "--to", second, "--by", "Ann")
    assert ended.code == 0, ended
    assert f"Sealed 2 files with key {id_of(second).decode()}; 0 files had it already." in ended.out
    assert sealed_with(sealed) == {id_of(second)}
    assert sealed.era("verify").code == 4
    sealed.set({KEY_FILE: second})
    sealed.verified()
    [act] = sealed.era("audit", "export", "--act", "rotate-key").records
    assert (act["by"], act["details"]["from"], act["details"]["to"]) == (
        "Ann",
        [id_of(first).decode()],
        id_of(second).decode(),
    )
    assert sealed.era("audit", "verify").code == 0


@pytest.mark.both_databases
def test_a_home_of_plain_files_is_sealed_by_the_same_command(home: PracticeHome, first: str) -> None:
    home.run(remittance("90", claim("C1")))
    home.set({KEY_FILE: first})
    assert problems(home) == ["File 001.835: archive/001.835 is not sealed. Run `era encryption rotate`."]
    assert home.era("encryption", "rotate", "--to", first, "--by", "Ann").code == 0
    assert sealed_with(home) == {id_of(first)}
    home.verified()


def test_a_change_of_key_killed_at_any_step_is_finished_by_calling_it_again(tmp_path: Path) -> None:
    keys = [new_key(tmp_path, f"{number}.key") for number in range(20)]
    home = make_practice(tmp_path / "home", settings={KEY_FILE: keys[0]})
    home.run(*(remittance("90", claim(f"C{number}"), trace=f"T{number}") for number in range(2)))
    for step in range(1, 20):
        old, new = keys[step - 1], keys[step]
        home.set({KEY_FILE: old})
        rotate = ["encryption", "rotate", "--to", new, "--by", "Ann"]
        killed = killed_at_step(step, *rotate, "--home", home.root)
        if killed:
            if len(sealed_with(home)) > 1:
                refused = home.era("run")
                assert (refused.code, "Finish with `era encryption rotate" in refused.err) == (4, True)
                os.environ["ERA_KEY_FILE"] = new
                home.verified()  # with both keys at hand
                del os.environ["ERA_KEY_FILE"]
            assert home.era(*rotate).code == 0
        assert sealed_with(home) == {id_of(new)}
        home.set({KEY_FILE: new})
        home.verified()
        if not killed:
            break
    assert step > 6


def test_a_key_changed_between_opening_and_holding_a_home_stops_run_and_backup(
    sealed: PracticeHome, second: str, tmp_path: Path
) -> None:
    waiting = sealed.receive(remittance("90", claim("C3"), trace="T3"), "003.835")
    with open_books(sealed.root) as practice:
        assert sealed.era("encryption", "rotate", "--to", second, "--by", "Ann").code == 0
        with pytest.raises(SettingsError, match="was changed in the meantime"):
            list(run(practice, ()))
        with pytest.raises(SettingsError, match="was changed in the meantime"):
            back_up(practice.home, practice.settings, practice.database, tmp_path / "b.era", lambda *_: None)
    assert waiting.exists()
    sealed.set({KEY_FILE: second})
    assert sealed.era("run").code == 0
    assert sealed_with(sealed) == {id_of(second)}
    sealed.verified()


def test_a_damaged_file_keeps_the_need_for_the_old_key(sealed: PracticeHome, first: str, second: str) -> None:
    archived = sealed.root / "archive" / "001.835"
    whole = archived.read_bytes()
    archived.write_bytes(whole[:-1])
    ended = sealed.era("encryption", "rotate", "--to", second, "--by", "Ann")
    assert (ended.code, "001.835 is damaged" in ended.out) == (1, True)
    assert archived.read_bytes() == whole[:-1]
    sealed.set({KEY_FILE: second})
    assert sealed.era("run").code == 4
    archived.write_bytes(whole)
    sealed.set({KEY_FILE: first})
    assert sealed.era("encryption", "rotate", "--to", second, "--by", "Ann").code == 0
    sealed.set({KEY_FILE: second})
    sealed.verified()


# backups


def test_a_backup_of_a_sealed_home_is_sealed_whole_and_so_is_what_is_restored(
    sqlite_home: PracticeHome, first: str, second: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite_home.set({KEY_FILE: first})
    sqlite_home.run(remittance("90", claim("C1")))
    backup, folder = tmp_path / "backup.era", tmp_path / "restored"
    assert sqlite_home.era("backup", backup).code == 0
    assert backup.read_bytes().startswith(b"era-engine sealed file 1, key " + id_of(first))
    for other in (None, second):
        if other is not None:
            monkeypatch.setenv("ERA_KEY_FILE", other)
        refused = era("restore", backup, folder)
        assert (refused.code, "which was not given" in refused.err, folder.exists()) == (4, True, False)
    monkeypatch.setenv("ERA_KEY_FILE", first)
    cut = tmp_path / "cut.era"
    for size in (len(backup.read_bytes()) - 1, 500):
        cut.write_bytes(backup.read_bytes()[:size])
        refused = era("restore", cut, folder)
        assert (refused.code, "is not a usable backup" in refused.err, folder.exists()) == (2, True, False)
    assert era("restore", backup, folder).code == 0
    restored = PracticeHome(folder, "sqlite:///era.db")
    monkeypatch.delenv("ERA_KEY_FILE")
    assert sealed_with(restored) == {id_of(first)}
    restored.verified()
    assert restored.era("audit", "verify").code == 0


def test_a_sealed_file_that_cannot_be_read_is_told_and_not_in_the_backup(sealed: PracticeHome, tmp_path: Path) -> None:
    archived = sealed.root / "archive" / "001.835"
    archived.write_bytes(archived.read_bytes()[:-1])
    ended = sealed.era("backup", tmp_path / "backup.era")
    assert (ended.code, ended.out.splitlines()[0]) == (
        1,
        "✘ archive/001.835 could not be read and is not in the backup.",
    )
