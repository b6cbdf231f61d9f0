"""Are the claim payments of one claim its parts? CLP07 tells a split claim from a correction."""

import pytest
from claim_values import CLEANING, CROWN, FILLING, claim, claim_payment, procedure, service_line
from hypothesis import given
from hypothesis import strategies as st

from era_engine.practice.lines import match_lines
from era_engine.practice.model import Claim, ProcedureLine
from era_engine.practice.splits import Split, split_of
from era_engine.remittance.model import ClaimPayment

SENT = claim(CLEANING, FILLING, CROWN)  # 95.00, 180.00 and 1,200.00


def part(icn: str, *answered: ProcedureLine, paid_cents: int | None = 5000, status: str = "1") -> ClaimPayment:
    lines = [service_line(own.procedure_code, own.fee_cents) for own in answered]
    charge = sum(own.fee_cents for own in answered)
    return claim_payment(lines=lines, charge_cents=charge, paid_cents=paid_cents, payer_claim_number=icn, status=status)


def split(*parts: ClaimPayment, of: Claim = SENT) -> Split | None:
    return split_of([(each, match_lines(each, of)) for each in parts], of)


def test_parts_that_answer_everything_are_complete() -> None:
    assert split(part("A", CLEANING, CROWN), part("B", FILLING)) == Split(True, 10000, 147500, 2)
    assert split(part("A", CLEANING), part("B", CROWN), part("C", FILLING)) == Split(True, 15000, 147500, 3)


def test_one_part_awaits_the_rest() -> None:
    assert split(part("A", CLEANING, CROWN)) == Split(False, 5000, 129500, 1)
    assert split(part("A", CLEANING), part("B", FILLING, paid_cents=0)) == Split(False, 5000, 27500, 2)


def test_a_part_needs_no_payer_claim_number_while_it_is_alone() -> None:
    assert split(part("", CLEANING)) == Split(False, 5000, 9500, 1)
    assert split(part("", CLEANING), part("B", FILLING)) is None


@pytest.mark.parametrize("status", ["2", "3", "19", "20", "21"])
def test_parts_processed_for_any_plan_are_parts(status: str) -> None:
    assert split(part("A", CLEANING, status=status), part("B", FILLING, CROWN, status=status)) == Split(
        True, 10000, 147500, 2
    )


@pytest.mark.parametrize("status", ["4", "22", "23", "25", ""])
def test_what_was_not_processed_is_no_part(status: str) -> None:
    assert split(part("A", CLEANING, status=status), part("B", FILLING, CROWN)) is None


def test_nothing_is_no_split() -> None:
    assert split() is None


def test_a_payment_of_the_whole_claim_is_no_part() -> None:
    assert split(part("A", CLEANING, FILLING, CROWN)) is None
    assert split(part("A", CLEANING, FILLING, CROWN), part("B", FILLING)) is None


def test_one_payer_claim_number_is_a_correction_and_no_split() -> None:
    assert split(part("A", CLEANING, CROWN), part("A", FILLING)) is None


def test_a_procedure_answered_twice_is_no_split() -> None:
    assert split(part("A", CLEANING, FILLING), part("B", FILLING, CROWN)) is None


def test_like_procedures_without_line_control_numbers_cannot_be_told_from_a_second_answer() -> None:
    fillings = claim(procedure(1, "D2391", 18000), procedure(2, "D2391", 18000))
    one, other = part("A", fillings.lines[0]), part("B", fillings.lines[1])
    assert split(one, other, of=fillings) is None
    numbered = [
        each._replace(lines=(service_line("D2391", 18000, control_number=number),))
        for each, number in ((one, "1"), (other, "2"))
    ]
    assert split(*numbered, of=fillings) == Split(True, 10000, 36000, 2)


def test_a_part_in_other_words_than_the_practices_is_no_part() -> None:
    down_coded = part("A", CLEANING)._replace(lines=(service_line("D1120", 9500, submitted="D1110"),))
    assert split(down_coded, part("B", FILLING, CROWN)) is None
    unknown = part("A", CLEANING)._replace(lines=(service_line("D1110", 9500), service_line("D9999", 0)))
    assert split(unknown, part("B", FILLING, CROWN)) is None
    other_charge = part("A", CLEANING)._replace(lines=(service_line("D1110", 9400),), charge_cents=9400)
    assert split(other_charge) is None


@pytest.mark.parametrize("charge_cents", [9400, 9600, -9500, 0, None])
def test_a_charge_that_is_not_its_lines_is_no_part(charge_cents: int | None) -> None:
    assert split(part("A", CLEANING)._replace(charge_cents=charge_cents)) is None


def test_an_unreadable_payment_is_no_part() -> None:
    assert split(part("A", CLEANING, paid_cents=None)) is None


def test_parts_without_lines_count_where_all_charges_make_up_the_claims() -> None:
    def bare(icn: str, cents: int) -> ClaimPayment:
        return claim_payment(charge_cents=cents, paid_cents=4000, payer_claim_number=icn)

    assert split(bare("A", 27500), bare("B", 120000)) == Split(True, 8000, 147500, 2)
    assert split(part("A", CLEANING), bare("B", 138000)) == Split(True, 9000, 147500, 2)
    assert split(bare("A", 27500), bare("B", 119999)) is None
    assert split(bare("A", 27500)) is None


@given(st.lists(st.sampled_from("ABC"), min_size=4, max_size=4), st.permutations(range(3)))
def test_however_a_claim_is_cut_its_parts_make_it_up(where: list[str], order: list[int]) -> None:
    codes = ["D0120", "D1110", "D2391", "D2740"]
    sent = claim(*(procedure(number, code, 1000 * number) for number, code in enumerate(codes, start=1)))
    cut = [[own for own, icn in zip(sent.lines, where, strict=True) if icn == name] for name in "ABC"]
    parts = [part(f"ICN{index}", *cut[index], paid_cents=100) for index in order if cut[index]]
    whole = split(*parts, of=sent)
    assert whole == (None if len(parts) == 1 else Split(True, 100 * len(parts), 10000, len(parts)))
    if len(parts) > 1:
        missing = split(*parts[1:], of=sent)
        assert missing is not None
        assert (missing.complete, missing.parts) == (False, len(parts) - 1)
        assert split(*parts, parts[0]._replace(payer_claim_number="ICN9"), of=sent) is None
