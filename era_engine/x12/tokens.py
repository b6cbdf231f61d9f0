"""Text to segments: separators from each ISA, batches of raw segments, nothing dropped in silence.

Works on about a megabyte at a time with the string operations that are fast in C; a segment stays one string
until somebody needs its elements.
"""

import re
import string
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from era_engine.x12 import text_faults
from era_engine.x12.finding import Finding

MAX_SEGMENT = 1 << 20  # characters; no segment of the 835 comes near
_ISA_ELEMENTS = 16
_BLANK = " \t\r\n"  # not str.isspace: \x1c to \x1f are separators to X12 and blanks to Python
_NEVER = "-.\x00"  # amounts are written with the first two; NULs are damage
_UNFIT = _BLANK + _NEVER
_FOR_NUL = "\u2400"  # no database keeps NULs
_ISA_LENGTH = 106
_TO_UPPER = str.maketrans(string.ascii_lowercase, string.ascii_uppercase)  # keeps lengths, unlike str.upper
_TO_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


class Separators(NamedTuple):
    """The four characters an interchange is cut with; `component` splits SVC01 and PLB03."""

    element: str
    component: str
    repetition: str
    terminator: str


class Batch(NamedTuple):
    """Consecutive raw segments of one interchange. `starts_interchange`: the first of them is an ISA."""

    separators: Separators
    segments: list[str]
    starts_interchange: bool


class Header(NamedTuple):
    """An ISA as found in a text: where it begins, where its terminator is, and what it says."""

    start: int
    end: int
    separators: Separators
    lower_case: bool
    length: int


def find_header(text: str) -> Header | None:
    """The first interchange header (ISA) in a text.

    The element separator is the fourth character, component and terminator the two that follow the sixteenth
    separator (835 guide, appendix B.1.1.2.5); counting separators rather than characters also reads headers
    whose blanks were trimmed. None when nothing looks like one.
    """
    for match in re.finditer("ISA", text, re.IGNORECASE):
        start = match.start()
        window = text[start : start + 400]
        element = window[3:4]
        if not element or (element.isascii() and element.isalnum()) or element in _UNFIT:
            continue
        at = 3
        for _ in range(_ISA_ELEMENTS - 1):
            at = window.find(element, at + 1)
            if at < 0:
                break
        if at < 0 or at + 2 >= len(window):
            continue
        elements = window[4:at].split(element)
        component, terminator = window[at + 1], window[at + 2]
        if component in "\r\n" or any("\n" in value for value in elements):
            continue
        if terminator in "\r\n":
            terminator = _terminator_at_line_end(window[at + 2 :])
        if not _usable(element, component, terminator):
            continue
        repetition = elements[10][:1].replace("\x00", _FOR_NUL) or "^"
        separators = Separators(element, component, repetition, terminator)
        return Header(start, start + at + 2, separators, match.group() != "ISA", at + 3)
    return None


def _terminator_at_line_end(text: str) -> str:
    """Where a line end follows the header: the line end itself, or what stands at the beginning of each line.

    Of a carriage return and line feed it is the line feed, so that a file may mix both kinds of line end. Empty when
    the text is too short to tell.
    """
    following = text.lstrip("\r\n")[:1]
    if not following:
        return ""
    if following in _UNFIT or (following.isascii() and following.isalnum()):
        return "\n" if "\n" in text[:2] else text[0]
    return following


def _usable(element: str, component: str, terminator: str) -> bool:
    """Three different characters, none of them part of a number or word; else an element of the header is missing."""
    letters = any((each.isascii() and each.isalnum()) or each in _NEVER for each in (component, terminator) if each)
    return len({element, component, terminator}) == 3 and not letters and terminator not in " \t"


