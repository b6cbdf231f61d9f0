"""Migrations: they make exactly the tables of the schema, on both databases, once."""

import hashlib
import runpy
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from first_version import RULE_SET, make_first_version, tables
from postgresql_server import Server
from practices import PracticeHome, expects, make_practice, remittance
from remittance_text import claim
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError
from where import ROOT

import era_engine.store
from era_engine.foundation.errors import InstallationError
from era_engine.store import schema
from era_engine.store.database import HEAD, SQLITE_TABLES, Database, make_tables

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
    home = make_practice(tmp_path / "home")
    (home.root / "era.db").write_bytes(b"Dear diary, " * 1000)
    ended = home.era("eras")
    assert ended.code == 1
    assert f"Error: The database sqlite:///{home.root}/era.db cannot be opened" in ended.err
    assert "Remedy: Check `database` in era.toml" in ended.err


def test_a_server_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    home = make_practice(tmp_path / "home", "postgresql+psycopg://practice:s3cret@127.0.0.1:1/era")
    ended = home.era("run")
    assert ended.code == 1
    assert "Error: The database postgresql+psycopg://127.0.0.1" in ended.err
    assert "cannot be opened (OperationalError)" in ended.err
    assert "s3cret" not in ended.out + ended.err


# a new SQLite database, which needs no migration


def test_the_script_of_a_new_sqlite_database_is_made_of_the_migrations() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "sqlite_tables.py"))["script"]
    assert SQLITE_TABLES.read_text(encoding="utf-8") == script(), "run `make tables`"


def test_a_new_sqlite_database_is_what_the_migrations_make_to_the_letter(tmp_path: Path) -> None:
    migrated = create_engine(f"sqlite:///{tmp_path}/migrated.db")
    with migrated.begin() as connection:
        make_tables(connection, "head")
    Database(f"sqlite:///{tmp_path}/new.db").close()
    new = create_engine(f"sqlite:///{tmp_path}/new.db")
    assert everything_made(new) == everything_made(migrated)
    assert len(everything_made(new)["trigger"]) == 2 * len(schema.APPEND_ONLY)
    assert tables(new) == tables(migrated)  # of their rows, that of the newest migration is the only one
    for engine in (new, migrated):
        engine.dispose()


def everything_made(engine: Engine) -> dict[str, dict[str, str | None]]:
    """The SQL of each table, index and trigger by its name."""
    made: dict[str, dict[str, str | None]] = defaultdict(dict)
    with engine.begin() as connection:
        for kind, name, sql in connection.execute(text("SELECT type, name, sql FROM sqlite_master")):
            made[kind][name] = sql
    return made


def test_a_new_sqlite_database_does_without_alembic(tmp_path: Path) -> None:
    opening = (
        "import sys; from era_engine.store.database import Database; Database(sys.argv[1]).close();"
        " print('alembic' in sys.modules)"
    )
    program = [sys.executable, "-c", opening, f"sqlite:///{tmp_path}/era.db"]
    assert subprocess.run(program, capture_output=True, text=True, check=True).stdout == "False\n"


def test_a_sqlite_database_that_holds_something_else_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/era.db"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE theirs (id integer)"))
        connection.execute(text("INSERT INTO theirs VALUES (7)"))
    Database(url).close()
    assert tables(engine)["theirs"] == [("id",), (7,)]
    assert tables(engine)["alembic_version"] == [("version_num",), (HEAD,)]
    engine.dispose()


# from the first version


@pytest.fixture
def old_home(empty_url: str, tmp_path: Path) -> PracticeHome:
    """The books of the first version, not opened since."""
    home = make_practice(tmp_path / "home", empty_url)
    make_first_version(home)
    return home


def test_the_first_versions_books_become_todays_tables(old_home: PracticeHome) -> None:
    with closing(Database(old_home.url)) as database, database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []


def test_what_the_first_version_decided_keeps_its_meaning(old_home: PracticeHome) -> None:
    assert old_home.rows("SELECT id, state, office_claim, match_step FROM claim_payments ORDER BY id") == [
        (5, "posted", "C1", "claim-number"),
        (12, "open", "C2", "claim-number"),
        (13, "open", None, None),
    ]
    assert old_home.rows("SELECT id, act, decided_by, note, warnings FROM decisions ORDER BY id") == [
        (9, "decide", None, None, "  "),
        (22, "decide", None, None, "  "),
        (23, "decide", None, None, "  "),
    ]
    assert old_home.rows("SELECT claim_number, origin FROM claims ORDER BY 1") == [("C1", "csv"), ("C2", "csv")]


def test_entries_of_the_first_version_know_their_payment(old_home: PracticeHome) -> None:
    columns = "id, payment_id, decision_id, provider_adjustment_id, kind, mark, claim_number, patient_id, made_by"
    assert old_home.rows(f"SELECT {columns}, reverses, reverses_entry FROM entries ORDER BY id") == [
        (31, 3, 9, None, "insurance_payment", "A", "C1", "P1", None, None, None),
        (32, 3, 9, None, "contracted_write_off", "A", "C1", "P1", None, None, None),
    ]
    assert old_home.rows("SELECT * FROM postings ORDER BY 1, 2") == [
        (31, 0, "insurance_deposits", 9000, None),
        (31, 1, "accounts_receivable", -9000, 1),
        (32, 0, "contracted_write_offs", 3000, None),
        (32, 1, "accounts_receivable", -3000, 1),
    ]


