"""An answer as text: TA1 where it is asked for, and a 999 (005010X231A1) for the groups, by pyx12's visitor.

pyx12 writes the segments and counts them. Mended here: it wants ST03, which an 835 has not; its control numbers and
times differ with every run; it writes TA1 behind the groups; and it copies bad elements (IK404), which may be what a
patient is called. Importing this module imports pyx12.
"""

import io
import re
from typing import Any, NamedTuple

from pyx12.error_999 import error_999_visitor
from pyx12.error_handler import err_ele, err_gs, err_handler, err_isa, err_seg, err_st
from pyx12.segment import Segment

from era_engine.x12.acknowledgement import Answer, ElementFault, GroupAnswer, SegmentFault, SetAnswer

_VERSION = "005010X231A1"
_LOOP_ID = 4  # characters of IK303 at most, so that 1000A has to be left out
_UNFIT = re.compile(r"[^ -~]|[*:~^]")


class Stamp(NamedTuple):
    """What tells an answer from all others: `number` up to nine digits, `day` CCYYMMDD, `time` HHMMSS."""

    number: int
    day: str
    time: str


def written(answer: Answer, stamp: Stamp) -> str | None:
    """The text of an answer, in ASCII and with the usual separators; the same for the same answer and stamp.

    None where there is nothing to say: no TA1 is asked for and no group was received.
    """
    if not answer.groups and not answer.asked:
        return None
    text = io.StringIO()
    _tree(answer).accept(_Visitor(text, answer, stamp))
    return text.getvalue()


def interchange_number(answer: Answer) -> str:
    """ISA13 of the interchange that is answered: nine digits, whatever its sender wrote."""
    return re.sub("[^0-9]", "", answer.received.header[13])[-9:].zfill(9)


def _tree(answer: Answer) -> Any:
    """The answer as pyx12's tree of errors, which its visitors walk."""
    tree = err_handler()
    interchange = err_isa(tree, _segment("ISA"), _Source())
    tree.children.append(interchange)
    interchange.children += [_group(interchange, each) for each in answer.groups]
    return tree


def _group(parent: Any, answer: GroupAnswer) -> Any:
    header, received = answer.received.header, len(answer.sets)
    elements = ["GS", _safe(header[1], 2) or "ZZ", *[""] * 6, _safe(header[8], 12)]
    group = err_gs(parent, _segment(*elements), _Source(gs=_safe(header[6], 15) or "0"))
    counted = answer.received.counted or ""
    group.ack_code = answer.status
    group.st_count_orig = int(counted) if re.fullmatch("[0-9]{1,6}", counted) else received
    group.st_count_recv = received
    group.errors += [(code, "") for code in answer.codes]
    group.children += [_set(group, each) for each in answer.sets]
    return group


def _set(parent: Any, answer: SetAnswer) -> Any:
    kind, number = _safe(answer.received.kind, 3), _safe(answer.received.control_number, 9)
    node = err_st(parent, _segment("ST", kind or "000", number, parent.vriic), _Source(st=number or "0000"))
    node.ack_code = answer.status
    node.errors += [(code, "") for code in answer.codes]
    node.children += [_segment_fault(node, each) for each in answer.segments]
    return node


def _segment_fault(parent: Any, fault: SegmentFault) -> Any:
    loop = fault.loop if fault.loop[:1].isdigit() and len(fault.loop) <= _LOOP_ID else None
    node = err_seg(parent, None, _segment(fault.tag), fault.position, 0, loop)
    node.errors.append((fault.code, "", None))
    for element in fault.elements:
        node.elements.append(err_ele(node, _Place(element)))
        node.elements[-1].errors.append((element.code, "", None))
    return node


class _Source:
    """What pyx12 asks its reader for: the control numbers at hand."""

    def __init__(self, gs: str = "", st: str = "") -> None:
        self._gs, self._st = gs, st

    def get_isa_id(self) -> str:
        return ""

    def get_gs_id(self) -> str:
        return self._gs

    def get_st_id(self) -> str:
        return self._st

    def get_cur_line(self) -> int:
        return 0


class _Place:
    """An element as pyx12's map describes it, as far as its tree of errors asks; the reference number is left out."""

    data_ele = name = None

    def __init__(self, fault: ElementFault) -> None:
        self.seq = fault.component or fault.element
        self.parent = _Composite(fault)


class _Composite(NamedTuple):
    fault: ElementFault

    @property
    def seq(self) -> int:
        return self.fault.element

    def is_composite(self) -> bool:
        return self.fault.component > 0


class _Visitor(error_999_visitor):  # type: ignore[misc]
    """Writes one interchange: ISA, TA1 where asked for, one group of as many 999 as groups were received, IEA."""

    def __init__(self, text: io.StringIO, answer: Answer, stamp: Stamp) -> None:
        super().__init__(text)
        self.vriic = _VERSION
        self._answer, self._stamp = answer, stamp

    def visit_root_pre(self, errh: Any) -> None:
        answer, (number, day, time) = self._answer, self._stamp
        isa = answer.received.header
        sender, receiver = _safe(isa[8], 15), _safe(isa[6], 15)
        ours, theirs = (_safe(each, 2).ljust(2) if each.strip() else "ZZ" for each in (isa[7], isa[5]))
        usage = isa[15] if isa[15] in ("P", "T") else "P"
        addresses = [ours, sender.ljust(15), theirs, receiver.ljust(15)]
        envelope = [day[2:], time[:4], self.repetition_term, "00501", f"{number:09d}", "0", usage, self.subele_term]
        self.wr.Write(_segment("ISA", "00", " " * 10, "00", " " * 10, *addresses, *envelope))
        if answer.asked:
            sent_at = [_digits(isa[9], 6) or day[2:], _digits(isa[10], 4) or time[:4]]
            self.wr.Write(_segment("TA1", interchange_number(answer), *sent_at, answer.status, answer.code))
        if answer.groups:
            gs = answer.groups[0].received.header
            codes = [_safe(gs[3], 15) or sender or "UNKNOWN", _safe(gs[2], 15) or receiver or "UNKNOWN"]
            self.wr.Write(_segment("GS", "FA", *codes, day, time, str(number), "X", self.vriic))

    def visit_root_post(self, errh: Any) -> None:
        if self._answer.groups:
            self.wr.Write(_segment("GE"))
        self.wr.Write(_segment("IEA"))


def _segment(*elements: str) -> Segment:
    return Segment("*".join(elements), "~", "*", ":")


def _safe(text: str, longest: int) -> str:
    """A sender's code as far as it can stand in an answer: without separators and what is not ASCII."""
    return _UNFIT.sub("", text).strip()[:longest].strip()


def _digits(text: str, count: int) -> str | None:
    return text if re.fullmatch(f"[0-9]{{{count}}}", text) else None
