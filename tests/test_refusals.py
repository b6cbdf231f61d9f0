"""Every refusal in the program has a case: some words of its text stand in a test, or it is named here with why not."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import era_engine

PACKAGE = Path(era_engine.__file__).parent
TESTS = Path(__file__).parent
WORDS = 3  # of a text that must stand in a test, one after the other

MADE_ELSEWHERE = "its text is made of faults that tests/errors shows one by one"
TOLD_AS_ONE = "tests/test_backup.py damages a backup in this way, and asks for the sentence all of them share"
MOMENT = "needs two programs in the same moment; tests/test_concurrency.py brings about what it guards"
NEVER = "guards against a fault of the program itself"
VALUES = "its text is all values; the command is tried in tests/errors/commands or the tests of its module"

NOT_SHOWN = {
    "bank/files.py": MADE_ELSEWHERE,
    "practice/file_faults.py": MADE_ELSEWHERE,
    "decisions/rule_file.py": MADE_ELSEWHERE,
    "decisions/rule_set.py": MADE_ELSEWHERE,
    "settings.py": MADE_ELSEWHERE,
    "backup/format.py": TOLD_AS_ONE,
    "backup/checking.py": TOLD_AS_ONE,
    "backup/restoring.py": TOLD_AS_ONE,
    "acts/act.py": MOMENT,
    "store/database.py": MOMENT,
    "home_keys.py": MOMENT,
    "decisions/decision.py": NEVER,
    "decisions/engine.py": NEVER,
    "places.py": "ten thousand files of one name",
    "home.py": VALUES,
    "quarantine.py": VALUES,
    "reports.py": VALUES,
    "acts/posting.py": VALUES,
    "acts/provider_adjustments.py": VALUES,
    "acts/amounts.py": "write-offs that cancel each other out; no line is posted",
    "keys.py": "tests/test_encryption.py asks for the exit code and the file's name",
    "sealed_files.py": "tests/test_sealed_files.py asks for the kind of error",
    "quick_posting.py": "tests/test_quick_post.py asks for the exit code",
}


class Refusal(NamedTuple):
    """A place where an EraError is raised; its text without the values in it."""

    file: str
    line: int
    parts: tuple[str, ...]


def kinds() -> set[str]:
    """The names of all kinds of EraError."""
    known = {"EraError"}
    for _ in range(3):
        for path in PACKAGE.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef) and known & {getattr(base, "id", "") for base in node.bases}:
                    known.add(node.name)
    return known


def refusals() -> Iterator[Refusal]:
    known = kinds()
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and getattr(node.func, "id", "") in known:
                yield Refusal(path.relative_to(PACKAGE).as_posix(), node.lineno, tuple(texts(node.args[0])))


def texts(node: ast.expr) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value


def runs_of_words(text: str) -> Iterator[str]:
    words = re.sub(r"[`'\"]", " ", text).strip(" .:,;").split()
    for at in range(max(len(words) - WORDS + 1, 1)):
        run = " ".join(words[at : at + WORDS])
        if len(run) > 8:
            yield run


def test_every_refusal_has_a_case_or_a_reason_why_not() -> None:
    cases = [path for path in TESTS.rglob("*") if path.suffix in (".py", ".txt", ".yaml") and path != Path(__file__)]
    tested = "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in cases)
    tested = re.sub(r'"\s*\n\s*f?"', "", tested)
    found = list(refusals())
    assert len(found) > 100
    missing = [each for each in found if not any(run in tested for part in each.parts for run in runs_of_words(part))]
    assert [each for each in missing if each.file not in NOT_SHOWN] == []
    assert {each.file for each in missing} == set(NOT_SHOWN), "a reason that is not needed any more"
