"""The practice's claims in the database: imported, and looked up in batches."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Select, bindparam, delete, insert, select, update

from era_engine.foundation.errors import ClaimsFileError
from era_engine.practice.model import Claim, ProcedureLine
from era_engine.store.schema import claim_payments, claims, entries, patients, procedure_lines

_T = TypeVar("_T")
_AT_A_TIME = 500  # claim numbers in one look-up; PostgreSQL and SQLite both plan this well


class Imported(NamedTuple):
    """How many claims an import added and how many it updated."""

    added: int
    updated: int


def save_claims(connection: Connection, imported: Iterable[Claim]) -> Imported:
    """Add claims, or update those nothing is posted against.

    Raises ClaimsFileError, naming the claims that are posted already; then nothing at all must be committed.
    """
    by_number = {claim.claim_number: claim for claim in imported}
    known = _lock_known(connection, by_number)
    posted = _entered_claims(connection, by_number)
    if posted:
        shown = ", ".join(sorted(posted)[:20]) + (f" and {len(posted) - 20} more" if len(posted) > 20 else "")
        raise ClaimsFileError(
            f"Payments are posted on {shown}. A claim with a posted payment cannot be changed.",
            "Take these claims out of the file. Nothing was imported.",
        )
    by_number = _with_control_numbers(connection, by_number, known)
    _save_patients(connection, by_number.values())
    _save(connection, list(by_number.values()), known)
    return Imported(len(by_number) - len(known), len(known))


def _entered_claims(connection: Connection, numbers: Collection[str]) -> set[str]:
    """Claims with entries, also those taken back since: what is in the ledger keeps its patient and lines."""
    query = select(entries.c.claim_number).where(entries.c.claim_number.in_(bindparam("numbers", expanding=True)))
    return {number for some in slices(numbers) for number in connection.execute(query, {"numbers": some}).scalars()}


def find_claims(connection: Connection, numbers: Collection[str]) -> dict[str, Claim]:
    """The practice's claims with exactly these claim numbers; rows are locked until the transaction ends."""
    found: dict[str, Claim] = {}
    for some in slices(sorted(numbers)):
        found |= _claims_where(connection, _CLAIMS_BY_NUMBER, some)
    return found


def claims_of_patients(connection: Connection, patient_ids: Collection[str]) -> dict[str, list[Claim]]:
    """All claims of these patients, by patient id."""
    by_patient: dict[str, list[Claim]] = defaultdict(list)
    for some in slices(sorted(patient_ids)):
        for claim in _claims_where(connection, _CLAIMS_BY_PATIENT, some).values():
            by_patient[claim.patient_id].append(claim)
    return by_patient


def patients_with_later_plans(connection: Connection, patient_ids: Collection[str]) -> set[str]:
    """Those of these patients of whom a claim was sent to a plan after the first, however many they have now."""
    found: set[str] = set()
    for some in slices(patient_ids):
        found.update(connection.execute(_WITH_LATER_PLANS, {"patients": some}).scalars())
    return found


def posted_claims(connection: Connection, numbers: Collection[str]) -> set[str]:
    """Those of these claim numbers that a payment is posted against."""
    found: set[str] = set()
    for some in slices(numbers):
        found.update(connection.execute(_POSTED, {"numbers": some}).scalars())
    return found


def claims_before_their_primary(connection: Connection, judged: Collection[Claim]) -> set[str]:
    """Claims to a later plan whose claim to an earlier plan, for the same services, has no payment posted yet."""
    later = [claim for claim in judged if claim.plan_ordinal > 1]
    if not later:
        return set()
    of_patient = claims_of_patients(connection, {claim.patient_id for claim in later})
    earlier = {claim.claim_number: earlier_claims(claim, of_patient[claim.patient_id]) for claim in later}
    posted = posted_claims(connection, {number for numbers in earlier.values() for number in numbers})
    return {number for number, before in earlier.items() if any(each not in posted for each in before)}


def earlier_claims(claim: Claim, of_the_patient: Iterable[Claim]) -> set[str]:
    """Claim numbers of the patient's claims to an earlier plan that share a procedure on the same day."""
    days = {(line.service_date, line.procedure_code) for line in claim.lines}
    return {
        other.claim_number
        for other in of_the_patient
        if other.plan_ordinal < claim.plan_ordinal
        and any((line.service_date, line.procedure_code) in days for line in other.lines)
    }


def _select_claims(by: str) -> Select[Any]:
    wanted = claims.c.claim_number if by == "numbers" else claims.c.patient_id
    return (
        select(
            claims.c.claim_number,
            claims.c.patient_id,
            patients.c.last_name,
            patients.c.first_name,
            patients.c.birth_date,
            claims.c.subscriber_id,
            patients.c.plan_count,
            claims.c.plan_ordinal,
            claims.c.payer_id,
            claims.c.payer_name,
            claims.c.location,
            claims.c.origin,
        )
        .join(patients)
        .where(wanted.in_(bindparam(by, expanding=True)))
        .order_by(claims.c.claim_number)  # one order of locking, so that two runs cannot block each other
        .with_for_update(of=claims)
    )


_CLAIMS_BY_NUMBER = _select_claims("numbers")
_CLAIMS_BY_PATIENT = _select_claims("patients")
_WITH_LATER_PLANS = (
    select(claims.c.patient_id)
    .where(claims.c.patient_id.in_(bindparam("patients", expanding=True)), claims.c.plan_ordinal > 1)
    .distinct()
)
_LINES = (
    select(procedure_lines)
    .where(procedure_lines.c.claim_number.in_(bindparam("numbers", expanding=True)))
    .order_by(procedure_lines.c.claim_number, procedure_lines.c.line_number)
)
_POSTED = (
    select(claim_payments.c.office_claim)
    .where(
        claim_payments.c.office_claim.in_(bindparam("numbers", expanding=True)),
        claim_payments.c.state == "posted",
        claim_payments.c.claim_status != "22",  # a reversal posted is a payment that is not posted any more
    )
    .distinct()
)


