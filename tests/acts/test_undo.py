"""Undoing (era undo): compensating entries, never deletion; only a person posts anew."""

import pytest
from own_rules import own_rules
from practices import Ended, PracticeHome, expects, remittance
from remittance_text import Segments, claim

WHY = ("--by", "Ann", "--because", "wrong patient")


def undo(practice: PracticeHome, *arguments: str) -> Ended:
    """Undo, and see that the books hold after it."""
    ended = practice.era("undo", *arguments, *WHY)
    assert ended.code == 0, ended
    practice.verified()
    return ended


def refused(practice: PracticeHome, *arguments: str) -> str:
    """The command is refused, and nothing is written."""
    before = practice.records("log"), practice.records("ledger")
    ended = practice.era("undo", *arguments, *WHY)
    assert ended.code == 2, ended
    assert (practice.records("log"), practice.records("ledger")) == before
    return ended.err


def states(practice: PracticeHome) -> list[str]:
    """The states of the claim payments, in the order they were read."""
    return [state for (state,) in practice.rows("SELECT state FROM claim_payments ORDER BY id")]


def reversal(number: str = "C1", paid: str = "90", write_off: str = "30") -> Segments:
    return [
        f"CLP*{number}*22*-120*-{paid}**12*ICN1*11*1",
        "NM1*QC*1*DOE*JANE****MI*SUB1",
        f"SVC*AD:D0120*-120*-{paid}**1",
        "DTM*472*20261005",
        f"CAS*CO*45*-{write_off}",
    ]


@pytest.fixture
def posted(home: PracticeHome) -> PracticeHome:
    """C1 and C2 posted by a run, and ten dollars of interest."""
    home.expect(expects("C1"), expects("C2"))
    home.run(remittance("190", claim("C1"), claim("C2"), after=["PLB*1234567893*20261231*L6*-10"]))
    assert home.posted()["interest_income"] == -1000
    return home


def test_one_claim_is_taken_back_by_an_entry(posted: PracticeHome) -> None:
    before = posted.records("ledger")
    ended = undo(posted, "EFT0001", "--claim", "C1")
    assert ended.out == "C1: Undone: $90.00 payment and $30.00 write-off.\n"
    after = posted.records("ledger")
    assert after[: len(before)] == before
    [entry] = after[len(before) :]
    assert (entry["kind"], entry["mark"], entry["made_by"], entry["claim_number"]) == ("reversal", None, "Ann", "C1")
    assert [(each["account"], each["cents"], each["line"]) for each in entry["postings"]] == [
        ("insurance_deposits", -9000, None),
        ("accounts_receivable", 12000, 1),
        ("contracted_write_offs", -3000, None),
    ]
    assert posted.posted()["insurance_deposits"] == 10000
    assert states(posted) == ["open", "posted"]


def test_the_log_says_who_took_it_back_and_why(posted: PracticeHome) -> None:
    [record] = posted.era("undo", "EFT0001", "--claim", "C1", *WHY, "--json").records
    assert record == posted.records("log")[-1]
    told = ("mode", "act", "by", "note", "outcome", "holds", "indicators", "claim_number", "state")
    assert [record[key] for key in told] == [
        *("manual", "undo", "Ann", "wrong patient", "manual", ["undone"], "undone", "C1", "open"),
    ]


@pytest.mark.both_databases
def test_a_whole_payment_is_taken_back_with_its_provider_level_adjustments(posted: PracticeHome) -> None:
    ended = undo(posted, "EFT0001")
    assert "Undone: L6, -$10.00.\n" in ended.out
    assert set(posted.posted().values()) == {0}
    assert states(posted) == ["open", "open"]
    [item] = [each for each in posted.records("provider-adjustments") if each["status"] == "not-posted"]
    assert item["reason"] == "L6"


def test_what_a_person_took_back_no_run_and_no_quick_post_posts_again(posted: PracticeHome) -> None:
    undo(posted, "EFT0001")
    assert posted.run() == []
    assert {tuple(each["holds"]) for each in posted.records("quick-post", "EFT0001")} == {("undone",)}
    assert set(posted.posted().values()) == {0}


def test_it_is_posted_anew_by_hand_and_taken_back_again(posted: PracticeHome) -> None:
    for _ in range(2):
        undo(posted, "EFT0001", "--claim", "C1")
        assert posted.era("post", "EFT0001", "C1", "--line", "1=90,10", "--by", "Ann").code == 0
        posted.verified()
    assert posted.posted()["contracted_write_offs"] == 4000
    assert states(posted) == ["posted", "posted"]
    assert [each["act"] for each in posted.records("log", "--claim", "C1")] == [
        "decide",
        "undo",
        "post",
        "undo",
        "post",
    ]


def test_nothing_is_taken_back_twice(posted: PracticeHome) -> None:
    undo(posted, "EFT0001", "--claim", "C1")
    assert "Claim C1 of payment EFT0001 has nothing posted" in refused(posted, "EFT0001", "--claim", "C1")
    undo(posted, "EFT0001")
    assert "Payment EFT0001 has nothing posted." in refused(posted, "EFT0001")


def test_who_and_why_must_be_said(posted: PracticeHome) -> None:
    assert posted.era("undo", "EFT0001", "--by", "Ann").code == 2
    assert posted.era("undo", "EFT0001", "--because", "wrong").code == 2
    assert posted.era("undo", "EFT0001", "--by", "Ann", "--because", " ").code == 2
    assert states(posted) == ["posted", "posted"]


