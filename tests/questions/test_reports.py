"""What was decided can be asked in every way: the log, one claim explained, the ledger, payments received."""

import csv
import io
import json

import pytest
from practices import BOTH_POSTED, PracticeHome, Record, era, expects, remittance
from remittance_text import claim

from era_engine.cli.output import csv_lines

SHORT = "single-plan-below-minimum-write-offs-on"


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


@pytest.mark.both_databases
def test_the_log_answers_every_filter(week: PracticeHome) -> None:
    assert {filters: claims(week.records("log", *filters)) for filters in FILTERS} == FILTERS


def test_the_days_of_the_log_are_inclusive(week: PracticeHome) -> None:
    log = week.records("log")
    first, last = log[0]["decided_at"][:10], log[-1]["decided_at"][:10]
    assert week.records("log", "--since", first, "--until", last) == log


def test_a_rule_or_hold_that_never_was_is_refused_rather_than_never_found(week: PracticeHome) -> None:
    for filters in (["--hold=mismatch"], ["--hold=%"], ["--rule=patient-mismatch"]):
        refused = week.era("log", *filters)
        assert (refused.code, refused.out) == (2, "")


def test_the_log_takes_a_payments_id_where_several_share_a_trace_number(week: PracticeHome) -> None:
    [second] = week.records("log", "--trace", "T2")
    by_id = {each["trace_number"]: str(each["payment_id"]) for each in week.records("eras")}
    assert week.records("log", "--trace", by_id["T2"]) == [second]
    assert week.records("log", "--trace", "99999999999999999999") == []


@pytest.mark.parametrize("filters", [["--since=yesterday"], ["--until=2026-02-30"], ["--outcome=posted"], ["--rule"]])
def test_a_filter_that_makes_no_sense_is_refused(sqlite_home: PracticeHome, filters: list[str]) -> None:
    assert sqlite_home.era("log", *filters).code == 2


KEYS = """
    decision_id decided_at mode dry_run file trace_number payer payment_date claim_number payer_claim_number
    claim_status patient_id location outcome rule holds indicators patient_icon hover page_message claim_alert
    charge_cents paid_cents expected_cents minimum_percent minimum_cents write_off_cents patient_responsibility_cents
    plan_count explanation ruleset settings
    payment_id claim_payment_id state matched_claim match_step warnings act by note shadow_outcome
"""


