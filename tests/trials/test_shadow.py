"""Posting on trial, compared with what people then did."""

import csv
import io
from typing import Any

import pytest
from practices import AUTO, PracticeHome, expects, remittance
from remittance_text import claim

SHADOW = {f"{AUTO}.enabled": "shadow"}


def reported(home: PracticeHome, *options: str) -> dict[str, Any]:
    ended = home.era("shadow", "report", *options, "--format", "json")
    assert ended.code == 0, ended
    found: dict[str, Any] = ended.records[-1]["summary"]
    return found


def on_trial(home: PracticeHome) -> None:
    """C1 and C2 would post, C3 would not, C4 would and waits."""
    home.set(SHADOW)
    home.expect(expects("C1"), expects("C2"), expects("C3", "100"), expects("C4"), expects("C5"))
    home.run(remittance("450", *[claim(f"C{number}") for number in range(1, 6)]))
    assert home.era("post", "EFT0001", "C1", "--as-remitted", "--by", "Ann").code == 0
    assert home.era("post", "EFT0001", "C2", "--line", "1=90,20", "--by", "Ann").code == 0
    assert home.era("post", "EFT0001", "C3", "--as-remitted", "--by", "Ann").code == 0
    because = ("--by", "Ann", "--because", "a test")
    assert home.era("close", "EFT0001", "C5", "--even-with-money", *because).code == 0


@pytest.mark.both_databases
def test_agreements_and_differences_with_dollars(home: PracticeHome) -> None:
    on_trial(home)
    summary = reported(home)
    counted = {name: summary[name] for name in ("agreed", "other_amounts", "not_posted", "posted_by_people", "waiting")}
    assert counted == {"agreed": 1, "other_amounts": 1, "not_posted": 1, "posted_by_people": 1, "waiting": 1}
    assert summary["difference_cents"] == 1_000 + 9_000 + 3_000
    assert (summary["judged"], summary["safe"]) == (3, False)
    assert summary["words"].startswith("Not safe to switch on: 2 of 3 differ")


def test_the_table_tells_each_difference(home: PracticeHome) -> None:
    on_trial(home)
    out = home.era("shadow", "report").out
    assert (
        "claim C2, payment EFT0001, DELTA DENTAL: would have posted $90.00 and written off $30.00;"
        " people posted $90.00 and wrote off $20.00." in out
    )
    assert (
        "claim C5, payment EFT0001, DELTA DENTAL: would have posted $90.00 and written off $30.00; it is closed." in out
    )
    assert "Of the claims it would have held for review, people posted 1 and closed 0." in out


def test_a_quick_post_agrees_and_an_undone_one_differs(home: PracticeHome) -> None:
    home.set(SHADOW)
    home.expect(expects("C1"), expects("C2"))
    home.run(remittance("180", claim("C1"), claim("C2")))
    assert home.era("quick-post", "EFT0001").code == 0
    assert reported(home)["agreed"] == 2
    assert home.era("undo", "EFT0001", "--claim", "C1", "--by", "Ann", "--because", "a test").code == 0
    summary = reported(home)
    assert (summary["agreed"], summary["not_posted"], summary["waiting"]) == (1, 1, 0)
    assert "; a person undid the posting." in home.era("shadow", "report").out


def test_few_agreements_are_not_enough_to_be_sure_and_many_are(home: PracticeHome) -> None:
    home.set(SHADOW)
    numbers = [f"C{number}" for number in range(400)]
    home.expect(*map(expects, numbers))
    some = numbers[:10]
    home.run(remittance(str(90 * len(some)), *map(claim, some)))
    assert home.era("quick-post", "EFT0001").code == 0
    assert reported(home)["words"].startswith("Too few to be sure: 0 of 10 differ")
    rest = numbers[10:]
    home.run(remittance(str(90 * len(rest)), *map(claim, rest), trace="T2"))
    assert home.era("quick-post", "T2").code == 0
    summary = reported(home)
    assert (summary["agreed"], summary["safe"]) == (400, True)
    assert summary["words"].startswith("Safe to switch on: 0 of 400 differ (0.00 % to 0.95 % at 95 % confidence)")


def test_by_payer_location_and_day(home: PracticeHome) -> None:
    on_trial(home)
    assert reported(home, "--payer", "nobody")["judged"] == 0
    assert reported(home, "--payer", "delta", "--location", "LPFD", "--since", "2026-01-01")["judged"] == 3
    assert reported(home, "--until", "2020-01-01")["judged"] == 0
    [row] = csv.DictReader(io.StringIO(home.era("shadow", "report", "--format", "csv").out))
    assert (row["payer"], row["agreed"], row["difference_cents"]) == ("DELTA DENTAL", "1", "13000")


def test_without_a_trial_it_says_how_to_begin_one(home: PracticeHome) -> None:
    assert "Nothing was decided on trial." in home.era("shadow", "report").out
    assert reported(home)["words"].startswith("Not known yet")


def test_what_was_posted_before_the_trial_is_not_in_it(home: PracticeHome) -> None:
    home.expect(expects("C1"), expects("C2"))
    home.run(remittance("90", claim("C1")))
    home.set(SHADOW)
    home.run(remittance("90", claim("C2"), trace="T2"))
    assert reported(home)["waiting"] == 1


def test_a_posting_for_another_claim_is_no_agreement(home: PracticeHome) -> None:
    home.set(SHADOW)
    home.expect(expects("C1"), expects("C2", procedure="D1110", last_name="Roe"))
    home.run(remittance("90", claim("C1")))
    assert home.era("match", "EFT0001", "C1", "--to", "C2", "--by", "Ann").code == 0
    assert home.era("post", "EFT0001", "C1", "--line", "1=90,30", "--by", "Ann").code == 0
    summary = reported(home)
    assert (summary["agreed"], summary["not_posted"]) == (0, 1)
    assert "a person matched it to another claim" in home.era("shadow", "report").out


def test_what_people_posted_and_the_payer_reversed_since_agrees(home: PracticeHome) -> None:
    home.set(SHADOW)
    home.expect(expects("C1"))
    home.run(remittance("90", claim("C1")))
    assert home.era("post", "EFT0001", "C1", "--as-remitted", "--by", "Ann").code == 0
    home.run(remittance("-90", claim("C1", "-120", "-90", "-30", status="22"), trace="T2"))
    assert home.era("post", "T2", "C1", "--as-remitted", "--by", "Ann").code == 0
    assert reported(home)["agreed"] == 1
