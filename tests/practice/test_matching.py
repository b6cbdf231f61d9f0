"""Which procedure of the practice's claim does each service line answer, with its charge?"""

from random import Random

import pytest
from claim_values import CLEANING, CROWN, FILLING, claim, claim_payment, procedure, service_line
from hypothesis import given
from hypothesis import strategies as st

from era_engine.practice.lines import match_lines, submitted_code
from era_engine.practice.model import Claim
from era_engine.remittance.model import Reference, ServiceLine


def test_lines_in_the_order_submitted_pair_one_to_one() -> None:
    lines = [service_line("D1110", 9500), service_line("D2391", 18000), service_line("D2740", 120000)]
    match = match_lines(claim_payment(lines=lines, charge_cents=147500), claim(CLEANING, FILLING, CROWN))
    assert match == (((0, 1), (1, 2), (2, 3)), True, True)


def test_lines_in_another_order_pair_by_procedure() -> None:
    lines = [service_line("D2740", 120000), service_line("d1110 ", 9500), service_line("D2391", 18000)]
    match = match_lines(claim_payment(lines=lines, charge_cents=147500), claim(CLEANING, FILLING, CROWN))
    assert match == (((0, 3), (1, 1), (2, 2)), True, True)


def test_the_line_control_number_tells_two_like_fillings_apart() -> None:
    fillings = claim(procedure(1, "D2391", 18000), procedure(2, "D2391", 18000))
    lines = [service_line("D2391", 18000, control_number="2"), service_line("D2391", 18000, control_number="1")]
    match = match_lines(claim_payment(lines=lines, charge_cents=36000), fillings)
    assert match == (((0, 2), (1, 1)), True, True)


def test_a_line_control_number_of_another_procedure_is_not_believed() -> None:
    lines = [service_line("D1110", 9500, control_number="2"), service_line("D2391", 18000, control_number="1")]
    match = match_lines(claim_payment(lines=lines, charge_cents=27500), claim(CLEANING, FILLING))
    assert match == (((0, 1), (1, 2)), True, True)


@pytest.mark.parametrize("control_number", ["77", "01", "C1-1"])
def test_a_line_control_number_that_is_no_line_number_says_nothing(control_number: str) -> None:
    lines = [service_line("D1110", 9500, control_number=control_number)]
    match = match_lines(claim_payment(lines=lines, charge_cents=9500), claim(CLEANING))
    assert match == (((0, 1),), True, True)


def test_a_line_control_number_given_twice_is_believed_where_the_charge_agrees() -> None:
    fillings = claim(procedure(1, "D2391", 18000), procedure(2, "D2391", 21000))
    lines = [service_line("D2391", 21000, control_number="1"), service_line("D2391", 18000, control_number="1")]
    match = match_lines(claim_payment(lines=lines, charge_cents=39000), fillings)
    assert match == (((0, 2), (1, 1)), True, True)


def test_the_charge_tells_two_like_procedures_apart() -> None:
    fillings = claim(procedure(1, "D2391", 18000), procedure(2, "D2391", 21000))
    lines = [service_line("D2391", 21000), service_line("D2391", 18000)]
    match = match_lines(claim_payment(lines=lines, charge_cents=39000), fillings)
    assert match == (((0, 2), (1, 1)), True, True)


def test_a_line_the_payer_did_not_return_is_a_procedure_mismatch() -> None:
    lines = [service_line("D1110", 9500)]
    match = match_lines(claim_payment(lines=lines, charge_cents=27500), claim(CLEANING, FILLING))
    assert match == (((0, 1),), False, True)


def test_a_line_the_practice_never_sent_is_a_procedure_mismatch() -> None:
    lines = [service_line("D0220", 3000), service_line("D1110", 9500)]
    match = match_lines(claim_payment(lines=lines, charge_cents=9500), claim(CLEANING))
    assert match == (((0, None), (1, 1)), False, True)


def test_a_line_split_in_two_by_the_payer_is_a_procedure_mismatch() -> None:
    lines = [service_line("D1110", 9500), service_line("D1110", 9500)]
    match = match_lines(claim_payment(lines=lines, charge_cents=9500), claim(CLEANING))
    assert match == (((0, 1), (1, None)), False, True)


def test_a_line_paid_as_another_procedure_pairs_but_does_not_match() -> None:
    lines = [service_line("D2140", 18000, submitted="D2391")]
    match = match_lines(claim_payment(lines=lines, charge_cents=18000), claim(FILLING))
    assert match == (((0, 2),), False, True)


