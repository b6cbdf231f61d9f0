"""Kinds of payment in combination: to the cent, with the books proven each time, and nothing posted in doubt."""

from pathlib import Path

import pytest
from claim_answers import PRIMARY, SECONDARY, answer, crown, crown_paid, part, practice, procedures, taken_back
from practices import PracticeHome, Record, expects, remittance
from remittance_text import Segments, claim, service_line

POST_EXACT: Record = {"reversals.post_exact": True}
PROVEN: Record = {"several_plans.post": "proven"}
NPI = "1234567893"


def last_words(home: PracticeHome) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """(trace number, claim, outcome, holds) of the newest decision on each claim payment, in the order they came."""
    newest: dict[int, Record] = {}
    for record in home.records("log"):
        known = newest.get(record["claim_payment_id"])
        if known is None or known["decision_id"] < record["decision_id"]:
            newest[record["claim_payment_id"]] = record
    return [
        (each["trace_number"], each["claim_number"], each["outcome"], tuple(each["holds"]))
        for _, each in sorted(newest.items())
    ]


# line and claim level


def test_adjustments_of_line_and_claim_are_written_off_together_each_in_its_place(tmp_path: Path) -> None:
    home = practice(tmp_path, expects("C1", "80"))
    lines = service_line("D0120", "120", "100", "CAS*CO*45*20")
    [posted] = home.run(remittance("80", answer("120", "80", "CAS*CO*45*10", "CAS*PR*1*10", *lines)))
    assert (posted["outcome"], posted["write_off_cents"]) == ("post", 3000)
    assert home.posted() == {"insurance_deposits": 8000, "contracted_write_offs": 3000, "accounts_receivable": -11000}
    by_line = {
        (entry["kind"], posting["line"], posting["cents"])
        for entry in home.records("ledger")
        for posting in entry["postings"]
        if posting["account"] == "accounts_receivable"
    }
    assert by_line == {
        ("insurance_payment", 1, -10000),
        ("insurance_payment", None, 2000),
        ("contracted_write_off", 1, -2000),
        ("contracted_write_off", None, -1000),
    }
    home.verified()


def test_the_same_adjustment_at_both_levels_counts_twice_and_holds(tmp_path: Path) -> None:
    """RFI 358, 689."""
    home = practice(tmp_path, expects("C1"))
    lines = service_line("D0120", "120", "90", "CAS*CO*45*30")
    [held] = home.run(remittance("90", answer("120", "90", "CAS*CO*45*30", *lines)))
    assert held["holds"] == ["claim-out-of-balance"]
    assert home.posted() == {}


# split claims

TWO = ("D0120", "D1110")


@pytest.mark.parametrize(
    ("other", "paid", "why"),
    [
        (part("D1110", "45", "ICN2", "CAS*CO*97*15"), "45", "adjustment-needs-review"),
        (part("D1110", "0", "ICN2", "CAS*PR*96*60"), "0", "denied"),
        (
            [each.replace("DOE*JANE", "ROE*MARY") for each in part("D1110", "45", "ICN2", "CAS*CO*45*15")],
            "45",
            "patient",
        ),
    ],
    ids=["review", "denied", "another patient"],
)
@pytest.mark.parametrize("how", ["one remittance", "two remittances", "the doubtful one first"])
def test_a_part_does_not_post_while_another_part_is_a_persons(
    tmp_path: Path, other: Segments, paid: str, why: str, how: str
) -> None:
    home = practice(tmp_path, procedures(*TWO, expected="30"))
    good = part("D0120", "60", "ICN1")
    if how == "one remittance":
        home.run(remittance(str(60 + int(paid)), good, other))
    else:
        files = [remittance("60", good, trace="GOOD"), remittance(paid, other, trace="DOUBT")]
        for file in files if how == "two remittances" else reversed(files):
            home.run(file)
    holds: dict[str, list[tuple[str, ...]]] = {"post": [], "manual": []}
    for _, _, outcome, of_this in last_words(home):
        holds[outcome].append(of_this)
    assert holds["post"] == []
    assert ("split-claim",) in holds["manual"]
    assert any(hold.startswith(why) for of_this in holds["manual"] for hold in of_this)
    assert home.posted() == {}
    home.verified()


