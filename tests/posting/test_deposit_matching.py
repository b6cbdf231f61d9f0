"""Business days, and which deposit is the money of which payment."""

from datetime import date

import pytest

from era_engine.bank.business_days import bank_holidays, business_days_apart
from era_engine.bank.matching import KnownDeposit, Pairing, PaymentDue, match_deposits

# business days


def test_the_federal_reserve_moves_a_sunday_holiday_to_monday_and_a_saturday_holiday_nowhere() -> None:
    assert sorted(day.isoformat() for day in bank_holidays(2026)) == [  # July 4 is a Saturday
        "2026-01-01",
        "2026-01-19",
        "2026-02-16",
        "2026-05-25",
        "2026-06-19",
        "2026-09-07",
        "2026-10-12",
        "2026-11-11",
        "2026-11-26",
        "2026-12-25",
    ]
    assert date(2027, 7, 5) in bank_holidays(2027)  # July 4 is a Sunday
    assert date(2027, 12, 24) not in bank_holidays(2027)  # December 25 is a Saturday
    assert date(2027, 12, 31) not in bank_holidays(2027)  # January 1, 2028 is one too
    assert len(bank_holidays(2027)) == 9


@pytest.mark.parametrize(
    ("one", "other", "days"),
    [
        ("2026-11-02", "2026-11-02", 0),
        ("2026-11-02", "2026-11-05", 3),
        ("2026-10-30", "2026-11-02", 1),  # Friday to Monday
        ("2026-10-30", "2026-11-04", 3),
        ("2026-11-01", "2026-11-02", 1),  # Sunday to Monday
        ("2026-10-30", "2026-11-01", 0),  # Friday to Sunday
        ("2026-11-10", "2026-11-16", 3),  # Veterans Day and a weekend between
        ("2026-11-25", "2026-11-27", 1),  # Thanksgiving between
        ("2026-07-02", "2026-07-06", 2),  # July 3 is a business day: the 4th is a Saturday
        ("2027-07-02", "2027-07-06", 1),  # Friday to Tuesday: Monday is Independence Day
        ("2026-12-31", "2027-01-04", 1),
        ("2025-12-31", "2027-01-01", 251),
    ],
)
def test_business_days_are_counted_both_ways(one: str, other: str, days: int) -> None:
    first, second = date.fromisoformat(one), date.fromisoformat(other)
    assert business_days_apart(first, second) == business_days_apart(second, first) == days


# matching

LATER = date(2026, 12, 31)  # every deposit has come


def deposit(
    id: int, cents: int = 9000, trace: str = "EFT0001", day: str = "2026-11-02", originator: str | None = "1999999999"
) -> KnownDeposit:
    return KnownDeposit(id, date.fromisoformat(day), cents, trace, originator, "DELTA DENTAL", f"statement, line {id}")


def due(
    id: int,
    cents: int | None = 9000,
    trace: str = "EFT0001",
    day: str | None = "2026-11-02",
    originator: str = "1999999999",
    settled: bool = False,
) -> PaymentDue:
    when = date.fromisoformat(day) if day else None
    return PaymentDue(id, when, cents, trace, originator, "DELTA DENTAL", "remittance.835", settled)


def pairs(
    deposits: list[KnownDeposit], payments: list[PaymentDue], today: str = "2026-12-31"
) -> set[tuple[int | None, int | None, str | None]]:
    """(deposit, payment, reason), which must not depend on the order they are given in."""
    on = date.fromisoformat(today)
    found = match_deposits(deposits, payments, on)
    assert found == match_deposits(deposits[::-1], payments[::-1], on)
    assert len(found) == len({short(each) for each in found})
    return {short(each) for each in found}


def short(pairing: Pairing) -> tuple[int | None, int | None, str | None]:
    return pairing.deposit and pairing.deposit.id, pairing.payment and pairing.payment.id, pairing.reason


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        ("2026-10-28", None),
        ("2026-10-27", "days-apart"),
        ("2026-11-05", None),
        ("2026-11-06", "days-apart"),
        (None, "date-unknown"),
    ],
)
def test_three_business_days_before_or_after_are_near_enough(day: str | None, reason: str | None) -> None:
    assert pairs([deposit(1)], [due(1, day=day)]) == {(1, 1, reason)}


def test_a_holiday_weekend_is_not_counted() -> None:
    assert pairs([deposit(1, day="2026-11-10")], [due(1, day="2026-11-16")]) == {(1, 1, None)}
    assert pairs([deposit(1, day="2026-11-10")], [due(1, day="2026-11-17")]) == {(1, 1, "days-apart")}


