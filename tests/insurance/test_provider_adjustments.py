"""Money the payer adds or keeps back outside the claims: its entries, and its trace from beginning to recovery."""

from contextlib import closing
from datetime import date

import pytest
from practices import PracticeHome, Record, expects, remittance
from remittance_text import Segments, claim, payment, remittance_file, transaction_set

from era_engine.insurance.provider_adjustments import (
    entry_for_provider_adjustment,
    interest_finding,
    sort_provider_adjustments,
)
from era_engine.posting.payer_items import balances_that_differ
from era_engine.remittance.model import ProviderAdjustment
from era_engine.store.database import Database
from era_engine.store.insurance.provider_adjustments import (
    post_provider_adjustments,
    stored_pairs,
    take_back_provider_adjustments,
)

DAY = date(2026, 11, 1)


def pair(reason: str, cents: int | None, reference: str = "") -> ProviderAdjustment:
    return ProviderAdjustment("1234567893", DAY, reason, reference, cents)


@pytest.mark.parametrize(
    ("reason", "cents", "kind", "deposit", "account", "posted"),
    [
        ("WO", 4000, "provider_adjustment", -4000, "payer_balances", 4000),
        ("WO", -4000, "provider_adjustment", 4000, "payer_balances", -4000),
        ("FB", -123, "provider_adjustment", 123, "payer_balances", -123),
        ("72", -4000, "provider_adjustment", 4000, "payer_balances", -4000),
        ("L6", -250, "interest", 250, "interest_income", -250),
        ("l6", 250, "interest", -250, "interest_income", 250),
        ("CS", 999, "provider_adjustment", -999, "provider_adjustments", 999),
        ("IR", 1500, "provider_adjustment", -1500, "provider_adjustments", 1500),
        ("WO", 0, "provider_adjustment", 0, "payer_balances", 0),
    ],
)
def test_a_pair_moves_the_deposit_against_its_account(
    reason: str, cents: int, kind: str, deposit: int, account: str, posted: int
) -> None:
    entry = entry_for_provider_adjustment(pair(reason, cents), DAY, "A")
    assert (entry.kind, entry.mark, entry.date) == (kind, "A", DAY)
    assert entry.postings == (("insurance_deposits", deposit, None), (account, posted, None))


def test_what_cannot_be_read_or_is_not_known_is_never_posted_by_itself() -> None:
    for doubtful in (pair("WO", None), pair("ZZ", 100)):
        with pytest.raises(ValueError, match="cannot be posted"):
            entry_for_provider_adjustment(doubtful, DAY, "A")
    assert entry_for_provider_adjustment(pair("ZZ", 100), DAY, None).postings == (
        ("insurance_deposits", -100, None),
        ("provider_adjustments", 100, None),
    )


def test_only_the_doubtful_pairs_of_a_payment_are_left() -> None:
    pairs = [pair("WO", 4000), pair("ZZ", 100), pair("L6", -250), pair("FB", None), pair("CS", 5)]
    unsure = (1, "reason code ZZ is not in our list"), (3, "its amount is unreadable")
    assert sort_provider_adjustments(pairs, interest_differs=False) == ((0, 2, 4), unsure)
    assert sort_provider_adjustments(pairs, interest_differs=True) == (
        (0, 4),
        (unsure[0], (2, "the claims name a different amount of interest"), unsure[1]),
    )


def test_interest_is_minus_what_the_claims_name() -> None:
    pairs = [pair("L6", -250), pair("L6", -50), pair("WO", 4000)]
    assert interest_finding(pairs, 300) is None
    assert interest_finding(pairs, None) is None
    assert interest_finding([pair("L6", None)], 300) is None
    found = interest_finding(pairs, 301)
    assert found is not None
    assert (found.code, found.severity) == ("interest-differs", "warn")
    assert found.message == "The payment adds $3.00 interest (PLB L6), but its claims name $3.01 (AMT*I)."
    assert interest_finding([], 100) is not None


def plb(*pairs: str) -> list[str]:
    """PLB segments of up to six pairs each, a pair written `WO:C1*40`."""
    return [f"PLB*1234567893*20261231*{'*'.join(pairs[at : at + 6])}" for at in range(0, len(pairs), 6)]


def adjustments(home: PracticeHome, *options: str) -> list[Record]:
    ended = home.era("provider-adjustments", *options, "--format", "json")
    assert ended.code == 0, ended
    return ended.records


