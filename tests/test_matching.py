"""Does a claim payment on a remittance name the patient, procedures and charges of the office's claim?"""

from collections.abc import Sequence
from datetime import date
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from era_engine.practice.matching import match_lines, patient_matches
from era_engine.practice.model import Claim, ProcedureLine
from era_engine.remittance.model import ClaimPayment, Person, Procedure, Reference, ServiceLine


def procedure(line_number: int, code: str, fee_cents: int) -> ProcedureLine:
    return ProcedureLine(line_number, code, date(2026, 10, 5), fee_cents, None, None)


CLEANING, FILLING, CROWN = procedure(1, "D1110", 9500), procedure(2, "D2391", 18000), procedure(3, "D2740", 120000)


def claim(
    *lines: ProcedureLine, last_name: str = "O'Brien", first_name: str = "Maria", subscriber_id: str = "W123 456-789"
) -> Claim:
    return Claim("C1", "P1", last_name, first_name, None, subscriber_id, 1, 1, "DELTA", "Delta Dental", "LPFD", lines)


def service_line(
    code: str | None,
    charge_cents: int | None,
    *,
    submitted: str | None = None,
    control_number: str | None = None,
) -> ServiceLine:
    return ServiceLine(
        procedure=Procedure("AD", code or "", (), ""),
        submitted=None if submitted is None else Procedure("AD", submitted, (), ""),
        charge_cents=charge_cents,
        paid_cents=0,
        revenue_code="",
        units=None,
        submitted_units=None,
        adjustments=(),
        dates=(),
        references=() if control_number is None else (Reference("6R", control_number),),
        amounts=(),
        quantities=(),
        remarks=(),
        segment_number=1,
    )


def claim_payment(
    people: Sequence[Person] = (), lines: Sequence[ServiceLine] = (), charge_cents: int | None = 0
) -> ClaimPayment:
    return ClaimPayment(
        claim_number="C1",
        status="1",
        charge_cents=charge_cents,
        paid_cents=0,
        patient_responsibility_cents=None,
        filing_code="",
        payer_claim_number="",
        facility_code="",
        frequency_code="",
        adjustments=(),
        people=tuple(people),
        adjudications=(),
        references=(),
        dates=(),
        contacts=(),
        amounts=(),
        quantities=(),
        lines=tuple(lines),
        summary=None,
        findings=(),
        segment_number=1,
        source="",
    )


def person(
    role: str, last: str = "", first: str = "", middle: str = "", identifier: str = "", id_qualifier: str = "MI"
) -> Person:
    return Person(role, "1", last, first, middle, "", id_qualifier if identifier else "", identifier)


# The patient


@pytest.mark.parametrize(
    ("office", "remittance"),
    [
        (("O'Brien", "Maria"), ("OBRIEN", "MARIA")),
        (("O'Brien", "Maria"), ("O BRIEN", "MARIA")),
        (("Núñez", "José"), ("NUNEZ", "JOSE")),
        (("Smith-Jones", "Ann"), ("SMITH JONES", "ANN")),
        (("Smith Jr.", "Paul"), ("SMITH", "PAUL")),
        (("Smith", "Paul"), ("SMITH III", "PAUL")),
        (("Großmann", "Eva"), ("GROSSMANN", "EVA")),
        (("Smith", "Paul"), ("SMITH", "P")),
        (("Smith", "P."), ("SMITH", "PAUL")),
        (("Smith", "Paul"), ("SMITH", "")),
        (("Ivy", "Jr"), ("IVY", "JR")),
    ],
)
def test_a_name_is_the_same_however_payers_spell_it(office: tuple[str, str], remittance: tuple[str, str]) -> None:
    ours = claim(last_name=office[0], first_name=office[1])
    assert patient_matches(claim_payment([person("QC", *remittance)]), ours)


@pytest.mark.parametrize(
    ("office", "remittance"),
    [
        (("Smith", "Paul"), ("SMYTH", "PAUL")),
        (("Smith", "Paul"), ("SMITHSON", "PAUL")),
        (("Smith", "Paul"), ("SMITH", "PETER")),
        (("Smith", "Paul"), ("SMITH", "PAULA")),
        (("Smith", "Paula"), ("SMITH", "PA")),
        (("Smith", "Paul"), ("SMITH", "M")),
        (("Smith", "Paul"), ("", "PETER")),
        (("Jr", "Paul"), ("SR", "PAUL")),
    ],
)
def test_another_name_is_another_patient(office: tuple[str, str], remittance: tuple[str, str]) -> None:
    ours = claim(last_name=office[0], first_name=office[1], subscriber_id="W1")
    assert not patient_matches(claim_payment([person("QC", *remittance, identifier="W1")]), ours)


