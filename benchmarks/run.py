"""Measure era-engine and its neighbours in one run: claims a second, peak memory, and ratios.

Every figure is of a whole process, measured from outside (wait4), start-up included, unless the row says otherwise.
Rounds go through all jobs in turn, so that a machine that is slow for a while is slow for all of them.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]

import generate  # noqa: E402
import postgresql_server  # noqa: E402

ERA = str(Path(sys.executable).with_name("era"))
JOBS = str(HERE / "jobs.py")
PARSER = HERE / ".venv"
PARSE = "import edi_835_parser, gc, sys; gc.set_threshold(200_000, 20, 20); edi_835_parser.parse(sys.argv[1])"
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


def parser_command(file: Path, install: bool) -> list[str] | None:
    """edi-835-parser in an environment of its own, made on first use; None where it cannot be had."""
    python = PARSER / "bin" / "python"
    if not python.exists():
        if not install:
            return None
        tell("installing edi-835-parser into benchmarks/.venv")
        made = [[sys.executable, "-m", "venv", str(PARSER)]]
        made += [[str(PARSER / "bin/pip"), "install", "-q", "--require-hashes", "-r", str(HERE / "requirements.lock")]]
        for command in made:
            if subprocess.run(command, check=False).returncode:
                shutil.rmtree(PARSER, ignore_errors=True)
                return None
    return [str(python), "-W", "ignore", "-c", PARSE, str(file)]


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


def table(jobs: Sequence[Job], runs: dict[str, list[Run]]) -> list[dict[str, object]]:
    base = {job.name: job for job in jobs}[BASELINE]
    rows = []
    for job in jobs:
        pairs = list(zip(runs[job.name], runs[BASELINE], strict=True))
        size = job.claims / base.claims
        rates = [job.claims / seconds(job, run) for run, _ in pairs]
        ratios = [size * other.wall / seconds(job, run) for run, other in pairs]
        cpu_ratios = [size * other.cpu / cpu_seconds(job, run) for run, other in pairs]
        cpu = [cpu_seconds(job, run) / job.claims * 1_000_000 for run, _ in pairs]
        rows.append(
            {
                "job": job.name,
                "claims_per_second": round(statistics.median(rates)),
                "least": round(min(rates)),
                "most": round(max(rates)),
                "peak_mib": round(max(run.peak for run, _ in pairs)),
                "ratio": f"{statistics.median(ratios):.2f}",
                "least..most": f"{min(ratios):.2f}..{max(ratios):.2f}",
                "cpu_us_per_claim": round(statistics.median(cpu)),
                "cpu_ratio": f"{statistics.median(cpu_ratios):.2f}",
            }
        )
    return rows


def goal(name: str, value: float, wanted: float, at_least: bool, unit: str) -> dict[str, object]:
    met = value >= wanted if at_least else value <= wanted
    sign = "≥" if at_least else "≤"
    return {
        "goal": name,
        "measured": f"{value:,.2f} {unit}",
        "wanted": f"{sign} {wanted:,} {unit}",
        "met": "yes" if met else "NO",
    }


def help_seconds(times: int) -> float:
    """The slowest median over `era --help` and the help of every command it lists."""
    listed = measured([ERA, "--help"]).printed.split("Commands:", 1)[1]
    names = re.findall(r"^  ([a-z-]+)  ", listed, re.MULTILINE)
    commands: list[list[str]] = [[], *([name] for name in names)]
    return max(
        statistics.median(measured([ERA, *command, "--help"]).wall for _ in range(times)) for command in commands
    )


def tell(text: str) -> None:
    print(f"\r\033[K{text}" if sys.stderr.isatty() else text, file=sys.stderr, end="" if sys.stderr.isatty() else "\n")


def print_rows(rows: Sequence[dict[str, object]]) -> None:
    titles = list(rows[0])
    cells = [
        titles,
        *[[f"{value:,}" if isinstance(value, int) else str(value) for value in row.values()] for row in rows],
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        first, *rest = (
            cell.ljust(w) if at == 0 else cell.rjust(w) for at, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join([first, *rest]))
    print()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--quick", action="store_true", help="a small smoke run; its figures mean nothing")
    options.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    given = options.parse_args()
    many, times, share = (200, 1, 50) if given.quick else (10_000, 3, 1_000)
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="era-bench-")))

        def remittance(claims: int, payments: int) -> tuple[Path, Path]:
            made = work / f"{claims}-{payments}.835", work / f"{claims}-{payments}.csv"
            generate.write(*made, claims, payments)
            return made

        file, sent = remittance(many, 10)
        small, _ = remittance(share, 1)
        home, renew = fresh_copy(a_home(work, "sqlite", sent))
        python = sys.executable
        jobs = [
            Job("whole job, SQLite", many, era_run(home, file), renew),
            Job("reader, segments only", many, [python, JOBS, "read-segments", str(file)]),
            Job("reader", many, [python, JOBS, "read", str(file)]),
            Job("reader with balance", many, [python, JOBS, "read-balance", str(file)]),
            Job(
                "rule engine alone (CPU, in process)", many, [python, JOBS, "decide", str(file), str(sent)], inner=True
            ),
            Job(BASELINE, many, [python, JOBS, "pyx12-read", str(file)]),
            Job(f"pyx12 validator ({share:,} claims)", share, [python, JOBS, "pyx12-validate", str(small)]),
        ]
        programs = postgresql_server.binaries()
        if programs is None:
            print(postgresql_server.HOW_TO_INSTALL, "The row for PostgreSQL is left out.")
        else:
            server = stack.enter_context(postgresql_server.running(programs, durable=True))
            place = work / "postgresql"

            def renew_postgresql() -> None:
                shutil.rmtree(place, ignore_errors=True)
                database = stack.enter_context(server.database())
                a_home(work, place.name, sent, database)

            jobs.insert(1, Job("whole job, PostgreSQL", many, era_run(place, file), renew_postgresql))
        parser = parser_command(file, install=not given.quick)
        if parser is None:
            print("edi-835-parser is not installed; its row is left out.")
        else:
            jobs.append(Job("edi-835-parser", many, parser))
        tell("once for the bytecode")
        rounds(jobs, 1)
        runs = rounds(jobs, times)
        rows = table(jobs, runs)
        tell("goals")
        goals = measure_goals(work, remittance, rows, runs, 400 if given.quick else 20_000, many * 5, times)
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr)
        print(f"\nOne file of {many:,} claims, 3 lines each, 10 payments; medians of {times}; ratio to {BASELINE}\n")
        print_rows(rows)
        print_rows(goals)
        if given.json:
            given.json.write_text(json.dumps({"rows": rows, "goals": goals}, indent=1), encoding="utf-8")


def measure_goals(
    work: Path,
    remittance: Callable[[int, int], tuple[Path, Path]],
    rows: list[dict[str, object]],
    runs: dict[str, list[Run]],
    twice: int,
    large: int,
    times: int,
) -> list[dict[str, object]]:
    whole = float(str(rows[0]["claims_per_second"]))
    readers = [ours.wall / theirs.wall for ours, theirs in zip(runs["reader"], runs[BASELINE], strict=True)]
    file, sent = remittance(twice, 10)
    home, renew = fresh_copy(a_home(work, "twice", sent))
    pair = rounds(
        [
            Job("whole job, 20,000 claims", twice, era_run(home, file), renew),
            Job("pyx12 reader, 20,000 claims", twice, [sys.executable, JOBS, "pyx12-read", str(file)]),
        ],
        times,
    )
    walls = [ours.wall / theirs.wall for ours, theirs in zip(*pair.values(), strict=True)]
    goals = [
        goal("whole job on SQLite", whole, 5_000, True, "claims/s"),
        goal("whole job of 20,000 claims to pyx12's bare reader", statistics.median(walls), 4, False, "times"),
        goal("our reader to pyx12's", 1 / statistics.median(readers), 2.5, True, "times as fast"),
    ]
    for payments in (1, 10):
        file, sent = remittance(large, payments)
        home = a_home(work, f"large-{payments}", sent)
        peak = measured(era_run(home, file)).peak
        goals.append(goal(f"{large:,} claims in {payments} payment(s)", peak, 150, False, "MiB"))
    goals.append(goal("slowest --help", help_seconds(times) * 1000, 300, False, "ms"))
    return goals


if __name__ == "__main__":
    main()
