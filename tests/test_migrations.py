"""Migrations: they make exactly the tables of the schema, on both databases, once."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from offices import make_office
from postgresql_server import Server
from sqlalchemy import text

import era_engine.store
from era_engine.errors import InstallationError
from era_engine.store import schema
from era_engine.store.database import HEAD, Database

MIGRATIONS = Path(era_engine.store.__file__).parent / "migrations"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/era.db"
        return
    server: Server = request.getfixturevalue("postgresql")
    with server.database(empty=True) as url:
        yield url


@pytest.fixture
def database(empty_url: str) -> Iterator[Database]:
    with closing(Database(empty_url)) as opened:
        yield opened


def test_an_upgraded_database_is_the_schema(database: Database) -> None:
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []


def test_the_newest_migration_is_the_one_the_program_looks_for(database: Database) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]
    with database.reading() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [HEAD]


def test_a_database_is_made_once_and_opened_as_often_as_you_like(empty_url: str) -> None:
    for _ in range(3):
        with closing(Database(empty_url)) as database, database.writing() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = version_num")
    with closing(Database(empty_url)) as database, database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM claims")).scalar() == 0


def test_four_programs_may_meet_an_empty_database_at_once(empty_url: str) -> None:
    opening = "import sys; from era_engine.store.database import Database; Database(sys.argv[1]).close()"
    programs = [
        subprocess.Popen([sys.executable, "-c", opening, empty_url], stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    assert [program.communicate(timeout=60)[1] for program in programs] == [""] * 4
    assert [program.returncode for program in programs] == [0] * 4


def test_a_database_of_a_newer_program_is_left_alone(empty_url: str) -> None:
    with closing(Database(empty_url)) as database, database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(InstallationError, match="version 9999, newer than this program knows"):
        Database(empty_url)


def test_a_database_that_is_none_is_named_with_a_remedy(tmp_path: Path) -> None:
    home = make_office(tmp_path / "home")
    (home.root / "era.db").write_bytes(b"Dear diary, " * 1000)
    ended = home.era("eras")
    assert ended.code == 1
    assert f"Error: The database sqlite:///{home.root}/era.db cannot be opened" in ended.err
    assert "Remedy: Check `database` in era.toml" in ended.err


def test_a_server_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    home = make_office(tmp_path / "home", "postgresql+psycopg://office:s3cret@127.0.0.1:1/era")
    ended = home.era("run")
    assert ended.code == 1
    assert "Error: The database postgresql+psycopg://127.0.0.1" in ended.err
    assert "cannot be opened (OperationalError)" in ended.err
    assert "s3cret" not in ended.out + ended.err
