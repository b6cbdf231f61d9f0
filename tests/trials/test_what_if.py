"""Under which setting a claim would post, and what the same change would post besides."""

from typing import Any
from unittest.mock import patch

import pytest
from practices import AUTO, WRITE_OFFS, PracticeHome, expects, remittance
from remittance_text import claim
from test_replay import replayed
from test_several_plans import PRIMARY, SECONDARY, sent

from era_engine.trials import what_if

MINIMUM = f"{AUTO}.minimum_percent"


def told(home: PracticeHome, number: str) -> list[dict[str, Any]]:
    ended = home.era("explain", number, "--json")
    assert ended.code == 0, ended
    found: list[dict[str, Any]] = ended.records[0]["would_post_with"]
    return found


def test_the_percentage_it_would_post_with_and_what_else_would_post(home: PracticeHome) -> None:
    home.expect(expects("C1", "100"), expects("C2", "100"), expects("C3", "100"), expects("C4", "100"))
    home.run(
        remittance(
            "345",
            claim("C1", paid="90", write_off="30"),
            claim("C2", paid="92", write_off="28"),
            claim("C3", paid="63", write_off="57"),
            claim("C4", paid="100", write_off="20"),
        )
    )
    first, second = told(home, "C1")
    assert first == {"changes": [f"{MINIMUM}=90"], "besides": 1, "besides_cents": 9_200, "regrets": 0, "held": 0}
    assert second["changes"] == ["era_payment_options.partial_payment.enabled=true"]
    assert (second["besides"], second["besides_cents"]) == (2, 15_500)
    summary = replayed(home, "--set", f"{MINIMUM}=90")[1]
    assert summary["newly_posted"] == {"claims": 2, "cents": 18_200}
    out = home.era("explain", "C1").out
    assert f"  - {MINIMUM}=90\n" in out
    assert "would newly post 1 other claim payment ($92.00), 0 of them regrets, and hold 0 more for review" in out
    assert f"era replay --set {MINIMUM}=90\n" in out
    assert home.posted()["insurance_deposits"] == 10_000


def test_regrets_among_the_others_are_told(home: PracticeHome) -> None:
    home.expect(expects("C1", "100"), expects("C2", "100"))
    home.run(remittance("180", claim("C1"), claim("C2")))
    assert home.era("post", "EFT0001", "C2", "--line", "1=90,10", "--by", "Ann").code == 0
    assert [each["regrets"] for each in told(home, "C1")] == [1, 1]


@pytest.mark.parametrize(
    ("settings", "change"),
    [
        ({f"{AUTO}.enabled": False}, f"{AUTO}.enabled=true"),
        ({f"{AUTO}.enabled": "shadow"}, f"{AUTO}.enabled=true"),
        ({WRITE_OFFS: False}, f"{WRITE_OFFS}=true"),
        ({"deposits.required": True}, "deposits.required=false"),
    ],
)
def test_a_switch_that_stands_in_the_way_is_named(home: PracticeHome, settings: dict[str, object], change: str) -> None:
    home.set(settings)
    home.expect(expects("C1"), expects("C2"))
    home.run(remittance("180", claim("C1"), claim("C2")))
    assert [(each["changes"], each["besides"]) for each in told(home, "C1") if each["changes"] == [change]] == [
        ([change], 1)
    ]


def test_a_hold_that_may_warn_is_named_and_one_that_must_hold_is_not(home: PracticeHome) -> None:
    home.expect(expects("C1", procedure="D0140"))
    home.run(remittance("90", claim("C1")))
    assert [each["changes"] for each in told(home, "C1")] == [['holds.procedure-mismatch="warn"']]
    home.run(remittance("90", claim("XX"), trace="T2"))
    assert told(home, "XX") == []
    assert "None of the settings tried would post it." in home.era("explain", "XX").out


def test_where_no_setting_alone_does_the_fewest_together_are_named(home: PracticeHome) -> None:
    home.set({f"{AUTO}.enabled": False, WRITE_OFFS: False})
    home.expect(expects("C1"))
    home.run(remittance("90", claim("C1")))
    assert [each["changes"] for each in told(home, "C1")] == [[f"{AUTO}.enabled=true", f"{WRITE_OFFS}=true"]]


def test_of_several_plans_the_first_posts_when_proof_is_asked_and_the_second_with_it(home: PracticeHome) -> None:
    home.expect(sent("C1", 1, "300"), sent("C2", 2, "65"))
    home.run(remittance("300", PRIMARY), remittance("65", SECONDARY, trace="T2"))
    [change] = told(home, "C1")
    assert (change["changes"], change["besides"], change["besides_cents"]) == (
        ['several_plans.post="proven"'],
        1,
        6_500,
    )


def test_settings_that_are_in_force_by_now_are_said_to_post_it_and_counted_as_there(home: PracticeHome) -> None:
    home.expect(expects("C1", "100"), expects("C2", "100"), expects("C3", "100"))
    home.run(remittance("265", claim("C1"), claim("C2"), claim("C3", paid="85", write_off="35")))
    home.set({MINIMUM: 90})
    assert told(home, "C1") == [{"changes": [], "besides": 0, "besides_cents": 0, "regrets": 0, "held": 0}]
    assert "It would post under the settings and rules in force now" in home.era("explain", "C1").out
    first = told(home, "C3")[0]
    assert (first["changes"], first["besides"]) == ([f"{MINIMUM}=85"], 0)


def test_what_is_posted_is_not_asked(home: PracticeHome) -> None:
    home.expect(expects("C1"))
    home.run(remittance("90", claim("C1")))
    assert told(home, "C1") is None
    assert "would post" not in home.era("explain", "C1").out


def test_in_long_books_the_settings_are_named_but_not_tried(home: PracticeHome) -> None:
    home.expect(expects("C1", "100"))
    home.run(remittance("90", claim("C1")))
    with patch.object(what_if, "MOST", 0):
        assert {each["besides"] for each in told(home, "C1")} == {None}
        assert f"  - era replay --set {MINIMUM}=90\n" in home.era("explain", "C1").out
