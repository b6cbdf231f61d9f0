"""Provider-level adjustments (PLB) that a person enters, files, or takes back, and what they are told to do."""

import pytest
from practices import Ended, PracticeHome, Record, expects, remittance
from remittance_text import Segments, claim

ANN = ("--by", "Ann")
WHY = (*ANN, "--because", "void copy")
PAIRS = "--provider-adjustments"
CLOSE = "era close {} --provider-adjustments --by NAME --because TEXT"


def plb(amount: str, *pairs: str, trace: str = "T1", claims: tuple[Segments, ...] = ()) -> str:
    """A payment with these pairs, each written `WO:X*5`."""
    return remittance(amount, *claims, trace=trace, after=[f"PLB*1234567893*20261231*{'*'.join(pairs)}"])


def done(home: PracticeHome, *arguments: str) -> list[str]:
    """What an act tells; the books hold after it."""
    ended = home.era(*arguments)
    assert ended.code == 0, ended
    home.verified()
    return ended.out.splitlines()


def refused(home: PracticeHome, *arguments: str) -> str:
    """The command is refused, and nothing is entered."""
    before = home.records("ledger")
    ended = home.era(*arguments)
    assert ended.code == 2, ended
    assert home.records("ledger") == before
    return " ".join(ended.err.split())


def pairs(home: PracticeHome) -> list[tuple[str, str, str | None, str | None]]:
    return [
        (each["status"], each["in_words"], each["by"], each["note"]) for each in home.records("provider-adjustments")
    ]


def todo(home: PracticeHome) -> list[tuple[str, str | None, str]]:
    return [(each["reason"], each["trace_number"], each["command"]) for each in home.records("todo")]


def test_a_trace_number_with_a_space_is_quoted_in_what_to_do(home: PracticeHome) -> None:
    home.run(plb("5", "ZZ:Q*-5", trace="TR 1"))
    assert "`era post 'TR 1' --provider-adjustments --by NAME`" in refused(home, "close", "TR 1", PAIRS, *WHY)


@pytest.fixture
def unreadable(home: PracticeHome) -> PracticeHome:
    """A claim of $90.00, a recovery nobody can read, and a dollar of interest."""
    home.expect(expects("C1"))
    home.run(plb("91", "WO:K1*1x0", "L6*-1", claims=(claim("C1"),)))
    return home


@pytest.mark.both_databases
def test_what_can_be_read_is_entered_and_the_rest_is_filed(unreadable: PracticeHome) -> None:
    home = unreadable
    assert ("malformed-amount", "T1", CLOSE.format("T1")) in todo(home)
    assert ("payment-out-of-balance", "T1", "era post T1 --provider-adjustments --by NAME") in todo(home)
    assert "L6 of payment T1 is -$1.00. Closing it would leave that out" in refused(home, "close", "T1", PAIRS, *WHY)
    ended = home.era("post", "T1", PAIRS, *ANN)
    assert ended.out.splitlines() == [
        "Entered L6: -$1.00.",
        f"WO K1 still needs review: its amount is unreadable. `{CLOSE.format('T1')}` closes it.",
    ]
    assert "could not be read" in refused(home, "post", "T1", PAIRS, *ANN)
    assert home.era("close", "T1", PAIRS, *WHY).out == "Closed WO K1 by hand without posting.\n"
    assert pairs(home) == [
        ("closed", "closed without posting", "Ann", "void copy"),
        ("posted", "posted: interest income", "Ann", None),
    ]
    assert [each for each in todo(home) if each[0] != "payment-out-of-balance"] == []
    assert home.posted()["interest_income"] == -100


def test_an_unreadable_pair_is_not_filed_along_with_money(home: PracticeHome) -> None:
    home.run(plb("5", "ZZ:Q*-5"))
    assert "era post T1 --provider-adjustments" in refused(home, "close", "T1", PAIRS, *WHY)
    assert done(home, "close", "T1", PAIRS, "--even-with-money", *WHY) == ["Closed ZZ Q by hand without posting."]
    assert set(home.posted().values()) == {0}


@pytest.fixture
def versions(home: PracticeHome) -> PracticeHome:
    """The same payment twice, with other content; the first is entered."""
    home.run(plb("10", "WO:Q5*-10"), plb("10", "WO:Q6*-10"))
    return home


def test_another_version_of_what_is_posted_is_filed_and_not_entered(versions: PracticeHome) -> None:
    home = versions
    assert todo(home) == [("payment-changed", "T1", CLOSE.format("id:2"))]
    assert "is another version of payment 1, which is already posted in part or in full" in refused(
        home, "post", "id:2", PAIRS, *ANN
    )
    assert done(home, "close", "id:2", PAIRS, *WHY) == ["Closed WO Q6 by hand without posting."]
    assert todo(home) == []
    assert [each["status"] for each in home.records("eras")] == ["completed", "completed"]
    assert home.posted()["payer_balances"] == -1000


def test_where_the_other_version_counts_the_first_is_taken_back(versions: PracticeHome) -> None:
    home = versions
    assert done(home, "undo", "1", PAIRS, *WHY) == ["Undone: WO Q5, -$10.00."]
    assert done(home, "post", "id:2", PAIRS, *ANN) == ["Entered WO Q6: -$10.00."]
    assert "is another version of payment 2" in refused(home, "post", "1", PAIRS, *ANN)
    assert ("provider-adjustment-left", "T1", CLOSE.format("id:1")) in todo(home)


