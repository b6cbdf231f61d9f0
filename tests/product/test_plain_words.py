"""What people read is plain billing English: the phrases that the glossary retires are not used again."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from documents import DOCUMENTS, name_of
from where import ROOT

import era_engine

RETIRED = {
    r"\b(?:left|leave|leaves|waits?|waiting) (?:to|for) a person\b": "needs review",
    r"\b(?:put|set) aside\b|✘ aside\b": "quarantined",
    r"\b(?:took|takes?|taken) (?:it |that |them )?back\b": "reversed by the payer, undone by a person",
    r"\bfil(?:ed?|es|ing) without posting\b": "closed without posting",
    r"\bmoney without (?:a )?remittance\b": "deposit without an ERA",
    r"\bremittances? without (?:its )?money\b": "ERA without a deposit",
    r"\bwhat the office sent\b": "what the practice submitted",
    r"\bnothing of (?:it|this)\b": "none of it",
}
TABLES = ("CHANGELOG.md", "docs/glossary.md", "docs/decisions/36-words.md")  # history, and the words themselves
PACKAGE = Path(era_engine.__file__).parent
SHIPPED = sorted((ROOT / "rules").glob("**/*.yaml"))


def retired_in(text: str) -> dict[str, str]:
    """The retired phrases of a text, with what to say instead."""
    on_one_line = " ".join(text.split())
    found = {re.search(pattern, on_one_line, re.IGNORECASE): better for pattern, better in RETIRED.items()}
    return {phrase.group(): better for phrase, better in found.items() if phrase is not None}


def told_by(module: Path) -> Iterator[str]:
    """The strings of a module that people may read: of the command line its help as well, which is in docstrings."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    with_docstring = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, with_docstring)
        and node.body
        and isinstance(node.body[0], ast.Expr)
        and not (module.parent.name == "cli" and isinstance(node, ast.FunctionDef) and node.decorator_list)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


@pytest.mark.parametrize("document", [each for each in DOCUMENTS if name_of(each) not in TABLES], ids=name_of)
def test_documents_are_in_plain_words(document: Path) -> None:
    assert retired_in(document.read_text(encoding="utf-8")) == {}


@pytest.mark.parametrize("rules", SHIPPED, ids=name_of)
def test_rules_and_their_cases_are_in_plain_words(rules: Path) -> None:
    assert retired_in(rules.read_text(encoding="utf-8")) == {}


def test_the_program_speaks_in_plain_words() -> None:
    spoken = {
        f"{module.relative_to(PACKAGE)}: {text[:60]}": phrases
        for module in sorted(PACKAGE.glob("**/*.py"))
        for text in told_by(module)
        if (phrases := retired_in(text))
    }
    assert spoken == {}


@pytest.mark.parametrize("text", ["Left to a person: 3", "was put\naside", "Took back $90.65", "takes it back"])
def test_a_retired_phrase_would_be_noticed(text: str) -> None:
    assert len(retired_in(text)) == 1
