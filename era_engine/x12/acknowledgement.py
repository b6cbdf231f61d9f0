"""What the sender of an interchange is answered: accepted, accepted with errors, or rejected, at each level.

The answer is made of our own findings and of what was used, never of a second opinion. Levels speak for themselves: a
transaction set (IK5) is rejected when nothing of it is used, else accepted, with errors when a finding of syntax stands
in it; a group (AK9) follows from its sets and its trailer; the interchange (TA1) from its envelope alone.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

from era_engine.x12.conformance import VERSIONS
from era_engine.x12.finding import DAMAGED, Finding, Syntax
from era_engine.x12.received import ReceivedGroup, ReceivedInterchange, ReceivedSet

ACKNOWLEDGEMENTS = "FA"  # a group of 997 or 999; those are never answered, or two systems would go on for ever
_PLACE = re.compile(r"(?:(\w+)/)?([A-Z][A-Z0-9]{1,2}?)(\d\d)?(?:-(\d+))?")


class ElementFault(NamedTuple):
    """IK4. `component` is 0 where the element as a whole is meant."""

    element: int
    component: int
    code: str


class SegmentFault(NamedTuple):
    """IK3, with `position` counted from the ST; `elements` are those of the segment where the code is 8."""

    tag: str
    position: int
    loop: str
    code: str
    elements: tuple[ElementFault, ...]


class SetAnswer(NamedTuple):
    """AK2 to IK5."""

    received: ReceivedSet
    status: Literal["A", "E", "R"]
    codes: tuple[str, ...]
    segments: tuple[SegmentFault, ...]


class GroupAnswer(NamedTuple):
    """AK1 to AK9; P is for a group of which some sets were rejected and some not."""

    received: ReceivedGroup
    status: Literal["A", "E", "P", "R"]
    codes: tuple[str, ...]
    sets: tuple[SetAnswer, ...]


class Answer(NamedTuple):
    """The answer to one interchange; `status` and `code` are TA1's, which is sent where ISA14 asks for it."""

    received: ReceivedInterchange
    status: Literal["A", "E", "R"]
    code: str
    groups: tuple[GroupAnswer, ...]

    @property
    def asked(self) -> bool:
        """Whether the sender wants a TA1."""
        return self.received.header[14].strip() == "1"


class _Place(NamedTuple):
    """`element` is 0 where the segment as a whole is meant, `component` likewise."""

    loop: str
    tag: str
    element: int
    component: int


@lru_cache(maxsize=4096)
def _place(syntax: Syntax) -> _Place:
    found = _PLACE.fullmatch(syntax.place)
    assert found is not None, syntax
    loop, tag, element, component = found.groups("")
    return _Place(loop, tag, int(element or 0), int(component or 0))


class _Told:
    """Findings of syntax by their place in the file."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        told = [(each.segment_number or 0, each.syntax) for each in findings if each.syntax is not None]
        self._all = sorted(told)
        self._positions = [position for position, _ in self._all]

    def within(self, first: int, last: int) -> list[tuple[int, Syntax]]:
        return self._all[bisect_left(self._positions, first) : bisect_right(self._positions, last)]


def answers(
    interchanges: Iterable[ReceivedInterchange], findings: Iterable[Finding], used: frozenset[int]
) -> Iterator[Answer]:
    """An answer for each interchange, in order.

    `used`: positions of the ST of all sets that are used; any other set is rejected.
    """
    told = _Told(findings)
    for interchange in interchanges:
        yield _answer(interchange, told, used)


def _answer(interchange: ReceivedInterchange, told: _Told, used: frozenset[int]) -> Answer:
    ends = [*(group.first - 1 for group in interchange.groups[1:]), interchange.last]
    groups = tuple(
        _group_answer(group, end, told, used)
        for group, end in zip(interchange.groups, ends, strict=False)
        if group.header[1] != ACKNOWLEDGEMENTS
    )
    notes = [] if interchange.whole else ["023"]
    sets = [each for group in interchange.groups for each in group.sets]
    beginnings = [each.first for each in sets]
    for position, syntax in told.within(interchange.first, interchange.last):
        if _place(syntax).tag in ("ISA", "IEA"):
            notes.append(syntax.code)
        elif syntax == DAMAGED:
            before = bisect_right(beginnings, position) - 1
            if before < 0 or sets[before].last < position:  # in no set that could be told of it
                notes.append("024")
    if not interchange.groups:
        return Answer(interchange, "R", notes[0] if notes else "024", ())
    return Answer(interchange, "E" if notes else "A", notes[0] if notes else "000", groups)


def _group_answer(group: ReceivedGroup, last: int, told: _Told, used: frozenset[int]) -> GroupAnswer:
    sets = tuple(_set_answer(each, told, used) for each in group.sets)
    codes = [syntax.code for _, syntax in told.within(group.first, last) if _place(syntax).tag == "GE"]
    if group.counted is None:
        codes.append("3")
    if group.header[1] != "HP":
        codes.append("1")
    elif group.header[8] not in VERSIONS:
        codes.append("2")
    rejected = sum(each.status == "R" for each in sets)
    if rejected == len(sets):
        return GroupAnswer(group, "R", tuple(codes), sets)
    if rejected:
        return GroupAnswer(group, "P", tuple(codes), sets)
    erroneous = bool(codes) or any(each.status == "E" for each in sets)
    return GroupAnswer(group, "E" if erroneous else "A", tuple(codes), sets)


def _set_answer(received: ReceivedSet, told: _Told, used: frozenset[int]) -> SetAnswer:
    codes = [] if received.whole else ["2"]
    faults: dict[Syntax, int] = {}
    for position, syntax in told.within(received.first, received.last):
        tag = _place(syntax).tag
        if tag in ("ST", "SE"):
            codes.append(syntax.code)
        elif tag not in ("ISA", "IEA"):
            faults.setdefault(syntax, position - received.first + 1)
    segments = tuple(_segment_faults(faults))
    if segments:
        codes.append("5")
    if received.first not in used:
        return SetAnswer(received, "R", tuple(codes), segments)
    return SetAnswer(received, "E" if codes else "A", tuple(codes), segments)


def _segment_faults(faults: dict[Syntax, int]) -> Iterator[SegmentFault]:
    """The faults of a set by segment. The same fault at the same place of the guide is told once, where it is first."""
    segments: dict[tuple[int, str, str, str], list[ElementFault]] = {}
    for syntax, position in faults.items():
        loop, tag, element, component = _place(syntax)
        own = segments.setdefault((position, tag, loop, "8" if element else syntax.code), [])
        if element:
            own.append(ElementFault(element, component, syntax.code))
    for (position, tag, loop, code), elements in sorted(segments.items()):
        yield SegmentFault(tag, position, loop, code, tuple(sorted(elements)))