def test_what_is_not_made_out_to_the_practice_is_filed_and_not_entered(home: PracticeHome) -> None:
    home.set({"practice.npi": "1999999984"})
    home.run(plb("10", "WO:Q5*-10"))
    assert todo(home) == [("not-our-payee", "T1", CLOSE.format("T1"))]
    assert pairs(home)[0][1] == "not posted: The payee on the remittance is not this practice."
    assert "is not made out to this practice" in refused(home, "post", "T1", PAIRS, *ANN)
    done(home, "close", "T1", PAIRS, *WHY)
    assert todo(home) == []


def test_what_waits_for_its_deposit_says_so(home: PracticeHome) -> None:
    home.set({"deposits.required": True})
    home.run(plb("10", "WO:Q5*-10"))
    assert pairs(home) == [("not-posted", "not posted: waits for the deposit (era import bank FILE)", None, None)]
    assert todo(home) == [("deposit-not-received", "T1", "era import bank FILE")]
    home.set({})
    assert pairs(home)[0][1] == "not posted: the next run enters it (era run)"
    assert todo(home) == [("provider-adjustment-to-enter", "T1", "era run")]
    home.set({"era_payment_options.auto_post.enabled": False})
    assert pairs(home)[0][1] == "not posted: automatic posting is off"


def test_what_is_closed_is_opened_again_and_no_run_enters_it(home: PracticeHome) -> None:
    home.run(plb("5", "ZZ:Q*-5"))
    done(home, "close", "T1", PAIRS, "--even-with-money", *WHY)
    assert "Payment T1 has no open provider-level adjustment." in refused(home, "post", "T1", PAIRS, *ANN)
    assert "Payment T1 has nothing posted." in refused(home, "undo", "T1", *WHY)
    assert done(home, "undo", "T1", PAIRS, *WHY) == ["Reopened ZZ Q."]
    home.run()
    assert [each["status"] for each in home.records("provider-adjustments")] == ["not-posted"]
    assert "no posted or closed" in refused(home, "undo", "T1", PAIRS, *WHY)
    assert done(home, "post", "T1", PAIRS, *ANN) == ["Entered ZZ Q: -$5.00."]


def test_the_ledger_says_which_pair_and_why_whoever_entered_it(home: PracticeHome) -> None:
    home.run(plb("15", "WO:Q5*-10", "ZZ:Q6*-5"))
    done(home, "post", "T1", PAIRS, *ANN, "--note", "a bonus")
    done(home, "undo", "T1", *ANN, "--because", "no bonus: a gift")
    assert [(each["memo"], each["made_by"], each["mark"]) for each in home.records("ledger")] == [
        ("DELTA DENTAL T1, WO Q5", None, "A"),
        ("DELTA DENTAL T1, ZZ Q6: a bonus", "Ann", None),
        ("DELTA DENTAL T1, WO Q5: no bonus: a gift", "Ann", None),
        ("DELTA DENTAL T1, ZZ Q6: no bonus: a gift", "Ann", None),
    ]
    assert pairs(home) == [
        ("not-posted", "not posted: its posting was undone", "Ann", "no bonus: a gift"),
        ("not-posted", "not posted: reason code ZZ is not in our list", "Ann", "no bonus: a gift"),
    ]
    assert "its posting was undone (Ann: no bonus: a gift)" in home.era("provider-adjustments").out


@pytest.mark.both_databases
def test_who_settled_an_item_stands_beside_it(home: PracticeHome) -> None:
    home.run(plb("10", "WO:Q5*-10"))
    home.set({"era_payment_options.auto_post.enabled": False})
    home.run(plb("0", "WO:Q5*10", "ZZ:Q*-10", trace="T2"))
    done(home, "post", "T2", PAIRS, *ANN, "--note", "agreed")
    item, _ = home.records("provider-adjustments")
    assert [(each["trace_number"], each["by"], each["note"]) for each in item["settlements"]] == [
        ("T2", "Ann", "agreed")
    ]
    assert "(Ann: agreed)" in home.era("provider-adjustments").out


def test_an_act_in_json_gives_its_entries(home: PracticeHome) -> None:
    home.run(plb("5", "ZZ:Q*-5"))
    ended: Ended = home.era("close", "T1", PAIRS, "--even-with-money", *WHY, "--json")
    (entry,) = ended.records
    told: list[Record] = entry["postings"]
    assert (entry["kind"], entry["made_by"], entry["memo"]) == (
        "closed_provider_adjustment",
        "Ann",
        "DELTA DENTAL T1, ZZ Q: void copy",
    )
    assert {each["cents"] for each in told} == {0}


def test_a_claim_or_the_adjustments_are_named_not_both(home: PracticeHome) -> None:
    home.run(plb("5", "ZZ:Q*-5"))
    assert "with TRACE only" in refused(home, "close", "T1", "C1", PAIRS, *WHY)
    assert "CLAIM is missing" in refused(home, "close", "T1", *WHY)
    assert "not both" in refused(home, "undo", "T1", "--claim", "C1", PAIRS, *WHY)
