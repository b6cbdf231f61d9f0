"""Fee schedules from a CSV file, one row for each payer and procedure: all of the file or nothing of it."""

import re
from decimal import Decimal
from pathlib import Path

from era_engine.practice.csv_rows import Columns, amount, read_rows, text
from era_engine.practice.expected import Fee, fee_key
from era_engine.practice.file_faults import FileFaults

_PERCENT = re.compile(r"[0-9]{1,3}(\.[0-9]{1,6})?", re.ASCII)


def _percent(cell: str) -> Decimal:
    if not _PERCENT.fullmatch(cell) or Decimal(cell) > 100 or 0 < Decimal(cell) < 1:  # 0.8 is meant as 80
        raise ValueError("0, or a percentage from 1 to 100 without a percent sign, like 80 or 33.3")
    return Decimal(cell)


_COLUMNS = Columns(
    {"payer": text, "procedure": text, "allowed": amount, "percent": _percent},
    other_names={
        "payer_id": "payer",
        "payer_name": "payer",
        "procedure_code": "procedure",
        "code": "procedure",
        "allowed_amount": "allowed",
        "percent_covered": "percent",
    },
)


def read_fees(path: Path, source: str) -> list[Fee]:
    """The rows of a fee schedule in file order, allowed amounts in cents; `source` is kept with each.

    Raises ClaimsFileError that lists the bad rows by line and column where anything at all is wrong.
    """
    faults = FileFaults(path)
    fees: list[Fee] = []
    first_lines: dict[tuple[str, str], int] = {}
    for line, values in read_rows(path, _COLUMNS, faults):
        fee = Fee._make((*values, source))
        first_line = first_lines.setdefault(fee_key(fee.payer, fee.procedure_code), line)
        if first_line != line:
            faults.add(f"line {line}", f"repeats the payer and procedure of line {first_line}")
        fees.append(fee)
    if not faults.count and not fees:
        faults.add("line 2", "no fee follows the header")
    if faults.count:
        raise faults.error()
    return fees
