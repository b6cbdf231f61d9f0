"""Claims of 837 files among those the practice has: whose patients they are, and what they change of claims known."""

from pathlib import Path

import pytest
from practices import Ended, PracticeHome, expects, remittance
from remittance_text import bare_claim, claim, service_line
from sent_claims_text import claim_file, dependent, line, other_plan, provider, sent, sent_file, sent_set, subscriber


def send(home: PracticeHome, text: str) -> Ended:
    """Import an 837; it must be taken."""
    ended = home.era("import", "claims", written(home, text))
    assert ended.code == 0, ended
    return ended


def refusal(home: PracticeHome, text: str) -> str:
    file = written(home, text)
    ended = home.era("import", "claims", file)
    assert ended.code == 2, ended
    return ended.err.replace(f"{file}: ", "")


def written(home: PracticeHome, text: str) -> Path:
    file = home.root / "sent.837"
    file.write_text(text, encoding="utf-8")
    return file


def of_subscriber(*claims: list[str], **about: str) -> str:
    return sent_file(sent_set(provider(), subscriber(*claims, **about)))  # type: ignore[arg-type]


def second_plan(number: str, **about: str) -> str:
    """A claim of Jane Doe to her second plan, where she has the member ID differs."""
    plan = {"member_id": "M2", "payer": "METLIFE", "payer_id": "65978", **about}
    return of_subscriber(sent(number, about=other_plan("P")), ordinal="S", **plan)


def patients(home: PracticeHome) -> dict[str, str]:
    """Patient id by claim number."""
    return dict(home.rows("SELECT claim_number, patient_id FROM claims"))  # type: ignore[arg-type]


def lines(home: PracticeHome) -> list[tuple[object, ...]]:
    """Claim number, expected cents and line control number of every line."""
    return home.rows(
        "SELECT claim_number, expected_insurance_cents, control_number FROM procedure_lines"
        " ORDER BY claim_number, line_number"
    )


# Whose claims they are


def test_a_patient_the_practice_knows_is_known_by_name_and_birth_date(home: PracticeHome) -> None:
    home.expect(expects("C9", patient="P77"))
    send(home, of_subscriber(sent("C1"), name="Doé*JANE", member_id="OTHER"))
    assert patients(home) == {"C1": "P77", "C9": "P77"}
    assert home.rows("SELECT last_name, first_name, plan_count FROM patients") == [("Doe", "Jane", 1)]


def test_a_patient_nobody_knows_gets_a_number_that_stays_the_same(home: PracticeHome) -> None:
    send(home, claim_file(sent("C1")))
    send(home, claim_file(sent("C2")))
    assert patients(home) == {"C1": "P0628AC635D9B", "C2": "P0628AC635D9B"}


def test_claims_to_two_plans_under_two_member_ids_are_one_patients(home: PracticeHome) -> None:
    send(home, claim_file(sent("C1")))
    send(home, second_plan("C2"))
    found = patients(home)
    assert found["C1"] == found["C2"]
    assert home.rows("SELECT plan_count FROM patients") == [(2,)]


def test_the_number_of_plans_never_shrinks_with_a_claim_that_names_fewer(home: PracticeHome) -> None:
    home.expect(expects("C9", plans=3, patient="P77"))
    send(home, claim_file(sent("C1", about=other_plan("S")), sent("C2")))
    assert home.rows("SELECT plan_count FROM patients") == [(3,)]


def test_another_birth_date_or_first_name_is_another_patient(sqlite_home: PracticeHome) -> None:
    send(sqlite_home, claim_file(sent("C1")))
    send(sqlite_home, of_subscriber(sent("C2"), born="19800301"))
    family = sent_set(
        provider(),
        subscriber(),
        dependent(sent("C3"), number=3, parent=2, name="DOE*TIM", born="20150401"),
        dependent(sent("C4"), number=4, parent=2, name="DOE*TOM", born="20150401"),
    )
    send(sqlite_home, sent_file(family))
    assert len(set(patients(sqlite_home).values())) == 4


def test_without_a_birth_date_the_member_id_must_be_the_same(sqlite_home: PracticeHome) -> None:
    send(sqlite_home, of_subscriber(sent("C1"), born=""))
    send(sqlite_home, of_subscriber(sent("C2"), born=""))
    send(sqlite_home, of_subscriber(sent("C3"), born="", member_id="SUB3"))
    send(sqlite_home, of_subscriber(sent("C4")))
    found = patients(sqlite_home)
    assert found["C1"] == found["C2"]
    assert len({found["C2"], found["C3"], found["C4"]}) == 3


