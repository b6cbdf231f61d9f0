"""Every step of everything a practice does, killed once, on both databases."""

from pathlib import Path

import pytest
from crash_ways import WAYS, Stage, Way, killed_and_taken_up
from killing import IN_TRANSACTION

IN_EACH_TRANSACTION = 8  # kills between statements, evenly spread over each way


@pytest.fixture(params=["sqlite", "postgresql"])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    return Stage(tmp_path, None if request.param == "sqlite" else request.getfixturevalue("postgresql"))


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_killed_at_every_step(stage: Stage, way: Way) -> None:
    with stage.prepared(way) as before:
        between = [at for at, name in enumerate(before.steps, 1) if name == IN_TRANSACTION]
        steps = [at for at, name in enumerate(before.steps, 1) if name != IN_TRANSACTION]
        steps += between[:: max(1, len(between) // IN_EACH_TRANSACTION)]
        wrong = []
        for step in sorted(steps):
            try:
                killed_and_taken_up(stage, before, way, step)
            except AssertionError as error:
                wrong.append(str(error))
        assert wrong == []
