"""Remittances that come in gzip and zip files: each member is a file of its own, whatever is wrong with the rest."""

import gzip
import io
import resource
import struct
import warnings
import zipfile
from pathlib import Path

import pytest
from practices import PracticeHome, Record, era, expects, remittance
from remittance_text import claim

A = remittance("90", claim("C1"), trace="A")
B = remittance("90", claim("C2"), trace="B")
CUT = A.replace("*A*", "*D*")[:-60]
NOT_X12 = "Dear practice, please find attached nothing.\n"


@pytest.fixture
def practice(home: PracticeHome) -> PracticeHome:
    """A home that expects C1 and C2."""
    home.expect(expects("C1"), expects("C2"))
    return home


@pytest.fixture
def sqlite_practice(sqlite_home: PracticeHome) -> PracticeHome:
    """The same for what has nothing to do with the kind of database."""
    sqlite_home.expect(expects("C1"), expects("C2"))
    return sqlite_home


def zipped(*members: tuple[str, str]) -> bytes:
    """A zip of members by name; a name may come twice."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file, warnings.catch_warnings(action="ignore"):
        for name, text in members:
            file.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def put(home: PracticeHome, content: bytes, name: str) -> Path:
    path = home.root / "inbox" / name
    path.write_bytes(content)
    return path


def told(records: list[Record]) -> list[tuple[str, str]]:
    return [(each["file"], each["outcome"]) for each in records]


def books(home: PracticeHome) -> list[tuple[str, str, str | None, int | None]]:
    """(name, state, where, the id it was unpacked from) of every file."""
    query = "SELECT name, state, stored_as, unpacked_from FROM files ORDER BY id"
    return [(name, state, at, of) for name, state, at, of in home.rows(query)]


def codes(record: Record) -> list[str]:
    return [each["code"] for each in record["findings"]]


# what is whole


def test_a_gzip_file_is_archived_as_it_came_and_what_is_in_it_is_decided(practice: PracticeHome) -> None:
    packed = gzip.compress(A.encode())
    put(practice, packed, "week.835.gz")
    assert told(practice.records("run")) == [("week.835", "post")]
    assert books(practice) == [
        ("week.835.gz", "archived", "archive/week.835.gz", None),
        ("week.835", "archived", "archive/week.835", 1),
    ]
    assert (practice.root / "archive" / "week.835.gz").read_bytes() == packed
    assert (practice.root / "archive" / "week.835").read_text() == A
    assert "Files in: 2 = 2 archived + 0 quarantined + 0 duplicate + 0 waiting.\n" in practice.verified().out


def test_each_member_of_a_zip_file_is_a_file_of_its_own(practice: PracticeHome) -> None:
    packed = zipped(("a.835", A), ("b/c.835", B), ("b/", ""), ("letter.txt", NOT_X12), ("cut.835", CUT))
    put(practice, packed, "week.zip")
    ended = practice.era("run", "--json")
    assert ended.code == 3
    assert told(ended.records) == [
        ("a.835", "post"),
        ("b_c.835", "post"),
        ("letter.txt", "quarantined"),
        ("cut.835", "quarantined"),
    ]
    assert books(practice) == [
        ("week.zip", "archived", "archive/week.zip", None),
        ("a.835", "archived", "archive/a.835", 1),
        ("b_c.835", "archived", "archive/b_c.835", 1),
        ("letter.txt", "quarantined", "quarantine/letter.txt", 1),
        ("cut.835", "quarantined", "quarantine/cut.835", 1),
    ]
    assert sorted(path.name for path in (practice.root / "quarantine").iterdir()) == [
        *("cut.835", "cut.835.txt", "letter.txt", "letter.txt.txt")
    ]
    practice.verified()


def test_a_container_is_known_by_its_content_not_by_its_name(sqlite_practice: PracticeHome) -> None:
    put(sqlite_practice, zipped(("a.835", A)), "plain.835")
    put(sqlite_practice, gzip.compress(B.encode()), "same.835")
    put(sqlite_practice, B.encode() + b"\n", "text.zip")
    outcomes = told(sqlite_practice.records("run"))
    assert outcomes == [("a.835", "post"), ("same.835", "post"), ("text.zip", "duplicate")]
    assert len({at for _, _, at, _ in books(sqlite_practice)}) == 5
    sqlite_practice.verified()


def test_what_was_read_before_is_a_duplicate_and_not_kept_again(practice: PracticeHome) -> None:
    practice.receive(A, "a.835")
    practice.era("run")
    put(practice, zipped(("again.835", A), ("b.835", B), ("twice.835", B)), "week.zip")
    assert told(practice.records("run")) == [("again.835", "duplicate"), ("b.835", "post"), ("twice.835", "duplicate")]
    assert [(state, at) for _, state, at, _ in books(practice)[2:]] == [
        ("duplicate", None),
        ("archived", "archive/b.835"),
        ("duplicate", None),
    ]
    put(practice, zipped(("again.835", A), ("b.835", B), ("twice.835", B)), "week again.zip")
    assert told(practice.records("run")) == [("week again.zip", "duplicate")]
    assert "Files in: 6 = 3 archived + 0 quarantined + 3 duplicate + 0 waiting.\n" in practice.verified().out


def test_a_container_named_by_path_stays_and_a_copy_is_kept(sqlite_practice: PracticeHome, tmp_path: Path) -> None:
    path = tmp_path / "week.zip"
    path.write_bytes(zipped(("a.835", A)))
    assert told(sqlite_practice.records("run", path)) == [("a.835", "post")]
    assert path.read_bytes() == (sqlite_practice.root / "archive" / "week.zip").read_bytes()
    sqlite_practice.verified()


def test_a_dry_run_reads_what_is_inside_and_keeps_nothing(practice: PracticeHome) -> None:
    put(practice, zipped(("a.835", A), ("b.835", B), ("b again.835", B), ("letter.txt", NOT_X12)), "week.zip")
    dry = told(practice.records("run", "--dry-run"))
    assert books(practice) == []
    assert [path.name for path in practice.root.glob("[aiq]*/*")] == ["week.zip"]
    assert told(practice.records("run")) == dry
    assert [outcome for _, outcome in dry] == ["post", "post", "duplicate", "quarantined"]


def test_inspect_shows_what_is_inside(tmp_path: Path) -> None:
    path = tmp_path / "week.zip"
    path.write_bytes(zipped(("a.835", A), ("inner.zip", "PK\x03\x04")))
    ended = era("inspect", path, "--json")
    assert ended.code == 3
    assert [(each["file"], len(each["remittances"]), codes(each)) for each in ended.records] == [
        ("a.835", 1, []),
        ("inner.zip", 0, ["container-in-container"]),
    ]


# names


NAMES = {
    "../../../etc/passwd": "etc_passwd",
    "/srv/era/era.toml": "srv_era_era.toml",
    "C:\\era\\..\\a.835": "C_era_a.835",
    ".hidden.835": "hidden.835",
    "a\x1b[2J\nb.835": "a_[2J_b.835",
    "né/日本.835": "né_日本.835",
    "..": "unnamed",
    "n" * 300 + ".835": "n" * 50 + ".835",
}


@pytest.mark.parametrize(("given", "name"), NAMES.items(), ids=NAMES.values())
def test_a_members_name_is_made_safe(sqlite_practice: PracticeHome, given: str, name: str) -> None:
    before = sorted(path for path in sqlite_practice.root.parent.rglob("*") if path.is_file())
    put(sqlite_practice, zipped((given, A)), "week.zip")
    assert told(sqlite_practice.records("run")) == [(name, "post")]
    assert (sqlite_practice.root / "archive" / name).read_text() == A
    after = {path for path in sqlite_practice.root.parent.rglob("*") if path.is_file()} - set(before)
    assert {path.parent.name for path in after} <= {"archive", "acks", "home"}
    sqlite_practice.verified()


def test_members_of_one_name_are_both_kept(sqlite_practice: PracticeHome) -> None:
    sqlite_practice.receive(NOT_X12, "a.835")
    put(sqlite_practice, zipped(("a.835", A), ("a.835", B)), "week.zip")
    assert [outcome for _, outcome in told(sqlite_practice.records("run"))] == ["quarantined", "post", "post"]
    sqlite_practice.verified()


def test_what_a_mac_packs_beside_the_files_is_no_file(sqlite_practice: PracticeHome) -> None:
    put(sqlite_practice, zipped(("a.835", A), ("__MACOSX/._a.835", "\x00\x05\x16\x07"), (".DS_Store", "x")), "week.zip")
    assert told(sqlite_practice.records("run")) == [("a.835", "post")]


# what is not whole


def encrypted(content: bytes) -> bytes:
    """The first member says that it is encrypted."""
    content = content.replace(b"PK\x03\x04\x14\x00\x00\x00", b"PK\x03\x04\x14\x00\x01\x00", 1)
    at = content.index(b"PK\x01\x02")
    return content[: at + 8] + b"\x01\x00" + content[at + 10 :]


def wrong_checksum(content: bytes) -> bytes:
    """Of the first member, in both places."""
    right = content[14:18]
    return content.replace(right, b"\x00\x00\x00\x00")


def other_method(content: bytes) -> bytes:
    at = content.index(b"PK\x01\x02")
    return content[: at + 10] + struct.pack("<H", 14) + content[at + 12 :]  # LZMA


TWO = zipped(("a.835", A), ("b.835", B))
PARTLY = {
    "encrypted": (encrypted(TWO), "member-encrypted"),
    "a wrong checksum": (wrong_checksum(TWO), "member-damaged"),
    "another compression": (other_method(TWO), "member-damaged"),
    "a changed byte": (TWO[:60] + bytes([TWO[60] ^ 0xFF]) + TWO[61:], "member-damaged"),
}


@pytest.mark.parametrize(("content", "code"), PARTLY.values(), ids=PARTLY)
def test_whole_members_of_a_damaged_zip_file_are_decided_all_the_same(
    sqlite_practice: PracticeHome, content: bytes, code: str
) -> None:
    put(sqlite_practice, content, "week.zip")
    decided, aside = sqlite_practice.records("run")
    assert (decided["file"], decided["outcome"]) == ("b.835", "post")
    assert (aside["file"], codes(aside)) == ("week.zip", [code])
    assert [(name, state) for name, state, _, _ in books(sqlite_practice)] == [
        ("week.zip", "quarantined"),
        ("b.835", "archived"),
    ]
    assert "File 1 of 2 in it is" in (sqlite_practice.root / "quarantine" / "week.zip.txt").read_text()
    assert told(sqlite_practice.records("requeue", "week.zip")) == [("week.zip", "quarantined")]
    put(sqlite_practice, TWO, "whole.zip")
    assert told(sqlite_practice.records("run")) == [("a.835", "post"), ("b.835", "duplicate")]
    sqlite_practice.verified()


PACKED = gzip.compress(A.encode())
NOTHING_USED = {
    "a cut zip": (TWO[:-30], "container-damaged"),
    "an empty zip": (zipped(), "container-empty"),
    "a zip of folders": (zipped(("a/", "")), "container-empty"),
    "a cut gzip": (PACKED[:-20], "container-damaged"),
    "a gzip with a wrong checksum": (PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:], "container-damaged"),
    "a gzip followed by something": (PACKED + b"more", "container-damaged"),
    "a spreadsheet": (zipped(("[Content_Types].xml", "<x/>"), ("a.835", A)), "container-document"),
    "too many members": (zipped(*((f"{n:05}", "") for n in range(2_001))), "container-too-large"),
    "a zip that unpacks to too much": (zipped(("a.835", A), ("0", "0" * (1 << 20))), "container-too-large"),
    "a gzip that unpacks to too much": (gzip.compress(b"0" * (1 << 20 | 1)), "container-too-large"),
}


@pytest.mark.parametrize(("content", "code"), NOTHING_USED.values(), ids=NOTHING_USED)
def test_a_container_of_which_nothing_can_be_used_is_quarantined(
    sqlite_practice: PracticeHome, content: bytes, code: str
) -> None:
    sqlite_practice.set({"files.largest_megabytes": 1})
    put(sqlite_practice, content, "week.835")
    [aside] = sqlite_practice.records("run")
    assert (aside["outcome"], codes(aside)) == ("quarantined", [code])
    assert [(state, at) for _, state, at, _ in books(sqlite_practice)] == [("quarantined", "quarantine/week.835")]
    assert aside["findings"][0]["message"] in (sqlite_practice.root / "quarantine" / "week.835.txt").read_text()
    assert (sqlite_practice.root / "quarantine" / "week.835").read_bytes() == content
    assert [path.name for path in (sqlite_practice.root / "archive").iterdir()] == []
    sqlite_practice.verified()


@pytest.mark.parametrize("inner", [zipped(("a.835", A)), gzip.compress(A.encode())], ids=["zip", "gzip"])
def test_a_container_in_a_container_is_not_opened(sqlite_practice: PracticeHome, inner: bytes) -> None:
    put(sqlite_practice, gzip.compress(inner), "week.zip.gz")
    [aside] = sqlite_practice.records("run")
    assert (aside["file"], codes(aside)) == ("week.zip", ["container-in-container"])
    assert [state for _, state, _, _ in books(sqlite_practice)] == ["archived", "quarantined"]
    sqlite_practice.verified()


def test_an_empty_member_is_an_empty_file(sqlite_practice: PracticeHome) -> None:
    put(sqlite_practice, zipped(("empty.835", ""), ("a.835", A)), "week.zip")
    put(sqlite_practice, gzip.compress(b""), "nothing.835.gz")
    outcomes = [("nothing.835", "quarantined"), ("empty.835", "quarantined"), ("a.835", "post")]
    assert told(sqlite_practice.records("run")) == outcomes
    sqlite_practice.verified()


def test_a_zip_that_lies_about_its_size_is_believed_nowhere(sqlite_practice: PracticeHome) -> None:
    """It says that its member has ten bytes where it has thirty million."""
    content = zipped(("a.835", "0" * 30_000_000))
    content = content.replace(struct.pack("<I", 30_000_000), struct.pack("<I", 10))
    put(sqlite_practice, content, "week.zip")
    [aside] = sqlite_practice.records("run")
    assert codes(aside) == ["member-damaged"]
    sqlite_practice.verified()


def test_a_directory_without_end_is_not_read_into_memory(sqlite_practice: PracticeHome) -> None:
    entry = TWO[TWO.index(b"PK\x01\x02") : TWO.index(b"PK\x01\x02", TWO.index(b"PK\x01\x02") + 4)]
    directory = entry * 600_000
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, len(directory), 0, 0)
    put(sqlite_practice, b"PK\x03\x04" + directory + end, "week.zip")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    [aside] = sqlite_practice.records("run")
    assert codes(aside) == ["container-too-large"]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000  # KB; the directory is 30 MB
