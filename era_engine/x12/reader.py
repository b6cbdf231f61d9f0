"""The envelope: interchanges, groups and transaction sets, each with what is wrong with it.

A `TransactionSet` is a window on a running read: its segments are taken in order, once, before the next set.
Counts and control numbers are checked against the trailers (835 guide, appendix C): SE01, GE01, IEA01 count,
SE02 = ST02, GE02 = GS06, IEA02 = ISA13.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from era_engine.x12.finding import Finding, Severity, Syntax
from era_engine.x12.received import ReceivedGroup, ReceivedInterchange, ReceivedSet
from era_engine.x12.text_faults import PADDING, claims_in, no_terminator
from era_engine.x12.tokens import Separators, Tokeniser

_MISMATCHES = {"SE01": "4", "SE02": "3", "GE01": "5", "GE02": "4", "IEA01": "021", "IEA02": "001"}
_OUTSIDE = Syntax("ISA", "024")
MOST_TOLD = 10_000  # faults between the transaction sets of a file that are told one by one


class Segment(NamedTuple):
    """One segment; `position` counts from 1 over the whole file, `elements` are what follows the tag."""

    tag: str
    elements: tuple[str, ...]
    position: int


class Interchange:
    """ISA to IEA; `whole` says whether the IEA was there."""

    def __init__(self, elements: list[str], separators: Separators, position: int) -> None:
        self.separators = separators
        self.header = separators.element.join(elements)
        self.sender, self.receiver = elements[6].strip(), elements[8].strip()
        self.control_number, self.usage = elements[13].strip(), elements[15].strip()
        self.position = position
        self.groups: list[Group] = []
        self.whole = False
        self.last_position = position
        self.findings: list[Finding] = []

    def received(self) -> ReceivedInterchange:
        """What stays of it when it has been read."""
        header = tuple(self.header.split(self.separators.element))
        groups = tuple(each.received() for each in self.groups)
        return ReceivedInterchange(header, self.position, self.last_position, self.whole, groups)


class Group:
    """GS to GE; `counted` is what the GE says of the number of sets, None where there is none."""

    def __init__(self, elements: list[str], separators: Separators, position: int) -> None:
        self.header = separators.element.join(elements)
        elements = elements + [""] * (9 - len(elements))
        self.elements = tuple(elements)
        self.kind, self.control_number, self.version = elements[1], elements[6], elements[8]
        self.position = position
        self.sets: list[ReceivedSet] = []
        self.counted: str | None = None
        self.findings: list[Finding] = []

    def received(self) -> ReceivedGroup:
        return ReceivedGroup(self.elements, self.position, self.counted, tuple(self.sets))


class TransactionSet:
    """ST to SE. After its segments are taken, `whole` says whether the SE was there."""

    def __init__(
        self, reader: "Reader", interchange: Interchange, group: Group | None, elements: list[str], position: int
    ) -> None:
        elements = elements + [""] * (3 - len(elements))
        self.interchange, self.group = interchange, group
        self.kind, self.control_number = elements[1], elements[2]
        self.header = interchange.separators.element.join(elements)
        self.position = position
        self.last_position = position
        self.whole = False
        self.ended = False
        self.findings: list[Finding] = []
        self._reader = reader

    @property
    def separators(self) -> Separators:
        return self.interchange.separators

    def raw_segments(self) -> Iterator[str]:
        """The segments between ST and SE, unsplit. Leaves whatever ends the set for the reader to see."""
        return chain.from_iterable(self.pieces())

    def pieces(self) -> Iterator[Iterator[str]]:
        """The same in pieces of about a megabyte of text, each to be taken before the next is asked for."""
        while not self.ended:
            yield self._piece()

    def _piece(self) -> Iterator[str]:
        reader = self._reader
        marks = reader.envelope_marks
        for raw in reader.pending:
            if raw[:3] in marks:
                self._end(raw)
                return
            yield raw
        if not reader.refill():
            reader.cut_in_set = True
            self._cut("the file ends", reader.leftover)

    def document(self) -> str:
        """The whole set in an envelope of its own, for a reader that wants a complete interchange.

        Takes the remaining segments. Its ST is the third segment, so a position there is `position - 3` less than
        in this file.
        """
        element, terminator = self.separators.element, self.separators.terminator
        body = list(self.raw_segments())
        group_header = self.group.header if self.group else "GS"
        group_number = self.group.control_number if self.group else ""
        trailers = [
            element.join(["SE", str(len(body) + 2), self.control_number]),
            element.join(["GE", "1", group_number]),
            element.join(["IEA", "1", self.interchange.control_number]),
        ]
        segments = [self.interchange.header, group_header, self.header, *body, *trailers]
        return terminator.join(segments) + terminator

    def received(self) -> ReceivedSet:
        cut_by_another = not self.whole and not self._reader.cut_in_set
        last = self.last_position - cut_by_another
        return ReceivedSet(self.kind, self.control_number, self.position, last, self.whole)

    def position_now(self) -> int:
        """Position of the segment last taken."""
        return self._reader.position

    def _end(self, raw: str) -> None:
        elements = raw.split(self.separators.element)
        self.last_position = self._reader.position
        if elements[0] != "SE":
            self._reader.push_back(raw)
            self._cut(f"another {raw[:3].rstrip(self.separators.element)} segment begins")
            return
        self.whole = self.ended = True
        elements += [""] * (3 - len(elements))
        count = self.last_position - self.position + 1
        if elements[1] != str(count) and elements[1].lstrip("0") != str(count):
            self._disagree("SE01", elements[1], f"{count} segments were read", raw)
        if elements[2].strip() != self.control_number.strip():
            self._disagree("SE02", elements[2], f"ST02 is {self.control_number!r}", raw)

    def _disagree(self, element: str, value: str, truth: str, raw: str) -> None:
        self.findings.append(_mismatch("transaction set", element, value, truth, self.last_position, raw))

    def _cut(self, how: str, leftover: str = "") -> None:
        self.ended = True
        self.last_position = self._reader.position
        self.findings.append(
            Finding(
                "cut-transaction-set",
                "reject",
                f"Transaction set {self.control_number} is cut off: {how} before its SE trailer. None of it is"
                f" posted. Ask the payer to resend the file.{claims_in(leftover)}",
                self.last_position,
                leftover[:80] or None,
            )
        )


class Reader:
    """Iterate for the transaction sets of a file. What belongs to no set is in `findings`."""

    def __init__(self, chunks: Iterable[str]) -> None:
        self._tokeniser = Tokeniser(iter(chunks))
        self._batches = self._tokeniser.batches()
        self._batch_end = 0
        self._pushed_back: list[str] = []
        self._interchange: Interchange | None = None
        self._group: Group | None = None
        self._own_findings: list[Finding] = []
        self.pending: Iterator[str] = iter([])
        self.cut_in_set = False
        self.envelope_marks: frozenset[str] = frozenset()
        self.interchanges: list[Interchange] = []
        self.groups: list[Group] = []

    @property
    def findings(self) -> list[Finding]:
        """Of the file as a whole, in file order; complete after the last set."""
        return sorted(self._tokeniser.findings + self._own_findings, key=lambda each: each.segment_number or 0)

    @property
    def position(self) -> int:
        return self._batch_end - self.pending.__length_hint__()  # type: ignore[attr-defined,no-any-return]

    @property
    def leftover(self) -> str:
        """What follows the last terminator of a file that has been read to its end."""
        return self._tokeniser.leftover.strip(PADDING)

    def refill(self) -> bool:
        """Fetch the next batch; False at the end of the interchange or of the file."""
        batch = next(self._batches, None)
        if batch is None:
            return False
        self._batch_end = self._tokeniser.segment_count
        self.pending = iter(batch.segments)
        self._separators = batch.separators
        element = batch.separators.element
        self.envelope_marks = frozenset(
            ["SE", "ST", "GS", "GE", "ISA", "IEA"] + [f"{tag}{element}" for tag in ("SE", "ST", "GS", "GE")]
        )
        return True

    def push_back(self, raw: str) -> None:
        self._pushed_back.append(raw)

    def __iter__(self) -> Iterator[TransactionSet]:
        while (raw := self._next()) is not None:
            elements = raw.split(self._separators.element)
            match elements[0]:
                case "ISA":
                    self._open_interchange(elements)
                case "GS":
                    self._open_group(elements)
                case "ST":
                    if self._group is None:
                        self._misplaced("A transaction set (ST) is outside any group (GS).", raw)
                    interchange = self._interchange_at_hand()
                    transaction = TransactionSet(self, interchange, self._group, elements, self.position)
                    yield transaction
                    if not transaction.ended:
                        for _ in transaction.raw_segments():
                            pass
                    if transaction.group is not None:
                        transaction.group.sets.append(transaction.received())
                case "GE":
                    self._close_group(elements, raw)
                case "IEA":
                    self._close_interchange(elements, raw)
                case tag:
                    self._outside(tag, raw)
        self._end_of_file()

    def _outside(self, tag: str, raw: str) -> None:
        told = len(self._own_findings)
        if told < MOST_TOLD:
            message = f"A {tag[:8]} segment is outside any transaction set."
            self._note("segment-outside-transaction", "reject" if tag == "CLP" else "hold", message, raw, _OUTSIDE)
        elif told == MOST_TOLD:
            message = f"More than {MOST_TOLD:,} segments are outside any transaction set. The rest are not listed."
            self._note("segment-outside-transaction", "reject", message, syntax=_OUTSIDE)

    def _next(self) -> str | None:
        if self._pushed_back:
            return self._pushed_back.pop()
        while True:
            for raw in self.pending:
                return raw
            if not self.refill():
                return None

    def _open_interchange(self, elements: list[str]) -> None:
        self._leave_interchange_open(self.position - 1)
        elements = elements + [""] * (17 - len(elements))
        self._interchange = Interchange(elements, self._separators, self.position)
        self.interchanges.append(self._interchange)

    def _interchange_at_hand(self) -> Interchange:
        """The open one; after an IEA without another ISA, a stand-in, and every payment of the file is in doubt."""
        if self._interchange is None:
            self._interchange = Interchange([""] * 17, self._separators, self.position)
            self._misplaced("A group (GS) or transaction set (ST) is outside any interchange (ISA).")
        return self._interchange

    def _open_group(self, elements: list[str]) -> None:
        self._leave_group_open()
        self._group = Group(elements, self._separators, self.position)
        self.groups.append(self._group)
        self._interchange_at_hand().groups.append(self._group)

    def _close_group(self, elements: list[str], raw: str) -> None:
        group, self._group = self._group, None
        if group is None:
            self._misplaced("A GE trailer has no GS header.", raw)
            return
        elements += [""] * (3 - len(elements))
        group.counted = elements[1].strip()
        if group.counted.lstrip("0") != str(len(group.sets)).lstrip("0"):
            truth = f"{len(group.sets)} transaction sets were read"
            group.findings.append(_mismatch("group", "GE01", elements[1], truth, self.position, raw))
        if elements[2].strip() != group.control_number.strip():
            truth = f"GS06 is {group.control_number!r}"
            group.findings.append(_mismatch("group", "GE02", elements[2], truth, self.position, raw))

    def _close_interchange(self, elements: list[str], raw: str) -> None:
        self._leave_group_open()
        interchange, self._interchange = self._interchange, None
        if interchange is None:
            self._misplaced("An IEA trailer has no ISA header.", raw)
            return
        interchange.whole, interchange.last_position = True, self.position
        elements += [""] * (3 - len(elements))
        if elements[1].strip().lstrip("0") != str(len(interchange.groups)).lstrip("0"):
            truth = f"{len(interchange.groups)} groups were read"
            interchange.findings.append(_mismatch("interchange", "IEA01", elements[1], truth, self.position, raw))
        if elements[2].strip() != interchange.control_number:
            truth = f"ISA13 is {interchange.control_number!r}"
            interchange.findings.append(_mismatch("interchange", "IEA02", elements[2], truth, self.position, raw))

    def _leave_group_open(self) -> None:
        if self._group is not None:
            self._missing_trailer("group", "GE", self._group.control_number)
            self._group = None

    def _leave_interchange_open(self, last_position: int) -> None:
        self._leave_group_open()
        if self._interchange is not None:
            self._interchange.last_position = last_position
            self._missing_trailer("interchange", "IEA", self._interchange.control_number)
            self._interchange = None

    def _missing_trailer(self, level: str, tag: str, control_number: str) -> None:
        if self.cut_in_set:
            return  # the cut is named already
        self._note(
            "missing-trailer",
            "reject",
            f"The {level} {control_number} has no {tag} trailer. The file may be cut off here, and the rest lost."
            f" Complete transaction sets before this point are used. Ask the payer to resend the file.",
        )

    def _end_of_file(self) -> None:
        leftover = self.leftover
        if leftover and self._interchange is not None:
            elements = leftover.split(self._separators.element)
            if elements[0] == "IEA" and elements[-1] == self._interchange.control_number:
                self._own_findings.append(no_terminator(leftover, self.position))
                self._close_interchange(elements, leftover)
            elif not self.cut_in_set:
                message = f"The file ends in the middle of a segment.{claims_in(leftover)}"
                self._note("cut-segment", "reject", message, leftover)
        self._leave_interchange_open(self.position)

    def _misplaced(self, message: str, excerpt: str | None = None) -> None:
        self._note("envelope-order", "hold", message, excerpt, Syntax("ISA", "022"))

    def _note(
        self, code: str, severity: Severity, message: str, excerpt: str | None = None, syntax: Syntax | None = None
    ) -> None:
        self._own_findings.append(Finding(code, severity, message, self.position, excerpt and excerpt[:80], syntax))


def _mismatch(level: str, element: str, value: str, truth: str, position: int, raw: str) -> Finding:
    return Finding(
        "envelope-mismatch",
        "hold",
        f"The {level}'s trailer does not agree: {element} is {value!r}, but {truth}."
        " Segments may be missing. Ask the payer to resend the file.",
        position,
        raw[:80],
        Syntax(element, _MISMATCHES[element]),
    )


def read_segments(chunks: Iterable[str]) -> Iterator[Segment]:
    """Every segment of a file, envelope included, in order."""
    tokeniser = Tokeniser(iter(chunks))
    position = 0
    for batch in tokeniser.batches():
        for raw in batch.segments:
            position += 1
            tag, *elements = raw.split(batch.separators.element)
            yield Segment(tag, tuple(elements), position)
