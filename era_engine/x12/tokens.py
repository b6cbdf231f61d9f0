"""Text to segments: separators from each ISA, batches of raw segments, nothing dropped in silence.

Works on about a megabyte at a time with the string operations that are fast in C; a segment stays one string
until somebody needs its elements.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from era_engine.x12.finding import Finding

MAX_SEGMENT = 1 << 20  # characters; no segment of the 835 comes near
_ISA_ELEMENTS = 16
_BLANK = " \t\r\n"  # not str.isspace: \x1c to \x1f are separators to X12 and blanks to Python
_UNFIT = _BLANK + "\x00"
_ISA_LENGTH = 106


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
        repetition = elements[10][:1] or "^"
        separators = Separators(element, component, repetition, terminator)
        return Header(start, start + at + 2, separators, match.group() == "isa", at + 3)
    return None


class Tokeniser:
    """Batches of raw segments from chunks of text; what is wrong with the text itself goes to `findings`."""

    def __init__(self, chunks: Iterator[str]) -> None:
        self._chunks = chunks
        self._text = ""  # read but not yet given out; starts at a segment
        self.findings: list[Finding] = []
        self.segment_count = 0
        self.interchange_count = 0
        self.leftover = ""  # what followed the last terminator

    def batches(self) -> Iterator[Batch]:
        """All batches of the file, in order."""
        while (header := self._next_header()) is not None:
            self.interchange_count += 1
            yield from self._interchange(header)

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
                self._warn_of_length(header)
                self._text = text[header.start :]
                return header
            chunk = next(self._chunks, None)
            if chunk is None or len(self._text) > 2 * MAX_SEGMENT:
                break
            self._text += chunk
        if self.interchange_count == 0:
            self._refuse(self._text)
        else:
            self._name_stray(self._text)
        return None

    def _interchange(self, header: Header) -> Iterator[Batch]:
        separators, starts = header.separators, True
        text, self._text = self._text, ""
        while True:
            end = _end_of_interchange(text, header, skip=3 if starts else 0)
            if end is not None:
                text, self._text = text[:end], text[end:]
            segments = self._legible(_clean(text, header)).split(separators.terminator)
            text = segments.pop()
            if segments:
                yield self._batch(separators, segments, starts)
                starts = False
            if end is not None:
                return
            chunk = next(self._chunks, None)
            if chunk is None:
                self.leftover = text.strip(_BLANK)
                return
            if len(text) > MAX_SEGMENT:
                self._give_up(text)
                return
            text += chunk

    def _batch(self, separators: Separators, segments: list[str], starts: bool) -> Batch:
        if "" in segments:
            whole = [segment for segment in segments if segment]
            if separators.terminator not in _BLANK:
                self.findings.append(
                    Finding(
                        "empty-segment",
                        "warn",
                        f"{len(segments) - len(whole)} empty segment(s) near here: two terminators in a row.",
                        self.segment_count + 1,
                    )
                )
            segments = whole
        self.segment_count += len(segments)
        return Batch(separators, segments, starts)

    def _legible(self, text: str) -> str:
        """NULs, which no database keeps, become a visible sign, and a finding."""
        if "\x00" not in text:
            return text
        message = f"{text.count(chr(0))} NUL character(s) stand near here; the file was damaged on its way."
        self.findings.append(Finding("control-character", "hold", message, self.segment_count + 1))
        return text.replace("\x00", "\u2400")

    def _refuse(self, text: str) -> None:
        found = f"found {text.strip(_BLANK)[:24]!r}" if text.strip(_BLANK) else "the file is empty"
        self.findings.append(
            Finding(
                "no-interchange",
                "reject",
                f"Not an X12 file: expected an interchange header beginning with ISA, {found}."
                " Ask the sender for the 835 itself.",
                1,
                text.strip(_BLANK)[:80],
            )
        )

    def _name_stray(self, text: str) -> None:
        text = text.strip("\x00\x1a\ufeff \t\r\n")
        if text:
            self.findings.append(
                Finding(
                    "text-outside-interchange",
                    "hold",
                    f"{len(text)} characters stand outside any interchange (ISA to IEA).",
                    self.segment_count + 1,
                    text[:80],
                )
            )

    def _warn_of_length(self, header: Header) -> None:
        if header.length != _ISA_LENGTH:
            self.findings.append(
                Finding(
                    "isa-length",
                    "warn",
                    f"The interchange header is {header.length} characters long where the standard fixes"
                    f" {_ISA_LENGTH}; its separators were found by counting elements.",
                    self.segment_count + 1,
                )
            )

    def _give_up(self, text: str) -> None:
        self.findings.append(
            Finding(
                "segment-too-long",
                "reject",
                f"No segment terminator within {MAX_SEGMENT:,} characters; nothing after this point was read.",
                self.segment_count + 1,
                text[:80],
            )
        )
        for _ in self._chunks:
            pass


def _end_of_interchange(text: str, header: Header, skip: int) -> int | None:
    """Where, in uncleaned text, this interchange ends: after its IEA, or before an ISA that comes without one."""
    terminator, element = header.separators.terminator, header.separators.element
    case = str.lower if header.lower_case else str
    ends: list[int] = []
    for tag in (case("IEA"), case("ISA")):
        at = text.find(tag + element, skip)
        while at >= 0:
            before = text[max(0, at - 80) : at].rstrip(" \r\n" if terminator not in "\r\n" else " ")
            if before.endswith(terminator) or (not before and at < 80):
                close = at if tag == case("ISA") else text.find(terminator, at) + 1
                if close > 0:
                    ends.append(close)
                break
            at = text.find(tag + element, at + 1)
    return min(ends, default=None)


def _clean(text: str, header: Header) -> str:
    """Without line ends (unless they terminate segments) and without blanks before segments."""
    terminator = header.separators.terminator
    for line_end in "\r\n":
        if line_end != terminator and line_end in text:
            text = text.replace(line_end, "")
    blank = terminator + " "
    while blank in text:
        text = text.replace(blank, terminator)
    text = text.lstrip(" ")
    return text.upper() if header.lower_case else text
