"""Fee schedules: what is read of them, what is then expected for the claims of 837 files, and what stays unknown."""

from decimal import Decimal
from pathlib import Path

import pytest
from practices import PracticeHome, expects, remittance
from remittance_text import bare_claim, claim, service_line
from sent_claims_text import claim_file, line, other_plan, provider, sent, sent_file, sent_set, subscriber
from where import ERRORS

from era_engine.foundation.clock import today
from era_engine.foundation.errors import ClaimsFileError
from era_engine.practice.expected import Fee, expected_insurance
from era_engine.practice.fees_csv import read_fees

BROKEN = sorted(ERRORS.glob("fees/*.csv"))
DELTA = "payer,procedure,allowed,percent\nDDP71,D0120,90.00,100\n"


def import_claims(home: PracticeHome, text: str) -> str:
    return imported(home, "claims", "sent.837", text)


def import_fees(home: PracticeHome, text: str = DELTA) -> str:
    return imported(home, "fees", "fees.csv", text)


def imported(home: PracticeHome, what: str, name: str, text: str) -> str:
    file = home.root / name
    file.write_text(text, encoding="utf-8")
    ended = home.era("import", what, file)
    assert ended.code == 0, ended
    return ended.out.replace(f"{file}: ", "")


def refused(home: PracticeHome, what: str, name: str, text: str) -> str:
    file = home.root / name
    file.write_text(text, encoding="utf-8")
    ended = home.era("import", what, file)
    assert ended.code == 2, ended
    return ended.err.replace(f"{file}: ", "")


def expected(home: PracticeHome) -> list[tuple[object, ...]]:
    """Claim number, line number and expected cents of every line."""
    return home.rows(
        "SELECT claim_number, line_number, expected_insurance_cents FROM procedure_lines"
        " ORDER BY claim_number, line_number"
    )


# The file


@pytest.mark.parametrize(
    "header",
    [
        "payer,procedure,allowed,percent",
        "payer_id,procedure_code,allowed_amount,percent_covered",
        "payer_name,code,allowed,percent_covered",
    ],
)
def test_the_columns_have_these_names(tmp_path: Path, header: str) -> None:
    path = tmp_path / "fees.csv"
    path.write_bytes(f"\ufeff{header}\r\n DDP71 ,D0120,62,33.3\r\n".encode())
    assert read_fees(path, "here") == [Fee("DDP71", "D0120", 6200, Decimal("33.3"), "here")]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda path: path.stem)
def test_a_broken_file_is_refused_in_these_words(broken: Path) -> None:
    with pytest.raises(ClaimsFileError) as refusal:
        read_fees(broken, "here")
    words = broken.with_suffix(".txt").read_text(encoding="utf-8")
    assert str(refusal.value).replace(f"{broken.parent}/", "") + "\n" == words


def test_the_broken_files_are_where_they_are_looked_for() -> None:
    assert len(BROKEN) > 6


# What is expected


@pytest.mark.parametrize(
    ("charge", "allowed", "percent", "cents"),
    [
        (12000, 9000, "100", 9000),
        (12000, 9000, "80", 7200),
        (12000, 12000, "80", 9600),
        (10000, 12000, "80", 8000),  # a plan covers its share of what was charged, when that is less
        (12000, 9000, "0", 0),
        (12000, 0, "100", 0),
        (12000, 9999, "50", 5000),  # 49.995, half up
        (12000, 9997, "50", 4999),  # 49.985
        (12000, 10001, "33.3", 3330),  # 33.30333
        (12000, 1, "50", 1),
        (12000, 1, "49.999999", 0),
        (100_000_000_000, 100_000_000_000, "33.333333", 33_333_333_000),
    ],
)
def test_expected_is_the_lesser_of_allowed_and_charged_times_the_percentage(
    charge: int, allowed: int, percent: str, cents: int
) -> None:
    assert expected_insurance(charge, Fee("DDP71", "D0120", allowed, Decimal(percent), "here"))[0] == cents


