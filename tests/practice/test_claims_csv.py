"""The practice's claims file: what is read from it, and how a bad file is refused."""

import csv
import random
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from where import ERRORS

from era_engine.foundation.errors import ClaimsFileError
from era_engine.practice.claims_csv import COLUMNS, read_claims
from era_engine.practice.file_faults import FAULTS_SHOWN
from era_engine.practice.model import Claim, ProcedureLine

BROKEN = sorted(ERRORS.glob("claims/*.csv"))

# Columns in the order of the published format, which other programs write.
HEADER = (
    "claim_number,patient_id,last_name,first_name,birth_date,subscriber_id,plan_count,plan_ordinal,payer_id,"
    "payer_name,location,line_number,procedure_code,service_date,fee,expected_insurance,expected_write_off"
)
CLEANING = "C1,P1,Brook,Alma,1980-02-29,W100,1,1,DELTA,Delta Dental,LPFD,1,D1110,2026-10-05,95.00,60.00,35.00"
CROWN = "C1,P1,Brook,Alma,1980-02-29,W100,1,1,DELTA,Delta Dental,LPFD,2,D2740,2026-10-12,1200,600.5,"
EXAM = 'C2,P2,"Rivers, Jr",Otto,,W200,2,2,METLIFE,MetLife,MFD,1,D0120,2026-10-05,48.00,,0'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "claims.csv"


def claims_of(path: Path, *rows: str, end: str = "\n") -> list[Claim]:
    path.write_bytes("".join(row + end for row in rows).encode())
    return read_claims(path)


def refusal_of(path: Path, *rows: str) -> list[str]:
    with pytest.raises(ClaimsFileError) as refused:
        claims_of(path, *rows)
    return refused.value.problem.replace(f"{path}: ", "").split("\n")


def with_cell(row: str, column: str, cell: str) -> str:
    cells = row.split(",")
    cells[HEADER.split(",").index(column)] = cell
    return ",".join(cells)


BROOK = Claim(
    claim_number="C1",
    patient_id="P1",
    last_name="Brook",
    first_name="Alma",
    birth_date=date(1980, 2, 29),
    subscriber_id="W100",
    plan_count=1,
    plan_ordinal=1,
    payer_id="DELTA",
    payer_name="Delta Dental",
    location="LPFD",
    lines=(
        ProcedureLine(1, "D1110", date(2026, 10, 5), 9500, 6000, 3500),
        ProcedureLine(2, "D2740", date(2026, 10, 12), 120000, 60050, None),
    ),
)
RIVERS = Claim(
    claim_number="C2",
    patient_id="P2",
    last_name="Rivers, Jr",
    first_name="Otto",
    birth_date=None,
    subscriber_id="W200",
    plan_count=2,
    plan_ordinal=2,
    payer_id="METLIFE",
    payer_name="MetLife",
    location="MFD",
    lines=(ProcedureLine(1, "D0120", date(2026, 10, 5), 4800, None, 0),),
)


def test_one_row_is_one_procedure_and_rows_of_a_claim_need_not_be_neighbours(path: Path) -> None:
    assert claims_of(path, HEADER, CROWN, EXAM, CLEANING) == [BROOK, RIVERS]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_files_of_any_system_are_read(path: Path, end: str) -> None:
    assert claims_of(path, "\ufeff" + HEADER, CLEANING, CROWN, "", EXAM, "", end=end) == [BROOK, RIVERS]


def test_columns_may_stand_in_any_order(path: Path) -> None:
    order = list(range(len(COLUMNS)))
    random.Random(835).shuffle(order)
    rows = [row.split(",") for row in (HEADER, CLEANING, CROWN)]
    assert claims_of(path, *(",".join(row[position] for position in order) for row in rows)) == [BROOK]


def test_blanks_around_a_cell_do_not_count_and_blanks_within_do(path: Path) -> None:
    spaced = ",".join(f"  {cell}\u00a0" for cell in CLEANING.split(","))
    assert claims_of(path, HEADER, spaced, CROWN) == [BROOK]
    (claim,) = claims_of(path, HEADER, with_cell(CLEANING, "claim_number", "  c 1--0001 "))
    assert claim.claim_number == "c 1--0001"


def test_claim_numbers_that_differ_in_case_or_leading_zeros_are_different_claims(path: Path) -> None:
    numbers = ["C1", "c1", "C01"]
    claims = claims_of(path, HEADER, *(with_cell(CLEANING, "claim_number", number) for number in numbers))
    assert [claim.claim_number for claim in claims] == numbers


