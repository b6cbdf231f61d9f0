"""What comes in: which files a run takes, which it leaves, and what becomes of odd ones, in the books and on disk."""

import fcntl
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from offices import Ended, OfficeHome, Record, expects, remittance
from remittance_text import claim

GOOD = remittance("90", claim("C1"))


@pytest.fixture
def office(sqlite_home: OfficeHome) -> OfficeHome:
    """A home that expects C1."""
    sqlite_home.expect(expects("C1"))
    return sqlite_home


def logged(ended: Ended) -> list[Record]:
    """What a run said it left where it is."""
    lines = Ended(0, ended.err, "").records
    return [{key: each[key] for key in ("file", "reason")} for each in lines if each["event"] == "file-left"]


def states(home: OfficeHome) -> list[tuple[str, str, str]]:
    return [(name, state, at) for name, state, at in home.rows("SELECT name, state, stored_as FROM files ORDER BY id")]


def files_in(home: OfficeHome) -> str:
    [line] = [line for line in home.verified().out.splitlines() if line.startswith("Files in: ")]
    return line


# still being written


def test_a_file_that_somebody_has_open_for_writing_is_left_to_the_next_run(office: OfficeHome) -> None:
    half = len(GOOD) // 2
    with (office.root / "inbox" / "slow.835").open("w") as upload:
        upload.write(GOOD[:half])
        upload.flush()
        ended = office.era("run", "--json")
        assert (ended.code, ended.out) == (0, "")
        assert logged(ended) == [{"file": "slow.835", "reason": "being-written"}]
        assert files_in(office) == "Files in: 1 = 0 archived + 0 quarantined + 0 duplicate + 1 waiting."
        upload.write(GOOD[half:])
    assert [each["outcome"] for each in office.records("run")] == ["post"]
    assert files_in(office) == "Files in: 1 = 1 archived + 0 quarantined + 0 duplicate + 0 waiting."


def test_a_file_named_by_path_is_not_read_half_either(office: OfficeHome, tmp_path: Path) -> None:
    path = tmp_path / "slow.835"
    with path.open("w") as upload:
        upload.write(GOOD[:200])
        upload.flush()
        for words in (["run", path], ["run", "--dry-run", path]):
            assert logged(office.era(*words)) == [{"file": "slow.835", "reason": "being-written"}]
        upload.write(GOOD[200:])
    assert states(office) == []
    assert [each["outcome"] for each in office.records("run", path)] == ["post"]


def test_what_is_left_is_told_to_people_too(office: OfficeHome) -> None:
    (office.root / "inbox" / "monday.835.filepart").write_text(GOOD[:200])
    assert office.era("run").out == (
        "No remittance files to read. Put them into inbox/, or name them: era run PATH.\n\nLeft where they are\n"
        "  monday.835.filepart is still being written; the next run takes it when it is whole.\n"
    )


@pytest.mark.parametrize("ending", [".tmp", ".part", ".filepart", ".crdownload", ".PART"])
def test_an_uploaders_name_is_left_until_the_file_has_its_own(office: OfficeHome, ending: str) -> None:
    path = office.receive(GOOD, f"monday.835{ending}")
    assert logged(office.era("run")) == [{"file": path.name, "reason": "being-written"}]
    path.rename(path.with_name("monday.835"))
    assert [each["file"] for each in office.records("run")] == ["monday.835"]


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
def test_where_nobody_says_who_writes_a_file_must_be_quiet_for_a_second(office: OfficeHome) -> None:
    office.receive(remittance("90", claim("C1"), trace="EFT0002"), "old.835")
    new = office.root / "inbox" / "new.835"
    new.write_text(GOOD)
    with growing(new):
        ended = office.era("run", "--json")
    assert logged(ended) == [{"file": "new.835", "reason": "being-written"}]
    assert [each["file"] for each in ended.records] == ["old.835"]
    assert [each["file"] for each in office.records("run")] == ["new.835"]


@pytest.mark.usefixtures("nobody_says")
def test_a_file_that_changes_while_it_is_read_is_left(office: OfficeHome, tmp_path: Path) -> None:
    path = tmp_path / "large.835"
    path.write_text(GOOD + "\n" * 40_000_000)
    with growing(path):
        assert logged(office.era("run", path)) == [{"file": "large.835", "reason": "being-written"}]
    assert states(office) == []


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
def test_what_is_no_file_is_told_and_left(office: OfficeHome, make: Callable[[Path], object], reason: str) -> None:
    odd = office.root / "inbox" / "x.835"
    make(odd)
    office.receive(GOOD, "y.835")
    ended = office.era("run")
    assert (ended.code, logged(ended)) == (0, [{"file": "x.835", "reason": reason}])
    assert os.path.lexists(odd)
    assert states(office) == [("y.835", "archived", "archive/y.835")]
    assert files_in(office) == "Files in: 1 = 1 archived + 0 quarantined + 0 duplicate + 0 waiting."


