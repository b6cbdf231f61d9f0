"""Opening the database: SQLite by default, PostgreSQL through a URL, brought up to date on the way."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection as Connection  # the type that all who pass a connection on name
from sqlalchemy import Engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from era_engine.foundation.errors import BlockedError, InstallationError
from era_engine.store.engines import READ_ONLY, engine_of, reading_options

HEAD = "0004"  # the newest migration; a test holds it against the migrations themselves
_MIGRATIONS = Path(__file__).parent / "migrations"
SQLITE_TABLES = _MIGRATIONS / "sqlite_tables.sql"  # what all of them make of an empty SQLite database
_MIGRATING = 0x657261  # any number of our own: who holds PostgreSQL's lock of this number migrates
_BLOCKED = ("40P01", "40001")  # PostgreSQL's deadlock_detected and serialization_failure
_MOST_TRIES = 20  # each deadlock lets one of those in it through
_T = TypeVar("_T")


class Database:
    """One database. Writing and reading each happen in one transaction, from `writing()` or `reading()`."""

    def __init__(self, url: str) -> None:
        """`url` is absolute; raises InstallationError when the database cannot be opened."""
        self._engine = engine_of(url)
        self._name = shown(url)
        self._rehearsal: Connection | None = None
        try:
            _migrate(self._engine)
        except (DBAPIError, OSError) as error:
            self._engine.dispose()
            raise InstallationError(
                f"The database {self._name} cannot be opened ({type(error).__name__}).",
                "Check `database` in era.toml, that the server runs, and that this user may write there.",
            ) from error
        except BaseException:
            self._engine.dispose()
            raise

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that commits when the block ends well, and leaves nothing behind when it does not.

        Raises BlockedError where the database ended it because of another one; see `until_unblocked`.
        """
        try:
            if self._rehearsal is not None:
                with self._rehearsal.begin_nested():
                    yield self._rehearsal
            else:
                with self._engine.begin() as connection:
                    yield connection
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in _BLOCKED:
                raise
            raise BlockedError(
                "Another program changed the same claims at the same time. Nothing was written.", "Try again."
            ) from error

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent view that waits for no writer."""
        if self._rehearsal is not None:
            yield self._rehearsal
            return
        with self._engine.connect().execution_options(**reading_options(self._engine)) as connection:
            yield connection

    @contextmanager
    def rehearsing(self) -> Iterator[None]:
        """Everything written inside happens in one transaction that is taken back at the end."""
        with self._engine.connect() as connection, connection.begin() as transaction:
            self._rehearsal = connection
            try:
                yield
            finally:
                self._rehearsal = None
                transaction.rollback()

    def close(self) -> None:
        self._engine.dispose()


def until_unblocked(work: Callable[[], _T]) -> _T:
    """Do the work of a transaction, and do it again where another program on the database was in its way.

    Programs lock the claims they look at in one order, but a payment of several batches, or one whose claims lead to
    others, locks more later. Raises BlockedError when it is blocked time after time.
    """
    for tried in range(1, _MOST_TRIES):
        try:
            return work()
        except BlockedError:
            time.sleep(random.uniform(0, 0.05 * tried))
    return work()


def shown(url: str) -> str:
    """Where the database is, without user, password and options."""
    parsed = make_url(url)
    return f"{parsed.drivername}://{parsed.host or ''}/{parsed.database or ''}"


def _migrate(engine: Engine) -> None:
    """Alembic is slow to import, so it is only asked when the database is not at HEAD already, nor a new SQLite one."""
    with engine.connect().execution_options(**{READ_ONLY: True}) as connection:
        if inspect(connection).has_table("alembic_version"):
            version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            if version == HEAD:
                return
            if version is not None and version > HEAD:
                raise InstallationError(
                    f"The database has version {version}, newer than this program knows ({HEAD}).",
                    "Install the newer era-engine that last used it.",
                )
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            # To make a table anew its foreign keys must be off, which SQLite allows only outside a transaction.
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]
        with connection.begin():
            if engine.dialect.name == "postgresql":  # SQLite's BEGIN IMMEDIATE lets one in at a time already
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATING})
            if _is_new_sqlite(connection):
                _make_sqlite_tables(connection)
            else:
                make_tables(connection, "head")
            if engine.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                raise InstallationError(
                    "The database has rows that point to missing rows. It was not changed.",
                    "Restore the last copy that passes `era verify`.",
                )
    engine.dispose()  # so that every connection from here on has its foreign keys on again


def _is_new_sqlite(connection: Connection) -> bool:
    """Whether nobody, not even a program that was faster than this one, has made anything in it."""
    if connection.dialect.name != "sqlite":
        return False
    return connection.exec_driver_sql("SELECT 1 FROM sqlite_master").first() is None


def _make_sqlite_tables(connection: Connection) -> None:
    """As the migrations do, without Alembic: every replay makes a database of its own."""
    for statement in SQLITE_TABLES.read_text(encoding="utf-8").split(";\n\n"):
        connection.exec_driver_sql(statement)


def make_tables(connection: Connection, version: str) -> None:
    """Make or change the tables to those of a version, in the transaction the connection is in."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, version)
