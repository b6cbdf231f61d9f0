"""A claim the payer answers in parts, and partial payments: judged together, posted whole or left."""

from decimal import Decimal
from pathlib import Path

import pytest
from offices import AUTO, OfficeHome, expects, make_office, remittance
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
def office(tmp_path: Path) -> OfficeHome:
    office = make_office(tmp_path / "office")
    office.expect(two_procedures())
    return office


def test_both_parts_on_one_remittance_post_together(office: OfficeHome) -> None:
    decided = office.run(remittance("90", EXAM, CLEANING))
    assert [each["outcome"] for each in decided] == ["post", "post"]
    assert [each["paid_cents"] for each in decided] == [4500, 4500]
    assert office.posted() == {
        "insurance_deposits": 9000,
        "contracted_write_offs": 3000,
        "accounts_receivable": -12000,
    }
    lines = {posting["line"] for entry in office.records("ledger") for posting in entry["postings"]}
    assert lines == {None, 1, 2}
    office.verified()


def test_the_first_part_waits_for_the_second_in_another_file(office: OfficeHome) -> None:
    [first] = office.run(remittance("45", EXAM))
    assert first["holds"] == ["split-claim"]
    decided = office.run(remittance("45", CLEANING, trace="EFT0002"))
    assert [each["outcome"] for each in decided if each["trace_number"] == "EFT0001"] == ["post"]
    assert [each["outcome"] for each in decided if each["trace_number"] == "EFT0002"][-1] == "post"
    assert office.posted()["accounts_receivable"] == -12000
    office.verified()


def test_both_parts_tell_what_is_theirs_and_what_is_of_both(office: OfficeHome) -> None:
    told = [each["explanation"] for each in office.run(remittance("90", EXAM, CLEANING))]
    assert told == 2 * [
        "Posted one of 2 parts ($90.00 paid in all) and wrote off $15.00 for this part: the payment is at least 95 %"
        " ($85.50) of the $90.00 expected."
    ]


def test_a_part_that_is_denied_is_not_called_the_claim(office: OfficeHome) -> None:
    denied = [*part("D1110", "0", "ICN2")[:-1], "CAS*CO*29*60"]
    told = office.run(remittance("45", EXAM, denied))[-1]["explanation"]
    assert "The payer denied one of 2 parts of this claim: $45.00 paid of $90.00 expected." in told


def test_what_is_short_of_a_split_claim_is_of_all_its_parts_and_known_when_they_are_there(office: OfficeHome) -> None:
    office.run(remittance("30", part("D0120", "30", "ICN1", "30")))
    assert [each["short_cents"] for each in office.records("todo")] == [None]
    office.run(remittance("40", part("D1110", "40", "ICN2", "20"), trace="EFT0002"))
    short = {each["trace_number"]: each["short_cents"] for each in office.records("todo")}
    assert short["EFT0002"] == 2000


def test_the_minimum_is_of_both_parts_together(office: OfficeHome) -> None:
    """85.49 of the 90.00 expected is a cent short of 95 %, 85.50 is not, however the parts share it."""
    short = office.run(remittance("85.49", part("D0120", "60", "ICN1", "0"), part("D1110", "25.49", "ICN2", "34.51")))
    assert {each["rule"] for each in short} == {"single-plan-below-minimum-write-offs-on"}


def test_just_enough_in_two_parts_posts(office: OfficeHome) -> None:
    enough = office.run(remittance("85.50", part("D0120", "60", "ICN1", "0"), part("D1110", "25.50", "ICN2", "34.50")))
    assert [each["outcome"] for each in enough] == ["post", "post"]
    assert office.posted()["insurance_deposits"] == 8550
    office.verified()


def test_the_same_part_twice_is_no_split(office: OfficeHome) -> None:
    decided = office.run(remittance("90", EXAM, part("D0120", "45", "ICN2")))
    assert [each["outcome"] for each in decided] == ["manual", "manual"]
    assert all("ambiguous-match" in each["holds"] for each in decided)
    assert office.posted() == {}


def test_two_answers_with_one_payer_claim_number_are_no_split(office: OfficeHome) -> None:
    """The payer claim number tells a split claim from a correction."""
    decided = office.run(remittance("90", EXAM, part("D1110", "45", "ICN1")))
    assert [each["outcome"] for each in decided] == ["manual", "manual"]


def post_first_by_hand(office: OfficeHome, *amounts: str) -> None:
    [first] = office.run(remittance("45", EXAM))
    assert first["holds"] == ["split-claim"]
    ended = office.era("post", "EFT0001", "C1", *amounts, "--by", "Ann")
    assert ended.code == 0, ended


def test_a_part_posts_after_the_one_that_a_person_posted_as_remitted(office: OfficeHome) -> None:
    post_first_by_hand(office, "--as-remitted")
    [second] = office.run(remittance("45", CLEANING, trace="EFT0002"))
    assert second["outcome"] == "post"
    assert office.posted()["accounts_receivable"] == -12000
    office.verified()


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
    office: OfficeHome, amounts: list[str], in_ledger: int
) -> None:
    post_first_by_hand(office, *amounts)
    [second] = office.run(remittance("45", CLEANING, trace="EFT0002"))
    assert (second["outcome"], second["holds"]) == ("manual", ["already-posted"])
    assert office.posted()["accounts_receivable"] == in_ledger
    office.verified()


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
    office = make_office(tmp_path / "office", settings=PARTIAL)
    office.expect(expects(expected="90"))
    [decided] = office.run(remittance(paid, paying(paid, write_off)))
    assert decided["rule"] == rule
    assert decided["outcome"] == ("manual" if "below" in rule else "post")
    office.verified()


@pytest.mark.parametrize(
    "switch", [{f"{AUTO}.enabled": False}, {"ledger_options.auto_post_contracted_write_offs": False}]
)
def test_a_partial_payment_needs_both_switches(tmp_path: Path, switch: dict[str, object]) -> None:
    office = make_office(tmp_path / "office", settings=PARTIAL | switch)
    office.expect(expects(expected="90"))
    [decided] = office.run(remittance("60", paying("60", "60")))
    assert decided["outcome"] == "manual"


@pytest.mark.parametrize("status", ["2", "3", "20", "21"])
def test_a_partial_payment_processed_as_a_later_plans_is_left(tmp_path: Path, status: str) -> None:
    """The plan that pays first has its own money in this write-off."""
    office = make_office(tmp_path / "office", settings=PARTIAL)
    office.expect(expects(expected="90"))
    [left] = office.run(remittance("60", paying("60", "60", status)))
    assert (left["outcome"], left["rule"]) == ("manual", "single-plan-below-minimum-write-offs-on")
    assert "processed-as-later-plan" in left["warnings"]
    assert office.posted() == {}


def test_enough_money_processed_as_a_later_plans_posts_and_is_told(tmp_path: Path) -> None:
    """Some payers state a wrong plan (RFI 546)."""
    office = make_office(tmp_path / "office", settings=PARTIAL)
    office.expect(expects(expected="90"))
    [posted] = office.run(remittance("85.50", paying("85.50", "34.50", "2")))
    assert (posted["outcome"], posted["warnings"]) == ("post", ["processed-as-later-plan"])


def test_off_by_default(tmp_path: Path) -> None:
    office = make_office(tmp_path / "office", settings={f"{AUTO}.minimum_percent": Decimal("95")})
    office.expect(expects(expected="90"))
    [decided] = office.run(remittance("60", paying("60", "60")))
    assert decided["rule"] == "single-plan-below-minimum-write-offs-on"
