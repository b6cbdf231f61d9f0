"""What senders are answered (999, TA1): it agrees with what was found and used, and it says nothing of a patient."""

import os
import re
from pathlib import Path

import pytest
from answers import ReadBack, answers_of, refused_by_pyx12
from practices import PracticeHome, expects, make_practice, remittance
from remittance_text import (
    Delimiters,
    Segments,
    claim,
    group,
    interchange,
    payment,
    remittance_file,
    transaction_set,
    written,
)
from test_canaries import CUT, NO_X12, ORDINARY, STRANGE, silent
from where import TESTS

from era_engine.questions.inspection import inspect_file

DAMAGED = sorted([*TESTS.glob("errors/reader/*.835"), *TESTS.glob("fixtures/fail/*.835")])
SOUND = sorted([*TESTS.glob("fixtures/pass/*.835"), *TESTS.parent.glob("sample_835/*.835")])
CORPUS = os.environ.get("ERA_CORPUS")


def asking(text: str) -> str:
    """The same file, but each interchange asks for a TA1 (ISA14)."""
    asked = r"(ISA(.).{60,100}?\2)0(\2[PT]\2)"
    return re.sub(asked, r"\g<1>1\3", text, flags=re.IGNORECASE | re.DOTALL)


def one(home: PracticeHome, text: str, name: str = "remittance.835") -> list[ReadBack]:
    """Run over a file that came in; returns the answers to it."""
    home.receive(text, name)
    assert home.era("run").code in (0, 3)
    return answers_of(home, name)


def said(answers: list[ReadBack]) -> str:
    return " || ".join(" ".join(each.said) for each in answers)


def sets(*segments: Segments) -> list[Segments]:
    return [transaction_set(each, f"{number:04d}") for number, each in enumerate(segments, start=1)]


# one file, read and answered


def test_a_clean_file_is_accepted(home: PracticeHome) -> None:
    [answer] = one(home, remittance("90", claim()))
    [received] = home.rows("SELECT received_at FROM files")
    day, time = received[0][:10].replace("-", ""), received[0][11:19].replace(":", "")
    assert answer.name == "000001-1-000000001.999"
    assert answer.segments == [
        f"ISA*00*          *00*          *ZZ*PRACTICE       *ZZ*PAYER          *{day[2:]}*{time[:4]}*^*00501*000001001"
        "*0*P*:",
        f"GS*FA*PRACTICE*PAYER*{day}*{time}*1001*X*005010X231A1",
        "ST*999*0001*005010X231A1",
        "AK1*HP*1*005010X221A1",
        "AK2*835*0001*005010X221A1",
        "IK5*A",
        "AK9*A*1*1*1",
        "SE*6*0001",
        "GE*1*1001",
        "IEA*1*000001001",
    ]
    assert refused_by_pyx12([answer]) == []


def test_whatever_the_money_does_is_no_matter_of_syntax(home: PracticeHome) -> None:
    [answer] = one(home, remittance("91", claim("C1"), claim("C1", "120", "80")))
    assert said([answer]) == "AK1*HP*1*005010X221A1 AK2*835*0001*005010X221A1 IK5*A AK9*A*1*1*1"
    assert len(home.records("log")) == 2


def test_faults_are_told_by_segment_and_element_and_bad_values_are_not_repeated(sqlite_home: PracticeHome) -> None:
    [answer] = one(sqlite_home, remittance("90", claim("C1", "12O", "9O"), claim("C2", "12O")))
    assert answer.of("IK3", "IK4", "IK5") == [
        "IK3*CLP*11*2100*8",  # the same fault of the second claim is told here, at its first place
        "IK4*3**6",
        "IK4*4**6",
        "IK3*SVC*13*2110*8",
        "IK4*2**6",
        "IK4*3**6",
        "IK5*E*5",
    ]
    assert "12O" not in answer.text


def test_a_set_that_is_cut_is_rejected_and_the_whole_one_before_it_is_not(home: PracticeHome) -> None:
    home.expect(expects("C1"))
    whole = remittance_file(*sets(payment("90", claim("C1"), trace="A"), payment("90", claim("C2"), trace="B")))
    [answer] = one(home, asking(whole[: whole.index("CLP*C2")]))
    assert answer.said == [
        "TA1*000000001*261101*0900*E*023",
        "AK1*HP*1*005010X221A1",
        "AK2*835*0001*005010X221A1",
        "IK5*A",
        "AK2*835*0002*005010X221A1",
        "IK5*R*2",
        "AK9*P*2*2*1*3",
    ]
    assert [each["outcome"] for each in home.records("log")] == ["post"]
    [[state]] = home.rows("SELECT state FROM files")
    assert state == "quarantined"


