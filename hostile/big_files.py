"""Read the biggest and strangest files the reader must survive, each in a process of its own, and hold the limits.

    python hostile/big_files.py [MEGABYTES]

Prints for each file its size, what was found, CPU seconds and the peak memory of the process. Exit code 1 where a limit
is broken: 300 MiB of memory, and a CPU second for each megabyte (both readings of the file and all balances).
"""

import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))

from remittance_text import claim, isa, payment, remittance_file, transaction_set

MOST_MIB, SECONDS_A_MEGABYTE = 300, 1.0
MEGABYTE = 1 << 20
Pieces = Iterator[str]


def _begun() -> str:
    """A file up to its first claim."""
    return remittance_file(transaction_set(payment("90", claim()))).partition("CLP*")[0]


def _within(*body: str) -> str:
    return remittance_file(transaction_set(payment("90", [*claim(), *body])))


def one_segment(size: int) -> Pieces:
    yield _begun()
    yield from ("x" * MEGABYTE for _ in range(size))


def segments_of_nothing(size: int) -> Pieces:
    yield _begun()
    yield from ("~" * MEGABYTE for _ in range(size))


def segments_of_one_letter(size: int) -> Pieces:
    yield _begun()
    yield from ("A~" * (MEGABYTE // 2) for _ in range(size // 4))


def one_claim(size: int) -> Pieces:
    yield _begun() + "CLP*C1*1*1*1~"
    yield from ("REF*6R*123456789012~" * (MEGABYTE // 20) for _ in range(size))


def long_references(size: int) -> Pieces:
    yield _begun()
    yield from (f"CLP*C{number}*1*1*1~REF*6R*{number}{'9' * (MEGABYTE - 50)}~" for number in range(size))


def long_adjustments(size: int) -> Pieces:
    yield _begun() + "CLP*C1*1*1*1~"
    yield from (f"CAS*CO*{number}{'*1' * (MEGABYTE // 2 - 10)}~" for number in range(size))


def long_amounts(size: int) -> Pieces:
    yield _begun()
    yield from (f"CLP*C{number}*1*{number}{'1' * (MEGABYTE - 50)}*1~" for number in range(size))


def a_million_elements(size: int) -> Pieces:
    yield _within("REF" + "*" * 1_000_000)


def a_million_components(size: int) -> Pieces:
    yield _within("SVC*" + ":" * 1_000_000 + "*0*0")


def a_hundred_thousand_adjustments(size: int) -> Pieces:
    yield _within(*["CAS*CO*45*0.01"] * 100_000)


def ten_thousand_lines(size: int) -> Pieces:
    yield _within(*[each for number in range(10_000) for each in ("SVC*AD:D0120*1*1**1", f"REF*6R*{number}")])


def text_that_never_becomes_a_header(size: int) -> Pieces:
    yield from ("ISA" * (MEGABYTE // 3) for _ in range(size))


def headers_without_content(size: int) -> Pieces:
    one = isa() + "~IEA*0*000000001~"
    yield from (one * (MEGABYTE // len(one)) for _ in range(size // 20))


FILES: list[Callable[[int], Pieces]] = [
    one_segment,
    segments_of_nothing,
    segments_of_one_letter,
    one_claim,
    long_references,
    long_adjustments,
    long_amounts,
    a_million_elements,
    a_million_components,
    a_hundred_thousand_adjustments,
    ten_thousand_lines,
    text_that_never_becomes_a_header,
    headers_without_content,
]


def write(path: Path, pieces: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(pieces)


def read(path: Path) -> None:
    """Both readings, as `era run` makes them, in this process; tells what was found and the peak memory."""
    from era_engine.remittance.balance import balance_findings
    from era_engine.remittance.survey import read_payments, survey
    from era_engine.x12.source import examine

    surveyed = survey(examine(path))
    claims, findings = 0, len(surveyed.all_findings())
    for _, read_claims in read_payments(surveyed):
        for each in read_claims:
            claims += 1
            findings += len(each.findings) + len(balance_findings(each))
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(claims, findings, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def main(size: int) -> int:
    broken = 0
    print(f"{'file':34}{'MB':>6}{'claims':>8}{'findings':>10}{'seconds':>9}{'MiB':>6}")
    with tempfile.TemporaryDirectory() as folder:
        for make in FILES:
            path = Path(folder) / "file.835"
            write(path, make(size))
            megabytes = path.stat().st_size / MEGABYTE
            told = subprocess.run([sys.executable, __file__, "--read", str(path)], check=True, capture_output=True)
            claims, findings, seconds, mib = told.stdout.decode().split()
            within = float(mib) <= MOST_MIB and float(seconds) <= 5 + megabytes * SECONDS_A_MEGABYTE
            broken += not within
            name = make.__name__.replace("_", " ")
            print(
                f"{name:34}{megabytes:6.0f}{claims:>8}{findings:>10}{float(seconds):9.1f}{float(mib):6.0f}"
                f"{'' if within else '  OVER THE LIMIT'}",
                flush=True,
            )
    return 1 if broken else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--read"]:
        read(Path(sys.argv[2]))
    else:
        sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 200))
