"""A file from the bank: a NACHA file or a simple CSV, told apart by content. All of it or nothing of it."""

import re
from pathlib import Path

from era_engine.bank.deposits_csv import choose_dialect, read_deposits_csv
from era_engine.bank.dialect import OWN, read_dialects
from era_engine.bank.model import BankFile
from era_engine.bank.nacha import read_nacha
from era_engine.foundation.errors import ClaimsFileError
from era_engine.practice.file_faults import FileFaults

_NACHA_BEGINS = b"101"  # file header record, priority code 01
_RECORD = re.compile(rb"[5-9][0-9]{2}[^,\r\n]{91}")  # any other record


def read_bank_file(path: Path, own_dialects: Path | None = None) -> BankFile:
    """The insurance money a bank's file tells of, in its order, in cents. own_dialects: a practice's folder of them.

    Raises ClaimsFileError that lists everything wrong by line and column where anything at all is wrong, RulesError for
    a dialect that cannot be read.
    """
    faults = FileFaults(path)
    remedy = "Correct the file and import it again. Nothing was imported."
    try:
        content = path.read_bytes()
        if _is_nacha(content, path):
            remedy = "Get the whole, unchanged file from the bank again. Nothing was imported."
            read = read_nacha(_text(content), faults)
        else:
            dialects = read_dialects(own_dialects)
            choice = choose_dialect(path, dialects, faults)
            if choice.header and not choice.fits:
                known = ", ".join(dialect.file for dialect in dialects)
                remedy = (
                    f"Correct the file, or describe the bank's format in {OWN}/NAME.yaml of the home (known: {known})."
                    " Then import it again. Nothing was imported."
                )
            read = read_deposits_csv(path, choice, faults)
    except OSError as error:
        raise ClaimsFileError(
            f"{path}: cannot be read: {error.strerror}.", "Name a bank file that exists and that this user may read."
        ) from None
    if faults.count:
        raise ClaimsFileError(faults.error().problem, remedy)
    return read


def _is_nacha(content: bytes, path: Path) -> bool:
    """Whether it begins like a NACHA file, or would if its beginning were not lost."""
    begins = content.lstrip(b"\xef\xbb\xbf\r\n")
    if begins.startswith(_NACHA_BEGINS) or _RECORD.match(begins):
        return True
    return path.suffix.lower() == ".ach" and b"," not in begins.partition(b"\n")[0]


def _text(content: bytes) -> str:
    """One character for each position, whichever way the bank wrote letters beyond ASCII."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
