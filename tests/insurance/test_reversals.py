"""Reversals and corrections (status 22): paired with what they take back, in whatever order and file they come."""

from pathlib import Path

import pytest
from practices import PracticeHome, Record, expects, make_practice, remittance
from remittance_text import Segments, bare_claim, claim

POST_EXACT = {"reversals.post_exact": True}


def reversal(number: str = "C1", charge: str = "120", paid: str = "90", write_off: str = "30") -> Segments:
    """Takes back what `claim` pays: charge, payment and adjustment negated, no patient responsibility (RFI 1147)."""
    return [
        f"CLP*{number}*22*-{charge}*-{paid}**12*ICN1*11*1",
        "NM1*QC*1*DOE*JANE****MI*SUB1",
        f"SVC*AD:D0120*-{charge}*-{paid}**1",
        "DTM*472*20261005",
        f"CAS*CO*45*-{write_off}",
    ]


FIRST = claim()
CORRECTED = claim("C1", "120", "88", "32", payer_claim_number="ICN2")


@pytest.fixture
def practice(tmp_path: Path) -> PracticeHome:
    practice = make_practice(tmp_path / "practice", settings=POST_EXACT)
    practice.expect(expects(expected="90"))
    return practice


def outcomes(records: list[Record]) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(each["claim_status"], each["outcome"], tuple(each["holds"])) for each in records]


AFTER_THE_CORRECTION = {
    "insurance_deposits": 8800,
    "contracted_write_offs": 3200,
    "accounts_receivable": -12000,
}


def test_a_reversal_takes_payment_and_write_off_back_and_the_correction_posts_like_a_first_payment(
    practice: PracticeHome,
) -> None:
    practice.run(remittance("90", FIRST))
    decided = practice.run(remittance("-2", reversal(), CORRECTED, trace="EFT0002"))
    assert outcomes(decided) == [
        ("22", "post", ()),
        ("1", "manual", ("already-posted",)),
        ("1", "post", ()),
    ]
    assert practice.posted() == AFTER_THE_CORRECTION
    kinds = [(entry["kind"], entry["mark"]) for entry in practice.records("ledger")]
    assert kinds == [
        ("insurance_payment", "A"),
        ("contracted_write_off", "A"),
        ("reversal", "A"),
        ("insurance_payment", "A"),
        ("contracted_write_off", "A"),
    ]
    practice.verified()


def test_the_correction_may_come_before_its_reversal_on_one_remittance(practice: PracticeHome) -> None:
    practice.run(remittance("90", FIRST))
    practice.run(remittance("-2", CORRECTED, reversal(), trace="EFT0002"))
    assert practice.posted() == AFTER_THE_CORRECTION
    practice.verified()


def test_the_correction_may_come_in_an_earlier_file(practice: PracticeHome) -> None:
    practice.run(remittance("90", FIRST))
    [waiting] = practice.run(remittance("88", CORRECTED, trace="EFT0002"))
    assert waiting["holds"] == ["already-posted"]
    decided = practice.run(remittance("-90", reversal(), trace="EFT0003"))
    assert outcomes(decided) == [("22", "post", ()), ("1", "post", ())]
    assert practice.posted() == AFTER_THE_CORRECTION
    practice.verified()


def test_the_correction_may_come_in_a_later_file(practice: PracticeHome) -> None:
    practice.run(remittance("90", FIRST))
    practice.run(remittance("-90", reversal(), trace="EFT0002"))
    assert set(practice.posted().values()) == {0}
    [corrected] = practice.run(remittance("88", CORRECTED, trace="EFT0003"))
    assert corrected["outcome"] == "post"
    assert practice.posted() == AFTER_THE_CORRECTION
    practice.verified()


def test_a_reversal_before_what_it_reverses_waits_for_it_and_says_so(practice: PracticeHome) -> None:
    [waiting] = practice.run(remittance("-90", reversal(), trace="EFT0002"))
    assert waiting["holds"] == ["reversal"]
    assert "The payment it reverses is not posted here." in waiting["explanation"]
    decided = practice.run(remittance("90", FIRST))
    assert outcomes(decided) == [("1", "post", ()), ("22", "post", ())]
    assert set(practice.posted().values()) == {0}
    practice.verified()


