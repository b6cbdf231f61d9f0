"""What was decided can be asked in every way: the log, one claim explained, the ledger, payments received."""

import csv
import io
import shutil
from pathlib import Path

import pytest
from offices import BOTH_POSTED, Record, TestedHome, expects, make_tested_home, remittance
from remittance_text import claim

from era_engine.shipped import shipped

SHORT = "single-plan-below-minimum-write-offs-on"


@pytest.fixture
def week(home: TestedHome) -> TestedHome:
    """C1 posted, C2 ten dollars short, C3 for another patient: two payers, two offices, one quick-post."""
    home.expect(
        expects("C1", patient="P1"),
        expects("C2", "100", patient="P2", location="MFD"),
        expects("C3", patient="P3", location="MFD", last_name="Roe"),
    )
    home.run(remittance("180", claim("C1"), claim("C2"), trace="T1"))
    home.run(remittance("90", claim("C3"), trace="T2").replace("DELTA DENTAL", "MetLife 100%_"))
    home.era("quick-post", "T1", "--claim", "C2")
    return home


def claims(records: list[Record]) -> str:
    return " ".join(f"{each['claim_number']}:{each['outcome']}:{each['mode']}" for each in records)


# the log


EVERYTHING = "C1:post:auto C2:manual:auto C3:manual:auto C2:post:quick"
FILTERS = {
    (): EVERYTHING,
    ("--outcome=post",): "C1:post:auto C2:post:quick",
    ("--outcome=manual",): "C2:manual:auto C3:manual:auto",
    (f"--rule={BOTH_POSTED}",): "C1:post:auto C2:post:quick",
    (f"--rule={SHORT}",): "C2:manual:auto",
    ("--hold=patient-mismatch",): "C3:manual:auto",
    ("--hold=denied",): "",
    ("--open",): "C3:manual:auto",
    ("--trace=T2",): "C3:manual:auto",
    ("--trace=T",): "",
    ("--claim=C2",): "C2:manual:auto C2:post:quick",
    ("--claim=c2",): "",
    ("--payer=delta",): "C1:post:auto C2:manual:auto C2:post:quick",
    ("--payer=METLIFE",): "C3:manual:auto",
    ("--payer=100%_",): "C3:manual:auto",
    ("--payer=1%_",): "",
    ("--location=MFD",): "C2:manual:auto C3:manual:auto C2:post:quick",
    ("--patient=P1",): "C1:post:auto",
    ("--since=2000-01-01", "--until=2999-12-31"): EVERYTHING,
    ("--since=2999-12-31",): "",
    ("--until=2000-01-01",): "",
    ("--location=MFD", "--outcome=post"): "C2:post:quick",
    ("--location=MFD", "--outcome=post", "--patient=P1"): "",
}


def test_the_log_answers_every_filter(week: TestedHome) -> None:
    assert {filters: claims(week.records("log", *filters)) for filters in FILTERS} == FILTERS


def test_the_days_of_the_log_are_inclusive(week: TestedHome) -> None:
    log = week.records("log")
    first, last = log[0]["decided_at"][:10], log[-1]["decided_at"][:10]
    assert week.records("log", "--since", first, "--until", last) == log


def test_a_rule_or_hold_that_never_was_is_refused_rather_than_never_found(week: TestedHome) -> None:
    for filters in (["--hold=mismatch"], ["--hold=%"], ["--rule=patient-mismatch"]):
        refused = week.era("log", *filters)
        assert (refused.code, refused.out) == (2, "")


def test_the_log_takes_a_payments_id_where_several_share_a_trace_number(week: TestedHome) -> None:
    [second] = week.records("log", "--trace", "T2")
    by_id = {each["trace_number"]: str(each["payment_id"]) for each in week.records("eras")}
    assert week.records("log", "--trace", by_id["T2"]) == [second]
    assert week.records("log", "--trace", "99999999999999999999") == []


