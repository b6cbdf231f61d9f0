"""The triggers that let nobody change or delete what was decided, and whether they still stand in the way."""

from typing import NamedTuple

from sqlalchemy import Connection, text

from era_engine.store.schema import APPEND_ONLY

_ON_SQLITE = text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%RAISE(ABORT%'")
_ON_POSTGRESQL = text(
    "SELECT t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid"
    " WHERE pg_table_is_visible(c.oid) AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')"
    " AND p.prosrc LIKE '%RAISE EXCEPTION%'"
)


class Trigger(NamedTuple):
    """`made_by` is the SQL that makes it, whatever is left of it."""

    name: str
    table: str
    made_by: str


def missing_triggers(connection: Connection) -> list[Trigger]:
    """Those that somebody dropped, switched off or emptied."""
    on_sqlite = connection.dialect.name == "sqlite"
    there = set(connection.execute(_ON_SQLITE if on_sqlite else _ON_POSTGRESQL).scalars())
    wanted = [each for table in APPEND_ONLY for each in (_of_sqlite if on_sqlite else _of_postgresql)(table.name)]
    return [each for each in wanted if each.name not in there]


def _of_sqlite(table: str) -> list[Trigger]:
    made = []
    for change in ("UPDATE", "DELETE"):
        name = f"{table}_no_{change.lower()}"
        body = f"BEGIN SELECT RAISE(ABORT, '{table} are append-only'); END"
        again = f"DROP TRIGGER IF EXISTS {name}; CREATE TRIGGER {name} BEFORE {change} ON {table} {body};"
        made.append(Trigger(name, table, again))
    return made


def _of_postgresql(table: str) -> list[Trigger]:
    name = f"{table}_append_only"
    return [
        Trigger(
            name,
            table,
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN RAISE EXCEPTION '{table} are append-only'; END $$;"
            f" DROP TRIGGER IF EXISTS {name} ON {table};"
            f" CREATE TRIGGER {name} BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {name}();",
        )
    ]
