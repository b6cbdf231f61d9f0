"""The office's claims from a CSV file, one row for each procedure: all of the file or nothing of it.

What a cell holds is repeated in an error only where it cannot be a patient's name, birth date or member id.
"""

import csv
import difflib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from era_engine.errors import ClaimsFileError
from era_engine.money import cents
from era_engine.practice.model import Claim, ProcedureLine

FAULTS_SHOWN = 50

_LONGEST_TEXT = 200  # far beyond any claim number or name; what a database still keeps in an index
_MOST_CENTS = 100_000_000_000  # keeps every sum within what a database column holds
_COUNT = re.compile(r"0*[1-9][0-9]{0,8}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NOT_UTF8 = re.compile(r"[\udc80-\udcff]")  # what errors="surrogateescape" makes of such bytes
_NOT_UTF8_SENTENCE = "holds a character that is not UTF-8; save the file as UTF-8 (Excel: CSV UTF-8)"
_PATIENT = {"last_name", "first_name", "birth_date", "subscriber_id"}


def _text(cell: str) -> str:
    if not cell:
        raise ValueError("a text")
    if len(cell) > _LONGEST_TEXT:
        raise ValueError(f"a text of at most {_LONGEST_TEXT} characters")
    return cell


@lru_cache(maxsize=4096)
def _day(cell: str) -> date:
    if _DATE.fullmatch(cell):
        try:
            return date.fromisoformat(cell)
        except ValueError:
            pass  # such as February 30
    raise ValueError("a date written year-month-day, like 2026-03-31")


def _count(cell: str) -> int:
    if not _COUNT.fullmatch(cell):
        raise ValueError("a whole number of at least 1")
    return int(cell)


def _amount(cell: str) -> int:
    try:
        amount = cents(cell)
    except ValueError:
        amount = -1
    if not 0 <= amount <= _MOST_CENTS:
        raise ValueError("an amount from 0.00 to 1000000000.00, like 120.00")
    return amount


def _day_or_unknown(cell: str) -> date | None:
    return _day(cell) if cell else None


def _amount_or_unknown(cell: str) -> int | None:
    return _amount(cell) if cell else None


# In the order of the fields of Claim, then of ProcedureLine. A reader's ValueError says what is allowed.
_CLAIM_COLUMNS: dict[str, Callable[[str], object]] = {
    "claim_number": _text,
    "patient_id": _text,
    "last_name": _text,
    "first_name": _text,
    "birth_date": _day_or_unknown,
    "subscriber_id": _text,
    "plan_count": _count,
    "plan_ordinal": _count,
    "payer_id": _text,
    "payer_name": _text,
    "location": _text,
}
_LINE_COLUMNS: dict[str, Callable[[str], object]] = {
    "line_number": _count,
    "procedure_code": _text,
    "service_date": _day,
    "fee": _amount,
    "expected_insurance": _amount_or_unknown,
    "expected_write_off": _amount_or_unknown,
}
_READERS = {**_CLAIM_COLUMNS, **_LINE_COLUMNS}
COLUMNS = tuple(_READERS)
_HEADER = ",".join(COLUMNS)
_OF_PATIENT = tuple(COLUMNS.index(name) for name in ("last_name", "first_name", "birth_date", "plan_count"))


class _Faults:
    """What is wrong with the file, the first so many of it in words."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self.shown: list[str] = []

    def add(self, line: int, column: str, wrong: str) -> None:
        self.count += 1
        if self.count <= FAULTS_SHOWN:
            place = f"line {line}, column {column}" if column else f"line {line}"
            self.shown.append(f"{self.path}: {place}: {wrong}.")

    def error(self) -> ClaimsFileError:
        more = [f"and {self.count - FAULTS_SHOWN:,} more."] if self.count > FAULTS_SHOWN else []
        return ClaimsFileError(
            "\n".join(self.shown + more), "Correct the file and import it again; nothing of it was taken."
        )


class _ClaimRows(NamedTuple):
    """A claim whose rows are coming in: line and shared values of the first, procedures by line number."""

    first_line: int
    values: tuple[Any, ...]
    procedures: dict[int, ProcedureLine]


def read_claims(path: Path) -> list[Claim]:
    """The claims of a CSV file in the order of their first rows, procedures by line number, money in cents.

    Raises ClaimsFileError that lists the bad rows by line and column where anything at all is wrong.
    """
    faults = _Faults(path)
    claims: dict[str, _ClaimRows] = {}
    patients: dict[str, tuple[int, tuple[Any, ...]]] = {}
    try:
        # Bytes that are not UTF-8 are let through here, so that they can be reported by line.
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            for line, cells in _rows(file, faults):
                values = _values(line, cells, faults)
                if values is not None:
                    _collect(line, values, claims, patients, faults)
    except OSError as error:
        raise ClaimsFileError(
            f"{path}: cannot be read: {error.strerror}.", "Name a CSV file that exists and may be read."
        ) from None
    if not faults.count and not claims:
        faults.add(2, "", "there is no claim below the header")
    if faults.count:
        raise faults.error()
    return [
        Claim._make((*claim.values, tuple(claim.procedures[number] for number in sorted(claim.procedures))))
        for claim in claims.values()
    ]


def _rows(file: Iterable[str], faults: _Faults) -> Iterator[tuple[int, list[str]]]:
    """Each row's first physical line and its cells in the order of COLUMNS."""
    reader = csv.reader(file, strict=True)
    order: list[int] | None = None
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            faults.add(line, "", f"{_not_csv(error)}; the rest of the file was not read")
            return
        if row is None:
            break
        if not row:
            continue  # a blank line
        if order is None:
            order = _order(line, row, faults)
            if order is None:
                return
        elif not any(row):
            faults.add(line, "", "every cell is empty; delete the row")
        elif len(row) != len(COLUMNS):
            faults.add(line, "", f"{len(row)} cells where the header has {len(COLUMNS)}")
        else:
            yield line, [row[position] for position in order]
    if order is None:
        faults.add(1, "", f"the file is empty; it must begin with the header {_HEADER}")


def _not_csv(error: csv.Error) -> str:
    if "unexpected end" in str(error):
        return "a quotation mark is opened and never closed"
    if "field limit" in str(error):
        return f"a cell is longer than {csv.field_size_limit()} characters; is a quotation mark not closed?"
    return f"not valid CSV: {error}"


def _order(line: int, header: list[str], faults: _Faults) -> list[int] | None:
    """Where each of COLUMNS stands in the file, or None and faults."""
    if _NOT_UTF8.search("".join(header)):
        faults.add(line, "", _NOT_UTF8_SENTENCE)
        return None
    if not {cell.strip().casefold() for cell in header} & set(COLUMNS):
        # Perhaps a first row of patients, so nothing of it is repeated.
        wrong = "not the header" if len(header) > 1 else "not the header, or not separated by commas"
        faults.add(line, "", f"{wrong}; it must be {_HEADER}")
        return None
    before = faults.count
    for column in dict.fromkeys(header):
        if column not in _READERS:
            near = difflib.get_close_matches(column.strip().casefold(), COLUMNS, n=1, cutoff=0.75)
            hint = f", perhaps {near[0]} is meant" if near else ""
            faults.add(line, json.dumps(column[:40], ensure_ascii=False), f"there is no such column{hint}")
        elif header.count(column) > 1:
            faults.add(line, column, "named more than once in the header")
    for column in COLUMNS:
        if column not in header:
            faults.add(line, column, "missing in the header")
    return None if faults.count > before else [header.index(column) for column in COLUMNS]


def _values(line: int, cells: Sequence[str], faults: _Faults) -> list[Any] | None:
    """The row's values in the order of COLUMNS, or None and faults."""
    before = faults.count
    if not "".join(cells).isprintable():
        for column, cell in zip(COLUMNS, cells, strict=True):
            if _NOT_UTF8.search(cell):
                faults.add(line, column, _NOT_UTF8_SENTENCE)
            elif control := _CONTROL.search(cell):
                faults.add(line, column, f"holds a line break or control character (U+{ord(control[0]):04X})")
        if faults.count > before:
            return None
    values: list[Any] = []
    for (column, read), cell in zip(_READERS.items(), cells, strict=True):
        trimmed = cell.strip()
        try:
            values.append(read(trimmed))
        except ValueError as allowed:
            shown = f"{_shown(column, trimmed)} is not {allowed}"
            faults.add(line, column, shown if trimmed else f"empty; it must hold {allowed}")
    return None if faults.count > before else values


def _shown(column: str, cell: str) -> str:
    # Letters in an amount or a date may be a name in the wrong column.
    if column in _PATIENT or any(character.isalpha() for character in cell):
        return "the value (not shown)"
    return f'"{cell[:20]}…"' if len(cell) > 20 else f'"{cell}"'


def _collect(
    line: int,
    values: Sequence[Any],
    claims: dict[str, _ClaimRows],
    patients: dict[str, tuple[int, tuple[Any, ...]]],
    faults: _Faults,
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
                faults.add(line, COLUMNS[position], f"differs from line {first_line}, the same patient_id")
        return
    if shared != claim.values:
        for column, here, there in zip(_CLAIM_COLUMNS, shared, claim.values, strict=True):
            if here != there:
                faults.add(line, column, f"differs from line {claim.first_line}, the same claim_number")
    if procedure.line_number in claim.procedures:
        faults.add(line, "line_number", f'"{procedure.line_number}" was used by this claim before')
    claim.procedures[procedure.line_number] = procedure