@pytest.mark.parametrize("filters", [["--since=yesterday"], ["--until=2026-02-30"], ["--outcome=posted"], ["--rule"]])
def test_a_filter_that_makes_no_sense_is_refused(sqlite_home: TestedHome, filters: list[str]) -> None:
    assert sqlite_home.era("log", *filters).code == 2


KEYS = """
    decision_id decided_at mode dry_run file trace_number payer payment_date claim_number payer_claim_number
    claim_status patient_id location outcome rule holds indicators patient_icon hover page_message claim_alert
    charge_cents paid_cents expected_cents minimum_percent minimum_cents write_off_cents patient_responsibility_cents
    plan_count explanation ruleset settings
"""


def test_a_record_of_the_log_is_the_contract(week: TestedHome) -> None:
    [record] = week.records("log", "--claim", "C1")
    assert list(record) == KEYS.split()
    lasting = {key: value for key, value in record.items() if key not in ("decision_id", "decided_at")}
    assert lasting.pop("ruleset").startswith("sha256:")
    assert lasting.pop("settings").startswith("sha256:")
    assert lasting == {
        "mode": "auto",
        "dry_run": False,
        "file": "001.835",
        "trace_number": "T1",
        "payer": "DELTA DENTAL",
        "payment_date": "2026-11-01",
        "claim_number": "C1",
        "payer_claim_number": "ICN1",
        "claim_status": "1",
        "patient_id": "P1",
        "location": "LPFD",
        "outcome": "post",
        "rule": BOTH_POSTED,
        "holds": [],
        "indicators": "posted",
        "patient_icon": "success",
        "hover": "Payment successfully posted",
        "page_message": "success",
        "claim_alert": False,
        "charge_cents": 12_000,
        "paid_cents": 9_000,
        "expected_cents": 9_000,
        "minimum_percent": "95",
        "minimum_cents": 8_550,
        "write_off_cents": 3_000,
        "patient_responsibility_cents": None,
        "plan_count": 1,
        "explanation": "Posted $90.00 and wrote off $30.00: the payment is at least 95 % ($85.50) of the $90.00"
        " expected.",
    }


def test_what_is_not_known_is_null_and_never_zero(home: TestedHome) -> None:
    text = remittance("90", claim("C9", responsibility="1,00")).replace("*120*90*", "*1O0*90*")
    [record] = home.run(text)
    unknown = ("patient_id", "location", "charge_cents", "expected_cents", "minimum_cents", "plan_count", "rule")
    assert {key: record[key] for key in unknown} == dict.fromkeys(unknown)
    assert record["patient_responsibility_cents"] is None
    assert set(record["holds"]) >= {"no-matching-claim", "malformed-amount"}


# CSV


def csv_rows(home: TestedHome, *arguments: str) -> list[dict[str, str]]:
    ended = home.era(*arguments, "--format", "csv")
    assert ended.code == 0
    return list(csv.DictReader(io.StringIO(ended.out, newline="")))


def test_the_log_as_csv_has_the_same_columns_and_rows(week: TestedHome) -> None:
    rows, records = csv_rows(week, "log"), week.records("log")
    assert [list(row) for row in rows] == [list(record) for record in records]
    assert [row["claim_number"] for row in rows] == [record["claim_number"] for record in records]
    assert rows[2]["holds"] == "patient-mismatch"
    assert rows[2]["rule"] == ""
    assert rows[0]["paid_cents"] == "9000"


@pytest.mark.parametrize("begin", ["=", "+", "-", "@"])
def test_a_spreadsheet_takes_no_cell_for_a_formula(sqlite_home: TestedHome, begin: str) -> None:
    home = sqlite_home
    formula = f'{begin}HYPERLINK("http://x","y")'
    home.expect(expects(formula, patient=formula, location=formula))
    home.run(remittance("90", claim(formula, payer_claim_number=formula), trace=formula).replace("DELTA", formula))
    for report in (["log"], ["ledger"], ["eras"]):
        [row, *_] = csv_rows(home, *report)
        assert [value for value in row.values() if value.startswith(begin)] == []
        assert "'" + formula in row.values()


