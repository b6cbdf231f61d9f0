"""The documents of this checkout as tests read them: their prose, their code, and the `era` commands they name."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from where import ROOT

DOCUMENTS = sorted(
    [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("rules/**/*.md"),
        *ROOT.glob("benchmarks/*.md"),
        *ROOT.glob("sample_835/*.md"),
        ROOT / "scripts" / "after-demo.txt",
    ]
)
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(?<!`)`([^`]+)`(?!`)")


class Command(NamedTuple):
    """A command line of a document. `whole`: written to be run as it stands, not just to be talked about."""

    document: str
    words: tuple[str, ...]
    whole: bool


def text_of(name: str) -> str:
    """A document by its path in the checkout."""
    return (ROOT / name).read_text(encoding="utf-8")


def name_of(document: Path) -> str:
    return document.relative_to(ROOT).as_posix()


def blocks_of(text: str) -> list[tuple[str, str]]:
    """The fenced blocks of a document: kind (`sh`, `text`, …) and content."""
    return _FENCE.findall(text)


def prose_of(text: str) -> str:
    """A document without its fenced blocks."""
    return _FENCE.sub("", text)


def spans_of(text: str) -> list[str]:
    """What stands in single backticks in a document's prose, each on one line."""
    return [" ".join(span.split()) for span in _SPAN.findall(prose_of(text))]


def words_of(text: str) -> str:
    """A document's prose without anything in backticks: the words that are its own."""
    return _SPAN.sub("", prose_of(text))


def era_words(line: str) -> tuple[str, ...] | None:
    """The words after `era` in a line of shell, up to the next redirection or command."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words = list(lexer)
    at = next((at for at, word in enumerate(words) if word == "era" or word.endswith("/era")), None)
    if at is None:
        return None
    end = next((end for end in range(at, len(words)) if set(words[end]) <= set(";<>|&")), len(words))
    return tuple(words[at + 1 : end])


def _commands() -> Iterator[Command]:
    for document in DOCUMENTS:
        text, name = document.read_text(encoding="utf-8"), name_of(document)
        lines = [line for kind, block in blocks_of(text) if kind in ("sh", "cron") for line in block.splitlines()]
        if document.suffix == ".txt":
            lines = [re.split(r" {2,}", line.strip())[0] for line in text.splitlines() if line.startswith("  era ")]
        for line in lines:
            words = era_words(line)
            if words is not None:
                yield Command(name, words, whole=True)
        for span in spans_of(text):
            if span.startswith("era ") and "`" not in span:
                yield Command(name, era_words(span) or (), whole=False)


COMMANDS = list(dict.fromkeys(_commands()))
