"""A run may be killed at any moment: the next one goes on where it stopped, nothing is lost and nothing is twice.

`make torture` kills at every step of everything a practice does; here it is a selection.
"""

import os
import signal
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from random import Random

import pytest
from crash_ways import WAYS, Stage, killed_and_taken_up, proven
from killing import IN_TRANSACTION, disturbed_at, killed_at, killed_at_step
from postgresql_server import Server, database_name
from practices import PracticeHome, expects, make_practice, remittance
from random_kills import kill_at_random_moments
from remittance_text import claim

PROOFS_EACH = 3  # of two kills, for each of these on each database: 48 kills
STEPS_OF_AN_IDLE_RUN = 28
SELECTED = ["from the inbox", "by path", "to quarantine", "two versions of a payment"]


@pytest.fixture(params=["sqlite", "postgresql"])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    return Stage(tmp_path, None if request.param == "sqlite" else request.getfixturevalue("postgresql"))


@pytest.mark.parametrize("name", SELECTED)
def test_what_a_kill_interrupts_is_taken_up_by_the_next_run(stage: Stage, name: str) -> None:
    way = WAYS[name]
    with stage.prepared(way) as before:
        steps = [at for at, step in enumerate(before.steps, 1) if step != IN_TRANSACTION]
        random = Random(name)
        for step in random.sample(steps, PROOFS_EACH):
            killed_and_taken_up(stage, before, way, step, random.randint(1, STEPS_OF_AN_IDLE_RUN))


def test_kill_at_random_moments_on_sqlite(tmp_path: Path) -> None:
    kill_at_random_moments(make_practice(tmp_path / "home"), tmp_path, trials=3, seed=835)


def test_kill_at_random_moments_on_postgresql(tmp_path: Path, postgresql_url: str) -> None:
    kill_at_random_moments(make_practice(tmp_path / "home", postgresql_url), tmp_path, trials=3, seed=999)


def test_a_quick_post_that_is_killed_has_posted_all_or_nothing(tmp_path: Path) -> None:
    home = make_practice(tmp_path / "home")
    home.expect(expects("C1", "100"), expects("C2", "100"))
    home.run(remittance("180", claim("C1"), claim("C2")))
    for commit in (1, 2):
        assert killed_at(commit, "quick-post", "EFT0001", "--home", home.root, named=("before commit",))
        assert home.posted() == {}
    assert killed_at(2, "quick-post", "EFT0001", "--home", home.root, named=("after commit",))
    assert home.posted()["insurance_deposits"] == 18_000
    home.verified()


def test_a_file_that_a_killed_run_quarantined_is_told_by_the_next_one_or_by_todo(tmp_path: Path) -> None:
    """Taken up and put aside, it ends the next run with exit code 3; put aside before the kill, it is open work."""
    told_by_run = told_by_todo = 0
    for at in count(1):
        home = make_practice(tmp_path / f"home{at}")
        for name in ("bad.835", "worse.835"):
            home.receive(f"no remittance: {name}", name)
        if not killed_at_step(at, "run", "--home", home.root):
            break
        aside_before = {row[0] for row in home.rows("SELECT name FROM files WHERE state = 'quarantined'")}
        ended = home.era("run")
        assert ended.code == (0 if aside_before == {"bad.835", "worse.835"} else 3), (at, ended)
        named = {each["file"] for each in home.records("todo") if each["reason"] == "file-in-quarantine"}
        assert named == {"bad.835", "worse.835"}
        told_by_run += ended.code == 3
        told_by_todo += bool(aside_before)
    assert (told_by_run > 5, told_by_todo > 2) == (True, True), (told_by_run, told_by_todo)


def lose_connections(postgresql: Server, home: PracticeHome) -> None:
    with postgresql.connect("postgres") as admin:
        query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        admin.execute(query, (database_name(home.database_url),))


def test_a_run_that_loses_its_connection_tells_what_is_done_and_what_to_do(tmp_path: Path, postgresql: Server) -> None:
    stage = Stage(tmp_path, postgresql)
    way = WAYS["from the inbox"]
    with stage.prepared(way) as before, stage.copy(before.home) as home:
        # the fourth commit is the first payment's: the second finds no connection
        lose = partial(lose_connections, postgresql, home)
        ended = disturbed_at(4, lose, "run", "--home", home.root, named=("after commit",))
        assert ended.code == 1
        assert "Posted 2 claims, $180.00" in ended.out
        assert "Error: the database cannot be used: " in ended.err
        assert "Remedy: make sure that no other program is using it, that it runs" in ended.err
        for _ in range(2):
            assert home.era("run").code == 0
        proven(home, way, before.books, "connection lost")


def test_a_connection_lost_after_the_last_payment_keeps_nothing_of_what_was_done_untold(
    tmp_path: Path, postgresql: Server
) -> None:
    def lose(home: PracticeHome) -> None:
        lose_connections(postgresql, home)

    ends_after_the_last_payment(Stage(tmp_path, postgresql), lose, "Error: the database cannot be used: ")


def test_a_second_signal_after_the_last_payment_keeps_nothing_of_what_was_done_untold(tmp_path: Path) -> None:
    def interrupt(_: PracticeHome) -> None:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGTERM)

    ends_after_the_last_payment(Stage(tmp_path, None), interrupt, "Stopped. What was reported done is done.")


def ends_after_the_last_payment(stage: Stage, disturb: Callable[[PracticeHome], None], told: str) -> None:
    with stage.prepared(WAYS["from the inbox"]) as before:
        steps = list(enumerate(before.steps, 1))
        last_commit = max(at for at, step in steps if step == "after commit")
        broken_off = 0
        for at in (at for at, step in steps if at > last_commit and step == IN_TRANSACTION):
            with stage.copy(before.home) as home:
                ended = disturbed_at(at, partial(disturb, home), "run", "--home", home.root)
            assert "Posted 3 claims, $270.00; 0 claims need review" in ended.out, (at, ended)
            assert ended.code == 0 or told in ended.err, (at, ended)
            broken_off += ended.code == 1
        assert broken_off > 2
