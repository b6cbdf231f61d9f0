"""A claim the payer answers in parts, and partial payments: judged together, posted whole or left."""

from decimal import Decimal
from pathlib import Path

import pytest
from practices import AUTO, PracticeHome, expects, make_practice, remittance
from remittance_text import Segments


def two_procedures(expected: str = "45") -> list[dict[str, object]]:
    first, second = expects(expected=expected, charge="60"), expects(expected=expected, charge="60", procedure="D1110")
    second[0]["line_number"] = 2
    return [*first, *second]


def part(procedure: str, paid: str, payer_claim_number: str, write_off: str = "15") -> Segments:
    """One of the two procedures, answered alone."""
    return [
        f"CLP*C1*1*60*{paid}**12*{payer_claim_number}*11*1",
        "NM1*QC*1*DOE*JANE****MI*SUB1",
        f"SVC*AD:{procedure}*60*{paid}**1",
        "DTM*472*20261005",
        f"CAS*CO*45*{write_off}",
    ]


EXAM, CLEANING = part("D0120", "45", "ICN1"), part("D1110", "45", "ICN2")


@pytest.fixture
def practice(tmp_path: Path) -> PracticeHome:
    practice = make_practice(tmp_path / "practice")
    practice.expect(two_procedures())
    return practice


def test_both_parts_on_one_remittance_post_together(practice: PracticeHome) -> None:
    decided = practice.run(remittance("90", EXAM, CLEANING))
    assert [each["outcome"] for each in decided] == ["post", "post"]
    assert [each["paid_cents"] for each in decided] == [4500, 4500]
    assert practice.posted() == {
        "insurance_deposits": 9000,
        "contracted_write_offs": 3000,
        "accounts_receivable": -12000,
    }
    lines = {posting["line"] for entry in practice.records("ledger") for posting in entry["postings"]}
    assert lines == {None, 1, 2}
    practice.verified()


def test_the_first_part_waits_for_the_second_in_another_file(practice: PracticeHome) -> None:
    [first] = practice.run(remittance("45", EXAM))
    assert first["holds"] == ["split-claim"]
    decided = practice.run(remittance("45", CLEANING, trace="EFT0002"))
    assert [each["outcome"] for each in decided if each["trace_number"] == "EFT0001"] == ["post"]
    assert [each["outcome"] for each in decided if each["trace_number"] == "EFT0002"][-1] == "post"
    assert practice.posted()["accounts_receivable"] == -12000
    practice.verified()


def test_both_parts_tell_what_is_theirs_and_what_is_of_both(practice: PracticeHome) -> None:
    told = [each["explanation"] for each in practice.run(remittance("90", EXAM, CLEANING))]
    assert told == 2 * [
        "Posted 1 of 2 parts ($90.00 paid in total) and wrote off $15.00 for this part: the payment is at least 95 %"
        " ($85.50) of the $90.00 expected."
    ]


def test_a_part_that_is_denied_is_not_called_the_claim(practice: PracticeHome) -> None:
    denied = [*part("D1110", "0", "ICN2")[:-1], "CAS*CO*29*60"]
    told = practice.run(remittance("45", EXAM, denied))[-1]["explanation"]
    assert "The payer denied one of 2 parts of this claim: $45.00 paid of $90.00 expected." in told


def test_what_is_short_of_a_split_claim_is_of_all_its_parts_and_known_when_they_are_there(
    practice: PracticeHome,
) -> None:
    practice.run(remittance("30", part("D0120", "30", "ICN1", "30")))
    assert [each["short_cents"] for each in practice.records("todo")] == [None]
    practice.run(remittance("40", part("D1110", "40", "ICN2", "20"), trace="EFT0002"))
    short = {each["trace_number"]: each["short_cents"] for each in practice.records("todo")}
    assert short["EFT0002"] == 2000


def test_the_minimum_is_of_both_parts_together(practice: PracticeHome) -> None:
    """85.49 of the 90.00 expected is a cent short of 95 %, 85.50 is not, however the parts share it."""
    short = practice.run(remittance("85.49", part("D0120", "60", "ICN1", "0"), part("D1110", "25.49", "ICN2", "34.51")))
    assert {each["rule"] for each in short} == {"single-plan-below-minimum-write-offs-on"}


def test_just_enough_in_two_parts_posts(practice: PracticeHome) -> None:
    enough = practice.run(
        remittance("85.50", part("D0120", "60", "ICN1", "0"), part("D1110", "25.50", "ICN2", "34.50"))
    )
    assert [each["outcome"] for each in enough] == ["post", "post"]
    assert practice.posted()["insurance_deposits"] == 8550
    practice.verified()


def test_the_same_part_twice_is_no_split(practice: PracticeHome) -> None:
    decided = practice.run(remittance("90", EXAM, part("D0120", "45", "ICN2")))
    assert [each["outcome"] for each in decided] == ["manual", "manual"]
    assert all("ambiguous-match" in each["holds"] for each in decided)
    assert practice.posted() == {}


