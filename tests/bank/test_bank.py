"""What the bank tells: NACHA files and CSV, and how a bad file is refused."""

from datetime import date
from pathlib import Path

import pytest
from nacha_text import Records, batch, entry, nacha, records_of
from where import ERRORS

from era_engine.bank.files import read_bank_file
from era_engine.bank.model import BankFile
from era_engine.foundation.errors import ClaimsFileError

BROKEN = sorted(path for path in ERRORS.glob("bank/*") if path.suffix in (".ach", ".csv"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "statement"


def read(path: Path, text: str) -> BankFile:
    path.write_bytes(text.encode())
    return read_bank_file(path)


def told(found: BankFile) -> list[tuple[str, int, str]]:
    return [(each.date.isoformat(), each.cents, each.trace_number) for each in found.deposits]


# NACHA


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r", ""], ids=["LF", "CRLF", "CR", "none"])
def test_a_claim_payment_is_read_whatever_ends_its_lines(path: Path, line_end: str) -> None:
    (deposit,) = read(
        path, nacha(batch(entry("1234.56", "EFT0001", originator="1512345678")), line_end=line_end)
    ).deposits
    assert (deposit.date, deposit.cents, deposit.trace_number) == (date(2026, 11, 2), 123456, "EFT0001")
    assert (deposit.originator, deposit.payer) == ("1512345678", "DELTA DENTAL")
    assert deposit.place == ("line 3" if line_end else "line 1, record 3")


def test_what_comes_around_a_file_does_not_matter(path: Path) -> None:
    text = nacha(batch(entry("90")))
    for around in ("\ufeff" + text, "\n" + text + "\n\n", text + "\x1a", text.replace(" \n", "\n"), text + text):
        assert told(read(path, around))[0] == ("2026-11-02", 9000, "EFT0001")
    blocked = "\n".join("".join(records_of(batch(entry("90"), entry("10", "T2", 2)))[at : at + 10]) for at in (0, 10))
    assert told(read(path, blocked)) == [("2026-11-02", 9000, "EFT0001"), ("2026-11-02", 1000, "T2")]


def test_a_company_name_beyond_ascii_moves_no_field(path: Path) -> None:
    text = nacha(batch(entry("90"), company="CAFÉ DENTAL"))
    for encoding in ("utf-8", "cp1252"):
        path.write_bytes(text.encode(encoding))
        (deposit,) = read_bank_file(path).deposits
        assert (deposit.payer, deposit.cents) == ("CAFÉ DENTAL", 9000)


@pytest.mark.parametrize(
    ("information", "trace", "originator"),
    [
        ("TRN*1*EFT0001*1999999999\\", "EFT0001", "1999999999"),
        ("TRN*1*EFT0001*1999999999~", "EFT0001", "1999999999"),
        ("TRN*1*EFT0001*1999999999", "EFT0001", "1999999999"),
        ("TRN*1*000123*1999999999*000006111\\", "000123", "1999999999"),
        ("TRN*1* eft0001 *1999999999\\", "EFT0001", "1999999999"),
        ("TRN*1*EFT0001\\", "EFT0001", None),
        ("REF TRN*1*EFT0001*1999999999\\", "EFT0001", "1999999999"),
        ("TRN*1**1999999999\\", "", None),
        ("PAYMENT 0001", "", None),
        ("TRN", "", None),
    ],
)
def test_the_trace_number_is_read_from_the_addenda(
    path: Path, information: str, trace: str, originator: str | None
) -> None:
    (deposit,) = read(path, nacha(batch(entry("90", information=information)))).deposits
    assert (deposit.trace_number, deposit.originator) == (trace, originator)


def test_a_claim_payment_without_addenda_is_money_all_the_same(path: Path) -> None:
    assert told(read(path, nacha(batch(entry("90", None))))) == [("2026-11-02", 9000, "")]


def test_what_is_no_claim_payment_is_passed_over_and_counted(path: Path) -> None:
    found = read(
        path,
        nacha(
            batch(entry("90"), entry("45", "T2", 2)),
            batch(entry("1200", None, 3), entry("1300", None, 4), description="PAYROLL", sec="PPD", number=2),
            batch(entry("500", "T5", 5), description="VENDOR PMT", number=3),
            batch(entry("600", "T6", 6), sec="CTX", number=4),
            batch(entry("70", "T7", 7, code="27"), description="CARD FEES", number=5),
        ),
    )
    assert told(found) == [("2026-11-02", 9000, "EFT0001"), ("2026-11-02", 4500, "T2")]
    assert (found.passed_over, found.without_money) == (5, 0)


@pytest.mark.parametrize(
    ("code", "cents"),
    [("22", 9000), ("32", 9000), ("27", -9000), ("37", -9000), ("21", -9000), ("55", -9000), ("26", 9000)],
)
def test_a_debit_or_a_credit_sent_back_takes_money_back(path: Path, code: str, cents: int) -> None:
    assert told(read(path, nacha(batch(entry("90", code=code))))) == [("2026-11-02", cents, "EFT0001")]


def test_a_reversal_of_a_claim_payment_is_known_by_its_trace_number(path: Path) -> None:
    found = read(path, nacha(batch(entry("90", code="27"), entry("80", None, 2, code="27"), description="REVERSAL")))
    assert told(found) == [("2026-11-02", -9000, "EFT0001")]
    assert found.passed_over == 1


@pytest.mark.parametrize("code", ["23", "33", "24", "28", "22"])
def test_an_entry_of_nothing_is_no_deposit(path: Path, code: str) -> None:
    found = read(path, nacha(batch(entry("0", code=code))))
    assert (found.deposits, found.without_money) == ((), 1)


def test_the_same_entry_has_the_same_identity_in_every_file_that_tells_it(path: Path) -> None:
    alone = read(path, nacha(batch(entry("90")))).deposits[0]
    among = read(path, nacha(batch(entry("45", "T2", 7), company="METLIFE"), batch(entry("90"), number=2), line_end=""))
    assert [each.identity == alone.identity for each in among.deposits] == [False, True]


@pytest.mark.parametrize(
    "other",
    [
        batch(entry("90.01")),
        batch(entry("90", "EFT0002")),
        batch(entry("90", number=2)),
        batch(entry("90", code="27")),
        batch(entry("90"), day="261103"),
        batch(entry("90", originator="1888888888")),
    ],
)
def test_another_entry_has_another_identity(path: Path, other: Records) -> None:
    one, two = read(path, nacha(batch(entry("90")), other)).deposits
    assert one.identity != two.identity


def test_an_entry_told_twice_in_one_file_is_one_deposit(path: Path) -> None:
    """Its number (positions 80 to 94), company, day, amount and addenda are the same: statements put end to end."""
    monday, tuesday = batch(entry("90")), batch(entry("90", "T2", 2), day="261103", number=2)
    of_the_week = read(path, nacha(monday) + nacha(tuesday) + nacha(monday, tuesday)).deposits
    assert len({each.identity for each in of_the_week}) == 2
    assert {each.identity for each in read(path, nacha(monday)).deposits} < {each.identity for each in of_the_week}
    twice = read(path, nacha(monday, batch(entry("90"), number=2))).deposits
    assert len({each.identity for each in twice}) == 1


@pytest.mark.parametrize("number", [" " * 15, "0" * 15])
def test_entries_without_a_number_are_counted_apart(path: Path, number: str) -> None:
    """Within their 1 to 9; the same file once more tells the same ones."""
    (record,) = entry("90", None)
    unnumbered = [record[:79] + number]
    text = nacha(batch(unnumbered, unnumbered))
    once, twice = read(path, text).deposits, read(path, text + text).deposits
    assert len({each.identity for each in once}) == 2
    assert {each.identity for each in once} == {each.identity for each in twice}


@pytest.mark.parametrize("position", [30, 39])
def test_an_amount_changed_on_the_way_is_noticed(path: Path, position: int) -> None:
    records = records_of(batch(entry("11.11"), entry("90", "T2", 2)))
    records[2] = records[2][: position - 1] + "7" + records[2][position:]
    with pytest.raises(ClaimsFileError, match="total of credits"):
        read(path, "\n".join(records))


def test_the_entry_hash_keeps_its_last_ten_digits(path: Path) -> None:
    text = nacha(batch(*(entry("1", f"T{number}", number) for number in range(1, 1001))))
    assert "82000020002345678000" in text  # 1,000 times 12345678 is 12345678000
    assert len(read(path, text).deposits) == 1000


@pytest.mark.parametrize("at", range(12))
def test_a_record_lost_or_doubled_is_noticed(path: Path, at: int) -> None:
    records = records_of(batch(entry("90"), entry("45", "T2", 2)), batch(entry("10", "T3", 3), number=2))[:12]
    assert len(told(read(path, "\n".join(records)))) == 3
    for others in (records[:at] + records[at + 1 :], records[: at + 1] + records[at:]):
        with pytest.raises(ClaimsFileError):
            read(path, "\n".join(others))


def test_a_fault_tells_nothing_of_other_peoples_money(path: Path) -> None:
    wages = batch(entry("1200", None, 2), description="PAYROLL", sec="PPD", company="SECRET WAGES", number=2)
    wages = [record.replace("LINDEN DENTAL", "ROE SECRETIA ") for record in wages]
    for records in (
        [*wages[:1], *wages[2:]],
        [wages[0], "6XX" + wages[1][3:], wages[2]],
        [wages[0], wages[1][:-1], wages[2]],
    ):
        with pytest.raises(ClaimsFileError) as refused:
            read(path, "\n".join([*records_of(batch(entry("90")))[:5], *records]))
        assert "SECRET" not in str(refused.value)


# CSV


def test_a_csv_is_read(path: Path) -> None:
    found = read(
        path, "date,amount,trace\n2026-11-02,120.00,EFT0001\n11/03/2026,1.5,000778\n2026-11-04,-120.00,eft0001\n"
    )
    assert told(found) == [
        ("2026-11-02", 12000, "EFT0001"),
        ("2026-11-03", 150, "000778"),
        ("2026-11-04", -12000, "EFT0001"),
    ]
    assert [each.place for each in found.deposits] == ["line 2", "line 3", "line 4"]


def test_a_csv_may_name_payer_and_originator_in_any_order(path: Path) -> None:
    found = read(
        path,
        "\ufeffPayer, Trace_Number ,Amount,Originator,Date\r\nDelta Dental,EFT0001,120.00,1999999999,2026-11-02\r\n"
        ",EFT0002,5,,2026-11-02\r\n",
    )
    assert [(each.trace_number, each.payer, each.originator) for each in found.deposits] == [
        ("EFT0001", "Delta Dental", "1999999999"),
        ("EFT0002", None, None),
    ]


def test_a_csv_row_without_trace_number_is_money_and_one_without_amount_is_none(path: Path) -> None:
    found = read(path, "date,amount,trace\n2026-11-02,120.00,\n2026-11-02,0.00,EFT0001\n")
    assert told(found) == [("2026-11-02", 12000, "")]
    assert found.without_money == 1


def test_equal_rows_of_a_csv_are_different_money(path: Path) -> None:
    row = "2026-11-02,120.00,EFT0001\n"
    once = read(path, "date,amount,trace\n" + row).deposits
    twice = read(path, "trace,amount,date\nEFT0001,120,11/02/2026\nEFT0001,120.0,2026-11-02\n").deposits
    assert once[0].identity == twice[0].identity != twice[1].identity


@pytest.mark.parametrize("broken", BROKEN, ids=lambda path: path.stem)
def test_a_broken_file_is_refused_in_these_words(broken: Path) -> None:
    with pytest.raises(ClaimsFileError) as refused:
        read_bank_file(broken)
    expected = broken.with_suffix(".txt").read_text(encoding="utf-8")
    assert str(refused.value).replace(f"{broken.parent}/", "") + "\n" == expected


def test_the_broken_files_are_where_they_are_looked_for() -> None:
    assert len(BROKEN) > 25


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ClaimsFileError, match="No such file"):
        read_bank_file(tmp_path / "nowhere.ach")
    with pytest.raises(ClaimsFileError, match="Is a directory"):
        read_bank_file(tmp_path)
