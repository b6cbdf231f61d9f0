"""Files bigger and stranger than any payer sends: read to a verdict, in memory that does not grow with them.

`make hostile` reads them at full size (hostile/big_files.py); here they are some megabytes.
"""

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from practices import PracticeHome, expects, remittance
from reading import read
from remittance_text import Delimiters, claim, payment, remittance_file, transaction_set

from era_engine.remittance.survey import MOST_CHARACTERS, MOST_SEGMENTS, read_payments, survey
from era_engine.x12.source import examine

MEGABYTE = 1 << 20
BEGUN = remittance("90", claim()).partition("CLP*")[0]


def within(*body: str) -> str:
    """A remittance of one claim that goes on with `body`."""
    return remittance("90", [*claim(), *body])


def peak(path: Path) -> float:
    """Megabytes of Python's memory at most while a file is read twice and each claim let go of."""
    tracemalloc.start()
    try:
        surveyed = survey(examine(path))
        for _, claims in read_payments(surveyed):
            for _ in claims:
                pass
        return tracemalloc.get_traced_memory()[1] / MEGABYTE
    finally:
        tracemalloc.stop()


def test_a_hundred_thousand_adjustments_of_a_claim_are_added_up(tmp_path: Path) -> None:
    body = ["SVC*AD:D0120*1000*0**1", *["CAS*CO*45*0.01"] * 100_000]
    reading = read(tmp_path, remittance("0", ["CLP*C1*1*1000*0**12*I*11*1", *body]))
    assert [each.code for each in reading.findings] == []
    assert len(reading.claim.lines[0].adjustments) == 100_000


def test_ten_thousand_lines_of_a_claim_are_added_up(tmp_path: Path) -> None:
    lines = [each for number in range(10_000) for each in ("SVC*AD:D0120*1*1**1", f"REF*6R*{number}")]
    reading = read(tmp_path, remittance("10000", ["CLP*C1*1*10000*10000**12*I*11*1", *lines]))
    assert reading.findings == []
    assert reading.claim.lines[9_999].references[0].value == "9999"


def test_a_hundred_thousand_empty_segments_are_one_finding(tmp_path: Path) -> None:
    reading = read(tmp_path, within("~" * 100_000))
    assert reading.graded == [("warn", "empty-segment"), ("hold", "envelope-mismatch")]
    assert "100001 empty segment(s)" in reading.messages("empty-segment")[0]
    assert reading.claim_numbers == ["C1"]


def test_a_million_elements_and_a_million_components_are_no_more_than_long(tmp_path: Path) -> None:
    assert read(tmp_path, within("REF" + "*" * 1_000_000)).findings == []
    reading = read(tmp_path, within("SVC*" + ":" * 1_000_000 + "*0*0"))
    assert reading.findings == []
    assert reading.claim.lines[1].procedure.code == ""


@pytest.mark.parametrize("body", ["REF*6R*1", "ZZZ*1"])
def test_a_claim_without_end_rejects_its_transaction_set(body: str, tmp_path: Path) -> None:
    text = remittance_file(
        transaction_set(payment("180", claim("C1"), [*claim("C2"), *[body] * MOST_SEGMENTS], claim("C3")), "0001"),
        transaction_set(payment("90", claim("C4"), trace="EFT2"), "0002"),
    )
    reading = read(tmp_path, text)
    assert [each.rejected for each in reading.remittances] == [True, False]
    assert ("reject", "claim-too-long") in reading.graded
    assert reading.claim_numbers == ["C1", "C2", "C3", "C4"]


def test_a_header_and_provider_adjustments_without_end_reject_their_transaction_set(tmp_path: Path) -> None:
    header = "DTM*405*20261031~\n"
    for text in (
        remittance("90", claim()).replace(header, header * (MOST_SEGMENTS + 1)),
        remittance("90", claim(), after=["PLB"] * (MOST_SEGMENTS + 1)),
    ):
        reading = read(tmp_path, text)
        assert ("reject", "claim-too-long") in reading.graded
        assert reading.claim_numbers == ["C1"]


