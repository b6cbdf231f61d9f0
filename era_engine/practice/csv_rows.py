"""Rows of a CSV file with a header, cell by cell checked; every fault is told by line and column.

What a cell holds is repeated in a fault only where it cannot be a patient's name, birth date or member id.
"""

import csv
import difflib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from era_engine.foundation.errors import ClaimsFileError
from era_engine.foundation.money import cents
from era_engine.practice.file_faults import FileFaults

LONGEST_TEXT = 200  # far beyond any claim number or name; what a database still keeps in an index

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NOT_UTF8 = re.compile(r"[\udc80-\udcff]")  # what errors="surrogateescape" makes of such bytes
_NOT_UTF8_SENTENCE = "holds a character that is not UTF-8; save the file as UTF-8 (Excel: CSV UTF-8)"


class Columns(NamedTuple):
    """The columns of a file, all of them required, in the order their values are given back.

    readers: from a trimmed cell to its value; the ValueError of one says what is allowed.
    private: columns whose cells are never repeated. other_names: further spellings in the header; ignored: cells of the
    header whose columns are passed over. separator: between cells. counts: (column, whether a row with this cell is
    read); of other rows nothing is.
    """

    readers: Mapping[str, Callable[[str], object]]
    private: frozenset[str] = frozenset()
    other_names: Mapping[str, str] = {}
    ignored: frozenset[str] = frozenset()
    separator: str = ","
    counts: tuple[str, Callable[[str], bool]] | None = None

    @property
    def header(self) -> str:
        return self.separator.join(self.readers)


def text(cell: str) -> str:
    if not cell:
        raise ValueError("a text")
    if len(cell) > LONGEST_TEXT:
        raise ValueError(f"a text of at most {LONGEST_TEXT} characters")
    return cell


def amount(cell: str) -> int:
    """Cents."""
    try:
        read = cents(cell)
    except ValueError:
        read = -1
    if read < 0:
        raise ValueError("an amount from 0.00 to 1000000000.00, like 120.00")
    return read


def read_rows(path: Path, columns: Columns, faults: FileFaults) -> Iterator[tuple[int, list[Any]]]:
    """The first physical line and the values of every row that has no fault; all others are in `faults`.

    Raises ClaimsFileError where the file cannot be opened.
    """
    try:
        # Bytes that are not UTF-8 are let through here, so that they can be reported by line.
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            for line, cells in _rows(file, columns, faults):
                if columns.counts is not None and not _counts(cells, columns, *columns.counts):
                    continue
                values = _values(line, cells, columns, faults)
                if values is not None:
                    yield line, values
    except OSError as error:
        raise ClaimsFileError(
            f"{path}: cannot be read: {error.strerror}.", "Name a CSV file that exists and that this user may read."
        ) from None


def _place(line: int, column: str = "") -> str:
    return f"line {line}, column {column}" if column else f"line {line}"


def _rows(file: Iterable[str], columns: Columns, faults: FileFaults) -> Iterator[tuple[int, list[str]]]:
    """Each row's first physical line and its cells in the order of the columns."""
    reader = csv.reader(file, strict=True, delimiter=columns.separator)
    order: list[int] | None = None
    width = 0
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            faults.add(_place(line), f"{_not_csv(error)}; the rest of the file was not read")
            return
        if row is None:
            break
        if not row:
            continue  # a blank line
        if order is None:
            order, width = _order(line, row, columns, faults), len(row)
            if order is None:
                return
        elif not any(row):
            faults.add(_place(line), "every cell is empty; delete the row")
        elif len(row) != width:
            faults.add(_place(line), f"{len(row)} cells where the header has {width}")
        else:
            yield line, [row[position] for position in order]
    if order is None:
        faults.add(_place(1), f"the file is empty; it must begin with the header {columns.header}")


def _not_csv(error: csv.Error) -> str:
    if "unexpected end" in str(error):
        return "a quotation mark is never closed"
    if "field limit" in str(error):
        return f"a cell is longer than {csv.field_size_limit()} characters; is a quotation mark not closed?"
    return f"not valid CSV: {error}"


def _order(line: int, header: list[str], columns: Columns, faults: FileFaults) -> list[int] | None:
    """Where each of the columns stands in the file, or None and faults."""
    if _NOT_UTF8.search("".join(header)):
        faults.add(_place(line), _NOT_UTF8_SENTENCE)
        return None
    known = [*columns.readers, *columns.other_names]
    if not {cell.strip().casefold() for cell in header} & {name.strip().casefold() for name in known}:
        # Perhaps a first row of patients, so nothing of it is repeated.
        wrong = "not the header" if len(header) > 1 else "not the header, or not separated by commas"
        faults.add(_place(line), f"{wrong}; it must be {columns.header}")
        return None
    before = faults.count
    named = [columns.other_names.get(cell, cell) for cell in header]
    for column in dict.fromkeys(named):
        if column in columns.ignored:
            continue
        if column not in columns.readers:
            near = difflib.get_close_matches(column.strip().casefold(), known, n=1, cutoff=0.75)
            hint = f", perhaps {near[0]} is meant" if near else ""
            faults.add(_place(line, json.dumps(column[:40], ensure_ascii=False)), f"there is no such column{hint}")
        elif named.count(column) > 1:
            faults.add(_place(line, column), "named more than once in the header")
    for column in columns.readers:
        if column not in named:
            faults.add(_place(line, column), "missing in the header")
    return None if faults.count > before else [named.index(column) for column in columns.readers]


def _counts(cells: Sequence[str], columns: Columns, column: str, counts: Callable[[str], bool]) -> bool:
    return counts(cells[list(columns.readers).index(column)].strip())


def _values(line: int, cells: Sequence[str], columns: Columns, faults: FileFaults) -> list[Any] | None:
    """The row's values in the order of the columns, or None and faults."""
    before = faults.count
    if not "".join(cells).isprintable():
        for column, cell in zip(columns.readers, cells, strict=True):
            if _NOT_UTF8.search(cell):
                faults.add(_place(line, column), _NOT_UTF8_SENTENCE)
            elif control := _CONTROL.search(cell):
                faults.add(_place(line, column), f"holds a line break or control character (U+{ord(control[0]):04X})")
        if faults.count > before:
            return None
    values: list[Any] = []
    for (column, read), cell in zip(columns.readers.items(), cells, strict=True):
        trimmed = cell.strip()
        try:
            values.append(read(trimmed))
        except ValueError as allowed:
            shown = f"{_shown(column in columns.private, trimmed)} is not {allowed}"
            faults.add(_place(line, column), shown if trimmed else f"empty; it must hold {allowed}")
    return None if faults.count > before else values


def _shown(private: bool, cell: str) -> str:
    # Letters in an amount or a date may be a name in the wrong column.
    if private or any(character.isalpha() for character in cell):
        return "the value (not shown)"
    return f'"{cell[:20]}…"' if len(cell) > 20 else f'"{cell}"'
