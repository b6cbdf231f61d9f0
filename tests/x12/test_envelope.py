"""Interchange, group and transaction set: what belongs together, what their trailers say, and what a cut leaves."""

from pathlib import Path

import pytest
from reading import read
from remittance_text import (
    Delimiters,
    Segments,
    balanced_file,
    claim,
    group,
    interchange,
    isa,
    payment,
    remittance_file,
    transaction_set,
    written,
)

from era_engine.remittance.survey import not_used

USUAL = balanced_file()
REJECTED = ("reject", "not-a-5010-remittance")


def one_set(number: str, control: str = "0001") -> Segments:
    return transaction_set(payment("90", claim(number), trace=f"EFT-{number}"), control)


TWO_SETS = remittance_file(one_set("C1", "0001"), one_set("C2", "0002"))


def test_a_file_with_nothing_wrong_has_no_findings(tmp_path: Path) -> None:
    reading = read(tmp_path, USUAL)
    assert reading.findings == []
    assert not reading.surveyed.rejected
    assert len(reading.surveyed.interchanges) == 1
    assert (reading.remittance.first_segment, reading.remittance.last_segment) == (3, 18)


def test_several_interchanges_each_have_their_own_separators(tmp_path: Path) -> None:
    text = (
        written(interchange(group(one_set("C1"))))
        + written(interchange(group(one_set("C2")), control="000000002"), Delimiters("|", ">", "^", "!", "\r\n"))
        + written(interchange(group(one_set("C3")), control="000000003"), Delimiters("^", "&", "*", "\x1d", ""))
    )
    reading = read(tmp_path, text)
    assert reading.findings == []
    assert len(reading.surveyed.interchanges) == 3
    assert reading.claim_numbers == ["C1", "C2", "C3"]
    assert [each.payment.trace_number for each in reading.remittances] == ["EFT-C1", "EFT-C2", "EFT-C3"]
    assert [each.lines[0].procedure.code for each in reading.claims] == ["D0120"] * 3
    assert reading.remittances[2].separators == ("^", "&", "*", "\x1d")
    assert [each.first_segment for each in reading.remittances] == [3, 23, 43]


def test_several_groups_and_several_payments_in_one_interchange(tmp_path: Path) -> None:
    first = group(one_set("C1", "0001"), one_set("C2", "0002"), control="1")
    second = group(one_set("C3", "0001"), control="2")
    reading = read(tmp_path, written(interchange(first, second)))
    assert reading.findings == []
    assert len(reading.surveyed.interchanges) == 1
    assert reading.claim_numbers == ["C1", "C2", "C3"]
    assert [each.control_number for each in reading.remittances] == ["0001", "0002", "0001"]


@pytest.mark.parametrize(
    ("segment", "instead", "element", "found", "truth"),
    [
        ("SE*16*0001", "SE*15*0001", "SE01", "'15'", "16 segments were read"),
        ("SE*16*0001", "SE*16*0002", "SE02", "'0002'", "ST02 is '0001'"),
        ("SE*16*0001", "SE**0001", "SE01", "''", "16 segments were read"),
        ("SE*16*0001", "SE*16", "SE02", "''", "ST02 is '0001'"),
        ("GE*1*1", "GE*2*1", "GE01", "'2'", "1 transaction sets were read"),
        ("GE*1*1", "GE*1*7", "GE02", "'7'", "GS06 is '1'"),
        ("IEA*1*000000001", "IEA*3*000000001", "IEA01", "'3'", "1 groups were read"),
        ("IEA*1*000000001", "IEA*1*000000009", "IEA02", "'000000009'", "ISA13 is '000000001'"),
    ],
)
def test_a_trailer_that_disagrees_holds_the_payment(
    tmp_path: Path, segment: str, instead: str, element: str, found: str, truth: str
) -> None:
    reading = read(tmp_path, USUAL.replace(segment, instead))
    assert reading.graded == [("hold", "envelope-mismatch")]
    assert f"{element} is {found}, but {truth}." in reading.findings[0].message
    assert reading.findings[0].excerpt == instead
    assert reading.remittance.findings == tuple(reading.findings)
    assert not reading.remittance.rejected


def test_a_trailer_without_elements_disagrees_twice(tmp_path: Path) -> None:
    reading = read(tmp_path, USUAL.replace("SE*16*0001", "SE"))
    assert reading.graded == [("hold", "envelope-mismatch")] * 2
    assert reading.claim_numbers == ["C1"]


def test_counts_may_have_leading_zeros(tmp_path: Path) -> None:
    text = USUAL.replace("SE*16", "SE*0016").replace("GE*1*", "GE*01*").replace("IEA*1*", "IEA*00001*")
    assert read(tmp_path, text).findings == []