def test_a_line_submitted_as_a_procedure_the_practice_never_sent_lands_where_its_charge_is() -> None:
    lines = [service_line("D2391", 18000, submitted="D2140")]
    match = match_lines(claim_payment(lines=lines, charge_cents=18000), claim(FILLING))
    assert match == (((0, 2),), False, True)


def test_a_submitted_procedure_that_is_the_adjudicated_one_changes_nothing() -> None:
    for submitted in ("D2391", "d2391", ""):
        lines = [service_line("D2391", 18000, submitted=submitted)]
        match = match_lines(claim_payment(lines=lines, charge_cents=18000), claim(FILLING))
        assert match == (((0, 2),), True, True)


def test_a_line_without_procedure_code_stays_alone() -> None:
    match = match_lines(claim_payment(lines=[service_line(None, 9500)], charge_cents=9500), claim(CLEANING))
    assert match == (((0, None),), False, True)


@pytest.mark.parametrize("charge_cents", [9499, 0, None])
def test_a_line_charge_other_than_the_fee_is_a_charge_mismatch(charge_cents: int | None) -> None:
    match = match_lines(claim_payment(lines=[service_line("D1110", charge_cents)], charge_cents=9500), claim(CLEANING))
    assert match == (((0, 1),), True, False)


@pytest.mark.parametrize("charge_cents", [9501, None])
def test_a_total_charge_other_than_the_claims_is_a_charge_mismatch(charge_cents: int | None) -> None:
    match = match_lines(claim_payment(lines=[service_line("D1110", 9500)], charge_cents=charge_cents), claim(CLEANING))
    assert match == (((0, 1),), True, False)


# Bundled, unbundled, split and down-coded: the line lands on the procedure submitted


def test_the_practices_own_line_control_number_counts_and_not_the_line_number() -> None:
    fillings = claim(
        procedure(1, "D2391", 18000, control_number="0007"), procedure(2, "D2391", 18000, control_number="1")
    )
    lines = [service_line("D2391", 18000, control_number="1"), service_line("D2391", 18000, control_number="0007")]
    match = match_lines(claim_payment(lines=lines, charge_cents=36000), fillings)
    assert match == (((0, 2), (1, 1)), True, True)


def test_leading_zeros_of_a_line_control_number_count() -> None:
    fillings = claim(
        procedure(1, "D2391", 18000, control_number="7"), procedure(2, "D2391", 18000, control_number="07")
    )
    lines = [service_line("D2391", 18000, control_number="07"), service_line("D2391", 18000, control_number="7")]
    match = match_lines(claim_payment(lines=lines, charge_cents=36000), fillings)
    assert match == (((0, 2), (1, 1)), True, True)


def test_bundled_lines_land_on_the_procedures_submitted() -> None:
    lines = [service_line("D0210", 3000, submitted="D0272"), service_line("D0210", 9000, submitted="D0330")]
    films = claim(procedure(1, "D0330", 9000), procedure(2, "D0272", 3000))
    match = match_lines(claim_payment(lines=lines, charge_cents=12000), films)
    assert match == (((0, 2), (1, 1)), False, True)


def test_of_an_unbundled_procedure_the_first_line_has_the_charge_and_the_others_none() -> None:
    lines = [
        service_line("D1110", 9500),
        service_line("D2950", 120000, submitted="D2740"),
        service_line("D2751", 0, submitted="D2740"),
        service_line("D2952", 0, submitted="D2740"),
    ]
    match = match_lines(claim_payment(lines=lines, charge_cents=129500), claim(CLEANING, CROWN))
    assert match == (((0, 1), (1, 3), (2, 3), (3, 3)), False, True)


def test_the_line_control_number_alone_brings_unbundled_lines_home() -> None:
    lines = [
        service_line("D2950", 120000, control_number="3"),
        service_line("D2751", 0, control_number="3"),
        service_line("D1110", 9500, control_number="1"),
    ]
    match = match_lines(claim_payment(lines=lines, charge_cents=129500), claim(CLEANING, CROWN))
    assert match == (((0, 3), (1, 3), (2, 1)), False, True)


def test_unbundled_lines_of_two_like_procedures_follow_their_charge() -> None:
    crowns = claim(procedure(1, "D2740", 120000), procedure(2, "D2740", 120000))
    lines = [
        service_line("D2950", 120000, submitted="D2740"),
        service_line("D2751", 0, submitted="D2740"),
        service_line("D2950", 120000, submitted="D2740"),
        service_line("D2751", 0, submitted="D2740"),
    ]
    match = match_lines(claim_payment(lines=lines, charge_cents=240000), crowns)
    assert match == (((0, 1), (1, 1), (2, 2), (3, 2)), False, True)