def test_a_part_waits_until_a_person_has_posted_the_other(home: PracticeHome) -> None:
    home.expect(procedures(*TWO, expected="45"))
    exam, cleaning = part("D0120", "45", "ICN1", "CAS*CO*45*15"), part("D1110", "45", "ICN2", "CAS*CO*97*15")
    home.run(remittance("45", exam, trace="T1"))
    home.run(remittance("45", cleaning, trace="T2"))
    assert home.posted() == {}
    assert home.era("post", "T2", "C1", "--as-remitted", "--by", "Ann").code == 0
    [released] = home.run()
    assert (released["trace_number"], released["outcome"]) == ("T1", "post")
    assert home.posted() == {"insurance_deposits": 9000, "contracted_write_offs": 1500, "accounts_receivable": -10500}
    home.verified()


def test_parts_without_procedure_lines_post_when_both_are_there(tmp_path: Path) -> None:
    home = practice(tmp_path, procedures(*TWO, expected="45"))
    [first] = home.run(remittance("45", answer("60", "45", "CAS*CO*45*15", icn="ICN1"), trace="T1"))
    assert first["holds"] == ["split-claim", "charge-mismatch"]
    home.run(remittance("45", answer("60", "45", "CAS*CO*45*15", icn="ICN2"), trace="T2"))
    assert last_words(home) == [("T1", "C1", "post", ()), ("T2", "C1", "post", ())]
    assert home.posted() == {"insurance_deposits": 9000, "contracted_write_offs": 3000, "accounts_receivable": -12000}
    home.verified()


def test_three_parts_in_three_files_post_with_the_last(home: PracticeHome) -> None:
    home.expect(procedures(*TWO, "D0274", expected="30"))
    home.run(remittance("30", part("D0120", "30", "ICN1", "CAS*CO*45*30"), trace="T1"))
    home.run(remittance("30", part("D1110", "30", "ICN2", "CAS*CO*45*30"), trace="T2"))
    assert home.posted() == {}
    home.run(remittance("30", part("D0274", "30", "ICN3", "CAS*CO*45*30"), trace="T3"))
    assert home.posted() == {"insurance_deposits": 9000, "contracted_write_offs": 9000, "accounts_receivable": -18000}
    home.verified()


def test_one_part_is_taken_back_and_corrected_and_the_other_stands(tmp_path: Path) -> None:
    home = practice(tmp_path, procedures(*TWO, expected="45"), settings=POST_EXACT)
    exam, cleaning = part("D0120", "45", "ICN1", "CAS*CO*45*15"), part("D1110", "45", "ICN2", "CAS*CO*45*15")
    home.run(remittance("90", exam, cleaning, trace="T1"))
    corrected = part("D0120", "44", "ICN3", "CAS*CO*45*16")
    home.run(remittance("-1", taken_back("D0120", "60", "45", "CAS*CO*45*-15"), corrected, trace="T2"))
    assert home.posted() == {"insurance_deposits": 8900, "contracted_write_offs": 3100, "accounts_receivable": -12000}
    home.verified()


def test_a_correction_may_be_split_where_the_first_payment_was_not(tmp_path: Path) -> None:
    home = practice(tmp_path, procedures(*TWO, expected="45"), settings=POST_EXACT)
    lines = [*service_line("D0120", "60", "45", "CAS*CO*45*15"), *service_line("D1110", "60", "45", "CAS*CO*45*15")]
    home.run(remittance("90", answer("120", "90", *lines, icn="ICN0"), trace="T1"))
    whole = answer("-120", "-90", "CAS*CO*45*-30", status="22", icn="ICN0")
    exam, cleaning = part("D0120", "44", "ICN1", "CAS*CO*45*16"), part("D1110", "43", "ICN2", "CAS*CO*45*17")
    home.run(remittance("-3", whole, exam, cleaning, trace="T2"))
    assert [each[2] for each in last_words(home)] == ["post", "post", "post", "post"]
    assert home.posted() == {"insurance_deposits": 8700, "contracted_write_offs": 3300, "accounts_receivable": -12000}
    home.verified()


