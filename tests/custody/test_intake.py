"""What comes in: which files a run takes, which it leaves, and what becomes of odd ones, in the books and on disk."""

import fcntl
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from practices import Ended, PracticeHome, Record, expects, remittance
from remittance_text import claim

GOOD = remittance("90", claim("C1"))


@pytest.fixture
def practice(sqlite_home: PracticeHome) -> PracticeHome:
    """A home that expects C1."""
    sqlite_home.expect(expects("C1"))
    return sqlite_home


def logged(ended: Ended) -> list[Record]:
    """What a run said it left where it is."""
    lines = Ended(0, ended.err, "").records
    return [{key: each[key] for key in ("file", "reason")} for each in lines if each["event"] == "file-left"]


def states(home: PracticeHome) -> list[tuple[str, str, str]]:
    return [(name, state, at) for name, state, at in home.rows("SELECT name, state, stored_as FROM files ORDER BY id")]


def files_in(home: PracticeHome) -> str:
    [line] = [line for line in home.verified().out.splitlines() if line.startswith("Files in: ")]
    return line


# still being written


def test_a_file_that_somebody_has_open_for_writing_is_left_to_the_next_run(practice: PracticeHome) -> None:
    half = len(GOOD) // 2
    with (practice.root / "inbox" / "slow.835").open("w") as upload:
        upload.write(GOOD[:half])
        upload.flush()
        ended = practice.era("run", "--json")
        assert (ended.code, ended.out) == (0, "")
        assert logged(ended) == [{"file": "slow.835", "reason": "being-written"}]
        assert files_in(practice) == "Files in: 1 = 0 archived + 0 quarantined + 0 duplicate + 1 waiting."
        upload.write(GOOD[half:])
    assert [each["outcome"] for each in practice.records("run")] == ["post"]
    assert files_in(practice) == "Files in: 1 = 1 archived + 0 quarantined + 0 duplicate + 0 waiting."


def test_a_file_named_by_path_is_not_read_half_either(practice: PracticeHome, tmp_path: Path) -> None:
    path = tmp_path / "slow.835"
    with path.open("w") as upload:
        upload.write(GOOD[:200])
        upload.flush()
        for words in (["run", path], ["run", "--dry-run", path]):
            assert logged(practice.era(*words)) == [{"file": "slow.835", "reason": "being-written"}]
        upload.write(GOOD[200:])
    assert states(practice) == []
    assert [each["outcome"] for each in practice.records("run", path)] == ["post"]


def test_what_is_left_is_told_to_people_too(practice: PracticeHome) -> None:
    (practice.root / "inbox" / "monday.835.filepart").write_text(GOOD[:200])
    assert practice.era("run").out == (
        "No ERA files to read. Put them into inbox/, or name them: era run PATH.\n\nNot read\n"
        "  monday.835.filepart is still being written; a later run reads it when it is complete.\n"
    )


@pytest.mark.parametrize("ending", [".tmp", ".part", ".filepart", ".crdownload", ".PART"])
def test_an_uploaders_name_is_left_until_the_file_has_its_own(practice: PracticeHome, ending: str) -> None:
    path = practice.receive(GOOD, f"monday.835{ending}")
    assert logged(practice.era("run")) == [{"file": path.name, "reason": "being-written"}]
    path.rename(path.with_name("monday.835"))
    assert [each["file"] for each in practice.records("run")] == ["monday.835"]


