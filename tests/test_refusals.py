"""Every refusal in the program is brought about by a case in tests/errors, or it is named here with why not."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from refused_files import FILE_CASES, refused
from test_command_errors import FILES, answered, situation

import era_engine
from era_engine.errors import EraError

PACKAGE = Path(era_engine.__file__).parent

NOT_SHOWN: dict[tuple[str, str], str] = {}


class Refusal(NamedTuple):
    """A place where an EraError is made, and the longest of the words it is made with."""

    file: str
    line: int
    words: str


def kinds() -> set[str]:
    """The names of all kinds of EraError."""
    known, more = {EraError}, [EraError]
    while more:
        more = [each for kind in more for each in kind.__subclasses__() if each not in known]
        known.update(more)
    return {each.__name__ for each in known}


def refusals() -> Iterator[Refusal]:
    known = kinds()
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in known:
                texts = [
                    part.value
                    for argument in node.args
                    for part in ast.walk(argument)
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                ]
                yield Refusal(path.relative_to(PACKAGE).as_posix(), node.lineno, max(texts, key=len, default=""))


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, int]]:
    """File and line of whoever makes an EraError from now on."""
    places: set[tuple[str, int]] = set()
    usual = EraError.__init__

    def noticed(error: EraError, *arguments: Any) -> None:
        frame = sys._getframe(1)
        while frame.f_code.co_name == "__init__":
            assert frame.f_back is not None
            frame = frame.f_back
        file = Path(frame.f_code.co_filename)
        if file.is_relative_to(PACKAGE):
            places.add((file.relative_to(PACKAGE).as_posix(), frame.f_lineno))
        usual(error, *arguments)

    monkeypatch.setattr(EraError, "__init__", noticed)
    return places


def test_every_refusal_has_a_case_or_a_reason_why_not(
    made: set[tuple[str, int]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, path in enumerate(FILE_CASES):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        refused(path, folder)
    for path in FILES:
        home = situation(path.stem, tmp_path / path.stem)
        monkeypatch.chdir(home.root)
        lines = path.read_text(encoding="utf-8").splitlines()
        answered(home, [line for line in lines if line.startswith("$ era ")])
    found = list(refusals())
    assert len(found) > 100
    missing = {(each.file, each.words) for each in found if (each.file, each.line) not in made}
    assert missing == set(NOT_SHOWN)
