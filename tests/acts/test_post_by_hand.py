"""Posting by hand (era post): as remitted or line by line, never more than is owed, never with the A mark."""

from pathlib import Path

import pytest
from by_hand import ANN, newest, post, refused
from practices import PracticeHome, expects, make_practice, remittance
from remittance_text import Segments, bare_claim, claim, service_line


@pytest.fixture
def short(home: PracticeHome) -> PracticeHome:
    """C1 paid ten dollars short of what was expected: left to a person."""
    home.expect(expects("C1", "100"))
    home.run(remittance("90", claim("C1")))
    return home


@pytest.mark.both_databases
def test_what_the_engine_left_is_posted_as_remitted_without_the_mark(short: PracticeHome) -> None:
    ended = post(short, "EFT0001", "C1", "--as-remitted", "--note", "agreed on the phone")
    assert ended.out == "Posted $90.00 and wrote off $30.00 by hand.\n"
    assert short.posted() == {"insurance_deposits": 9000, "contracted_write_offs": 3000, "accounts_receivable": -12000}
    entries = [(each["kind"], each["mark"], each["made_by"], each["date"]) for each in short.records("ledger")]
    assert entries == [
        ("insurance_payment", None, "Ann", "2026-11-01"),
        ("contracted_write_off", None, "Ann", "2026-11-01"),
    ]


def test_the_log_says_who_posted_and_why(short: PracticeHome) -> None:
    post(short, "EFT0001", "C1", "--note", "agreed on the phone")
    record = newest(short)
    assert {key: record[key] for key in ("mode", "act", "by", "note", "outcome", "rule", "holds", "state")} == {
        "mode": "manual",
        "act": "post",
        "by": "Ann",
        "note": "agreed on the phone",
        "outcome": "post",
        "rule": None,
        "holds": [],
        "state": "posted",
    }
    amounts = ("paid_cents", "charge_cents", "expected_cents", "write_off_cents", "plan_count", "indicators")
    assert [record[key] for key in amounts] == [9000, 12000, 10000, 3000, 1, "posted-by-hand"]
    assert "(Ann: agreed on the phone)" in short.era("log", "--mode", "manual").out


def test_json_is_the_decision_as_the_log_prints_it(short: PracticeHome) -> None:
    [record] = short.era("post", "EFT0001", "C1", *ANN, "--json").records
    assert record == newest(short)


def test_other_amounts_are_posted_line_by_line(short: PracticeHome) -> None:
    post(short, "EFT0001", "C1", "--line", "1=90,12.50")
    assert short.posted() == {"insurance_deposits": 9000, "contracted_write_offs": 1250, "accounts_receivable": -10250}
    assert newest(short)["write_off_cents"] == 1250
    lines = {posting["line"] for entry in short.records("ledger") for posting in entry["postings"]}
    assert lines == {None, 1}


def test_a_line_without_a_write_off_writes_nothing_off(short: PracticeHome) -> None:
    post(short, "EFT0001", "C1", "--line", "1=90")
    assert short.posted() == {"insurance_deposits": 9000, "accounts_receivable": -9000}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["1=80"], "The lines add up to $80.00, but the payer paid $90.00."),
        (["1=90.01"], "The lines add up to $90.01, but the payer paid $90.00."),
        (["2=90"], "Claim C1 has no line 2."),
        (["1=45", "1=45"], "Line 1 is given twice."),
        (["1=90,30.01"], "Line 1 would have $120.01 paid or written off, more than its fee of $120.00"),
        (["1=90,-1"], "Write-offs on this claim would total -$1.00"),
        (["1=-90"], "Line 1 has a payment of -$90.00, but the payer paid."),
        (["1"], "is not N=PAID"),
        (["1=ninety"], "is not N=PAID"),
        (["1=90,"], "is not N=PAID"),
        (["-1=90"], "is not N=PAID"),
        (["1=9e1"], "is not N=PAID"),
    ],
)
def test_lines_that_do_not_add_up_are_refused(short: PracticeHome, lines: list[str], said: str) -> None:
    options = [word for line in lines for word in ("--line", line)]
    assert said in refused(short, "EFT0001", "C1", *options)


def test_usage_is_said(short: PracticeHome) -> None:
    assert "not both" in refused(short, "EFT0001", "C1", "--as-remitted", "--line", "1=90")
    assert "CLAIM is missing" in refused(short, "EFT0001")
    assert "has no claim C9" in refused(short, "EFT0001", "C9")
    assert "No payment has the trace number EFT0009" in refused(short, "EFT0009", "C1")
    for name in ("", "  ", "A" * 101, "Ann\nBob"):
        ended = short.era("post", "EFT0001", "C1", "--by", name)
        assert (ended.code, ended.out) == (2, ""), name
    assert short.era("post", "EFT0001", "C1").code == 2
    assert short.era("post", "EFT0001", "C1", *ANN, "--note", "x" * 501).code == 2
    assert short.posted() == {}


