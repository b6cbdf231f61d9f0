"""A run that is asked to stop ends between two payments; the next one goes on where it stopped."""

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from practices import Ended, PracticeHome, expects, finished, make_practice, remittance
from remittance_text import claim, group, interchange, payment, transaction_set, written
from waiting import PostingsWait

from era_engine.books.opened import open_books
from era_engine.foundation.stopping import StopFlag, Stopped
from era_engine.jobs.run import Event, run
from era_engine.posting.reconsidering import PaymentReconsidered

TWO_PAYMENTS = written(
    interchange(
        group(
            transaction_set(payment("90", claim("C1"), trace="T1"), "0001"),
            transaction_set(payment("90", claim("C2"), trace="T2"), "0002"),
        )
    )
)
STOPPED = "Stopped as asked, after the payment in progress. `era run` continues with the rest."


def taken_until_first(practice_home: PracticeHome, kind: str) -> list[str]:
    """The events of a run that is asked to stop at the first of a kind."""
    flag = StopFlag()
    seen = []

    def take(events: Iterator[Event]) -> None:
        for event in events:
            seen.append(type(event).__name__)
            if seen[-1] == kind:
                flag.ask()

    with open_books(practice_home.root) as practice, pytest.raises(Stopped):
        take(run(practice, None, flag.check))
    return seen


@pytest.mark.both_databases
def test_nothing_is_begun_after_the_payment_at_hand(home: PracticeHome) -> None:
    home.expect(expects("C1"), expects("C2"), expects("C3"))
    home.receive(TWO_PAYMENTS, "a.835")
    home.receive(remittance("90", claim("C3"), trace="T3"), "b.835")
    assert taken_until_first(home, "PaymentDone") == ["FileOpened", "PaymentDone"]
    assert [path.name for path in (home.root / "inbox").iterdir()] == ["b.835"]
    assert [each["claim_number"] for each in home.records("log")] == ["C1"]
    assert [each["claim_number"] for each in home.records("run")] == ["C2", "C3"]
    assert home.posted()["insurance_deposits"] == 27_000
    home.verified()


def test_claims_that_wait_are_judged_again_one_payment_after_the_other(home: PracticeHome) -> None:
    home.set({"deposits.required": True})
    home.expect(expects("C1"), expects("C2"))
    home.run(TWO_PAYMENTS)
    bank = home.root / "bank.csv"
    bank.write_text("date,amount,trace\n2026-11-02,90.00,T1\n2026-11-02,90.00,T2\n")
    home.era("import", "bank", bank)
    assert taken_until_first(home, PaymentReconsidered.__name__) == ["PaymentReconsidered"]
    assert home.posted()["insurance_deposits"] == 9_000
    assert [each["claim_number"] for each in home.records("run")] == ["C2"]
    home.verified()


# signals

BOTH = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["terminated", "ctrl-c"])


@pytest.fixture
def pg_home(postgresql_url: str, tmp_path: Path) -> PracticeHome:
    made = make_practice(tmp_path / "home", postgresql_url)
    made.expect(expects("C1"), expects("C2"))
    return made


def heard(process: "subprocess.Popen[str]") -> None:
    """Wait until the process has said that it heard the signal."""
    assert process.stderr is not None
    while "a second signal stops at once" not in (line := process.stderr.readline()):
        assert line, "it ended without a word"


@BOTH
def test_a_signal_ends_a_run_after_the_payment_at_hand(
    pg_home: PracticeHome, postings_wait: PostingsWait, number: signal.Signals
) -> None:
    pg_home.receive(TWO_PAYMENTS)
    with postings_wait(pg_home) as until_waiting:
        process = pg_home.process("run", "--json")
        until_waiting(1)
        process.send_signal(number)
        heard(process)
    stopped: Ended = finished(process)
    assert (stopped.code, [each["claim_number"] for each in stopped.records]) == (1, ["C1"])
    assert stopped.err.splitlines()[-1] == STOPPED
    assert "run-stopped" in [json.loads(line)["event"] for line in stopped.err.splitlines()[:-1]]
    assert [each["claim_number"] for each in pg_home.records("run")] == ["C2"]
    pg_home.verified()


@BOTH
def test_a_second_signal_ends_it_at_once(
    pg_home: PracticeHome, postings_wait: PostingsWait, number: signal.Signals
) -> None:
    pg_home.receive(TWO_PAYMENTS)
    with postings_wait(pg_home) as until_waiting:
        process = pg_home.process("run", "--json")
        until_waiting(1)
        process.send_signal(number)
        heard(process)
        process.send_signal(number)
        stopped = finished(process)
    assert (stopped.code, stopped.out) == (1, "")
    assert "Stopped. What was reported done is done. Run again to continue." in stopped.err
    assert "Traceback" not in stopped.err
    assert pg_home.posted() == {}
    assert [each["claim_number"] for each in pg_home.records("run")] == ["C1", "C2"]
    pg_home.verified()


def test_a_dry_run_that_is_stopped_keeps_nothing(pg_home: PracticeHome, postings_wait: PostingsWait) -> None:
    file = pg_home.receive(TWO_PAYMENTS)
    with postings_wait(pg_home) as until_waiting:
        process = pg_home.process("run", "--dry-run")
        until_waiting(1)
        process.send_signal(signal.SIGTERM)
        heard(process)
    stopped = finished(process)
    assert stopped.code == 1
    assert "Would post 1 claim, $90.00" in stopped.out
    assert stopped.err.splitlines()[-1] == "Stopped as asked, after the payment in progress."
    assert (file.exists(), pg_home.records("eras")) == (True, [])