@pytest.mark.parametrize(
    "lines",
    [
        [service_line("D2140", 10000, submitted="D2391"), service_line("D2150", 8000, submitted="D2391")],
        [service_line("D2391", 10000, control_number="2"), service_line("D2391", 8000, control_number="2")],
        [service_line("D2391", 10000), service_line("D2391", 8000)],
    ],
    ids=["by the code submitted", "by the line control number", "by the code"],
)
def test_a_procedure_answered_in_pieces_has_them_all(lines: list[ServiceLine]) -> None:
    match = match_lines(claim_payment(lines=lines, charge_cents=18000), claim(FILLING))
    assert match == (((0, 2), (1, 2)), False, True)


def test_pieces_of_two_procedures_are_told_apart_by_what_they_sum_to() -> None:
    fillings = claim(procedure(1, "D2391", 18000), procedure(2, "D2391", 18000))
    pieces = [6000, 6000, 6000, 10000, 8000]
    lines = [service_line("D2140", cents, submitted="D2391") for cents in pieces]
    match = match_lines(claim_payment(lines=lines, charge_cents=36000), fillings)
    assert match == (((0, 1), (1, 1), (2, 1), (3, 2), (4, 2)), False, True)


def test_pieces_that_do_not_make_up_the_fee_are_not_joined() -> None:
    lines = [service_line("D2391", 10000, submitted="D2391"), service_line("D2391", 8001)]
    match = match_lines(claim_payment(lines=lines, charge_cents=18001), claim(FILLING))
    assert match == (((0, 2), (1, None)), False, False)


def test_a_line_down_coded_without_the_code_submitted_lands_by_its_control_number() -> None:
    lines = [service_line("D2140", 18000, control_number="2"), service_line("D1110", 9500, control_number="1")]
    match = match_lines(claim_payment(lines=lines, charge_cents=27500), claim(CLEANING, FILLING))
    assert match == (((0, 2), (1, 1)), False, True)


def test_an_invalid_code_submitted_gives_way_to_the_control_number() -> None:
    fillings = claim(procedure(1, "D2391", 18000), procedure(2, "D2392", 18000))
    lines = [
        service_line("D2140", 18000, submitted="XXXXX", control_number="2"),
        service_line("D2150", 18000, submitted="XXXXX", control_number="1"),
    ]
    match = match_lines(claim_payment(lines=lines, charge_cents=36000), fillings)
    assert match == (((0, 2), (1, 1)), False, True)


def test_an_invalid_code_submitted_without_control_number_gives_way_to_charge_and_position() -> None:
    sent = claim(procedure(1, "D2391", 18000), procedure(2, "D1110", 9500), procedure(3, "D2392", 18000))
    lines = [
        service_line("D1110", 9500),
        service_line("D2140", 18000, submitted="XXXXX"),
        service_line("D2150", 18000, submitted="YYYYY"),
    ]
    match = match_lines(claim_payment(lines=lines, charge_cents=45500), sent)
    assert match == (((0, 2), (1, 1), (2, 3)), False, True)


def test_position_says_nothing_where_a_line_of_that_charge_is_missing() -> None:
    sent = claim(procedure(1, "D2391", 18000), procedure(2, "D2392", 18000))
    lines = [service_line("D2140", 18000, submitted="XXXXX")]
    match = match_lines(claim_payment(lines=lines, charge_cents=18000), sent)
    assert match == (((0, None),), False, False)


def test_a_control_number_is_not_believed_against_both_code_and_charge() -> None:
    lines = [service_line("D1110", 9500), service_line("D1110", 9500, control_number="2")]
    match = match_lines(claim_payment(lines=lines, charge_cents=27500), claim(CLEANING, FILLING))
    assert match == (((0, 1), (1, None)), False, True)


def test_a_reversals_negated_charges_are_the_practices() -> None:
    fillings = claim(procedure(1, "D2391", 18000), procedure(2, "D2391", 21000))
    lines = [service_line("D2391", -21000), service_line("D2391", -18000)]
    match = match_lines(claim_payment(lines=lines, charge_cents=-39000, status="22"), fillings)
    assert match == (((0, 2), (1, 1)), True, True)


def test_negated_charges_are_not_the_practices_on_any_other_claim_payment() -> None:
    match = match_lines(claim_payment(lines=[service_line("D1110", -9500)], charge_cents=-9500), claim(CLEANING))
    assert match == (((0, 1),), True, False)


