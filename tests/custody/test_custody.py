"""Files come into our keeping, none is lost, and none is read twice."""

import os
import resource
import shutil
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from killing import killed_at
from practices import PracticeHome, Record, expects, remittance
from remittance_text import Delimiters, claim, group, interchange, payment, transaction_set, written

from era_engine.home.folder import Home

GOOD = remittance("90", claim("C1"))
NOT_X12 = "Dear practice, please find attached nothing.\n"


@pytest.fixture
def practice(home: PracticeHome) -> PracticeHome:
    """A home that expects C1 and C2."""
    home.expect(expects("C1"), expects("C2"))
    return home


def kept(home: PracticeHome) -> dict[str, str]:
    """Every file in our keeping, by its path in the home; the note beside a quarantined one is not one of them."""
    folders = (home.root / name for name in ("inbox", "archive", "quarantine"))
    found = {
        str(path.relative_to(home.root)): path.read_bytes().decode("latin-1")
        for folder in folders
        for path in sorted(folder.iterdir())
    }
    notes = [f"{name}.txt" for name in found if name.startswith("quarantine/") and f"{name}.txt" in found]
    return {name: text for name, text in found.items() if name not in notes}


def posted_times(home: PracticeHome, number: str = "C1") -> int:
    return len([each for each in home.records("ledger", "--claim", number) if each["kind"] == "insurance_payment"])


# where files go


def test_a_file_of_the_inbox_moves_to_the_archive(practice: PracticeHome) -> None:
    practice.receive(GOOD, "monday.835")
    [decided] = practice.records("run")
    assert (decided["file"], decided["outcome"]) == ("monday.835", "post")
    assert kept(practice) == {"archive/monday.835": GOOD}
    practice.verified()


def test_a_file_named_by_path_stays_and_a_copy_is_archived(practice: PracticeHome, tmp_path: Path) -> None:
    path = tmp_path / "monday.835"
    path.write_text(GOOD)
    assert practice.records("run", path)[0]["outcome"] == "post"
    assert path.read_text() == GOOD
    assert kept(practice) == {"archive/monday.835": GOOD}
    practice.verified()


def test_a_folder_is_read_by_name_and_what_is_unfinished_is_left_alone(practice: PracticeHome) -> None:
    inbox = practice.root / "inbox"
    for name in (".monday.835", "monday.835.part", "monday.835.tmp"):
        (inbox / name).write_text(GOOD)
    (inbox / "folder").mkdir()
    practice.receive(remittance("90", claim("C2"), trace="B"), "b.835")
    practice.receive(remittance("90", claim("C1"), trace="A"), "a.835")
    told = [(each["file"], each["outcome"]) for each in practice.records("run", inbox)]
    assert told == [("a.835", "post"), ("b.835", "post")]
    assert sorted(path.name for path in inbox.iterdir()) == [
        ".monday.835",
        "folder",
        "monday.835.part",
        "monday.835.tmp",
    ]


def test_a_file_that_is_no_remittance_is_quarantined_and_the_others_are_done(practice: PracticeHome) -> None:
    practice.receive(NOT_X12, "a letter.835")
    practice.receive(GOOD, "monday.835")
    ended = practice.era("run", "--json")
    assert ended.code == 3
    aside, decided = ended.records
    assert (aside["file"], aside["outcome"]) == ("a letter.835", "quarantined")
    assert [each["severity"] for each in aside["findings"]] == ["reject"]
    assert decided["outcome"] == "post"
    assert kept(practice) == {"quarantine/a letter.835": NOT_X12, "archive/monday.835": GOOD}
    practice.verified()


def test_a_path_that_does_not_exist_stops_the_run_before_it_begins(practice: PracticeHome, tmp_path: Path) -> None:
    (tmp_path / "monday.835").write_text(GOOD)
    ended = practice.era("run", tmp_path / "monday.835", tmp_path / "tuesday.835")
    assert ended.code == 2
    assert "tuesday.835 does not exist" in ended.err
    assert kept(practice) == {}
    assert practice.records("log") == []


def test_two_files_of_one_name_are_both_kept(practice: PracticeHome) -> None:
    second = remittance("90", claim("C2"), trace="EFT0002")
    for text in (GOOD, second, NOT_X12, NOT_X12 + "!"):
        practice.receive(text, "today.835")
        practice.era("run")
    found = kept(practice)
    assert sorted(found.values()) == sorted([GOOD, second, NOT_X12, NOT_X12 + "!"])
    assert {name.partition("/")[2].partition(".")[0] for name in found} == {"today"}
    practice.verified()