# the levels above


def test_each_group_has_a_999_and_each_interchange_an_answer(sqlite_home: PracticeHome) -> None:
    first = interchange(
        group(*sets(payment("90", claim("C1"), trace="A"))),
        group(*sets(payment("90", claim("C2", write_off="x"), trace="B")), control="2"),
        group(*sets(payment("90", claim("C3"), trace="C")), control="3", version="004010X091A1"),
    )
    second = interchange(group(*sets(payment("90", claim("C4"), trace="D"))), control="000000002")
    others = Delimiters("|", ">", "!", "'", "\r\n")
    answers = one(sqlite_home, written(first) + asking(written(second, others)))
    assert [each.name for each in answers] == ["000001-1-000000001.999", "000001-2-000000002.999"]
    assert [each.of("TA1", "AK1", "IK5", "AK9") for each in answers] == [
        [
            *("AK1*HP*1*005010X221A1", "IK5*A", "AK9*A*1*1*1"),
            *("AK1*HP*2*005010X221A1", "IK5*E*5", "AK9*E*1*1*1"),
            *("AK1*HP*3*004010X091A1", "IK5*R*I6", "AK9*R*1*1*0*2"),
        ],
        ["TA1*000000002*261101*0900*A*000", "AK1*HP*1*005010X221A1", "IK5*A", "AK9*A*1*1*1"],
    ]
    assert [each.elements["ISA"][13] for each in answers] == ["000001001", "000001002"]
    assert [each.of("ST") for each in answers] == [
        [f"ST*999*000{number}*005010X231A1" for number in (1, 2, 3)],
        ["ST*999*0001*005010X231A1"],
    ]
    assert refused_by_pyx12(answers) == []


def test_a_ta1_comes_where_it_is_asked_for_and_before_the_groups(sqlite_home: PracticeHome) -> None:
    [answer] = one(sqlite_home, asking(remittance("90", claim())))
    assert [each.partition("*")[0] for each in answer.segments[:3]] == ["ISA", "TA1", "GS"]
    assert answer.elements["ISA"][14] == "0"  # nobody answers an answer
    assert answer.of("TA1") == ["TA1*000000001*261101*0900*A*000"]


NO_GROUP = written(interchange())


def test_an_interchange_without_a_group_is_rejected_by_a_ta1_alone(sqlite_home: PracticeHome) -> None:
    [answer] = one(sqlite_home, asking(NO_GROUP))
    assert answer.name.endswith(".ta1")
    assert [each.partition("*")[0] for each in answer.segments] == ["ISA", "TA1", "IEA"]
    assert answer.said == ["TA1*000000001*261101*0900*R*024"]


@pytest.mark.parametrize("text", [NO_GROUP, NO_X12], ids=["no group, no TA1 asked for", "no X12"])
def test_where_there_is_nothing_to_say_or_nobody_to_say_it_to_there_is_no_answer(
    sqlite_home: PracticeHome, text: str
) -> None:
    assert one(sqlite_home, text) == []


def test_an_acknowledgement_is_not_acknowledged(sqlite_home: PracticeHome) -> None:
    """Or two systems would answer each other for ever."""
    [own] = one(sqlite_home, remittance("90", claim()))
    sqlite_home.receive(own.text, "999.835")
    assert sqlite_home.era("run").code == 3
    assert answers_of(sqlite_home) == [own]


# the check against the implementation guide

WITHOUT_TRACE = [each for each in payment("90", claim()) if not each.startswith(("TRN", "N3"))]


@pytest.mark.parametrize(
    ("conformance", "told"),
    [
        ("off", "IK3*TRN*1**3 IK5*E*5 AK9*E*1*1*1"),
        ("report", "IK3*TRN*1**3 IK3*N3*4**3 IK5*E*5 AK9*E*1*1*1"),
        ("require", "IK3*TRN*1**3 IK3*N3*4**3 IK5*R*5 AK9*R*1*1*0"),
    ],
)
def test_the_setting_decides_what_is_told_and_whether_the_set_is_used(
    sqlite_home: PracticeHome, conformance: str, told: str
) -> None:
    sqlite_home.set({"conformance": conformance})
    [answer] = one(sqlite_home, remittance_file(transaction_set(WITHOUT_TRACE)))
    assert " ".join(answer.of("IK3", "IK4", "IK5", "AK9")) == told
    assert len(sqlite_home.records("log")) == (answer.of("IK5") != ["IK5*R*5"])


