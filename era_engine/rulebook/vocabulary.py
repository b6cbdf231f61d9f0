"""What a decision table may ask about: facts with their kinds, ranges and meanings."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

Kind = Literal["flag", "count", "cents", "code", "text"]
FactValue = bool | int | str
Facts = Mapping[str, FactValue]

LARGEST = 2**63 - 1  # durable_rules reads whole numbers into 64 bits and would cut larger ones


class Fact(NamedTuple):
    """kind: flag (true or false), count (whole number), cents (money), code (a code of the standard), text.

    known: of what it is known. usual: its value for an ordinary claim, which posts; None: not known there. least: the
    smallest value there can be (of a count 0 where nothing is said). values: all there can be, where they are few.
    """

    kind: Kind
    meaning: str
    known: str
    usual: FactValue | None = None
    least: int | None = None
    values: tuple[str, ...] = ()