def test_a_reversal_of_the_whole_does_not_take_back_one_of_two_parts(tmp_path: Path) -> None:
    home = practice(tmp_path, procedures(*TWO, expected="45"), settings=POST_EXACT)
    exam, cleaning = part("D0120", "45", "ICN1", "CAS*CO*45*15"), part("D1110", "45", "ICN2", "CAS*CO*45*15")
    home.run(remittance("90", exam, cleaning))
    [left] = home.run(remittance("-90", answer("-120", "-90", "CAS*CO*45*-30", status="22"), trace="T2"))
    assert left["holds"] == ["reversal"]
    assert home.posted()["insurance_deposits"] == 9000
    home.verified()


def test_the_minimum_amount_of_a_partial_payment_is_of_both_parts(tmp_path: Path) -> None:
    settings: Record = {
        "era_payment_options.partial_payment.enabled": True,
        "era_payment_options.partial_payment.minimum_amount": "50.00",
    }
    home = practice(tmp_path, procedures(*TWO, expected="45"), settings=settings)
    exam, cleaning = part("D0120", "25", "ICN1", "CAS*CO*45*35"), part("D1110", "25", "ICN2", "CAS*CO*45*35")
    decided = home.run(remittance("50", exam, cleaning))
    assert {each["rule"] for each in decided} == {"single-plan-partial-payment"}
    assert home.posted() == {"insurance_deposits": 5000, "contracted_write_offs": 7000, "accounts_receivable": -12000}
    home.verified()


# reversals and money outside the claims


def test_a_reversal_whose_money_is_not_taken_yet_is_owed_until_it_is(tmp_path: Path) -> None:
    home = practice(tmp_path, expects("C1"), expects("C2"), settings=POST_EXACT)
    home.run(remittance("90", claim("C1"), trace="T1"))
    announced = [f"PLB*{NPI}*20261231*WO:C1*-90"]
    reversal = taken_back("D0120", "120", "90", "CAS*CO*45*-30")
    home.run(remittance("0", reversal, after=announced, trace="T2", method="NON", date="20261105"))
    assert home.posted() == {
        "insurance_deposits": 9000,
        "accounts_receivable": 0,
        "contracted_write_offs": 0,
        "payer_balances": -9000,
    }
    home.run(remittance("0", claim("C2"), after=[f"PLB*{NPI}*20261231*WO:C1*90"], trace="T3", date="20261112"))
    assert home.posted() == {
        "insurance_deposits": 9000,
        "accounts_receivable": -12000,
        "contracted_write_offs": 3000,
        "payer_balances": 0,
    }
    assert home.records("provider-adjustments", "--open") == []
    home.verified()


def test_a_reversal_is_found_by_a_number_the_payer_cut(tmp_path: Path) -> None:
    home = practice(tmp_path, expects("LPD-000123456"), settings=POST_EXACT)
    home.run(remittance("90", claim("LPD-000123456"), trace="T1"))
    reversal = taken_back("D0120", "120", "90", "CAS*CO*45*-30", number="LPD-00012345")
    [decided] = home.run(remittance("-90", reversal, trace="T2"))
    assert (decided["outcome"], decided["match_step"]) == ("post", "claim-number-cut-or-padded")
    assert set(home.posted().values()) == {0}
    home.verified()


def test_interest_is_given_back_with_the_payment_it_was_for(tmp_path: Path) -> None:
    home = practice(tmp_path, expects("C1"), settings=POST_EXACT)
    late = claim("C1", "120", "90", "30", "AMT*I*2")
    home.run(remittance("92", late, after=[f"PLB*{NPI}*20261231*L6:C1*-2"], trace="T1"))
    assert home.posted()["interest_income"] == -200
    reversal = taken_back("D0120", "120", "90", "CAS*CO*45*-30")
    home.run(remittance("-92", reversal, after=[f"PLB*{NPI}*20261231*L6:C1*2"], trace="T2"))
    assert set(home.posted().values()) == {0}
    home.verified()