# the same again, and what is not received


def test_a_file_sent_again_is_answered_again_and_alike(home: PracticeHome) -> None:
    home.set({"conformance": "report"})
    text = remittance("90", claim("C1", "12O"))
    [first] = one(home, text, "first.835")
    [again] = one(home, text, "again.835")
    assert again.said == first.said
    assert [each.elements["ISA"][13] for each in (first, again)] == ["000001001", "000002001"]
    assert len(home.records("log")) == 1


def test_a_payment_in_another_envelope_is_answered_though_it_was_done_before(sqlite_home: PracticeHome) -> None:
    [first] = one(sqlite_home, remittance_file(transaction_set(payment("90", claim("C1", "12O")))))
    [again] = one(sqlite_home, remittance_file(transaction_set(payment("90", claim("C1", "12O")), "0002")), "b.835")
    assert again.of("IK3", "IK4", "IK5", "AK9") == first.of("IK3", "IK4", "IK5", "AK9")


def test_nothing_is_answered_that_was_not_received(sqlite_home: PracticeHome, tmp_path: Path) -> None:
    path = tmp_path / "by_path.835"
    path.write_text(remittance("90", claim()))
    assert sqlite_home.era("run", "--dry-run", path).code == 0
    assert answers_of(sqlite_home) == []
    assert sqlite_home.era("run", path).code == 0
    [answer] = answers_of(sqlite_home)
    assert sqlite_home.era("run", path).code == 0
    assert sqlite_home.era("run", sqlite_home.root / "archive").code == 0
    assert answers_of(sqlite_home) == [answer]


# all that may be wrong with a file


@pytest.fixture(scope="module")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> PracticeHome:
    """Every damaged and every sound file, each asking for a TA1, received and run once."""
    home = make_practice(tmp_path_factory.mktemp("mailbox") / "home")
    for path in (*DAMAGED, *SOUND):
        (home.root / "inbox" / path.name).write_bytes(asking(path.read_bytes().decode("latin-1")).encode("latin-1"))
    assert home.era("run").code == 3
    return home


WANTED = dict(
    line.split(": ", 1) for line in (TESTS / "errors" / "answers.txt").read_text(encoding="utf-8").splitlines()
)


@pytest.mark.parametrize("name", WANTED)
def test_what_is_wrong_with_a_file_is_told_its_sender(mailbox: PracticeHome, name: str) -> None:
    assert said(answers_of(mailbox, f"{name}.835")) == WANTED[name]


# what a person must see, but is no fault of syntax; and what stands outside any interchange, whose sender is unknown
NOT_TOLD = {
    *("no-money-moves", "debit-payment", "foreign-currency", "negative-line-payment", "claim-not-used"),
    *("payment-out-of-balance", "claim-out-of-balance", "line-out-of-balance", "text-outside-interchange"),
    "negative-payment",
}
WITHOUT_A_HEADER = {"interchange_trailer_broken_over_lines", "second_interchange_without_its_header"}


@pytest.mark.parametrize("path", [*DAMAGED, *SOUND], ids=lambda path: path.stem)
def test_the_answer_agrees_with_what_was_found_and_used(mailbox: PracticeHome, path: Path) -> None:
    record = inspect_file(path)
    answers = answers_of(mailbox, path.name)
    assert len(answers) == record["interchanges"]
    if path.stem in WITHOUT_A_HEADER or not answers:  # nobody knows who sent their second part, or anything of it
        return
    syntax = [each for each in record["findings"] if not each["code"].startswith("conformance")]
    told = {each["code"] for each in syntax if "19000101" not in each["message"]} - NOT_TOLD  # a date by its form
    levels = [each.split("*") for answer in answers for each in answer.of("TA1", "IK5", "AK9")]
    states = [level[4] if level[0] == "TA1" else level[1] for level in levels]
    assert (set(states) <= {"A"}) == (not told)
    query = "SELECT count(*) FROM {0} JOIN files ON files.id = {0}.file_id WHERE name = '" + path.name + "'"
    used = sum(mailbox.rows(query.format(table))[0][0] for table in ("payments", "repeated_payments"))
    assert sum(not each.startswith("IK5*R") for answer in answers for each in answer.of("IK5")) == used
    accepted = sum(int(each.split("*")[4]) for answer in answers for each in answer.of("AK9"))
    assert accepted == used


