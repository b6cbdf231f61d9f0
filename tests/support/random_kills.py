"""Runs of whole processes killed at random moments, on a home whose books grow with every trial."""

import subprocess
import time
from pathlib import Path
from random import Random

from killing import KILLS
from practices import PracticeHome, Sent, dollars
from remittance_text import group, interchange, payment, transaction_set, written

CLAIMS = 20  # of each payment; a quarter of them is left to a person
PAYMENTS = 5


def practice_of(trial: int) -> list[list[Sent]]:
    """Every fourth claim is paid a cent less than its minimum."""
    return [
        [Sent(f"T{trial:02d}P{at}C{n:03d}", 1, 12_000, 10_000, 9_500 if n % 4 else 9_499) for n in range(CLAIMS)]
        for at in range(PAYMENTS)
    ]


def text_of(trial: int) -> str:
    sets = [
        transaction_set(
            payment(
                dollars(sum(each.paid for each in of_one)), *(each.claim() for each in of_one), trace=f"T{trial}P{at}"
            ),
            f"{at + 1:04d}",
        )
        for at, of_one in enumerate(practice_of(trial))
    ]
    return written(interchange(group(*sets)))


def killed_after(home: PracticeHome, seconds: float, *arguments: str | Path) -> float:
    """Start a run and kill it so long after it took the lock. Returns how long it worked."""
    lock = home.root / ".lock"
    lock.unlink(missing_ok=True)
    process = home.process("run", *arguments)
    while not lock.exists() and process.poll() is None:
        time.sleep(0.001)
    began = time.monotonic()
    try:
        process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        KILLS["PostgreSQL" if "postgresql" in home.database_url else "SQLite", "at random"] += 1
    return time.monotonic() - began


def kill_at_random_moments(home: PracticeHome, folder: Path, trials: int, seed: int) -> None:
    """Every third time the run that takes up the work is killed, too."""
    random = Random(seed)
    home.expect(*(each.rows() for trial in range(trials + 1) for of_one in practice_of(trial) for each in of_one))
    undisturbed = folder / "undisturbed.835"
    undisturbed.write_text(text_of(0))
    long = killed_after(home, 60, undisturbed)
    for trial in range(1, trials + 1):
        by_path = trial % 2 == 0
        path = (folder if by_path else home.root / "inbox") / f"{trial}.835"
        path.write_text(text_of(trial))
        command = [path] if by_path else []
        for _ in range(2 if trial % 3 == 0 else 1):
            killed_after(home, random.uniform(0, long), *command)
        home.era("run")
        if by_path:
            home.era("run", path)
        home.verified()
        assert home.era("audit", "verify").code == 0
        payments = [each for each in home.records("eras") if each["trace_number"].startswith(f"T{trial}P")]
        assert [(each["claims"], each["posted"], each["posted_cents"]) for each in payments] == [
            (20, 15, 15 * 9_500)
        ] * PAYMENTS
        entered = home.rows("SELECT account, sum(cents) FROM postings GROUP BY account ORDER BY account")
        assert entered == [
            ("accounts_receivable", (trial + 1) * 75 * -12_000),
            ("contracted_write_offs", (trial + 1) * 75 * 2_500),
            ("insurance_deposits", (trial + 1) * 75 * 9_500),
        ]
