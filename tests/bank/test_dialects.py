"""How a bank writes its CSV is said in a YAML file, which comes with the program or lies in the home of a practice."""

import shutil
from pathlib import Path

import pytest
from practices import PracticeHome, era
from where import ERRORS

from era_engine.bank.cells import amount_reader, day_reader
from era_engine.bank.dialect import read_dialects
from era_engine.bank.files import read_bank_file
from era_engine.bank.model import BankFile
from era_engine.foundation.errors import ClaimsFileError, RulesError

DIALECTS = Path(__file__).parent / "dialects"
PLAIN = """
says: like plain
dates: [MM/DD/YYYY]
columns:
  date: {named: [date]}
  amount: {named: [amount]}
  trace: {named: [trace]}
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The folder in which a practice keeps the dialects of its banks."""
    folder = tmp_path / "bank"
    folder.mkdir()
    return folder


@pytest.fixture
def statement(tmp_path: Path) -> Path:
    return tmp_path / "statement.csv"


def told(read: BankFile) -> list[tuple[str, int, str, str | None, str | None]]:
    return [
        (each.date.isoformat(), each.cents, each.trace_number, each.originator, each.payer) for each in read.deposits
    ]


def test_a_bank_with_credits_debits_semicolons_and_what_counts_within_a_text() -> None:
    read = read_bank_file(DIALECTS / "first_national.csv", DIALECTS)
    assert told(read) == [
        ("2026-11-02", 123450, "EFT0001", "1999999999", "DELTA DENTAL"),
        ("2026-11-03", 4500, "EFT0002", None, "METLIFE"),
        ("2026-11-04", -4500, "EFT0002", "1888888888", "METLIFE"),
        ("2026-11-05", 9000, "", None, "CIGNA"),
    ]
    assert (read.passed_over, read.without_money) == (2, 1)


def test_a_bank_with_brackets_dollar_signs_and_two_ways_to_write_a_day() -> None:
    read = read_bank_file(DIALECTS / "harbor_credit_union.csv", DIALECTS)
    assert told(read) == [
        ("2026-11-02", 123450, "EFT0001", None, "Delta Dental"),
        ("2026-11-03", -1200, "EFT0002", None, None),
        ("2026-11-04", -123456780, "", None, None),
    ]


def test_the_same_money_is_the_same_in_whichever_dialect_it_is_told(own: Path, statement: Path) -> None:
    statement.write_text("date,amount,trace,payer\n2026-11-02,1234.50,eft0001,DELTA  dental\n", "utf-8")
    [plain] = read_bank_file(statement).deposits
    [first, *_] = read_bank_file(DIALECTS / "harbor_credit_union.csv", DIALECTS).deposits
    assert plain.identity == first.identity


def test_a_practice_adds_its_banks_file_to_its_home(sqlite_home: PracticeHome) -> None:
    file = DIALECTS / "first_national.csv"
    refused = sqlite_home.era("import", "bank", file)
    assert refused.code == 2
    assert "describe the bank's format in bank/NAME.yaml of the home (known: plain.yaml)" in refused.err
    (sqlite_home.root / "bank").mkdir()
    shutil.copy(DIALECTS / "first_national.yaml", sqlite_home.root / "bank")
    taken = sqlite_home.era("import", "bank", file)
    assert (taken.code, taken.out.splitlines()[0]) == (0, f"{file}: 4 deposits added, 0 already known, 3 skipped.")
    assert sqlite_home.era("settings", "check").code == 0


def test_where_no_dialect_fits_those_that_are_known_are_named(own: Path, statement: Path) -> None:
    for name in ("first_national", "harbor_credit_union"):
        shutil.copy(DIALECTS / f"{name}.yaml", own)
    statement.write_text("Effective,Amount,Memo\n11/2/26,90.00,\n", "utf-8")
    with pytest.raises(ClaimsFileError) as refused:
        read_bank_file(statement, own)
    assert refused.value.problem == f"{statement}: line 1, column Reference Number: missing in the header."
    assert "(known: plain.yaml, bank/first_national.yaml, bank/harbor_credit_union.yaml)" in refused.value.remedy


# Which dialect a file is in