def test_two_answers_with_one_payer_claim_number_are_no_split(practice: PracticeHome) -> None:
    """The payer claim number tells a split claim from a correction."""
    decided = practice.run(remittance("90", EXAM, part("D1110", "45", "ICN1")))
    assert [each["outcome"] for each in decided] == ["manual", "manual"]


def post_first_by_hand(practice: PracticeHome, *amounts: str) -> None:
    [first] = practice.run(remittance("45", EXAM))
    assert first["holds"] == ["split-claim"]
    ended = practice.era("post", "EFT0001", "C1", *amounts, "--by", "Ann")
    assert ended.code == 0, ended


def test_a_part_posts_after_the_one_that_a_person_posted_as_remitted(practice: PracticeHome) -> None:
    post_first_by_hand(practice, "--as-remitted")
    [second] = practice.run(remittance("45", CLEANING, trace="EFT0002"))
    assert second["outcome"] == "post"
    assert practice.posted()["accounts_receivable"] == -12000
    practice.verified()


@pytest.mark.parametrize(
    ("amounts", "in_ledger"),
    [
        (["--line", "1=45,15", "--line", "2=0,60"], -12000),
        (["--line", "1=25,10", "--line", "2=20,5"], -6000),
        (["--line", "1=45,10"], -5500),
    ],
    ids=["the other part written off, too", "the same money on both lines", "less written off"],
)
def test_a_part_is_a_persons_where_one_posted_the_other_in_other_amounts(
    practice: PracticeHome, amounts: list[str], in_ledger: int
) -> None:
    post_first_by_hand(practice, *amounts)
    [second] = practice.run(remittance("45", CLEANING, trace="EFT0002"))
    assert (second["outcome"], second["holds"]) == ("manual", ["already-posted"])
    assert practice.posted()["accounts_receivable"] == in_ledger
    practice.verified()


# partial payments

PARTIAL = {
    "era_payment_options.partial_payment.enabled": True,
    "era_payment_options.partial_payment.minimum_amount": "50.00",
}


def paying(paid: str, write_off: str, status: str = "1") -> Segments:
    return [
        f"CLP*C1*{status}*120*{paid}**12*ICN1*11*1",
        "NM1*QC*1*DOE*JANE****MI*SUB1",
        f"SVC*AD:D0120*120*{paid}**1",
        "DTM*472*20261005",
        f"CAS*CO*45*{write_off}",
    ]


@pytest.mark.parametrize(
    ("paid", "write_off", "rule"),
    [
        ("49.99", "70.01", "single-plan-below-minimum-write-offs-on"),
        ("50.00", "70.00", "single-plan-partial-payment"),
        ("85.49", "34.51", "single-plan-partial-payment"),
        ("85.50", "34.50", "single-plan-at-least-minimum-write-offs-on"),
    ],
)
def test_a_partial_payment_posts_from_the_minimum_amount_on(
    tmp_path: Path, paid: str, write_off: str, rule: str
) -> None:
    practice = make_practice(tmp_path / "practice", settings=PARTIAL)
    practice.expect(expects(expected="90"))
    [decided] = practice.run(remittance(paid, paying(paid, write_off)))
    assert decided["rule"] == rule
    assert decided["outcome"] == ("manual" if "below" in rule else "post")
    practice.verified()


@pytest.mark.parametrize(
    "switch", [{f"{AUTO}.enabled": False}, {"ledger_options.auto_post_contracted_write_offs": False}]
)
def test_a_partial_payment_needs_both_switches(tmp_path: Path, switch: dict[str, object]) -> None:
    practice = make_practice(tmp_path / "practice", settings=PARTIAL | switch)
    practice.expect(expects(expected="90"))
    [decided] = practice.run(remittance("60", paying("60", "60")))
    assert decided["outcome"] == "manual"


@pytest.mark.parametrize("status", ["2", "3", "20", "21"])
def test_a_partial_payment_processed_as_a_later_plans_is_left(tmp_path: Path, status: str) -> None:
    """The plan that pays first has its own money in this write-off."""
    practice = make_practice(tmp_path / "practice", settings=PARTIAL)
    practice.expect(expects(expected="90"))
    [left] = practice.run(remittance("60", paying("60", "60", status)))
    assert (left["outcome"], left["rule"]) == ("manual", "single-plan-below-minimum-write-offs-on")
    assert "processed-as-later-plan" in left["warnings"]
    assert practice.posted() == {}


def test_enough_money_processed_as_a_later_plans_posts_and_is_told(tmp_path: Path) -> None:
    """Some payers state a wrong plan (RFI 546)."""
    practice = make_practice(tmp_path / "practice", settings=PARTIAL)
    practice.expect(expects(expected="90"))
    [posted] = practice.run(remittance("85.50", paying("85.50", "34.50", "2")))
    assert (posted["outcome"], posted["warnings"]) == ("post", ["processed-as-later-plan"])


def test_off_by_default(tmp_path: Path) -> None:
    practice = make_practice(tmp_path / "practice", settings={f"{AUTO}.minimum_percent": Decimal("95")})
    practice.expect(expects(expected="90"))
    [decided] = practice.run(remittance("60", paying("60", "60")))
    assert decided["rule"] == "single-plan-below-minimum-write-offs-on"
