"""PostgreSQL goes away under a run: stopped hard and started again, or one connection lost."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from crash_ways import WAYS, Stage, moved, proven
from killing import KILLS, disturbed_at
from postgresql_server import HOW_TO_INSTALL, Server, binaries, database_name, running
from practices import Ended

WAY = WAYS["from the inbox"]
PATIENTS = ("DOE", "C1", "C2", "C3", "SUB1")


@pytest.fixture(scope="module")
def durable() -> Iterator[Server]:
    programs = binaries()
    if programs is None:
        pytest.skip(HOW_TO_INSTALL)
    with running(programs, durable=True) as server:
        yield server


def told_with_a_remedy(ended: Ended) -> None:
    """What it did until then is told, what to do is told, and nothing of a patient."""
    assert ended.code == 1, ended
    assert not ended.out or "Posted " in ended.out
    assert "Remedy: " in ended.err, ended
    assert "Traceback" not in ended.err
    assert not [each for each in PATIENTS if each in ended.err]


@pytest.mark.parametrize("number", [signal.SIGQUIT, signal.SIGKILL], ids=["immediate-stop", "kill-9"])
def test_the_server_is_stopped_hard_at_a_step(durable: Server, tmp_path: Path, number: signal.Signals) -> None:
    stage = Stage(tmp_path, durable)

    def stop() -> None:
        durable.signal(number)
        for _ in range(200):
            try:
                durable.connect("postgres").close()
            except psycopg.OperationalError:
                return
            time.sleep(0.02)

    with stage.prepared(WAY) as before:
        for step in range(1, len(before.steps), max(1, len(before.steps) // 15)):
            with stage.copy(before.home) as home:
                ended = disturbed_at(step, stop, *moved(before.command, before.home, home), "--home", home.root)
                durable.wait()
                durable.start()
                KILLS["PostgreSQL", f"server stopped by {number.name}"] += 1
                if ended.code != 0:  # with its last step the work was done
                    told_with_a_remedy(ended)
                assert home.era("run").code == 0
                proven(home, WAY, before.books, f"{before.steps[step - 1]}, step {step}")


def test_a_connection_is_lost_at_a_step(postgresql: Server, tmp_path: Path) -> None:
    stage = Stage(tmp_path, postgresql)
    with stage.prepared(WAY) as before:
        for step in range(1, len(before.steps), max(1, len(before.steps) // 30)):
            with stage.copy(before.home) as home:

                def lose(database: str = database_name(home.database_url)) -> None:
                    with postgresql.connect("postgres") as admin:
                        query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
                        admin.execute(query, (database,))

                ended = disturbed_at(step, lose, *moved(before.command, before.home, home), "--home", home.root)
                KILLS["PostgreSQL", "connection lost"] += 1
                if ended.code != 0:
                    told_with_a_remedy(ended)
                assert home.era("run").code == 0
                proven(home, WAY, before.books, f"{before.steps[step - 1]}, step {step}")
