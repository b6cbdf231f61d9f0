"""Elements to values. The same few texts recur in every file, so each is converted once and kept.

Unreadable amounts and dates become None here; the caller adds the finding.
"""

from collections.abc import Callable
from datetime import date
from functools import lru_cache, wraps
from typing import TypeVar

from era_engine.foundation.money import cents
from era_engine.remittance.model import (
    Adjudication,
    Adjustment,
    Contact,
    Dated,
    Person,
    Procedure,
    QualifiedAmount,
    Reference,
)
from era_engine.x12.finding import Syntax

_KEPT = 1 << 14
_LONGEST_KEPT = 120  # characters; longer ones recur in no honest file, and a hostile one would fill the memory
_Value = TypeVar("_Value")
GROUPS = frozenset(["CO", "PR", "OA", "PI"])
_PLACEHOLDER = "19000101"
PAD = ("",) * 32  # appended to a segment's elements so that an absent one reads as empty


def _kept(read: Callable[[str, str], _Value]) -> Callable[[str, str], _Value]:
    """Reads a text with its separator once and keeps what it says."""
    once = lru_cache(_KEPT)(read)

    @wraps(read)
    def reading(text: str, separator: str) -> _Value:
        return once(text, separator) if len(text) <= _LONGEST_KEPT else read(text, separator)

    return reading


def amount(text: str) -> int | None:
    """Cents, or None when absent or unreadable."""
    try:
        return cents(text)
    except ValueError:
        return None


def day(text: str) -> date | None:
    """A CCYYMMDD date; None for anything else and for the placeholders payers send (00000000, 19000101)."""
    return _day(text) if len(text) == 8 else None


@lru_cache(_KEPT)
def _day(text: str) -> date | None:
    if not (text.isascii() and text.isdigit()) or text == _PLACEHOLDER:
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def adjustment(group: str, reason: str, amount_text: str, quantity: str) -> Adjustment:
    return Adjustment(group, reason, amount(amount_text), quantity or None)


@_kept
def adjustments(raw: str, element: str) -> tuple[Adjustment, ...] | None:
    """The triplets of an ordinary CAS; None where anything of it is odd."""
    elements = raw.split(element)
    if not 4 <= len(elements) <= 20 or elements[1] not in GROUPS:
        return None
    elements += PAD
    read = [
        adjustment(elements[1], elements[at], elements[at + 1], elements[at + 2])
        for at in range(2, 20, 3)
        if any(elements[at : at + 3])
    ]
    return tuple(read) if read and all(each.reason and each.cents is not None for each in read) else None


@_kept
def dated(raw: str, element: str) -> Dated:
    """DTM."""
    elements = raw.split(element)
    elements += PAD
    return Dated(elements[1], day(elements[2]))


@_kept
def qualified_amount(raw: str, element: str) -> QualifiedAmount:
    """AMT."""
    elements = raw.split(element)
    elements += PAD
    return QualifiedAmount(elements[1], amount(elements[2]))


@_kept
def reference(raw: str, element: str) -> Reference:
    """REF."""
    elements = raw.split(element)
    elements += PAD
    return Reference(elements[1], elements[2])


@_kept
def procedure(text: str, component: str) -> Procedure | None:
    """A composite such as `AD:D0120`; None when empty."""
    if not text:
        return None
    qualifier, code, *rest = [*text.split(component), ""]
    rest += [""] * 6
    return Procedure(qualifier, code, tuple(each for each in rest[:4] if each), rest[4])


def unreadable(segment: str, at: int, text: str, required: bool = True) -> Syntax:
    """How the sender is told of a value that cannot be read: it is absent, or holds what does not belong there.

    `required`: by the guide itself, and not by what stands beside it.
    """
    return Syntax(f"{segment}{at:02d}", "6" if text else "1" if required else "2")


def no_date(segment: str, at: int, text: str) -> Syntax | None:
    """The same of a date; None for a placeholder that is a date by its form."""
    if text == _PLACEHOLDER:
        return None
    return Syntax(f"{segment}{at:02d}", "8" if text else "1")


def person(elements: list[str]) -> Person:
    """NM1, already padded."""
    return Person(
        elements[1], elements[2], elements[3], elements[4], elements[5], elements[7], elements[8], elements[9]
    )


def contact(elements: list[str]) -> Contact:
    """PER, already padded."""
    numbers = tuple((elements[at], elements[at + 1]) for at in (3, 5, 7) if elements[at])
    return Contact(elements[1], elements[2], numbers)


def adjudication(elements: list[str]) -> Adjudication:
    """MIA or MOA, already padded. Remark codes: MIA05 and 20 to 23, MOA03 to 07."""
    places = (5, 20, 21, 22, 23) if elements[0] == "MIA" else (3, 4, 5, 6, 7)
    remarks = tuple(elements[at] for at in places if elements[at])
    return Adjudication(elements[0], tuple(elements[1:25]), remarks)
