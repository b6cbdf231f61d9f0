"""Deposits from a CSV file, in whichever of the known dialects it is: see `dialect`."""

import csv
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from era_engine.bank.cells import amount_reader, day_reader
from era_engine.bank.dialect import Dialect
from era_engine.bank.model import BankFile, Deposit, identified, name_key, trace_number
from era_engine.practice.csv_rows import LONGEST_TEXT, Columns, read_rows
from era_engine.practice.file_faults import FileFaults

Row = dict[str, Any]  # values by what is read: date, amount or credit and debit in cents, texts


class Choice(NamedTuple):
    """The dialect a file is in; fits: whether it is, or this is just the nearest one; header: of the file."""

    dialect: Dialect
    fits: bool
    header: tuple[str, ...]


def choose_dialect(path: Path, dialects: Sequence[Dialect], faults: FileFaults) -> Choice:
    """The dialect whose columns the header names: one that knows every cell first, then the practice's own.

    Where several are left, a fault says so. Where none fits it is the one that knows most of the header.
    """
    headers = {separator: _header(path, separator) for separator in {each.written.separator for each in dialects}}

    def header(dialect: Dialect) -> tuple[str, ...]:
        return headers[dialect.written.separator]

    def known(dialect: Dialect) -> int:
        return sum(map(dialect.knows, header(dialect)))

    fitting = [dialect for dialect in dialects if dialect.fits(header(dialect))]
    if not fitting:
        nearest = max(dialects, key=known)  # the first of several
        return Choice(nearest, False, header(nearest))
    ranks = [(known(dialect) == len(header(dialect)), dialect.own) for dialect in fitting]
    best = [dialect for dialect, rank in zip(fitting, ranks, strict=True) if rank == max(ranks)]
    if len(best) > 1:
        named = " and ".join(dialect.file for dialect in best)
        faults.add("line 1", f"its header fits {named} alike; one of them must say more, or go")
    return Choice(best[0], True, header(best[0]))


def _header(path: Path, separator: str) -> tuple[str, ...]:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        try:
            return tuple(next((row for row in csv.reader(file, delimiter=separator) if row), []))
        except csv.Error:
            return ()  # read_rows tells what is wrong


def read_deposits_csv(path: Path, choice: Choice, faults: FileFaults) -> BankFile:
    """The deposits of a CSV file; what is wrong with it is added to `faults`. Rows of 0.00 carry no money."""
    counting = _Counting(choice.dialect)
    told: list[tuple[tuple[str, ...], Deposit]] = []
    without_money = 0
    for line, values in read_rows(path, _columns(choice, counting), faults):
        row: Row = {name: value for of_column in values for name, value in of_column.items()}
        cents = _cents(row, line, choice.dialect, faults)
        if not cents:
            without_money += 1
            continue
        trace = trace_number(row["trace"])
        originator, payer = row.get("originator") or None, row.get("payer") or None
        formerly = ("csv", row["date"].isoformat(), str(cents), trace)
        identity_of = (*formerly, name_key(originator), name_key(payer))
        deposit = Deposit(row["date"], cents, trace, originator, payer, f"line {line}", "", formerly=formerly)
        told.append((identity_of, deposit))
    if not faults.count and not told and not without_money and not counting.passed_over:
        faults.add("line 2", "no deposit follows the header")
    return BankFile(identified(told), counting.passed_over, without_money)


class _Counting:
    """Says whether a row counts by the cell that tells what kind of money it is, and counts those that do not."""

    def __init__(self, dialect: Dialect) -> None:
        only = dialect.written.only
        self._column = only.named[0] if only is not None else None
        self._values = {value.strip().casefold() for value in only.values} if only is not None else set()
        self.passed_over = 0

    @property
    def asked(self) -> tuple[str, Callable[[str], bool]] | None:
        """The column asked and the question; None where every row counts."""
        return None if self._column is None else (self._column, self._counts)

    def _counts(self, cell: str) -> bool:
        counts = cell.casefold() in self._values
        self.passed_over += not counts
        return counts


def _cents(row: Row, line: int, dialect: Dialect, faults: FileFaults) -> int:
    """What a row says that came, or below zero, was taken back."""
    if "amount" in row:
        cents: int = row["amount"]
        return cents
    credit, debit = row["credit"], row["debit"]
    columns = " and ".join(dialect.columns[field].named[0] for field in ("credit", "debit"))
    if credit is None and debit is None:
        faults.add(f"line {line}", f"neither of the columns {columns} holds an amount")
    elif credit and debit:
        faults.add(f"line {line}", f"both of the columns {columns} hold an amount")
    return (credit or 0) - (debit or 0)


def _columns(choice: Choice, counting: _Counting) -> Columns:
    """The columns this file has: those that must be there, and the optional ones its header names.

    A column goes by the first of its names, in faults too.
    """
    dialect, header = choice.dialect, choice.header
    columns = dialect.columns
    there = {field for cell in header for field in dialect.fields(cell)}
    fields_of: dict[str, list[str]] = {}
    for field, column in columns.items():
        if field in there or not column.optional:
            fields_of.setdefault(column.named[0], []).append(field)
    names = {cell: columns[fields[0]].named[0] for cell in header if (fields := dialect.fields(cell))}
    ignored = frozenset(cell for cell in header if dialect.knows(cell) and cell not in names)
    readers = {name: _reader(dialect, fields) for name, fields in fields_of.items()}
    separator = dialect.written.separator
    return Columns(readers, other_names=names, ignored=ignored, separator=separator, counts=counting.asked)


def _reader(dialect: Dialect, fields: Sequence[str]) -> Callable[[str], Row]:
    """Reads all that is asked of one column."""
    written, [field, *_] = dialect.written, fields
    if field == "date":
        day = day_reader(written.dates)
        return lambda cell: {"date": day(cell)}
    amounts = written.amounts.model_dump()
    if field == "amount":
        amount = amount_reader(**amounts)
        return lambda cell: {"amount": amount(cell)}
    if field in ("credit", "debit"):
        unsigned = amount_reader(**amounts, signed=False)
        return lambda cell: {field: unsigned(cell) if cell else None}
    patterns = {name: dialect.columns[name].pattern for name in fields}
    return lambda cell: {name: _text(cell, pattern) for name, pattern in patterns.items()}


def _text(cell: str, pattern: str | None) -> str:
    if pattern is not None:
        found = re.search(pattern, cell)
        cell = (found[1] or "").strip() if found else ""
    if len(cell) > LONGEST_TEXT:
        raise ValueError(f"a text of at most {LONGEST_TEXT} characters")
    return cell
