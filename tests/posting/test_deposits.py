"""Money and remittances side by side, through the commands: `era import bank`, `era deposits`, deposit-not-received."""

import csv
import io
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from nacha_text import Records, batch, entry, nacha
from practices import Ended, PracticeHome, Record, expects, make_practice, remittance
from remittance_text import bare_claim, claim
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from era_engine.foundation.clock import today
from era_engine.store.database import Database
from era_engine.store.insurance.deposits import deposit_received

REQUIRED = {"deposits.required": True}


def bank(home: PracticeHome, *batches: Records, name: str = "statement.ach") -> Ended:
    """Import a NACHA file of these batches."""
    return bank_text(home, nacha(*batches), name)


def bank_text(home: PracticeHome, text: str, name: str = "statement.csv") -> Ended:
    file = home.root / name
    file.write_text(text, encoding="utf-8")
    return home.era("import", "bank", file)


def deposits(home: PracticeHome, *arguments: str) -> list[Record]:
    ended = home.era("deposits", "--format=json", *arguments)
    assert ended.code == 0, ended
    return ended.records


def told(home: PracticeHome, *arguments: str) -> list[tuple[str, str | None, str | None, int | None, int | None]]:
    return [
        (each["status"], each["reason"], each["trace_number"], each["deposit_cents"], each["payment_cents"])
        for each in deposits(home, *arguments)
    ]


def received(home: PracticeHome, payment_id: int) -> bool | None:
    with closing(Database(home.url)) as database, database.writing() as connection:
        return deposit_received(connection, payment_id)


# era import bank


@pytest.mark.both_databases
def test_a_file_is_imported_and_what_is_passed_over_is_told(home: PracticeHome) -> None:
    ended = bank(
        home,
        batch(entry("90"), entry("45", None, 2), entry("0", code="23", number=3), entry("10", "T4", 4, code="27")),
        batch(entry("1200", None, 5), description="PAYROLL", sec="PPD", company="ROE SECRETIA", number=2),
    )
    assert ended.code == 0
    assert ended.out.splitlines() == [
        f"{home.root}/statement.ach: 3 deposits added, 0 already known, 2 skipped.",
        "  not a health care claim payment: 1",
        "  without money: 1",
        "  deposits without a trace number, which match no ERA: 1",
        "  negative deposits (money that went back to the payer): 1",
    ]
    everything = ended.out + ended.err + home.era("deposits").out + str(home.rows("SELECT * FROM deposits"))
    assert "SECRETIA" not in everything


def test_the_same_money_told_again_adds_nothing(home: PracticeHome) -> None:
    monday = batch(entry("90"))
    tuesday = batch(entry("45", "T2", 2), day="261103", number=2)
    assert "1 deposit added, 0 already known" in bank(home, monday).out
    assert "0 deposits added, 1 already known" in bank(home, monday, name="renamed.ach").out
    assert "1 deposit added, 1 already known" in bank(home, monday, tuesday).out
    week = nacha(monday) + nacha(monday, tuesday)
    assert "0 deposits added, 3 already known" in bank_text(home, week, "week.ach").out
    rows = "2026-11-02,5.00,77\n2026-11-02,5.00,77\n"
    assert "2 deposits added, 0 already known" in bank_text(home, "date,amount,trace\n" + rows).out
    assert "1 deposit added, 2 already known" in bank_text(home, "date,amount,trace\n" + rows + "2026-11-03,5,77\n").out
    assert home.rows("SELECT cents, source FROM deposits ORDER BY id") == [
        (9000, "statement.ach, line 3"),
        (4500, "statement.ach, line 7"),
        (500, "statement.csv, line 2"),
        (500, "statement.csv, line 3"),
        (500, "statement.csv, line 4"),
    ]


def test_a_file_is_taken_whole_or_not_at_all(home: PracticeHome) -> None:
    text = nacha(batch(entry("90"), entry("45", "T2", 2)))
    refused = bank_text(home, text.replace("0000004500", "0000004501"))
    assert (refused.code, refused.out) == (2, "")
    assert "line 7, positions 33-44: the total of credits in cents is 13500, the records give 13501." in refused.err
    assert deposits(home) == []


# era deposits


