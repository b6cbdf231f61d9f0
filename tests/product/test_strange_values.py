"""Amounts, counts and dates no honest program writes: exact cents or a named fault wherever one is read, never another.

Each place that reads one is given the same list. What a place takes is said beside it; all the rest must be told.
"""

from pathlib import Path

import pytest
from nacha_text import batch, entry, nacha
from practices import PracticeHome, claims_csv, era, expects, make_practice, remittance
from reading import Reading, read
from remittance_text import payment, remittance_file, transaction_set
from sent_claims_text import claim_file, line, sent
from test_settings import refusal_of

from era_engine.bank.files import read_bank_file
from era_engine.foundation.errors import ClaimsFileError
from era_engine.practice.claims_837 import read_sent_claims
from era_engine.practice.claims_csv import read_claims
from era_engine.practice.fees_csv import read_fees

NO_AMOUNTS = [
    *(
        "1E3",
        "1e3",
        "NaN",
        "Infinity",
        "-inf",
        "٣",
        "９０",
        "\u221290",
        "12.345",
        "0x10",
        "1_000",
        "1/2",
        "90-",
        "--90",
    ),
    *("+90", "1,000.00", "1.000,00", "$90", ".", "-", "-.", "90 00", "TRUE", "90.0.0", "½", "9" * 12, "9" * 5000),
    *(f"1{'0' * 18}", f"1{'0' * 30}", f"1{'0' * 18}.00"),
]
PADDED = [" 90", "90 ", "\t90", "90\u00a0"]
EXACT = {"-0": 0, "-0.00": 0, "000090": 9000, "90.": 9000, ".5": 50, "90.5": 9050, "1000000000.00": 10**11}
NO_DATES = [
    "00000000",
    "19000101",
    "20260230",
    "٢٠٢٦١١٠١",
    "2026110",
    "202611011",
    "-0261101",
    "2026-1-1",
    "1E7",
    "NaN",
]


def remit(folder: Path, **put: str) -> Reading:
    """A remittance that balances, but for what is put into it."""
    at = {"bpr": "90", "date": "20261101", "charge": "120", "paid": "90", "share": "", "line": "120", "line_paid": "90"}
    at |= {"off": "30", "day": "20261005", "plb_day": "20261231", "plb": "0", "information": "1"} | put
    claim = [
        f"CLP*C1*1*{at['charge']}*{at['paid']}*{at['share']}*12*I1*11*1",
        "NM1*QC*1*DOE*JANE****MI*SUB1",
        f"SVC*AD:D0120*{at['line']}*{at['line_paid']}**1",
        f"DTM*472*{at['day']}",
        f"CAS*CO*45*{at['off']}",
        f"AMT*B6*{at['information']}",
    ]
    after = [f"PLB*1234567893*{at['plb_day']}*WO:A*{at['plb']}"]
    return read(folder, remittance_file(transaction_set(payment(at["bpr"], claim, date=at["date"], after=after))))


def amounts_of(reading: Reading) -> dict[str, int | None]:
    claim, (adjusted,) = reading.claim, reading.remittance.provider_adjustments
    (only,) = claim.lines
    return {
        "bpr": reading.remittance.payment.payment_cents,
        "charge": claim.charge_cents,
        "paid": claim.paid_cents,
        "share": claim.patient_responsibility_cents,
        "line": only.charge_cents,
        "line_paid": only.paid_cents,
        "off": only.adjustments[0].cents,
        "plb": adjusted.cents,
        "information": only.amounts[0].cents,
    }


PLACES = ["bpr", "charge", "paid", "share", "line", "line_paid", "off", "plb", "information"]


@pytest.mark.parametrize("place", PLACES)
def test_an_amount_of_a_remittance_is_exact_or_named(place: str, tmp_path: Path) -> None:
    for written in [*NO_AMOUNTS, *PADDED, ""]:
        reading = remit(tmp_path, **{place: written})
        absent = written == "" and place == "share"
        code = "unreadable-information" if place == "information" else "malformed-amount"
        assert amounts_of(reading)[place] is None, written
        assert any(each.code == code for each in reading.findings) is not absent, written
    for written, cents in EXACT.items():
        assert amounts_of(remit(tmp_path, **{place: written}))[place] == cents, written


@pytest.mark.parametrize("place", ["date", "day", "plb_day"])
def test_a_date_of_a_remittance_is_a_date_or_named(place: str, tmp_path: Path) -> None:
    for written in [*NO_DATES, ""]:
        reading = remit(tmp_path, **{place: written})
        assert ("warn", "unreadable-date") in reading.graded, written
    for written in ("00010101", "99991231"):
        assert remit(tmp_path, **{place: written}).findings == []


def refused(path: Path, read: object, text: str) -> str:
    path.write_bytes(text.encode("utf-8"))
    with pytest.raises(ClaimsFileError) as refusal:
        read(path)  # type: ignore[operator]
    return refusal.value.problem