def test_a_claim_of_too_many_characters_rejects_its_transaction_set(tmp_path: Path) -> None:
    size = MEGABYTE // 2
    reading = read(tmp_path, within(*["REF*6R*" + "9" * size] * (MOST_CHARACTERS // size + 4)))
    assert ("reject", "claim-too-long") in reading.graded
    assert reading.remittance.rejected


def test_segments_outside_any_transaction_set_are_told_up_to_a_number(tmp_path: Path) -> None:
    text = remittance("90", claim()).replace("GE*", "ZZZ*1~" * 20_000 + "CLP*C9*1*5*5~GE*")
    reading = read(tmp_path, text)
    assert reading.graded.count(("hold", "segment-outside-transaction")) == 10_000
    assert ("reject", "segment-outside-transaction") in reading.graded


def long_references(size: int) -> list[str]:
    return [BEGUN, *(f"CLP*C{at}*1*1*1~REF*6R*{at}{'9' * (MEGABYTE - 50)}~" for at in range(size))]


def long_adjustments(size: int) -> list[str]:
    return [BEGUN, "CLP*C1*1*1*1~", *(f"CAS*CO*{at}{'*1' * (MEGABYTE // 2 - 10)}~" for at in range(size))]


def long_amounts(size: int) -> list[str]:
    return [BEGUN, *(f"CLP*C{at}*1*{at}{'1' * (MEGABYTE - 50)}*1~" for at in range(size))]


def one_segment(size: int) -> list[str]:
    return [BEGUN, "x" * (size * MEGABYTE)]


@pytest.mark.parametrize("make", [long_references, long_adjustments, long_amounts, one_segment])
def test_memory_does_not_grow_with_what_is_read(make: Callable[[int], list[str]], tmp_path: Path) -> None:
    path = tmp_path / "file.835"
    path.write_text("".join(make(32)), encoding="utf-8")
    assert peak(path) < 26


NUL = "\x00"


@pytest.mark.parametrize(
    "delimiters",
    [
        Delimiters(component=NUL),
        Delimiters(element=NUL),
        Delimiters(element="-"),
        Delimiters(element="."),
        Delimiters(terminator="-", line_end=""),
        Delimiters(terminator=".", line_end=""),
        Delimiters(component="."),
    ],
)
def test_separators_that_amounts_are_written_with_or_no_database_keeps_are_refused(
    delimiters: Delimiters, sqlite_home: PracticeHome
) -> None:
    home = sqlite_home
    home.receive(remittance_file(transaction_set(payment("90", claim())), delimiters=delimiters))
    ended = home.era("run", "--json")
    assert ended.code == 3, ended
    [quarantined] = ended.records
    assert [each["code"] for each in quarantined["findings"]] == ["no-interchange"]
    assert "1 claim payment(s)" in quarantined["findings"][0]["message"]
    home.verified()


@pytest.mark.parametrize(
    "delimiters",
    [
        Delimiters("\x1b", "\x01", "\x02", "\x03", ""),
        Delimiters("\x1d", "\x1f", "\x1e", "\x1c", ""),
        Delimiters(terminator="\x07", line_end=""),
        Delimiters(terminator="", line_end="\n"),
        Delimiters(terminator="\x85", line_end=""),
        Delimiters(element="\u2028"),
    ],
)
def test_control_characters_separate_like_any_other(delimiters: Delimiters, sqlite_home: PracticeHome) -> None:
    home = sqlite_home
    home.expect(expects("C1"))
    [decided] = home.run(remittance_file(transaction_set(payment("90", claim())), delimiters=delimiters))
    assert (decided["outcome"], decided["paid_cents"], decided["payer"]) == ("post", 9000, "DELTA DENTAL")
    assert home.era("quick-post", "EFT0001").code == 0
    home.verified()


def test_a_database_never_meets_a_nul(home: PracticeHome) -> None:
    home.expect(expects("C1"))
    odd = (
        Delimiters(terminator=NUL, line_end=""),
        Delimiters(repetition=NUL),
        Delimiters("\x1b", "\x01", "\x02", "\x03", ""),
    )
    for number, delimiters in enumerate(odd):
        name = f"{number}{NUL if number == 1 else ''}"
        claims = [each.replace("ICN1", f"I{name}") for each in claim()]
        text = remittance_file(transaction_set(payment("90", claims, trace=f"T{number}")), delimiters=delimiters)
        home.receive(text, f"{number}.835")
    decided = home.records("run")
    assert [(each["file"], each["outcome"]) for each in decided] == [
        ("0.835", "quarantined"),
        ("1.835", "manual"),
        ("2.835", "manual"),
    ]
    home.verified()


def test_a_repetition_separator_that_is_another_one_holds(sqlite_home: PracticeHome) -> None:
    sqlite_home.expect(expects("C1"))
    [decided] = sqlite_home.run(
        remittance_file(transaction_set(payment("90", claim())), delimiters=Delimiters("*", ":", ":"))
    )
    assert (decided["outcome"], decided["holds"]) == ("manual", ["unexpected-content"])