def test_a_practices_own_dialect_comes_before_one_that_comes_with_the_program(own: Path, statement: Path) -> None:
    (own / "mine.yaml").write_text(PLAIN.replace("MM/DD/YYYY", "DD.MM.YYYY"), "utf-8")
    statement.write_text("Date,Amount,Trace\n03.11.2026,90.00,EFT0001\n", "utf-8")
    assert [each.date.isoformat() for each in read_bank_file(statement, own).deposits] == ["2026-11-03"]


def test_a_dialect_that_knows_every_column_comes_before_one_that_does_not(own: Path, statement: Path) -> None:
    (own / "mine.yaml").write_text(PLAIN, "utf-8")
    (own / "more.yaml").write_text(PLAIN + "ignored: [Memo]\n", "utf-8")
    statement.write_text("date,amount,trace,memo\n11/03/2026,90.00,EFT0001,x\n", "utf-8")
    assert len(read_bank_file(statement, own).deposits) == 1


def test_a_file_that_fits_two_dialects_alike_is_refused(own: Path, statement: Path) -> None:
    (own / "one.yaml").write_text(PLAIN, "utf-8")
    (own / "two.yaml").write_text(PLAIN.replace("MM/DD", "DD/MM"), "utf-8")
    statement.write_text("date,amount,trace\n11/03/2026,90.00,EFT0001\n", "utf-8")
    with pytest.raises(ClaimsFileError, match=r"line 1: its header fits bank/one\.yaml and bank/two\.yaml alike"):
        read_bank_file(statement, own)


# Rows that are wrong


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("*1;11/02/2026;ACH CREDIT;;x;;1.00;2.00;", "both of the columns Credit Amount and Debit Amount hold an"),
        ("*1;11/02/2026;ACH CREDIT;;x;;;;", "neither of the columns Credit Amount and Debit Amount holds an amount"),
        ("*1;11/02/2026;ACH CREDIT;;x;;-1.00;;", '"-1.00" is not an amount up to 1000000000.00, like $1,120.00'),
        ("*1;11/02/2026;ACH CREDIT;;x;;;$1,23.00;", '"$1,23.00" is not an amount up to 1000000000.00'),
        ("*1;2/11/2026;ACH CREDIT;;x;;;1.00;", '"2/11/2026" is not a date of this century, written 03/31/2026'),
        ("*1;11/02/2026;ACH CREDIT;;x;;;1.00", "8 cells where the header has 9"),
    ],
)
def test_a_row_that_is_wrong_is_told_by_the_banks_own_columns(statement: Path, row: str, fault: str) -> None:
    header = (DIALECTS / "first_national.csv").read_text("utf-8").splitlines()[0]
    statement.write_text(f"{header}\n{row}\n", "utf-8")
    with pytest.raises(ClaimsFileError) as refused:
        read_bank_file(statement, DIALECTS)
    assert f"{statement}: line 2" in refused.value.problem
    assert fault in refused.value.problem


@pytest.mark.parametrize(
    "cell",
    ["", "$", "$-1", "--1", "(-1)", "-(1)", "(1", "1)", "1,2", "12,345,6", ",123", "1.234", "$ 1", "1e3", "１２"],
)
def test_what_is_no_amount_is_refused_however_a_bank_writes_them(cell: str) -> None:
    with pytest.raises(ValueError, match="an amount up to"):
        amount_reader(dollar_sign=True, thousands=True, brackets=True)(cell)


@pytest.mark.parametrize("cell", ["2026-02-30", "02/30/2026", "13/01/2026", "1999-12-31", "2026-1-1", "٣/١/2026", ""])
def test_what_is_no_day_is_refused_however_a_bank_writes_them(cell: str) -> None:
    with pytest.raises(ValueError, match="a date of this century, written 2026-03-31 or 03/31/2026"):
        day_reader(["YYYY-MM-DD", "M/D/YYYY"])(cell)


# Dialects that are wrong

