"""What can be wrong with the text of a file before any segment of it is understood, as findings."""

import re

from era_engine.x12.finding import DAMAGED, Finding, Syntax

PADDING = "\x00\x1a\ufeff \t\r\n"  # what systems put around a file; means nothing outside an interchange
_CLAIM = re.compile("CLP[^A-Z0-9 ]", re.IGNORECASE)


def no_interchange(text: str) -> Finding:
    text = text.strip(" \t\r\n")
    found = f"found {text[:24]!r}" if text else "the file is empty"
    if re.match("ISA[^A-Z0-9]", text, re.IGNORECASE):
        found = "found one that is cut off, or lacks an element or a separator (three different characters, none of"
        found += " them a letter, digit, minus, point or NUL)"
    return Finding(
        "no-interchange",
        "reject",
        f"Not an X12 file: expected an interchange header beginning with ISA, {found}."
        f" Ask the sender for the 835 itself.{claims_in(text)}",
        1,
        _on_one_line(text),
    )


def outside_interchange(text: str, position: int, read_on: bool) -> Finding | None:
    """None for mere padding. Claims in such text are lost to the reader, so that is no mere doubt."""
    text = text.strip(PADDING).removeprefix("ï»¿")  # a UTF-8 mark in a Latin-1 file
    if not text:
        return None
    claims = claims_in(text)
    return Finding(
        "text-outside-interchange",
        "reject" if claims or not read_on else "hold",
        f"{len(text)} characters are outside any interchange (ISA to IEA)."
        f"{claims}{'' if read_on else ' Nothing after them was read.'}",
        position,
        _on_one_line(text),
    )


def unusual_header(length: int, usual: int, position: int) -> Finding:
    return Finding(
        "isa-length",
        "warn",
        f"The interchange header is {length} characters long; the standard says {usual}. Its separators were found by"
        f" counting elements.",
        position,
        syntax=Syntax("ISA", "022"),
    )


def separator_twice(repetition: str, position: int) -> Finding:
    return Finding(
        "separator-twice",
        "hold",
        f"The interchange header uses {repetition!r} for repetitions (ISA11) and as another separator.",
        position,
        syntax=Syntax("ISA", "024"),
    )


def empty_segments(count: int, first: int) -> Finding:
    message = f"{count} empty segment(s), the first of them here: two terminators in a row."
    return Finding("empty-segment", "warn", message, first, syntax=DAMAGED)


def control_characters(count: int, first: int) -> Finding:
    message = f"{count} NUL character(s), the first of them here; the file was damaged in transfer."
    return Finding("control-character", "hold", message, first, syntax=DAMAGED)


def no_terminator(raw: str, position: int) -> Finding:
    message = "The last segment has no terminator."
    return Finding("missing-terminator", "warn", message, position, raw[:80], Syntax("IEA", "004"))


def segment_too_long(raw: str, limit: int, claims: int, position: int) -> Finding:
    return Finding(
        "segment-too-long",
        "reject",
        f"No segment terminator within {limit:,} characters. Nothing after this point was read. {_held(claims)}",
        position,
        raw[:80],
    )


def claims_in(text: str) -> str:
    """A sentence on the claim payments that seem to stand in a text nobody will read; empty when there are none."""
    claims = sum(1 for _ in _CLAIM.finditer(text))
    return f" {_held(claims)}" if claims else ""


def _on_one_line(text: str) -> str:
    return " ".join(text[:80].split())


def _held(claims: int) -> str:
    return f"It seems to have {claims} claim payment(s), which are not used."
