"""Cents: exact, and nothing taken for an amount that is none."""

from decimal import Decimal

import pytest
from decision_cases import cases, in_cents
from hypothesis import given
from hypothesis import strategies as st

from era_engine.foundation.money import cents, dollars, minimum_cents


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("120", 12000),
        ("120.", 12000),
        ("120.5", 12050),
        ("120.05", 12005),
        (".05", 5),
        ("-.05", -5),
        ("-120.50", -12050),
        ("007", 700),
        ("-0", 0),
        ("1000000000.00", 100_000_000_000),
    ],
)
def test_an_amount_is_read_to_the_cent(text: str, expected: int) -> None:
    assert cents(text) == expected


NO_AMOUNTS = ["", " ", "-", ".", "-.", "+1", "1e2", "1,000", "$1", "1.005", "1.0.0", " 1", "1 ", "1\n", "--1", "1-"]
STRANGE_AMOUNTS = [
    "NaN",
    "١٢",
    "1_000",
    "0x10",
    "1E3",
    "Infinity",
    "\u22125",
    "0.00\n",
    "1000000000.01",
    "-1000000000.01",
    "9" * 12,
    "9" * 5000,
]


@pytest.mark.parametrize("text", NO_AMOUNTS + STRANGE_AMOUNTS)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        cents(text)


@pytest.mark.parametrize("case", cases("minimums"), ids=lambda case: f"{case['percent']} % of {case['expected']}")
def test_the_minimum_is_the_one_worked_out_by_hand(case: dict[str, str]) -> None:
    assert minimum_cents(in_cents(case["expected"]), Decimal(case["percent"])) == in_cents(case["minimum"])


@given(expected=st.integers(-(10**18), 10**18), thousandths=st.integers(0, 100_000))
def test_the_minimum_is_enough_and_one_cent_less_is_not(expected: int, thousandths: int) -> None:
    minimum = minimum_cents(expected, Decimal(thousandths) / 1000)
    assert minimum * 100_000 >= expected * thousandths
    assert (minimum - 1) * 100_000 < expected * thousandths


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "$0.00"), (5, "$0.05"), (-5, "-$0.05"), (123450, "$1,234.50"), (-100, "-$1.00"), (100000000, "$1,000,000.00")],
)
def test_cents_are_shown_as_dollars(amount: int, text: str) -> None:
    assert dollars(amount) == text


@given(st.integers(-(10**11), 10**11))
def test_an_amount_shown_and_read_again_is_the_same(amount: int) -> None:
    assert cents(dollars(amount).replace("$", "").replace(",", "")) == amount