def traces(home: PracticeHome, *options: str) -> list[tuple[str, str, int, int | None, str, list[tuple[str, int]]]]:
    """(trace, reason, cents, what remains, status, [(trace that settled, cents)]) of each."""
    return [
        (
            each["opened_by_trace"],
            each["reason"],
            each["cents"],
            each["remaining_cents"],
            each["status"],
            [(by["trace_number"], by["cents"]) for by in each["settlements"]],
        )
        for each in adjustments(home, *options)
    ]


def paid(amount: str, *claims: Segments, trace: str, day: str, pairs: tuple[str, ...], originator: str = "1999") -> str:
    return remittance(amount, *claims, trace=trace, date=day, originator=originator, after=plb(*pairs))


@pytest.mark.both_databases
def test_a_recovery_announced_in_one_file_is_taken_in_parts_from_the_next(home: PracticeHome) -> None:
    home.expect(expects("C1"), expects("C2"), expects("C3"))
    home.run(paid("130", claim("C1"), trace="T1", day="20261101", pairs=("WO:X7*-40",)))
    assert traces(home, "--open") == [("T1", "WO", -4000, -4000, "open", [])]
    assert home.posted() == {
        "insurance_deposits": 13000,
        "accounts_receivable": -12000,
        "contracted_write_offs": 3000,
        "payer_balances": -4000,
    }
    home.run(paid("65", claim("C2"), trace="T2", day="20261108", pairs=("WO:X7*25",)))
    assert traces(home) == [("T1", "WO", -4000, -1500, "open", [("T2", 2500)])]
    home.run(paid("75", claim("C3"), trace="T3", day="20261115", pairs=("WO:X7*15",)))
    assert traces(home) == [("T1", "WO", -4000, 0, "settled", [("T2", 2500), ("T3", 1500)])]
    assert traces(home, "--open") == []
    (item,) = adjustments(home)
    assert (item["opened_on"], item["age_days"], item["reference"]) == ("2026-11-01", 14, "X7")
    assert home.posted()["payer_balances"] == 0
    assert home.posted()["insurance_deposits"] == 27000
    home.verified()


def test_two_segments_of_six_pairs_are_all_entered(home: PracticeHome) -> None:
    home.expect(expects("C1"))
    first = ("L6*-2.5", "WO:X7*40", "FB:T0*10", "CS:R*1.25", "72:X8*-7", "AP*-5")
    second = ("50*1", "IR*2", "LE*3", "B2*-4", "WO:X9*-6", "E3*8")
    home.run(paid("49.25", claim("C1"), trace="T1", day="20261101", pairs=(*first, *second)))
    assert home.posted() == {
        "insurance_deposits": 4925,
        "accounts_receivable": -12000,
        "contracted_write_offs": 3000,
        "interest_income": -250,
        "payer_balances": 4000,
        "provider_adjustments": 325,
    }
    assert [(each["reason"], each["status"]) for each in adjustments(home)] == [
        ("L6", "posted"),
        ("WO", "open"),
        ("FB", "open"),
        ("CS", "posted"),
        ("72", "open"),
        ("AP", "open"),
        ("50", "posted"),
        ("IR", "posted"),
        ("LE", "posted"),
        ("B2", "posted"),
        ("WO", "open"),
        ("E3", "open"),
    ]
    home.verified()


def test_the_payers_number_of_the_claim_names_the_same_debt(home: PracticeHome) -> None:
    home.expect(expects("C1"), expects("C2"))
    home.run(
        paid("130", claim("C1", payer_claim_number="ICN7"), trace="T1", day="20261101", pairs=("WO:C1*-40",)),
        paid("50", claim("C2", payer_claim_number="ICN8"), trace="T2", day="20261108", pairs=("WO:ICN7*40",)),
    )
    assert traces(home) == [("T1", "WO", -4000, 0, "settled", [("T2", 4000)])]


def test_one_of_several_numbers_in_the_reference_is_enough(home: PracticeHome) -> None:
    home.expect(expects("C1"), expects("C2"))
    home.run(
        paid(
            "130",
            claim("C1", payer_claim_number="ICN7"),
            trace="T1",
            day="20261101",
            pairs=("WO:C1#20261005 ICN7*-40",),
        ),
        paid("50", claim("C2"), trace="T2", day="20261108", pairs=("WO:ICN7*40",)),
    )
    assert traces(home) == [("T1", "WO", -4000, 0, "settled", [("T2", 4000)])]