# several plans


def test_a_reversal_of_a_secondary_that_wrote_off_less_than_it_said_is_a_persons(tmp_path: Path) -> None:
    """10.00 of the 435.00 was written off (RFI 1696): taking 435.00 back would write up the patient's balance."""
    home = practice(tmp_path, crown("C1", 1, "300"), crown("C2", 2, "65"), settings=PROVEN | POST_EXACT)
    home.run(remittance("300", PRIMARY, trace="T1"))
    home.run(remittance("65", SECONDARY, trace="T2"))
    reversal = taken_back("D2740", "500", "65", "CAS*CO*45*-435", number="C2", icn="ICN-C2")
    [left] = home.run(remittance("-65", reversal, trace="T3"))
    assert left["holds"] == ["reversal"]
    assert "$10.00 was written off there, but the reversal says $435.00" in left["explanation"]
    assert home.posted() == {"insurance_deposits": 36500, "contracted_write_offs": 13500, "accounts_receivable": -50000}
    home.verified()


def test_a_corrected_primary_is_a_persons_while_the_secondary_stands_on_the_first(tmp_path: Path) -> None:
    home = practice(tmp_path, crown("C1", 1, "300"), crown("C2", 2, "65"), settings=PROVEN | POST_EXACT)
    home.run(remittance("300", PRIMARY, trace="T1"))
    home.run(remittance("65", SECONDARY, trace="T2"))
    reversal = taken_back("D2740", "500", "300", "CAS*PR*2*-75", "CAS*CO*45*-125", icn="ICN-C1")
    home.run(remittance("-300", reversal, trace="T3"))
    [left] = home.run(remittance("310", crown_paid("C1", "1", "310", "CAS*PR*2*65", "CAS*CO*45*125"), trace="T4"))
    assert (left["outcome"], left["rule"]) == ("manual", "several-plans-write-offs-on")
    assert home.posted() == {"insurance_deposits": 6500, "contracted_write_offs": 1000, "accounts_receivable": -7500}
    home.verified()


def test_forwarded_from_one_plan_to_the_next_both_post_where_proven(tmp_path: Path) -> None:
    home = practice(tmp_path, crown("C1", 1, "300"), crown("C2", 2, "65"), settings=PROVEN)
    forwarded = crown_paid("C1", "19", "300", "CAS*PR*2*75", "CAS*CO*45*125")
    [first] = home.run(remittance("300", [*forwarded[:2], "NM1*TT*2*CIGNA*****PI*62308", *forwarded[2:]], trace="T1"))
    assert (first["outcome"], first["warnings"]) == ("post", ["forwarded-on"])
    assert "CIGNA" in first["explanation"]
    [second] = home.run(remittance("65", SECONDARY, trace="T2"))
    assert second["outcome"] == "post"
    assert home.posted()["accounts_receivable"] == -50000
    home.verified()


def test_the_same_claim_number_for_both_plans_posts_once(tmp_path: Path) -> None:
    home = practice(tmp_path, crown("C1", 1, "300"), settings=PROVEN)
    home.run(remittance("300", PRIMARY, trace="T1"))
    [second] = home.run(remittance("65", crown_paid("C1", "2", "65", "CAS*OA*23*425", "CAS*CO*45*10"), trace="T2"))
    assert second["holds"] == ["already-posted"]
    assert home.posted()["insurance_deposits"] == 30000
    home.verified()


# what a person does about a claim the practice did not know


def test_a_claim_imported_after_its_payment_came_is_posted_by_the_next_run(tmp_path: Path) -> None:
    home = practice(tmp_path, expects("C9", last_name="Roe"))
    [unknown] = home.run(remittance("90", claim("C1")))
    assert unknown["holds"] == ["no-matching-claim"]
    home.expect(expects("C1"))
    [decided] = home.run()
    assert decided["outcome"] == "post"
    assert home.posted()["insurance_deposits"] == 9000
    home.verified()