def test_negative_amounts_stay_numbers_in_csv(home: TestedHome) -> None:
    home.expect(expects("C1"))
    home.run(remittance("90", claim("C1")))
    assert {row["cents"] for row in csv_rows(home, "ledger")} == {"9000", "-9000", "3000", "-3000"}


# one claim explained


def test_a_post_is_explained_with_its_margin(week: TestedHome) -> None:
    text = week.era("explain", "C1").out
    assert "✔ posted (auto mode, " in text
    assert "Posted $90.00 and wrote off $30.00" in text
    assert "$4.50 above the minimum" in text
    assert f"▶ {BOTH_POSTED}: post" in text
    [record] = week.records("explain", "C1")
    explained = record["explained"]
    assert (record["outcome"], explained["outcome"], explained["rule"]) == ("post", "post", BOTH_POSTED)
    assert [rule["id"] for rule in explained["rules"] if rule["fired"]] == [BOTH_POSTED]
    assert explained["margin"] == "$4.50 above the minimum"


def test_a_short_payment_is_explained_by_what_was_missing(home: TestedHome) -> None:
    home.expect(expects("C1", "100"))
    home.run(remittance("90.80", claim("C1", paid="90.80", write_off="29.20")))
    text = home.era("explain", "C1").out
    assert "⚠ left to a person (auto mode, " in text
    assert "$4.20 short of 95 %" in text
    explained = home.records("explain", "C1")[0]["explained"]
    [fired] = [rule for rule in explained["rules"] if rule["fired"]]
    assert fired["id"] == SHORT
    conditions = {each["fact"]: (each["wanted_words"], each["actual_words"]) for each in fired["conditions"]}
    assert conditions["paid_cents"] == ("less than $95.00", "$90.80")
    assert {each["result"] for each in fired["conditions"]} == {"pass"}
    assert [each["fact"] for each in explained["changes"]] == ["paid_cents"]


def test_a_hold_is_explained_by_what_to_do(week: TestedHome) -> None:
    text = week.era("explain", "C3").out
    assert "▶ patient-mismatch: hold" in text
    assert "▶ denied" not in text
    assert "denied: hold" in week.era("explain", "C3", "--all").out
    explained = week.records("explain", "C3")[0]["explained"]
    assert explained["holds"] == ["patient-mismatch"]
    assert [each["hold"] for each in explained["changes"]] == ["patient-mismatch"]


def test_the_newest_decision_is_explained_or_that_of_the_payment_named(week: TestedHome) -> None:
    week.run(remittance("100", claim("C2", paid="100", write_off="20"), trace="T3"))
    assert week.records("explain", "C2")[0]["holds"] == ["already-posted"]
    assert week.records("explain", "C2", "--trace", "T1")[0]["mode"] == "quick"
    assert week.era("explain", "C9").code == 2
    assert week.era("explain", "C2", "--trace", "T2").code == 2
    assert week.era("explain", "C2", "--trace", "T9").code == 2


