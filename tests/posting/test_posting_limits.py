"""However little a practice holds, nothing is posted that was not charged, not known or not paid."""

from decimal import Decimal
from pathlib import Path

import pytest
from claim_answers import SECONDARY, answer, crown, practice
from own_rules import own_rules
from practices import AUTO, Record, expects, remittance
from remittance_text import Segments, claim, service_line

NPI = "1234567893"
MAY_WARN = (
    *("unexpected-content", "envelope-mismatch", "payment-out-of-balance", "line-out-of-balance"),
    *("unknown-claim-status", "reversal", "charge-mismatch", "procedure-mismatch", "denied"),
    *("secondary-before-primary", "adjustment-needs-review", "provider-level-adjustment", "conformance"),
)
ALL_WARN: Record = {f"{AUTO}.minimum_percent": Decimal(0)} | {f"holds.{hold}": "warn" for hold in MAY_WARN}


@pytest.mark.parametrize(
    ("charge", "paid", "adjustment"),
    [
        ("1200", "90", "CAS*CO*45*1110"),
        ("240", "190", "CAS*CO*45*50"),
        ("120", "150", "CAS*OA*94*-30"),
        ("120", "130", "CAS*CO*45*-10"),
        ("120", "130", "CAS*PR*2*-10"),
    ],
    ids=["charge of another", "paid more than charged", "allowed more", "negative write-off", "negative share"],
)
def test_however_little_a_practice_holds_no_more_is_posted_than_was_charged(
    tmp_path: Path, charge: str, paid: str, adjustment: str
) -> None:
    """RFI 1696: write-offs in total never exceed the charge less payments and the patient's share."""
    home = practice(tmp_path, expects("C1"), settings=ALL_WARN)
    [held] = home.run(remittance(paid, answer(charge, paid, *service_line("D0120", charge, paid, adjustment))))
    assert held["holds"] == ["write-off-over-limit"]
    assert home.posted() == {}
    home.verified()


TOO_MUCH_OFF = answer("1200", "90", *service_line("D0120", "1200", "90", "CAS*CO*45*1110"), status="2")


def test_a_hold_that_is_about_some_claims_only_hides_no_write_off_over_the_limit(tmp_path: Path) -> None:
    home = practice(tmp_path, expects("C1"))
    narrower = ("{charge_matches: false}", '{charge_matches: false, claim_status: "1"}')
    home.set(own_rules(home, "holds.yaml", "charge-mismatch", narrower))
    [held] = home.run(remittance("90", TOO_MUCH_OFF))
    assert held["holds"] == ["write-off-over-limit"]
    assert home.posted() == {}


def test_a_doubt_about_the_charge_is_told_once_whatever_its_hold_is_called(tmp_path: Path) -> None:
    home = practice(tmp_path, expects("C1"))
    home.set(own_rules(home, "holds.yaml", "charge-mismatch", ("- id: charge-mismatch", "- id: other-charges")))
    [held] = home.run(remittance("90", TOO_MUCH_OFF))
    assert held["holds"] == ["other-charges"]
    [item] = home.records("todo")
    assert item["command"] == "era post EFT0001 C1 --line N=PAID,WRITE_OFF --by NAME"


def test_however_little_a_practice_holds_no_line_is_credited_above_its_fee(tmp_path: Path) -> None:
    """The payer answers two submitted lines with one line of two units."""
    twice = [expects("C1", "24", "30")[0] | {"line_number": line} for line in (1, 2)]
    home = practice(tmp_path, twice, settings=ALL_WARN)
    both = service_line("D0120", "60", "48", "CAS*CO*45*12")
    [posted] = home.run(remittance("48", answer("60", "48", *both)))
    assert posted["outcome"] == "post"
    assert {each["line"] for entry in home.records("ledger") for each in entry["postings"]} == {None}
    home.verified()


@pytest.mark.parametrize(
    "segments",
    [
        answer("-120", "-90", *service_line("D0120", "-120", "-90", "CAS*CO*45*-30")),
        answer("-120", "-90", *service_line("D0120", "-120", "-90", "CAS*CO*45*-30"), status="22"),
    ],
    ids=["unmarked reversal", "reversal"],
)
def test_however_little_a_practice_holds_no_money_below_zero_is_posted(tmp_path: Path, segments: Segments) -> None:
    home = practice(tmp_path, expects("C1"), settings=ALL_WARN)
    [left] = home.run(remittance("-90", segments))
    assert left["outcome"] == "manual"
    assert home.posted() == {}
    home.verified()


def test_a_secondary_before_its_primary_is_not_proven_however_little_a_practice_holds(tmp_path: Path) -> None:
    home = practice(
        tmp_path, crown("C1", 1, "300"), crown("C2", 2, "65"), settings=ALL_WARN | {"several_plans.post": "proven"}
    )
    [left] = home.run(remittance("65", SECONDARY))
    assert (left["outcome"], left["warnings"]) == ("manual", ["secondary-before-primary"])
    assert home.posted() == {}


@pytest.mark.parametrize("pair", ["ZZ:X*10", "WO:X*1O"], ids=["unknown reason", "unreadable amount"])
def test_an_adjustment_nobody_can_read_stays_a_persons_where_doubts_only_warn(tmp_path: Path, pair: str) -> None:
    home = practice(tmp_path, expects("C1"), settings={"holds.provider-level-adjustment": "warn"})
    home.run(remittance("80", claim("C1"), after=[f"PLB*{NPI}*20261231*{pair}"]))
    [record] = home.records("provider-adjustments")
    assert record["status"] == "not-posted"
    assert "payer_balances" not in home.posted()
    home.verified()


def test_interest_that_differs_posts_where_doubts_only_warn(tmp_path: Path) -> None:
    home = practice(tmp_path, expects("C1"), settings={"holds.provider-level-adjustment": "warn"})
    late = claim("C1", "120", "90", "30", "AMT*I*3")
    home.run(remittance("92", late, after=[f"PLB*{NPI}*20261231*L6:C1*-2"]))
    assert home.posted()["interest_income"] == -200
    home.verified()
