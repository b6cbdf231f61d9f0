"""`era verify` proves the books, and finds whatever somebody did to them behind the program's back."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from practices import PracticeHome, expects, make_practice, remittance
from remittance_text import claim, payment, remittance_file, transaction_set
from tampering import pick_the_locks, problems


@pytest.fixture
def books(home: PracticeHome) -> PracticeHome:
    """C1 and C2 posted on payment 1, C3 left on payment 2; the locks that keep what was decided are picked.

    Claim payments and decisions are 1 to 3; entries 1 and 2 are payment and write-off of C1, 3 and 4 of C2.
    """
    home.expect(expects("C1"), expects("C2"), expects("C3", "100"))
    home.run(
        remittance_file(
            transaction_set(payment("180", claim("C1"), claim("C2")), "0001"),
            transaction_set(payment("90", claim("C3"), trace="EFT0002"), "0002"),
        )
    )
    pick_the_locks(home)
    return home


@pytest.mark.both_databases
def test_books_nobody_touched_hold(books: PracticeHome) -> None:
    told = "✔ The books are in balance: 4 entries, 3 decisions, 2 payments, 2 claims, 2 patients, 0 payers, 1 file.\n"
    assert books.verified().out == told + "Files in: 1 = 1 archived + 0 quarantined + 0 duplicate + 0 waiting.\n"


def test_a_practice_that_has_read_nothing_has_books_that_hold(home: PracticeHome) -> None:
    told = "✔ The books are in balance: 0 entries, 0 decisions, 0 payments, 0 claims, 0 patients, 0 payers, 0 files.\n"
    assert home.verified().out == told + "Files in: 0 = 0 archived + 0 quarantined + 0 duplicate + 0 waiting.\n"


def test_how_many_problems_there_are_is_told_at_the_end(books: PracticeHome) -> None:
    books.change("UPDATE postings SET cents = cents + 1 WHERE entry_id = 1 AND ordinal = 1")
    ended = books.era("verify")
    assert ended.code == 1
    assert ended.out == (
        "✘ Entry 1 does not balance: its postings add up to $0.01.\n"
        "\n1 problem in 4 entries, 3 decisions, 2 payments, 2 claims, 2 patients, 0 payers, 1 file.\n"
        "Files in: 1 = 1 archived + 0 quarantined + 0 duplicate + 0 waiting.\n"
    )


_PAYMENT_1 = "Payment 1 (EFT0001): claims of {} are posted, but the ledger has {}."
_PAYMENT_2 = "Payment 2 (EFT0002): claims of {} are posted, but the ledger has {}."
_OFF_BY = "The patient of claim {} and the patient's claims differ by {} on accounts receivable."
_CHARGED = "Claim {}: {} paid and {} written off do not fit the charge of $120.00."
_DECIDED = "Decision {} on claim {}: the {} decided to post is {}, but the ledger has {}."
_NEW_ENTRY = "INSERT INTO entries (id, payment_id, decision_id, date, kind, memo, claim_number, patient_id) VALUES {}"
_NEW_POSTING = "INSERT INTO postings (entry_id, ordinal, account, cents) VALUES (99, 0, 'insurance_deposits', 0)"

DAMAGE = {
    "an entry out of balance": (
        ["UPDATE postings SET cents = cents - 250 WHERE entry_id = 2 AND ordinal = 1"],
        ["Entry 2 does not balance: its postings add up to -$2.50."],
    ),
    "an entry without postings": (
        ["DELETE FROM postings WHERE entry_id = 2"],
        ["Entry 2 has no postings.", _DECIDED.format(1, "C1", "write-off", "$30.00", "$0.00")],
    ),
    "an entry of nothing": (
        [_NEW_ENTRY.format("(99, 1, NULL, '2026-11-01', 'interest', '', NULL, NULL)"), _NEW_POSTING],
        ["Entry 99 belongs to neither a decision nor a provider-level adjustment."],
    ),
    "an entry on another payment": (
        ["UPDATE entries SET payment_id = 2 WHERE id = 2"],
        ["Entry 2 is on payment 2, but what it belongs to is on payment 1."],
    ),
    "a strange account": (
        ["UPDATE postings SET account = 'petty_cash' WHERE entry_id = 2 AND ordinal = 1"],
        ["Entry 2 posts to the account 'petty_cash', but what it belongs to does not post there."],
    ),
    "an entry on another claim": (
        ["UPDATE entries SET claim_number = 'C2' WHERE id = 2"],
        [
            "Entry 2 is on C2, but its claim payment is matched to C1.",
            "Entry 2 is for a different patient than its claim C2.",
            _CHARGED.format("C2", "$90.00", "$60.00"),
            _OFF_BY.format("C1", "-$30.00"),
            _OFF_BY.format("C2", "$30.00"),
        ],
    ),
    "an entry on another patient": (
        ["UPDATE entries SET patient_id = 'P-C3' WHERE id = 2"],
        [
            "Entry 2 is for a different patient than its claim C1.",
            _OFF_BY.format("C1", "$30.00"),
            _OFF_BY.format("C3", "-$30.00"),
        ],
    ),
    "a payment changed, its entry balanced": (
        ["UPDATE postings SET cents = cents * 2 WHERE entry_id = 1"],
        [
            _DECIDED.format(1, "C1", "payment", "$90.00", "$180.00"),
            _CHARGED.format("C1", "$180.00", "$30.00"),
            _PAYMENT_1.format("$180.00", "$270.00"),
        ],
    ),
    "money moved from one claim to another": (
        [
            "UPDATE postings SET cents = cents * 2 WHERE entry_id = 1",
            "UPDATE postings SET cents = 0 WHERE entry_id = 3",
        ],
        [
            _DECIDED.format(1, "C1", "payment", "$90.00", "$180.00"),
            _DECIDED.format(2, "C2", "payment", "$90.00", "$0.00"),
            _CHARGED.format("C1", "$180.00", "$30.00"),
        ],
    ),
    "a write-off changed, its entry balanced": (
        [
            "UPDATE postings SET cents = cents - 1 WHERE entry_id = 2 AND ordinal = 0",
            "UPDATE postings SET cents = cents + 1 WHERE entry_id = 2 AND ordinal = 1",
        ],
        [_DECIDED.format(1, "C1", "write-off", "$30.00", "$29.99")],
    ),
    "a write-off above the charge": (
        ["UPDATE postings SET cents = cents * 2 WHERE entry_id = 2"],
        [_DECIDED.format(1, "C1", "write-off", "$30.00", "$60.00"), _CHARGED.format("C1", "$90.00", "$60.00")],
    ),
    "a write-off below zero": (
        ["UPDATE postings SET cents = -cents WHERE entry_id = 2"],
        [_DECIDED.format(1, "C1", "write-off", "$30.00", "-$30.00"), _CHARGED.format("C1", "$90.00", "-$30.00")],
    ),
    "a write-off gone": (
        ["DELETE FROM postings WHERE entry_id = 2", "DELETE FROM entries WHERE id = 2"],
        [_DECIDED.format(1, "C1", "write-off", "$30.00", "$0.00")],
    ),
    "a second payment of a decision": (
        [_NEW_ENTRY.format("(99, 1, 1, '2026-11-01', 'insurance_payment', '', 'C1', 'P-C1')"), _NEW_POSTING],
        ["Decision 1 on claim C1 posts, but has 2 insurance payment and 1 write-off entries."],
    ),
    "an entry of another kind": (
        ["UPDATE entries SET kind = 'gift' WHERE id = 2"],
        ["Decision 1 on claim C1 posts, but has entries that are neither payment nor write-off."],
    ),
    "a hold that was posted": (
        ["UPDATE decisions SET outcome = 'manual' WHERE id = 1"],
        [
            "Decision 1 on claim C1 posts nothing, but has entries (2).",
            "Claim payment 1 (claim C1) is 'posted', but has 0 postings in force.",
        ],
    ),
    "a post without its entries": (
        ["UPDATE decisions SET outcome = 'post' WHERE id = 3"],
        [
            "Decision 3 on claim C3 posts, but has 0 insurance payment and 0 write-off entries.",
            "Claim payment 3 (claim C3) is 'open', but has 1 postings in force.",
        ],
    ),
    "an undoing without its entry": (
        ["UPDATE decisions SET act = 'undo' WHERE id = 3"],
        ["Decision 3 undoes what was posted, but has no entry."],
    ),
    "a claim payment never decided": (
        ["DELETE FROM decisions WHERE id = 3"],
        ["Claim payment 3 (claim C3) was read and never decided."],
    ),
    "a claim payment gone": (
        ["DELETE FROM decisions WHERE id = 3", "DELETE FROM claim_payments WHERE id = 3"],
        [
            "Payment 2 (EFT0002): claims of $0.00 are in the books, $90.00 was read.",
            "Payment 2 (EFT0002): claims minus provider-level adjustments do not equal the payment.",
        ],
    ),
    "posted, and nothing is": (
        ["UPDATE claim_payments SET state = 'posted' WHERE id = 3"],
        [
            "Claim payment 3 (claim C3) is 'posted', but has 0 postings in force.",
            _PAYMENT_2.format("$90.00", "$0.00"),
        ],
    ),
    "open, and posted": (
        ["UPDATE claim_payments SET state = 'open' WHERE id = 1"],
        [
            "Claim payment 1 (claim C1) is 'open', but has 1 postings in force.",
            _PAYMENT_1.format("$90.00", "$180.00"),
        ],
    ),
    "a state there is not": (
        ["UPDATE claim_payments SET state = 'lost' WHERE id = 3"],
        ["Claim payment 3 (claim C3) is 'lost', but has 0 postings in force."],
    ),
    "closed by nobody": (
        ["UPDATE claim_payments SET state = 'closed' WHERE id = 3"],
        ["Claim payment 3 (claim C3) is 'closed', but its newest decision did not close it."],
    ),
    "reversed by nothing": (
        ["UPDATE claim_payments SET state = 'reversed' WHERE id = 3"],
        [
            "Claim payment 3 (claim C3) is 'reversed', but no posted reversal reversed it.",
            _PAYMENT_2.format("$90.00", "$0.00"),
        ],
    ),
    "matched to no claim of the practice": (
        ["UPDATE claim_payments SET office_claim = 'C9' WHERE id = 3"],
        ["Claim payment 3 (claim C3) is 'open' and matched to C9, which is not a claim of the practice."],
    ),
    "posted, and matched to nothing": (
        ["UPDATE claim_payments SET office_claim = NULL WHERE id = 1"],
        [
            "Entry 1 is on C1, but its claim payment is matched to no claim.",
            "Entry 2 is on C1, but its claim payment is matched to no claim.",
            "Claim payment 1 (claim C1) is 'posted' and matched to no claim.",
        ],
    ),
    "matched otherwise by hand": (
        [
            "INSERT INTO matches (claim_payment_id, claim_number, matched_by, matched_at)"
            " VALUES (3, 'C3', 'Ann', '2026-11-02T09:00:00Z'), (3, 'C2', 'Ann', '2026-11-02T09:01:00Z')"
        ],
        ["Claim payment 3 was last matched by hand to C2, but is kept as matched to C3."],
    ),
    "a payment of another amount": (
        ["UPDATE payments SET payment_cents = 18001 WHERE id = 1"],
        ["Payment 1 (EFT0001): claims minus provider-level adjustments do not equal the payment."],
    ),
    "a payment without an amount": (
        ["UPDATE payments SET payment_cents = NULL WHERE id = 1"],
        ["Payment 1 (EFT0001): claims minus provider-level adjustments do not equal the payment."],
    ),
}


@pytest.mark.parametrize(("changes", "told"), DAMAGE.values(), ids=DAMAGE)
def test_what_somebody_changed_is_found(books: PracticeHome, changes: list[str], told: list[str]) -> None:
    books.change(*changes)
    assert problems(books) == told


def test_a_decision_whose_grounds_are_gone_is_found(books: PracticeHome) -> None:
    without_looking(books, "UPDATE decisions SET settings = 'sha256:00' WHERE id = 3", "fk_decisions_settings")
    assert problems(books) == ["The rule set or settings of decision 3 are missing."]


def test_rules_changed_afterwards_are_found(books: PracticeHome) -> None:
    [(in_force,)] = books.rows("SELECT DISTINCT ruleset FROM decisions")
    books.change("UPDATE rule_sets SET content = content || ' '")
    assert problems(books) == [f"The rules or settings {in_force} have changed since decisions were made with them."]


def test_a_deposit_that_is_there_twice_is_found(books: PracticeHome) -> None:
    two = (
        "INSERT INTO deposits (id, date, cents, trace_number, identity, source, imported_at) VALUES"
        " (1, '2026-11-02', 18000, 'EFT0001', 'a', 'bank.csv, line 2', '2026-11-02T09:00:00Z'),"
        " (2, '2026-11-02', 18000, 'EFT0001', 'a', 'bank.csv, line 3', '2026-11-02T09:00:00Z')"
    )
    if "sqlite" in books.url:
        books.change("ALTER TABLE deposits RENAME TO d", "CREATE TABLE deposits AS SELECT * FROM d", two)
    else:
        books.change("ALTER TABLE deposits DROP CONSTRAINT uq_deposits_identity", two)
    assert problems(books) == ["Deposit 1 is in the books 2 times."]


def without_looking(books: PracticeHome, statement: str, constraint: str) -> None:
    """Change what a foreign key keeps from being changed."""
    if "sqlite" in books.url:
        with closing(sqlite3.connect(books.url.removeprefix("sqlite:///"))) as connection, connection:
            connection.execute(statement)
    else:
        books.change(f"ALTER TABLE decisions DROP CONSTRAINT {constraint}", statement)


# files


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda path: path.unlink(), ["File 001.835: archive/001.835 is missing."]),
        (
            lambda path: path.write_bytes(path.read_bytes() + b"\n"),
            ["File 001.835: archive/001.835 has changed since it was received."],
        ),
        (
            lambda path: path.rename(path.with_name("other.835")),
            [
                "File 001.835: archive/001.835 is missing.",
                "archive/other.835 is not in the books. Move it to inbox/ and run again.",
            ],
        ),
        (
            lambda path: (path.parent.parent / "quarantine" / "x").write_text(""),
            ["quarantine/x is not in the books. Move it to inbox/ and run again."],
        ),
    ],
    ids=["missing", "changed", "renamed", "unknown"],
)
def test_a_file_that_is_not_as_it_was_kept_is_found(
    books: PracticeHome, damage: Callable[[object], object], told: list[str]
) -> None:
    damage(books.root / "archive" / "001.835")
    assert problems(books) == told


def test_a_run_that_was_interrupted_waits_and_is_no_fault(books: PracticeHome) -> None:
    books.change("UPDATE files SET state = 'received'")
    books.receive(remittance("90", claim("C3"), trace="T3"), "next.835")
    assert books.verified().out.splitlines()[1:] == [
        "Files in: 2 = 0 archived + 0 quarantined + 0 duplicate + 2 waiting.",
        "A run was interrupted with 1 file received; `era run` finishes it.",
    ]
    books.era("run")
    assert books.verified().out.splitlines()[1:] == [
        "Files in: 2 = 2 archived + 0 quarantined + 0 duplicate + 0 waiting."
    ]


def test_one_that_was_written_down_and_still_lies_in_the_inbox_counts_once(books: PracticeHome) -> None:
    books.change("UPDATE files SET state = 'received'")
    (books.root / "archive" / "001.835").rename(books.root / "inbox" / "001.835")
    assert "Files in: 1 = 0 archived + 0 quarantined + 0 duplicate + 1 waiting." in books.verified().out


def test_an_interrupted_file_whose_bytes_are_gone_is_found(books: PracticeHome) -> None:
    books.change("UPDATE files SET state = 'received'")
    kept = books.root / "archive" / "001.835"
    for damage in (lambda: kept.write_text("other"), kept.unlink):
        damage()
        assert problems(books)[0] == (
            "File 001.835 was received, but this home no longer has it. Put it into inbox/ again."
        )
        assert books.records("run") == []


WRONGLY_KEPT = {
    "archived in quarantine": (
        "UPDATE files SET stored_as = 'quarantine/001.835'",
        "File 001.835 is archived, but kept as quarantine/001.835.",
    ),
    "quarantined in the archive": (
        "UPDATE files SET state = 'quarantined'",
        "File 001.835 is quarantined, but kept as archive/001.835.",
    ),
    "kept nowhere": (
        "UPDATE files SET stored_as = NULL",
        "File 001.835 is archived, but the books do not say where it is kept.",
    ),
    "a duplicate of nothing": (
        "UPDATE files SET state = 'duplicate', stored_as = NULL",
        "File 001.835 is duplicate, but the books do not say where it is kept.",
    ),
    "lost": ("UPDATE files SET state = 'lost'", "File 001.835 has the unknown state 'lost'."),
}


@pytest.mark.parametrize(("change", "told"), WRONGLY_KEPT.values(), ids=WRONGLY_KEPT)
def test_books_and_disk_that_disagree_on_a_file_are_found(books: PracticeHome, change: str, told: str) -> None:
    books.change(change)
    assert told in problems(books)


def test_a_payment_that_never_added_up_is_no_fault_of_the_books(home: PracticeHome) -> None:
    home.expect(expects("C1"))
    home.run(remittance("91", claim("C1")), remittance("9O", claim("C1"), trace="T2"))
    home.verified()


def test_of_a_damaged_database_no_backup_is_made(tmp_path: Path) -> None:
    home = make_practice(tmp_path / "home")
    home.expect(*(expects(f"C{number}") for number in range(200)))
    whole = home.root / "era.db"
    content = bytearray(whole.read_bytes())
    content[-60_000:-20_000] = b"\xff" * 40_000
    whole.write_bytes(content)
    refused = home.era("backup", tmp_path / "practice.era")
    assert (refused.code, (tmp_path / "practice.era").exists()) == (1, False)
    assert "database" in refused.err
    assert "Remedy: " in refused.err
    assert "Internal error" not in refused.err