def test_money_and_remittance_match_by_trace_amount_and_date(home: PracticeHome) -> None:
    home.expect(expects("C1"))
    home.run(remittance("90", claim("C1"), date="20261110"))
    bank(home, batch(entry("90"), day="261116"))  # Veterans Day and a weekend between
    (record,) = deposits(home)
    assert record == {
        "status": "matched",
        "reason": None,
        "trace_number": "EFT0001",
        "payer": "DELTA DENTAL",
        "originator": "1999999999",
        "deposit_date": "2026-11-16",
        "deposit_cents": 9000,
        "payment_date": "2026-11-10",
        "payment_cents": 9000,
        "off_by_cents": 0,
        "business_days_apart": 3,
        "age_days": None,
        "payment_id": 1,
        "file": "001.835",
        "deposit_id": 1,
        "deposit_source": "statement.ach, line 3",
    }
    assert home.verified()


def test_what_does_not_match_is_told_with_its_difference(home: PracticeHome) -> None:
    home.run(
        remittance("90", claim("C1"), trace="CENT"),
        remittance("90", claim("C2"), trace="LATE"),
        remittance("90", claim("C3"), trace="ALONE"),
        remittance("0", bare_claim("C4", "120", "0", "CAS*PR*1*120"), trace="ZERO", method="NON"),
        remittance("90", claim("C5"), trace="00778899", method="CHK"),
    )
    bank(home, batch(entry("89.99", "CENT"), entry("33", "MORE", 2)), batch(entry("90", "LATE", 3), day="261113"))
    bank_text(home, "date,amount,trace\n11/02/2026,90.00,778899\n")
    assert told(home, "--status=matched") == [("matched", None, "00778899", 9000, 9000)]
    assert told(home, "--status=off") == [
        ("off", "amount-differs", "CENT", 8999, 9000),
        ("off", "days-apart", "LATE", 9000, 9000),
    ]
    assert [each["off_by_cents"] for each in deposits(home, "--status=off")] == [-1, 0]
    assert [each["business_days_apart"] for each in deposits(home, "--status=off")] == [1, 9]
    assert told(home, "--status=waiting") == [
        ("waiting", "no-deposit", "ALONE", None, 9000),
        ("waiting", "no-remittance", "MORE", 3300, None),
    ]
    assert len(deposits(home, "--status=all")) == len(deposits(home)) == 5


def test_the_age_of_what_waits_is_in_calendar_days(home: PracticeHome) -> None:
    ten_days_ago = today() - timedelta(10)
    home.run(remittance("90", claim("C1"), date=f"{ten_days_ago:%Y%m%d}"))
    bank_text(home, f"date,amount,trace\n{today() - timedelta(4)},5.00,OTHER\n")
    assert [(each["trace_number"], each["age_days"]) for each in deposits(home)] == [("EFT0001", 10), ("OTHER", 4)]


def test_the_table_pictures_each_kind_with_its_total(home: PracticeHome) -> None:
    home.run(
        remittance("90", claim("C1"), trace="T1"),
        remittance("90", claim("C2"), trace="T2"),
        remittance("90", claim("C3"), trace="T3"),
    )
    bank(home, batch(entry("90", "T1"), entry("89.99", "T2", 2), entry("1234.56", "T4", 3)))
    out = home.era("deposits").out
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[:7] == [
        "✔ Matched: 1, $90.00",
        "trace payer deposited ERA date days apart deposit",
        "T1 DELTA DENTAL 2026-11-02 2026-11-01 1 $90.00",
        "",
        "⚠ Do not match: 1, $89.99",
        "trace payer deposited ERA date days apart deposit ERA off by why",
        "T2 DELTA DENTAL 2026-11-02 2026-11-01 1 $89.99 $90.00 -$0.01 the amounts differ",
    ]
    assert "⚠ ERAs without a deposit: 1, $90.00" in lines
    assert "⚠ Deposits without an ERA: 1, $1,234.56" in lines
    assert lines[-1] == "Deposits $1,414.55, ERAs $270.00."
    assert home.era("deposits", "--status=matched").out.startswith("✔ Matched: 1, $90.00\n")


def test_without_anything_it_says_so(sqlite_home: PracticeHome) -> None:
    assert sqlite_home.era("deposits").out == "Nothing to show.\n"
    assert deposits(sqlite_home) == []


def test_the_csv_has_the_fields_of_the_json(sqlite_home: PracticeHome) -> None:
    bank(sqlite_home, batch(entry("90")))
    (row,) = csv.DictReader(io.StringIO(sqlite_home.era("deposits", "--format=csv").out))
    (record,) = deposits(sqlite_home)
    assert list(row) == list(record)
    assert (row["deposit_cents"], row["payment_cents"]) == ("9000", "")


# whether the money of one payment is there


