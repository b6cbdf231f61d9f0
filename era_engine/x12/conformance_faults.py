"""What pyx12 finds, in our words and with a grade.

pyx12's own messages quote the document; these name segment and element and leave values to the excerpt.
"""

import re
from functools import lru_cache
from typing import Any, NamedTuple

from era_engine.x12.finding import Finding, Severity, Syntax, of_segment

# The grades: the first row that matches decides, anything else is a warning.
#   reject: the structure is broken where the payment or a claim begins, so that claims may be misread
#   hold:   a value that decides money or identity is invalid
# A row is grade, kinds of deviation (codes without their prefix), places; kind and place must match whole.
# A place is loop and segment, and the element if it is one: HEADER/BPR02, 2100/NM1[QC]09, 2110/SVC01-2.
# For a segment the guide has no place for it is the tag, with its qualifier if the guide knows that: CLP, NM1*QC.
GRADES: tuple[tuple[Severity, str, str], ...] = (
    ("reject", r"not-an-835|wrong-version", r".*"),
    ("hold", r"check-failed|check-incomplete", r".*"),
    ("warn", r"trailing-separators", r".*"),
    # no payment, no trace, nobody who pays or is paid; two payments in one
    ("reject", r"missing-segment", r"HEADER/(BPR|TRN)|1000[AB]/N1"),
    ("reject", r"missing-element", r"HEADER/(BPR|TRN)\d\d"),
    ("reject", r"too-many-segments", r"HEADER/(BPR|TRN)"),
    # a claim that cannot be told from its neighbours
    ("reject", r"missing-element", r"2100/CLP0[1-4]"),
    ("reject", r"unexpected-segment", r"(ST|BPR|TRN|LX|CLP)(\*.+)?"),
    # the payment: handling, amount, direction, method, date (the bank accounts between them only warn); its trace
    ("hold", r".*", r"HEADER/BPR(0[1-4]|16)?"),
    ("hold", r".*", r"HEADER/TRN(0[1-3])?"),
    # payer and payee: their identifiers, and that they have a name at all
    ("hold", r".*", r"1000[AB]/N10[34]"),
    ("hold", r"missing-element|too-many-.*", r"1000[AB]/N1(02)?"),
    # the claim: number, status, amounts, the payer's number (CLP06, the kind of plan, only warns); the patient
    ("hold", r".*", r"2100/CLP(0[1-57])?"),
    ("hold", r".*", r"2100/NM1\[QC\](0[89])?"),
    # every amount below the claim and beside the claims
    ("hold", r".*", r"(2100|2110)/CAS.*|2110/SVC.*|FOOTER/PLB.*"),
    ("hold", r"unexpected-segment", r"N1\*P[RE]|NM1\*QC|(SE|SVC|CAS|PLB)(\*.+)?"),
)
_ROWS = [(severity, re.compile(kinds), re.compile(places)) for severity, kinds, places in GRADES]
_WEIGHT: dict[Severity, int] = {"warn": 0, "hold": 1, "reject": 2}

_LOOPS = {"HEADER": "the header", "FOOTER": "the footer", "ST_LOOP": "the transaction set"}
_OF_ST_AND_SE = {"ST01": "6", "ST02": "7", "ST03": "19", "SE01": "4", "SE02": "7", "ST": "5", "SE": "5"}  # IK502
_SYNTAX_NOTE = re.compile(r"Syntax Error \(([PRECL])((?:\d\d)+)\)")
_CONDITIONS = {
    "P": "elements {} must be given together or not at all",
    "R": "at least one of elements {} must be given",
    "E": "at most one of elements {} may be given",
    "C": "the first of elements {} requires the others",
    "L": "the first of elements {} requires at least one of the others",
}


class Fault(NamedTuple):
    """One deviation; `code` without its prefix, `place` as in the table of grades, `raw` the segment.

    `told` is its code in a 999 (IK304, IK403); empty where the sender is not told.
    """

    code: str
    place: str
    message: str
    position: int
    raw: str
    told: str = ""

    def finding(self) -> Finding:
        severity = grade(self.code, self.place)
        return Finding(f"conformance-{self.code}", severity, self.message, self.position, self.raw[:80], self._syntax())

    def _syntax(self) -> Syntax | None:
        if not self.told:
            return None
        if self.code in ("unexpected-segment", "not-used") and "/" not in self.place:
            return of_segment(re.split("[^A-Za-z0-9]", self.raw, maxsplit=1)[0], self.told)
        place = re.sub(r"\[.*\]", "", self.place)
        here = place.rpartition("/")[2]
        return Syntax(here, _OF_ST_AND_SE[here]) if here in _OF_ST_AND_SE else Syntax(place, self.told)


@lru_cache(maxsize=4096)
def grade(code: str, place: str) -> Severity:
    """The grade of one kind of deviation at one place."""
    for severity, kinds, places in _ROWS:
        if kinds.fullmatch(code) and places.fullmatch(place):
            return severity
    return "warn"


def failed(error: Exception, position: int, raw: str) -> Fault:
    """The check itself broke. Only the exception's type is named: its text may quote the document."""
    return Fault(
        "check-failed",
        "",
        f"The conformance check stopped here ({type(error).__name__}); nothing from here on was checked.",
        position,
        raw,
    )