def test_a_pipe_named_by_path_is_not_waited_for(office: OfficeHome, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.835")
    ended = office.era("run", tmp_path / "x.835")
    assert (ended.code, "x.835 could not be read and stays where it is:" in ended.out) == (3, True)


def test_a_link_to_nothing_cannot_be_read_stays_and_waits(office: OfficeHome) -> None:
    (office.root / "inbox" / "x.835").symlink_to("nowhere")
    office.receive(GOOD, "y.835")
    aside, decided = office.records("run")
    assert (aside["file"], aside["outcome"], aside["findings"][0]["code"]) == (
        "x.835",
        "quarantined",
        "unreadable-file",
    )
    assert decided["outcome"] == "post"
    assert os.path.lexists(office.root / "inbox" / "x.835")
    assert files_in(office) == "Files in: 2 = 1 archived + 0 quarantined + 0 duplicate + 1 waiting."


@pytest.mark.parametrize("link", [os.symlink, os.link], ids=["symbolic", "hard"])
def test_of_a_link_the_content_is_kept_and_the_file_stays_whose_it_is(
    office: OfficeHome, tmp_path: Path, link: Callable[[Path, Path], None]
) -> None:
    path = tmp_path / "theirs.835"
    path.write_text(GOOD)
    path.chmod(0o644)
    link(path, office.root / "inbox" / "x.835")
    assert [each["outcome"] for each in office.records("run")] == ["post"]
    kept = office.root / "archive" / "x.835"
    assert (kept.is_symlink(), kept.stat().st_nlink, kept.stat().st_mode & 0o777) == (False, 1, 0o600)
    assert (path.read_text(), path.stat().st_mode & 0o777) == (GOOD, 0o644)
    assert not os.path.lexists(office.root / "inbox" / "x.835")
    office.verified()


ODD = {
    "empty": b"",
    "binary": bytes(range(256)) * 40,
    "a PDF": b"%PDF-1.4\n\xe2\xe3\xcf\xd3\n",
    "utf-16": GOOD.encode("utf-16"),
    "one line without an end": b"ISA" * 100_000,
}


@pytest.mark.parametrize("content", ODD.values(), ids=ODD)
def test_a_file_that_is_no_remittance_is_quarantined_with_a_note(office: OfficeHome, content: bytes) -> None:
    (office.root / "inbox" / "x.835").write_bytes(content)
    assert [each["outcome"] for each in office.records("run")] == ["quarantined"]
    assert states(office) == [("x.835", "quarantined", "quarantine/x.835")]
    assert (office.root / "quarantine" / "x.835").read_bytes() == content
    note = (office.root / "quarantine" / "x.835.txt").read_text()
    assert note.startswith(f"x.835 ({len(content):,} bytes) was put aside")
    assert files_in(office) == "Files in: 1 = 0 archived + 1 quarantined + 0 duplicate + 0 waiting."


def test_a_file_over_the_offices_limit_is_put_aside_and_read_when_the_limit_is_larger(office: OfficeHome) -> None:
    office.set({"files.largest_megabytes": 1})
    office.receive(GOOD + "\n" * (1 << 20), "huge.835")
    [aside] = office.records("run")
    assert [each["code"] for each in aside["findings"]] == ["file-too-large"]
    note = (office.root / "quarantine" / "huge.835.txt").read_text()
    assert "The file is larger than 1 MB, the most this office reads." in note
    assert "largest_megabytes" in note
    office.set({"files.largest_megabytes": 2})
    assert [each["outcome"] for each in office.records("requeue", "huge.835")] == ["post"]
    office.verified()


def test_all_that_we_keep_is_for_this_user_alone(office: OfficeHome, tmp_path: Path) -> None:
    office.receive(GOOD, "a.835").chmod(0o666)
    office.receive("no remittance", "b.835").chmod(0o644)
    path = tmp_path / "c.835"
    path.write_text(GOOD + "\n")
    office.era("run", "--log-file", office.root / "run.log")
    office.era("run", path)
    kept = [path for name in ("archive", "quarantine") for path in (office.root / name).iterdir()]
    assert len(kept) == 4  # with a note
    assert {oct(path.stat().st_mode & 0o777) for path in [*kept, office.root / "run.log"]} == {"0o600"}
