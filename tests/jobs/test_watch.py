"""`era watch` stays up: it runs as files arrive, survives what goes wrong, and ends in good order when asked."""

import json
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from practices import PracticeHome, Record, expects, finished, remittance, start_era
from remittance_text import claim

from era_engine.home.folder import Home
from era_engine.jobs.arrivals import gives_events

LOG = "watch.log"


def health(home: PracticeHome) -> list[Record]:
    """What the watch told of its health, oldest first."""
    file = home.root / LOG
    logged = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    return [each for each in logged if each["event"] == "health"]


def until(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def practice(sqlite_home: PracticeHome) -> PracticeHome:
    sqlite_home.expect(*(expects(f"C{number}") for number in range(1, 5)))
    return sqlite_home


Watching = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def watching(practice: PracticeHome) -> Iterator[Watching]:
    """Starts a watch that looks every second; returns when it has made its first pass, good or not."""
    started: list[subprocess.Popen[str]] = []

    def start(*options: str, **environment: str) -> "subprocess.Popen[str]":
        given = ("--every", "1", "--health", "1", "--log-file", practice.root / LOG, "--home", practice.root)
        started.append(start_era("watch", *given, *options, **environment))
        until(lambda: health(practice) or started[-1].poll() is not None)
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def stopped(process: "subprocess.Popen[str]", number: signal.Signals = signal.SIGTERM) -> "tuple[str, str]":
    """Its output, once it has ended in good order."""
    process.send_signal(number)
    ended = finished(process)
    assert ended.code == 0, ended
    assert ended.err.splitlines()[-1] == "Stopped as asked."
    return ended.out, ended.err


@pytest.fixture
def told(tmp_path: Path) -> Iterator[socket.socket]:
    """What systemd listens at."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "systemd"))
        yield listening


def said(listening: socket.socket) -> list[bytes]:
    """Everything that was sent to it until now."""
    sent = []
    while select.select([listening], [], [], 0)[0]:
        sent.append(listening.recv(100))
    return sent


def test_what_arrives_is_decided_and_told(practice: PracticeHome, watching: Watching, told: socket.socket) -> None:
    process = watching("--json", NOTIFY_SOCKET=told.getsockname())
    practice.receive(remittance("90", claim("C1")), "a.835")
    until(lambda: health(practice)[-1]["files_done"] == 1)
    assert said(told)[:2] == [b"READY=1", b"WATCHDOG=1"]
    practice.receive(remittance("90", claim("C2"), trace="T2")[:300], "b.835")
    until(lambda: health(practice)[-1]["quarantined"] == 1)
    said(told)  # one that does not listen for a while keeps no payment waiting
    out, err = stopped(process)
    assert said(told)[-1] == b"STOPPING=1"
    records = [json.loads(line) for line in out.splitlines()]
    assert [(each.get("claim_number"), each["outcome"]) for each in records] == [("C1", "post"), (None, "quarantined")]
    last = health(practice)[-1]
    shown = ("healthy", "files_done", "files_waiting", "quarantined", "last_error")
    assert [last[key] for key in shown] == [True, 2, 0, 1, None]
    assert not [word for word in ("C1", "DOE", "SUB1") if word in err + (practice.root / LOG).read_text()]
    practice.verified()


def test_a_file_is_read_when_nobody_writes_to_it_any_more(practice: PracticeHome, watching: Watching) -> None:
    process = watching("--poll")
    text = remittance("90", claim("C1"))
    with (practice.root / "inbox" / "slow.835").open("w") as slow:
        for at in range(0, len(text), len(text) // 4):
            slow.write(text[at : at + len(text) // 4])
            slow.flush()
            time.sleep(0.7)
    until(lambda: health(practice)[-1]["files_done"] == 1)
    out, _ = stopped(process, signal.SIGINT)
    assert "Posted 1 claim, $90.00" in out
    practice.verified()


def test_what_is_wrong_is_told_until_it_is_mended(practice: PracticeHome, watching: Watching) -> None:
    settings, inbox = practice.root / "era.toml", practice.root / "inbox"
    good = settings.read_text()
    settings.write_text(good + "surprise = 1\n")
    process = watching()
    practice.receive(remittance("90", claim("C1")), "a.835")

    def fails_with(word: str) -> Callable[[], bool]:
        return lambda: not health(practice)[-1]["healthy"] and word in health(practice)[-1]["last_error"]

    until(fails_with("surprise"))
    settings.write_text(good.replace("sqlite:///era.db", f"sqlite:///{practice.root}/away/era.db"))
    until(fails_with("cannot be opened"))
    assert (health(practice)[-1]["files_done"], health(practice)[-1]["files_waiting"]) == (0, 1)
    settings.write_text(good)
    until(lambda: health(practice)[-1]["healthy"])
    assert health(practice)[-1]["files_done"] == 1

    inbox.rename(practice.root / "away")
    until(fails_with("inbox"))
    inbox.mkdir()
    practice.receive(remittance("90", claim("C2"), trace="T2"), "b.835")
    until(lambda: health(practice)[-1]["files_done"] == 2)

    with Home(practice.root).locked():
        practice.receive(remittance("90", claim("C3"), trace="T3"), "c.835")
        until(fails_with("Another run is working"))
    until(lambda: health(practice)[-1]["files_done"] == 3)
    _, err = stopped(process)
    assert err.count("Error: ") == err.count("Remedy: ") >= 4
    assert "Traceback" not in err
    assert practice.posted()["insurance_deposits"] == 27_000
    practice.verified()


def test_one_watch_at_a_time_and_runs_beside_it(practice: PracticeHome, watching: Watching) -> None:
    process = watching()
    second = practice.era("watch")
    assert (second.code, "Another `era watch` is working" in second.err) == (5, True)
    assert practice.era("run").code in (0, 5)
    stopped(process)


@pytest.mark.parametrize(
    ("kind", "gives"), [("ext4", True), ("nfs4", False), ("cifs", False), ("fuse.sshfs", False), ("tmpfs", True)]
)
def test_a_disk_that_another_machine_writes_to_gives_no_events(kind: str, gives: bool, tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
        f"36 22 0:31 / {tmp_path}/in\\040box rw shared:9 - {kind} server:/in rw\n"
    )
    assert gives_events(tmp_path / "in box" / "inbox", mounts) is gives
    assert gives_events(tmp_path / "elsewhere", mounts) is True


def test_a_watch_without_a_home_says_so() -> None:
    ended = finished(start_era("watch", "--home", os.devnull))
    assert (ended.code, "is not an era-engine home" in ended.err) == (2, True)
