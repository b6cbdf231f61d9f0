"""Nobody changes the past unseen: every act is in the audit log, and the log is proven against itself and the books."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from killing import killed_at
from practices import AUTO, PracticeHome, Record, expects, make_practice, remittance
from remittance_text import claim
from sqlalchemy.exc import DBAPIError
from tampering import database_kind, lock_again, pick_the_locks

from era_engine.store.books.audit import chained_hash


def acts(home: PracticeHome) -> list[Record]:
    ended = home.era("audit", "export")
    assert ended.code == 0, ended
    return ended.records


def proven(home: PracticeHome) -> str:
    """What `era audit verify` says when everything holds."""
    ended = home.era("audit", "verify")
    assert ended.code == 0, ended
    return ended.out


def refused(home: PracticeHome, *more: str) -> str:
    ended = home.era("audit", "verify", *more)
    assert (ended.code, ended.err) == (1, ""), ended
    return ended.out


# what is written down


@pytest.mark.both_databases
def test_every_act_is_written_down_with_who_and_what(home: PracticeHome, tmp_path: Path) -> None:
    fees, bank = tmp_path / "fees.csv", tmp_path / "bank.csv"
    fees.write_text("payer,procedure,allowed,percent\nDDP71,D0120,100.00,90\n")
    bank.write_text("date,amount,trace\n2026-10-06,180.00,EFT0001\n")
    home.expect(expects("C1"), expects("C2", "100"), expects("C3"))
    for file, kind in ((fees, "fees"), (bank, "bank")):
        assert home.era("import", kind, file).code == 0
    home.run(remittance("180", claim("C1"), claim("C2")))
    home.set({f"{AUTO}.minimum_percent": 80})
    for command in (
        ["quick-post", "EFT0001", "--claim", "C2"],
        ["undo", "EFT0001", "--claim", "C2", "--by", "Ann", "--because", "wrong contract"],
        ["match", "EFT0001", "C2", "--to", "C3", "--by", "Ben"],
        ["unmatch", "EFT0001", "C2", "--by", "Ben"],
        ["close", "EFT0001", "C2", "--even-with-money", "--by", "Ann", "--because", "entered elsewhere"],
        ["run"],
    ):
        assert home.era(*command).code == 0, command
    told = [(each["act"], each["by"]) for each in acts(home)]
    assert told == [
        ("begin", None),
        ("import-claims", None),
        ("import-fees", None),
        ("import-bank", None),
        ("settings", None),
        ("run", None),
        ("payment", None),
        ("file", None),
        ("settings", None),
        ("quick-post", None),
        ("undo", "Ann"),
        ("match", "Ben"),
        ("unmatch", "Ben"),
        ("close", "Ann"),
        ("run", None),
    ]
    assert all(each["account"] and each["at"].endswith("Z") for each in acts(home))
    assert "15 acts on 1 payment" in proven(home)


def test_settings_and_rules_that_change_are_an_act_and_those_that_stay_are_none(home: PracticeHome) -> None:
    home.run()
    home.run()
    home.set({f"{AUTO}.minimum_percent": 80})
    home.run()
    first, second = (each["details"] for each in acts(home) if each["act"] == "settings")
    assert second["settings_before"] == first["settings"] != second["settings"]
    assert second["ruleset_before"] == first["ruleset"] == second["ruleset"]


def test_what_only_looks_and_what_is_rehearsed_is_no_act(week: PracticeHome) -> None:
    before = acts(week)
    for command in (["log"], ["todo"], ["run", "--dry-run"], ["verify"], ["audit", "verify"], ["settings", "check"]):
        assert week.era(*command).code == 0
    assert acts(week) == before


def test_an_act_that_fails_is_no_act(week: PracticeHome) -> None:
    before = acts(week)
    assert week.era("post", "T1", "C1", "--by", "Ann").code == 2
    assert acts(week) == before


def test_acts_are_exported_by_person_kind_and_day(week: PracticeHome) -> None:
    week.era("close", "T2", "C3", "--even-with-money", "--by", "Ann", "--because", "void")
    [by_ann] = week.era("audit", "export", "--by", "Ann").records
    assert by_ann["act"] == "close"
    assert [each["act"] for each in week.era("audit", "export", "--act", "payment").records] == ["payment"] * 2
    assert week.era("audit", "export", "--until", "2020-01-01").out == ""
    header, *lines = week.era("audit", "export", "--format", "csv").out.splitlines()
    assert header == "office,seq,at,account,by,act,details,previous,hash"
    assert len(lines) == len(acts(week))


def test_what_cannot_be_meant_is_refused_and_not_answered_with_nothing(week: PracticeHome) -> None:
    for question, told in (
        (("--act", "posting"), "Give one of adopt, backup, begin, close, file,"),
        (("--since", "2026-11-02", "--until", "2026-11-01"), "No day is both 2026-11-02 or later and 2026-11-01"),
        (("--since", "november"), "'november' does not match the format"),
    ):
        refused = week.era("audit", "export", *question)
        assert (refused.code, refused.out, told in refused.err) == (2, "", True), refused
    turned = week.era("log", "--since", "2026-11-02", "--until", "2026-11-01")
    assert (turned.code, turned.out, "No day is both" in turned.err) == (2, "", True), turned
    assert week.era("audit", "export", "--since", "2026-11-01", "--until", "2026-11-01").code == 0


def test_nothing_of_a_patient_is_in_it(week: PracticeHome) -> None:
    text = json.dumps(acts(week)).casefold()
    for known in ("doe", "jane", "sub1", '"c1"', "p1", "1980"):
        assert known not in text


# what is found

CHANGES = {
    "a flipped letter of what was done": (
        "UPDATE audited_acts SET details = replace(details, '1', '2') WHERE seq = 6",
    ),
    "another name": ("UPDATE audited_acts SET by = 'Ben' WHERE by = 'Ann'",),
    "another account": ("UPDATE audited_acts SET account = 'nobody' WHERE seq = 2",),
    "another time": ("UPDATE audited_acts SET at = '2020-01-01T00:00:00Z' WHERE seq = 3",),
    "a hash that was flipped": ("UPDATE audited_acts SET hash = replace(hash, substr(hash, 1, 1), 'x') WHERE seq = 4",),
    "a row deleted": ("DELETE FROM audited_acts WHERE seq = 5",),
    "the first row deleted": ("DELETE FROM audited_acts WHERE seq = 1",),
    "two rows in another order": (
        "UPDATE audited_acts SET seq = 0 WHERE seq = 3",
        "UPDATE audited_acts SET seq = 3 WHERE seq = 4",
        "UPDATE audited_acts SET seq = 4 WHERE seq = 0",
    ),
    "rows cut off the end": ("DELETE FROM audited_acts WHERE seq > 5",),
    "rows cut off the end, and the end moved": (
        "DELETE FROM audited_acts WHERE seq > 5",
        "UPDATE audit_heads SET seq = 5, hash = (SELECT hash FROM audited_acts WHERE seq = 5)",
    ),
    "all of it": ("DELETE FROM audited_acts", "DELETE FROM audit_heads"),
}


@pytest.fixture
def acted(week: PracticeHome) -> PracticeHome:
    week.era("close", "T2", "C3", "--even-with-money", "--by", "Ann", "--because", "void")
    proven(week)
    return week


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_log_that_was_changed_is_found(acted: PracticeHome, change: tuple[str, ...]) -> None:
    pick_the_locks(acted)
    acted.change(*change)
    lock_again(acted)
    assert "✘ " in refused(acted)


@pytest.mark.both_databases
def test_every_single_row_may_not_be_touched(acted: PracticeHome) -> None:
    """Each row in turn loses the last letter of what was done; each time that row, and no other, is named."""
    pick_the_locks(acted)
    for row in acts(acted):
        details = json.dumps(row["details"], sort_keys=True, separators=(",", ":"))
        for text in (details[:-1], details):
            acted.change(f"UPDATE audited_acts SET details = '{text}' WHERE seq = {row['seq']}")
            told = acted.era("audit", "verify")
            assert (f"row {row['seq']} (" in told.out) == (text != details)


def test_a_chain_that_was_forged_anew_does_not_hold_what_was_noted_elsewhere(sqlite_home: PracticeHome) -> None:
    """Whoever may write everything in the home can make a chain that holds; the place noted elsewhere gives it away."""
    sqlite_home.expect(expects("C1"))
    sqlite_home.run(remittance("90", claim("C1")))
    noted = proven(sqlite_home).splitlines()[-1].removeprefix("It ends at ")
    forge(sqlite_home, lambda row: row | {"account": "somebody"})
    assert "which this home remembers, is not in this practice's log" in refused(sqlite_home)
    (sqlite_home.root / ".audit-head").unlink()
    sqlite_home.run()  # which remembers what it finds
    proven(sqlite_home)
    assert "which was expected, is not in this practice's log" in refused(sqlite_home, "--expect", noted)


def forge(home: PracticeHome, change: Callable[[Record], Record]) -> None:
    pick_the_locks(home)
    with closing(sqlite3.connect(home.root / "era.db")) as database:
        database.row_factory = sqlite3.Row
        previous = "0" * 64
        for row in map(dict, database.execute("SELECT * FROM audited_acts ORDER BY seq").fetchall()):
            row = change(row)
            values = [row[name] for name in ("office", "seq", "at", "account", "by", "act", "details")]
            stated = chained_hash(previous, *values)
            database.execute(
                "UPDATE audited_acts SET account = ?, previous = ?, hash = ? WHERE seq = ?",
                (row["account"], previous, stated, row["seq"]),
            )
            previous = stated
        database.execute("UPDATE audit_heads SET hash = ?", (previous,))
        database.commit()
    lock_again(home)


BOOKS = {
    "an explanation": "UPDATE decisions SET explanation = 'as agreed' WHERE id = 1",
    "a fact": "UPDATE decisions SET facts = replace(facts, 'true', 'false') WHERE id = 1",
    "a name": "UPDATE decisions SET decided_by = 'Ben' WHERE decided_by = 'Ann'",
    "a memo": "UPDATE entries SET memo = 'corrected' WHERE id = 1",
    "a date": "UPDATE entries SET date = '2026-01-01' WHERE id = 2",
    "an amount, on both sides": "UPDATE postings SET cents = cents * 2 WHERE entry_id = 1",
    "a line": "UPDATE postings SET line = 9 WHERE entry_id = 1 AND line IS NOT NULL",
    "what the payer wrote": "UPDATE claim_payments SET source = replace(source, 'D0120', 'D0150') WHERE id = 1",
    "what the payer paid": "UPDATE claim_payments SET paid_cents = 9100 WHERE id = 1",
    "a trace number": "UPDATE payments SET trace_number = 'T9' WHERE id = 1",
    "a decision that is gone": "DELETE FROM decisions WHERE id = (SELECT max(id) FROM decisions)",
}


@pytest.mark.parametrize("change", BOOKS.values(), ids=BOOKS)
def test_books_that_are_not_what_the_last_act_left_are_found(acted: PracticeHome, change: str) -> None:
    pick_the_locks(acted)
    acted.change(change)
    lock_again(acted)
    told = refused(acted)
    assert "The books' record of payment " in told
    assert "1 problem in " in told


@pytest.mark.parametrize(
    "change",
    ["UPDATE settings_texts SET text = text || ' '", "DELETE FROM settings_texts WHERE version = 1"],
    ids=["changed", "deleted"],
)
def test_a_version_of_the_settings_that_is_not_what_was_kept_is_found(acted: PracticeHome, change: str) -> None:
    assert acted.era("audit", "verify").code == 0
    pick_the_locks(acted)
    acted.change(change)
    lock_again(acted)
    found = acted.era("audit", "verify")
    assert found.code == 1
    assert "version 1 of its settings is not what was kept." in found.out


def test_a_payment_nobody_brought_there_is_found(acted: PracticeHome) -> None:
    columns = "first_segment, originator, trace_number, payment_date, payment_cents, method, payer, payee_ids"
    columns += ", separators, claims_paid_cents, findings"
    acted.change(
        f"INSERT INTO payments (id, file_id, fingerprint, {columns})"
        f" SELECT 99, file_id, 'forged', {columns} FROM payments WHERE id = 1"
    )
    assert "Payment 99 is in the books, but no act in the audit log put it there." in refused(acted)


# the end of the log that the home remembers


def test_a_log_shorter_than_the_home_remembers_is_told_by_whatever_opens_it(acted: PracticeHome) -> None:
    pick_the_locks(acted)
    acted.change(*CHANGES["rows cut off the end, and the end moved"])
    remembered = (acted.root / ".audit-head").read_text()
    ended = acted.era("run")
    assert ended.code == 1
    assert "of the audit log, which this home remembers, is gone" in ended.err
    assert "Remedy: " in ended.err
    assert (acted.root / ".audit-head").read_text() == remembered  # the proof is not written over


def test_a_home_that_remembers_less_than_the_log_holds_is_in_order(acted: PracticeHome) -> None:
    """A run that is killed after its last commit has not told the home."""
    remembered = (acted.root / ".audit-head").read_text()
    acted.run()
    (acted.root / ".audit-head").write_text(remembered)
    proven(acted)


def test_a_first_run_that_is_killed_has_told_the_home_that_nothing_was_done_before(sqlite_home: PracticeHome) -> None:
    sqlite_home.receive(remittance("90", claim("C1")))
    assert killed_at(4, "run", "--home", sqlite_home.root, named=("after commit",))
    proven(sqlite_home)


def test_an_end_of_the_log_that_was_deleted_from_the_home_is_told(acted: PracticeHome) -> None:
    remembered = acted.root / ".audit-head"
    remembered.unlink()
    told = refused(acted)
    assert f"✘ {remembered} is missing. Without it, rows missing from the end of the log go unnoticed." in told
    assert "(--expect SEQ:HASH). The next `era run` remembers the end again." in told
    assert acted.era("run").code == 0
    proven(acted)


def test_an_identity_that_was_deleted_from_the_home_is_told_and_no_other_one_made(acted: PracticeHome) -> None:
    file = acted.root / ".home-id"
    practice = file.read_text()
    file.unlink()
    for command in (["audit", "verify"], ["verify"], ["run"], ["todo"]):
        ended = acted.era(*command)
        assert (ended.code, ended.out) == (1, ""), command
        assert f"Error: {file} is missing. This home uses it to recognize its own books." in ended.err
        assert f"Remedy: Write it again: printf %s {practice} > {file}" in ended.err
    assert not file.exists()


def test_a_trigger_that_is_dropped_or_does_nothing_is_told_with_what_puts_it_back(acted: PracticeHome) -> None:
    pick = {
        "sqlite": [
            "DROP TRIGGER entries_no_update",
            "DROP TRIGGER decisions_no_delete",
            "CREATE TRIGGER decisions_no_delete BEFORE DELETE ON decisions BEGIN SELECT 1; END",
        ],
        "postgresql": [
            "DROP FUNCTION entries_append_only() CASCADE",
            "ALTER TABLE decisions DISABLE TRIGGER decisions_append_only",
        ],
    }
    acted.change(*pick[database_kind(acted)])
    told = [line for line in refused(acted).splitlines() if line.startswith("✘ ")]
    assert len(told) == 2
    names = {
        "sqlite": ["decisions_no_delete", "entries_no_update"],
        "postgresql": ["decisions_append_only", "entries_append_only"],
    }
    for line, name in zip(told, names[database_kind(acted)], strict=True):
        told_of, _, statements = line.partition(" Restore it with the database's own tool: ")
        assert told_of.startswith(f"✘ Trigger {name}, which protects {name.partition('_')[0]} from changes,")
        carry_out(acted, statements)
    proven(acted)
    for statement in ("UPDATE entries SET memo = 'x'", "DELETE FROM decisions"):
        with pytest.raises(DBAPIError, match="are append-only"):
            acted.change(statement)


def carry_out(home: PracticeHome, script: str) -> None:
    """Type statements into the database's own tool."""
    if database_kind(home) == "postgresql":
        with psycopg.connect(home.url.replace("+psycopg", "")) as database:
            database.execute(script)  # type: ignore[arg-type]
        return
    with closing(sqlite3.connect(home.url.removeprefix("sqlite:///"))) as database:
        database.executescript(script)


def test_a_place_that_is_none_is_refused(acted: PracticeHome) -> None:
    for wrong in ("", "7", "x:" + "0" * 64, "7:abc", f"{'9' * 30}:{'0' * 64}"):
        assert acted.era("audit", "verify", "--expect", wrong).code == 2
    assert "which was expected" in refused(acted, "--expect", "9999:" + "0" * 64)


# several practices


def test_each_practice_has_its_own_chain_and_a_payment_stays_with_the_one_that_read_it(
    postgresql_url: str, tmp_path: Path
) -> None:
    first, second = (make_practice(tmp_path / name, postgresql_url) for name in ("first", "second"))
    first.expect(expects("C1", "100"))
    first.run(remittance("90", claim("C1")))
    second.run(remittance("50", claim("C9", paid="50", write_off="70"), trace="EFT0009"))
    assert second.era("post", "EFT0001", "C1", "--by", "Ann").code == 0
    assert [each["by"] for each in acts(first)][-1] == "Ann"
    assert {each["office"] for each in acts(first)}.isdisjoint(each["office"] for each in acts(second))
    for home in (first, second):
        assert "on 2 payments" in proven(home)