def test_what_the_payer_reversed_is_not_undone_before_the_reversal(posted: PracticeHome) -> None:
    posted.run(remittance("-90", reversal(), trace="EFT0002"))
    assert posted.era("post", "EFT0002", "C1", "--by", "Ann").code == 0
    assert states(posted) == ["reversed", "posted", "posted"]
    assert "The payer has since reversed claim C1 of payment EFT0001" in refused(posted, "EFT0001", "--claim", "C1")
    assert "Undo the reversal first" in refused(posted, "EFT0001")
    assert states(posted) == ["reversed", "posted", "posted"]


def test_an_undone_reversal_puts_the_payment_in_force_again_to_and_fro(posted: PracticeHome) -> None:
    posted.run(remittance("-90", reversal(), trace="EFT0002"))
    for _ in range(2):
        assert posted.era("post", "EFT0002", "C1", "--by", "Ann").code == 0
        posted.verified()
        assert posted.posted()["insurance_deposits"] == 10000
        ended = undo(posted, "EFT0002")
        assert "C1: Reversal undone: $90.00 payment and $30.00 write-off posted again." in ended.out
        assert posted.posted()["insurance_deposits"] == 19000
        assert states(posted) == ["posted", "posted", "open"]
    undo(posted, "EFT0001", "--claim", "C1")
    assert states(posted) == ["open", "posted", "open"]
    assert posted.posted()["insurance_deposits"] == 10000


def test_a_reversal_is_not_undone_beside_its_correction(posted: PracticeHome) -> None:
    corrected = claim("C1", "120", "95", "25", payer_claim_number="ICN2")
    posted.run(remittance("5", reversal(), corrected, trace="EFT0002"))
    first = posted.records("log")[2]["claim_payment_id"]
    assert posted.era("post", "EFT0002", f"id:{first}", "--by", "Ann").code == 0
    posted.run()
    assert states(posted) == ["reversed", "posted", "posted", "posted"]
    error = refused(posted, "EFT0002", "--claim", f"id:{first}")
    assert "on top of what was posted since. Payments would total $185.00" in error
    undo(posted, "EFT0002")  # both together
    assert states(posted) == ["posted", "posted", "open", "open"]
    assert posted.posted()["insurance_deposits"] == 19000


def test_a_payment_with_its_own_reversal_is_undone_whole(home: PracticeHome) -> None:
    home.set({"reversals.post_exact": True})
    home.expect(expects("C1"))
    home.run(remittance("0", claim(), reversal(), method="NON"))
    assert states(home) == ["reversed", "posted"]
    undo(home, "EFT0001")
    assert states(home) == ["open", "open"]
    assert set(home.posted().values()) == {0}


def test_what_something_else_rests_on_is_not_undone(home: PracticeHome) -> None:
    home.expect(expects("C1", "100"))
    home.run(remittance("60", claim("C1", "120", "60", "60")))
    assert home.era("post", "EFT0001", "C1", "--by", "Ann").code == 0
    home.run(remittance("20", claim("C1", "120", "20", "100", payer_claim_number="ICN2"), trace="EFT0002"))
    assert home.era("post", "EFT0002", "C1", "--line", "1=20,-20", "--by", "Ann").code == 0
    assert "Write-offs on this claim would total -$20.00" in refused(home, "EFT0001")
    undo(home, "EFT0002")
    undo(home, "EFT0001")


@pytest.mark.both_databases
def test_a_closed_claim_is_opened_again_and_judged_by_the_rules(home: PracticeHome) -> None:
    home.expect(expects("C1"))
    home.run(remittance("0", claim("C1", "120", "0", "120", status="25"), method="NON"))
    assert home.era("close", "EFT0001", "C1", *WHY).code == 0
    home.verified()
    assert states(home) == ["closed"]
    assert "To reopen a closed claim, name it with --claim" in refused(home, "EFT0001")
    undo(home, "EFT0001", "--claim", "C1")
    assert states(home) == ["open"]
    record = home.records("log")[-1]
    assert (record["act"], record["holds"]) == ("undo", ["predetermination"])
    assert record["explanation"].startswith("Reopened by hand. It still needs review: ")


def test_a_claim_with_money_is_closed_only_when_that_is_said(home: PracticeHome) -> None:
    home.expect(expects("C1", "100"))
    home.run(remittance("90", claim()))
    ended = home.era("close", "EFT0001", "C1", *WHY)
    assert (ended.code, states(home)) == (2, ["open"])
    assert "pays $90.00. Closing it would leave that out of the ledger" in ended.err
    assert home.era("close", "EFT0001", "C1", "--even-with-money", *WHY).code == 0
    home.verified()
    record = home.records("log")[-1]
    told = ("act", "by", "note", "outcome", "holds", "state")
    assert [record[key] for key in told] == ["close", "Ann", "wrong patient", "manual", [], "closed"]
    assert home.records("ledger") == []
    assert home.era("post", "EFT0001", "C1", "--by", "Ann").code == 2
    assert home.era("close", "EFT0001", "C1", "--even-with-money", *WHY).code == 2
    assert [each["status"] for each in home.records("eras")] == ["completed"]
    undo(home, "EFT0001", "--claim", "C1")
    assert home.era("post", "EFT0001", "C1", "--by", "Ann").code == 0
    home.verified()


def test_what_is_undone_is_kept_by_the_hold_of_the_practices_own_rules(sqlite_home: PracticeHome) -> None:
    practice = sqlite_home
    practice.set(own_rules(practice, "holds.yaml", "undone", ("- id: undone", "- id: taken-back-by-us")))
    practice.expect(expects("C1"))
    practice.run(remittance("90", claim("C1")))
    undo(practice, "EFT0001", "--claim", "C1")
    [item] = practice.records("todo")
    assert (item["reason"], item["command"]) == ("taken-back-by-us", "era post EFT0001 C1 --as-remitted --by NAME")
    assert "Read the reason in `era log`" in item["remedy"]
    assert practice.records("log")[-1]["holds"] == ["taken-back-by-us"]