def test_a_record_of_the_log_is_the_contract(week: PracticeHome) -> None:
    [record] = week.records("log", "--claim", "C1")
    assert list(record) == KEYS.split()
    lasting = {key: value for key, value in record.items() if key not in ("decision_id", "decided_at")}
    assert lasting.pop("ruleset").startswith("sha256:")
    assert lasting.pop("settings").startswith("sha256:")
    assert isinstance(lasting.pop("payment_id"), int)
    assert isinstance(lasting.pop("claim_payment_id"), int)
    assert lasting == {
        "state": "posted",
        "matched_claim": "C1",
        "match_step": "claim-number",
        "warnings": [],
        "act": "decide",
        "by": None,
        "note": None,
        "shadow_outcome": None,
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


def test_what_is_not_known_is_null_and_never_zero(home: PracticeHome) -> None:
    text = remittance("90", claim("C9", responsibility="1,00")).replace("*120*90*", "*1O0*90*")
    [record] = home.run(text)
    unknown = ("patient_id", "location", "charge_cents", "expected_cents", "minimum_cents", "plan_count", "rule")
    assert {key: record[key] for key in unknown} == dict.fromkeys(unknown)
    assert record["patient_responsibility_cents"] is None
    assert set(record["holds"]) >= {"no-matching-claim", "malformed-amount"}


# CSV


def csv_rows(home: PracticeHome, *arguments: str) -> list[dict[str, str]]:
    ended = home.era(*arguments, "--format", "csv")
    assert ended.code == 0
    return list(csv.DictReader(io.StringIO(ended.out, newline="")))


def test_the_log_as_csv_has_the_same_columns_and_rows(week: PracticeHome) -> None:
    rows, records = csv_rows(week, "log"), week.records("log")
    assert [list(row) for row in rows] == [list(record) for record in records]
    assert [row["claim_number"] for row in rows] == [record["claim_number"] for record in records]
    assert rows[2]["holds"] == "patient-mismatch"
    assert rows[2]["rule"] == ""
    assert rows[0]["paid_cents"] == "9000"


@pytest.mark.parametrize("begin", ["=", "+", "-", "@"])
def test_a_spreadsheet_takes_no_cell_for_a_formula(sqlite_home: PracticeHome, begin: str) -> None:
    home = sqlite_home
    formula = f'{begin}HYPERLINK("http://x","y")'
    home.expect(expects(formula, patient=formula, location=formula))
    home.run(remittance("90", claim(formula, payer_claim_number=formula), trace=formula).replace("DELTA", formula))
    for report in (["log"], ["ledger"], ["eras"]):
        [row, *_] = csv_rows(home, *report)
        assert [value for value in row.values() if value.startswith(begin)] == []
        assert "'" + formula in row.values()


ODD_TEXTS = [
    *("\t=1+1", "\r=1+1", "=1+1", '=HYPERLINK("http://x","y")', "+1", "-1", "@A1", '"', '""', 'one "two", three'),
    *("one\ntwo", "one\r\ntwo", "one;two", "\u2028", "' =1"),
]


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_a_text_in_csv_is_read_back_as_it_is_but_for_a_mark_before_what_would_be_a_formula(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    csv_lines([{"text": text, "list": [text, "two"], "cents": -1234, "next": "to it"}])
    [row] = csv.DictReader(io.StringIO(capsys.readouterr().out, newline=""))
    mark = "'" if text[0] in "=+-@\t\r" else ""
    assert row == {"text": mark + text, "list": f"{mark}{text} two", "cents": "-1234", "next": "to it"}


def test_a_note_of_several_words_and_quotes_is_in_the_audit_export_as_it_was_said(sqlite_home: PracticeHome) -> None:
    home = sqlite_home
    home.expect(expects("C1", "100"))
    home.run(remittance("90", claim("C1")))
    assert home.era("post", "EFT0001", "C1", "--by", '=cmd|"calc"', "--note", 'said "yes", twice').code == 0
    ended = home.era("audit", "export", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(ended.out, newline="")))
    assert [row["by"] for row in rows if row["act"] == "post"] == ['\'=cmd|"calc"']
    assert [row["note"] for row in csv_rows(home, "log") if row["by"]] == ['said "yes", twice']


@pytest.mark.parametrize("odd", ["\u2028", "\u2029", "\x85", "\x9b2J", "\x7f", "\u202e", "\U000e0001"])
def test_a_record_is_one_line_of_json_whatever_a_payer_wrote(odd: str, sqlite_home: PracticeHome) -> None:
    sqlite_home.expect(expects("C1"))
    file = sqlite_home.receive(remittance("90", [*claim("C1"), f"ZZZ*{odd}"], trace=f"T{odd}É").replace("DELTA", odd))
    for ended in (
        era("inspect", file, "--json"),
        sqlite_home.era("run", "--json"),
        sqlite_home.era("eras", "--format=json"),
    ):
        [line] = ended.out.splitlines()
        assert line.isprintable()
        assert "É" in line
        record = json.loads(line)
        told = record["remittances"][0] if "remittances" in record else record
        assert (told["trace_number"], told["payer"]) == (f"T{odd}É", f"{odd} DENTAL")


def test_negative_amounts_stay_numbers_in_csv(home: PracticeHome) -> None:
    home.expect(expects("C1"))
    home.run(remittance("90", claim("C1")))
    assert {row["cents"] for row in csv_rows(home, "ledger")} == {"9000", "-9000", "3000", "-3000"}


# the ledger and the payments


@pytest.mark.both_databases
def test_the_ledger_answers_every_filter(week: PracticeHome) -> None:
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


def test_an_entry_of_the_ledger_is_the_contract(week: PracticeHome) -> None:
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
        "made_by": None,
        "postings": [
            {"account": "contracted_write_offs", "cents": 3_000, "line": None},
            {"account": "accounts_receivable", "cents": -3_000, "line": 1},
        ],
    }


def test_a_payment_is_completed_when_every_claim_and_adjustment_on_it_is_posted(week: PracticeHome) -> None:
    week.run(remittance("5", after=["PLB*1234567893*20261231*L6:X*-5"], trace="T3"))
    week.run(remittance("7", after=["PLB*1234567893*20261231*ZZ:X*-7"], trace="T4"))
    week.run(remittance("9", trace="T5"))
    status = {each["trace_number"]: each["status"] for each in week.records("eras")}
    assert status == {"T1": "completed", "T2": "open", "T3": "completed", "T4": "open", "T5": "open"}
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


def test_an_empty_practice_has_nothing_to_tell(home: PracticeHome) -> None:
    for report in ("log", "ledger", "eras"):
        assert home.records(report) == []
        assert home.era(report, "--format", "csv").out == ""
        assert home.era(report).out.startswith("No ")
