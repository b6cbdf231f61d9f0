"""The loops of an 837: which segments speak of which provider, subscriber, patient, claim and line.

Read are the hierarchical levels (HL: 20 billing provider, 22 subscriber, 23 patient) and, below them, the claims with
their lines (005010X224A2 and 005010X222A1, section 2). Segments of the loops for another plan of the patient (2320,
2330) and for what that plan paid on a line (2430) name persons, payers, dates and amounts of their own; they are kept
out of what is said of this claim. A level's parent is the one HL02 names, wherever that stands.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from era_engine.practice.file_faults import FileFaults
from era_engine.x12.reader import Segment, TransactionSet

PROVIDER, SUBSCRIBER, PATIENT = "20", "22", "23"
_PARENT = {SUBSCRIBER: PROVIDER, PATIENT: SUBSCRIBER}
SERVICES = ("SV1", "SV2", "SV3")

# What tells that the segment which begins its loop is missing or damaged, by the part of the claim it is met in.
_OTHER_PLAN = ("CAS", "OI", "MOA", "NM1*IL", "NM1*PR")
_BELONGS_ELSEWHERE = {
    PROVIDER: ("SBR", "NM1*IL", "NM1*PR", "NM1*QC"),
    SUBSCRIBER: ("NM1*QC", "NM1*85"),
    PATIENT: ("SBR", "NM1*IL", "NM1*PR", "NM1*85"),
    "claim": _OTHER_PLAN,
    "line": _OTHER_PLAN,
}


@dataclass(eq=False)
class Level:
    """One HL with the segments that follow it, up to the next level or its first claim."""

    code: str
    position: int
    parent: "Level | None"
    segments: list[Segment] = field(default_factory=list)


@dataclass(eq=False)
class ClaimLoop:
    """One claim: `segments` are its own (2300, 2310), CLM first; `lines` each begin with LX (2400, 2420)."""

    level: Level
    segments: list[Segment]
    other_plans: int = 0
    lines: list[list[Segment]] = field(default_factory=list)


def element(segment: Segment, number: int) -> str:
    """Element such as CLM02, without blanks around it; empty when absent."""
    return segment.elements[number - 1].strip() if number <= len(segment.elements) else ""


def claim_loops(transaction: TransactionSet, faults: FileFaults) -> Iterator[ClaimLoop]:
    """The claims of a transaction set in file order. A segment that stands where it cannot belong is a fault."""
    walk = _Walk(faults)
    for raw in transaction.raw_segments():
        tag, *elements = raw.split(transaction.separators.element)
        complete = walk.take(Segment(tag, tuple(elements), transaction.position_now()))
        if complete is not None:
            yield complete
    if walk.claim is not None:
        yield walk.claim


class _Walk:
    """Where in the transaction set the reading is; `here` takes the segments that begin no loop of their own."""

    def __init__(self, faults: FileFaults) -> None:
        self.faults = faults
        self.levels: dict[str, Level] = {}
        self.level: Level | None = None
        self.claim: ClaimLoop | None = None
        self.here: list[Segment] = []
        self.part = ""  # which of _BELONGS_ELSEWHERE, if any
        self.lost = False  # after a misplaced segment, until the next that stands right: one fault for all that follows

    def take(self, segment: Segment) -> ClaimLoop | None:
        """Add a segment; the claim before it, when this segment ends that."""
        match segment.tag:
            case "HL":
                complete, self.claim = self.claim, None
                self._open_level(segment)
                return complete
            case "CLM":
                complete, self.claim = self.claim, None
                self._open_claim(segment)
                return complete
            case "SBR" if self.claim is not None:
                self._open_other_plan(self.claim, segment)
            case "LX":
                self._open_line(segment)
            case "SVD":
                self._go_to([])  # what an earlier plan paid on the line, to its end
            case tag if tag in SERVICES and not (self.claim and self.claim.lines and self.here is self.claim.lines[-1]):
                self._misplaced(segment, "it does not stand below a line (LX)")
            case tag:
                name = f"NM1*{element(segment, 1)}" if tag == "NM1" else tag
                if name in _BELONGS_ELSEWHERE.get(self.part, ()):
                    self._misplaced(segment, f"{name} cannot stand here; the segment that begins its loop is missing")
                self.here.append(segment)
        return None

    def _go_to(self, here: list[Segment], part: str = "") -> None:
        self.here, self.part = here, part

    def _open_level(self, segment: Segment) -> None:
        number, parent_number, code = (element(segment, each) for each in (1, 2, 3))
        self._go_to([])
        self.level, self.lost = None, False
        if code not in (PROVIDER, SUBSCRIBER, PATIENT):
            self._misplaced(segment, "no level of an 837; HL03 must be 20, 22 or 23")
            return
        if number in self.levels:
            self._misplaced(segment, "its number (HL01) is that of an earlier level")
            return
        parent = self.levels.get(parent_number)
        if code in _PARENT and (parent is None or parent.code != _PARENT[code]):
            self._misplaced(segment, f"a level {code} must name (HL02) an earlier level {_PARENT[code]}")
            return
        self.level = self.levels[number] = Level(code, segment.position, parent if code in _PARENT else None)
        self._go_to(self.level.segments, code)

    def _open_claim(self, segment: Segment) -> None:
        self._go_to([])
        if self.level is None or self.level.code == PROVIDER:
            self._misplaced(segment, "it does not stand below a subscriber or patient (HL 22 or 23)")
            return
        self.lost = False
        self.claim = ClaimLoop(self.level, [segment])
        self._go_to(self.claim.segments, "claim")

    def _open_other_plan(self, claim: ClaimLoop, segment: Segment) -> None:
        self._go_to([])
        if claim.lines:
            self._misplaced(segment, "another plan is named after the claim's lines")
        claim.other_plans += 1

    def _open_line(self, segment: Segment) -> None:
        self._go_to([])
        if self.claim is None:
            self._misplaced(segment, "it does not stand below a claim (CLM)")
            return
        self.lost = False
        self._go_to([segment], "line")
        self.claim.lines.append(self.here)

    def _misplaced(self, segment: Segment, wrong: str) -> None:
        if not self.lost:
            self.faults.add(f"segment {segment.position}, {segment.tag}", wrong)
        self.lost = True
