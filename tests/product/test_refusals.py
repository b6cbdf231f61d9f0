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
from era_engine.foundation.errors import EraError

PACKAGE = Path(era_engine.__file__).parent

SHOWN = 60  # characters of a refusal's words that name it here
MOMENT = "needs two programs at the same moment"
OURS = "guards against a fault of the program itself"
WRITTEN = "needs a backup that somebody wrote by hand; tests/books/test_backup.py writes them"
MACHINE = "needs another machine: "

NOT_SHOWN = {  # file, the longest of its words: why not
    ("acts/act.py", "Look at it again with `era log`, then decide."): MOMENT,
    ("home/folder.py", ""): MOMENT,
    ("books/backup/restoring.py", "Wait until it has finished, or restore into another folder."): MOMENT,
    ("home/keys.py", " was changed in the meantime. Nothing was done."): MOMENT,
    ("store/database.py", "Another program changed the same claims at the same time. No"): MOMENT,
    ("acts/posting.py", "Undo that posting (era undo). Then close the reversal (era c"): OURS,
    ("rulebook/decision.py", "Check the rules with `era rules check`."): OURS,
    ("rulebook/engine.py", "Facts that are not declared: "): OURS,
    ("rulebook/engine.py", ", or it is too large."): OURS,
    ("rulebook/engine.py", "durable_rules could not evaluate the rules: "): OURS,
    ("rulebook/engine.py", "durable_rules did not take the facts (outcome "): OURS,
    ("rulebook/proof.py", "The solver found an example that does not show what it shoul"): OURS,
    (
        "rulebook/solver.py",
        "The solver could not decide whether these rules are sound.",
    ): "the solver decides all conditions",
    ("books/backup/checking.py", " is not what was written."): WRITTEN,
    ("books/backup/checking.py", "It has a file that would be written outside the folder."): WRITTEN,
    ("books/backup/checking.py", "It has the same file twice."): WRITTEN,
    ("books/backup/checking.py", "It is cut off: its manifest is missing."): WRITTEN,
    ("books/backup/checking.py", "The settings or the database are missing."): WRITTEN,
    ("books/backup/checking.py", "It has data after its manifest."): WRITTEN,
    ("books/backup/format.py", ", which this version does not know."): WRITTEN,
    ("books/backup/format.py", "It has an entry that is not a file."): WRITTEN,
    ("books/backup/format.py", "Its manifest is damaged."): WRITTEN,
    ("books/backup/restoring.py", "The way the backup's era.toml is written, --database cannot "): WRITTEN,
    ("rulebook/engine.py", "Use Python 3.11 or newer, make sure there is a C compiler (o"): MACHINE + "no C compiler",
    ("books/encryption.py", " could not be sealed: it reads back with different content."): MACHINE
    + "a disk that fails",
    ("store/books/snapshot.py", "Keep the file, and restore the home from the last backup: er"): (
        "needs a damaged database; tests/questions/test_verify.py has one"
    ),
    ("foundation/shipped.py", ", part of era-engine, is missing from "): MACHINE + "half an installation",
    ("store/books/snapshot.py", "Name an empty one with --database. Nothing was changed."): MACHINE
    + "a PostgreSQL server",
    ("home/keys.py", "Give one with key_file in era.toml or ERA_KEY_FILE. Name a n"): MACHINE + "ERA_KEY_FILE",
    ("custody/places.py", "The archive has ten thousand files with one name."): "needs ten thousand files of one name",
    (
        "custody/quarantine.py",
        " already exists and is not in the books.",
    ): "told as an event of the run, not as an error",
    ("rulebook/engine.py", "Write a rule with fewer lists, or split it."): "needs a rule of some hundred lists",
    ("store/database.py", "The database has rows that point to missing rows. It was not"): (
        "needs a database of the first version; tests/store/test_migrations.py has one"
    ),
}


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
                yield Refusal(
                    path.relative_to(PACKAGE).as_posix(), node.lineno, max(texts, key=len, default="")[:SHOWN]
                )


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, int]]:
    """File and line of whoever makes an EraError from now on."""
    places: set[tuple[str, int]] = set()
    usual = EraError.__init__

    def noticed(error: EraError, *arguments: Any) -> None:
        frame = sys._getframe(1)
        while frame.f_locals.get("self") is error:  # of a kind of error with words of its own
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
        home = situation(path.stem, tmp_path / path.stem / "home")
        monkeypatch.chdir(home.root)
        lines = path.read_text(encoding="utf-8").splitlines()
        answered(home, [line for line in lines if line.startswith("$ era ")])
    found = list(refusals())
    assert len(found) > 100
    missing = {(each.file, each.words) for each in found if (each.file, each.line) not in made}
    assert missing - set(NOT_SHOWN) == set(), "a refusal without a case in tests/errors"
    assert set(NOT_SHOWN) - missing == set(), "a reason that is not needed any more"
