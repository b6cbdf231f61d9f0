"""Our reader and pyx12's see the same segments wherever pyx12 reads to the end; where it stops early, ours goes on."""

import io
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyx12.errors import X12Error
from pyx12.x12file import X12Reader

from era_engine.x12.reader import read_segments
from era_engine.x12.source import examine

CORPUS = os.environ.get("ERA_CORPUS")


def segments_by_pyx12(text: str) -> tuple[list[list[str]], bool]:
    """What X12Reader reads: each segment as tag and elements, and whether that is all of the text.

    X12Reader says nothing when it stops at an empty or a very long segment. What it has left in its buffer shows it;
    so do, mostly, the errors about missing trailers that appear after `cleanup`.
    """
    reader = X12Reader(io.StringIO(text, newline=""))
    segments = []
    for segment in reader:
        elements = [part.subele_term.join(each.value for each in part.elements) for part in segment.elements]
        segments.append([segment.get_seg_id(), *elements])
    reader.pop_errors()
    reader.cleanup()
    trailers_missing = any("missing" in message for _, _, message, _, _ in reader.pop_errors())
    left = (reader.raw.buffer + reader.fd_in.read()).strip()
    return segments, not left and not trailers_missing


def segments_by_us(text: str) -> list[list[str]]:
    return [[segment.tag, *segment.elements] for segment in read_segments([text])]


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Interchanges with odd separators, line ends, empty segments and segments too long for pyx12."""
    element, component, repetition, terminator = draw(st.permutations("*|^~:>\x1d\x1e\x1f+").map(lambda each: each[:4]))
    line_end = draw(st.sampled_from(["", "\n", "\r\n"]))
    separators = element + component + repetition + terminator
    values = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters=separators), max_size=12)
    tags = st.from_regex(r"[A-Z][A-Z0-9]{1,2}", fullmatch=True).filter(
        lambda tag: tag not in ("ISA", "GS", "ST", "SE", "GE", "IEA", "TA1")
    )
    composite = st.lists(values, min_size=1, max_size=3).map(component.join)
    segment = st.tuples(tags, st.lists(composite, max_size=5)).map(lambda each: element.join([each[0], *each[1]]))
    odd = st.sampled_from(["", "NTE" + element + "x" * 40_000])
    lines: list[str] = []
    for number in range(1, draw(st.integers(1, 2)) + 1):
        control = f"{number:09d}"
        sender, receiver = "PAYER".ljust(15), "PRACTICE".ljust(15)
        header = ["ISA", "00", " " * 10, "00", " " * 10, "ZZ", sender, "ZZ", receiver, "261101", "0900"]
        lines.append(element.join([*header, repetition, "00501", control, "0", "P", component]))
        lines.append(element.join(["GS", "HP", "PAYER", "PRACTICE", "20261101", "0900", "1", "X", "005010X221A1"]))
        body = draw(st.lists(st.one_of(segment, segment, segment, odd), max_size=8))
        lines.append(element.join(["ST", "835", "0001"]))
        lines.extend(body)
        lines.append(element.join(["SE", str(len(body) + 2), "0001"]))
        lines.extend([element.join(["GE", "1", "1"]), element.join(["IEA", "1", control])])
    return "".join(line + terminator + line_end for line in lines)


@settings(max_examples=150, deadline=None)
@given(documents())
def test_both_readers_see_the_same_segments(text: str) -> None:
    theirs, to_the_end = segments_by_pyx12(text)
    ours = segments_by_us(text)
    if to_the_end:
        assert ours == theirs
    else:
        assert ours[: len(theirs)] == theirs
        assert len(ours) > len(theirs)


@pytest.mark.skipif(CORPUS is None, reason="ERA_CORPUS names no folder of public samples")
def test_both_readers_see_the_same_segments_in_public_samples() -> None:
    compared = 0
    for path in sorted(Path(CORPUS or "").iterdir()):
        if path.suffix in (".json", ".md"):
            continue
        text = "".join(examine(path).chunks())
        try:
            theirs, to_the_end = segments_by_pyx12(text)
        except (X12Error, IndexError):  # no interchange pyx12 could read, or an envelope it trips over
            continue
        if to_the_end:
            compared += 1
            assert segments_by_us(text) == theirs, path.name
    assert compared >= 20
