"""SQLAlchemy's engines as this program uses them. What is compiled for one database serves every other of its kind.

To compile a statement takes longer than to execute it. An engine keeps what it compiled; ours live as long as a
`Database`, a moment, so they keep it together for the whole process.
"""

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.util import LRUCache

READ_ONLY = "era_read_only"
_compiled: LRUCache[Any, Any] = LRUCache(1000)  # bounded; the program has some 500 statements for each kind


class _Comparable(Dialect):
    """A dialect that equals every other of its kind and version: SQLAlchemy looks statements up by their dialect."""

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.server_version_info == self.server_version_info

    def __hash__(self) -> int:
        return hash(type(self))


class _SQLite(_Comparable, SQLiteDialect_pysqlite):
    supports_statement_cache = True


class _PostgreSQL(_Comparable, PGDialect_psycopg):
    supports_statement_cache = True


for _dialect in (_SQLite, _PostgreSQL):
    registry.register(f"{_dialect.name}.era", __name__, _dialect.__name__)


def engine_of(url: str) -> Engine:
    """Connections as this program uses them; the database is not asked yet."""
    made_of = make_url(url)
    engine = create_engine(
        made_of.set(drivername=f"{made_of.get_backend_name()}+era"),
        hide_parameters=True,  # an error's text must not hold patient data
        execution_options={"compiled_cache": _compiled},
    )
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def reading_options(engine: Engine) -> dict[str, Any]:
    """SQLite's reader sees one moment by itself; PostgreSQL's must ask for it."""
    return {READ_ONLY: True} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, to say IMMEDIATE
    # recursive_triggers: without it, INSERT OR REPLACE deletes rows behind the back of the append-only triggers
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=30000",
        "recursive_triggers=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    read_only = connection.get_execution_options().get(READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
