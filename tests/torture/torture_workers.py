"""Four homes of one PostgreSQL database at work at once on a load whose files and claims overlap."""

import subprocess
import time
from pathlib import Path
from random import Random

import pytest
from killing import KILLS
from practices import PracticeHome, dollars, expects, finished, make_practice
from remittance_text import claim, group, interchange, payment, transaction_set, written

FILES, CLAIMS, SHARED = 40, 50, 600


def one_file(trace: str, numbers: list[str], control: str = "000000001") -> str:
    paid = payment(dollars(9_000 * len(numbers)), *map(claim, numbers), trace=trace)
    return written(interchange(group(transaction_set(paid)), control=control))


def loaded(url: str, folder: Path) -> tuple[list[PracticeHome], list[str]]:
    """Every claim of the 40 files is paid on two payments, in opposite order; every payment reaches two homes.

    Two more pay the same 600 claims, from the first to the last and from the last to the first.
    """
    homes = [make_practice(folder / f"home{number}", url) for number in range(4)]
    numbers = [f"C{number:05d}" for number in range(FILES * CLAIMS + SHARED)]
    homes[0].expect(*map(expects, numbers))
    for at in range(FILES):
        some = numbers[at * CLAIMS : (at + 1) * CLAIMS]
        there, back = one_file(f"T{at}", some), one_file(f"B{at}", some[::-1])
        homes[at % 4].receive(there, f"{at:02d}.835")
        homes[(at + 1) % 4].receive(there, f"{at:02d}.835")
        homes[(at + 2) % 4].receive(back, f"{at:02d}.back.835")
        homes[(at + 3) % 4].receive(one_file(f"B{at}", some[::-1], "000000002"), f"{at:02d}.back.835")
    shared = numbers[-SHARED:]
    homes[0].receive(one_file("S0", shared), "00.large.835")
    homes[1].receive(one_file("S1", shared[::-1]), "00.large.835")
    homes[2].receive(one_file("S2", shared[300:] + shared[:300]), "00.large.835")
    return homes, numbers


def all_done_once(homes: list[PracticeHome], numbers: list[str]) -> None:
    paid = homes[0].rows("SELECT claim_number FROM entries WHERE kind = 'insurance_payment' ORDER BY 1")
    assert [number for (number,) in paid] == numbers
    traces = homes[0].rows("SELECT trace_number FROM payments ORDER BY 1")
    expected = [f"{way}{at}" for at in range(FILES) for way in "TB"] + ["S0", "S1", "S2"]
    assert [trace for (trace,) in traces] == sorted(expected)
    for home in homes:
        assert list((home.root / "inbox").iterdir()) == []
        home.verified()
        assert home.era("audit", "verify").code == 0


def test_every_payment_is_decided_once_and_no_run_fails(postgresql_url: str, tmp_path: Path) -> None:
    homes, numbers = loaded(postgresql_url, tmp_path)
    began = time.monotonic()
    ended = [finished(run) for run in [home.process("run", "--json") for home in homes]]
    print(f"\nfour workers: {time.monotonic() - began:.1f} s")
    assert [each.code for each in ended] == [0] * 4, [each.err[-500:] for each in ended]
    all_done_once(homes, numbers)


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_workers_are_killed_while_the_others_work(postgresql_url: str, tmp_path: Path, seed: int) -> None:
    homes, numbers = loaded(postgresql_url, tmp_path)
    random = Random(seed)
    for _ in range(6):
        runs = [home.process("run") for home in homes]
        time.sleep(random.uniform(0.5, 3))
        for run in runs:
            if random.random() < 0.7:
                run.kill()
                KILLS["PostgreSQL", "one of four workers"] += run.poll() is None
        for run in runs:
            try:
                run.communicate(timeout=120)
            except subprocess.TimeoutExpired:
                run.kill()
                raise
            assert run.returncode in (0, -9), run.returncode
    ended = [finished(run) for run in [home.process("run", "--json") for home in homes]]
    assert [each.code for each in ended] == [0] * 4, [each.err[-500:] for each in ended]
    all_done_once(homes, numbers)
