"""`era explain` and the log tell a decision by the rules and settings it was made with."""

import shutil
from pathlib import Path

from practices import BOTH_POSTED, PracticeHome, expects, make_practice, remittance
from remittance_text import claim

from era_engine.foundation.shipped import shipped

SHORT = "single-plan-below-minimum-write-offs-on"


def test_a_post_is_explained_with_its_margin(week: PracticeHome) -> None:
    text = week.era("explain", "C1").out
    assert "✔ posted (auto mode, " in text
    assert "Posted $90.00 and wrote off $30.00" in text
    assert "$4.50 above the minimum" in text
    assert f"▶ {BOTH_POSTED}: post" in text
    [record] = week.records("explain", "C1")
    explained = record["explained"]
    assert (record["outcome"], explained["outcome"], explained["rule"]) == ("post", "post", BOTH_POSTED)
    assert [rule["id"] for rule in explained["rules"] if rule["fired"]] == [BOTH_POSTED]
    assert explained["margin"] == "$4.50 above the minimum"


def test_a_short_payment_is_explained_by_what_was_missing(home: PracticeHome) -> None:
    home.expect(expects("C1", "100"))
    home.run(remittance("90.80", claim("C1", paid="90.80", write_off="29.20")))
    text = home.era("explain", "C1").out
    assert "⚠ needs review (auto mode, " in text
    assert "$4.20 short of 95 %" in text
    explained = home.records("explain", "C1")[0]["explained"]
    [fired] = [rule for rule in explained["rules"] if rule["fired"]]
    assert fired["id"] == SHORT
    conditions = {each["fact"]: (each["wanted_words"], each["actual_words"]) for each in fired["conditions"]}
    assert conditions["paid_cents"] == ("less than $95.00", "$90.80")
    assert {each["result"] for each in fired["conditions"]} == {"pass"}
    assert [each["fact"] for each in explained["changes"]] == ["paid_cents"]


def test_a_hold_is_explained_by_what_to_do(week: PracticeHome) -> None:
    text = week.era("explain", "C3").out
    assert "▶ patient-mismatch: hold" in text
    assert "▶ denied" not in text
    assert "denied: hold" in week.era("explain", "C3", "--all").out
    explained = week.records("explain", "C3")[0]["explained"]
    assert explained["holds"] == ["patient-mismatch"]
    assert [each["hold"] for each in explained["changes"]] == ["patient-mismatch"]


def test_the_newest_decision_is_explained_or_that_of_the_payment_named(week: PracticeHome) -> None:
    week.run(remittance("100", claim("C2", paid="100", write_off="20"), trace="T3"))
    assert week.records("explain", "C2")[0]["holds"] == ["already-posted"]
    assert week.records("explain", "C2", "--trace", "T1")[0]["mode"] == "quick"
    assert week.era("explain", "C9").code == 2
    assert week.era("explain", "C2", "--trace", "T2").code == 2
    assert week.era("explain", "C2", "--trace", "T9").code == 2


def test_a_decision_is_told_by_the_rules_it_was_made_with(database_url: str, tmp_path: Path) -> None:
    home = make_practice(tmp_path / "home", database_url)
    rules = home.root / "rules"
    shutil.copytree(shipped("rules"), rules)
    home.set({"rules": "rules"})
    home.expect(expects("C1", "100"), expects("C2", "100"))
    [first] = home.run(remittance("90", claim("C1"), trace="T1"))
    told, explained = home.records("log"), home.records("explain", "C1")

    replace(
        rules / "insurance" / "auto_posting.yaml",
        "The insurer paid less than the minimum the practice accepts without review.",
        "Stingy.",
    )
    replace(rules / "shared" / "indicators.yaml", "Matched but did not meet auto posting criteria", "Look at me")

    assert home.records("log") == told
    assert home.records("explain", "C1") == explained
    [second] = home.run(remittance("90", claim("C2"), trace="T2"))
    assert (first["hover"], second["hover"]) == ("Matched but did not meet auto posting criteria", "Look at me")
    assert first["ruleset"] != second["ruleset"]
    assert first["settings"] == second["settings"]
    because = {
        number: next(
            each["because"] for each in home.records("explain", number)[0]["explained"]["rules"] if each["fired"]
        )
        for number in ("C1", "C2")
    }
    assert because == {
        "C1": "The insurer paid less than the minimum the practice accepts without review.",
        "C2": "Stingy.",
    }
    shutil.rmtree(rules)
    home.set({})
    assert home.records("explain", "C2")[0]["explained"]["rules"][0]["id"] == BOTH_POSTED


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_every_decision_carries_the_settings_it_was_made_under(home: PracticeHome) -> None:
    home.expect(expects("C1"), expects("C2"))
    [first] = home.run(remittance("90", claim("C1"), trace="T1"))
    home.set({"ledger_options.auto_post_contracted_write_offs": False})
    [second] = home.run(remittance("90", claim("C2"), trace="T2"))
    assert first["settings"] != second["settings"]
    assert home.records("explain", "C1")[0]["explained"]["outcome"] == "post"
    [shown] = home.era("settings", "show", "--json").records
    assert shown["hash"] == second["settings"]