@pytest.mark.parametrize(("cents", "off"), [(8999, 1), (9001, -1), (0, 9000)])
def test_one_cent_is_no_match_and_is_named(cents: int, off: int) -> None:
    (pairing,) = match_deposits([deposit(1)], [due(1, cents)], LATER)
    assert (pairing.reason, pairing.status, pairing.off_by_cents, pairing.days_apart) == (
        "amount-differs",
        "off",
        off,
        0,
    )


def test_an_amount_nobody_could_read_matches_nothing() -> None:
    (pairing,) = match_deposits([deposit(1)], [due(1, None)], LATER)
    assert (pairing.reason, pairing.off_by_cents) == ("amount-unknown", None)


@pytest.mark.parametrize("trace", ["eft0001", " EFT0001 ", "000EFT0001"])
def test_blanks_case_and_leading_zeros_of_a_trace_number_do_not_count(trace: str) -> None:
    assert pairs([deposit(1)], [due(1, trace=trace)]) == {(1, 1, None)}
    assert pairs([deposit(1, trace=trace)], [due(1)]) == {(1, 1, None)}


@pytest.mark.parametrize("trace", ["EFT0002", "EFT00010", "EFT1", "XEFT0001"])
def test_another_trace_number_is_another_payment(trace: str) -> None:
    assert pairs([deposit(1)], [due(1, trace=trace)]) == {(1, None, "no-remittance"), (None, 1, "no-deposit")}


@pytest.mark.parametrize("trace", ["", " ", "0", "0000"])
def test_no_trace_number_matches_nothing(trace: str) -> None:
    assert pairs([deposit(1, trace=trace)], [due(1, trace=trace)]) == {
        (1, None, "no-trace-number"),
        (None, 1, "no-trace-number"),
    }


def test_the_exact_trace_number_goes_before_the_padded_one() -> None:
    payments = [due(1, trace="12"), due(2, trace="0012")]
    assert pairs([deposit(1, trace="0012")], payments) == {(1, 2, None), (None, 1, "no-deposit")}


def test_leading_zeros_do_not_choose_among_several() -> None:
    payments = [due(1, trace="12"), due(2, trace="0012")]
    assert pairs([deposit(1, trace="000012")], payments) == {(1, 1, "trace-ambiguous"), (None, 2, "no-deposit")}
    deposits = [deposit(1, trace="12"), deposit(2, trace="0012")]
    assert pairs(deposits, [due(1, trace="000012")]) == {(1, 1, "trace-ambiguous"), (2, None, "no-remittance")}


def test_the_originator_tells_equal_trace_numbers_apart() -> None:
    payments = [due(1, originator="1888888888"), due(2, originator="1999999999")]
    assert pairs([deposit(1)], payments) == {(1, 2, None), (None, 1, "no-deposit")}
    assert pairs([deposit(1, originator=None)], payments) == {(1, 1, None), (None, 2, "no-deposit")}


@pytest.mark.parametrize("trace", ["EFT0001", "0EFT0001"])
def test_the_money_of_another_originator_is_a_doubt(trace: str) -> None:
    others = deposit(1, trace=trace, originator="1888888888")
    assert pairs([others], [due(1)]) == {(1, 1, "originator-differs")}
    assert pairs([others], [due(1, settled=True)]) == {(1, 1, "originator-differs")}
    assert pairs([others], [due(1, originator="")]) == {(1, 1, "originator-differs")}
    # its own money is nearer, also where that is not the same to the cent
    own = deposit(2, 8999)
    assert pairs([others, own], [due(1)]) == {(2, 1, "amount-differs"), (1, None, "no-remittance")}


def test_what_another_originator_takes_back_is_not_this_money() -> None:
    own, others = deposit(1), deposit(2, originator="1888888888", day="2026-11-03")
    back = deposit(3, -9000, originator="1999999999", day="2026-11-04")
    assert pairs([own, others, back], [due(1), due(2, originator="1888888888")]) == {
        (1, None, "taken-back"),
        (3, None, "taken-back"),
        (2, 2, None),
        (None, 1, "taken-back"),
    }


def test_one_deposit_is_the_money_of_one_payment() -> None:
    assert pairs([deposit(1)], [due(1), due(2)]) == {(1, 1, None), (None, 2, "no-deposit")}
    assert pairs([deposit(1), deposit(2)], [due(1)]) == {(1, 1, None), (2, None, "no-remittance")}
    assert pairs([deposit(1), deposit(2)], [due(1), due(2)]) == {(1, 1, None), (2, 2, None)}


