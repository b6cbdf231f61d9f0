"""The nightly target: counts the kills that were carried out, and fails where they were too few."""

from collections import Counter

import pytest
from killing import KILLS

FEWEST = 500


def _asked_for(config: pytest.Config) -> bool:
    """A plain pytest comes by here, too, on its way through tests/."""
    return bool(config.getini("python_files") == ["torture_*.py"])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if not _asked_for(config):
        return
    databases: Counter[str] = Counter()
    for (database, step), number in sorted(KILLS.items()):
        databases[database] += number
        terminalreporter.write_line(f"{number:5}  {database:10}  {step}")
    for database, number in databases.items():
        terminalreporter.write_line(f"{number:5}  {database}")
    terminalreporter.write_line(f"{KILLS.total():5}  kills carried out, of at least {FEWEST}")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    everything = _asked_for(session.config) and not session.config.option.keyword
    if everything and exitstatus == 0 and KILLS.total() < FEWEST:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