def test_where_an_amount_comes_from_is_told() -> None:
    fee = Fee("DDP71", "D0120", 8000, Decimal("33.3"), "fees.csv of 2026-11-02")
    assert expected_insurance(12000, fee)[1] == "fees.csv of 2026-11-02: allowed $80.00 x 33.3 %"
    assert expected_insurance(5000, fee)[1] == (
        "fees.csv of 2026-11-02: charged $50.00, less than the allowed $80.00, x 33.3 %"
    )


def test_each_line_is_rounded_by_itself(home: PracticeHome) -> None:
    import_fees(home, "payer,procedure,allowed,percent\nDDP71,D0120,0.01,50\n")
    import_claims(home, claim_file(sent("C1", "240", line(1), line(2))))
    assert expected(home) == [("C1", 1, 1), ("C1", 2, 1)]


def test_fees_before_claims_and_claims_before_fees_come_to_the_same(home: PracticeHome) -> None:
    text = claim_file(sent("C1", "200", line(1), line(2, "D1110", "80")))
    assert import_claims(home, text) == (
        "1 claim added, 0 updated.\n  1 claim has a line with no expected amount: see era import fees.\n"
    )
    assert expected(home) == [("C1", 1, None), ("C1", 2, None)]
    told = import_fees(home, DELTA + "DDP71,D1110,60,80\n")
    assert told == "2 fees added, 0 updated.\n  The expected amount changed for 2 claim lines.\n"
    assert expected(home) == [("C1", 1, 9000), ("C1", 2, 4800)]
    assert import_claims(home, text) == "0 claims added, 1 updated.\n"
    assert expected(home) == [("C1", 1, 9000), ("C1", 2, 4800)]


@pytest.mark.both_databases
def test_a_fee_imported_again_is_updated_with_the_open_lines_it_is_for(home: PracticeHome) -> None:
    import_claims(home, claim_file())
    import_fees(home)
    told = import_fees(home, "payer,procedure,allowed,percent\nddp71,d0120,80.00,50\nDDP71,D1110,60,100\n")
    assert told == "1 fee added, 1 updated.\n  The expected amount changed for 1 claim line.\n"
    assert expected(home) == [("C1", 1, 4000)]
    assert home.rows("SELECT expected_from FROM procedure_lines") == [
        (f"fees.csv of {today()}: allowed $80.00 x 50 %",)
    ]


@pytest.mark.parametrize("payer", ["DDP71", "ddp71", "Delta  Dental", "DELTA DENTAL"])
def test_a_payer_is_known_by_its_id_or_its_name(sqlite_home: PracticeHome, payer: str) -> None:
    import_fees(sqlite_home, DELTA.replace("DDP71", payer))
    import_claims(sqlite_home, claim_file())
    assert expected(sqlite_home) == [("C1", 1, 9000)]


def test_a_payers_id_goes_before_its_name(sqlite_home: PracticeHome) -> None:
    import_claims(sqlite_home, claim_file())
    import_fees(sqlite_home, DELTA)
    import_fees(sqlite_home, "payer,procedure,allowed,percent\nDelta Dental,D0120,10,100\n")
    assert expected(sqlite_home) == [("C1", 1, 9000)]


def test_without_a_fee_for_payer_and_procedure_nothing_is_known(sqlite_home: PracticeHome) -> None:
    import_fees(sqlite_home, "payer,procedure,allowed,percent\nMETLIFE,D0120,90,100\nDDP71,D1110,60,100\n")
    import_claims(sqlite_home, claim_file())
    assert expected(sqlite_home) == [("C1", 1, None)]


def test_what_a_second_plan_pays_is_not_told_by_a_schedule(sqlite_home: PracticeHome) -> None:
    second = sent_file(sent_set(provider(), subscriber(sent(about=other_plan("P")), ordinal="S")))
    import_fees(sqlite_home)
    import_claims(sqlite_home, second)
    import_fees(sqlite_home)
    assert expected(sqlite_home) == [("C1", 1, None)]
    assert sqlite_home.rows("SELECT expected_from FROM procedure_lines") == [
        ("a fee schedule does not say what plan 2 pays after the primary",)
    ]


