"""The database itself: claims come in whole or not at all, what was decided stays decided, readers see one moment."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from string import ascii_uppercase

import pytest
from practices import PracticeHome, claims_csv, expects, make_practice, remittance
from remittance_text import claim
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from era_engine.practice.claims_csv import read_claims
from era_engine.practice.model import Claim
from era_engine.store.database import Database
from era_engine.store.practice import claims as stored_claims


def office_claims(home: PracticeHome, *numbers: str) -> dict[str, Claim]:
    with closing(Database(home.url)) as database, database.reading() as connection:
        return stored_claims.find_claims(connection, numbers)


# claims


def test_an_imported_claim_is_found_again_as_it_was_given(home: PracticeHome) -> None:
    [first_row], [second_row] = expects("C1", "44.64", "62", "17.36"), expects("C1", "", "74.5", procedure="D0274")
    ended = home.expect([{**second_row, "line_number": 7}, first_row], expects("C2"))
    assert ended.out.endswith(": 2 claims added, 0 updated.\n")
    file = home.root / "claims.csv"
    by_number = {each.claim_number: each for each in read_claims(file)}
    assert office_claims(home, "C1", "C2", "C3") == by_number
    first, second = by_number["C1"].lines
    assert (first.line_number, first.fee_cents, first.expected_insurance_cents) == (1, 6200, 4464)
    assert (second.line_number, second.fee_cents, second.expected_insurance_cents) == (7, 7450, None)


def test_claims_are_found_by_the_thousand(home: PracticeHome) -> None:
    numbers = [f"C{n:04d}" for n in range(1201)]
    home.expect(*(expects(number) for number in numbers))
    found = office_claims(home, *numbers, "C9999")
    assert sorted(found) == numbers
    assert all(len(each.lines) == 1 for each in found.values())


def test_a_claim_number_is_not_another_for_its_case_or_its_blanks(home: PracticeHome) -> None:
    home.expect(expects("C1"), expects("c1"))
    assert sorted(office_claims(home, "C1", "c1", " C1", "C1 ", "%", "C_")) == ["C1", "c1"]


def test_a_file_with_one_bad_row_is_refused_whole(home: PracticeHome, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(claims_csv(expects("C1"), expects("C2", "ninety")), encoding="utf-8")
    ended = home.era("import", "claims", file)
    assert ended.code == 2
    assert "line 3, column expected_insurance" in ended.err
    assert office_claims(home, "C1", "C2") == {}


def test_a_claim_number_that_no_database_could_look_up_is_refused(home: PracticeHome, tmp_path: Path) -> None:
    file = tmp_path / "long.csv"
    file.write_text(claims_csv(expects(any_text(5_000))), encoding="utf-8")
    ended = home.era("import", "claims", file)
    assert (ended.code, "line 2, column claim_number" in ended.err) == (2, True)


def any_text(length: int) -> str:
    """Letters in no order, which nothing makes shorter."""
    return "".join(Random(length).choices(ascii_uppercase, k=length))


def test_whatever_a_payer_writes_is_kept_and_found_again(home: PracticeHome) -> None:
    home.expect(expects("C1"))
    long_claim, long_trace, long_payer = any_text(9_000), any_text(9_001), any_text(9_002)
    unknown, known = home.run(
        remittance("180", claim(long_claim), claim("C1"), trace=long_trace, originator=long_payer)
    )
    assert (unknown["holds"], known["outcome"]) == (["no-matching-claim"], "post")
    assert home.records("log", "--claim", long_claim, "--trace", long_trace) == [unknown]
    assert home.run(remittance("180", claim("C1"), claim(long_claim), trace=long_trace, originator=long_payer)) != []
    home.verified()


def test_files_before_a_bad_one_are_kept_and_it_is_refused(home: PracticeHome, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(claims_csv(expects("C1")), encoding="utf-8")
    bad.write_text(claims_csv(expects("C2", "ninety")), encoding="utf-8")
    ended = home.era("import", "claims", good, bad)
    assert (ended.code, ended.out) == (2, f"{good}: 1 claim added, 0 updated.\n")
    assert sorted(office_claims(home, "C1", "C2")) == ["C1"]


def test_a_claim_imported_again_is_updated_until_something_is_posted_against_it(home: PracticeHome) -> None:
    home.expect(expects("C1", "90"), expects("C2", "90"))
    ended = home.expect(expects("C1", "100", "150", procedure="D0150"), expects("C3"))
    assert ended.out.endswith(": 1 claim added, 1 updated.\n")
    assert office_claims(home, "C1")["C1"].expected_cents == 10000
    home.expect(expects("C1", "90"))
    home.run(remittance("90", claim("C1")))

    (home.root / "claims.csv").write_text(claims_csv(expects("C1", "1"), expects("C2", "1"), expects("C4")))
    refused = home.era("import", "claims", home.root / "claims.csv")

    assert refused.code == 2
    assert "Payments are posted on C1" in refused.err
    assert sorted(office_claims(home, "C1", "C2", "C4")) == ["C1", "C2"]
    assert [each.expected_cents for each in office_claims(home, "C1", "C2").values()] == [9000, 9000]


def test_a_claim_left_to_a_person_may_still_be_updated_and_then_post(home: PracticeHome) -> None:
    home.expect(expects("C1", "90"))
    [left] = home.run(remittance("80", claim("C1", paid="80", write_off="40")))
    assert left["outcome"] == "manual"
    home.expect(expects("C1", "80"))
    [posted] = home.records("quick-post", "EFT0001")
    assert posted["outcome"] == "post"


def test_a_patients_plans_are_those_of_the_last_import_for_all_claims(home: PracticeHome) -> None:
    home.expect(expects("C1", patient="P1"), expects("C2", patient="P2"))
    home.expect(expects("C3", patient="P1", plans=2))
    plans = {number: each.plan_count for number, each in office_claims(home, "C1", "C2", "C3").items()}
    assert plans == {"C1": 2, "C2": 1, "C3": 2}
    [decided] = home.run(remittance("90", claim("C1")))
    assert decided["rule"] == "several-plans-write-offs-on"


def test_a_patient_may_gain_a_plan_after_a_claim_of_his_is_posted(home: PracticeHome) -> None:
    home.expect(expects("C1", patient="P1"))
    home.run(remittance("90", claim("C1")))
    home.expect(expects("C2", patient="P1", plans=2))
    assert office_claims(home, "C1")["C1"].plan_count == 2
    home.verified()


# what was decided


APPEND_ONLY = ["decisions", "entries", "postings", "matches", "audited_acts", "settings_texts"]
MATCHED = (
    "INSERT INTO matches (id, claim_payment_id, matched_by, matched_at)"
    " SELECT 9, id, 'Ann', '2026-11-03T09:00:00Z' FROM claim_payments"
)


def decide_one(home: PracticeHome) -> None:
    """A row in each of the tables above."""
    home.expect(expects("C1"))
    home.run(remittance("90", claim("C1")))
    home.change(MATCHED)


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
def test_decisions_and_entries_cannot_be_changed_or_deleted(home: PracticeHome, table: str, change: str) -> None:
    decide_one(home)
    column = {
        "decisions": "outcome",
        "entries": "memo",
        "postings": "account",
        "matches": "note",
        "audited_acts": "details",
        "settings_texts": "text",
    }[table]
    everything = f"SELECT * FROM {table} ORDER BY 1, 2"
    before = home.rows(everything)
    assert before
    with pytest.raises(DBAPIError, match=f"{table} are append-only"):
        home.change(change.format(table, column, column))
    assert home.rows(everything) == before


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_a_row_cannot_take_the_place_of_another(sqlite_home: PracticeHome, table: str) -> None:
    """SQLite's REPLACE deletes what is in the way."""
    decide_one(sqlite_home)
    with pytest.raises(DBAPIError, match=f"{table} are append-only"):
        sqlite_home.change("PRAGMA defer_foreign_keys = ON", f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_a_table_cannot_be_emptied_at_a_stroke(table: str, postgresql_url: str, tmp_path: Path) -> None:
    home = make_practice(tmp_path / "home", postgresql_url)
    decide_one(home)
    with pytest.raises(DBAPIError, match="are append-only"):
        home.change(f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize(("column", "taken"), [("reverses", "decision_id"), ("reverses_entry", "id")])
def test_what_was_posted_cannot_be_taken_back_twice(home: PracticeHome, column: str, taken: str) -> None:
    decide_one(home)
    again = (
        f"INSERT INTO entries (id, payment_id, decision_id, date, kind, memo, {column})"
        f" SELECT {{}}, payment_id, decision_id, date, 'reversal', '', {taken} FROM entries"
        " WHERE kind = 'insurance_payment'"
    )
    home.change(again.format(98))
    with pytest.raises(DBAPIError, match=r"(?i)unique"):
        home.change(again.format(99))


# transactions

NEW_PATIENT = text("INSERT INTO patients VALUES ('P9', 'Doe', 'Jane', NULL, 1)")
PATIENTS = text("SELECT count(*) FROM patients")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with closing(Database(database_url)) as opened:
        yield opened


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    with pytest.raises(DBAPIError), database.writing() as connection:
        list(map(connection.execute, [NEW_PATIENT, NEW_PATIENT]))
    with database.reading() as connection:
        assert connection.execute(PATIENTS).scalar() == 0


def test_a_reader_sees_one_moment_however_long_it_reads(database: Database) -> None:
    with database.reading() as reader:
        assert reader.execute(PATIENTS).scalar() == 0
        with database.writing() as writer:
            writer.execute(NEW_PATIENT)
        assert reader.execute(PATIENTS).scalar() == 0
    with database.reading() as reader:
        assert reader.execute(PATIENTS).scalar() == 1


def test_a_rehearsal_sees_its_own_changes_and_takes_all_of_them_back(database: Database) -> None:
    with database.rehearsing():
        with database.writing() as connection:
            connection.execute(NEW_PATIENT)
        with pytest.raises(DBAPIError), database.writing() as connection:
            connection.execute(NEW_PATIENT)
        with database.reading() as connection:
            assert connection.execute(PATIENTS).scalar() == 1
    with database.reading() as connection:
        assert connection.execute(PATIENTS).scalar() == 0


def test_sqlite_waits_for_the_disk_and_keeps_readers_apart_from_the_writer(tmp_path: Path) -> None:
    with closing(Database(f"sqlite:///{tmp_path}/era.db")) as database, database.writing() as connection:
        in_force = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert in_force == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
