"""A run may be killed at any moment: the next one goes on where it stopped, nothing is lost and nothing is twice.

`make torture` kills at every step of everything an office does; here it is a selection.
"""

from pathlib import Path

import pytest
from crash_ways import WAYS, Stage, killed_and_taken_up
from killing import IN_TRANSACTION, killed_at
from offices import expects, make_office, remittance
from random_kills import kill_at_random_moments
from remittance_text import claim

KILLS_EACH = 5
SELECTED = ["from the inbox", "by path", "to quarantine"]


@pytest.fixture(params=["sqlite", "postgresql"])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    return Stage(tmp_path, None if request.param == "sqlite" else request.getfixturevalue("postgresql"))


@pytest.mark.parametrize("name", SELECTED)
def test_what_a_kill_interrupts_is_taken_up_by_the_next_run(stage: Stage, name: str) -> None:
    way = WAYS[name]
    with stage.prepared(way) as before:
        steps = [at for at, step in enumerate(before.steps, 1) if step != IN_TRANSACTION]
        first = SELECTED.index(name)  # not the same steps for each
        killed = [
            killed_and_taken_up(stage, before, way, step) for step in steps[first :: len(steps) // KILLS_EACH + 1]
        ]
    assert len(killed) >= KILLS_EACH - 1


def test_kill_at_random_moments_on_sqlite(tmp_path: Path) -> None:
    kill_at_random_moments(make_office(tmp_path / "home"), tmp_path, trials=9, seed=835)


def test_kill_at_random_moments_on_postgresql(tmp_path: Path, postgresql_url: str) -> None:
    kill_at_random_moments(make_office(tmp_path / "home", postgresql_url), tmp_path, trials=5, seed=999)


def test_a_quick_post_that_is_killed_has_posted_all_or_nothing(tmp_path: Path) -> None:
    home = make_office(tmp_path / "home")
    home.expect(expects("C1", "100"), expects("C2", "100"))
    home.run(remittance("180", claim("C1"), claim("C2")))
    for commit in (1, 2):
        assert killed_at(commit, "quick-post", "EFT0001", "--home", home.root, named="before commit")
        assert home.posted() == {}
    assert killed_at(2, "quick-post", "EFT0001", "--home", home.root, named="after commit")
    assert home.posted()["insurance_deposits"] == 18_000
    home.verified()