@pytest.mark.parametrize(
    ("units", "cents"), [("", 4000), ("1", 4000), ("1.0", 4000), ("2", 8000), ("4", 12000), ("1.5", None)]
)
def test_a_schedule_prices_one_unit(sqlite_home: PracticeHome, units: str, cents: int | None) -> None:
    """The claim charges 120.00 and the plan allows 40.00 for each, before the fees are told and after."""
    text = claim_file().replace("*120****1~", f"*120****{units}~")
    import_claims(sqlite_home, text)
    import_fees(sqlite_home, DELTA.replace("90.00", "40.00"))
    assert expected(sqlite_home) == [("C1", 1, cents)]
    import_claims(sqlite_home, text)
    assert expected(sqlite_home) == [("C1", 1, cents)]


def test_amounts_told_by_a_csv_are_never_touched(sqlite_home: PracticeHome) -> None:
    sqlite_home.expect(expects("C1", "77"), expects("C2", ""))
    import_fees(sqlite_home)
    assert expected(sqlite_home) == [("C1", 1, 7700), ("C2", 1, None)]


def test_a_bad_file_leaves_the_fees_as_they_were(sqlite_home: PracticeHome) -> None:
    import_fees(sqlite_home)
    assert refused(sqlite_home, "fees", "more.csv", DELTA.replace("90.00", "80.00") + "DDP71,D1110,60,80%\n") == (
        'Error: line 3, column percent: "80%" is not 0, or a percentage from 1 to 100 without a percent sign,'
        " like 80 or 33.3.\nRemedy: Correct the file and import it again. Nothing was imported.\n"
    )
    assert sqlite_home.rows("SELECT allowed_cents FROM fees") == [(9000,)]


# What follows from it


def test_a_claim_of_an_837_posts_when_it_is_paid_as_the_fees_say(home: PracticeHome) -> None:
    import_fees(home)
    import_claims(home, claim_file())
    (decided,) = home.run(remittance("90", claim("C1")))
    assert (decided["outcome"], decided["expected_cents"]) == ("post", 9000)
    assert home.posted() == {
        "insurance_deposits": 9000,
        "accounts_receivable": -12000,
        "contracted_write_offs": 3000,
    }
    source = f"fees.csv of {today()}: allowed $90.00 x 100 %"
    assert f"  line 1, D0120: $90.00; {source}\n" in home.era("explain", "C1").out
    (explained,) = home.records("explain", "C1")
    assert explained["expected_amounts"] == [{"line": 1, "procedure": "D0120", "expected_cents": 9000, "from": source}]
    home.verified()


def test_without_fees_it_waits_for_a_person(home: PracticeHome) -> None:
    import_claims(home, claim_file())
    (decided,) = home.run(remittance("90", claim("C1")))
    assert (decided["outcome"], decided["holds"]) == ("manual", ["expected-amount-unknown"])
    home.verified()


def test_what_was_expected_of_a_posted_claim_stays(home: PracticeHome) -> None:
    import_fees(home)
    import_claims(home, claim_file(sent("C1"), sent("C2")))
    home.run(remittance("90", claim("C1")))
    told = import_fees(home, DELTA.replace("90.00", "80.00"))
    assert told == "0 fees added, 1 updated.\n  The expected amount changed for 1 claim line.\n"
    assert expected(home) == [("C1", 1, 9000), ("C2", 1, 8000)]


def test_one_unknown_line_makes_the_claim_wait(home: PracticeHome) -> None:
    import_fees(home)
    import_claims(home, claim_file(sent("C1", "200", line(1), line(2, "D1110", "80"))))
    exam = service_line("D0120", "120", "90", "CAS*CO*45*30")
    cleaning = service_line("D1110", "80", "60", "CAS*CO*45*20")
    (decided,) = home.run(remittance("150", bare_claim("C1", "200", "150", *exam, *cleaning)))
    assert decided["holds"] == ["expected-amount-unknown"]