def test_a_second_given_name_may_stand_in_the_middle_name() -> None:
    ours = claim(last_name="Smith", first_name="Mary Ann")
    assert patient_matches(claim_payment([person("QC", "SMITH", "MARY", "ANN")]), ours)
    assert not patient_matches(claim_payment([person("QC", "SMITH", "MARY", "SUE")]), ours)


def test_the_member_id_must_be_the_claims_when_given() -> None:
    patient = person("QC", "OBRIEN", "MARIA")
    assert patient_matches(claim_payment([patient._replace(identifier="w123456789", id_qualifier="MI")]), claim())
    assert not patient_matches(claim_payment([patient._replace(identifier="W99", id_qualifier="MI")]), claim())


def test_the_subscribers_id_identifies_a_child() -> None:
    child = person("QC", "OBRIEN", "MARIA", identifier="W99")
    assert patient_matches(claim_payment([child, person("IL", "OBRIEN", "SEAN", identifier="W123456789")]), claim())


def test_the_subscribers_name_is_not_the_patients() -> None:
    assert not patient_matches(claim_payment([person("IL", "OBRIEN", "MARIA")]), claim())


def test_a_social_security_number_is_not_a_member_id() -> None:
    named = person("QC", "OBRIEN", "MARIA", identifier="123456789", id_qualifier="34")
    assert patient_matches(claim_payment([named]), claim())
    unnamed = person("QC", identifier="W123456789", id_qualifier="34")
    assert not patient_matches(claim_payment([unnamed]), claim())


def test_the_member_id_alone_is_not_enough_as_a_family_shares_it() -> None:
    assert not patient_matches(claim_payment([person("QC", identifier="W123456789")]), claim())
    other = person("IL", "OTHER", "PERSON", identifier="W123456789")
    assert not patient_matches(claim_payment([other]), claim())


def test_a_remittance_without_name_and_id_matches_nobody() -> None:
    assert not patient_matches(claim_payment(), claim())
    assert not patient_matches(claim_payment([person("QC")]), claim())
    assert not patient_matches(claim_payment([person("82", "OBRIEN", "MARIA", identifier="W123456789")]), claim())
    assert not patient_matches(claim_payment([person("QC", "--", "..", identifier="-")]), claim())


def test_a_first_name_alone_is_not_enough() -> None:
    assert not patient_matches(claim_payment([person("QC", first="MARIA")]), claim())


def test_a_claim_without_member_id_is_not_matched_by_one() -> None:
    payment = claim_payment([person("QC", "OBRIEN", "MARIA", identifier="W1")])
    assert not patient_matches(payment, claim(subscriber_id=""))


def test_a_corrected_name_must_be_the_offices_too() -> None:
    named = person("QC", "OBRIEN", "MARIA")
    assert patient_matches(claim_payment([named, person("74", "OBRIEN", "MARIA")]), claim())
    assert patient_matches(claim_payment([named, person("74", identifier="W123456789")]), claim())
    assert not patient_matches(claim_payment([named, person("74", "OBRIAN", "MARIA")]), claim())
    assert not patient_matches(claim_payment([named, person("74", first="SEAN")]), claim())


def test_a_correction_does_not_make_another_name_the_offices() -> None:
    people = [person("QC", "BRIAN", "MARIA"), person("74", "OBRIEN", "MARIA")]
    assert not patient_matches(claim_payment(people), claim())


# The lines


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


def test_a_line_the_office_never_sent_is_a_procedure_mismatch() -> None:
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


def test_a_line_submitted_as_a_procedure_the_office_never_sent_stays_alone() -> None:
    lines = [service_line("D2391", 18000, submitted="D2140")]
    match = match_lines(claim_payment(lines=lines, charge_cents=18000), claim(FILLING))
    assert match == (((0, None),), False, True)


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
def test_each_procedure_of_the_claim_is_paired_at_most_once_and_with_its_like(
    remitted: tuple[Claim, list[ServiceLine]],
) -> None:
    ours, lines = remitted
    match = match_lines(claim_payment(lines=lines, charge_cents=ours.charge_cents), ours)
    assert [index for index, _ in match.pairs] == list(range(len(lines)))
    used = [number for _, number in match.pairs if number is not None]
    assert len(used) == len(set(used))
    codes = {own.line_number: own.procedure_code for own in ours.lines}
    for index, number in match.pairs:
        line = lines[index]
        code = line.submitted.code if line.submitted else line.procedure.code
        if number is not None:
            assert codes[number] == code
        else:  # unpaired only where nothing like it is left
            assert all(codes[free] != code for free in set(codes) - set(used))


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
