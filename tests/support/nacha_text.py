"""NACHA files for tests: say what matters to the test, get whole records with right counts and totals.

entry(...)    -> the records of one entry: 6 and perhaps 7
batch(...)    -> 5 to 8
nacha(...)    -> the text of a file, 1 to 9, filled to a whole block
"""

from collections.abc import Iterable

Records = list[str]

BANK = "12345678"  # the receiving bank, without its check digit


def entry(
    amount: str,
    trace: str | None = "EFT0001",
    number: int = 1,
    code: str = "22",
    originator: str = "1999999999",
    *,
    information: str | None = None,
) -> Records:
    """An entry of so many dollars and, unless there is neither trace number nor information, its addenda record."""
    cents = amount.replace(".", "") if "." in amount else amount + "00"
    if information is None and trace is not None:
        information = f"TRN*1*{trace}*{originator}\\"
    addenda = [] if information is None else [f"705{information:80}0001{number:07}"]
    receiver = f"{'1234567893':15}{'LINDEN DENTAL':22}  "
    return [
        f"6{code}{BANK}0{'000111222':17}{cents:0>10}{receiver}{len(addenda)}09100001{number:07}",
        *addenda,
    ]


def batch(
    *entries: Records,
    day: str = "261102",
    description: str = "HCCLAIMPMT",
    sec: str = "CCD",
    company: str = "DELTA DENTAL",
    number: int = 1,
) -> Records:
    records = [record for each in entries for record in each]
    return [
        f"5200{company:16}{'':20}{'1999999999':10}{sec}{description:10}{'':6}{day}   109100001{number:07}",
        *records,
        f"8200{sums(records)}{'1999999999':10}{'':25}09100001{number:07}",
    ]


def sums(records: Iterable[str]) -> str:
    """Count, hash and totals, as control records hold them, in the widths of a batch control."""
    count, entry_hash, debits, credits = added(records)
    return f"{count:06}{entry_hash:010}{debits:012}{credits:012}"


def added(records: Iterable[str]) -> tuple[int, int, int, int]:
    moving = [record for record in records if record[0] in "67"]
    entries = [record for record in moving if record[0] == "6"]
    credit = [record[2] in "1234" for record in entries]
    cents = [int(record[29:39]) for record in entries]
    return (
        len(moving),
        sum(int(record[3:11]) for record in entries) % 10**10,
        sum(amount for amount, is_credit in zip(cents, credit, strict=True) if not is_credit),
        sum(amount for amount, is_credit in zip(cents, credit, strict=True) if is_credit),
    )


def records_of(*batches: Records) -> Records:
    """1 to 9, filled to a block of ten."""
    records = [record for each in batches for record in each]
    count, entry_hash, debits, credits = added(records)
    blocks = -(-(len(records) + 2) // 10)
    file = [
        f"101 091000019 1234567892611020900A094101{'LINDEN BANK':23}{'PAYERS BANK':23}{'':8}",
        *records,
        f"9{len(batches):06}{blocks:06}{count:08}{entry_hash:010}{debits:012}{credits:012}{'':39}",
    ]
    return file + ["9" * 94] * (blocks * 10 - len(file))


def nacha(*batches: Records, line_end: str = "\n") -> str:
    return "".join(record + line_end for record in records_of(*batches))
