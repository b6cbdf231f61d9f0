"""Claims of a practice and claim payments as values, for tests that compare one with the other."""

from collections.abc import Sequence
from datetime import date

from era_engine.practice.model import Claim, ProcedureLine
from era_engine.remittance.model import ClaimPayment, Dated, Person, Procedure, Reference, ServiceLine

DAY = date(2026, 10, 5)


def procedure(
    line_number: int, code: str, fee_cents: int, day: date = DAY, control_number: str | None = None
) -> ProcedureLine:
    return ProcedureLine(line_number, code, day, fee_cents, None, None, control_number)


CLEANING, FILLING, CROWN = procedure(1, "D1110", 9500), procedure(2, "D2391", 18000), procedure(3, "D2740", 120000)


def claim(
    *lines: ProcedureLine,
    number: str = "C1",
    last_name: str = "O'Brien",
    first_name: str = "Maria",
    subscriber_id: str = "W123 456-789",
) -> Claim:
    return Claim(number, "P1", last_name, first_name, None, subscriber_id, 1, 1, "DELTA", "Delta Dental", "LPFD", lines)


def service_line(
    code: str | None,
    charge_cents: int | None,
    *,
    submitted: str | None = None,
    control_number: str | None = None,
    dates: Sequence[Dated] = (),
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
        dates=tuple(dates),
        references=() if control_number is None else (Reference("6R", control_number),),
        amounts=(),
        quantities=(),
        remarks=(),
        segment_number=1,
    )


def claim_payment(
    people: Sequence[Person] = (),
    lines: Sequence[ServiceLine] = (),
    charge_cents: int | None = 0,
    *,
    number: str = "C1",
    status: str = "1",
    paid_cents: int | None = 0,
    payer_claim_number: str = "",
    dates: Sequence[Dated] = (),
) -> ClaimPayment:
    return ClaimPayment(
        claim_number=number,
        status=status,
        charge_cents=charge_cents,
        paid_cents=paid_cents,
        patient_responsibility_cents=None,
        filing_code="",
        payer_claim_number=payer_claim_number,
        facility_code="",
        frequency_code="",
        adjustments=(),
        people=tuple(people),
        adjudications=(),
        references=(),
        dates=tuple(dates),
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
    role: str,
    last: str = "",
    first: str = "",
    middle: str = "",
    identifier: str = "",
    id_qualifier: str = "MI",
    suffix: str = "",
) -> Person:
    return Person(role, "1", last, first, middle, suffix, id_qualifier if identifier else "", identifier)