def test_what_is_posted_is_not_posted_again(short: PracticeHome) -> None:
    post(short, "EFT0001", "C1")
    assert "is already posted" in refused(short, "EFT0001", "C1")


def test_a_claim_of_no_practice_claim_is_matched_first(home: PracticeHome) -> None:
    home.run(remittance("90", claim("X9")))
    error = refused(home, "EFT0001", "X9")
    assert "is not matched to a claim" in error
    assert "era match EFT0001 X9 --to CLAIM" in error


def test_a_claim_imported_since_is_posted_only_by_its_very_number(home: PracticeHome) -> None:
    home.run(remittance("180", claim("C1"), claim("0000C2000002", payer_claim_number="ICN2")))
    home.expect(expects("C1"), expects("C2000002"))
    post(home, "EFT0001", "C1")
    assert "It may be C2000002." in refused(home, "EFT0001", "0000C2000002")


@pytest.mark.parametrize("status", ["25", "23"])
def test_an_estimate_or_a_claim_not_processed_is_never_posted(home: PracticeHome, status: str) -> None:
    home.expect(expects())
    home.run(remittance("90", claim(status=status)))
    assert "era close EFT0001 C1" in refused(home, "EFT0001", "C1", "--line", "1=90")


def test_a_claim_that_does_not_add_up_is_posted_by_line_only(home: PracticeHome) -> None:
    home.expect(expects())
    home.run(remittance("90", claim("C1", "120", "90", "20")))
    assert "does not balance" in refused(home, "EFT0001", "C1", "--as-remitted")
    post(home, "EFT0001", "C1", "--line", "1=90,30")
    assert home.posted()["accounts_receivable"] == -12000


def test_an_amount_that_cannot_be_read_is_not_posted(home: PracticeHome) -> None:
    home.expect(expects())
    home.run(remittance("90", claim("C1", "120", "9O", "30")))
    assert "could not be read" in refused(home, "EFT0001", "C1", "--line", "1=90")


def test_the_same_money_a_second_time_is_refused(short: PracticeHome) -> None:
    post(short, "EFT0001", "C1")
    short.run(remittance("90", claim("C1"), trace="EFT0002"))
    error = refused(short, "EFT0002", "C1")
    assert "Payments would total $180.00, $60.00 above the charge of $120.00" in error
    assert "Line 1 would have $210.00" in refused(short, "EFT0002", "C1", "--line", "1=90")


def test_additional_money_is_posted_and_gives_the_write_off_back(home: PracticeHome) -> None:
    home.expect(expects("C1", "100"))
    home.run(remittance("60", claim("C1", "120", "60", "60")))
    post(home, "EFT0001", "C1")
    home.run(remittance("20", claim("C1", "120", "20", "100", payer_claim_number="ICN2"), trace="EFT0002"))
    assert "Write-offs would total" in refused(home, "EFT0002", "C1")
    post(home, "EFT0002", "C1", "--line", "1=20,-20")
    assert home.posted() == {"insurance_deposits": 8000, "contracted_write_offs": 4000, "accounts_receivable": -12000}


@pytest.fixture
def two_lines(home: PracticeHome) -> PracticeHome:
    """C1 of two procedures, 120.00 each, left to a person: on the first 50.00 is written off, on the second nothing."""
    home.expect([*expects("C1", "120"), {**expects("C1", "120", procedure="D1110")[0], "line_number": 2}])
    first = service_line("D0120", "120", "70", "CAS*CO*45*50")
    second = service_line("D1110", "120", "70", "CAS*PR*2*50")
    home.run(remittance("140", bare_claim("C1", "240", "140", *first, *second)))
    return home


def test_a_write_off_is_given_back_only_on_the_line_that_had_it(two_lines: PracticeHome) -> None:
    error = refused(two_lines, "EFT0001", "C1", "--line", "1=70,50", "--line", "2=70,-10")
    assert "Line 2 would reverse $10.00 of write-off, but only $0.00 is written off there" in error
    post(two_lines, "EFT0001", "C1", "--line", "1=70,50", "--line", "2=70,0")
    again = bare_claim("C1", "240", "20", *service_line("D0120", "120", "20", "CAS*OA*A1*100"))
    two_lines.run(remittance("20", again, trace="EFT0002"))
    assert "Line 2 would reverse $20.00" in refused(two_lines, "EFT0002", "C1", "--line", "2=20,-20")
    assert "Line 1 would reverse $50.01" in refused(
        two_lines, "EFT0002", "C1", "--line", "1=0,-50.01", "--line", "2=20,0.02"
    )
    post(two_lines, "EFT0002", "C1", "--line", "1=0,-20", "--line", "2=20")
    assert two_lines.posted()["contracted_write_offs"] == 3000