def test_every_answer_follows_the_map_of_the_999(mailbox: PracticeHome) -> None:
    answers = answers_of(mailbox)
    assert len(answers) > len(SOUND)
    assert refused_by_pyx12(answers) == []


@pytest.mark.skipif(CORPUS is None, reason="ERA_CORPUS names no folder of public samples")
def test_every_public_file_is_answered(sqlite_home: PracticeHome) -> None:
    files = [path for path in sorted(Path(CORPUS or "").iterdir()) if path.suffix not in (".json", ".md")]
    for path in files:
        sqlite_home.receive_file(path)
    sqlite_home.set({"conformance": "report"})
    assert sqlite_home.era("run").code == 3
    answers = answers_of(sqlite_home)
    assert len(answers) > len(files) // 2
    others = [each for each in answers if not all(ak1.startswith("AK1*HP*") for ak1 in each.of("AK1"))]
    assert all(ak9.startswith("AK9*R*") for each in others for ak9 in each.of("AK9"))
    # pyx12's map knows few kinds of groups, and a file of another kind is answered all the same
    assert set(refused_by_pyx12(answers)) <= {each.name for each in others}


# what must not be in it


def test_no_answer_says_a_word_of_a_patient(home: PracticeHome) -> None:
    home.set({"conformance": "report"})
    lost = "REF*1L*CANARYGROUP~\nCANARYLAST~\n"  # a line of which only a name is left
    files = [each.replace("REF*1L*CANARYGROUP~\n", lost) for each in (ORDINARY, CUT)]
    for number, text in enumerate((*files, STRANGE, NO_X12)):
        home.receive(text, f"{number}.835")
    assert home.era("run").code == 3
    answers = answers_of(home)
    assert [each.of("IK5") for each in answers] == [["IK5*E*4*5"], ["IK5*R*2*5"], ["IK5*E*5"]]
    assert len(answers[2].of("IK3", "IK4")) > 10
    assert silent("".join(each.name + each.text for each in answers))
    assert not any(element for each in answers for segment in each.of("IK4") for element in segment.split("*")[4:])


def test_a_senders_codes_cannot_break_the_answer(sqlite_home: PracticeHome) -> None:
    """Characters that separate in the answer, what is not ASCII, and codes longer or shorter than they may be."""
    text = written(interchange(group(*sets(payment("90", claim())))), Delimiters("|", ">", "!", "\n", ""))
    for old, new in (
        ("PAYER          ", "PAY~R*ß:^ \x01    "),
        ("GS|HP|PAYER|PRACTICE", "GS|H|~*:|PRACTICE PRACTICE PRACTICE"),
        ("|0900|1|X|005010X221A1", "|0900|ABC*1234567890123456789|X|00~5010"),
        ("GE|1|1", "GE|many|1"),
        ("000000001", "00*00000A"),
        ("ST|835|0001", "ST|8350|*"),
    ):
        assert old in text
        text = text.replace(old, new)
    [answer] = one(sqlite_home, asking(text))
    assert answer.elements["ISA"][8] == "PAYR".ljust(15)
    assert answer.elements["GS"][2:4] == ["PRACTICE PRACTI", "PAYR"]
    assert answer.said == [
        "TA1*000000000*261101*0900*A*000",
        "AK1*H*ABC123456789012*005010",
        "AK2*835*0000*005010",
        "IK5*R*1",
        "AK9*R*1*1*0*1*4*5",
    ]


# killed


def test_a_run_killed_after_the_answer_gives_the_same_answer_once(home: PracticeHome) -> None:
    """The answer is there and the end of the file is not written down: what a kill in between leaves."""
    [answer] = one(home, remittance("90", claim("C1", "12O")))
    home.change("UPDATE files SET state = 'received'")
    assert home.era("run").code == 0
    assert answers_of(home) == [answer]
    (home.root / "acks" / answer.name).unlink()
    home.change("UPDATE files SET state = 'received', received_at = '2026-11-02T09:00:00Z'")
    assert home.era("run").code == 0
    [late] = answers_of(home)
    assert (late.name, late.said) == (answer.name, answer.said)
    assert late.elements["GS"][4:6] == ["20261102", "090000"]