def test_of_two_patients_alike_the_member_id_tells_which(sqlite_home: PracticeHome) -> None:
    other = [row | {"subscriber_id": "SUB2"} for row in expects("C9", patient="P9")]
    sqlite_home.expect(expects("C8", patient="P8"), other)
    send(sqlite_home, of_subscriber(sent("C1"), member_id="SUB2"))
    send(sqlite_home, of_subscriber(sent("C2"), member_id="SUB3"))
    found = patients(sqlite_home)
    assert found["C1"] == "P9"
    assert found["C2"] not in ("P8", "P9")


def with_suffix(text: str, suffix: str) -> str:
    return text.replace("DOE*JANE****MI", f"DOE*JANE***{suffix}*MI")


def test_a_suffix_left_out_now_and_then_makes_no_other_patient_where_the_birth_date_is_the_same(
    sqlite_home: PracticeHome,
) -> None:
    send(sqlite_home, claim_file(sent("C1")))
    send(sqlite_home, with_suffix(claim_file(sent("C2")), "JR"))
    sqlite_home.expect(expects("C9", patient="P77", last_name="Roe Jr"))
    send(sqlite_home, claim_file(sent("C3")).replace("DOE*JANE", "ROE*JANE"))
    found = patients(sqlite_home)
    assert found["C1"] == found["C2"]
    assert found["C3"] == "P77"


def test_without_a_birth_date_father_and_son_are_two(sqlite_home: PracticeHome) -> None:
    for number, suffix in (("C1", "SR"), ("C2", "JR"), ("C3", "JR")):
        send(sqlite_home, with_suffix(of_subscriber(sent(number), born=""), suffix))
    found = patients(sqlite_home)
    assert found["C1"] != found["C2"] == found["C3"]


def test_the_son_is_not_paid_what_his_father_was_paid(sqlite_home: PracticeHome) -> None:
    send(sqlite_home, with_suffix(claim_file(sent("C1")), "JR"))
    for number, hold in (("C1", "patient-mismatch"), ("0", "no-matching-claim")):
        fathers = [each.replace("JANE****MI", "JANE***SR*MI") for each in claim(number)]
        [held] = sqlite_home.run(remittance("90", fathers, trace=f"EFT{number}"))
        assert held["holds"][0] == hold


def test_a_csv_claim_of_another_suffix_is_not_the_one_sent(sqlite_home: PracticeHome) -> None:
    sqlite_home.expect(expects("C1", last_name="Doe Sr"))
    file = sqlite_home.root / "claims.837"
    file.write_text(with_suffix(claim_file(sent("C1")), "JR"), encoding="utf-8")
    assert "was imported from CSV for another patient" in sqlite_home.era("import", "claims", file).err


# Claims that are known


@pytest.mark.both_databases
def test_a_claim_sent_again_is_updated_while_nothing_is_posted(home: PracticeHome) -> None:
    send(home, claim_file(sent("C1")))
    corrected = claim_file(sent("C1", "150", line(1, "D0150", "150"), frequency="7"))
    assert send(home, corrected).out.endswith("0 claims added, 1 updated.\n" + WITHOUT_EXPECTED)
    assert home.rows("SELECT procedure_code, fee_cents FROM procedure_lines") == [("D0150", 15000)]


def test_a_claim_that_is_posted_is_not_changed_and_nothing_of_the_file_is_taken(home: PracticeHome) -> None:
    home.expect(expects("C1"))
    home.run(remittance("90", claim("C1")))
    assert refusal(home, claim_file(sent("C0"), sent("C1"))).startswith(
        "Error: Payments are posted on C1. A claim with a posted payment cannot be changed.\n"
    )
    assert list(patients(home)) == ["C1"]


def test_a_claim_known_from_csv_keeps_its_amounts_and_learns_its_control_numbers(home: PracticeHome) -> None:
    home.expect(expects("C1", patient="P77"))
    send(home, claim_file(sent("C1", "120", line(control="0007"))))
    assert lines(home) == [("C1", 9000, "0007")]
    assert patients(home) == {"C1": "P77"}
    assert home.rows("SELECT origin FROM claims") == [("csv",)]


def test_a_csv_after_an_837_tells_the_amounts_and_leaves_the_control_numbers(home: PracticeHome) -> None:
    send(home, claim_file(sent("C1", "120", line(control="0007")), sent("C2", "120", line(control="0008"))))
    home.expect(expects("C1", "90", patient="P77"), expects("C2", "90", procedure="D0150", patient="P77"))
    assert lines(home) == [("C1", 9000, "0007"), ("C2", 9000, None)]
    assert patients(home) == {"C1": "P77", "C2": "P77"}