def test_a_write_off_taken_back_is_not_there_to_give_back(two_lines: PracticeHome) -> None:
    post(two_lines, "EFT0001", "C1", "--line", "1=70,20", "--line", "2=70,30")
    assert two_lines.era("undo", "EFT0001", *ANN, "--because", "wrong line").code == 0
    error = refused(two_lines, "EFT0001", "C1", "--line", "1=70,50", "--line", "2=70,-10")
    assert "Line 2 would reverse $10.00 of write-off, but only $0.00 is written off there" in error


def test_a_write_off_that_stands_on_no_line_is_given_back_on_any(home: PracticeHome) -> None:
    home.expect([*expects("C1", "120"), {**expects("C1", "120", procedure="D1110")[0], "line_number": 2}])
    home.run(remittance("140", bare_claim("C1", "240", "140", "CAS*CO*45*50", "CAS*PR*2*50")))
    post(home, "EFT0001", "C1")
    home.run(remittance("20", bare_claim("C1", "240", "20", "CAS*OA*A1*220"), trace="EFT0002"))
    refused(home, "EFT0002", "C1", "--line", "1=10,-30", "--line", "2=10,-30")
    post(home, "EFT0002", "C1", "--line", "1=10,-10", "--line", "2=10,-10")
    assert home.posted()["contracted_write_offs"] == 3000


def credits(practice: PracticeHome) -> dict[int | None, int]:
    """Cents paid and written off by line."""
    totals: dict[int | None, int] = {}
    for entry in practice.records("ledger"):
        for posting in entry["postings"]:
            if posting["account"] == "accounts_receivable":
                totals[posting["line"]] = totals.get(posting["line"], 0) - posting["cents"]
    return {line: cents for line, cents in totals.items() if cents}


def test_two_lines_answered_as_one_are_not_all_credited_to_the_first(home: PracticeHome) -> None:
    home.expect([*expects("C1", "24", "30"), {**expects("C1", "24", "30")[0], "line_number": 2}])
    both = ["SVC*AD:D0120*60*48**2", "DTM*472*20261005", "CAS*CO*45*12"]
    [left] = home.run(remittance("48", bare_claim("C1", "60", "48", *both)))
    assert left["holds"] == ["charge-mismatch", "procedure-mismatch"]
    assert "differ from the charges submitted: line 1 $60.00, $30.00 submitted." in left["explanation"]
    assert "more than its fee" in refused(home, "EFT0001", "C1", "--line", "1=48,12")
    told = post(home, "EFT0001", "C1", "--as-remitted").out
    assert "It is more than the rest of the fee on line 1, so it is posted to no line" in told
    assert credits(home) == {None: 6000}


def test_as_remitted_a_line_that_is_paid_already_is_credited_no_more(two_lines: PracticeHome) -> None:
    post(two_lines, "EFT0001", "C1", "--line", "1=120", "--line", "2=20")
    again = service_line("D0120", "120", "10", "CAS*OA*A1*110")
    two_lines.run(remittance("10", bare_claim("C1", "120", "10", *again), trace="EFT0002"))
    assert "on line 1, so it is posted to no line" in post(two_lines, "EFT0002", "C1", "--as-remitted").out
    assert credits(two_lines) == {1: 12000, 2: 2000, None: 1000}


def test_a_write_off_that_is_the_patients_is_refused(home: PracticeHome) -> None:
    home.expect(expects("C1", "90"))
    home.run(remittance("60", claim("C1", "120", "60", "30", "CAS*PR*2*30", responsibility="30")))
    assert "at most $30.00 can be written off" in refused(home, "EFT0001", "C1", "--line", "1=60,60")
    post(home, "EFT0001", "C1", "--line", "1=60,30")
    assert home.posted()["accounts_receivable"] == -9000


def test_a_denied_part_is_written_off_by_hand(home: PracticeHome) -> None:
    home.expect(expects("C1", "90"))
    home.run(remittance("60", claim("C1", "120", "60", "30", "CAS*CO*97*30")))
    post(home, "EFT0001", "C1", "--as-remitted")
    assert home.posted() == {"insurance_deposits": 6000, "contracted_write_offs": 3000, "accounts_receivable": -9000}


# Split claims and reversals


def part(procedure: str, charge: str, paid: str, write_off: str, icn: str) -> Segments:
    return [
        f"CLP*C1*1*{charge}*{paid}**12*{icn}*11*1",
        "NM1*QC*1*DOE*JANE****MI*SUB1",
        *service_line(procedure, charge, paid, f"CAS*CO*45*{write_off}"),
    ]