@pytest.mark.parametrize(
    ("written", "cents"),
    [("120.00", 12000), ("120", 12000), ("120.5", 12050), ("0", 0), (".05", 5), ("1000000000.00", 100_000_000_000)],
)
def test_an_amount_becomes_cents(path: Path, written: str, cents: int) -> None:
    (claim,) = claims_of(path, HEADER, with_cell(CLEANING, "fee", written))
    assert claim.charge_cents == cents


def test_an_expected_amount_of_zero_is_known_and_an_empty_one_is_not(path: Path) -> None:
    (zero,) = claims_of(path, HEADER, with_cell(CLEANING, "expected_insurance", "0.00"))
    (unknown,) = claims_of(path, HEADER, with_cell(CLEANING, "expected_insurance", ""))
    assert (zero.expected_cents, unknown.expected_cents) == (0, None)


@pytest.mark.parametrize("broken", BROKEN, ids=lambda path: path.stem)
def test_a_broken_file_is_refused_in_these_words(broken: Path) -> None:
    with pytest.raises(ClaimsFileError) as refused:
        read_claims(broken)
    expected = broken.with_suffix(".txt").read_text(encoding="utf-8")
    assert str(refused.value).replace(f"{broken.parent}/", "") + "\n" == expected


def test_the_broken_files_are_where_they_are_looked_for() -> None:
    assert len(BROKEN) > 15


@pytest.mark.parametrize("column", HEADER.split(","))
def test_every_column_is_required_and_stands_once(path: Path, column: str) -> None:
    position = HEADER.split(",").index(column)
    rows = [row.split(",") for row in (HEADER, CLEANING)]
    without = [",".join(row[:position] + row[position + 1 :]) for row in rows]
    assert refusal_of(path, *without) == [f"line 1, column {column}: missing in the header."]
    twice = [",".join([*row, row[position]]) for row in rows]
    assert refusal_of(path, *twice) == [f"line 1, column {column}: named more than once in the header."]


def test_an_extra_column_is_refused_by_name(path: Path) -> None:
    assert refusal_of(path, HEADER + ",tooth", CLEANING + ",14") == ['line 1, column "tooth": there is no such column.']


@pytest.mark.parametrize("column", HEADER.split(","))
def test_only_birth_date_and_expected_amounts_may_be_empty(path: Path, column: str) -> None:
    row = with_cell(CLEANING, column, "  ")
    if column in ("birth_date", "expected_insurance", "expected_write_off"):
        (claim,) = claims_of(path, HEADER, row)
        line = claim.lines[0]
        assert [claim.birth_date, line.expected_insurance_cents, line.expected_write_off_cents].count(None) == 1
    else:
        (fault,) = refusal_of(path, HEADER, row)
        assert fault.startswith(f"line 2, column {column}: empty; it must hold ")


@pytest.mark.parametrize("column", HEADER.split(",")[1:11])
def test_the_rows_of_a_claim_agree_on_the_claim(path: Path, column: str) -> None:
    other = {"birth_date": "1980-03-01", "plan_count": "3", "plan_ordinal": "3"}.get(column, "X")
    faults = refusal_of(path, HEADER, CLEANING, with_cell(CROWN, column, other))
    assert faults == [f"line 3, column {column}: differs from line 2, the same claim_number."]


@pytest.mark.parametrize("column", ["last_name", "first_name", "birth_date", "plan_count"])
def test_the_claims_of_a_patient_agree_on_the_patient(path: Path, column: str) -> None:
    other = {"birth_date": "", "plan_count": "2"}.get(column, "X")
    second = with_cell(with_cell(CLEANING, "claim_number", "C9"), column, other)
    assert refusal_of(path, HEADER, CLEANING, CROWN, second) == [
        f"line 4, column {column}: differs from line 2, the same patient_id."
    ]


def test_a_patient_may_have_a_claim_with_each_plan(path: Path) -> None:
    rows = [with_cell(row, "plan_count", "2") for row in (CLEANING, CLEANING)]
    rows[1] = with_cell(rows[1], "claim_number", "C9")
    for column, cell in {"plan_ordinal": "2", "subscriber_id": "M7", "payer_id": "METLIFE"}.items():
        rows[1] = with_cell(rows[1], column, cell)
    assert [claim.plan_ordinal for claim in claims_of(path, HEADER, *rows)] == [1, 2]


def test_faults_name_the_physical_line_below_cells_with_line_breaks(path: Path) -> None:
    broken_over_lines = with_cell(CLEANING, "payer_name", '"Delta\r\n\r\nDental"')
    faults = refusal_of(path, HEADER, "", broken_over_lines, with_cell(EXAM.replace(", Jr", ""), "fee", "1.005"))
    assert [fault.split(":")[0] for fault in faults] == ["line 3, column payer_name", "line 6, column fee"]