def test_a_claim_that_is_not_the_one_known_is_refused_with_the_whole_file(sqlite_home: PracticeHome) -> None:
    sqlite_home.expect(expects("C1"), expects("C2", last_name="Roe"), expects("C3", charge="100"))
    send(sqlite_home, claim_file(sent("C4")))
    second = subscriber(sent("C4", about=other_plan("P")), number=3, ordinal="S")
    text = sent_file(sent_set(provider(), subscriber(sent("C0"), sent("C1"), sent("C2"), sent("C3")), second))
    assert refusal(sqlite_home, text) == (
        "Error: claim C2: was imported from CSV for another patient.\n"
        "claim C3: was imported from CSV with other lines, procedures, dates or fees.\n"
        "claim C4: was sent to plan 1 of the patient before, and now to plan 2.\n"
        "Remedy: Give a claim that is not the one imported before its own number. Nothing was imported.\n"
    )
    assert sorted(patients(sqlite_home)) == ["C1", "C2", "C3", "C4"]


# Voids


@pytest.mark.parametrize("known_from", ["csv", "837"])
def test_after_a_void_nothing_is_expected_and_a_payment_waits_for_a_person(home: PracticeHome, known_from: str) -> None:
    if known_from == "csv":
        home.expect(expects("C1"))
    else:
        home.era("import", "fees", fees(home))
        send(home, claim_file(sent("C1")))
    told = send(home, claim_file(sent("C1", frequency="8"))).out
    assert told.endswith("0 claims added, 0 updated.\n  Void of claim C1: its expected amount is now unknown.\n")
    home.era("import", "fees", fees(home))
    assert lines(home) == [("C1", None, None)]
    (decided,) = home.run(remittance("90", claim("C1")))
    assert (decided["outcome"], decided["holds"]) == ("manual", ["expected-amount-unknown"])
    assert "the practice voided the claim" in home.era("explain", "C1").out


def test_a_void_of_a_claim_unknown_or_posted_changes_nothing(home: PracticeHome) -> None:
    home.expect(expects("C1"))
    home.run(remittance("90", claim("C1")))
    told = send(home, claim_file(sent("C1", frequency="8"), sent("C5", frequency="8"))).out
    assert told.endswith("  Void of claim C1: no such open claim.\n  Void of claim C5: no such open claim.\n")
    assert lines(home) == [("C1", 9000, None)]
    home.verified()


def test_a_predetermination_is_told_and_passed_over(sqlite_home: PracticeHome) -> None:
    estimate = sent("C2")
    estimate[0] += "**********PB"
    assert send(sqlite_home, claim_file(sent("C1"), estimate)).out.endswith(
        "  1 predetermination skipped: it is an estimate, not a claim.\n"
    )
    assert list(patients(sqlite_home)) == ["C1"]


# Several plans, from the claims sent to the payments posted


def test_a_family_with_two_plans_is_paid(home: PracticeHome) -> None:
    home.era("import", "fees", fees(home))
    everyone = sent_set(
        provider(),
        subscriber(sent("C1")),
        subscriber(number=3),
        dependent(sent("C2", about=other_plan()), number=4, parent=3, name="DOE*TIM", born="20150401"),
    )
    send(home, sent_file(everyone))
    tim = [segment.replace("DOE*JANE****MI*SUB1", "DOE*TIM") for segment in claim("C2")]
    jane, tims = home.run(remittance("180", claim("C1"), tim))
    assert (jane["outcome"], jane["plan_count"]) == ("post", 1)
    assert (tims["outcome"], tims["rule"], tims["plan_count"]) == ("manual", "several-plans-write-offs-on", 2)
    home.verified()


def test_a_payment_finds_its_lines_by_the_control_numbers_sent(home: PracticeHome) -> None:
    """Two lines of one procedure and charge: only the numbers tell them apart, and the payer has them in its order."""
    home.era("import", "fees", fees(home))
    send(home, claim_file(sent("C1", "240", line(1, control="B"), line(2, control="A"))))
    first = service_line("D0120", "120", "100", "CAS*CO*45*20", "REF*6R*A")
    second = service_line("D0120", "120", "80", "CAS*CO*45*40", "REF*6R*B")
    home.run(remittance("180", bare_claim("C1", "240", "180", *first, *second)))
    paid = {
        posting["line"]: posting["cents"]
        for entry in home.records("ledger")
        for posting in entry["postings"]
        if entry["kind"] == "insurance_payment" and posting["account"] == "accounts_receivable"
    }
    assert paid == {1: -8000, 2: -10000}


WITHOUT_EXPECTED = "  1 claim has a line with no expected amount: see era import fees.\n"


def fees(home: PracticeHome) -> Path:
    file = home.root / "fees.csv"
    file.write_text("payer,procedure,allowed,percent\nDDP71,D0120,90.00,100\n", encoding="utf-8")
    return file
