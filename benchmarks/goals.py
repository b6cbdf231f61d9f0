"""The goals: what is wanted, what was measured, and whether that is enough."""

import re
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from processes import BASELINE, ERA, JOBS, Job, Run, a_home, era_run, fresh_copy, measured, rounds, tell

HERE = Path(__file__).parent


def goal(name: str, values: Sequence[float], wanted: str, unit: str, by_cpu: Sequence[float] = ()) -> dict[str, object]:
    """`wanted` is a bound such as `≥ 5,000`; the median of the values decides. `by_cpu`: the same of CPU time alone."""
    value, bound = statistics.median(values), float(wanted[1:].replace(",", ""))
    met = value >= bound if wanted[0] == "≥" else value <= bound
    digits = 2 if bound < 10 else 0
    return {
        "goal": name,
        "measured": f"{value:,.{digits}f} {unit}",
        "least..most": f"{min(values):,.{digits}f}..{max(values):,.{digits}f}",
        "by_cpu_time": f"{statistics.median(by_cpu):,.{digits}f}" if by_cpu else "",
        "wanted": wanted,
        "met": "yes" if met else "NO",
    }


def help_milliseconds(times: int) -> list[float]:
    """The slowest help of all: of `era` and of every command it lists."""
    listed = measured([ERA, "--help"]).printed.split("Commands:", 1)[1]
    names = re.findall(r"^  ([a-z-]+)  ", listed, re.MULTILINE)
    commands: list[list[str]] = [[], *([name] for name in names)]
    waited = [[measured([ERA, *command, "--help"]).wall * 1000 for _ in range(times)] for command in commands]
    return max(waited, key=statistics.median)


def measure_goals(
    work: Path,
    remittance: Callable[[int, int], tuple[Path, Path]],
    runs: dict[str, list[Run]],
    many: int,
    twice: int,
    large: int,
    times: int,
) -> list[dict[str, object]]:
    whole = runs["whole job, SQLite"]
    segments, model = (
        list(zip(runs[ours], runs[BASELINE], strict=True)) for ours in ("reader, segments only", "reader")
    )
    file, sent = remittance(twice, 10)
    home, renew = fresh_copy(a_home(work, "twice", sent))
    pair = rounds(
        [
            Job(f"whole job, {twice:,} claims", twice, era_run(home, file), renew),
            Job(f"pyx12 reader, {twice:,} claims", twice, [sys.executable, JOBS, "pyx12-read", str(file)]),
        ],
        times,
    )
    both = list(zip(*pair.values(), strict=True))

    def peak(payments: int) -> float:
        file, sent = remittance(large, payments)
        return measured(era_run(a_home(work, f"large-{payments}", sent), file)).peak

    tell(f"a replay of {twice:,} claims")
    change = "era_payment_options.auto_post.minimum_percent=100"
    replay = [ERA, "replay", "--set", change, "--format", "json", "--home", str(home)]
    replays = [measured(replay) for _ in range(times)]
    slowest_help = help_milliseconds(times)
    acts = large * 20
    tell(f"an audit log of {acts:,} acts")
    subprocess.run([sys.executable, str(HERE / "audit_log.py"), str(home), str(acts)], check=True)
    proofs = [measured([ERA, "audit", "verify", "--home", str(home)]) for _ in range(times)]
    tell(f"memory: two files of {large:,} claims")
    with ThreadPoolExecutor(2) as at_once:  # neither is timed
        peaks = list(at_once.map(peak, (1, 10)))
    return [
        goal(
            "whole job, SQLite",
            [many / run.wall for run in whole],
            "≥ 5,000",
            "claims/s",
            [many / r.cpu for r in whole],
        ),
        goal(
            f"whole job, {twice:,} claims: time to pyx12 reader's",
            [ours.wall / theirs.wall for ours, theirs in both],
            "≤ 4",
            "times",
            [ours.cpu / theirs.cpu for ours, theirs in both],
        ),
        goal(
            "reader, segments only: speed to pyx12 reader's",
            [theirs.wall / ours.wall for ours, theirs in segments],
            "≥ 2.5",
            "times",
            [theirs.cpu / ours.cpu for ours, theirs in segments],
        ),
        goal(
            "reader, whole model: speed to pyx12 reader's",
            [theirs.wall / ours.wall for ours, theirs in model],
            "≥ 2.5",
            "times",
            [theirs.cpu / ours.cpu for ours, theirs in model],
        ),
        goal(f"{large:,} claims in 1 payment: peak memory", peaks[:1], "≤ 150", "MiB"),
        goal(f"{large:,} claims in 10 payments: peak memory", peaks[1:], "≤ 150", "MiB"),
        goal(
            f"era replay of {twice:,} claims",
            [twice / run.wall for run in replays],
            "≥ 10,000",
            "claims/s",
            [twice / run.cpu for run in replays],
        ),
        goal("its peak memory", [run.peak for run in replays], "≤ 150", "MiB"),
        goal(f"era audit verify, {acts:,} acts", [run.wall for run in proofs], "≤ 10", "s", [r.cpu for r in proofs]),
        goal("slowest --help", slowest_help, "≤ 300", "ms"),
    ]