def test_a_group_that_disagrees_holds_its_own_payments_and_no_others(tmp_path: Path) -> None:
    damaged = [segment.replace("GE*1*2", "GE*4*2") for segment in group(one_set("C2"), control="2")]
    reading = read(tmp_path, written(interchange(group(one_set("C1")), damaged)))
    first, second = reading.remittances
    assert first.findings == ()
    assert [each.code for each in second.findings] == ["envelope-mismatch"]


def test_a_trailer_that_counts_what_is_not_there_puts_the_whole_file_in_doubt(tmp_path: Path) -> None:
    empty = ["GS*HP*PAYER*PRACTICE*20261101*0900*7*X*005010X221A1", "GE*3*7"]
    reading = read(tmp_path, USUAL + written(interchange(empty, control="000000002")))
    assert reading.graded == [("hold", "envelope-mismatch")]
    assert reading.remittance.findings == tuple(reading.findings)


def test_a_group_without_transaction_sets_is_no_fault(tmp_path: Path) -> None:
    reading = read(tmp_path, written(interchange(group(), group(one_set("C1"), control="2"))))
    assert reading.findings == []


@pytest.mark.parametrize(
    ("text", "found", "expected"),
    [
        (USUAL.replace("005010X221A1", "004010X091A1"), "version '004010X091A1' (GS08)", "005010X221A1"),
        (USUAL.replace("*X*005010X221A1", ""), "version '' (GS08)", "005010X221A1"),
        (USUAL.replace("ST*835", "ST*837"), "transaction '837' (ST01)", "835, a remittance"),
        (USUAL.replace("ST*835*0001", "ST"), "transaction '' (ST01)", "835, a remittance"),
        (USUAL.replace("GS*HP", "GS*HC"), "group 'HC' (GS01)", "HP, remittances"),
        (
            "".join(line for line in USUAL.splitlines(keepends=True) if line[:2] not in ("GS", "GE")),
            "a transaction set outside any group",
            "a GS header naming version 005010X221A1",
        ),
    ],
)
def test_what_is_no_5010_remittance_is_refused_with_what_was_found_and_expected(
    tmp_path: Path, text: str, found: str, expected: str
) -> None:
    reading = read(tmp_path, text)
    assert REJECTED in reading.graded
    (message,) = reading.messages("not-a-5010-remittance")
    assert f"Found {found}, expected {expected}" in message
    assert "It has 1 claim payment(s)" in message
    assert reading.remittances == ()
    assert reading.surveyed.rejected


def test_the_guide_without_its_addendum_is_the_same_guide(tmp_path: Path) -> None:
    assert read(tmp_path, USUAL.replace("005010X221A1", "005010X221")).findings == []


def test_a_refused_transaction_set_leaves_the_others_usable(tmp_path: Path) -> None:
    other = transaction_set(["AK1*HP*1"], "0002", kind="999")
    reading = read(tmp_path, remittance_file(one_set("C1"), other, one_set("C3", "0003")))
    assert reading.graded == [REJECTED]
    assert reading.claim_numbers == ["C1", "C3"]
    assert [each.findings for each in reading.remittances] == [(), ()]


def test_a_file_without_any_transaction_set_is_refused(tmp_path: Path) -> None:
    reading = read(tmp_path, written(interchange(group())))
    assert reading.graded == [("reject", "no-transaction-set")]


def test_an_unfinished_transaction_set_before_another_is_cut(tmp_path: Path) -> None:
    reading = read(tmp_path, TWO_SETS.replace("SE*16*0001~\n", ""))
    assert ("reject", "cut-transaction-set") in reading.graded
    first, second = reading.remittances
    assert (first.rejected, second.rejected) == (True, False)
    assert reading.claim_numbers == ["C1", "C2"]


@pytest.mark.parametrize("tag", ["GE*1*1", "IEA*1*000000001", "GS*HP*PAYER*PRACTICE", "ISA*1", "IEA", "ISAX*1"])
def test_an_envelope_segment_inside_a_transaction_set_cuts_it(tmp_path: Path, tag: str) -> None:
    text = USUAL.replace("CAS*", f"{tag}~\nCAS*").replace("SE*", "CLP*C2*1*5*5~\nSE*")
    reading = read(tmp_path, text)
    assert ("reject", "cut-transaction-set") in reading.graded
    assert reading.remittance.rejected
    assert reading.claim_numbers == ["C1"]
    lost = [each for each in reading.findings if each.severity == "reject" and "CLP" in f"{each.excerpt}{each.message}"]
    assert lost, "the second claim is lost without a word"


def test_an_interchange_inside_a_transaction_set_is_read_after_it(tmp_path: Path) -> None:
    inner = written(interchange(group(one_set("C2")), control="000000002"), Delimiters("|", ">", "^", "!"))
    reading = read(tmp_path, USUAL.replace("CAS*", inner + "CAS*"))
    assert ("reject", "cut-transaction-set") in reading.graded
    assert reading.claim_numbers == ["C1", "C2"]
    assert [each.rejected for each in reading.remittances] == [True, False]


