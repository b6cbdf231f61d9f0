"""The practice's claims from a CSV file, one row for each procedure: all of the file or nothing of it."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from era_engine.practice.csv_rows import Columns, amount, read_rows, text
from era_engine.practice.file_faults import FileFaults
from era_engine.practice.model import Claim, ProcedureLine

_COUNT = re.compile(r"0*([1-9][0-9]{0,8})")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@lru_cache(maxsize=4096)
def _day(cell: str) -> date:
    if _DATE.fullmatch(cell):
        try:
            return date.fromisoformat(cell)
        except ValueError:
            pass  # such as February 30
    raise ValueError("a date written year-month-day, like 2026-03-31")


def _count(cell: str) -> int:
    match = _COUNT.fullmatch(cell)
    if match is None:
        raise ValueError("a whole number of at least 1")
    return int(match[1])


def _day_or_unknown(cell: str) -> date | None:
    return _day(cell) if cell else None


def _amount_or_unknown(cell: str) -> int | None:
    return amount(cell) if cell else None


# In the order of the fields of Claim, then of ProcedureLine.
_CLAIM_COLUMNS: dict[str, Callable[[str], object]] = {
    "claim_number": text,
    "patient_id": text,
    "last_name": text,
    "first_name": text,
    "birth_date": _day_or_unknown,
    "subscriber_id": text,
    "plan_count": _count,
    "plan_ordinal": _count,
    "payer_id": text,
    "payer_name": text,
    "location": text,
}
_LINE_COLUMNS: dict[str, Callable[[str], object]] = {
    "line_number": _count,
    "procedure_code": text,
    "service_date": _day,
    "fee": amount,
    "expected_insurance": _amount_or_unknown,
    "expected_write_off": _amount_or_unknown,
}
_COLUMNS = Columns(
    {**_CLAIM_COLUMNS, **_LINE_COLUMNS}, frozenset(["last_name", "first_name", "birth_date", "subscriber_id"])
)
COLUMNS = tuple(_COLUMNS.readers)
_OF_PATIENT = tuple(COLUMNS.index(name) for name in ("last_name", "first_name", "birth_date", "plan_count"))


class _ClaimRows(NamedTuple):
    """A claim whose rows are coming in: line and shared values of the first, procedures by line number."""

    first_line: int
    values: tuple[Any, ...]
    procedures: dict[int, ProcedureLine]


def read_claims(path: Path) -> list[Claim]:
    """The claims of a CSV file in the order of their first rows, procedures by line number, money in cents.

    Raises ClaimsFileError that lists the bad rows by line and column where anything at all is wrong.
    """
    faults = FileFaults(path)
    claims: dict[str, _ClaimRows] = {}
    patients: dict[str, tuple[int, tuple[Any, ...]]] = {}
    for line, values in read_rows(path, _COLUMNS, faults):
        _collect(line, values, claims, patients, faults)
    if not faults.count and not claims:
        faults.add("line 2", "no claim follows the header")
    if faults.count:
        raise faults.error()
    return [
        Claim._make((*claim.values, tuple(claim.procedures[number] for number in sorted(claim.procedures)), "csv"))
        for claim in claims.values()
    ]


def _collect(
    line: int,
    values: Sequence[Any],
    claims: dict[str, _ClaimRows],
    patients: dict[str, tuple[int, tuple[Any, ...]]],
    faults: FileFaults,
) -> None:
    """Add a row to its claim. The rows of a claim, and the claims of a patient, agree on what they share."""
    shared = tuple(values[: len(_CLAIM_COLUMNS)])
    procedure = ProcedureLine(*values[len(_CLAIM_COLUMNS) :])
    claim = claims.get(shared[0])
    if claim is None:
        claims[shared[0]] = _ClaimRows(line, shared, {procedure.line_number: procedure})
        patient = tuple(shared[position] for position in _OF_PATIENT)
        first_line, first = patients.setdefault(shared[1], (line, patient))
        for position, here, there in zip(_OF_PATIENT, patient, first, strict=True):
            if here != there:
                place = f"line {line}, column {COLUMNS[position]}"
                faults.add(place, f"differs from line {first_line}, the same patient_id")
        return
    if shared != claim.values:
        for column, here, there in zip(_CLAIM_COLUMNS, shared, claim.values, strict=True):
            if here != there:
                place = f"line {line}, column {column}"
                faults.add(place, f"differs from line {claim.first_line}, the same claim_number")
    if procedure.line_number in claim.procedures:
        place = f"line {line}, column line_number"
        faults.add(place, f'"{procedure.line_number}" was used by this claim before')
    claim.procedures[procedure.line_number] = procedure