class Tokeniser:
    """Batches of raw segments from chunks of text; what is wrong with the text itself goes to `findings`."""

    def __init__(self, chunks: Iterator[str]) -> None:
        self._chunks = chunks
        self._text = ""  # read but not yet given out; starts at a segment
        self.findings: list[Finding] = []
        self.segment_count = 0
        self.interchange_count = 0
        self.leftover = ""  # what followed the last terminator
        self._empty, self._first_empty = 0, 0
        self._nuls, self._first_nul = 0, 0

    def batches(self) -> Iterator[Batch]:
        """All batches of the file, in order."""
        while (header := self._next_header()) is not None:
            self.interchange_count += 1
            self._empty = self._nuls = 0
            yield from self._interchange(header)
            if self._empty:
                self.findings.append(text_faults.empty_segments(self._empty, self._first_empty))
            if self._nuls:
                self.findings.append(text_faults.control_characters(self._nuls, self._first_nul))

    def _next_header(self) -> Header | None:
        """Read on to the next ISA; anything but blanks before it is named."""
        while True:
            text = self._text
            header = find_header(text)
            if header is None and "\n" in text:  # lines broken at a fixed width, in the middle of the ISA
                text = text.replace("\r", "").replace("\n", "")
                header = find_header(text)
            if header is not None and header.end + 1 < len(text):
                self._name_stray(text[: header.start])
                if header.length != _ISA_LENGTH:
                    position = self.segment_count + 1
                    self.findings.append(text_faults.unusual_header(header.length, _ISA_LENGTH, position))
                if header.separators.repetition in (header.separators.component, header.separators.terminator):
                    position = self.segment_count + 1
                    self.findings.append(text_faults.separator_twice(header.separators.repetition, position))
                self._text = text[header.start :]
                return header
            chunk = next(self._chunks, None)
            if chunk is None or len(self._text) > 2 * MAX_SEGMENT:
                break
            self._text += chunk
        if self.interchange_count == 0:
            self.findings.append(text_faults.no_interchange(self._text))
        else:
            self._name_stray(self._text, read_on=chunk is None)
        return None

    def _interchange(self, header: Header) -> Iterator[Batch]:
        separators, starts = header.separators, True
        text, self._text = self._text, ""
        while True:
            end = _end_of_interchange(text, header, skip=3 if starts else 0)
            if end is not None:
                text, self._text = text[:end], text[end:]
            text = _clean(text, separators.terminator)
            damaged = "\x00" in text
            segments = text.split(separators.terminator)
            text = segments.pop()
            unfinished = end is not None and bool(text.strip(text_faults.PADDING))
            if unfinished:
                segments.append(text.strip(text_faults.PADDING))
            if header.lower_case:  # what is left may be the next ISA, whose own case counts
                segments = [_in_capitals(each, header) for each in segments]
            if unfinished:
                self.findings.append(text_faults.no_terminator(segments[-1], self.segment_count + len(segments)))
            if segments:
                yield self._batch(separators, segments, starts, damaged)
                starts = False
            if end is not None:
                return
            chunk = next(self._chunks, None)
            if chunk is None:
                self.leftover = _in_capitals(text, header).strip(_BLANK)
                return
            if len(text) > MAX_SEGMENT:
                self._give_up(text + chunk, header)
                return
            text += chunk

    def _batch(self, separators: Separators, segments: list[str], starts: bool, damaged: bool) -> Batch:
        if "" in segments:
            if separators.terminator not in _BLANK:
                self._first_empty = self._first_empty if self._empty else self.segment_count + segments.index("") + 1
                self._empty += segments.count("")
            segments = [segment for segment in segments if segment]
        if damaged:
            for position, segment in enumerate(segments, self.segment_count + 1):
                if "\x00" in segment:
                    self._first_nul = self._first_nul if self._nuls else position
                    self._nuls += segment.count("\x00")
            segments = [segment.replace("\x00", _FOR_NUL) for segment in segments]
        self.segment_count += len(segments)
        return Batch(separators, segments, starts)

    def _name_stray(self, text: str, read_on: bool = True) -> None:
        finding = text_faults.outside_interchange(text, self.segment_count + 1, read_on)
        if finding is not None:
            self.findings.append(finding)

    def _give_up(self, text: str, header: Header) -> None:
        tag = "CLP" + header.separators.element
        claims = sum(_in_capitals(each, header).count(tag) for each in chain([text], self._chunks))
        self.findings.append(text_faults.segment_too_long(text, MAX_SEGMENT, claims, self.segment_count + 1))


def _end_of_interchange(text: str, header: Header, skip: int) -> int | None:
    """Where, in uncleaned text, this interchange ends: after its IEA, or before an ISA that comes without one.

    An IEA may lack its terminator where files were put together; then the next ISA ends it.
    """
    terminator = header.separators.terminator
    trailer, following = "IEA", "ISA"
    if header.lower_case:
        text, trailer, following = text.translate(_TO_LOWER), "iea", "isa"
    ends: list[int] = []
    at = _find_segment(text, trailer, skip, terminator)
    if at >= 0:
        close = text.find(terminator, at)
        run_on = text.find(following, at, close if close >= 0 else len(text))
        if run_on >= 0:
            ends.append(run_on)
        elif close >= 0:
            ends.append(close + 1)
    at = _find_segment(text, following, skip, terminator)
    if at >= 0:
        ends.append(at)
    return min(ends, default=None)


def _find_segment(text: str, tag: str, skip: int, terminator: str) -> int:
    """Where the first segment of this tag stands, after blanks or not; -1 when there is none."""
    blanks = _BLANK.replace(terminator, "")
    at = text.find(tag, skip)
    while at >= 0:
        before, after = at, text[at + len(tag) : at + len(tag) + 1]
        separated = after != "" and not (after.isascii() and after.isalnum())
        while before and text[before - 1] in blanks:
            before -= 1
        if separated and (before == 0 or text[before - 1] == terminator):
            return at
        at = text.find(tag, at + 1)
    return -1


def _in_capitals(text: str, header: Header) -> str:
    """As an interchange whose header is in small letters is read."""
    return text.translate(_TO_UPPER) if header.lower_case else text


def _clean(text: str, terminator: str) -> str:
    """Without line ends (unless they terminate segments) and without blanks before segments."""
    for line_end in "\r\n":
        if line_end != terminator and line_end in text:
            text = text.replace(line_end, "")
    if terminator + " " in text or terminator + "\t" in text:
        text = re.sub(re.escape(terminator) + "[ \t]+", lambda _: terminator, text)
    return text.lstrip(" \t")
