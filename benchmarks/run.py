"""Measure era-engine and its neighbours in one run: claims a second, peak memory, and ratios.

Every figure is of a whole process, measured from outside (wait4), start-up included, unless the row says otherwise.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests" / "support")]

import generate  # noqa: E402
import postgresql_server  # noqa: E402
from goals import measure_goals  # noqa: E402
from processes import (  # noqa: E402
    BASELINE,
    INSTALLED,
    JOBS,
    Job,
    Run,
    a_home,
    cpu_seconds,
    era_run,
    fresh_copy,
    rounds,
    seconds,
    tell,
)

PARSER = HERE / ".venv"
PARSE = "import edi_835_parser, gc, sys; gc.set_threshold(200_000, 20, 20); edi_835_parser.parse(sys.argv[1])"


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
        if not Path(INSTALLED["PYTHONPYCACHEPREFIX"]).exists():
            tell("once for the bytecode")
            rounds(jobs, 1)
        runs = rounds(jobs, times)
        rows = table(jobs, runs)
        tell("goals")
        goals = measure_goals(work, remittance, runs, many, 400 if given.quick else 20_000, many * 5, times)
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr)
        print(f"\nOne file of {many:,} claims, 3 lines each, 10 payments; medians of {times}; ratio to {BASELINE}\n")
        print_rows(rows)
        print_rows(goals)
        if given.json:
            given.json.write_text(json.dumps({"rows": rows, "goals": goals}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
