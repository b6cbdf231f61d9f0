"""The database as of one moment, in pieces for a backup; and a database made of such pieces.

SQLite gives a copy of its file, PostgreSQL the rows of every table as COPY writes them, in pieces of some megabytes.
Both are read in one transaction that waits for no writer and lets nobody wait.
"""

import io
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from psycopg import sql
from sqlalchemy import Connection, inspect, text

from era_engine.foundation.errors import InstallationError, UsageError
from era_engine.store.custody.files import FileRow, every_file
from era_engine.store.database import HEAD, Database, make_tables, shown
from era_engine.store.engines import engine_of
from era_engine.store.schema import metadata

SQLITE_PIECE = "database/era.db"
_PIECE = 4 << 20  # bytes


class Piece(NamedTuple):
    """A part of the database: its name in the backup, its size in bytes, and its bytes."""

    name: str
    size: int
    stream: BinaryIO


class Snapshot(NamedTuple):
    """One moment of the database. `pieces` may be taken once, while the snapshot is open.

    `kind` is sqlite or postgresql; `version` that of its tables; `columns` those of each table of PostgreSQL in the
    order of its rows; `files` what the home had in its keeping.
    """

    kind: str
    version: str
    columns: dict[str, list[str]]
    files: list[FileRow]
    pieces: Iterator[Piece]


@contextmanager
def snapshot(database: Database, home: str, scratch: Path) -> Iterator[Snapshot]:
    """Hold one moment of the database. SQLite's copy is written to `scratch`, which is gone afterwards."""
    with ExitStack() as stack:
        with database.reading() as connection:
            kind = connection.dialect.name
            known = every_file(connection, home)
            if kind == "postgresql":
                columns = {table.name: [column.name for column in table.columns] for table in metadata.sorted_tables}
                yield Snapshot(kind, HEAD, columns, known, _rows(connection, columns))
                return
            stack.callback(scratch.unlink, missing_ok=True)
            scratch.unlink(missing_ok=True)
            with closing(sqlite3.connect(scratch)) as copy:
                _driver(connection).backup(copy)  # of the moment that `known` was read in
                _refuse_damaged(copy)
        with scratch.open("rb") as stream:
            piece = Piece(SQLITE_PIECE, scratch.stat().st_size, stream)
            yield Snapshot(kind, HEAD, {}, known, iter([piece]))


def _refuse_damaged(copy: sqlite3.Connection) -> None:
    """Raises InstallationError for a database of which no good backup can be made."""
    try:
        found = copy.execute("PRAGMA quick_check").fetchone()[0]
    except sqlite3.DatabaseError as error:
        found = str(error)
    if found != "ok":
        raise InstallationError(
            "The database is damaged. No backup was made.",
            "Keep the file, and restore the home from the last backup: era restore.",
        )


def _rows(connection: Connection, columns: dict[str, list[str]]) -> Iterator[Piece]:
    connection.exec_driver_sql("SET LOCAL datestyle TO ISO")
    for table, names in columns.items():
        statement = sql.SQL("COPY {} ({}) TO STDOUT").format(sql.Identifier(table), _listed(names))
        number, waiting = 0, bytearray()
        with _driver(connection).cursor() as cursor, cursor.copy(statement) as rows:
            for row in rows:
                waiting += row
                if len(waiting) >= _PIECE:
                    number += 1
                    yield _piece(table, number, waiting)
                    waiting = bytearray()
        if waiting:
            yield _piece(table, number + 1, waiting)


def _piece(table: str, number: int, rows: bytearray) -> Piece:
    return Piece(f"database/{table}/{number:06d}", len(rows), io.BytesIO(rows))


def _listed(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


# the other way


Take = Callable[[str, Iterable[bytes]], None]


@contextmanager
def making_sqlite(file: Path) -> Iterator[Take]:
    """Write the copy of a SQLite file to `file`, which must not be there."""

    def take(_: str, chunks: Iterable[bytes]) -> None:
        with file.open("xb") as stream:
            stream.writelines(chunks)

    yield take


@contextmanager
def filling_postgresql(url: str, version: str, columns: dict[str, list[str]]) -> Iterator[Take]:
    """Fill an empty PostgreSQL database from the pieces of a snapshot, in one transaction: all of it or nothing.

    The pieces are taken in their order. Raises UsageError when the database holds a table already.
    """
    engine = engine_of(url)
    try:
        with engine.begin() as connection:
            if inspect(connection).get_table_names():
                raise UsageError(
                    f"The database {shown(url)} is not empty.",
                    "Name an empty one with --database. Nothing was changed.",
                )
            make_tables(connection, version)
            with closing(_Filling(connection, columns)) as filling:
                yield filling.take
            _go_on_counting(connection)
    finally:
        engine.dispose()


class _Filling:
    """One COPY for each table, however many pieces it comes in: rows may point to rows that come later."""

    def __init__(self, connection: Connection, columns: dict[str, list[str]]) -> None:
        self._connection, self._columns = connection, columns
        self._table: str | None = None
        self._open = ExitStack()
        self._rows: Any = None

    def take(self, name: str, chunks: Iterable[bytes]) -> None:
        _, table, _ = name.split("/")
        if table != self._table:
            self.close()
            statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), _listed(self._columns[table]))
            cursor = self._open.enter_context(_driver(self._connection).cursor())
            self._rows = self._open.enter_context(cursor.copy(statement))
            self._table = table
        for chunk in chunks:
            self._rows.write(chunk)

    def close(self) -> None:
        self._open.close()


def _go_on_counting(connection: Connection) -> None:
    """The next id of each table comes after the last one restored."""
    counted = connection.execute(
        text(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
            " AND (column_default LIKE 'nextval(%' OR is_identity = 'YES')"
        )
    )
    for table, column in counted.all():
        connection.execute(
            text(
                f"SELECT setval(pg_get_serial_sequence('\"{table}\"', :column),"
                f' (SELECT coalesce(max("{column}"), 0) + 1 FROM "{table}"), false)'
            ),
            {"column": column},
        )
