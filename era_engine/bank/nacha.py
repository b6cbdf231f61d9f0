"""Health care claim payments in a NACHA file: entries of class CCD, described HCCLAIMPMT, with a TRN in the addenda.

Sources: NACHA Operating Rules, appendix on ACH record formats; the health care EFT standard (45 CFR 162.1602); CAQH
CORE 370, table 3.3-1: effective entry date, amount and payment related information tie the money to its 835.
The block count of the file control is not checked: it counts tape blocks and says nothing of the entries.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from era_engine.bank.model import BankFile, Deposit, identified, trace_number
from era_engine.bank.nacha_records import Record, nacha_records
from era_engine.practice.file_faults import FileFaults

_CLASS, _CLAIM_PAYMENT, _REVERSAL = "CCD", "HCCLAIMPMT", "REVERSAL"
_TRN = re.compile(r"(?<![A-Z0-9])TRN\*[0-9]*\*([^*\\~]*)(?:\*([^*\\~]*))?", re.IGNORECASE)

# By the last digit of the transaction code, what an entry does to our account: credit 2, debit 7; a credit sent back 1,
# a debit sent back 6, the debit that takes a loan credit back 5. Prenotes (3, 8) and entries of zero (4, 9) do nothing.
_EFFECT = {"2": 1, "7": -1, "1": -1, "6": 1, "5": -1}
_NUMBER = 1  # the entry's own trace number, in what identifies it
_CREDITS = frozenset("1234")  # how the totals of a batch count it
_BATCH_CONTROL = ((5, 10), (11, 20), (21, 32), (33, 44))
_FILE_CONTROL = ((14, 21), (22, 31), (32, 43), (44, 55))


class _Entry(NamedTuple):
    record: Record
    addenda: list[Record]


class _Batch(NamedTuple):
    header: Record
    entries: list[_Entry]
    controls: list[Record]


class _File(NamedTuple):
    batches: list[_Batch]
    controls: list[Record]


class _Sums(NamedTuple):
    """What a control record repeats. `entry_hash`: the sum of the receiving banks' numbers. Totals in cents."""

    records: int = 0
    entry_hash: int = 0
    debits: int = 0
    credits: int = 0


def read_nacha(text: str, faults: FileFaults) -> BankFile:
    """The health care claim payments of a NACHA file; what is wrong with it is added to `faults`."""
    records = nacha_records(text, faults)
    if faults.count:
        return BankFile(())  # no position can be relied on
    files = _files(records, faults)
    if faults.count:
        return BankFile(())  # no count can hold
    deposits: list[Deposit] = []
    passed_over = without_money = 0
    for file in files:
        told: list[tuple[tuple[str, ...], Deposit]] = []
        sums = []
        for batch in file.batches:
            wanted = _health_care(batch)
            found = list(_deposits(batch.header, wanted, faults)) if wanted else []
            told += found
            passed_over += len(batch.entries) - len(wanted)
            without_money += len(wanted) - len(found)
            sums.append(_check_batch(batch, faults))
        _check_file(file, sums, faults)
        deposits += identified(told, _NUMBER)
    return BankFile(tuple(deposits), passed_over, without_money)


def _files(records: Sequence[Record], faults: FileFaults) -> list[_File]:
    """Records in their order: 1 (5 (6 7*)* 8)* 9, and perhaps another file after that."""
    files: list[_File] = []
    if not records:
        faults.add("line 1", "the file is empty; a NACHA file begins with a file header record (1)")
    for record in records:
        kind = record.text[0]
        file = files[-1] if files and not files[-1].controls else None
        batch = file.batches[-1] if file and file.batches and not file.batches[-1].controls else None
        wrong = _out_of_order(kind, file, batch)
        if wrong:
            faults.add(record.place, wrong)
        elif kind == "1":
            files.append(_File([], []))
            if record.field(35, 37) != "094":
                faults.add(f"{record.place}, positions 35-37", "the record size is not 094")
        elif kind == "5" and file:
            file.batches.append(_Batch(record, [], []))
        elif kind == "6" and batch:
            batch.entries.append(_Entry(record, []))
        elif kind == "7" and batch:
            batch.entries[-1].addenda.append(record)
        elif kind == "8" and batch:
            batch.controls.append(record)
        elif kind == "9" and file:
            file.controls.append(record)
        if faults.count:
            return []  # what follows would only repeat that the order is lost
    if records and not files[-1].controls:
        faults.add(records[-1].place, "the file ends here without a file control record (9); it is cut or not whole")
    return files


def _out_of_order(kind: str, file: _File | None, batch: _Batch | None) -> str | None:
    if kind not in "156789":
        return "a record begins with 1, 5, 6, 7, 8 or 9, and this one does not"
    if kind == "1":
        return "a file header record (1) stands before the file control record (9) of the file before" if file else None
    if file is None:
        return f"a record of type {kind} stands outside a file, which begins with a file header record (1)"
    if kind in "59":
        return (
            f"a record of type {kind} stands before the batch control record (8) of the batch before" if batch else None
        )
    if batch is None:
        return f"a record of type {kind} stands outside a batch, which begins with a batch header record (5)"
    if kind == "7" and not batch.entries:
        return "an addenda record (7) stands before the first entry (6) of its batch"
    return None