def test_another_payers_debt_stays_open(home: PracticeHome) -> None:
    home.expect(expects("C1"), expects("C2"))
    other = paid("50", claim("C2"), trace="T2", day="20261108", pairs=("WO:X7*40",), originator="1888")
    home.run(
        paid("130", claim("C1"), trace="T1", day="20261101", pairs=("WO:X7*-40",)),
        other.replace("DELTA DENTAL", "METLIFE"),
    )
    assert traces(home) == [("T1", "WO", -4000, -4000, "open", []), ("T2", "WO", 4000, 4000, "open", [])]
    assert traces(home, "--payer", "metl") == [("T2", "WO", 4000, 4000, "open", [])]
    table = home.era("provider-adjustments", "--open").out
    assert "the practice owes the payer $40.00" in table
    assert "the payer recovered $40.00 for something not in these books" in table
    assert "the practice holds $40.00 that it owes DELTA DENTAL." in table
    assert "$40.00 that METLIFE recovered is not accounted for." in table


def test_a_balance_carried_out_of_a_payment_of_zero_is_carried_into_the_next(home: PracticeHome) -> None:
    home.expect(expects("C1"), expects("C2"), expects("C3"))
    home.run(paid("0", claim("C1"), trace="T1", day="20261101", pairs=("WO:X7*190", "FB:T1*-100")))
    assert traces(home, "--open") == [("T1", "WO", 19000, 19000, "open", []), ("T1", "FB", -10000, -10000, "open", [])]
    assert home.posted()["insurance_deposits"] == 0
    home.run(paid("80", claim("C2"), claim("C3"), trace="T2", day="20261108", pairs=("FB:T1*100",)))
    assert traces(home)[1] == ("T1", "FB", -10000, 0, "settled", [("T2", 10000)])
    assert home.posted()["insurance_deposits"] == 8000
    assert home.posted()["payer_balances"] == 19000
    home.verified()


def test_a_refund_the_practice_sent_closes_what_it_was_sent_for(home: PracticeHome) -> None:
    home.expect(expects("C1"), expects("C2"))
    home.run(
        paid("130", claim("C1"), trace="T1", day="20261101", pairs=("WO:C1*-40",)),
        paid("90", claim("C2"), trace="T2", day="20261108", pairs=("72:C1*-40", "WO:C1*40")),
    )
    assert traces(home) == [
        ("T1", "WO", -4000, 0, "settled", [("T2", 4000)]),
        ("T2", "72", -4000, -4000, "acknowledged", []),
    ]
    assert traces(home, "--open") == []


def test_an_unknown_reason_waits_for_a_person_and_the_claims_post(home: PracticeHome) -> None:
    home.expect(expects("C1"))
    (decision,) = home.run(paid("80", claim("C1"), trace="T1", day="20261101", pairs=("ZZ:Q*10",)))
    assert decision["outcome"] == "post"
    (item,) = adjustments(home, "--open")
    assert (item["status"], item["in_words"]) == ("not-posted", "not posted: reason code ZZ is not in our list")
    assert home.posted()["insurance_deposits"] == 9000
    home.verified()


def test_interest_that_the_claims_do_not_name_waits_and_the_rest_posts(home: PracticeHome) -> None:
    home.expect(expects("C1"), expects("C2"))
    named = claim("C1")
    named.insert(2, "AMT*I*3")
    home.run(paid("112.5", named, trace="T1", day="20261101", pairs=("L6*-2.5", "WO:X7*-20")))
    assert traces(home) == [("T1", "L6", -250, None, "not-posted", []), ("T1", "WO", -2000, -2000, "open", [])]
    why = "not posted: The payment adds $2.50 interest (PLB L6), but its claims name $3.00 (AMT*I)."
    assert adjustments(home)[0]["in_words"] == why
    agreed = claim("C2")
    agreed.insert(2, "AMT*I*2.5")
    home.run(paid("92.5", agreed, trace="T2", day="20261102", pairs=("L6*-2.5",)))
    assert [each["kind"] for each in home.records("ledger") if each["kind"] == "interest"] == ["interest"]
    assert home.posted()["interest_income"] == -250
    home.verified()


def test_a_payment_out_of_balance_enters_none_of_its_pairs(home: PracticeHome) -> None:
    home.expect(expects("C1"))
    home.run(paid("129.99", claim("C1"), trace="T1", day="20261101", pairs=("WO:X7*-40",)))
    assert traces(home) == [("T1", "WO", -4000, None, "not-posted", [])]
    assert "off by -$0.01" in adjustments(home)[0]["in_words"]
    assert home.posted() == {}