WRONG = {
    "separator: ' '": ("bank/x.yaml:8: `separator` is", ",, ;, |"),
    "sep: ';'": ("bank/x.yaml:8: the key `sep` is not known here", "separator"),
    "only: {named: [Type]}": ("bank/x.yaml:8: `values` is missing",),
    "ignored: [Date]": ("bank/x.yaml:8: `Date` is the column of `date`",),
    "amounts: {dollar: true}": ("bank/x.yaml:8: the key `dollar` is not known here", "dollar_sign"),
    "dates: [MM/DD/YYYY": ("bank/x.yaml:9: is not YAML",),
}
CHANGED = {
    ("[MM/DD/YYYY]", "[MM/YYYY]"): ("bank/x.yaml:3: `MM/YYYY` is not how a day is written", "MM/DD/YYYY"),
    ("[MM/DD/YYYY]", "[MDYYYY]"): ("bank/x.yaml:3: `MDYYYY` is not how a day is written",),
    ("[MM/DD/YYYY]", "[]"): ("bank/x.yaml:3: `dates` is empty",),
    ("amount: {named: [amount]}", "credit: {named: [amount]}"): (
        "bank/x.yaml:4: the columns must name `amount` alone, or both `credit` and `debit`",
    ),
    ("trace: {named: [trace]}", "trace: {named: [Amount]}"): (
        "bank/x.yaml:7: `Amount` is the column of `amount` already",
    ),
    ("trace: {named: [trace]}", "trace: {named: [t]}\n  payer: {named: [p, t]}"): (
        "bank/x.yaml:8: `t` is the column of `trace` already; two texts of one column name it alike",
    ),
    ("trace: {named: [trace]}", "trace: {named: [trace], pattern: '('}"): (
        "bank/x.yaml:7: `pattern` is not a regular expression: missing ), unterminated subpattern",
    ),
    ("trace: {named: [trace]}", "trace: {named: [trace], pattern: 'TRN'}"): (
        "bank/x.yaml:7: `pattern` must have one group, in round brackets",
    ),
    ("amount: {named: [amount]}", "amount: {named: [amount], pattern: '(.)'}"): (
        "bank/x.yaml:6: `amount` is read whole and takes no pattern",
    ),
    ("date: {named: [date]}", "date: {named: [date], optional: true}"): ("bank/x.yaml:5: `date` cannot be left out",),
    ("trace: {named: [trace]}", "trace: {}"): ("bank/x.yaml:7: `named` is missing",),
}


@pytest.mark.parametrize(
    ("text", "words"),
    [(PLAIN + line + "\n", words) for line, words in WRONG.items()]
    + [(PLAIN.replace(*change), words) for change, words in CHANGED.items()]
    + [("", ("bank/x.yaml: is empty",))],
)
def test_a_dialect_that_is_wrong_is_refused_with_its_line_and_what_to_do(
    own: Path, text: str, words: tuple[str, ...]
) -> None:
    (own / "x.yaml").write_text(text, "utf-8")
    with pytest.raises(RulesError) as refused:
        read_dialects(own)
    for part in words:
        assert part in refused.value.problem
    assert refused.value.remedy == "Fix these lines, then try again with `era settings check`."


def test_the_settings_are_checked_with_the_dialects_of_the_home(sqlite_home: PracticeHome) -> None:
    (sqlite_home.root / "bank").mkdir()
    (sqlite_home.root / "bank" / "x.yaml").write_text(PLAIN.replace("amount:", "amuont:"), "utf-8")
    for words in (("settings", "check"), ("import", "bank", ERRORS / "bank" / "csv_dates.csv")):
        refused = sqlite_home.era(*words)
        assert refused.code == 4
        assert "bank/x.yaml:6: the key `amuont` is not known here (did you mean amount?)" in refused.err


def test_a_backup_keeps_the_dialects_of_the_home(sqlite_home: PracticeHome, tmp_path: Path) -> None:
    (sqlite_home.root / "bank").mkdir()
    shutil.copy(DIALECTS / "first_national.yaml", sqlite_home.root / "bank")
    kept = tmp_path / "kept.era"
    assert sqlite_home.era("backup", kept).code == 0
    restored = PracticeHome(tmp_path / "restored", "sqlite:///era.db")
    assert era("restore", kept, restored.root).code == 0
    assert (restored.root / "bank" / "first_national.yaml").exists()
