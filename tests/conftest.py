"""Fixtures: a home for every test, on SQLite and on a real PostgreSQL server."""

import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import hypothesis
import pytest
from database_choice import VARIABLE, are_named, choice_of, is_left_out
from postgresql_server import HOW_TO_INSTALL, Server, binaries, database_name, running
from practices import PracticeHome, expects, make_practice, remittance
from remittance_text import claim
from temporary_folder import keep_in_memory
from waiting import PostingsWait, postings_waiting

REQUIRED = os.environ.get("ERA_REQUIRE_POSTGRESQL") == "1"

keep_in_memory(os.environ)

# A machine that is busy makes examples slowly, which says nothing about what they show.
hypothesis.settings.register_profile("era", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("era")

# A shell that starts the tests in the background has them ignore Ctrl-C, and every program they start with them.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The processes that share the tests choose alike, also where they begin on both sides of midnight.
os.environ.setdefault(VARIABLE, str(datetime.now().astimezone().date()))


def pytest_report_header() -> list[str]:
    return [
        f"databases: {choice_of(os.environ)}",
        f"temporary files: in {tempfile.gettempdir()} (TMPDIR names another folder)",
    ]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    chosen = choice_of(os.environ)
    if are_named(config):
        return
    available = binaries() is not None or REQUIRED
    left_out = {item for item in items if is_left_out(item, chosen, available)}
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    programs = binaries()
    if programs is None:
        if REQUIRED:
            pytest.fail(HOW_TO_INSTALL)
        pytest.skip(HOW_TO_INSTALL)
    with running(programs) as server:
        yield server


@pytest.fixture
def postgresql_url(postgresql: Server) -> Iterator[str]:
    """A PostgreSQL database without a row, for what only PostgreSQL does."""
    with postgresql.database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of each kind, without a row."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/era.db"
        return
    server: Server = request.getfixturevalue("postgresql")
    with server.database() as url:
        yield url


@pytest.fixture
def home(database_url: str, tmp_path: Path) -> PracticeHome:
    """A home without claims on each kind of database; the implementation guide is not asked."""
    return make_practice(tmp_path / "home", database_url)


@pytest.fixture
def sqlite_home(tmp_path: Path) -> PracticeHome:
    """The same for what has nothing to do with the kind of database."""
    return make_practice(tmp_path / "home")


@pytest.fixture
def postings_wait(postgresql: Server) -> PostingsWait:
    """Lets the postings of a home on PostgreSQL wait."""

    @contextmanager
    def waiting(home: PracticeHome) -> Iterator[Callable[[int], None]]:
        with (
            postgresql.connect(database_name(home.database_url)) as look,
            postings_waiting(home, look) as until_waiting,
        ):
            yield until_waiting

    return waiting


@pytest.fixture
def week(home: PracticeHome) -> PracticeHome:
    """C1 posted, C2 ten dollars short, C3 for another patient: two payers, two locations, one quick-post."""
    home.expect(
        expects("C1", patient="P1"),
        expects("C2", "100", patient="P2", location="MFD"),
        expects("C3", patient="P3", location="MFD", last_name="Roe"),
    )
    home.run(remittance("180", claim("C1"), claim("C2"), trace="T1"))
    home.run(remittance("90", claim("C3"), trace="T2").replace("DELTA DENTAL", "MetLife 100%_"))
    home.era("quick-post", "T1", "--claim", "C2")
    return home