def test_the_nearest_of_equal_deposits_is_taken() -> None:
    deposits = [deposit(1, day="2026-10-30"), deposit(2, day="2026-11-02")]
    assert pairs(deposits, [due(1)]) == {(2, 1, None), (1, None, "no-remittance")}


def test_a_payment_that_is_posted_keeps_its_deposit() -> None:
    """Whatever comes later, on better ground: another day, or fewer zeros."""
    held = due(2, trace="0012", day="2026-11-05", settled=True)
    better = due(1, trace="12")
    assert pairs([deposit(1, trace="12")], [better, held]) == {(1, 2, None), (None, 1, "no-deposit")}


def test_money_taken_back_is_no_money() -> None:
    back = deposit(2, -9000, day="2026-11-04")
    assert pairs([deposit(1), back], [due(1)]) == {
        (1, None, "taken-back"),
        (2, None, "taken-back"),
        (None, 1, "taken-back"),
    }
    again = deposit(3, day="2026-11-05")
    assert pairs([deposit(1), back, again], [due(1)]) == {
        (1, None, "taken-back"),
        (2, None, "taken-back"),
        (3, 1, None),
    }


def test_a_part_taken_back_leaves_the_payment_in_doubt() -> None:
    deposits = [deposit(1), deposit(2, -5000)]
    assert pairs(deposits, [due(1)]) == {(1, 1, "taken-back"), (2, None, "taken-back")}
    assert {each.status for each in match_deposits(deposits, [due(1)], LATER)} == {"off"}


def test_the_rest_of_money_that_came_in_parts_is_told_with_its_remittance() -> None:
    parts = [deposit(1, 6000), deposit(2, 3000), deposit(3, 9000, originator="1888888888")]
    assert pairs(parts, [due(1)]) == {(1, 1, "amount-differs"), (2, None, "another-part"), (3, None, "no-remittance")}
    assert {each.status for each in match_deposits(parts[:2], [due(1)], LATER)} == {"off"}
    # what is there in full had no parts
    assert pairs([deposit(1), deposit(2, 3000)], [due(1)]) == {(1, 1, None), (2, None, "no-remittance")}


def test_what_differs_is_paired_nearest_first() -> None:
    deposits = [deposit(1, 5000), deposit(2, 9001)]
    assert pairs(deposits, [due(1, 4999), due(2, 9000)]) == {(1, 1, "amount-differs"), (2, 2, "amount-differs")}
    assert pairs([deposit(1, 9001)], [due(1), due(2, 20000)]) == {(1, 1, "amount-differs"), (None, 2, "no-deposit")}


def test_money_is_there_on_its_day_and_not_before() -> None:
    assert pairs([deposit(1)], [due(1)], today="2026-11-01") == {(1, 1, "not-yet-there")}
    assert pairs([deposit(1)], [due(1)], today="2026-11-02") == {(1, 1, None)}
    (pairing,) = match_deposits([deposit(1)], [due(1)], date(2026, 11, 1))
    assert (pairing.status, pairing.off_by_cents, pairing.days_apart) == ("waiting", 0, 0)


def test_money_that_is_there_goes_before_money_still_to_come() -> None:
    both = [deposit(1, day="2026-11-03"), deposit(2, day="2026-10-30")]
    assert pairs(both, [due(1, day="2026-11-03")], today="2026-11-02") == {(2, 1, None), (1, None, "no-remittance")}
    # one that was posted by hand keeps what will come for it
    payments = [due(1, day="2026-11-03", settled=True), due(2, day="2026-11-03")]
    assert pairs([both[0]], payments, today="2026-11-02") == {(1, 1, "not-yet-there"), (None, 2, "no-deposit")}


def test_every_deposit_and_payment_is_told_once() -> None:
    deposits = [
        deposit(n, 100 * (n % 7) + 100 - 2000 * (n in (20, 31)), f"{n % 5:04}", f"2026-11-{n % 28 + 1:02}")
        for n in range(1, 60)
    ]
    payments = [
        due(n, 100 * (n % 6), f"{n % 5:03}", f"2026-11-{n % 27 + 1:02}", settled=n % 3 == 0) for n in range(1, 50)
    ]
    found = match_deposits(deposits, payments, LATER)
    assert sorted(each.deposit.id for each in found if each.deposit) == list(range(1, 60))
    assert sorted(each.payment.id for each in found if each.payment) == list(range(1, 50))
    assert all(each.off_by_cents == 0 and (each.days_apart or 0) <= 3 for each in found if each.status == "matched")
    assert sum(each.status == "matched" for each in found) > 3
