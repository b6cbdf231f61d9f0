"""Processes to measure, the homes they work in, and rounds of them.

Rounds go through all jobs in turn, so that a machine that is slow for a while is slow for all of them.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
ERA = str(Path(sys.executable).with_name("era"))
JOBS = str(HERE / "jobs.py")
BASELINE = "pyx12 reader"
# Programs as they are once installed: with their bytecode kept, however this environment was made.
INSTALLED = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "ERA_"))}
INSTALLED["PYTHONPYCACHEPREFIX"] = str(HERE / "work" / "bytecode")


class Run(NamedTuple):
    """One process: wall and CPU seconds, peak memory in MiB, and what it printed."""

    wall: float
    cpu: float
    peak: float
    printed: str


class Job(NamedTuple):
    """A row of the table. `prepare` is not measured; `inner` jobs tell the seconds of their work themselves."""

    name: str
    claims: int
    command: Sequence[str]
    prepare: Callable[[], None] = lambda: None
    inner: bool = False


def measured(command: Sequence[str]) -> Run:
    measuring = [sys.executable, "-I", str(HERE / "measure.py"), *command]
    told = json.loads(subprocess.run(measuring, check=True, capture_output=True, text=True, env=INSTALLED).stdout)
    if failed := told.pop("failed"):
        raise SystemExit(f"{' '.join(command)} failed: {failed}")
    return Run(**told)


def a_home(work: Path, name: str, claims: Path, url: str | None = None) -> Path:
    """A home with the claims imported, conformance off."""
    home = work / name
    subprocess.run([ERA, "init", str(home)], check=True, capture_output=True)
    database = f'database = "{url}"\n' if url else ""
    (home / "era.toml").write_text(f'{database}conformance = "off"\n', encoding="utf-8")
    subprocess.run([ERA, "import", "claims", str(claims), "--home", str(home)], check=True, capture_output=True)
    return home


def fresh_copy(home: Path) -> tuple[Path, Callable[[], None]]:
    """A copy of a home that can be made new before each run."""
    copy = home.with_name(home.name + "-run")

    def renew() -> None:
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(home, copy)

    return copy, renew


def era_run(home: Path, file: Path) -> list[str]:
    return [ERA, "run", str(file), "--home", str(home), "--log-file", os.devnull]


def rounds(jobs: Sequence[Job], times: int) -> dict[str, list[Run]]:
    runs: dict[str, list[Run]] = {job.name: [] for job in jobs}
    for number in range(times):
        for job in jobs:
            tell(f"round {number + 1} of {times}: {job.name}")
            job.prepare()
            runs[job.name].append(measured(job.command))
    return runs


def seconds(job: Job, run: Run) -> float:
    return float(run.printed) if job.inner else run.wall


def cpu_seconds(job: Job, run: Run) -> float:
    return float(run.printed) if job.inner else run.cpu


def tell(text: str) -> None:
    print(f"\r\033[K{text}" if sys.stderr.isatty() else text, file=sys.stderr, end="" if sys.stderr.isatty() else "\n")
