"""A backup is taken of a home at work, holds all of it, and becomes a home again; or it is refused whole."""

import gzip
import io
import shutil
import stat
import subprocess
import sys
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from crash_ways import CUT
from killing import killed_at_step
from postgresql_server import Server
from practices import Ended, PracticeHome, era, expects, finished, make_practice, remittance
from remittance_text import claim
from where import RULES

from era_engine.books.backup.restoring import restore
from era_engine.foundation.errors import UsageError
from era_engine.home.folder import Home


class Elsewhere:
    """Makes homes of backups, each beside a database of its own."""

    def __init__(self, folder: Path, server: Server | None, stack: ExitStack) -> None:
        self._folder, self._server, self._stack, self._homes = folder, server, stack, 0

    def database(self) -> str:
        """An empty database of the kind; a SQLite file lies in the home."""
        return self._stack.enter_context(self._server.database(empty=True)) if self._server else "sqlite:///era.db"

    def restored(self, backup: Path) -> PracticeHome:
        self._homes += 1
        home = PracticeHome(self._folder / f"restored{self._homes}", self.database())
        ended = era("restore", backup, home.root, "--database", home.database_url)
        assert ended.code == 0, ended
        return home

    def clean(self, backup: Path) -> PracticeHome:
        """The home restored, in which books and audit log hold."""
        home = self.restored(backup)
        home.verified()
        audited = home.era("audit", "verify")
        assert audited.code == 0, audited
        return home