@pytest.mark.parametrize(
    ("trace", "amount", "day", "there"),
    [
        ("EFT0001", "90", "261102", True),
        ("00EFT0001", "90", "261102", True),
        ("eft0001", "90", "261102", True),
        ("EFT0001", "90.01", "261102", False),
        ("EFT0001", "90", "261106", False),
        ("EFT0002", "90", "261102", False),
    ],
)
def test_a_payment_asks_for_its_own_money(home: PracticeHome, trace: str, amount: str, day: str, there: bool) -> None:
    home.run(remittance("90", claim("C1")))
    assert received(home, 1) is False
    bank(home, batch(entry(amount, trace), day=day))
    assert received(home, 1) is there
    assert (deposits(home)[0]["status"] == "matched") is there


def test_a_payment_of_nothing_asks_for_none(home: PracticeHome) -> None:
    home.run(remittance("0", bare_claim("C1", "120", "0", "CAS*PR*1*120"), method="NON"))
    assert received(home, 1) is None


def test_two_payments_do_not_share_one_deposit(home: PracticeHome) -> None:
    home.run(remittance("90", claim("C1")), remittance("90", claim("C2"), date="20261102"))
    bank(home, batch(entry("90")))
    assert (received(home, 1), received(home, 2)) == (True, False)
    bank(home, batch(entry("90", number=9)))
    assert (received(home, 1), received(home, 2)) == (True, True)


def test_money_taken_back_is_not_there(home: PracticeHome) -> None:
    home.run(remittance("90", claim("C1")))
    bank(home, batch(entry("90")))
    bank(home, batch(entry("90", code="27", number=2), day="261104", description="REVERSAL"))
    assert received(home, 1) is False
    assert told(home, "--status=waiting") == [("waiting", "taken-back", "EFT0001", None, 9000)]
    assert [each["deposit_cents"] for each in deposits(home, "--status=off")] == [9000, -9000]


# the hold deposit-not-received


def outcomes(records: list[Record]) -> list[tuple[str, str, list[str]]]:
    return [(each["claim_number"], each["outcome"], each["holds"]) for each in records]


@pytest.mark.both_databases
def test_a_payment_waits_for_its_money_and_the_next_run_posts_it(home: PracticeHome) -> None:
    home.set(REQUIRED)
    home.expect(expects("C1"), expects("C2"))
    held = home.run(remittance("180", claim("C1"), claim("C2")))
    assert outcomes(held) == [("C1", "manual", ["deposit-not-received"]), ("C2", "manual", ["deposit-not-received"])]
    assert home.posted() == {}
    bank(home, batch(entry("179.99")))
    assert home.run() == []
    bank(home, batch(entry("180", number=2)))
    assert outcomes(home.run()) == [("C1", "post", []), ("C2", "post", [])]
    assert home.posted() == {
        "insurance_deposits": 18000,
        "contracted_write_offs": 6000,
        "accounts_receivable": -24000,
    }
    assert home.run() == []
    assert home.verified()


def test_money_that_came_first_lets_the_payment_post_at_once(home: PracticeHome) -> None:
    home.set(REQUIRED)
    home.expect(expects("C1"))
    bank(home, batch(entry("90"), day="261030"))
    assert outcomes(home.run(remittance("90", claim("C1")))) == [("C1", "post", [])]


def test_unless_it_is_required_nothing_waits_for_money(home: PracticeHome) -> None:
    home.expect(expects("C1"))
    assert outcomes(home.run(remittance("90", claim("C1")))) == [("C1", "post", [])]


def test_a_posted_payment_keeps_its_deposit_from_a_later_one(home: PracticeHome) -> None:
    home.set(REQUIRED)
    home.expect(expects("C1"), expects("C2"))
    bank(home, batch(entry("90")))
    assert outcomes(home.run(remittance("90", claim("C1"), trace="00EFT0001"))) == [("C1", "post", [])]
    later = home.run(remittance("90", claim("C2"), date="20261102"))
    assert outcomes(later) == [("C2", "manual", ["deposit-not-received"])]
    assert home.posted()["insurance_deposits"] == 9000


@contextmanager
def without_patience(database: Database) -> Iterator[Connection]:
    with database.writing() as connection:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '100ms'")
        yield connection


def test_one_deposit_is_asked_for_by_one_transaction_at_a_time(postgresql_url: str, tmp_path: Path) -> None:
    home = make_practice(tmp_path / "home", postgresql_url)
    home.run(remittance("90", claim("C1")))
    bank(home, batch(entry("90")))
    with closing(Database(home.url)) as database, database.writing() as one:
        assert deposit_received(one, 1) is True
        with pytest.raises(OperationalError, match="lock timeout"), without_patience(database) as other:
            deposit_received(other, 1)


