"""The 94-character records of a NACHA file, one to a line, blocked, or without any line end."""

import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from era_engine.practice.file_faults import FileFaults

_LENGTH = 94
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LINE_END = re.compile(r"\r\n|\n|\r")
_MAY_BE_SHORT = ("1", "9")  # they end in blanks, which some programs cut


class Record(NamedTuple):
    """A record and its place in the file. Positions are counted from 1, as the format's own documents count them."""

    place: str
    text: str

    def field(self, first: int, last: int) -> str:
        """The characters from position `first` to `last`, without blanks around them."""
        return self.text[first - 1 : last].strip()

    def number(self, first: int, last: int, name: str, faults: FileFaults) -> int:
        """A field of digits alone; anything else is a fault, and 0."""
        digits = self.text[first - 1 : last]
        if digits.isascii() and digits.isdigit():
            return int(digits)
        faults.add(f"{self.place}, positions {first}-{last}", f"the {name} is not {last - first + 1} digits")
        return 0

    def day(self, first: int, last: int, name: str, faults: FileFaults) -> date | None:
        """A field like 261102; anything else is a fault."""
        digits = self.text[first - 1 : last]
        if digits.isascii() and digits.isdigit():
            try:
                return date(2000 + int(digits[:2]), int(digits[2:4]), int(digits[4:]))
            except ValueError:
                pass  # such as February 30
        faults.add(f"{self.place}, positions {first}-{last}", f"the {name} is not a date written like 261102")
        return None


def nacha_records(text: str, faults: FileFaults) -> list[Record]:
    """The records of a file without those that only fill its last block."""
    records = []
    for place, content in _cut(text):
        if not content.strip("9"):
            continue  # fills the last block
        if len(content) < _LENGTH and content[0] in _MAY_BE_SHORT:
            content = content.ljust(_LENGTH)
        if len(content) != _LENGTH:
            faults.add(place, f"{len(content)} characters where a record has {_LENGTH}")
        elif control := _CONTROL.search(content):
            position, code = control.start() + 1, ord(control[0])
            faults.add(f"{place}, position {position}", f"holds a control character (U+{code:04X})")
        else:
            records.append(Record(place, content))
    return records


def _cut(text: str) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(_LINE_END.split(text), start=1):
        content = line.rstrip(" \t\0\x1a")
        if len(content) <= _LENGTH:
            if content:
                yield f"line {number}", line[:_LENGTH]
            continue
        for at in range(0, len(content), _LENGTH):
            yield f"line {number}, record {at // _LENGTH + 1}", line[at : at + _LENGTH]