@pytest.fixture
def elsewhere(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[Elsewhere]:
    server = None if database_url.startswith("sqlite") else request.getfixturevalue("postgresql")
    with ExitStack() as stack:
        yield Elsewhere(tmp_path, server, stack)


def backed_up(home: PracticeHome, name: str = "backup.era") -> Path:
    file = home.root.parent / name
    ended = home.era("backup", file)
    assert ended.code == 0, ended
    return file


def refused(file: Path, folder: Path, *arguments: str) -> Ended:
    """The backup must be refused and leave nothing behind."""
    before = sorted(folder.parent.iterdir())
    ended = era("restore", file, folder, *arguments)
    assert ended.code == 2, ended
    assert ended.out == ""
    assert sorted(folder.parent.iterdir()) == before
    return ended


# what is kept


def test_a_backup_holds_all_of_a_home(week: PracticeHome, elsewhere: Elsewhere) -> None:
    strange = week.root.parent / "strange.835"
    strange.write_text("no remittance")
    week.era("run", strange)
    week.receive("still to be read", "later.835")
    (week.root / "acks" / "001.999").write_text("ack")
    home = elsewhere.clean(backed_up(week))
    for name in ("quarantine/strange.835", "archive/001.835", "inbox/later.835", "acks/001.999", ".home-id"):
        assert (home.root / name).read_bytes() == (week.root / name).read_bytes(), name
    for asked in ("log", "ledger", "eras"):
        assert home.records(asked) == week.records(asked)


@pytest.mark.both_databases
def test_a_restored_home_goes_on_where_the_backup_was_taken(week: PracticeHome, elsewhere: Elsewhere) -> None:
    home = elsewhere.clean(backed_up(week))
    home.expect(expects("C4"))
    assert [each["claim_number"] for each in home.run(remittance("90", claim("C4"), trace="T4"))] == ["C4"]
    assert home.posted()["insurance_deposits"] == week.posted()["insurance_deposits"] + 9_000
    home.verified()
    assert home.era("audit", "verify").code == 0


def test_backup_and_restoring_are_acts_in_the_audit_log(week: PracticeHome, elsewhere: Elsewhere) -> None:
    backup = backed_up(week)
    home = elsewhere.restored(backup)
    [taken] = week.era("audit", "export", "--act", "backup").records
    [restored] = home.era("audit", "export", "--act", "restore").records
    assert taken["details"]["sha256"] == restored["details"]["sha256"]
    assert taken["seq"] == restored["seq"]  # where the two homes part
    assert taken["previous"] == restored["previous"]


def test_a_backup_is_for_its_owner_alone_and_overwrites_nothing(sqlite_home: PracticeHome) -> None:
    backup = backed_up(sqlite_home)
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    written = backup.read_bytes()
    again = sqlite_home.era("backup", backup)
    assert (again.code, "already exists" in again.err) == (2, True)
    assert backup.read_bytes() == written


def test_rules_of_the_home_are_in_its_backup(tmp_path: Path) -> None:
    home = make_practice(tmp_path / "home", settings={"rules": "rules"})
    shutil.copytree(RULES, home.root / "rules")
    restored = PracticeHome(tmp_path / "restored", "sqlite:///era.db")
    assert era("restore", backed_up(home), restored.root).code == 0
    assert restored.era("rules", "check").code == 0


def test_a_lost_file_keeps_no_backup_from_being_taken_and_is_told(week: PracticeHome, elsewhere: Elsewhere) -> None:
    (week.root / "archive" / "001.835").unlink()
    backup = week.root.parent / "backup.era"
    ended = week.era("backup", backup)
    assert (ended.code, ended.out.splitlines()[0]) == (
        1,
        "✘ archive/001.835 is in the books, but its file was not found.",
    )
    home = elsewhere.restored(backup)
    assert "File 001.835: archive/001.835 is missing." in home.era("verify").out


# a home at work


@pytest.mark.both_databases
def test_every_backup_taken_while_a_run_is_at_work_restores_clean(home: PracticeHome, elsewhere: Elsewhere) -> None:
    numbers = [f"C{number:02d}" for number in range(16)]
    home.expect(*(expects(number) for number in numbers))
    for number in numbers:
        home.receive(remittance("90", claim(number), trace=f"T{number}"), f"{number}.835")
    home.receive("no remittance", "strange.835")
    at_work = home.process("run")
    backups: list[Path] = []
    while at_work.poll() is None or not backups:
        backups.append(backed_up(home, f"{len(backups)}.era"))
    assert finished(at_work).code == 3
    for backup in {backups[len(backups) // 3], backups[-1]}:
        restored = elsewhere.restored(backup)
        restored.verified()
        restored.era("run")
        posted = [each["claim_number"] for each in restored.records("ledger") if each["kind"] == "insurance_payment"]
        assert sorted(posted) == numbers
        assert len(list((restored.root / "quarantine").glob("*.835"))) == 1
        restored.verified()
        assert restored.era("audit", "verify").code == 0


def test_a_backup_of_a_home_whose_run_was_killed_at_any_step_loses_nothing(tmp_path: Path) -> None:
    for step in range(1, 100, 4):
        home = make_practice(tmp_path / str(step) / "home")
        home.expect(expects("C1"), expects("C2"), expects("C3"))
        home.receive(CUT)
        if not killed_at_step(step, "run", "--home", home.root):
            break
        restored = PracticeHome(tmp_path / str(step) / "restored", "sqlite:///era.db")
        assert era("restore", backed_up(home), restored.root).code == 0
        restored.verified()
        restored.era("run")
        kept = [path.read_text() for path in restored.root.glob("[aq]*/*.835")]
        assert kept == [CUT], step
        assert restored.posted()["insurance_deposits"] == 18_000, step
        restored.verified()
    assert step > 8


def test_one_backup_at_a_time_and_a_run_beside_it(sqlite_home: PracticeHome) -> None:
    with Home(sqlite_home.root).keeping_files():
        busy = sqlite_home.era("backup", sqlite_home.root.parent / "backup.era")
        assert (busy.code, busy.out) == (5, "")
        assert sqlite_home.era("run").code == 0
    with Home(sqlite_home.root).locked():
        backed_up(sqlite_home)


# killed


def test_a_backup_that_is_killed_has_not_got_its_name(sqlite_home: PracticeHome, tmp_path: Path) -> None:
    sqlite_home.run(remittance("90", claim("C1")))
    for step in range(1, 20):
        backup = tmp_path / f"{step}.era"
        killed = killed_at_step(step, "backup", backup, "--home", sqlite_home.root)
        if backup.exists():
            assert era("restore", backup, tmp_path / f"restored{step}").code == 0
        if not killed:
            break
    assert step >= 4
    assert backup.exists()
    assert not (sqlite_home.root / ".snapshot.db").exists()


def test_a_killed_restoring_leaves_no_home_and_can_be_done_again(week: PracticeHome, elsewhere: Elsewhere) -> None:
    backup = backed_up(week)
    for step in range(1, 30, 3):
        home = PracticeHome(week.root.parent / f"restored-{step}", elsewhere.database())
        command = ["restore", str(backup), str(home.root), "--database", home.database_url]
        if not killed_at_step(step, *command):
            break
        if home.root.exists():
            home.verified()
            continue
        again = era(*command)
        if again.code == 0:
            home.verified()
        else:  # killed between the two moments in which the database and the home get their contents
            assert home.database_url.startswith("postgresql")
            assert "is not empty" in again.err
    assert step > 3
    home.verified()


# refused


def unpacked(data: bytes | bytearray) -> bytes | None:
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error):
        return None


def test_two_restores_into_one_folder_at_one_moment_are_not_mixed(sqlite_home: PracticeHome, tmp_path: Path) -> None:
    """The second comes while the first works, and another before the first has its name but after the folder was
    looked at.
    """
    sqlite_home.run(remittance("90", claim("C1")))
    backup, folder = tmp_path / "backup.era", tmp_path / "restored"
    assert sqlite_home.era("backup", backup).code == 0
    others: list[Ended] = []

    def told(what: str, *_: int) -> None:
        if what == "restoring":
            others.append(era("restore", backup, folder))

    restore(backup, folder, None, told)
    assert len(others) > 3
    assert {each.code for each in others} == {5}
    assert all("Error: Another restore is using " in each.err for each in others)
    restored = PracticeHome(folder, "sqlite:///era.db")
    restored.verified()
    assert restored.era("audit", "verify").code == 0

    late = tmp_path / "late"

    def first_is_faster(what: str, *_: int) -> None:
        if what == "checking" and not late.exists():
            assert era("restore", backup, late).code == 0

    with pytest.raises(UsageError, match="is not empty"):
        restore(backup, late, None, first_is_faster)
    PracticeHome(late, "sqlite:///era.db").verified()
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []


def test_a_backup_with_any_byte_changed_or_cut_off_is_refused(sqlite_home: PracticeHome, tmp_path: Path) -> None:
    sqlite_home.run(remittance("90", claim("C1")))
    whole = backed_up(sqlite_home).read_bytes()
    damaged = tmp_path / "damaged.era"
    for at in [0, 1, 2, 20, *range(100, len(whole), len(whole) // 20), len(whole) - 1]:
        damaged.write_bytes(whole[:at])
        assert "is not a usable backup" in refused(damaged, tmp_path / "restored").err, at
        changed = bytearray(whole)
        changed[at] ^= 1
        if unpacked(changed) != unpacked(whole):  # a few bits of gzip say nothing
            damaged.write_bytes(changed)
            assert "is not a usable backup" in refused(damaged, tmp_path / "restored").err, at


def test_a_backup_packed_anew_with_other_content_is_refused(sqlite_home: PracticeHome, tmp_path: Path) -> None:
    sqlite_home.run(remittance("90", claim("C1")))
    whole = backed_up(sqlite_home).read_bytes()
    changed = gzip.decompress(whole).replace(b"CLP*C1*1*120*90", b"CLP*C1*1*120*99")
    (tmp_path / "changed.era").write_bytes(gzip.compress(changed))
    told = refused(tmp_path / "changed.era", tmp_path / "restored").err
    assert "home/archive/001.835 is not what was written" in told or "database/era.db is not what was written" in told


def test_what_is_no_backup_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("Dear reader,")
    assert "is not a usable backup" in refused(tmp_path / "x", tmp_path / "restored").err
    assert "cannot be read" in refused(tmp_path / "y", tmp_path / "restored").err


def repacked(backup: Path, change: dict[str, str], extra: tarfile.TarInfo | None = None) -> Path:
    """The backup with texts replaced in its manifest and in the names of its members."""
    out = backup.with_name("hostile.era")
    with tarfile.open(backup) as given, gzip.open(out, "wb") as zipped, tarfile.open(fileobj=zipped, mode="w|") as made:
        if extra is not None:
            made.addfile(extra)
        for member in given.getmembers():
            file = given.extractfile(member)
            assert file is not None
            data = file.read()
            for old, new in change.items():
                member.name = member.name.replace(old, new)
                if member.name == "manifest.json":
                    data = data.replace(old.encode(), new.encode())
            member.pax_headers = {}
            member.size = len(data)
            made.addfile(member, io.BytesIO(data))
    return out


@pytest.mark.parametrize(
    "name",
    ["home/../../evil.835", "/tmp/evil.835", "home/./evil.835", "home//evil.835", "evil.835", "home/archive/002.835"],
)
def test_a_backup_that_would_write_elsewhere_or_twice_is_refused(
    sqlite_home: PracticeHome, tmp_path: Path, name: str
) -> None:
    sqlite_home.run(remittance("90", claim("C1")), remittance("90", claim("C2"), trace="T2"))
    hostile = repacked(backed_up(sqlite_home), {"home/archive/001.835": name})
    (tmp_path / "deep" / "er").mkdir(parents=True)
    assert "is not a usable backup" in refused(hostile, tmp_path / "deep" / "er" / "restored").err
    assert not list(tmp_path.rglob("evil*"))


def test_a_backup_with_a_link_in_it_is_refused(sqlite_home: PracticeHome, tmp_path: Path) -> None:
    link = tarfile.TarInfo("home/inbox")
    link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path)
    hostile = repacked(backed_up(sqlite_home), {}, link)
    assert "an entry that is not a file" in refused(hostile, tmp_path / "restored").err


def test_nothing_is_restored_over_a_home(week: PracticeHome) -> None:
    backup = backed_up(week)
    before = sorted(week.root.rglob("*"))
    assert "is not empty" in refused(backup, week.root).err
    assert sorted(week.root.rglob("*")) == before


def test_no_postgresql_database_is_filled_twice(tmp_path: Path, postgresql_url: str) -> None:
    home = make_practice(tmp_path / "home", postgresql_url)
    home.expect(expects("C1"))
    backup = backed_up(home)
    assert "is not empty" in refused(backup, tmp_path / "restored").err
    assert "cannot be restored into" in refused(backup, tmp_path / "restored", "--database", "sqlite:///era.db").err
    home.verified()


def test_a_sqlite_file_outside_the_home_is_never_overwritten(tmp_path: Path) -> None:
    home = make_practice(tmp_path / "home", f"sqlite:///{tmp_path}/books.db")
    home.expect(expects("C1"))
    backup = backed_up(home)
    assert "books.db already exists" in refused(backup, tmp_path / "restored").err
    (tmp_path / "books.db").rename(tmp_path / "old.db")
    assert era("restore", backup, tmp_path / "restored").code == 0
    PracticeHome(tmp_path / "restored", home.database_url).verified()
    assert (tmp_path / "books.db").exists()


def killed_writer_of(database: Path) -> None:
    """A program that wrote a table, and was killed before SQLite had put it from its log into the file."""
    script = (
        "import os, signal, sqlite3, sys; books = sqlite3.connect(sys.argv[1]);"
        "books.executescript('PRAGMA journal_mode = wal; PRAGMA wal_autocheckpoint = 0; CREATE TABLE of_another (x);');"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", script, database], check=False, capture_output=True)
    assert Path(f"{database}-wal").exists()


def test_a_log_left_by_another_sqlite_database_is_never_read_into_the_one_restored(sqlite_home: PracticeHome) -> None:
    folder = sqlite_home.root.parent
    books = folder / "books.db"
    backup = backed_up(sqlite_home)
    killed_writer_of(books)
    books.unlink()
    restoring = [folder / "restored", "--database", f"sqlite:///{books}"]
    assert "books.db-wal already exists" in refused(backup, *restoring).err
    for end in ("-wal", "-shm"):  # as of restoring that was killed
        (folder / f"books.db{end}").rename(folder / f".books.db.restoring{end}")
    assert era("restore", backup, *restoring).code == 0
    restored = PracticeHome(folder / "restored", f"sqlite:///{books}")
    assert restored.rows("SELECT name FROM sqlite_master WHERE name = 'of_another'") == []
    restored.verified()


def test_what_a_link_leads_to_becomes_the_home(sqlite_home: PracticeHome, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    assert era("restore", backed_up(sqlite_home), tmp_path / "link").code == 0
    assert (tmp_path / "link").is_symlink()
    PracticeHome(tmp_path / "disk", "sqlite:///era.db").verified()


def test_no_disk_as_a_whole_becomes_a_home(sqlite_home: PracticeHome) -> None:
    ended = era("restore", backed_up(sqlite_home), Path("/proc"))
    assert (ended.code, "is a mounted disk" in ended.err) == (2, True)


def test_no_backup_lands_among_the_files_it_is_of(sqlite_home: PracticeHome) -> None:
    for name in ("inbox", "archive", "quarantine", "acks"):
        ended = sqlite_home.era("backup", sqlite_home.root / name / "backup.era")
        assert (ended.code, "is inside the home" in ended.err) == (2, True)
        assert list((sqlite_home.root / name).iterdir()) == []


def test_another_database_is_written_into_the_settings_and_nothing_else(tmp_path: Path) -> None:
    home = PracticeHome(tmp_path / "home", "sqlite:///era.db")
    assert era("init", home.root).code == 0
    backup = backed_up(home)
    assert era("restore", backup, tmp_path / "restored", "--database", "sqlite:///books.db").code == 0
    before = (home.root / "era.toml").read_text().splitlines()
    after = (tmp_path / "restored" / "era.toml").read_text().splitlines()
    assert [line for line in after if line not in before] == ['database = "sqlite:///books.db"']
    assert len(after) == len(before)
    assert (tmp_path / "restored" / "books.db").exists()
    wrong = era("restore", backup, tmp_path / "other", "--database", "mysql://x:secret@y/z")
    assert (wrong.code, (tmp_path / "other").exists(), "secret" in wrong.err) == (4, False, False)