def _check_file(file: _File, sums: Sequence[_Sums | None], faults: FileFaults) -> None:
    control = file.controls[0]
    _check_number(control, (2, 7), "batch count", len(sums), faults)
    known = [each for each in sums if each is not None]
    if len(known) == len(sums):
        total = _Sums(*map(sum, zip(*known, strict=True))) if known else _Sums()
        _check_control(control, _FILE_CONTROL, total, faults)


def _check_batch(batch: _Batch, faults: FileFaults) -> _Sums | None:
    """The sums over a batch's entries, held against its control record; None where an entry cannot be added up."""
    records = entry_hash = debits = credits = 0
    before = faults.count
    for entry in batch.entries:
        record = entry.record
        records += 1 + len(entry.addenda)
        code = record.number(2, 3, "transaction code", faults)
        entry_hash += record.number(4, 11, "receiving bank's number", faults)
        amount = record.number(30, 39, "amount", faults)
        if str(code)[-1] in _CREDITS:
            credits += amount
        else:
            debits += amount
    if faults.count > before:
        return None
    sums = _Sums(records, entry_hash, debits, credits)
    _check_control(batch.controls[0], _BATCH_CONTROL, sums, faults)
    return sums


def _check_control(control: Record, positions: Sequence[tuple[int, int]], sums: _Sums, faults: FileFaults) -> None:
    names = ("entry and addenda count", "entry hash", "total of debits in cents", "total of credits in cents")
    found = (sums.records, sums.entry_hash % 10**10, sums.debits, sums.credits)
    for place, name, number in zip(positions, names, found, strict=True):
        _check_number(control, place, name, number, faults)


def _check_number(control: Record, place: tuple[int, int], name: str, found: int, faults: FileFaults) -> None:
    before = faults.count
    told = control.number(*place, name, faults)
    if faults.count == before and told != found:
        faults.add(
            f"{control.place}, positions {place[0]}-{place[1]}", f"the {name} is {told}, the records give {found}"
        )


def _health_care(batch: _Batch) -> list[_Entry]:
    """The entries that are health care claim payments, or take one back (a reversal must be described REVERSAL)."""
    if batch.header.field(51, 53) != _CLASS:
        return []
    description = batch.header.field(54, 63).upper()
    if description == _CLAIM_PAYMENT:
        return batch.entries
    return [entry for entry in batch.entries if _traces(entry)] if description == _REVERSAL else []


def _deposits(
    header: Record, entries: Sequence[_Entry], faults: FileFaults
) -> Iterator[tuple[tuple[str, ...], Deposit]]:
    """What moves money, each with what identifies it."""
    company, payer = header.field(41, 50), header.field(5, 20)
    day = header.day(70, 75, "effective entry date", faults)
    for entry in entries:
        record = entry.record
        _check_addenda(entry, faults)
        code, amount = record.field(2, 3), record.field(30, 39)
        cents = int(amount) if amount.isascii() and amount.isdigit() else 0  # _check_batch tells of anything else
        if code[-1:] not in _EFFECT and cents:
            faults.add(f"{record.place}, positions 30-39", f"transaction code {code} carries no money, but an amount")
        if not cents or code[-1:] not in _EFFECT or day is None:
            continue
        cents *= _EFFECT[code[-1]]
        trace, originator = (_traces(entry) or [("", "")])[0]
        information = "".join(each.field(4, 83) for each in entry.addenda)
        written = ("nacha", record.field(80, 94), day.isoformat(), company, str(cents), information)
        yield written, Deposit(day, cents, trace, originator or None, payer or None, record.place, "")


def _check_addenda(entry: _Entry, faults: FileFaults) -> None:
    record = entry.record
    if record.field(79, 79) == "1" and not entry.addenda:
        faults.add(f"{record.place}, position 79", "an addenda record (7) is announced and none follows")
    for addenda in entry.addenda:
        if addenda.field(2, 3) == "05" and addenda.field(88, 94) != record.field(88, 94):
            faults.add(f"{addenda.place}, positions 88-94", "the addenda record names another entry than the one above")
    if len(set(_traces(entry))) > 1:
        faults.add(entry.addenda[-1].place, "the addenda records of one entry hold several trace numbers")


def _traces(entry: _Entry) -> list[tuple[str, str]]:
    """(trace number, originator) of each TRN in the addenda of type 05; it ends with \\, ~ or the field."""
    informing = [addenda.field(4, 83) for addenda in entry.addenda if addenda.field(2, 3) == "05"]
    found = [each for information in informing for each in _TRN.finditer(information)]
    return [(trace_number(each[1]), (each[2] or "").strip()) for each in found if each[1].strip()]