def test_provider_adjustments_of_the_first_version_wait_to_be_entered(old_home: PracticeHome) -> None:
    columns = "payment_id, ordinal, provider, fiscal_date, reason, reference, cents, state"
    assert old_home.rows(f"SELECT {columns} FROM provider_adjustments ORDER BY id") == [
        (7, 0, "", None, "WO", "C1", 4000, "open"),
        (7, 1, "", None, "L6", "", -500, "open"),
    ]


@pytest.mark.parametrize("table", ["decisions", "entries", "postings", "matches"])
@pytest.mark.parametrize("change", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}"])
def test_what_the_first_version_decided_stays_decided(old_home: PracticeHome, table: str, change: str) -> None:
    columns = {"decisions": "outcome", "entries": "memo", "postings": "account", "matches": "note"}
    old_home.change(
        "INSERT INTO matches (claim_payment_id, matched_by, matched_at) VALUES (13, 'Ann', '2026-11-03T09:00:00Z')"
    )
    with pytest.raises(DBAPIError, match=f"{table} are append-only"):
        old_home.change(change.format(table, columns[table]))


@pytest.mark.parametrize("column", ["payment_id", "decision_id", "provider_adjustment_id", "reverses"])
def test_entries_point_to_what_is_there(old_home: PracticeHome, column: str) -> None:
    values = {"payment_id": 3, "decision_id": "NULL", "provider_adjustment_id": "NULL", "reverses": "NULL"}
    columns, row = ", ".join(values), ", ".join(map(str, (values | {column: 99}).values()))
    with pytest.raises(DBAPIError, match=r"(?i)foreign key"):
        old_home.change(
            f"INSERT INTO entries (id, date, kind, memo, {columns}) VALUES (99, '2026-11-01', 'x', '', {row})"
        )


def test_the_first_versions_books_hold_and_go_on(old_home: PracticeHome) -> None:
    told = "✔ The books are in balance: 2 entries, 3 decisions, 2 payments, 1 claim, 1 patient, 0 payers, 2 files.\n"
    assert old_home.era("verify").out == told + "Files in: 2 = 2 archived + 0 quarantined + 0 duplicate + 0 waiting.\n"
    old_home.expect(expects("C3"))
    [posted] = old_home.run(remittance("90", claim("C3"), trace="T3"))
    assert (posted["decision_id"], posted["outcome"]) == (24, "post")
    quick = {each["claim_number"]: each["outcome"] for each in old_home.records("quick-post", "T2")}
    assert quick == {"C2": "post", "C9": "manual"}
    assert old_home.posted() == {
        "insurance_deposits": 22_500,
        "accounts_receivable": -36_000,
        "contracted_write_offs": 10_000,
        "payer_balances": 4_000,
        "interest_income": -500,
    }
    assert old_home.era("verify").code == 0


def test_what_the_first_version_decided_is_explained_by_its_own_rules(old_home: PracticeHome) -> None:
    """Those had eight rows, 24 holds and no table for reversals; nothing in them was fixed or waited for."""
    [posted] = old_home.records("explain", "C1")
    assert posted["explained"]["rule"] == "single-plan-at-least-minimum-write-offs-on"
    assert posted["explained"]["sentence"].startswith(
        "Posted $90.00 and wrote off $30.00: the payment is at least 95 %"
    )
    assert len(posted["explained"]["rules"]) == 8 + 24
    assert posted["ruleset"] == "sha256:" + hashlib.sha256(RULE_SET.encode()).hexdigest()
    assert "Holds: 0 of 24 fired" in old_home.era("explain", "C1").out
    assert [each["outcome"] for each in old_home.records("log", "--trace", "T2")] == ["manual", "manual"]


def test_books_of_a_version_without_audit_log_are_sealed_as_they_are_found(old_home: PracticeHome) -> None:
    assert old_home.era("run").code == 0
    told = [each["act"] for each in old_home.era("audit", "export").records]
    assert told[:3] == ["begin", "adopt", "adopt"]
    assert old_home.era("audit", "verify").code == 0


@pytest.mark.parametrize(
    "trouble",
    [
        "UPDATE payments SET provider_adjustments = 'no JSON' WHERE id = 7",
        "CREATE TABLE deposits (id integer)",
    ],
    ids=["late", "at once"],
)
def test_a_migration_that_fails_leaves_the_books_as_they_were(old_home: PracticeHome, trouble: str) -> None:
    engine = create_engine(old_home.url)
    with engine.begin() as connection:
        connection.execute(text(trouble))
    before = tables(engine)
    ended = old_home.era("verify")
    assert (ended.code, ended.out) == (1, "")
    assert tables(engine) == before
    assert before["alembic_version"] == [("version_num",), ("0001",)]
    engine.dispose()


def test_rows_that_point_nowhere_are_named_and_left_as_they_were(tmp_path: Path) -> None:
    """SQLite alone: there a program with foreign keys off may have written them."""
    home = make_practice(tmp_path / "home")
    make_first_version(home)
    engine = create_engine(home.url)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM rule_sets"))
    before = tables(engine)
    ended = home.era("verify")
    assert ended.code == 1
    assert "The database has rows that point to missing rows. It was not changed." in ended.err
    assert tables(engine) == before
    engine.dispose()