def test_a_claim_outside_any_transaction_set_is_refused_by_name(tmp_path: Path) -> None:
    reading = read(tmp_path, USUAL.replace("GE*", "CLP*C8*1*5*5~\nGE*"))
    assert reading.graded == [("reject", "segment-outside-transaction")]
    assert reading.findings[0].excerpt == "CLP*C8*1*5*5"


def test_any_other_segment_outside_a_transaction_set_puts_the_file_in_doubt(tmp_path: Path) -> None:
    reading = read(tmp_path, TWO_SETS.replace("GE*", "NTE*X~\nGE*"))
    assert reading.graded == [("hold", "segment-outside-transaction")]
    assert [each.findings for each in reading.remittances] == [tuple(reading.findings)] * 2


@pytest.mark.parametrize("trailer", ["IEA", " " * 200 + "IEA*1*000000001"])
def test_a_group_after_the_end_of_its_interchange_is_not_lost(tmp_path: Path, trailer: str) -> None:
    after = written(group(one_set("C2"), control="2"))
    reading = read(tmp_path, USUAL.replace("IEA*1*000000001", trailer) + after)
    assert "C2" in reading.claim_numbers or ("reject", "text-outside-interchange") in reading.graded
    assert all(each.findings for each in reading.remittances) or reading.surveyed.rejected


def test_missing_trailers_are_named(tmp_path: Path) -> None:
    reading = read(tmp_path, USUAL[: USUAL.index("GE*")])
    assert reading.graded == [("reject", "missing-trailer")] * 2
    assert "group 1 has no GE" in reading.findings[0].message
    assert "interchange 000000001 has no IEA" in reading.findings[1].message
    assert not reading.remittance.rejected


def test_a_trailer_without_its_header_is_named(tmp_path: Path) -> None:
    reading = read(tmp_path, USUAL.replace("GE*1*1~\n", "GE*1*1~\nGE*1*1~\n"))
    assert reading.graded == [("hold", "envelope-order")]


@pytest.mark.parametrize("ending", ["", "\n", "\r\n\x1a", "\x00\x00", "  "])
def test_the_last_terminator_may_be_missing(tmp_path: Path, ending: str) -> None:
    reading = read(tmp_path, USUAL.rstrip("~\n") + ending)
    assert reading.graded == [("warn", "missing-terminator")]
    assert reading.claim_numbers == ["C1"]


def test_findings_come_in_the_same_order_every_time(tmp_path: Path) -> None:
    text = USUAL.replace("SE*16*0001", "SE*1*1").replace("GE*1*1", "GE*2*2").replace("IEA*1*", "IEA*2*")
    messages = [each.message.split(": ")[1][:5] for each in read(tmp_path, text).findings]
    assert messages == ["SE01 ", "SE02 ", "GE01 ", "GE02 ", "IEA01"]


def end_of(segment: str) -> int:
    """Where a segment of the two sets ends, its terminator included."""
    return TWO_SETS.index("~", TWO_SETS.index(segment)) + 1


@pytest.mark.parametrize("lengths", [range(700), range(700, len(TWO_SETS))], ids=["first half", "second half"])
def test_wherever_a_file_is_cut_whole_payments_stand_and_every_claim_is_accounted_for(
    tmp_path: Path, lengths: range
) -> None:
    whole = read(tmp_path, TWO_SETS)
    assert (whole.findings, whole.claim_numbers) == ([], ["C1", "C2"])
    for length in lengths:
        reading = read(tmp_path, TWO_SETS[:length])
        used = [each for each in reading.remittances if not each.rejected]
        assert len(used) == sum(end_of(trailer) <= length for trailer in ("SE*16*0001", "SE*16*0002")), length
        assert used == list(whole.remittances[: len(used)]), length
        assert reading.claims[: len(used)] == whole.claims[: len(used)], length

        begun = TWO_SETS[:length].count("CLP*")
        finished = sum(end_of(claim) <= length for claim in ("CLP*C1", "CLP*C2"))
        assert reading.claim_numbers == ["C1", "C2"][:finished], length
        lost = reading.claims[len(used) :]
        assert all(f"Claim {each.claim_number}" in not_used(each).message for each in lost), length
        refused = [each for each in reading.findings if each.severity == "reject"]
        counted = sum("1 claim payment(s)" in each.message for each in refused)
        assert finished + counted == begun, length
        assert refused or length >= end_of("IEA*") - 1, length


def test_the_header_of_an_interchange_alone_is_a_file_cut_short(tmp_path: Path) -> None:
    reading = read(tmp_path, isa() + "~\nGS*HP*PAY")
    assert [each for each, _ in reading.graded] == ["reject", "reject"]
    assert reading.messages("cut-segment") == ["The file ends in the middle of a segment."]
