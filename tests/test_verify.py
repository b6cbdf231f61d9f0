"""`era verify` proves the books, and finds whatever somebody did to them behind the program's back."""

from collections.abc import Callable

import pytest
from offices import OfficeHome, expects, remittance
from remittance_text import claim, payment, remittance_file, transaction_set

_TRIGGERS = {
    "sqlite": [
        f"DROP TRIGGER {table}_no_{change}"
        for table in ("decisions", "entries", "postings")
        for change in ("update", "delete")
    ],
    "postgresql": [f"DROP TRIGGER {table}_append_only ON {table}" for table in ("decisions", "entries", "postings")],
}


@pytest.fixture
def books(home: OfficeHome) -> OfficeHome:
    """C1 and C2 posted, C3 left; the locks that keep decisions and entries unchanged are picked."""
    home.expect(expects("C1"), expects("C2"), expects("C3", "100"))
    home.run(
        remittance_file(
            transaction_set(payment("180", claim("C1"), claim("C2")), "0001"),
            transaction_set(payment("90", claim("C3"), trace="EFT0002"), "0002"),
        )
    )
    home.change(*_TRIGGERS[home.database_url.partition(":")[0].partition("+")[0]])
    return home


def problems(home: OfficeHome) -> list[str]:
    ended = home.era("verify")
    assert ended.code == 1
    found = [line.removeprefix("✘ ") for line in ended.out.splitlines() if line.startswith("✘ ")]
    assert f"{len(found)} problem{'' if len(found) == 1 else 's'} in 2 payments, 1 file." in ended.out
    return found


def test_books_nobody_touched_hold(books: OfficeHome) -> None:
    assert books.verified().out == "✔ The books hold: 2 payments, 1 file.\n"


def test_an_office_that_has_read_nothing_has_books_that_hold(home: OfficeHome) -> None:
    assert home.verified().out == "✔ The books hold: 0 payments, 0 files.\n"


_OF = "(SELECT min(id) FROM entries WHERE claim_number = '{}' AND kind = '{}')"
_PAID_1, _PAID_2 = _OF.format("C1", "insurance_payment"), _OF.format("C2", "insurance_payment")
_OFF_1 = _OF.format("C1", "contracted_write_off")


def test_an_entry_out_of_balance_is_found(books: OfficeHome) -> None:
    books.change(f"UPDATE postings SET cents = cents + 1 WHERE entry_id = {_PAID_1} AND ordinal = 1")
    [found] = problems(books)
    assert "does not balance: its postings sum to $0.01" in found


def test_a_changed_payment_is_found_though_its_entry_balances(books: OfficeHome) -> None:
    books.change(f"UPDATE postings SET cents = cents * 2 WHERE entry_id = {_PAID_1}")
    assert any("$180.00 was decided to post, $270.00 stands in the ledger" in each for each in problems(books))


def test_money_moved_from_one_claim_to_another_is_found(books: OfficeHome) -> None:
    books.change(
        f"UPDATE postings SET cents = cents * 2 WHERE entry_id = {_PAID_1}",
        f"UPDATE postings SET cents = 0 WHERE entry_id = {_PAID_2}",
    )
    found = "\n".join(problems(books))
    assert "C1" in found
    assert "C2" in found


def test_a_changed_write_off_is_found_though_its_entry_balances(books: OfficeHome) -> None:
    books.change(f"UPDATE postings SET cents = cents * 2 WHERE entry_id = {_OFF_1}")
    assert any("C1" in each and "$30.00" in each and "$60.00" in each for each in problems(books))


def test_a_write_off_that_is_gone_is_found(books: OfficeHome) -> None:
    books.change(f"DELETE FROM postings WHERE entry_id = {_OFF_1}", f"DELETE FROM entries WHERE id = {_OFF_1}")
    assert any("C1" in each for each in problems(books))


def test_an_entry_without_postings_is_found(books: OfficeHome) -> None:
    books.change(f"DELETE FROM postings WHERE entry_id = {_PAID_1}")
    assert any("has no postings" in each for each in problems(books))


def test_a_claim_posted_twice_is_found(books: OfficeHome) -> None:
    books.change(f"UPDATE entries SET claim_number = 'C1' WHERE id = {_PAID_2}")
    assert any("Claim C1 has 2 insurance payments posted" in each for each in problems(books))


def test_a_hold_that_was_posted_is_found(books: OfficeHome) -> None:
    books.change(
        f"UPDATE decisions SET outcome = 'manual' WHERE id = (SELECT decision_id FROM entries WHERE id = {_PAID_1})"
    )
    assert any("is 'manual' but has 1 insurance payment entries" in each for each in problems(books))


def test_a_post_without_its_entry_is_found(books: OfficeHome) -> None:
    books.change("UPDATE decisions SET outcome = 'post' WHERE outcome = 'manual'")
    assert any("is 'post' but has 0 insurance payment entries" in each for each in problems(books))


def test_a_claim_payment_that_was_never_decided_is_found(books: OfficeHome) -> None:
    books.change("DELETE FROM decisions WHERE outcome = 'manual'")
    assert any("(claim C3) was read and never decided" in each for each in problems(books))


def test_a_claim_payment_that_is_gone_is_found(books: OfficeHome) -> None:
    books.change(
        "DELETE FROM decisions WHERE outcome = 'manual'", "DELETE FROM claim_payments WHERE claim_number = 'C3'"
    )
    assert any("claims of $0.00 are in the books, not all that was read" in each for each in problems(books))


def archived(home: OfficeHome) -> str:
    [path] = (home.root / "archive").iterdir()
    return str(path)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda path: path.unlink(), "archive/001.835 is missing"),
        (lambda path: path.write_bytes(path.read_bytes() + b"\n"), "archive/001.835 is no longer what was received"),
        (lambda path: path.rename(path.with_name("other.835")), "archive/other.835 is not in the books"),
        (lambda path: (path.parent.parent / "quarantine" / "x").write_text(""), "quarantine/x is not in the books"),
    ],
    ids=["missing", "changed", "renamed", "unknown"],
)
def test_a_file_that_is_not_as_it_was_kept_is_found(
    books: OfficeHome, damage: Callable[[object], object], told: str
) -> None:
    damage(books.root / "archive" / "001.835")
    assert any(told in each for each in problems(books))


def test_a_run_that_was_interrupted_is_found(books: OfficeHome) -> None:
    books.change("UPDATE files SET state = 'received'")
    [found] = problems(books)
    assert "was received but its work was interrupted. Run `era run` to finish it." in found
    books.era("run")
    books.verified()


def test_a_payment_that_never_added_up_is_no_fault_of_the_books(home: OfficeHome) -> None:
    home.expect(expects("C1"))
    home.run(remittance("91", claim("C1")), remittance("9O", claim("C1"), trace="T2"))
    home.verified()
