"""What commands refuse, and how they say so: each file of tests/errors/commands is typed in one home, line by line.

ERA_REFRESH_GOLDEN=1 writes the answers anew; read the difference before you keep it.
"""

import os
import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest
from practices import Ended, PracticeHome, era
from refusal_situations import situation
from where import ERRORS

GALLERY = ERRORS / "commands"
FILES = sorted(GALLERY.glob("*.txt"))
WITHOUT_A_HOME = {"init", "restore", "inspect"}


def typed(home: PracticeHome, line: str) -> Ended:
    words = shlex.split(line)[2:]
    elsewhere = "--home" in words or words[0] in WITHOUT_A_HOME or words[:2] == ["encryption", "new-key"]
    return era(*words) if elsewhere else home.era(*words)


def answered(home: PracticeHome, commands: list[str]) -> str:
    text, today = [], datetime.now(UTC).date().isoformat()
    for line in commands:
        ended = typed(home, line)
        said = ended.err.replace(str(home.root), "/srv/era").replace(str(home.root.parent), "/srv")
        said = said.replace(today, "TODAY").rstrip()
        text.append(f"{line}\n{said}\nexit code {ended.code}\n")
    return "\n".join(text)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_refused_says_what_is_wrong_and_what_to_do(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ERA_KEY", "ERA_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    home = situation(path.stem, tmp_path / "home")
    monkeypatch.chdir(home.root)
    before = home.era("ledger", "--format=json")
    lines = path.read_text(encoding="utf-8").splitlines()
    said = answered(home, [line for line in lines if line.startswith("$ era ")])
    if os.environ.get("ERA_REFRESH_GOLDEN") == "1":
        path.write_text(said, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == said
    assert "exit code 0" not in said
    assert home.era("ledger", "--format=json") == before
    assert all("Error: " in block for block in said.split("$ era ")[1:])
