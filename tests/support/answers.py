"""The answers in a home's acks/, read back with our own tokeniser, and held against pyx12's reader and its 999 map."""

import io
from pathlib import Path
from typing import NamedTuple

from practices import PracticeHome
from pyx12.params import ParamsBase
from pyx12.x12file import X12Reader
from pyx12.x12n_document import x12n_document

from era_engine.x12.reader import Reader, read_segments

ENVELOPE = ("ISA", "GS", "ST", "SE", "GE", "IEA")


class ReadBack(NamedTuple):
    """One answer. `segments`: as written, without terminators."""

    name: str
    text: str
    segments: list[str]

    def of(self, *tags: str) -> list[str]:
        return [each for each in self.segments if each.split("*")[0] in tags]

    @property
    def said(self) -> list[str]:
        """All but its own envelope."""
        return [each for each in self.segments if each.split("*")[0] not in ENVELOPE]

    @property
    def elements(self) -> dict[str, list[str]]:
        """The elements of its envelope by tag."""
        return {each.split("*")[0]: each.split("*") for each in self.segments if each.split("*")[0] in ENVELOPE}


def read_back(path: Path) -> ReadBack:
    """Read an answer; its envelope must count right and be cut with the usual separators."""
    text = path.read_bytes().decode("ascii")
    reader = Reader([text])
    for each in reader:
        assert list(each.raw_segments())
        assert each.findings == []
    assert [each.excerpt[:4] for each in reader.findings if each.excerpt] == ["TA1*"] * text.count("\nTA1*")
    assert len(reader.findings) == text.count("\nTA1*")  # our reader expects no TA1 beside a remittance
    assert [each.findings for each in (*reader.groups, *reader.interchanges)] == [[]] * (1 + len(reader.groups))
    assert text[3] + text[104:106] == "*:~"
    theirs = X12Reader(io.StringIO(text))
    count = sum(1 for _ in theirs)
    theirs.cleanup()
    assert theirs.pop_errors() == []
    segments = ["*".join([each.tag, *each.elements]) for each in read_segments([text])]
    assert len(segments) == count
    assert text == "".join(f"{each}~\n" for each in segments)
    return ReadBack(path.name, text, segments)


def answers_of(home: PracticeHome, name: str | None = None) -> list[ReadBack]:
    """The answers to the newest file of this name, or all there are; nothing else may lie in acks/."""
    written = sorted(path for path in (home.root / "acks").iterdir() if not path.name.startswith("."))
    if name is not None:
        number = dict(home.rows("SELECT name, id FROM files ORDER BY id"))[name]
        written = [path for path in written if path.name.startswith(f"{number:06d}-")]
    return [read_back(path) for path in written]


def refused_by_pyx12(answers: list[ReadBack]) -> list[str]:
    """Names of the answers that do not follow pyx12's map of the 999; one call for all, since it loads maps."""
    with_groups = [each for each in answers if each.of("GS")]
    if not with_groups or _valid(with_groups):
        return []
    return [each.name for each in with_groups if not _valid([each])]


def _valid(answers: list[ReadBack]) -> bool:
    """Without their TA1, which pyx12 expects behind the groups; the standard places it before them."""
    segments = [segment for each in answers for segment in each.segments if not segment.startswith("TA1*")]
    text = "".join(f"{segment}~\n" for segment in segments)
    valid: bool = x12n_document(ParamsBase(), io.StringIO(text), None, None)
    return valid