def test_what_is_taken_back_is_not_posted_until_it_is_posted_again(home: PracticeHome) -> None:
    home.expect(expects("C1"), expects("C2"))
    home.run(
        paid("130", claim("C1"), trace="T1", day="20261101", pairs=("WO:X7*-40",)),
        paid("65", claim("C2"), trace="T2", day="20261108", pairs=("WO:X7*20", "CS*5")),
    )
    with closing(Database(home.url)) as database, database.writing() as connection:
        take_back_provider_adjustments(connection, stored_pairs(connection, 2), DAY, "DELTA T2", "oops", "Ann")
    assert traces(home) == [
        ("T1", "WO", -4000, -4000, "open", []),
        ("T2", "WO", 2000, None, "not-posted", []),
        ("T2", "CS", 500, None, "not-posted", []),
    ]
    assert adjustments(home)[1]["in_words"] == "not posted: its posting was undone"
    assert (home.posted()["payer_balances"], home.posted()["provider_adjustments"]) == (-4000, 0)
    with closing(Database(home.url)) as database, database.writing() as connection:
        taken = entry_for_provider_adjustment(pair("WO", 2000, "X7"), DAY, None)
        post_provider_adjustments(connection, 2, [(2, taken)], "again", "Ann")
    assert traces(home)[0] == ("T1", "WO", -4000, -2000, "open", [("T2", 2000)])
    assert differing(home) == []


def differing(home: PracticeHome) -> list[tuple[str, int, int]]:
    with closing(Database(home.url)) as database, database.reading() as connection:
        return balances_that_differ(connection)


def test_items_that_do_not_leave_what_the_account_holds_are_found(home: PracticeHome) -> None:
    home.expect(expects("C1"))
    home.run(paid("130", claim("C1"), trace="T1", day="20261101", pairs=("WO:X7*-40",)))
    assert differing(home) == []
    home.change("UPDATE provider_adjustments SET cents = -3999")
    assert differing(home) == [("1999", -3999, -4000)]
    home.change("UPDATE provider_adjustments SET cents = -4000, state = 'open'")
    assert differing(home) == [("1999", 0, -4000)]


def test_a_table_and_a_csv_tell_the_same(sqlite_home: PracticeHome) -> None:
    home = sqlite_home
    assert home.era("provider-adjustments").out == "No provider-level adjustments.\n"
    home.expect(expects("C1"), expects("C2"))
    home.run(
        paid("130", claim("C1"), trace="T1", day="20261101", pairs=("WO:X7*-40",)),
        paid("65", claim("C2"), trace="T2", day="20261108", pairs=("WO:X7*25",)),
    )
    table = home.era("provider-adjustments").out
    assert "WO recovery of an overpayment" in table
    assert "settled by WO" in table
    assert "the practice owes the payer $15.00" in table
    header, row = home.era("provider-adjustments", "--format", "csv").out.splitlines()
    assert header.startswith("item_id,payer,reason,meaning,reference,opened_on,opened_by_trace,cents,remaining_cents")
    assert row.endswith(",T2 2026-11-08 2500")


def test_of_a_payment_below_zero_nothing_posts_by_itself(home: PracticeHome) -> None:
    home.expect(expects("C1"))
    below_zero = payment("-50", claim("C1"), after=plb("WO:OLD*140"))
    (decision,) = home.run(remittance_file(transaction_set(below_zero)))
    assert (decision["outcome"], decision["holds"]) == ("manual", ["unexpected-content"])
    (item,) = adjustments(home)
    assert (item["status"], "BPR02, the payment's amount, is -$50.00" in item["in_words"]) == ("not-posted", True)
    assert home.posted() == {}
    home.verified()


def of_pairs_alone(trace: str = "T1", *pairs: str, amount: str = "10") -> str:
    """A payment of provider-level adjustments and no claim."""
    return paid(amount, trace=trace, day="20261101", pairs=pairs or ("WO:Q5*-10",))


def test_what_waited_for_its_deposit_is_entered_when_none_is_required_any_more(home: PracticeHome) -> None:
    home.set({"deposits.required": True})
    home.run(of_pairs_alone())
    assert traces(home) == [("T1", "WO", -1000, None, "not-posted", [])]
    home.set({})
    assert home.run() == []
    assert traces(home) == [("T1", "WO", -1000, -1000, "open", [])]
    home.verified()


def test_what_was_left_for_its_payee_is_entered_when_that_is_the_practice(home: PracticeHome) -> None:
    home.set({"practice.npi": "1999999984"})
    home.run(of_pairs_alone())
    home.set({"practice.npi": "1234567893"})
    home.run()
    assert traces(home) == [("T1", "WO", -1000, -1000, "open", [])]


def test_what_a_person_took_back_no_run_enters_again(home: PracticeHome) -> None:
    home.run(of_pairs_alone())
    assert home.era("undo", "T1", "--by", "Ann", "--because", "not ours").code == 0
    home.run()
    assert traces(home) == [("T1", "WO", -1000, None, "not-posted", [])]