def test_each_part_of_a_split_claim_posts_by_itself(home: PracticeHome) -> None:
    home.expect([*expects("C1", "90"), expects("C1", "40", "80")[0] | {"line_number": 2, "procedure_code": "D1110"}])
    home.run(remittance("90", part("D0120", "120", "90", "30", "A")))
    post(home, "EFT0001", "C1")
    home.run(remittance("20", part("D1110", "80", "20", "60", "B"), trace="EFT0002"))
    assert newest(home)["outcome"] == "manual"
    post(home, "EFT0002", "C1")
    assert home.posted() == {"insurance_deposits": 11000, "contracted_write_offs": 9000, "accounts_receivable": -20000}
    home.verified()


def reversal(paid: str = "90", write_off: str = "30", *more: str) -> Segments:
    return [
        f"CLP*C1*22*-120*-{paid}**12*ICN1*11*1",
        "NM1*QC*1*DOE*JANE****MI*SUB1",
        f"SVC*AD:D0120*-120*-{paid}**1",
        "DTM*472*20261005",
        f"CAS*CO*45*-{write_off}",
        *more,
    ]


CORRECTED = claim("C1", "120", "95", "25", payer_claim_number="ICN2")


@pytest.mark.both_databases
def test_a_reversal_takes_payment_and_write_off_back_and_the_next_run_posts_the_correction(home: PracticeHome) -> None:
    home.expect(expects())
    home.run(remittance("90", claim()))
    home.run(remittance("5", reversal(), CORRECTED, trace="EFT0002"))
    ids = [each["claim_payment_id"] for each in home.records("log")[1:]]
    shared = refused(home, "EFT0002", "C1")
    assert "2 claim payments of payment EFT0002 are for claim C1" in shared
    assert f"id:{ids[0]} status 22, paid -$90.00, open; id:{ids[1]} status 1, paid $95.00, open" in shared
    ended = post(home, "EFT0002", f"id:{ids[0]}")
    assert "Reversed by hand: $90.00 payment and $30.00 write-off." in ended.out
    assert set(home.posted().values()) == {0}
    assert [entry["kind"] for entry in home.records("ledger")][-1] == "reversal"
    decided = home.run()
    assert [(each["claim_payment_id"], each["outcome"]) for each in decided] == [(ids[1], "post")]
    assert home.posted() == {"insurance_deposits": 9500, "contracted_write_offs": 2500, "accounts_receivable": -12000}
    assert next(each["state"] for each in home.records("log")) == "reversed"
    home.verified()


def test_a_reversal_that_states_another_write_off_takes_back_what_was_posted(home: PracticeHome) -> None:
    home.expect(expects())
    home.run(remittance("90", claim()))
    home.run(remittance("-90", reversal("90", "10", "CAS*CO*97*-20"), trace="EFT0002"))
    post(home, "EFT0002", "C1")
    assert set(home.posted().values()) == {0}


def test_a_reversal_of_nothing_posted_says_what_it_waits_for(home: PracticeHome) -> None:
    home.expect(expects())
    home.run(remittance("-90", reversal(), trace="EFT0002"))
    error = refused(home, "EFT0002", "C1")
    assert "matches nothing that is posted. The payment it reverses is not posted here." in error


def test_a_reversal_is_not_posted_by_line(home: PracticeHome) -> None:
    home.expect(expects())
    home.run(remittance("90", claim()), remittance("-90", reversal(), trace="EFT0002"))
    assert "Leave --line out" in refused(home, "EFT0002", "C1", "--line", "1=-90")


def test_money_taken_back_without_a_reversal_needs_a_payment_to_take_it_from(home: PracticeHome) -> None:
    home.expect(expects())
    home.run(remittance("-90", bare_claim("C1", "120", "-90", "CAS*CO*45*210")))
    assert "Payments on this claim would total -$90.00" in refused(home, "EFT0001", "C1", "--line", "1=-90")


# Provider-level adjustments


def test_provider_level_adjustments_of_unknown_reason_are_entered_when_a_person_says_so(tmp_path: Path) -> None:
    practice = make_practice(tmp_path / "practice")
    practice.expect(expects())
    practice.run(remittance("85", claim(), after=["PLB*1234567893*20261231*ZZ:X1*5"]))
    assert "provider_adjustments" not in practice.posted()
    [entry] = practice.era("post", "EFT0001", "--provider-adjustments", *ANN, "--note", "a fee", "--json").records
    assert (entry["kind"], entry["mark"], entry["made_by"], entry["memo"]) == (
        "provider_adjustment",
        None,
        "Ann",
        "DELTA DENTAL EFT0001, ZZ X1: a fee",
    )
    assert practice.posted()["provider_adjustments"] == 500
    practice.verified()
    again = practice.era("post", "EFT0001", "--provider-adjustments", *ANN)
    assert (again.code, practice.posted()["provider_adjustments"]) == (2, 500)
    assert practice.era("post", "EFT0001", "C1", "--provider-adjustments", *ANN).code == 2