def test_by_default_a_reversal_is_a_persons_to_post(tmp_path: Path) -> None:
    practice = make_practice(tmp_path / "practice")
    practice.expect(expects(expected="90"))
    practice.run(remittance("90", FIRST))
    decided = practice.run(remittance("-2", reversal(), CORRECTED, trace="EFT0002"))
    assert outcomes(decided) == [("22", "manual", ("reversal",)), ("1", "manual", ("already-posted",))]
    assert practice.posted() == {
        "insurance_deposits": 9000,
        "contracted_write_offs": 3000,
        "accounts_receivable": -12000,
    }
    assert "It reverses exactly what was posted from payment EFT0001." in decided[0]["explanation"]


@pytest.mark.parametrize(
    "other", [reversal(paid="80", write_off="40"), reversal("C2"), reversal(charge="130", write_off="40")]
)
def test_a_reversal_of_other_amounts_or_of_another_claim_never_posts(practice: PracticeHome, other: Segments) -> None:
    practice.expect(expects("C2"))
    practice.run(remittance("90", FIRST))
    paid = other[0].split("*")[4]
    [left] = practice.run(remittance(paid, other, trace="EFT0002"))
    assert left["holds"] == ["reversal"]
    assert practice.posted()["insurance_deposits"] == 9000


def test_a_reversal_with_another_write_off_than_was_posted_is_a_persons(practice: PracticeHome) -> None:
    """Paid the same, but 20.00 of what it takes back was a denied part: not exactly what was posted."""
    practice.run(remittance("90", FIRST))
    other = [*reversal(write_off="10"), "CAS*CO*97*-20"]
    [left] = practice.run(remittance("-90", other, trace="EFT0002"))
    assert "reversal" in left["holds"]
    assert "$30.00 was written off there, but the reversal says $10.00" in left["explanation"]


def test_two_reversals_take_a_payment_back_once(practice: PracticeHome) -> None:
    practice.run(remittance("90", FIRST))
    decided = practice.run(remittance("-180", reversal(), reversal(), trace="EFT0002"))
    assert sorted(each["outcome"] for each in decided) == ["manual", "post"]
    assert set(practice.posted().values()) == {0}
    practice.verified()


def test_a_second_reversal_in_a_later_file_takes_nothing_back(practice: PracticeHome) -> None:
    practice.run(remittance("90", FIRST), remittance("-90", reversal(), trace="EFT0002"))
    [left] = practice.run(remittance("-90", reversal(), trace="EFT0003"))
    assert left["holds"] == ["reversal"]
    assert set(practice.posted().values()) == {0}


def test_a_reversal_of_a_payment_that_waits_itself_says_so(practice: PracticeHome) -> None:
    practice.run(remittance("60", claim("C1", "120", "60", "60")))
    [left] = practice.run(remittance("-60", reversal(paid="60", write_off="60"), trace="EFT0002"))
    assert left["holds"] == ["reversal"]
    assert "EFT0001, is not posted" in left["explanation"]


def test_a_reversal_under_another_payer_claim_number_is_a_persons(practice: PracticeHome) -> None:
    practice.run(remittance("90", FIRST))
    other = [segment.replace("ICN1", "ICN7") for segment in reversal()]
    [left] = practice.run(remittance("-90", other, trace="EFT0002"))
    assert left["holds"] == ["reversal"]
    assert "names a different payer claim number" in left["explanation"]


@pytest.mark.parametrize(("first", "then"), [("ICN1", ""), ("", "ICN1"), ("", "")])
def test_a_reversal_that_no_payer_claim_number_ties_to_the_payment_is_a_persons(
    practice: PracticeHome, first: str, then: str
) -> None:
    practice.run(remittance("90", claim(payer_claim_number=first)))
    taken = [segment.replace("*ICN1*", f"*{then}*") for segment in reversal()]
    [decided] = practice.run(remittance("-90", taken, trace="EFT0002"))
    assert (decided["outcome"], decided["holds"]) == ("manual", ["reversal"])
    assert "no payer claim number links the two" in decided["explanation"]
    assert practice.posted()["insurance_deposits"] == 9000
    assert practice.era("post", "EFT0002", "C1", "--by", "Ann").code == 0


