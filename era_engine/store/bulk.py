"""Many rows at once: into one table straight to the driver, and out as they come.

SQLAlchemy's own many-row insert spends longer on preparing each row than SQLite on writing it.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Select, Table
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

_TOGETHER = 50  # rows in one statement: each execution costs as much again as the row itself


def insert_unless_there(connection: Connection, table: Table) -> Any:
    """An INSERT that passes over a row whose key is taken, also by a transaction at work this very moment."""
    insert = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    return insert(table).on_conflict_do_nothing()


def insert_rows(connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert rows given as tuples in the order of `columns`. Dates are given as ISO texts."""
    values = list(rows)
    place = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    row = f"({', '.join([place] * len(columns))})"
    insert = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES "
    alone = len(values) % _TOGETHER
    if alone:
        connection.exec_driver_sql(insert + row, values[:alone])
    if len(values) > alone:
        together = [
            tuple(chain.from_iterable(values[at : at + _TOGETHER])) for at in range(alone, len(values), _TOGETHER)
        ]
        connection.exec_driver_sql(insert + ", ".join([row] * _TOGETHER), together)


def stream(connection: Connection, query: Select[Any]) -> Iterator[Any]:
    """Rows as they come. The cursor is closed also when not all of them are taken."""
    rows = connection.execute(query, execution_options={"yield_per": 1000})
    try:
        yield from rows
    finally:
        if not connection.closed:
            rows.close()


def stream_text(connection: Connection, query: str) -> Iterator[Any]:
    """The same for a query given as text, whose rows come as the driver gives them."""
    rows = connection.exec_driver_sql(query, execution_options={"yield_per": 1000})
    try:
        yield from rows
    finally:
        if not connection.closed:
            rows.close()
