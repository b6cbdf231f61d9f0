"""Deposits from a simple CSV file: date, amount, trace number, and where the bank tells them payer and originator."""

import csv
import re
from datetime import date
from pathlib import Path

from era_engine.bank.model import BankFile, Deposit, identified, name_key, trace_number
from era_engine.foundation.money import cents
from era_engine.practice.csv_rows import LONGEST_TEXT, Columns, read_rows
from era_engine.practice.file_faults import FileFaults

_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_US = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})", re.ASCII)
_YEARS = range(2000, 2100)


def _day(cell: str) -> date:
    try:
        if american := _US.fullmatch(cell):
            month, day, year = map(int, american.groups())
            read = date(year, month, day)
        elif _ISO.fullmatch(cell):
            read = date.fromisoformat(cell)
        else:
            read = date.min
    except ValueError:
        read = date.min  # such as February 30
    if read.year not in _YEARS:
        raise ValueError("a date of this century, written 2026-03-31 or 03/31/2026")
    return read


def _amount(cell: str) -> int:
    try:
        return cents(cell)
    except ValueError:
        allowed = "an amount up to 1000000000.00, like 120.00, or -120.00 for money that went back to the payer"
        raise ValueError(allowed) from None


def _text_or_nothing(cell: str) -> str:
    if len(cell) > LONGEST_TEXT:
        raise ValueError(f"a text of at most {LONGEST_TEXT} characters")
    return cell


_REQUIRED = {"date": _day, "amount": _amount, "trace": _text_or_nothing}
_OPTIONAL = {"payer": _text_or_nothing, "originator": _text_or_nothing}
_NAMES = {"trace_number": "trace"} | {name: name for name in (*_REQUIRED, *_OPTIONAL)}


def read_deposits_csv(path: Path, faults: FileFaults) -> BankFile:
    """The deposits of a CSV file; what is wrong with it is added to `faults`. Rows of 0.00 carry no money."""
    columns = _columns(path)
    told: list[tuple[tuple[str, ...], Deposit]] = []
    without_money = 0
    for line, values in read_rows(path, columns, faults):
        row = dict(zip(columns.readers, values, strict=True))
        if not row["amount"]:
            without_money += 1
            continue
        trace = trace_number(row["trace"])
        originator, payer = row.get("originator") or None, row.get("payer") or None
        formerly = ("csv", row["date"].isoformat(), str(row["amount"]), trace)
        written = (*formerly, name_key(originator), name_key(payer))
        deposit = Deposit(row["date"], row["amount"], trace, originator, payer, f"line {line}", "", formerly=formerly)
        told.append((written, deposit))
    if not faults.count and not told and not without_money:
        faults.add("line 2", "no deposit follows the header")
    return BankFile(identified(told), without_money=without_money)


def _columns(path: Path) -> Columns:
    """The columns this file has: the required ones, and the optional ones its header names, in any case of letters."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        try:
            header = next((row for row in csv.reader(file) if row), [])
        except csv.Error:
            header = []  # read_rows tells what is wrong
    known = {cell: _NAMES[cell.strip().casefold()] for cell in header if cell.strip().casefold() in _NAMES}
    named = {name: read for name, read in _OPTIONAL.items() if name in known.values()}
    return Columns({**_REQUIRED, **named}, other_names=known)
