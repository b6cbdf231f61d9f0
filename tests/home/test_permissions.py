"""A home is for its user alone; where it is not, a run says so and how to mend it."""

import shlex
import subprocess
from pathlib import Path

import pytest
from practices import PracticeHome, era, make_practice


def modes(home: PracticeHome) -> set[str]:
    return {oct(path.stat().st_mode & 0o077) for path in [home.root, *home.root.rglob("*")]}


def test_a_home_we_make_is_open_to_nobody_else_and_nothing_is_said(tmp_path: Path) -> None:
    assert era("init", tmp_path / "home", "--demo").code == 0
    home = PracticeHome(tmp_path / "home", "sqlite:///era.db")
    assert home.era("run", "--log-file", home.root / "run.log").err == ""
    assert modes(home) == {"0o0"}
    assert home.verified().err == ""


@pytest.mark.parametrize("name", [".", "inbox", "archive", "quarantine", "acks", "era.toml", "era.db"])
def test_what_is_open_to_others_is_told_once_with_the_command_that_closes_it(tmp_path: Path, name: str) -> None:
    home = make_practice(tmp_path / "a home")
    home.era("run")
    path = home.root / name
    path.chmod(path.stat().st_mode | 0o040)
    for words in (["run", "--json"], ["run", "--dry-run"], ["verify"], ["requeue", "--all"]):
        ended = home.era(*words)
        warned = [line for line in ended.err.splitlines() if not line.startswith("{")]
        assert ended.code == 0
        assert warned[0].startswith(f"Warning: other users can read patient data in {path} (0")
        assert len(warned) == 2
    assert home.era("log").err == ""
    subprocess.run(shlex.split(warned[1].removeprefix("Remedy: ")), check=True)
    assert home.verified().err == ""


def test_a_database_elsewhere_is_looked_at_too(tmp_path: Path) -> None:
    home = make_practice(tmp_path / "home", f"sqlite:///{tmp_path}/elsewhere.db")
    home.era("run")
    (tmp_path / "elsewhere.db").chmod(0o644)
    assert f"{tmp_path}/elsewhere.db (0644)" in home.era("verify").err