def test_what_was_paid_for_one_child_is_not_taken_back_by_a_reversal_of_the_others(practice: PracticeHome) -> None:
    practice.run(remittance("90", FIRST))
    sisters = [segment.replace("*JANE*", "*JANET*") for segment in reversal("NOPE1")]
    decided = practice.run(remittance("-90", sisters, trace="EFT0002"))
    assert [each["holds"] for each in decided] == [["patient-mismatch"]]
    assert practice.posted()["insurance_deposits"] == 9000


def test_a_reversal_by_another_payer_is_a_persons(practice: PracticeHome) -> None:
    practice.run(remittance("90", FIRST))
    [left] = practice.run(remittance("-90", reversal(), trace="EFT0002", originator="1888888888"))
    assert left["holds"] == ["reversal"]
    assert "but another payer paid that one" in left["explanation"]


def test_a_reversal_without_lines_takes_back_what_was_posted_by_line(practice: PracticeHome) -> None:
    practice.run(remittance("90", FIRST))
    whole = bare_claim("C1", "-120", "-90", "CAS*CO*45*-30", status="22")
    whole[0] = whole[0].replace("ICNC1", "ICN1")
    [decided] = practice.run(remittance("-90", whole, trace="EFT0002"))
    assert decided["outcome"] == "post"
    assert set(practice.posted().values()) == {0}
    [entry] = [entry for entry in practice.records("ledger") if entry["kind"] == "reversal"]
    assert {posting["line"] for posting in entry["postings"]} == {None, 1}
    practice.verified()


def test_a_rehearsal_of_a_reversal_keeps_nothing(practice: PracticeHome) -> None:
    practice.run(remittance("90", FIRST))
    practice.receive(remittance("-2", reversal(), CORRECTED, trace="EFT0002"), "2.835")
    would = practice.records("run", "--dry-run")
    assert [each["outcome"] for each in would] == ["post", "manual", "post"]
    assert practice.posted()["insurance_deposits"] == 9000
    practice.verified()


def test_a_run_counts_what_it_left_first_and_posted_then_as_posted(practice: PracticeHome) -> None:
    """The reversal is judged before the payment it takes back, which this run posts."""
    practice.set({"reversals.post_exact": True, "deposits.required": True})
    practice.expect(expects("C1"), expects("C2"), expects("C3", "110"))
    left_below = claim("C3", "120", "20", "100")
    practice.run(remittance("20", reversal(), claim("C2"), left_below, trace="EFT0002"), remittance("90", FIRST))
    (practice.root / "bank.csv").write_text("date,amount,trace\n2026-11-02,20,EFT0002\n2026-11-02,90,EFT0001\n")
    assert practice.era("import", "bank", practice.root / "bank.csv").code == 0
    out = practice.era("run").out
    assert "Posted 3 claims, $90.00; 1 claim needs review, $20.00." in out
    assert "Needs review: paid $20.00 is" in out
    assert out.count("C1 ") == 0


def test_an_original_after_its_reversal_and_correction_says_how_the_three_are_put_in_order(
    practice: PracticeHome,
) -> None:
    practice.run(remittance("-2", reversal(), CORRECTED, trace="EFT0002"))
    [original] = practice.run(remittance("90", FIRST))
    assert original["holds"] == ["already-posted"]
    assert original["explanation"] == (
        "Another payment is already posted on this claim. The reversal of this one, EFT0002, came first. If its"
        " correction"
        " is posted, undo that. Then post this payment, the reversal and the correction, in that order."
    )
    taking_back, correction = ("EFT0002", "id:1"), ("EFT0002", "id:2")
    assert practice.era("undo", "EFT0002", "--claim", "id:2", "--by", "Ann", "--because", "late").code == 0
    for trace, number in (("EFT0001", "C1"), taking_back, correction):
        ended = practice.era("post", trace, number, "--as-remitted", "--by", "Ann")
        assert ended.code == 0, ended
    assert practice.posted() == AFTER_THE_CORRECTION
    practice.verified()


def test_a_reversal_of_another_payment_is_not_told_to_be_of_this_one(tmp_path: Path) -> None:
    practice = make_practice(tmp_path / "practice")
    practice.expect(expects(expected="90"))
    practice.run(remittance("90", FIRST), remittance("-90", reversal(), trace="EFT0002"))
    [again] = practice.run(remittance("90", FIRST, trace="EFT0003"))
    assert "A payment is already posted on this claim." in again["explanation"]
