"""What the migrations make of an empty SQLite database, as one script, so that a new one need not go through them.

python scripts/sqlite_tables.py          write it
"""

from sqlalchemy import create_engine

from era_engine.store.database import HEAD, SQLITE_TABLES, make_tables

TOP = "-- Made by `make tables` from the migrations; a test holds it to them.\n\n"


def script() -> str:
    """Every table, index and trigger in the order they were made, and the newest migration as the one reached."""
    with create_engine("sqlite://").begin() as connection:
        make_tables(connection, "head")
        made = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")
        statements = [*made.scalars(), f"INSERT INTO alembic_version VALUES ('{HEAD}')"]
    return TOP + ";\n\n".join(statements) + ";\n"


if __name__ == "__main__":
    SQLITE_TABLES.write_text(script(), encoding="utf-8")
