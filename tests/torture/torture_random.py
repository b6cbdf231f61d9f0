"""Whole processes killed at random moments, on both databases; a third of the recoveries as well."""

from pathlib import Path

from practices import make_practice
from random_kills import kill_at_random_moments


def test_on_sqlite(tmp_path: Path) -> None:
    kill_at_random_moments(make_practice(tmp_path / "home"), tmp_path, trials=60, seed=2100)


def test_on_postgresql(tmp_path: Path, postgresql_url: str) -> None:
    kill_at_random_moments(make_practice(tmp_path / "home", postgresql_url), tmp_path, trials=60, seed=2101)