@pytest.mark.parametrize("column", ["fee", "expected_insurance", "expected_write_off"])
def test_an_amount_of_a_claims_file_is_exact_or_refused(column: str, tmp_path: Path) -> None:
    path = tmp_path / "claims.csv"
    for written in [*NO_AMOUNTS, "-90"]:
        [row] = expects()
        assert f"line 2, column {column}" in refused(path, read_claims, claims_csv([row | {column: written}])), written
    for written, cents in (EXACT | {" 90": 9000, "90 ": 9000, "90\u00a0": 9000}).items():
        [row] = expects()
        path.write_text(claims_csv([row | {column: written}]), encoding="utf-8")
        [claim] = read_claims(path)
        found = claim.lines[0]._asdict()[{"fee": "fee_cents"}.get(column, f"{column}_cents")]
        assert found == cents, written


@pytest.mark.parametrize("column", ["plan_count", "plan_ordinal", "line_number", "service_date", "birth_date"])
def test_a_count_or_date_of_a_claims_file_is_exact_or_refused(column: str, tmp_path: Path) -> None:
    dated = column.endswith("date")
    for written in NO_DATES if dated else [*NO_AMOUNTS, "0", "-0", "-1", "1.0", "0" * 5000, "10000000000"]:
        [row] = expects()
        problem = refused(tmp_path / "claims.csv", read_claims, claims_csv([row | {column: written}]))
        assert f"line 2, column {column}" in problem, written


def test_a_count_may_have_any_number_of_zeros_before_it(tmp_path: Path) -> None:
    [row] = expects()
    path = tmp_path / "claims.csv"
    path.write_text(claims_csv([row | {"line_number": "0" * 5000 + "7"}]), encoding="utf-8")
    assert read_claims(path)[0].lines[0].line_number == 7
    sent_path = tmp_path / "sent.837"
    sent_path.write_text(claim_file(sent("C1", "120", line("0" * 5000 + "7"))), encoding="utf-8")  # type: ignore[arg-type]
    assert read_sent_claims(sent_path).claims[0].lines[0].line_number == 7


@pytest.mark.parametrize("column", ["allowed", "percent"])
def test_an_amount_or_percentage_of_a_fee_schedule_is_exact_or_refused(column: str, tmp_path: Path) -> None:
    path = tmp_path / "fees.csv"
    for written in [*NO_AMOUNTS, "-90", "\t90", ""]:
        if (column, written) == ("percent", "12.345"):
            continue  # an exact percentage
        row = {"payer": "D", "procedure": "D0120", "allowed": "90", "percent": "80"} | {column: f'"{written}"'}
        text = f"{','.join(row)}\n{','.join(row.values())}\n"
        assert f"line 2, column {column}" in refused(path, lambda path: read_fees(path, "x"), text), written


@pytest.mark.parametrize("column", ["amount", "date"])
def test_an_amount_or_date_of_a_bank_csv_is_exact_or_refused(column: str, tmp_path: Path) -> None:
    for written in [*NO_DATES, "1/1/99", "0001-01-01", ""] if column == "date" else [*NO_AMOUNTS, ""]:
        row = {"date": "2026-11-01", "amount": "90", "trace": "EFT1"} | {column: f'"{written}"'}
        text = f"{','.join(row)}\n{','.join(row.values())}\n"
        assert f"line 2, column {column}" in refused(tmp_path / "bank.csv", read_bank_file, text), written


@pytest.mark.parametrize(
    "written", ["        9E", "      -900", "      +900", "       900", "      9.00", "٠٠٠٠٠٠٠٩٠٠"]
)
def test_an_amount_of_a_nacha_file_is_ten_digits_or_refused(written: str, tmp_path: Path) -> None:
    whole = nacha(batch(entry("90")))
    text = whole.replace("0000009000" + "1234567893", written + "1234567893", 1)
    assert text != whole
    assert "positions 30-39: the amount is not 10 digits" in refused(tmp_path / "bank.ach", read_bank_file, text)


@pytest.mark.parametrize("place", ["charge", "line charge", "line number"])
def test_an_amount_or_count_of_an_837_is_exact_or_refused(place: str, tmp_path: Path) -> None:
    for written in [*NO_AMOUNTS, "-90", ""]:
        if place == "charge":
            text, where = claim_file(sent("C1", written)), "CLM02"
        elif place == "line charge":
            text, where = claim_file(sent("C1", "120", line(1, "D0120", written))), "SV302"
        else:
            text, where = claim_file(sent("C1", "120", line(written))), "LX01"  # type: ignore[arg-type]
        assert where in refused(tmp_path / "sent.837", read_sent_claims, text), written


@pytest.mark.parametrize("written", [*NO_AMOUNTS, *PADDED, "", "0", "-0", "-90"])
def test_the_least_partial_payment_is_exact_or_refused(written: str, tmp_path: Path) -> None:
    table = f'[era_payment_options.partial_payment]\nminimum_amount = "{written}"\n'.replace("\t", "\\t")
    assert "minimum_amount" in refusal_of(tmp_path, table)


@pytest.mark.parametrize(
    "written", ["1e3", "nan", "inf", "-inf", "-1", "0x65", "1_000", "100.0000001", "1e400", "9" * 5000]
)
def test_a_percentage_is_exact_or_refused(written: str, tmp_path: Path) -> None:
    assert "era.toml" in refusal_of(tmp_path, f"[era_payment_options.auto_post]\nminimum_percent = {written}\n")