@pytest.mark.parametrize(
    "name", ["né\u0301e — 日本.835", "-rf.835", "a\nb.835", "'; DROP TABLE files; --.835", "*.835"]
)
def test_a_files_name_may_be_anything(sqlite_home: PracticeHome, name: str) -> None:
    sqlite_home.expect(expects("C1"))
    sqlite_home.receive(GOOD, name)
    assert sqlite_home.records("run")[0]["file"] == name
    assert kept(sqlite_home) == {f"archive/{name}": GOOD}
    sqlite_home.verified()


def test_a_files_name_need_not_be_utf_8(practice: PracticeHome) -> None:
    path = os.fsencode(practice.root / "inbox") + b"/se\xf1ora.835"
    with open(path, "w") as file:
        file.write(GOOD)
    assert practice.records("run")[0]["outcome"] == "post"
    assert list(kept(practice).values()) == [GOOD]
    assert not Path(os.fsdecode(path)).exists()
    practice.verified()


# the same file again


def again(home: PracticeHome, name: str = "again.835") -> Record:
    home.receive(GOOD, name)
    [told] = home.records("run")
    return told


def test_the_same_file_in_the_inbox_again_posts_nothing_and_says_so(practice: PracticeHome) -> None:
    practice.receive(GOOD, "first.835")
    practice.era("run")
    assert again(practice) == {"file": "again.835", "outcome": "duplicate", "first_file": "first.835"}
    assert kept(practice) == {"archive/first.835": GOOD, "archive/again.835": GOOD}
    assert posted_times(practice) == 1
    practice.verified()


@pytest.mark.parametrize("times", [1, 3])
def test_the_same_file_by_path_again_is_not_even_copied(practice: PracticeHome, tmp_path: Path, times: int) -> None:
    path = tmp_path / "path.835"
    path.write_text(GOOD)
    practice.run(GOOD)
    before = kept(practice)
    for _ in range(times):
        assert practice.records("run", path) == [{"file": "path.835", "outcome": "duplicate", "first_file": "001.835"}]
    assert kept(practice) == before
    assert path.read_text() == GOOD
    assert posted_times(practice) == 1
    practice.verified()


def test_a_file_read_by_path_and_then_dropped_into_the_inbox_is_posted_once(
    practice: PracticeHome, tmp_path: Path
) -> None:
    path = tmp_path / "path.835"
    path.write_text(GOOD)
    practice.records("run", path)
    assert again(practice)["outcome"] == "duplicate"
    assert posted_times(practice) == 1
    practice.verified()


def test_the_same_file_twice_in_one_command_is_posted_once(practice: PracticeHome, tmp_path: Path) -> None:
    path = tmp_path / "path.835"
    path.write_text(GOOD)
    decided, repeated = practice.records("run", path, path)
    assert (decided["outcome"], repeated["outcome"]) == ("post", "duplicate")
    assert posted_times(practice) == 1
    practice.verified()


def test_a_file_of_the_archive_is_known(practice: PracticeHome) -> None:
    practice.run(GOOD)
    [told] = practice.records("run", practice.root / "archive" / "001.835")
    assert told["outcome"] == "duplicate"
    practice.verified()


def test_what_was_quarantined_is_read_anew_when_it_comes_again(practice: PracticeHome) -> None:
    """A cut file: its whole payment was done, and is not done twice; the rest is still missing."""
    whole = [transaction_set(payment("90", claim("C1"), trace="A"), "0001")]
    cut = written(interchange(group(*whole, transaction_set(payment("90", claim("C2"), trace="B"), "0002"))))
    cut = cut[: cut.index("CLP*C2")]
    practice.receive(cut, "cut.835")
    first, aside = practice.records("run")
    assert (first["claim_number"], first["outcome"], aside["outcome"]) == ("C1", "post", "quarantined")
    practice.receive(cut, "cut.835")
    repeated, aside = practice.records("run")
    assert (repeated["outcome"], repeated["trace_number"], aside["outcome"]) == ("duplicate", "A", "quarantined")
    assert (posted_times(practice, "C1"), posted_times(practice, "C2")) == (1, 0)
    practice.verified()


def test_the_whole_file_after_the_cut_one_brings_only_what_was_missing(practice: PracticeHome) -> None:
    sets = [transaction_set(payment("90", claim(f"C{n}"), trace=f"T{n}"), f"000{n}") for n in (1, 2)]
    whole = written(interchange(group(*sets)))
    practice.receive(whole[: whole.index("CLP*C2")], "cut.835")
    practice.era("run")
    repeated, decided = practice.run(whole)
    assert (repeated["outcome"], repeated["trace_number"]) == ("duplicate", "T1")
    assert (decided["outcome"], decided["claim_number"]) == ("post", "C2")
    assert (posted_times(practice, "C1"), posted_times(practice, "C2")) == (1, 1)
    practice.verified()


# a disk that fills up, an inbox on another disk