def from_walk(error: Any, before: tuple[int, str], here: tuple[int, str]) -> Fault:
    """A pyx12 SegError met while placing the segment `here`; what is missing is told of the segment before it."""
    node = error.map_node
    if error.err_cde == "3":
        message = f"{_named(node)} is required after this segment, but is missing."
        return Fault("missing-segment", _place(node), message, *before, error.err_cde)
    if error.err_cde in ("4", "5"):
        most = node.get_max_repeat()
        node = node.get_first_seg() if node.is_loop() else node
        message = f"{_named(node)} occurs more often than the {most} times the guide allows."
        return Fault("too-many-segments", _place(node), message, *here, error.err_cde)
    return Fault("not-used", "", "The guide marks this segment as not used in the 835.", *here, "I4")


def unplaced(qualifiers: dict[str, set[str]], after: Any, segment: Any, position: int, raw: str) -> Fault:
    """A segment the guide has no place for after the one at map node `after`."""
    tag, first = segment.get_seg_id(), segment.get_value("01") or ""
    if tag not in qualifiers:
        message = "The 835 guide does not have this segment."
        return Fault("unexpected-segment", "", message, position, raw, "1")
    if qualifiers[tag] and first.split(segment.subele_term)[0] not in qualifiers[tag]:
        place, what = tag, f"{tag}01 is not among the codes the guide gives it, so the segment has no place."
    else:
        place = f"{tag}*{first}" if first in qualifiers[tag] else tag
        what = f"{place} does not belong here: the guide allows none after {_named(after)}."
    return Fault("unexpected-segment", place, what, position, raw, "2")


def run_of_unplaced(run: list[Fault]) -> Fault:
    """Segments in a row without a place are one fault, as heavy as the heaviest: the first often drags the others."""
    worst = max(run, key=lambda each: _WEIGHT[grade(each.code, each.place)])
    message = run[0].message
    if len(run) > 1:
        message += f" The next {len(run) - 1} could not be placed either."
    return run[0]._replace(place=worst.place, message=message)


def surplus_components(composite: Any, count: int, raw: str) -> Fault:
    """A composite element with more components than the guide gives it."""
    most = len(composite.children)
    message = f"{_named(composite)} has {count} components where the guide knows {most}."
    return Fault("too-many-elements", _place(composite), message, 0, raw, "13")


def trailing_separators(node: Any, raw: str) -> Fault:
    """A segment written with empty elements at its end, which X12 leaves out."""
    return Fault("trailing-separators", _place(node), f"{_named(node)} ends in element separators.", 0, raw, "8")


def from_element(error: Any, node: Any, raw: str) -> Fault:
    """A pyx12 EleError in a segment at map node `node`. The position is left 0."""
    about = _element_node(node, error.refdes) if error.map_node is None else error.map_node
    code, words = _in_words(error, about)
    told = "I10" if code == "not-used" else error.err_cde
    if about.is_segment():  # pyx12 names no element where there is one too many
        told = "8"
    return Fault(code, _place(about), f"{_named(about)} {words}.", 0, raw, told)


def _in_words(error: Any, about: Any) -> tuple[str, str]:
    match error.err_cde:
        case "1":
            return "missing-element", "is required but missing"
        case "3":
            return "too-many-elements", f"has more elements than the {len(about.children)} the guide knows"
        case "4":
            return "element-length", f"is shorter than {about.min_len} characters"
        case "5" if error.map_node is not None:
            return "element-length", f"is longer than {about.max_len} characters"
        case "6":
            return "element-format", f"holds characters or parts its type ({about.data_type}) does not allow"
        case "7":
            return "element-code", "holds a value that is not among the guide's codes"
        case "8":
            return "element-date", "is not a valid date"
        case "9":
            return "element-date", "is not a valid time"
        case _ if note := _SYNTAX_NOTE.search(error.err_str):
            numbers = re.findall(r"\d\d", note[2])
            return "element-condition", "breaks a condition: " + _CONDITIONS[note[1]].format(", ".join(numbers))
        case _:
            return "not-used", "is not used in the 835, but is given"


def _element_node(segment_node: Any, reference: object) -> Any:
    """The map node of a reference such as "SVC01" or 7; the segment's own where it points past the last element."""
    digits = re.search(r"\d+$", str(reference))
    index = int(digits[0]) - 1 if digits else -1
    return segment_node.children[index] if 0 <= index < len(segment_node.children) else segment_node


def _place(node: Any) -> str:
    segment = node if node.is_segment() else node.parent if node.parent.is_segment() else node.parent.parent
    return f"{segment.parent.id}/{segment.path}{_element(node)[len(segment.id) :] if node is not segment else ''}"


def _named(node: Any) -> str:
    """`CLP02 (Claim Status Code) in loop 2100`."""
    segment = node if node.is_segment() else node.parent if node.parent.is_segment() else node.parent.parent
    loop = segment.parent.id
    label = segment.path.replace("[", "*").rstrip("]") if node is segment else _element(node)
    return f"{label} ({node.name}) in {_LOOPS.get(loop, f'loop {loop}')}"


def _element(node: Any) -> str:
    """`CLP02`, `SVC01-2`; the map writes SVC01-02."""
    return re.sub(r"-0", "-", str(node.id))
