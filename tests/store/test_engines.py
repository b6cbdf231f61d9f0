"""What is compiled for one database serves every other of its kind, and what is closed holds nothing any more."""

import gc
import weakref
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from postgresql_server import Server
from sqlalchemy import Compiled, Engine, insert, literal_column, select

from era_engine.store.database import Database
from era_engine.store.engines import engine_of
from era_engine.store.schema import rule_sets

KINDS = ["sqlite", "postgresql"]


@pytest.fixture
def two_urls(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[str]]:
    """Two databases of the kind that the test names, with their tables and no row."""
    if request.param == "sqlite":
        yield [f"sqlite:///{tmp_path}/{name}.db" for name in ("one", "other")]
        return
    server: Server = request.getfixturevalue("postgresql")
    with ExitStack() as stack:
        yield [stack.enter_context(server.database()) for _ in range(2)]


def added(url: str, content: str) -> tuple[Compiled, list[Any]]:
    """How the row was asked for, and which rows there are."""
    with closing(Database(url)) as database, database.writing() as connection:
        connection.execute(insert(rule_sets).values(hash=content, content=content))
        rows = connection.execute(select(rule_sets.c.content).where(rule_sets.c.hash != ""))
        return rows.context.compiled, list(rows.scalars())


@pytest.mark.parametrize("two_urls", KINDS, indirect=True)
def test_a_statement_is_compiled_once_for_every_database_of_a_kind(two_urls: list[str]) -> None:
    one, other = two_urls
    (compiled, rows), (again, other_rows) = added(one, "ours"), added(other, "theirs")
    assert again is compiled
    assert (rows, other_rows) == (["ours"], ["theirs"])


def test_each_kind_of_database_has_its_own(tmp_path: Path, postgresql_url: str) -> None:
    (sqlite, _), (postgresql, _) = added(f"sqlite:///{tmp_path}/era.db", "a"), added(postgresql_url, "a")
    assert (" != ?" in str(sqlite), " != %(hash_1)s" in str(postgresql)) == (True, True)


@pytest.mark.parametrize("two_urls", KINDS, indirect=True)
def test_another_version_of_the_server_has_its_own(two_urls: list[str]) -> None:
    one, other = (asked(url) for url in two_urls)
    assert one.dialect == other.dialect
    other.dialect.server_version_info = (1, 0)
    assert one.dialect != other.dialect


def asked(url: str) -> Engine:
    engine = engine_of(url)
    engine.connect().close()
    engine.dispose()
    return engine


def test_what_is_not_asked_again_is_forgotten(tmp_path: Path) -> None:
    with closing(Database(f"sqlite:///{tmp_path}/era.db")) as database, database.reading() as connection:
        first = weakref.ref(connection.execute(select(literal_column("-1"))).context.compiled)
        for number in range(2000):
            connection.execute(select(literal_column(str(number)))).all()
    gc.collect()
    assert first() is None


def test_a_closed_sqlite_database_is_let_go_and_may_be_another_one(tmp_path: Path) -> None:
    url, file = f"sqlite:///{tmp_path}/era.db", tmp_path / "era.db"
    assert added(url, "before")[1] == ["before"]
    assert [path.name for path in tmp_path.iterdir()] == ["era.db"]  # whoever holds it has files beside it
    file.unlink()
    assert added(url, "after")[1] == ["after"]


def test_a_closed_postgresql_database_is_let_go_and_may_be_another_one(postgresql: Server) -> None:
    with postgresql.database() as url:
        assert added(url, "before")[1] == ["before"]
        with postgresql.connect("postgres") as server:  # refused while anybody is connected
            name = url.partition("?")[0].rpartition("/")[2]
            server.execute(f"DROP DATABASE {name}".encode())
            server.execute(f"CREATE DATABASE {name}".encode())
        assert added(url, "after")[1] == ["after"]
