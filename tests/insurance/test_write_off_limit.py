"""Whether a stated write-off is above the limit, from the facts that a decision kept."""

import pytest

from era_engine.insurance.coordination import writes_off_too_much

KNOWN = {
    "office_charge_cents": 10400,
    "paid_cents": 8400,
    "patient_responsibility_cents": 1088,
    "remitted_write_off_cents": 912,
}


@pytest.mark.parametrize(
    ("given", "too_much"),
    [
        ({}, False),
        ({"remitted_write_off_cents": 913}, True),
        ({"patient_responsibility_cents": None}, False),
        ({"patient_responsibility_cents": None, "remitted_write_off_cents": 2001}, True),
        ({"office_charge_cents": None, "remitted_write_off_cents": 99999}, False),
        ({"write_off_limit_cents": 100}, True),
        ({"write_off_limit_cents": 100, "remitted_write_off_cents": 0}, False),
    ],
)
def test_a_cent_above_charge_less_payment_and_share_is_too_much(given: dict[str, int | None], too_much: bool) -> None:
    facts = {name: cents for name, cents in (KNOWN | given).items() if cents is not None}
    assert writes_off_too_much(facts) is too_much
