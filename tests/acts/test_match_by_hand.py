"""Matching by hand (era match, era unmatch): recorded with who, judged by the next run, posted by neither."""

import pytest
from practices import Ended, PracticeHome, expects, remittance
from remittance_text import claim

ANN = ("--by", "Ann")


@pytest.fixture
def strange(home: PracticeHome) -> PracticeHome:
    """The payer wrote X9 for a claim the practice calls C1."""
    home.expect(expects("C1"), expects("C2", "50"))
    [record] = home.run(remittance("90", claim("X9")).replace("D0120", "D0999"))
    assert record["holds"][0] == "no-matching-claim"
    return home


def refused(practice: PracticeHome, *arguments: str) -> str:
    before = practice.records("log")
    ended: Ended = practice.era(*arguments, *ANN)
    assert ended.code == 2, ended
    assert practice.records("log") == before
    return ended.err


def test_a_match_is_recorded_with_who_and_posts_nothing(strange: PracticeHome) -> None:
    [record] = strange.era("match", "EFT0001", "X9", "--to", "C1", *ANN, "--note", "called them", "--json").records
    assert record == strange.records("log")[-1]
    told = ("mode", "act", "by", "note", "outcome", "matched_claim", "match_step", "state")
    assert [record[key] for key in told] == [
        *("manual", "match", "Ann", "called them", "manual", "C1", "by-hand", "open"),
    ]
    assert strange.records("ledger") == []
    strange.verified()


def test_the_next_run_decides_what_a_person_matched(home: PracticeHome) -> None:
    home.expect(expects("C1", patient="P1"))
    home.run(remittance("90", claim("X9")).replace("20261005", "20260105"))
    ended = home.era("match", "EFT0001", "X9", "--to", "C1", *ANN)
    assert ended.out == (
        "Matched to claim C1 by hand. Check the match: the date of service differs. `era unmatch` undoes it. The"
        " next `era run` or `era quick-post` decides it.\n"
    )
    [decided] = home.run()
    assert (decided["outcome"], decided["mode"], decided["match_step"]) == ("post", "auto", "by-hand")
    assert [each["claim_number"] for each in home.records("ledger")] == ["C1", "C1"]
    home.verified()
    assert home.run() == []


def test_a_match_to_another_patient_is_told_and_kept_in_the_log(home: PracticeHome) -> None:
    home.expect(expects("C1", last_name="Roe"))
    home.run(remittance("90", claim("X9")))
    told = home.era("match", "EFT0001", "X9", "--to", "C1", *ANN).out
    assert "Check the match: the last name differs. `era unmatch`" in told
    assert home.records("log")[-1]["explanation"] == told.rstrip()


def test_a_match_to_a_claim_of_another_charge_is_told(home: PracticeHome) -> None:
    home.expect(expects("C1", "90", "130"))
    home.run(remittance("90", claim("X9")))
    told = home.era("match", "EFT0001", "X9", "--to", "C1", *ANN).out
    assert "Check the match: the charge differs. `era unmatch`" in told
    assert "It still needs review: Charges on the remittance differ from the charges submitted: $120.00" in told
    assert "$120.00 in total, $130.00" in told


def test_holds_that_still_fire_are_told(strange: PracticeHome) -> None:
    ended = strange.era("match", "EFT0001", "X9", "--to", "C1", *ANN)
    assert ended.out.startswith("Matched to claim C1 by hand. It still needs review: ")
    assert strange.records("log")[-1]["holds"] == ["procedure-mismatch"]
    assert strange.run() == []
    ended = strange.era("post", "EFT0001", "X9", *ANN)
    assert ended.out == "Posted $90.00 and wrote off $30.00 by hand. It is posted on claim C1.\n"
    strange.verified()


def test_a_claim_the_practice_does_not_have_is_refused_with_close_ones(strange: PracticeHome) -> None:
    assert "The practice has no claim C11. Did you mean C1?" in refused(
        strange, "match", "EFT0001", "X9", "--to", "C11"
    )


def test_the_same_match_twice_is_refused_and_another_one_is_not(strange: PracticeHome) -> None:
    assert strange.era("match", "EFT0001", "X9", "--to", "C1", *ANN).code == 0
    assert "is already matched to C1 by hand" in refused(strange, "match", "EFT0001", "X9", "--to", "C1")
    assert strange.era("match", "EFT0001", "X9", "--to", "C2", *ANN).code == 0
    assert strange.records("log")[-1]["matched_claim"] == "C2"
    assert [row[1:] for row in strange.rows("SELECT id, claim_number, matched_by FROM matches ORDER BY id")] == [
        ("C1", "Ann"),
        ("C2", "Ann"),
    ]
    strange.verified()


@pytest.mark.both_databases
def test_an_automatic_match_is_taken_off_until_a_person_matches_it_again(home: PracticeHome) -> None:
    home.expect(expects("C1", "100"))
    home.run(remittance("90", claim("C1")))
    assert home.era("unmatch", "EFT0001", "C1", *ANN, "--note", "another patient").code == 0
    record = home.records("log")[-1]
    assert [record[key] for key in ("act", "by", "matched_claim", "holds")] == [
        *("unmatch", "Ann", None, ["no-matching-claim"]),
    ]
    home.verified()
    assert home.run() == []
    assert [each["holds"] for each in home.records("quick-post", "EFT0001")] == [["no-matching-claim"]]
    assert home.era("post", "EFT0001", "C1", *ANN).code == 2
    assert "is already not matched to any claim" in refused(home, "unmatch", "EFT0001", "C1")
    assert home.era("match", "EFT0001", "C1", "--to", "C1", *ANN).code == 0
    assert home.era("post", "EFT0001", "C1", *ANN).code == 0
    home.verified()


def test_what_is_posted_is_undone_before_it_is_matched_elsewhere(home: PracticeHome) -> None:
    home.expect(expects("C1"), expects("C2"))
    home.run(remittance("90", claim("C1")))
    assert "Undo the posting first, with `era undo`" in refused(home, "match", "EFT0001", "C1", "--to", "C2")
    assert "is already posted" in refused(home, "unmatch", "EFT0001", "C1")
    assert home.era("undo", "EFT0001", *ANN, "--because", "another claim").code == 0
    assert home.era("match", "EFT0001", "C1", "--to", "C2", *ANN).code == 0
    assert home.era("post", "EFT0001", "C1", *ANN).code == 0
    assert {each["claim_number"] for each in home.records("ledger", "--claim", "C2")} == {"C2"}
    assert home.posted()["insurance_deposits"] == 9000
    home.verified()


def test_what_matches_nothing_cannot_be_taken_off(strange: PracticeHome) -> None:
    assert "is not matched to a claim" in refused(strange, "unmatch", "EFT0001", "X9")