def test_a_claim_payment_without_lines_has_no_procedures_to_compare() -> None:
    assert match_lines(claim_payment(charge_cents=27500), claim(CLEANING, FILLING)) == ((), True, True)
    assert match_lines(claim_payment(charge_cents=9500), claim(CLEANING, FILLING)) == ((), True, False)


CODES, CHARGES = st.sampled_from(["D1110", "D2391", "D2740"]), st.sampled_from([9500, 18000])


@st.composite
def remitted_claims(draw: st.DrawFn) -> tuple[Claim, list[ServiceLine]]:
    """A claim, and service lines that resemble it, with each line control number used at most once."""
    fees = draw(st.lists(st.tuples(CODES, CHARGES), max_size=5))
    ours = claim(*(procedure(number, *fee) for number, fee in enumerate(fees, start=1)))
    sent = [service_line(own.procedure_code, own.fee_cents) for own in ours.lines]
    altered = draw(st.lists(st.builds(service_line, CODES, CHARGES, submitted=st.none() | CODES), max_size=3))
    lines = draw(st.permutations(sent))[: draw(st.integers(0, len(sent)))] + altered
    numbers = draw(st.permutations([None, None, None, *"123456789"]))
    return ours, [
        line._replace(references=() if number is None else (Reference("6R", number),))
        for line, number in zip(lines, numbers, strict=False)
    ]


@given(remitted_claims(), st.randoms(use_true_random=False))
def test_the_order_of_lines_does_not_matter(remitted: tuple[Claim, list[ServiceLine]], random: Random) -> None:
    ours, lines = remitted
    charge = ours.charge_cents
    match = match_lines(claim_payment(lines=lines, charge_cents=charge), ours)
    shuffled = list(lines)
    random.shuffle(shuffled)
    again = match_lines(claim_payment(lines=shuffled, charge_cents=charge), ours)
    turned = match_lines(claim_payment(lines=lines, charge_cents=charge), ours._replace(lines=ours.lines[::-1]))
    assert (again.procedures_match, again.charges_match) == (match.procedures_match, match.charges_match)
    assert (turned.procedures_match, turned.charges_match) == (match.procedures_match, match.charges_match)


@given(remitted_claims())
def test_a_line_is_paired_with_its_like_and_with_another_only_where_charge_or_number_say_so(
    remitted: tuple[Claim, list[ServiceLine]],
) -> None:
    ours, lines = remitted
    match = match_lines(claim_payment(lines=lines, charge_cents=ours.charge_cents), ours)
    assert [index for index, _ in match.pairs] == list(range(len(lines)))
    by_number = {own.line_number: own for own in ours.lines}
    used = {number for _, number in match.pairs}
    for index, number in match.pairs:
        line = lines[index]
        code = (line.submitted or line.procedure).code
        if number is None:  # unpaired only where nothing like it is left
            assert all(own.procedure_code != code or own.line_number in used for own in ours.lines)
        elif by_number[number].procedure_code != code:
            assert str(number) in [each.value for each in line.references] or (
                line.charge_cents == by_number[number].fee_cents
            )
            assert not match.procedures_match


@given(st.lists(st.integers(1, 9000), min_size=2, max_size=6), st.lists(st.integers(1, 9000), min_size=2, max_size=6))
def test_however_procedures_are_cut_in_pieces_all_pieces_come_together(first: list[int], second: list[int]) -> None:
    sent = claim(procedure(1, "D2391", sum(first)), procedure(2, "D2740", sum(second)))
    pieces = [("D2391", cents) for cents in first] + [("D2740", cents) for cents in second]
    lines = [service_line("D9999", cents, submitted=code) for code, cents in sorted(pieces, key=lambda each: each[1])]
    match = match_lines(claim_payment(lines=lines, charge_cents=sent.charge_cents), sent)
    assert [submitted_code(lines[index]) for index, number in match.pairs if number == 1] == ["d2391"] * len(first)
    assert [submitted_code(lines[index]) for index, number in match.pairs if number == 2] == ["d2740"] * len(second)
    assert (match.procedures_match, match.charges_match) == (False, True)


@given(remitted_claims())
def test_a_complete_answer_in_order_pairs_as_the_control_numbers_say(
    remitted: tuple[Claim, list[ServiceLine]],
) -> None:
    ours, lines = remitted
    match = match_lines(claim_payment(lines=lines, charge_cents=ours.charge_cents), ours)
    fees = {str(own.line_number): own for own in ours.lines}
    for index, number in match.pairs:
        control = lines[index].references[0].value if lines[index].references else ""
        named = fees.get(control)
        code = (lines[index].submitted or lines[index].procedure).code
        if named is not None and named.procedure_code == code:
            assert number == named.line_number
