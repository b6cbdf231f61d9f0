"""What lies in quarantine: the note beside each file, and trying it again."""

import re
import shlex
from pathlib import Path

import pytest
from practices import PracticeHome, era, expects, remittance
from remittance_text import claim, group, interchange, payment, transaction_set, written
from tampering import problems

from era_engine.custody.notes import note
from era_engine.x12.finding import Finding

GOOD = remittance("90", claim("C1"))
NOT_X12 = "Dear practice, please find attached nothing.\n"
SETS = [transaction_set(payment("90", claim(f"C{n}"), trace=f"T{n}"), f"000{n}") for n in (1, 2)]
WHOLE = written(interchange(group(*SETS)))
CUT = WHOLE[: WHOLE.index("SVC*", WHOLE.index("CLP*C2"))]
OTHER_VERSION = GOOD.replace("005010X221A1", "004010X091A1")


@pytest.fixture
def practice(home: PracticeHome) -> PracticeHome:
    """A home that expects C1 and C2."""
    home.expect(expects("C1"), expects("C2"))
    return home


def quarantine(home: PracticeHome) -> list[str]:
    return sorted(path.name for path in (home.root / "quarantine").iterdir())


def read_note(home: PracticeHome, name: str) -> str:
    return (home.root / "quarantine" / f"{name}.txt").read_text()


# the note


def test_the_note_says_what_is_wrong_where_and_what_to_do(sqlite_home: PracticeHome) -> None:
    sqlite_home.receive(CUT, "x.835")
    assert sqlite_home.era("run").code == 3
    assert read_note(sqlite_home, "x.835") == (
        f"x.835 ({len(CUT)} bytes) is quarantined: some or all of it could not be used.\n"
        "Nothing is lost: the file is next to this note, unchanged. Complete payments in it were still decided;\n"
        "`era eras` lists them.\n"
        "\n"
        "What is wrong\n"
        "  - segment 30: A payment (transaction set) is cut off: it has no end (SE). None of this payment is posted.\n"
        "  - segment 29: A claim payment belongs to a payment that cannot be used. It is not posted.\n"
        "\n"
        "What to do\n"
        "  - See the details (the output names patients):"
        f"  era inspect {sqlite_home.root}/quarantine/x.835\n"
        "  - Ask the sender to resend the whole file, and put it into inbox/ unchanged. What was posted before is"
        " recognized; the rest is decided.\n"
        "  - Try this file again, after you change settings, rules or program:"
        f"  era requeue {sqlite_home.root}/quarantine/x.835 --home {sqlite_home.root}\n"
        "  - Leave this file and this note where they are. `era run` never posts twice what it read before.\n"
    )


@pytest.mark.parametrize("name", ["x.835", "two words.835", "it's.835", "-rf.835", "a\nb.835"])
def test_the_commands_in_the_note_can_be_run_as_they_stand(sqlite_home: PracticeHome, name: str) -> None:
    sqlite_home.receive(NOT_X12, name)
    sqlite_home.era("run")
    commands = re.findall(r":  era (.*?)\n  - ", read_note(sqlite_home, name), re.DOTALL)
    assert len(commands) == 2
    for command in commands:
        ended = era(*shlex.split(command))
        assert (ended.code, ended.err.count("Error")) == (3, 0), command


def test_a_note_tells_many_places_in_one_line_and_knows_every_code() -> None:
    findings = [Finding("claim-not-used", "reject", "Claim C1", n) for n in range(1, 31)]
    assert "segments 1, 2, 3, 4, 5, 6, 7, 8 and 22 more: " in note(Path("/home"), "x.835", 1, findings)
    source = "\n".join(
        path.read_text() for folder in ("x12", "remittance") for path in Path("era_engine", folder).glob("*.py")
    )
    codes = set(re.findall(r'Finding\(\s*"([a-z0-9-]+)",\s*"reject"', source)) | set(
        re.findall(r'_note\(\s*"([a-z0-9-]+)",\s*"reject"', source)
    )
    assert len(codes) > 5
    for code in [*codes, "conformance-missing-segment"]:
        assert "cannot be used (" not in note(Path("/home"), "x.835", 1, [Finding(code, "reject", "secret")]), code


def test_a_note_that_is_gone_is_missed_and_the_next_run_writes_it_again(practice: PracticeHome) -> None:
    practice.receive(NOT_X12, "x.835")
    practice.era("run")
    practice.verified()
    before = read_note(practice, "x.835")
    (practice.root / "quarantine" / "x.835.txt").unlink()
    assert problems(practice) == ["File x.835: quarantine/x.835.txt is missing. `era run` writes it again."]
    assert practice.era("run").code == 0
    assert read_note(practice, "x.835") == before
    practice.verified()