def _claims_where(connection: Connection, query: Select[Any], wanted: list[str]) -> dict[str, Claim]:
    key = "numbers" if query is _CLAIMS_BY_NUMBER else "patients"
    rows = connection.execute(query, {key: wanted}).all()
    lines: dict[str, list[ProcedureLine]] = defaultdict(list)
    for row in connection.execute(_LINES, {"numbers": [row[0] for row in rows]}).all():
        lines[row[0]].append(ProcedureLine(*row[1:]))
    return {row[0]: Claim._make((*row[:11], tuple(lines[row[0]]), row.origin)) for row in rows}


def _lock_known(connection: Connection, numbers: Collection[str]) -> set[str]:
    """Those of the numbers that are claims already, locked as `find_claims` does: none is posted from here on."""
    query = (
        select(claims.c.claim_number)
        .where(claims.c.claim_number.in_(bindparam("numbers", expanding=True)))
        .order_by(claims.c.claim_number)
        .with_for_update()
    )
    found = (connection.execute(query, {"numbers": some}).scalars() for some in slices(sorted(numbers)))
    return {number for some in found for number in some}


def _with_control_numbers(connection: Connection, imported: dict[str, Claim], known: set[str]) -> dict[str, Claim]:
    """A CSV tells no line control numbers: those an 837 told before stay with the lines that are still the same."""
    kept: dict[tuple[str, ProcedureLine], str] = {}
    for some in slices(known):
        for number, *line in connection.execute(_LINES, {"numbers": some}).all():
            before = ProcedureLine(*line)
            if before.control_number is not None:
                kept[number, _service(before)] = before.control_number
    if not kept:
        return imported
    return {
        number: claim._replace(
            lines=tuple(
                line._replace(control_number=line.control_number or kept.get((number, _service(line))))
                for line in claim.lines
            )
        )
        for number, claim in imported.items()
    }


def _service(line: ProcedureLine) -> ProcedureLine:
    """What a line was charged for, without what is expected for it."""
    return ProcedureLine(*line[:4], expected_insurance_cents=None, expected_write_off_cents=None)


def _save_patients(connection: Connection, imported: Collection[Claim]) -> None:
    by_id = {claim.patient_id: claim for claim in imported}
    query = select(patients.c.patient_id).where(patients.c.patient_id.in_(bindparam("ids", expanding=True)))
    known = {each for some in slices(by_id) for each in connection.execute(query, {"ids": some}).scalars()}
    rows = [
        {
            "patient_id": claim.patient_id,
            "last_name": claim.last_name,
            "first_name": claim.first_name,
            "birth_date": claim.birth_date,
            "plan_count": claim.plan_count,
        }
        for claim in sorted(by_id.values(), key=lambda claim: claim.patient_id)  # one order, as with claims
    ]
    if new := [row for row in rows if row["patient_id"] not in known]:
        connection.execute(insert(patients), new)
    if old := [row | {"known_id": row["patient_id"]} for row in rows if row["patient_id"] in known]:
        connection.execute(update(patients).where(patients.c.patient_id == bindparam("known_id")), old)


def _save(connection: Connection, imported: list[Claim], known: set[str]) -> None:
    for some in slices([claim.claim_number for claim in imported if claim.claim_number in known]):
        connection.execute(delete(procedure_lines).where(procedure_lines.c.claim_number.in_(some)))
    rows = [
        {
            "claim_number": claim.claim_number,
            "patient_id": claim.patient_id,
            "subscriber_id": claim.subscriber_id,
            "plan_ordinal": claim.plan_ordinal,
            "payer_id": claim.payer_id,
            "payer_name": claim.payer_name,
            "location": claim.location,
            "origin": claim.origin,
        }
        for claim in imported
    ]
    if new := [row for row in rows if row["claim_number"] not in known]:
        connection.execute(insert(claims), new)
    if old := [row | {"known": row["claim_number"]} for row in rows if row["claim_number"] in known]:
        connection.execute(update(claims).where(claims.c.claim_number == bindparam("known")), old)
    lines = [{"claim_number": claim.claim_number, **line._asdict()} for claim in imported for line in claim.lines]
    if lines:
        connection.execute(insert(procedure_lines), lines)


def slices(values: Collection[_T]) -> Iterable[list[_T]]:
    everything = list(values)
    return (everything[at : at + _AT_A_TIME] for at in range(0, len(everything), _AT_A_TIME))


def payers_and_locations(connection: Connection, payment_id: int) -> list[tuple[str, str, str]]:
    """(payer id, payer name, location) of the claims that a payment's claim payments are for."""
    query = (
        select(claims.c.payer_id, claims.c.payer_name, claims.c.location)
        .join(claim_payments, claim_payments.c.office_claim == claims.c.claim_number)
        .where(claim_payments.c.payment_id == payment_id)
        .distinct()
    )
    return [(payer_id, payer_name, location) for payer_id, payer_name, location in connection.execute(query)]


def sent_to(connection: Connection) -> set[tuple[str, str, str]]:
    """(payer id, payer name, location) of all claims."""
    query = select(claims.c.payer_id, claims.c.payer_name, claims.c.location).distinct()
    return {(payer_id, payer_name, location) for payer_id, payer_name, location in connection.execute(query)}
