"""A run may be killed at any moment: the next one goes on where it stopped, nothing is lost and nothing is twice."""

import io
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from itertools import count
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest
from offices import OfficeHome, Sent, dollars, era, expects, make_office, remittance
from remittance_text import claim, group, interchange, payment, transaction_set, written
from sqlalchemy import event
from sqlalchemy.engine import Engine

# at every step on the disk


def killed_at_step(last: int, *arguments: str | Path) -> bool:
    """Run a command in a child that dies, as by kill -9, at its n-th step. False: it came to its end before.

    A step is a transaction about to be begun or committed, a file about to be renamed, a copy about to be written.
    """
    child = os.fork()
    if child == 0:
        steps = count(1)

        def step(*_: object) -> None:
            if next(steps) == last:
                os.kill(os.getpid(), signal.SIGKILL)

        def step_on_disk(name: str, values: tuple[object, ...]) -> None:
            if name == "os.rename" or (name == "open" and str(values[0]).endswith(".part")):
                step()

        event.listen(Engine, "begin", step)
        event.listen(Engine, "commit", step)
        sys.addaudithook(step_on_disk)
        code = 1
        try:
            code = era(*arguments).code
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) in (0, 3)
    return os.WIFSIGNALED(status)


WHOLE = written(
    interchange(
        group(
            transaction_set(payment("180", claim("C1"), claim("C2"), trace="T1"), "0001"),
            transaction_set(payment("90", claim("C3"), trace="T2"), "0002"),
        )
    )
)
CUT = WHOLE[: WHOLE.index("CLP*C3")]
SMALL = remittance("90", claim("C1"))


class Way(NamedTuple):
    """How a file comes in and what must become of it. `posted` is in cents."""

    text: str
    by_path: bool
    kept_in: str
    posted: int