def test_all_faults_are_counted_and_the_first_are_shown(path: Path) -> None:
    rows = [with_cell(with_cell(CLEANING, "line_number", str(n)), "fee", "0.001") for n in range(FAULTS_SHOWN + 7)]
    faults = refusal_of(path, HEADER, *rows)
    assert len(faults) == FAULTS_SHOWN + 1
    assert faults[-1] == "and 8 more."  # line number 0 is a fault too


def test_no_fault_tells_who_the_patient_is(path: Path) -> None:
    secrets = {
        "last_name": "Brooksecret",
        "first_name": "Almasecret",
        "birth_date": "1980-02-28",
        "subscriber_id": "W100secret",
    }
    patient = CLEANING
    for column, secret in secrets.items():
        patient = with_cell(patient, column, secret)
    crooked = [
        with_cell(patient, "birth_date", "1980-02-30"),
        with_cell(patient, "first_name", "Alma\x07secret"),
        with_cell(patient, "fee", "Brooksecret"),
        with_cell(patient, "service_date", "Brooksecret 1980"),
        with_cell(patient, "line_number", "Almasecret"),
        with_cell(patient, "last_name", '"Brooksecret"Almasecret'),
        patient + ",Almasecret",
    ]
    for rows in (
        [patient],
        [patient, CLEANING],
        *([HEADER, row] for row in crooked),
        [HEADER, CLEANING, patient],
        [HEADER, CLEANING, with_cell(patient, "claim_number", "C9")],
        [HEADER, with_cell(patient, "last_name", '"Brooksecret')],
    ):
        told = "\n".join(refusal_of(path, *rows))
        assert "secret" not in told
        assert "1980-02" not in told


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ClaimsFileError, match="No such file"):
        read_claims(tmp_path / "nowhere.csv")
    with pytest.raises(ClaimsFileError, match="Is a directory"):
        read_claims(tmp_path)


def test_a_quotation_mark_left_open_in_a_long_file_is_found_where_it_was_opened(path: Path) -> None:
    rows = [with_cell(CLEANING, "line_number", str(n)) for n in range(1, 3000)]
    (fault,) = refusal_of(path, HEADER, CLEANING, with_cell(EXAM.replace('"', ""), "payer_name", '"MetLife'), *rows)
    assert fault.startswith("line 3: a cell is longer than")


# Any text a practice's system might export: anything printable, with quotes, commas and accents.
TEXT = st.text(st.characters(exclude_categories=["C", "Z"], include_characters=' ",'), min_size=1, max_size=60).filter(
    lambda text: text == text.strip()
)
DAYS = st.dates(date(1900, 1, 1), date(2100, 1, 1))
CENTS = st.integers(0, 100_000_000_000)
PROCEDURES = st.lists(
    st.tuples(st.integers(1, 999), TEXT, DAYS, CENTS, st.none() | CENTS, st.none() | CENTS).map(
        lambda fields: ProcedureLine(*fields)
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda procedure: procedure.line_number,
).map(lambda lines: tuple(sorted(lines)))
COUNTS = st.integers(1, 9)
CLAIMS = st.lists(
    st.tuples(TEXT, TEXT, TEXT, TEXT, st.none() | DAYS, TEXT, COUNTS, COUNTS, TEXT, TEXT, TEXT, PROCEDURES).map(
        lambda fields: Claim(*fields)
    ),
    min_size=1,
    max_size=4,
    unique_by=(lambda claim: claim.claim_number, lambda claim: claim.patient_id),
)


def amount(cents: int | None) -> str:
    return "" if cents is None else f"{cents // 100}.{cents % 100:02}"


def write_claims(path: Path, claims: Sequence[Claim], shuffle: random.Random) -> list[str]:
    """Write the claims with columns and rows in any order; returns the claim numbers in the order of their rows."""
    rows = [
        [str("" if cell is None else cell) for cell in (*claim[:11], *line[:3], *map(amount, line[3:6]))]
        for claim in claims
        for line in claim.lines
    ]
    order = list(range(len(COLUMNS)))
    shuffle.shuffle(order)
    shuffle.shuffle(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([row[position] for position in order] for row in [HEADER.split(","), *rows])
    return list(dict.fromkeys(row[0] for row in rows))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(CLAIMS, st.randoms(use_true_random=False))
def test_what_is_written_is_read_back(path: Path, claims: list[Claim], shuffle: random.Random) -> None:
    numbers = write_claims(path, claims, shuffle)
    read = read_claims(path)
    assert [claim.claim_number for claim in read] == numbers
    assert sorted(read, key=lambda claim: claim.claim_number) == sorted(claims, key=lambda claim: claim.claim_number)
