"""Elements of an 837 to values; what cannot be read is a fault at its segment and element, and None.

A fault repeats an element only where that cannot be a patient's name, birth date or member id.
"""

import re
from datetime import date

from era_engine.foundation.money import cents
from era_engine.practice.csv_rows import LONGEST_TEXT
from era_engine.practice.file_faults import FileFaults
from era_engine.practice.loops_837 import element
from era_engine.remittance.values import day
from era_engine.x12.reader import Segment

_NUMBER = re.compile(r"0*([1-9][0-9]{0,8})", re.ASCII)
_UNITS = re.compile(r"0*([1-9][0-9]{0,5})(\.0*)?", re.ASCII)
_PLACEHOLDERS = ("", "00000000", "19000101")  # what systems write for a birth date they do not have


class Values:
    """Reads the elements of one transaction set's segments; `component` separates the parts of a composite."""

    def __init__(self, faults: FileFaults, component: str) -> None:
        self.faults, self.component = faults, component

    def fault(self, segment: Segment, number: int, wrong: str) -> None:
        """A fault of an element; of the segment as a whole where the number is 0."""
        where = f"{segment.tag}{number:02}" if number else segment.tag
        self.faults.add(f"segment {segment.position}, {where}", wrong)

    def text(self, segment: Segment, number: int, what: str, longest: int = LONGEST_TEXT) -> str | None:
        read = element(segment, number)
        if not read:
            self.fault(segment, number, f"empty; it must hold {what}")
        elif len(read) > longest:
            self.fault(segment, number, f"{what} is longer than {longest} characters")
        elif not read.isprintable():
            self.fault(segment, number, f"{what} holds a control character")
        else:
            return read
        return None

    def amount(self, segment: Segment, number: int, what: str) -> int | None:
        """Cents, from 0."""
        read = element(segment, number)
        try:
            found = cents(read)
        except ValueError:
            found = -1
        if found >= 0:
            return found
        self.fault(segment, number, f"{shown(read)} is not {what}, an amount from 0.00 to 1000000000.00")
        return None

    def number(self, segment: Segment, number: int, what: str) -> int | None:
        read = element(segment, number)
        if match := _NUMBER.fullmatch(read):
            return int(match[1])  # int() itself refuses thousands of digits, zeros in front among them
        self.fault(segment, number, f"{shown(read)} is not {what}, a whole number of at least 1")
        return None

    def composite(self, segment: Segment, number: int) -> list[str]:
        """The components of an element, trimmed, and blanks for those that are absent."""
        read = [each.strip() for each in element(segment, number).split(self.component)]
        return read + [""] * (8 - len(read))

    def service_date(self, dtp: Segment) -> date | None:
        """Of a DTP in the formats D8 and RD8; of a range its first day (837 guides, DTP02)."""
        form, read = element(dtp, 2), element(dtp, 3)
        found = None
        if form in ("D8", "RD8"):
            found = day(read.split("-")[0].strip() if form == "RD8" else read)
        if found is None:
            self.fault(dtp, 3, "not a date such as D8*20260331 or RD8*20260331-20260401")
        return found

    def birth_date(self, dmg: Segment) -> date | None:
        """None where the file has none to tell, and a fault where it cannot be read."""
        read = element(dmg, 2)
        if read in _PLACEHOLDERS:
            return None
        found = day(read) if element(dmg, 1) in ("D8", "") else None
        if found is None:
            self.fault(dmg, 2, "not a birth date written year, month, day, such as D8*20010203")
        return found


def units(text: str) -> int | None:
    """How often a procedure was done: 1 where nothing is said, None where it is no whole number."""
    if not text:
        return 1
    match = _UNITS.fullmatch(text)
    return int(match[1]) if match else None


def shown(text: str) -> str:
    """What an element holds, unless it might be a patient's; letters in an amount may be a misplaced name."""
    if not text:
        return "an empty element"
    return f'"{text[:20]}"' if not any(each.isalpha() for each in text) and len(text) < 8 else "the value (not shown)"