WAYS = {
    "from the inbox": Way(WHOLE, False, "archive", 27_000),
    "by path": Way(WHOLE, True, "archive", 27_000),
    "to quarantine": Way(CUT, False, "quarantine", 18_000),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_run_killed_at_any_step_is_taken_up_by_the_next(way: Way, tmp_path: Path) -> None:
    for step in range(1, 100):
        home = make_office(tmp_path / str(step))
        home.expect(expects("C1"), expects("C2"), expects("C3"))
        path = (tmp_path if way.by_path else home.root / "inbox") / f"{step}.835"
        path.write_text(way.text)
        command: list[str | Path] = ["run", path] if way.by_path else ["run"]
        if not killed_at_step(step, *command, "--home", home.root):
            break
        answered = answers(home)
        home.era("run")
        if way.by_path:
            home.era(*command)
        assert len(answers(home)) == 1, step
        assert answered in ({}, answers(home)), step  # what was there before the next run is there still, unchanged
        assert home.posted()["insurance_deposits"] == way.posted, step
        assert len(home.records("log")) == way.posted // 9_000, step
        assert path.exists() == way.by_path, step
        assert [each.read_text() for each in visible(home.root / way.kept_in) if each.suffix == ".835"] == [way.text], (
            step
        )
        home.verified()
    assert step > 12  # the run was killed more than a dozen times before it came through


def test_a_run_killed_anywhere_in_a_zip_file_is_taken_up_and_each_member_is_once(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name, text in (("whole.835", SMALL), ("cut.835", SMALL[:-40]), ("again.835", SMALL)):
            file.writestr(name, text)
    ready = make_office(tmp_path / "ready")
    ready.expect(expects("C1"))
    for step in range(1, 100):
        home = ready._replace(root=tmp_path / str(step))
        shutil.copytree(ready.root, home.root)
        (home.root / "inbox" / "week.zip").write_bytes(packed.getvalue())
        if not killed_at_step(step, "run", "--home", home.root):
            break
        home.verified()  # nothing is missing at any moment
        home.era("run")
        assert home.rows("SELECT sum(cents) FROM postings WHERE account = 'insurance_deposits'") == [(9_000,)], step
        assert home.rows("SELECT name, state, unpacked_from FROM files ORDER BY id") == [
            ("week.zip", "archived", None),
            ("whole.835", "archived", 1),
            ("cut.835", "quarantined", 1),
            ("again.835", "duplicate", 1),
        ], step
        assert sorted(each.name for each in (home.root / "quarantine").iterdir()) == ["cut.835", "cut.835.txt"], step
        assert sorted(each.name for each in (home.root / "archive").iterdir()) == ["week.zip", "whole.835"], step
    assert step > 30
    assert "Files in: 4 = 2 archived + 1 quarantined + 1 duplicate + 0 waiting." in home.verified().out


def test_a_requeue_killed_at_any_step_is_taken_up_by_the_next_run(tmp_path: Path) -> None:
    ready = make_office(tmp_path / "ready", settings={"files.largest_megabytes": 1})
    ready.expect(expects("C1"))
    large = SMALL + "\n" * (1 << 20)
    ready.receive(large, "a.835")
    assert ready.era("run").code == 3
    ready.set({})
    for step in range(1, 100):
        home = ready._replace(root=tmp_path / str(step))
        shutil.copytree(ready.root, home.root)
        if not killed_at_step(step, "requeue", "--all", "--home", home.root):
            break
        home.verified()
        home.era("run")
        home.era("requeue", "--all")
        assert home.rows("SELECT sum(cents) FROM postings WHERE account = 'insurance_deposits'") == [(9_000,)], step
        assert [each.name for each in (home.root / "archive").iterdir()] == ["a.835"], step
        assert [each.name for each in (home.root / "quarantine").iterdir()] == [], step
        home.verified()
    assert step > 8


def answers(home: OfficeHome) -> dict[str, str]:
    return {path.name: path.read_text() for path in visible(home.root / "acks")}


def visible(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if not path.name.startswith(".")]


# at random moments

CLAIMS = 60  # of each payment
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


def killed_after(home: OfficeHome, seconds: float, *arguments: str | Path) -> float:
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
    return time.monotonic() - began


def kill_at_random_moments(home: OfficeHome, folder: Path, trials: int, seed: int) -> None:
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
        killed_after(home, random.uniform(0, long), *command)
        home.era("run")
        if by_path:
            home.era("run", path)
        home.verified()
        payments = [each for each in home.records("eras") if each["trace_number"].startswith(f"T{trial}P")]
        assert [(each["claims"], each["posted"], each["posted_cents"]) for each in payments] == [
            (60, 45, 45 * 9_500)
        ] * PAYMENTS
        entered = home.rows("SELECT account, sum(cents) FROM postings GROUP BY account ORDER BY account")
        assert entered == [
            ("accounts_receivable", (trial + 1) * 225 * -12_000),
            ("contracted_write_offs", (trial + 1) * 225 * 2_500),
            ("insurance_deposits", (trial + 1) * 225 * 9_500),
        ]


def test_kill_at_random_moments_on_sqlite(tmp_path: Path) -> None:
    kill_at_random_moments(make_office(tmp_path / "home"), tmp_path, trials=15, seed=835)


def test_kill_at_random_moments_on_postgresql(tmp_path: Path, postgresql_url: str) -> None:
    kill_at_random_moments(make_office(tmp_path / "home", postgresql_url), tmp_path, trials=8, seed=999)


def test_a_quick_post_that_is_killed_has_posted_all_or_nothing(tmp_path: Path) -> None:
    home = make_office(tmp_path / "home")
    home.expect(expects("C1", "100"), expects("C2", "100"))
    home.run(remittance("180", claim("C1"), claim("C2")))
    for step in range(1, 20):
        if not killed_at_step(step, "quick-post", "EFT0001", "--home", home.root):
            break
        assert home.posted().get("insurance_deposits", 0) in (0, 18_000)
        home.verified()
    assert step > 3
    assert home.posted()["insurance_deposits"] == 18_000