def test_a_deposit_that_released_a_payment_releases_no_other_in_whatever_letters(home: PracticeHome) -> None:
    home.set(REQUIRED)
    home.expect(expects("C1"), expects("C2"))
    bank(home, batch(entry("90", "ABC123")))
    assert outcomes(home.run(remittance("90", claim("C1"), trace="00Abc123"))) == [("C1", "post", [])]
    later = home.run(remittance("90", claim("C2"), trace="ABC123"))
    assert outcomes(later) == [("C2", "manual", ["deposit-not-received"])]
    assert [each["status"] for each in deposits(home)] == ["matched", "waiting"]


def test_however_many_zeros_the_bank_wrote_both_look_at_the_same_money(home: PracticeHome) -> None:
    home.run(remittance("90", claim("C1"), trace="77"))
    bank_text(home, f"date,amount,trace\n2026-11-02,90.00,{'0' * 70}77\n")
    assert received(home, 1) is True
    assert told(home) == [("matched", None, "77", 9000, 9000)]


def test_another_payers_money_releases_nothing(home: PracticeHome) -> None:
    home.set(REQUIRED)
    home.expect(expects("C1"))
    bank(home, batch(entry("90", originator="1888888888")))
    held = home.run(remittance("90", claim("C1")))
    assert outcomes(held) == [("C1", "manual", ["deposit-not-received"])]
    assert told(home) == [("off", "originator-differs", "EFT0001", 9000, 9000)]
    assert "another originator" in home.era("deposits").out
    bank_text(home, "date,amount,trace\n2026-11-02,90.00,EFT0001\n")  # a CSV that names none
    assert outcomes(home.run()) == [("C1", "post", [])]


def test_money_that_is_a_cent_off_is_told_where_the_claim_waits_for_it(home: PracticeHome) -> None:
    """Another import would not bring it, and was all that was told."""
    home.set(REQUIRED)
    home.expect(expects("C1"), expects("C2"), expects("C3"))
    home.run(remittance("180", claim("C1"), claim("C2")), remittance("90", claim("C3"), trace="EFT0002"))

    def next_steps() -> dict[str, str]:
        return {each["claim_number"]: each["command"] for each in home.records("todo")}

    assert next_steps() == dict.fromkeys(("C1", "C2", "C3"), "era import bank FILE")
    bank_text(home, "date,amount,trace\n2026-11-02,179.99,EFT0001\n")
    home.run()
    assert next_steps() == {"C1": "era deposits", "C2": "era deposits", "C3": "era import bank FILE"}
    shown = "The bank shows a deposit of $179.99 on 2026-11-02, off by -$0.01: the amounts differ."
    assert [each["explanation"].endswith(shown) for each in home.records("todo")] == [True, True, False]
    assert home.era("todo").out.count(f"  EFT0001: {shown}\n") == 1
    assert f"{shown} `era deposits` shows both" in home.era("explain", "C1").out
    assert "The bank shows" not in home.era("explain", "C3").out
    bank_text(home, "date,amount,trace\n2026-11-02,180.00,EFT0001\n", "corrected.csv")
    assert outcomes(home.run()) == [("C1", "post", []), ("C2", "post", [])]


def test_of_two_versions_of_a_payment_one_waits_for_its_money(home: PracticeHome) -> None:
    home.expect(expects("C1"), expects("C2", "100"))
    home.run(remittance("90", claim("C1"), trace="T1"))
    home.run(remittance("90", claim("C1", payer_claim_number="ICN2"), trace="T1"))
    home.run(remittance("90", claim("C2"), trace="T2"), remittance("90", claim("C2", status="2"), trace="T2"))
    assert [(each["payment_id"], each["trace_number"]) for each in deposits(home)] == [(1, "T1"), (3, "T2")]
    assert "ERAs without a deposit: 2, $180.00" in home.era("deposits").out
    assert home.era("post", "id:4", "C2", "--line", "1=90", "--by", "Ann").code == 0
    bank_text(home, "date,amount,trace\n2026-11-02,90.00,T2\n")
    assert [(each["payment_id"], each["status"]) for each in deposits(home)] == [(1, "waiting"), (4, "matched")]