@pytest.mark.parametrize("key", ["files.largest_megabytes", "retention.archived_files_days"])
@pytest.mark.parametrize(
    "written", ["1e3", "nan", "inf", "-1", "-0", "0", "12.345", "90.0", "1000000000000000000", "true"]
)
def test_a_count_of_the_settings_is_a_whole_number_or_refused(key: str, written: str, tmp_path: Path) -> None:
    table, _, name = key.partition(".")
    assert f"key {name}" in refusal_of(tmp_path, f"[{table}]\n{name} = {written}\n").replace(f"{table}.", "")


@pytest.mark.parametrize("option", ["--every", "--health"])
@pytest.mark.parametrize(
    "written",
    ["nan", "inf", "-inf", "1e3", "1_000", "\u0663", "\u221290", "-0", "0", "86400.001", "1" + "0" * 18, " 90", ""],
)
def test_seconds_of_a_watch_are_a_plain_number_or_refused(option: str, written: str, sqlite_home: PracticeHome) -> None:
    ended = sqlite_home.era("watch", f"{option}={written}")
    assert (ended.code, ended.out) == (2, ""), ended
    assert option in ended.err


@pytest.mark.parametrize("trailer", ["SE", "GE", "IEA"])
def test_a_count_of_a_trailer_is_the_number_or_told(trailer: str, tmp_path: Path) -> None:
    whole = remittance("90", claim_of("C1"))
    [begun] = [each for each in whole.replace("\n", "").split("~") if each.startswith(f"{trailer}*")]
    right = begun.split("*")[1]
    for written in [*NO_AMOUNTS, *PADDED, "", "-0", f"-{right}", f"{right}.0", f"{right}E0"]:
        reading = read(tmp_path, whole.replace(begun, begun.replace(f"*{right}*", f"*{written}*", 1)))
        assert any(code == "envelope-mismatch" for _, code in reading.graded), (written, reading.graded)


def test_amounts_of_a_posting_by_hand_are_exact_or_refused(sqlite_home: PracticeHome) -> None:
    sqlite_home.expect(expects("C1", "100"))
    sqlite_home.run(remittance("90", claim_of("C1")))
    for written in NO_AMOUNTS:
        for amounts in (f"1={written}", f"1=90,{written}", f"{written}=90"):
            ended = sqlite_home.era("post", "EFT0001", "C1", "--line", amounts, "--by", "Ann")
            assert ended.code == 2, (amounts, ended)
            assert "Traceback" not in ended.err
    assert sqlite_home.records("ledger") == []


def claim_of(number: str) -> list[str]:
    from remittance_text import claim

    return claim(number)


def test_a_payment_of_any_date_is_held_against_the_bank_at_once(tmp_path: Path) -> None:
    """The calendar of holidays is asked for the years it knows, not for each of the eight thousand between."""
    home = make_practice(tmp_path / "home", settings={"deposits.required": True})
    days = ["00010101", "99991231", "99981231", "00020101"]
    for number, day in enumerate(days):
        home.receive(remittance("90", claim_of("C1"), trace=f"EFT{number}", date=day), f"{number}.835")
    bank = tmp_path / "bank.csv"
    bank.write_text("date,amount,trace\n" + "".join(f"2026-11-01,90.00,EFT{number}\n" for number in range(len(days))))
    assert home.era("import", "bank", bank).code == 0
    assert home.era("run").code == 0
    assert {each["reason"] for each in home.records("deposits")} == {"days-apart"}


def test_the_largest_amounts_of_many_claims_are_kept_to_the_cent(sqlite_home: PracticeHome) -> None:
    claims = [[f"CLP*C{number}*1*1000000000*1000000000**12*I*11*1"] for number in range(300)]
    sqlite_home.receive(remittance("1000000000", *claims))
    assert sqlite_home.era("run").code == 0
    [payment] = sqlite_home.records("eras")
    assert payment["left_cents"] == 300 * 10**11
    sqlite_home.verified()


def test_what_a_payer_wrote_never_commands_the_terminal(sqlite_home: PracticeHome) -> None:
    escape = "\x1b[2J\x07\x9b31m"
    sqlite_home.expect(expects("C1"))
    claim = [each.replace("ICN1", f"I{escape}") for each in claim_of("C1")] + [f"ZZZ*{escape}"]
    file = sqlite_home.receive(
        remittance("95", claim, trace=f"T{escape}", after=[f"PLB*1*20261231*{escape}:{escape}*-5"])
    )
    shown = era("inspect", file).out
    sqlite_home.era("run")
    for words in (["log"], ["explain", "C1"], ["eras"], ["todo"], ["provider-adjustments"], ["deposits"], ["verify"]):
        shown += sqlite_home.era(*words).out
    refusal = sqlite_home.era("match", "1", "C1", "--to", f"C{escape}", "--by", "Ann")
    assert refusal.code == 2
    assert not {"\x1b", "\x07", "\x9b"} & set(shown + refusal.err)