@pytest.fixture
def nobody_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that does not tell who writes."""
    monkeypatch.delattr(fcntl, "F_SETLEASE")


@contextmanager
def growing(path: Path) -> Iterator[None]:
    """Somebody adds a line to a file every few milliseconds, and never holds it open for long."""
    done = threading.Event()

    def grow() -> None:
        while not done.wait(0.002):
            with path.open("a") as upload:
                upload.write("\n")

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        yield
    finally:
        done.set()
        writer.join()


@pytest.mark.usefixtures("nobody_says")
def test_where_nobody_says_who_writes_a_file_must_be_quiet_for_a_second(practice: PracticeHome) -> None:
    practice.receive(remittance("90", claim("C1"), trace="EFT0002"), "old.835")
    new = practice.root / "inbox" / "new.835"
    new.write_text(GOOD)
    with growing(new):
        ended = practice.era("run", "--json")
    assert logged(ended) == [{"file": "new.835", "reason": "being-written"}]
    assert [each["file"] for each in ended.records] == ["old.835"]
    assert [each["file"] for each in practice.records("run")] == ["new.835"]


@pytest.mark.usefixtures("nobody_says")
def test_a_file_that_changes_while_it_is_read_is_left(practice: PracticeHome, tmp_path: Path) -> None:
    path = tmp_path / "large.835"
    path.write_text(GOOD + "\n" * 40_000_000)
    with growing(path):
        assert logged(practice.era("run", path)) == [{"file": "large.835", "reason": "being-written"}]
    assert states(practice) == []


# what is no file, and odd files


def make_folder(path: Path) -> None:
    path.mkdir()
    (path / "inside.835").write_text(GOOD)


def make_socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the path of a socket may be but a hundred characters long
    try:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(path.name)
    finally:
        os.chdir(here)


def make_link_to_a_folder(path: Path) -> None:
    path.symlink_to(path.parent.parent / "acks")


NO_FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a folder": (make_folder, "folder"),
    "a link to a folder": (make_link_to_a_folder, "folder"),
    "a pipe": (os.mkfifo, "no-file"),
    "a socket": (make_socket, "no-file"),
}


@pytest.mark.parametrize(("make", "reason"), NO_FILES.values(), ids=NO_FILES)
def test_what_is_no_file_is_told_and_left(practice: PracticeHome, make: Callable[[Path], object], reason: str) -> None:
    odd = practice.root / "inbox" / "x.835"
    make(odd)
    practice.receive(GOOD, "y.835")
    ended = practice.era("run")
    assert (ended.code, logged(ended)) == (0, [{"file": "x.835", "reason": reason}])
    assert os.path.lexists(odd)
    assert states(practice) == [("y.835", "archived", "archive/y.835")]
    assert files_in(practice) == "Files in: 1 = 1 archived + 0 quarantined + 0 duplicate + 0 waiting."


def test_a_pipe_named_by_path_is_not_waited_for(practice: PracticeHome, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.835")
    ended = practice.era("run", tmp_path / "x.835")
    assert (ended.code, "x.835 could not be read and stays where it is:" in ended.out) == (3, True)


def test_a_link_to_nothing_cannot_be_read_stays_and_waits(practice: PracticeHome) -> None:
    (practice.root / "inbox" / "x.835").symlink_to("nowhere")
    practice.receive(GOOD, "y.835")
    aside, decided = practice.records("run")
    assert (aside["file"], aside["outcome"], aside["findings"][0]["code"]) == (
        "x.835",
        "quarantined",
        "unreadable-file",
    )
    assert decided["outcome"] == "post"
    assert os.path.lexists(practice.root / "inbox" / "x.835")
    assert files_in(practice) == "Files in: 2 = 1 archived + 0 quarantined + 0 duplicate + 1 waiting."


@pytest.mark.parametrize("link", [os.symlink, os.link], ids=["symbolic", "hard"])
def test_of_a_link_the_content_is_kept_and_the_file_stays_whose_it_is(
    practice: PracticeHome, tmp_path: Path, link: Callable[[Path, Path], None]
) -> None:
    path = tmp_path / "theirs.835"
    path.write_text(GOOD)
    path.chmod(0o644)
    link(path, practice.root / "inbox" / "x.835")
    assert [each["outcome"] for each in practice.records("run")] == ["post"]
    kept = practice.root / "archive" / "x.835"
    assert (kept.is_symlink(), kept.stat().st_nlink, kept.stat().st_mode & 0o777) == (False, 1, 0o600)
    assert (path.read_text(), path.stat().st_mode & 0o777) == (GOOD, 0o644)
    assert not os.path.lexists(practice.root / "inbox" / "x.835")
    practice.verified()


ODD = {
    "empty": b"",
    "binary": bytes(range(256)) * 40,
    "a PDF": b"%PDF-1.4\n\xe2\xe3\xcf\xd3\n",
    "utf-16": GOOD.encode("utf-16"),
    "one line without an end": b"ISA" * 100_000,
}


@pytest.mark.parametrize("content", ODD.values(), ids=ODD)
def test_a_file_that_is_no_remittance_is_quarantined_with_a_note(practice: PracticeHome, content: bytes) -> None:
    (practice.root / "inbox" / "x.835").write_bytes(content)
    assert [each["outcome"] for each in practice.records("run")] == ["quarantined"]
    assert states(practice) == [("x.835", "quarantined", "quarantine/x.835")]
    assert (practice.root / "quarantine" / "x.835").read_bytes() == content
    note = (practice.root / "quarantine" / "x.835.txt").read_text()
    assert note.startswith(f"x.835 ({len(content):,} bytes) is quarantined")
    assert files_in(practice) == "Files in: 1 = 0 archived + 1 quarantined + 0 duplicate + 0 waiting."


def test_a_file_over_the_practices_limit_is_quarantined_and_read_when_the_limit_is_larger(
    practice: PracticeHome,
) -> None:
    practice.set({"files.largest_megabytes": 1})
    practice.receive(GOOD + "\n" * (1 << 20), "huge.835")
    [aside] = practice.records("run")
    assert [each["code"] for each in aside["findings"]] == ["file-too-large"]
    note = (practice.root / "quarantine" / "huge.835.txt").read_text()
    assert "The file is larger than 1 MB, the limit in the settings." in note
    assert "largest_megabytes" in note
    practice.set({"files.largest_megabytes": 2})
    assert [each["outcome"] for each in practice.records("requeue", "huge.835")] == ["post"]
    practice.verified()


def test_all_that_we_keep_is_for_this_user_alone(practice: PracticeHome, tmp_path: Path) -> None:
    practice.receive(GOOD, "a.835").chmod(0o666)
    practice.receive("no remittance", "b.835").chmod(0o644)
    path = tmp_path / "c.835"
    path.write_text(GOOD + "\n")
    practice.era("run", "--log-file", practice.root / "run.log")
    practice.era("run", path)
    kept = [path for name in ("archive", "quarantine") for path in (practice.root / name).iterdir()]
    assert len(kept) == 4  # with a note
    assert {oct(path.stat().st_mode & 0o777) for path in [*kept, practice.root / "run.log"]} == {"0o600"}
