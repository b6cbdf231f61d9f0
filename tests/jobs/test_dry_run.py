"""`era run --dry-run`: what would happen, and nothing of it kept."""

from pathlib import Path

import pytest
from practices import AUTO, PracticeHome, Record, expects, remittance
from remittance_text import claim, payment, remittance_file, transaction_set

OTHERWISE = ("dry_run", "decision_id", "claim_payment_id", "payment_id", "decided_at")
TABLES = (
    *("files", "payments", "repeated_payments", "provider_adjustments", "claim_payments"),
    *("decisions", "entries", "postings", "matches", "deposits", "fees"),
)


def stored(home: PracticeHome) -> dict[str, list[tuple[object, ...]]]:
    tables = (*TABLES, "claims", "rule_sets", "settings_versions")
    return {table: sorted(home.rows(f"SELECT * FROM {table}"), key=repr) for table in tables}


def files(home: PracticeHome) -> dict[str, bytes]:
    folders = ("inbox", "archive", "quarantine", "acks")
    return {str(path): path.read_bytes() for folder in folders for path in sorted((home.root / folder).iterdir())}


def lasting(records: list[Record]) -> list[Record]:
    return [{key: value for key, value in each.items() if key not in OTHERWISE} for each in records]


def a_week(home: PracticeHome) -> None:
    """Four files that depend on each other, one of them a letter."""
    home.expect(expects("C1"), expects("C2"), expects("C3", "100"))
    first = payment("178", claim("C1"), claim("C2"), after=["PLB*1234567893*20261231*WO:C1*2"])
    home.receive(remittance_file(transaction_set(first)), "1 monday.835")
    home.receive("Dear practice\n", "2 letter.835")
    home.receive(remittance_file(transaction_set(first, "0099")), "3 monday again.835")
    home.receive(remittance("180", claim("C1"), claim("C3"), trace="EFT0002"), "4 tuesday.835")
    home.receive(remittance("90", claim("C2"), trace="EFT0002", date="20261103"), "5 wednesday.835")


@pytest.mark.both_databases
def test_a_dry_run_tells_what_the_run_will_do_and_keeps_nothing(home: PracticeHome) -> None:
    a_week(home)
    rows, inbox = stored(home), files(home)

    dry = home.records("run", "--dry-run")

    assert (stored(home), files(home)) == (rows, inbox)
    decided = [each for each in dry if each["outcome"] in ("post", "manual")]
    assert [each["dry_run"] for each in decided] == [True] * 5
    assert [each["decision_id"] for each in decided] == [None] * 5
    assert [(each["file"][0], each["outcome"], each.get("holds")) for each in dry] == [
        ("1", "post", []),
        ("1", "post", []),
        ("2", "quarantined", None),
        ("3", "duplicate", None),
        ("4", "manual", ["already-posted"]),
        ("4", "manual", []),
        ("5", "manual", ["already-posted"]),
    ]

    wet = home.records("run")

    assert lasting(wet) == lasting(dry)
    assert [each["dry_run"] for each in wet if "dry_run" in each] == [False] * 5
    home.verified()


def test_a_dry_run_after_the_run_finds_everything_done(home: PracticeHome, tmp_path: Path) -> None:
    home.expect(expects("C1"))
    path = tmp_path / "monday.835"
    path.write_text(remittance("90", claim("C1")))
    assert [each["outcome"] for each in home.records("run", "--dry-run", path)] == ["post"]
    assert [each["outcome"] for each in home.records("run", path)] == ["post"]
    before = stored(home)
    [again] = home.records("run", "--dry-run", path)
    assert again == {"file": "monday.835", "outcome": "duplicate", "first_file": "monday.835"}
    assert stored(home) == before


def test_a_dry_run_says_so_and_exits_as_the_run_would(home: PracticeHome) -> None:
    a_week(home)
    dry = home.era("run", "--dry-run")
    assert dry.code == 3
    assert "Would post 2 claims, $180.00; 3 claims would need review, $270.00." in dry.out
    assert "Dry run: nothing was kept or moved." in dry.out
    wet = home.era("run")
    assert wet.code == 3
    assert "Posted 2 claims, $180.00; 3 claims need review, $270.00." in wet.out
    assert "Dry run" not in wet.out


def test_an_administrator_sees_what_a_change_would_have_done(home: PracticeHome) -> None:
    home.expect(expects("C1", "100"))
    home.receive(remittance("90", claim("C1")))
    rules = []
    for percent in (95, 90, 100):
        home.set({f"{AUTO}.minimum_percent": percent})
        [told] = home.records("run", "--dry-run")
        rules.append((told["outcome"], told["minimum_cents"]))
    assert rules == [("manual", 9_500), ("post", 9_000), ("manual", 10_000)]
    assert home.records("log") == []


def test_a_dry_run_leaves_an_interrupted_file_to_the_next_run(home: PracticeHome) -> None:
    home.expect(expects("C1"))
    home.run(remittance("90", claim("C1")))
    home.change("UPDATE files SET state = 'received'")
    assert home.records("run", "--dry-run") == []
    assert home.rows("SELECT state FROM files") == [("received",)]
    assert home.records("run") == []
    home.verified()
