"""What rules ask about: facts, with their kinds, ranges and meanings."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

Kind = Literal["flag", "count", "cents", "code", "text"]
FactValue = bool | int | str
Facts = Mapping[str, FactValue]

LARGEST = 2**63 - 1  # durable_rules reads whole numbers into 64 bits and would cut larger ones
TYPE_OF_KIND: Mapping[Kind, type[FactValue]] = {"flag": bool, "count": int, "cents": int, "code": str, "text": str}


class Fact(NamedTuple):
    """kind: flag (true or false), count (whole number), cents (money), code (a code of some standard), text.

    known: of what it is known, a name in `Vocabulary.where`. usual: its value in the ordinary case, in which the
    program acts; None: not known there. least: the smallest value there can be (of a count 0 where nothing is said).
    values: all there can be, where they are few.
    """

    kind: Kind
    meaning: str
    known: str
    usual: FactValue | None = None
    least: int | None = None
    values: tuple[str, ...] = ()