def test_a_deposit_dated_in_the_future_releases_nothing_before_its_day(home: PracticeHome) -> None:
    home.set(REQUIRED)
    home.expect(expects("C1"))
    tomorrow = today() + timedelta(1)
    bank_text(home, f"date,amount,trace\n{tomorrow},90.00,EFT0001\n{tomorrow},5.00,OTHER\n{today()},7.00,T3\n")
    held = home.run(remittance("90", claim("C1"), date=f"{today() + timedelta(2):%Y%m%d}"))
    assert outcomes(held) == [("C1", "manual", ["deposit-not-received"])]
    assert {(each["reason"], each["trace_number"], each["status"], each["age_days"]) for each in deposits(home)} == {
        ("not-yet-there", "EFT0001", "waiting", 0),
        ("no-remittance", "OTHER", "waiting", 0),
        ("no-remittance", "T3", "waiting", 0),
    }
    out = home.era("deposits").out
    assert "⚠ Deposits dated in the future: 1, $90.00" in out
    assert "Deposits $7.00, ERAs $90.00; $95.00 is dated in the future." in out
    home.change(f"UPDATE deposits SET date = '{today()}'")
    assert outcomes(home.run()) == [("C1", "post", [])]


def test_what_is_dated_in_the_future_has_no_age(home: PracticeHome) -> None:
    home.run(remittance("90", date=f"{today() + timedelta(2):%Y%m%d}", after=["PLB*1*20261231*ZZ:X1*-90"]))
    home.run(remittance("90", trace="T2", date=f"{today() + timedelta(2):%Y%m%d}"))
    for command in ("deposits", "provider-adjustments", "todo"):
        assert {each["age_days"] for each in home.records(command)} == {0}, command


WITH_PAYER = "date,amount,trace,payer,originator\n"


def test_rows_that_differ_in_payer_or_originator_are_different_money(home: PracticeHome) -> None:
    bank_text(home, WITH_PAYER + "2026-11-02,90.00,77,DELTA DENTAL,1999999999\n", "one.csv")
    for row in ("2026-11-02,90.00,77,METLIFE,1999999999", "2026-11-02,90.00,77,DELTA DENTAL,1888888888"):
        assert "1 deposit added, 0 already known" in bank_text(home, f"{WITH_PAYER}{row}\n", "two.csv").out
        assert "0 deposits added, 1 already known" in bank_text(home, f"{WITH_PAYER}{row}\n", "three.csv").out
    rows = "2026-11-02,5.00,,Delta Dental,\n2026-11-02,5.00,,MetLife,\n2026-11-02,5.00,,MetLife,\n"
    assert "3 deposits added, 0 already known" in bank_text(home, WITH_PAYER + rows).out
    in_other_order = "2026-11-02,5,,METLIFE,\n2026-11-02,5,,Delta  Dental,\n2026-11-02,5,,metlife,\n"
    assert "0 deposits added, 3 already known" in bank_text(home, WITH_PAYER + in_other_order).out
    assert "1 deposit added, 0 already known" in bank_text(home, WITH_PAYER + "2026-11-02,5.00,,Aetna,\n").out


def test_what_is_like_money_loaded_before_but_for_the_payer_is_told(home: PracticeHome) -> None:
    """It may be the same money, told with more or with less: nothing is dropped, and a person may look."""
    bank_text(home, "date,amount,trace\n2026-11-02,90.00,77\n")
    ended = bank_text(home, WITH_PAYER + "2026-11-02,90.00,77,DELTA DENTAL,\n2026-11-02,91.00,77,DELTA DENTAL,\n")
    assert ended.out.splitlines()[1:] == [
        "  deposits that differ from an earlier one only in payer or originator (perhaps a duplicate): 1"
    ]
    assert "perhaps the same money" not in bank_text(home, WITH_PAYER + "2026-11-02,90.00,77,DELTA DENTAL,\n").out


def by_the_first_version(number: int) -> str:
    """What the identity of a row of these was before payer and originator were part of it."""
    return sha256(json.dumps(["csv", "2026-11-02", "9000", "77", number]).encode()).hexdigest()


def test_rows_loaded_before_their_payer_counted_are_known_again(home: PracticeHome) -> None:
    for number, payer in enumerate(("DELTA DENTAL", "METLIFE", "METLIFE"), start=1):
        home.change(
            "INSERT INTO deposits (date, cents, trace_number, payer, identity, source, imported_at) VALUES"
            f" ('2026-11-02', 9000, '77', '{payer}', '{by_the_first_version(number)}', 'old.csv', '2026-11-02')"
        )
    rows = [f"2026-11-02,90.00,77,{payer},\n" for payer in ("METLIFE", "DELTA DENTAL", "METLIFE", "METLIFE", "AETNA")]
    assert "0 deposits added, 3 already known" in bank_text(home, WITH_PAYER + "".join(rows[:3])).out
    assert "2 deposits added, 3 already known" in bank_text(home, WITH_PAYER + "".join(rows)).out
    assert "0 deposits added, 5 already known" in bank_text(home, WITH_PAYER + "".join(reversed(rows))).out
    assert len(home.rows("SELECT id FROM deposits")) == 5
