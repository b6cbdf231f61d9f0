"""Claims of an 837 file into the database: whose they are, what is expected for them, what they say of claims known.

An 837 tells neither the practice's number of the patient nor an expected amount. The patient is found among those
known (`_patient_ids`); the expected amounts come from the fee schedules, or from a CSV that told of the claim before.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, select, update

from era_engine.practice.claims_837 import SentClaims
from era_engine.practice.expected import with_expected
from era_engine.practice.file_faults import FileFaults
from era_engine.practice.identity import name_key, same_patient
from era_engine.practice.model import Claim
from era_engine.store.practice.claims import Imported, find_claims, posted_claims, save_claims, slices
from era_engine.store.practice.fees import fee_schedule
from era_engine.store.schema import claims, patients, procedure_lines

_DAYS_AT_A_TIME = 500
_VOIDED = "the practice voided the claim (837 CLM05-3 = 8): nothing is expected"


class SentImported(NamedTuple):
    """What an import of an 837 did.

    without_expected: how many of the claims have a line whose expected amount is not known. voided: numbers of the
    claims known whose expected amounts are not known from now on.
    """

    claims: Imported
    without_expected: int
    voided: tuple[str, ...]


def save_sent_claims(connection: Connection, sent: SentClaims, path: Path) -> SentImported:
    """Add the claims of an 837 file, or update those nothing is posted against.

    A void makes what is expected for its claim unknown, so that no payment on it posts by itself; it adds no claim,
    and a claim with a payment posted is left as it is. Raises ClaimsFileError, naming every claim, where one is known
    as another patient's, another plan's or, from a CSV, of other procedures, or is posted; then nothing must be
    committed.
    """
    known = find_claims(connection, sorted(claim.claim_number for claim in sent.claims))
    faults = FileFaults(path, "Give a claim that is not the one imported before its own number")
    for claim in sent.claims:
        if claim.claim_number in known and (wrong := _contradiction(claim, known[claim.claim_number])):
            faults.add(f"claim {claim.claim_number}", wrong)
    if faults.count:
        raise faults.error()
    of_patients = _with_patients(connection, sent.claims, known)
    payers = {payer for claim in of_patients for payer in (claim.payer_id, claim.payer_name)}
    schedule = fee_schedule(connection, payers)
    priced = [
        _joined(claim, known[claim.claim_number])
        if claim.claim_number in known and known[claim.claim_number].origin == "csv"
        else with_expected(claim, schedule)
        for claim in of_patients
    ]
    return SentImported(
        save_claims(connection, priced),
        sum(claim.expected_cents is None for claim in priced),
        _void(connection, sent.voided),
    )


def _contradiction(claim: Claim, known: Claim) -> str | None:
    """Why this claim cannot be the one known by its number; None when it can."""
    if claim.plan_ordinal != known.plan_ordinal:
        return f"was sent to plan {known.plan_ordinal} of the patient before, and now to plan {claim.plan_ordinal}"
    if known.origin == "csv":
        if not same_patient(claim, known):
            return "was imported from CSV for another patient"
        if _services(claim) != _services(known):
            return "was imported from CSV with other lines, procedures, dates or fees"
    return None


def _services(claim: Claim) -> list[tuple[int, str, date, int]]:
    return [
        (line.line_number, line.procedure_code.casefold(), line.service_date, line.fee_cents) for line in claim.lines
    ]


def _joined(claim: Claim, known: Claim) -> Claim:
    """A claim a CSV told of before: it stays as it was, and learns its line control numbers and further plans."""
    controls = {line.line_number: line.control_number for line in claim.lines}
    lines = tuple(line._replace(control_number=controls[line.line_number]) for line in known.lines)
    return known._replace(lines=lines, plan_count=max(known.plan_count, claim.plan_count))


def _void(connection: Connection, numbers: Sequence[str]) -> tuple[str, ...]:
    known = find_claims(connection, sorted(numbers))
    open_claims = tuple(number for number in numbers if number in known.keys() - posted_claims(connection, known))
    for some in slices(open_claims):
        connection.execute(
            update(procedure_lines)
            .where(procedure_lines.c.claim_number.in_(some))
            .values(expected_insurance_cents=None, expected_from=_VOIDED)
        )
    return open_claims


def _with_patients(connection: Connection, sent: Sequence[Claim], known: dict[str, Claim]) -> list[Claim]:
    """The claims under the patient ids they belong to, each patient told alike by all claims.

    What is stored of a patient stays; only the number of plans grows, as a claim need not name all of them.
    """
    ids = _patient_ids(connection, sent, known)
    told = _stored_patients(connection, ids.values())
    for claim in sent:
        patient_id = ids[claim.claim_number]
        before = told.get(patient_id, _Patient(claim.last_name, claim.first_name, None, 1))
        told[patient_id] = before._replace(
            birth_date=before.birth_date or claim.birth_date, plan_count=max(before.plan_count, claim.plan_count)
        )
    return [
        claim._replace(patient_id=ids[claim.claim_number], **told[ids[claim.claim_number]]._asdict()) for claim in sent
    ]


class _Patient(NamedTuple):
    last_name: str
    first_name: str
    birth_date: date | None
    plan_count: int


def _patient_ids(connection: Connection, sent: Sequence[Claim], known: dict[str, Claim]) -> dict[str, str]:
    """By claim number: the patient the claim was known with, else the one patient of that name and birth date.

    Where several have them, or the birth date is not known, a claim with the same member id must tell which; where
    none does, the id derived from the claim stands for a patient of its own.
    """
    by_person = _patients_like(connection, sent)
    by_member_id = _patients_of_members(connection, sent)
    ids: dict[str, str] = {}
    for claim in sent:
        before = known.get(claim.claim_number)
        found = by_person[name_key(claim.last_name, claim.first_name, claim.birth_date), claim.birth_date]
        if claim.birth_date is None or len(found) > 1:
            found = found & by_member_id[claim.subscriber_id]
        if before is not None and same_patient(claim, before):
            ids[claim.claim_number] = before.patient_id
        else:
            ids[claim.claim_number] = next(iter(found)) if len(found) == 1 else claim.patient_id
    return ids


def _patients_like(connection: Connection, sent: Iterable[Claim]) -> dict[tuple[str, date | None], set[str]]:
    """Ids of the patients stored, by name and birth date, for the birth dates told and for those unknown."""
    columns = patients.c.patient_id, patients.c.last_name, patients.c.first_name, patients.c.birth_date
    days = sorted({claim.birth_date for claim in sent if claim.birth_date is not None})
    rows = [
        row
        for at in range(0, len(days), _DAYS_AT_A_TIME)
        for row in connection.execute(
            select(*columns).where(patients.c.birth_date.in_(days[at : at + _DAYS_AT_A_TIME]))
        )
    ]
    if any(claim.birth_date is None for claim in sent):
        rows += connection.execute(select(*columns).where(patients.c.birth_date.is_(None)))
    found: dict[tuple[str, date | None], set[str]] = defaultdict(set)
    for patient_id, last_name, first_name, birth_date in rows:
        found[name_key(last_name, first_name, birth_date), birth_date].add(patient_id)
    return found


def _patients_of_members(connection: Connection, sent: Iterable[Claim]) -> dict[str, set[str]]:
    """Ids of the patients with a claim under each member id."""
    found: dict[str, set[str]] = defaultdict(set)
    for some in slices({claim.subscriber_id for claim in sent}):
        query = select(claims.c.subscriber_id, claims.c.patient_id).where(claims.c.subscriber_id.in_(some))
        for member_id, patient_id in connection.execute(query.distinct()):
            found[member_id].add(patient_id)
    return found


def _stored_patients(connection: Connection, ids: Iterable[str]) -> dict[str, _Patient]:
    found: dict[str, _Patient] = {}
    for some in slices(set(ids)):
        for patient_id, *told in connection.execute(select(patients).where(patients.c.patient_id.in_(some))):
            found[patient_id] = _Patient(*told)
    return found
