"""What stands open between the practice and a payer, and which later pair settles it."""

from datetime import date
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from era_engine.insurance.open_items import Evidence, OpenItem, PostedPair, open_items

NO_CLAIMS = Evidence({}, {})
_ids = count(1)


def pair(
    reason: str, dollars: int, reference: str = "", *, on: int = 1, payer: str = "DELTA", trace: str = ""
) -> PostedPair:
    """A pair of the payment of that day of November, `T1` on the first."""
    return PostedPair(next(_ids), payer, on, trace or f"T{on}", date(2026, 11, on), reason, reference, dollars * 100)


def followed(*pairs: PostedPair, evidence: Evidence = NO_CLAIMS) -> list[tuple[str, int, int, list[tuple[str, int]]]]:
    """(trace that opened it, dollars, dollars that remain, [(trace that settled, dollars)]) of each item."""
    return [
        (
            item.opened_by.trace_number,
            item.cents // 100,
            item.remaining_cents // 100,
            [(each.by.trace_number, each.cents // 100) for each in item.settlements],
        )
        for item in open_items(pairs, evidence)
    ]


def test_a_recovery_is_followed_from_the_file_that_announced_it_to_the_next() -> None:
    assert followed(pair("WO", -40, "C1", on=1), pair("WO", 40, "C1", on=2)) == [("T1", -40, 0, [("T2", 40)])]


def test_a_recovery_may_come_in_parts() -> None:
    parts = (pair("WO", -100, "C1", on=1), pair("WO", 30, "C1", on=2), pair("WO", 50, "C1", on=3))
    assert followed(*parts) == [("T1", -100, -20, [("T2", 30), ("T3", 50)])]


def test_what_is_taken_without_a_known_cause_stands_open() -> None:
    assert followed(pair("WO", 64, "C9")) == [("T1", 64, 64, [])]


def test_what_is_taken_beyond_the_cause_stands_open_by_itself() -> None:
    taken = followed(pair("WO", -40, "C1", on=1), pair("WO", 64, "C1", on=2))
    assert taken == [("T1", -40, 0, [("T2", 40)]), ("T2", 24, 24, [])]


def test_a_recovery_of_another_claim_settles_nothing() -> None:
    two = followed(pair("WO", -40, "C1", on=1), pair("WO", 40, "C2", on=2))
    assert two == [("T1", -40, -40, []), ("T2", 40, 40, [])]


def test_payers_do_not_mix() -> None:
    two = followed(pair("WO", -40, "C1", on=1), pair("WO", 40, "C1", on=2, payer="METLIFE"))
    assert two == [("T1", -40, -40, []), ("T2", 40, 40, [])]


def test_the_days_count_and_not_the_order_the_files_were_read_in() -> None:
    assert followed(pair("WO", 40, "C1", on=2), pair("WO", -40, "C1", on=1)) == [("T1", -40, 0, [("T2", 40)])]


def test_a_reference_may_be_the_payers_number_of_the_claim_or_the_trace_of_the_payment() -> None:
    named = Evidence({("DELTA", "C1"): frozenset(["C1"]), ("DELTA", "ICN1"): frozenset(["C1"])}, {})
    by_claim = followed(pair("WO", -40, "C1", on=1), pair("WO", 40, "ICN1", on=2), evidence=named)
    assert by_claim == [("T1", -40, 0, [("T2", 40)])]
    by_trace = followed(pair("WO", -40, "C1", on=1), pair("WO", 40, "t1", on=2))
    assert by_trace == [("T1", -40, 0, [("T2", 40)])]


def test_the_same_reference_comes_before_the_same_claim_and_that_before_the_trace() -> None:
    named = Evidence({("DELTA", "C1"): frozenset(["C1"]), ("DELTA", "ICN1"): frozenset(["C1"])}, {})
    opened = (pair("WO", -10, "C1", on=1), pair("WO", -10, "C9", on=2, trace="ICN1"), pair("WO", -10, "ICN1", on=3))
    assert followed(*opened, pair("WO", 10, "ICN1", on=4), evidence=named) == [
        ("T1", -10, -10, []),
        ("ICN1", -10, -10, []),
        ("T3", -10, 0, [("T4", 10)]),
    ]
    assert followed(*opened[:2], pair("WO", 10, "ICN1", on=4), evidence=named) == [
        ("T1", -10, 0, [("T4", 10)]),
        ("ICN1", -10, -10, []),
    ]


def test_a_balance_carried_forward_is_the_one_of_that_amount_else_the_oldest() -> None:
    carried = (pair("FB", -30, on=1), pair("FB", -50, on=2))
    assert followed(*carried, pair("FB", 50, on=3)) == [("T1", -30, -30, []), ("T2", -50, 0, [("T3", 50)])]
    assert followed(*carried, pair("FB", 40, on=3)) == [
        ("T1", -30, 0, [("T3", 30)]),
        ("T2", -50, -40, [("T3", 10)]),
    ]


@pytest.mark.parametrize("reversed_order", [False, True])
def test_a_balance_carried_in_and_its_rest_carried_on_are_two_balances(reversed_order: bool) -> None:
    within = [pair("FB", 100, "T1", on=2), pair("FB", -60, "", on=2)]
    if reversed_order:
        within.reverse()
    assert followed(pair("FB", -100, on=1), *within) == [("T1", -100, 0, [("T2", 100)]), ("T2", -60, -60, [])]


def test_reasons_of_different_groups_do_not_settle_each_other() -> None:
    two = followed(pair("AP", -40, "X", on=1), pair("WO", 40, "X", on=2))
    assert two == [("T1", -40, -40, []), ("T2", 40, 40, [])]


def test_pairs_of_zero_and_pairs_that_settle_nothing_open_nothing() -> None:
    assert followed(pair("WO", 0, "C1"), pair("L6", -3), pair("CS", 5), pair("ZZ", 7)) == []


def refund(*pairs: PostedPair, evidence: Evidence = NO_CLAIMS) -> list[tuple[str, int, bool, bool]]:
    """(reason that opened it, dollars that remain, open, acknowledged) of each item."""
    return [
        (item.opened_by.reason, item.remaining_cents // 100, item.open, item.acknowledged)
        for item in open_items(pairs, evidence)
    ]


def test_a_refund_beside_the_recovery_it_pays_for_settles_it_and_is_acknowledged() -> None:
    announced = pair("WO", -40, "C1", on=1)
    assert refund(announced, pair("WO", 40, "C1", on=2), pair("72", -40, "C1", on=2)) == [
        ("WO", 0, False, False),
        ("72", -40, False, True),
    ]


def test_a_refund_for_a_recovery_not_in_these_books_stands_against_it() -> None:
    assert followed(pair("72", -40, "C1"), pair("WO", 40, "")) == [("T1", -40, 0, [("T1", 40)])]


def test_a_refund_beside_the_reversal_of_its_claim_is_acknowledged() -> None:
    evidence = Evidence({("DELTA", "C1"): frozenset(["C1"])}, {1: frozenset(["C1"])})
    assert refund(pair("72", -40, "C1"), evidence=evidence) == [("72", -40, False, True)]


def test_a_refund_alone_stays_open() -> None:
    assert refund(pair("72", -40, "C1")) == [("72", -40, True, False)]


def test_one_recovery_acknowledges_one_refund() -> None:
    announced = pair("WO", -40, "C1", on=1)
    later = (pair("WO", 40, "C1", on=2), pair("72", -40, "C1", on=2), pair("72", -40, "C1", on=2))
    assert [each[3] for each in refund(announced, *later)] == [False, True, False]


def test_a_refund_beside_its_recovery_is_not_torn_apart_by_what_was_taken_before() -> None:
    taken = pair("WO", 30, "C50", on=1)
    refund_first = followed(taken, pair("72", -30, "C50", on=2), pair("WO", 30, "C50", on=2))
    assert refund_first == [("T1", 30, 30, []), ("T2", -30, 0, [("T2", 30)])]
    refund_last = followed(taken, pair("WO", 30, "C50", on=2), pair("72", -30, "C50", on=2))
    assert refund_last == [("T1", 30, 30, []), ("T2", 30, 0, [("T2", -30)])]
    named = Evidence({("DELTA", "C50"): frozenset(["C50"]), ("DELTA", "ICN50"): frozenset(["C50"])}, {})
    by_claim = followed(taken, pair("72", -30, "ICN50", on=2), pair("WO", 30, "C50", on=2), evidence=named)
    assert by_claim == [("T1", 30, 30, []), ("T2", -30, 0, [("T2", 30)])]


def test_a_refund_without_its_recovery_pays_what_was_taken_before() -> None:
    assert followed(pair("WO", 30, "C50", on=1), pair("72", -30, "C50", on=2)) == [("T1", 30, 0, [("T2", -30)])]
    other = (pair("72", -30, "C50", on=2), pair("WO", 20, "C50", on=2))
    assert followed(pair("WO", 30, "C50", on=1), *other) == [("T1", 30, 0, [("T2", -30)]), ("T2", 20, 20, [])]


MOVES = st.lists(
    st.builds(
        pair,
        st.sampled_from(["WO", "FB", "72", "AP", "E3", "CS", "L6", "ZZ"]),
        st.integers(-9, 9),
        st.sampled_from(["", "A", "B", "T1", "T2"]),
        on=st.integers(1, 5),
        payer=st.sampled_from(["DELTA", "METLIFE"]),
    ),
    max_size=14,
)


def _moved(pairs: list[PostedPair], payer: str) -> int:
    return sum(each.cents for each in pairs if each.payer == payer and each.reason in ("WO", "FB", "72", "AP", "E3"))


@given(MOVES)
def test_what_remains_of_a_payers_items_is_what_its_pairs_moved(pairs: list[PostedPair]) -> None:
    items = open_items(pairs, NO_CLAIMS)
    for payer in ("DELTA", "METLIFE"):
        of_payer = [item for item in items if item.opened_by.payer == payer]
        assert sum(item.remaining_cents for item in of_payer) == _moved(pairs, payer)
        assert all(each.by.payer == payer for item in of_payer for each in item.settlements)
    assert all(_adds_up(item) for item in items)
    assert open_items(reversed(pairs), NO_CLAIMS) == items


def _adds_up(item: OpenItem) -> bool:
    settled = sum(each.cents for each in item.settlements)
    same_side = item.remaining_cents == 0 or (item.remaining_cents > 0) == (item.cents > 0)
    return item.cents + settled == item.remaining_cents and same_side and not (item.open and item.acknowledged)