@pytest.mark.parametrize("names", [("x.835", "x.835.txt"), ("x.835.txt", "x.835"), ("x.txt.txt", "x.txt", "x")])
def test_no_note_takes_the_place_of_a_file(practice: PracticeHome, names: tuple[str, ...]) -> None:
    for number, name in enumerate(names):
        practice.receive(f"{NOT_X12}{number}", name)
        practice.era("run")
    contents = [(practice.root / "quarantine" / name).read_text() for name in quarantine(practice)]
    assert len(contents) == 2 * len(names)
    assert {f"{NOT_X12}{number}" for number in range(len(names))} <= set(contents)
    practice.verified()


# trying again


@pytest.mark.parametrize("given", ["x.835", "quarantine/x.835", "quarantine/x.835.txt"])
def test_a_file_tried_again_and_still_unusable_stays_with_a_note(practice: PracticeHome, given: str) -> None:
    practice.receive(CUT, "x.835")
    practice.era("run")
    note_before = read_note(practice, "x.835")
    again = practice.era("requeue", given, "--json")
    assert (again.code, [each["outcome"] for each in again.records]) == (3, ["quarantined"])
    assert quarantine(practice) == ["x.835", "x.835.txt"]
    assert read_note(practice, "x.835") == note_before
    assert len(practice.records("ledger", "--claim", "C1")) == 2  # payment and write-off, once
    practice.verified()


@pytest.mark.both_databases
def test_a_file_that_can_be_used_now_is_decided_and_archived(practice: PracticeHome) -> None:
    practice.set({"conformance": "require"})
    lacking = GOOD.replace("N1*PR*DELTA DENTAL~", "")
    practice.receive(lacking, "x.835")
    assert practice.era("run").code == 3
    practice.set({"conformance": "off"})
    ended = practice.era("requeue", practice.root / "quarantine" / "x.835", "--by", "Ann", "--json")
    assert (ended.code, [each["outcome"] for each in ended.records]) == (0, ["manual"])
    assert (practice.root / "archive" / "x.835").read_text() == lacking
    assert quarantine(practice) == []
    [act] = practice.era("audit", "export", "--act", "requeue").records
    assert (act["by"], act["details"]["file"]) == ("Ann", 1)
    practice.verified()
    assert practice.era("audit", "verify").code == 0


def test_all_of_quarantine_is_tried_and_what_came_whole_in_the_meantime_is_a_duplicate(practice: PracticeHome) -> None:
    for name in ("a.835", "b.835"):
        practice.receive(OTHER_VERSION, name)
        practice.era("run")
    practice.change("UPDATE files SET state = 'archived', stored_as = 'archive/a.835' WHERE id = 1")
    (practice.root / "quarantine" / "a.835").rename(practice.root / "archive" / "a.835")
    (practice.root / "quarantine" / "a.835.txt").unlink()
    told = practice.records("requeue", "--all")
    assert told == [{"file": "b.835", "outcome": "duplicate", "first_file": "a.835"}]
    assert quarantine(practice) == []
    practice.verified()


@pytest.mark.parametrize("every", [True, False], ids=["all", "named"])
def test_what_is_no_longer_what_was_received_is_refused(practice: PracticeHome, every: bool) -> None:
    for name in ("changed.835", "fine.835"):
        practice.receive(NOT_X12 + name, name)
    practice.era("run")
    changed = practice.root / "quarantine" / "changed.835"
    changed.write_text(GOOD)
    ended = practice.era("requeue", *(["--all"] if every else ["fine.835", "changed.835"]))
    said = ended.out if every else ended.err
    assert "quarantine/changed.835 is not what was received." in said
    assert "put it into inbox/ and run `era run`" in said
    assert ended.code == (3 if every else 2)
    assert changed.read_text() == GOOD
    assert practice.posted() == {}
    changed.rename(practice.root / "inbox" / "changed.835")  # the remedy
    assert practice.records("run")[0]["outcome"] == "post"


@pytest.mark.parametrize("words", [[], ["x.835", "--all"], ["y.835"], ["inbox/x.835"], ["x.835", "--by", " "]])
def test_a_requeue_that_cannot_be_carried_out_is_refused(practice: PracticeHome, words: list[str]) -> None:
    practice.receive(NOT_X12, "x.835")
    practice.era("run")
    ended = practice.era("requeue", *words)
    assert (ended.code, ended.out) == (2, "")
    assert "Remedy: " in ended.err


def test_a_file_outside_the_books_in_the_archive_is_not_written_over(practice: PracticeHome) -> None:
    practice.receive(NOT_X12, "x.835")
    practice.era("run")
    stranger = practice.root / "archive" / "x.835"
    stranger.write_text("mine")
    ended = practice.era("requeue", "--all")
    assert (ended.code, "archive/x.835 already exists" in ended.out) == (3, True)
    assert stranger.read_text() == "mine"