@contextmanager
def disk_with_room_for(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def inbox_elsewhere(sqlite_home: PracticeHome) -> Iterator[PracticeHome]:
    """The inbox is a mount of its own."""
    here = sqlite_home.root.stat().st_dev
    others = [folder for folder in ("/dev/shm", "/var/tmp") if os.path.isdir(folder) and os.stat(folder).st_dev != here]
    if not others:
        pytest.skip("there is only one file system here")
    elsewhere = Path(tempfile.mkdtemp(dir=others[0]))
    inbox = sqlite_home.root / "inbox"
    inbox.rmdir()
    inbox.symlink_to(elsewhere)
    sqlite_home.expect(expects("C1"))
    yield sqlite_home
    shutil.rmtree(elsewhere)


def test_an_inbox_on_another_disk_is_an_inbox(inbox_elsewhere: PracticeHome) -> None:
    inbox_elsewhere.receive(GOOD, "monday.835")
    assert inbox_elsewhere.records("run")[0]["outcome"] == "post"
    assert kept(inbox_elsewhere) == {"archive/monday.835": GOOD}
    inbox_elsewhere.verified()


LARGE = GOOD + "\n" * 3_000_000


def test_a_disk_that_fills_up_while_a_file_is_fetched_loses_nothing(inbox_elsewhere: PracticeHome) -> None:
    inbox_elsewhere.receive(LARGE, "large.835")
    with disk_with_room_for(2_000_000):
        assert inbox_elsewhere.era("run").code == 1
    assert kept(inbox_elsewhere)["inbox/large.835"] == LARGE
    assert inbox_elsewhere.records("run")[0]["outcome"] == "post"
    assert kept(inbox_elsewhere) == {"archive/large.835": LARGE}
    inbox_elsewhere.verified()


def test_a_disk_that_fills_up_while_a_file_is_copied_loses_nothing(sqlite_home: PracticeHome, tmp_path: Path) -> None:
    sqlite_home.expect(expects("C1"))
    path = tmp_path / "large.835"
    path.write_text(LARGE)
    with disk_with_room_for(2_000_000):
        assert sqlite_home.era("run", path).code == 1
    assert sqlite_home.era("run").code == 0
    assert sqlite_home.records("run", path)[0]["outcome"] == "post"
    assert path.read_text() == LARGE
    sqlite_home.verified()


def test_the_same_payment_in_other_clothes_is_another_file_in_our_keeping(practice: PracticeHome) -> None:
    other = remittance_in_other_clothes()
    practice.run(GOOD, other)
    assert list(kept(practice).values()) == [GOOD, other]
    assert posted_times(practice) == 1
    practice.verified()


def remittance_in_other_clothes() -> str:
    sets = transaction_set(payment("90", claim("C1")), "0042")
    return written(interchange(group(sets, control="77"), control="000000099"), Delimiters("|", ">", "{", "'", "\r\n"))


def test_a_home_whose_database_is_gone_takes_nothing_in(sqlite_home: PracticeHome) -> None:
    """A disk that is not mounted: SQLite would make a new database, without claims, and the inbox would go into it."""
    sqlite_home.expect(expects("C1"))
    for file in sqlite_home.root.glob("era.db*"):
        file.rename(file.with_name(f"away-{file.name}"))
    path = sqlite_home.receive(remittance("90", claim("C1")))
    ended = sqlite_home.era("run")
    assert (ended.code, path.exists()) == (1, True)
    assert "of the audit log, which this home remembers, is gone" in ended.err
    for file in sqlite_home.root.glob("away-era.db*"):
        file.replace(file.with_name(file.name.removeprefix("away-")))
    assert [each["outcome"] for each in sqlite_home.records("run")] == ["post"]
    sqlite_home.verified()


def test_what_a_kill_left_of_the_homes_own_files_goes_when_nobody_can_be_writing_it(sqlite_home: PracticeHome) -> None:
    def half_written() -> list[Path]:
        return list(sqlite_home.root.glob(".audit-head.*"))

    assert killed_at(1, "run", "--home", sqlite_home.root, named=("before rename",))
    [left] = half_written()
    own = sqlite_home.root / ".audit-head.bak"  # somebody's, and not ours
    own.touch()
    assert sqlite_home.era("run").code == 0
    assert left.exists()
    for path in (left, own):
        os.utime(path, (time.time() - 3600,) * 2)
    assert sqlite_home.era("run").code == 0
    assert half_written() == [own]


def test_two_who_name_a_home_at_once_give_it_one_name(sqlite_home: PracticeHome) -> None:
    (sqlite_home.root / ".home-id").unlink(missing_ok=True)
    with ThreadPoolExecutor(8) as pool:
        names = set(pool.map(lambda _: Home(sqlite_home.root).identity, range(8)))
    assert len(names) == 1