def test_a_decision_is_told_by_the_rules_it_was_made_with(database_url: str, tmp_path: Path) -> None:
    home = make_tested_home(tmp_path / "home", database_url)
    rules = home.root / "rules"
    shutil.copytree(shipped("rules"), rules)
    home.set({"rules": "rules"})
    home.expect(expects("C1", "100"), expects("C2", "100"))
    [first] = home.run(remittance("90", claim("C1"), trace="T1"))
    told, explained = home.records("log"), home.records("explain", "C1")

    replace(
        rules / "auto_posting.yaml", "The insurer paid less than the office is willing to accept unseen.", "Stingy."
    )
    replace(rules / "indicators.yaml", "Matched but did not meet auto posting criteria", "Look at me")

    assert home.records("log") == told
    assert home.records("explain", "C1") == explained
    [second] = home.run(remittance("90", claim("C2"), trace="T2"))
    assert (first["hover"], second["hover"]) == ("Matched but did not meet auto posting criteria", "Look at me")
    assert first["ruleset"] != second["ruleset"]
    assert first["settings"] == second["settings"]
    because = {
        number: next(
            each["because"] for each in home.records("explain", number)[0]["explained"]["rules"] if each["fired"]
        )
        for number in ("C1", "C2")
    }
    assert because == {
        "C1": "The insurer paid less than the office is willing to accept unseen.",
        "C2": "Stingy.",
    }
    shutil.rmtree(rules)
    home.set({})
    assert home.records("explain", "C2")[0]["explained"]["rules"][0]["id"] == BOTH_POSTED


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_every_decision_carries_the_settings_it_was_made_under(home: TestedHome) -> None:
    home.expect(expects("C1"), expects("C2"))
    [first] = home.run(remittance("90", claim("C1"), trace="T1"))
    home.set({"ledger_options.auto_post_contracted_write_offs": False})
    [second] = home.run(remittance("90", claim("C2"), trace="T2"))
    assert first["settings"] != second["settings"]
    assert home.records("explain", "C1")[0]["explained"]["outcome"] == "post"
    [shown] = home.era("settings", "show", "--json").records
    assert shown["hash"] == second["settings"]


# the ledger and the payments


def test_the_ledger_answers_every_filter(week: TestedHome) -> None:
    def kinds(*filters: str) -> list[tuple[str, str]]:
        return [(each["claim_number"], each["kind"]) for each in week.records("ledger", *filters)]

    first = [("C1", "insurance_payment"), ("C1", "contracted_write_off")]
    second = [("C2", "insurance_payment"), ("C2", "contracted_write_off")]
    assert kinds() == first + second
    assert kinds("--patient", "P2") == second
    assert kinds("--claim", "C1") == first
    assert kinds("--trace", "T1") == first + second
    assert kinds("--trace", "T2") == []
    assert kinds("--claim", "C1", "--patient", "P2") == []
    assert week.era("ledger", "--trace", "T9").code == 2


def test_an_entry_of_the_ledger_is_the_contract(week: TestedHome) -> None:
    entry = week.records("ledger", "--claim", "C1")[1]
    assert isinstance(entry.pop("entry_id"), int)
    assert entry == {
        "date": "2026-11-01",
        "kind": "contracted_write_off",
        "mark": "A",
        "claim_number": "C1",
        "trace_number": "T1",
        "patient_id": "P1",
        "memo": "DELTA DENTAL T1",
        "postings": [
            {"account": "contracted_write_offs", "cents": 3_000, "line": None},
            {"account": "accounts_receivable", "cents": -3_000, "line": 1},
        ],
    }


def test_a_payment_is_completed_when_every_claim_on_it_is_posted(week: TestedHome) -> None:
    week.run(remittance("5", after=["PLB*1234567893*20261231*L6:X*-5"], trace="T3"))
    status = {each["trace_number"]: each["status"] for each in week.records("eras")}
    assert status == {"T1": "completed", "T2": "open", "T3": "open"}
    for wanted in ("open", "completed"):
        told = [each["trace_number"] for each in week.records("eras", "--status", wanted)]
        assert told == [trace for trace, found in status.items() if found == wanted]
    summary = week.records("eras", "--status", "completed")[0]
    assert {key: summary[key] for key in ("claims", "posted", "payment_cents", "posted_cents", "file")} == {
        "claims": 2,
        "posted": 2,
        "payment_cents": 18_000,
        "posted_cents": 18_000,
        "file": "001.835",
    }
    assert week.era("eras", "--status", "some").code == 2


def test_an_empty_office_has_nothing_to_tell(home: TestedHome) -> None:
    for report in ("log", "ledger", "eras"):
        assert home.records(report) == []
        assert home.era(report, "--format", "csv").out == ""
        assert home.era(report).out.startswith("No ")
