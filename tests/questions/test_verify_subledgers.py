"""`era verify` on reversals, provider-level adjustments and several plans: the sub-ledgers agree with one another."""

import pytest
from practices import PracticeHome, expects, remittance
from remittance_text import claim
from tampering import pick_the_locks, problems


@pytest.fixture
def books(home: PracticeHome) -> PracticeHome:
    """C1 posted (decision 1), taken back by the insurer (decision 2), whose money it takes from the next payment.

    Payment 2 of nothing: the reversal of C1 and pair 1 (WO -90). Payment 3: C2, C3, pair 2 (WO 90), pair 3 (L6 -5).
    Entries: 1 and 2 post C1, 3 takes it back, 4 is pair 1; 5 to 8 post C2 and C3, 9 and 10 are pairs 2 and 3.
    """
    home.set({"reversals.post_exact": True})
    home.expect(expects("C1"), expects("C2"), expects("C3"))
    back = claim("C1", "-120", "-90", "-30", status="22")
    home.run(
        remittance("90", claim("C1"), trace="T1"),
        remittance("0", back, trace="T2", method="NON", after=["PLB*1234567893*20261231*WO:C1*-90"]),
        remittance(
            "95",
            claim("C2"),
            claim("C3"),
            trace="T3",
            date="20261108",
            after=["PLB*1234567893*20261231*WO:C1*90*L6*-5"],
        ),
    )
    pick_the_locks(home)
    return home


@pytest.mark.both_databases
def test_books_nobody_touched_hold(books: PracticeHome) -> None:
    told = "✔ The books are in balance: 10 entries, 4 decisions, 3 payments, 3 claims, 3 patients, 1 payer, 3 files.\n"
    told += "Files in: 3 = 3 archived + 0 quarantined + 0 duplicate + 0 waiting.\n"
    assert books.verified().out == told
    assert books.posted() == {
        "insurance_deposits": 18_500,
        "accounts_receivable": -24_000,
        "contracted_write_offs": 6_000,
        "payer_balances": 0,
        "interest_income": -500,
    }


_NOT_EXACT = "Entry 3 does not reverse exactly what was posted: {} remains on {}."
_NO_CAUSE = "Entry {} is of kind {}, which does not fit the entry it reverses."
_STANDS = "Claim payment {} (claim C1) is {}, but has {} postings in force."
_LOST = "Claim payment 1 (claim C1) is 'reversed', but no posted reversal reversed it."
_CHARGED = "Claim {}: {} paid and {} written off do not fit the charge of $120.00."
_PAIR_STANDS = "Provider-level adjustment {} is {}, but has {} entries in force."
_PAIRS = "Payment {}: provider-level adjustments of {} are posted, but the ledger has {}."
_PAYER = "Payer 1999999999: its open items add up to {}, but its balance is {}."
_PAYMENT_2 = "Payment 2 (T2): claims of {} are posted, but the ledger has {}."

DAMAGE = {
    "a reversal of less": (
        [
            "UPDATE postings SET cents = 11000 WHERE entry_id = 3 AND cents = 12000",
            "UPDATE postings SET cents = -8000 WHERE entry_id = 3 AND cents = -9000",
        ],
        [
            _NOT_EXACT.format("-$10.00", "accounts_receivable, line 1"),
            _NOT_EXACT.format("$10.00", "insurance_deposits"),
            "Decision 2 on claim C1: the payment decided to post is -$90.00, but the ledger has -$80.00.",
            _PAYMENT_2.format("-$90.00", "-$80.00"),
        ],
    ),
    "a reversal on another line": (
        ["UPDATE postings SET line = 2 WHERE entry_id = 3 AND line = 1"],
        [
            _NOT_EXACT.format("-$120.00", "accounts_receivable, line 1"),
            _NOT_EXACT.format("$120.00", "accounts_receivable, line 2"),
        ],
    ),
    "a reversal that says it is none": (
        ["UPDATE entries SET kind = 'gift' WHERE id = 3"],
        [_NO_CAUSE.format(3, "'gift'"), "Decision 2 on claim C1 posts a reversal, but has 0 reversal entries of 1."],
    ),
    "a reversal without a cause": (
        ["UPDATE entries SET reverses = NULL WHERE id = 3"],
        [
            _NO_CAUSE.format(3, "'reversal'"),
            _NOT_EXACT.format("$120.00", "accounts_receivable, line 1"),
            _NOT_EXACT.format("-$30.00", "contracted_write_offs"),
            _NOT_EXACT.format("-$90.00", "insurance_deposits"),
            _STANDS.format(1, "'reversed'", 1),
            _LOST,
        ],
    ),
    "a reversal of another claim's posting": (
        ["UPDATE entries SET reverses = 3 WHERE id = 3"],
        [
            "Entry 3 reverses decision 3, which is on another claim or patient.",
            _STANDS.format(1, "'reversed'", 1),
            "Claim payment 3 (claim C2) is 'posted', but has 0 postings in force.",
            _LOST,
        ],
    ),
    "an undoing of what another claim payment posted": (
        ["UPDATE decisions SET act = 'undo' WHERE id = 2"],
        ["Entry 3 reverses decision 1, which it must not reverse."],
    ),
    "a reversal of what was never posted": (
        ["UPDATE decisions SET outcome = 'manual' WHERE id = 1"],
        [
            "Entry 3 reverses decision 1, which it must not reverse.",
            "Decision 1 on claim C1 posts nothing, but has entries (2).",
            _LOST,
        ],
    ),
    "a reversal that is not posted": (
        ["UPDATE claim_payments SET state = 'open' WHERE id = 2"],
        [_STANDS.format(2, "'open'", 1), _LOST, _PAYMENT_2.format("$0.00", "-$90.00")],
    ),
    "a reversal of another claim": (
        ["UPDATE claim_payments SET office_claim = 'C2' WHERE id = 2"],
        ["Entry 3 is on C1, but its claim payment is matched to C2.", _LOST],
    ),
    "reversed claims still posted": (
        ["UPDATE claim_payments SET state = 'posted' WHERE id = 1"],
        [_STANDS.format(1, "'posted'", 0)],
    ),
    "an entry of two": (
        ["UPDATE entries SET decision_id = 1 WHERE id = 10"],
        [
            "Entry 10 belongs to both a decision and a provider-level adjustment.",
            "Entry 10 is on payment 3, but what it belongs to is on payment 1.",
            "Entry 10 posts to the account 'interest_income', but what it belongs to does not post there.",
            _NOT_EXACT.format("$5.00", "insurance_deposits"),
            _NOT_EXACT.format("-$5.00", "interest_income"),
            "Entry 3 reverses decision 1, which is on another claim or patient.",
            "Decision 1 on claim C1 posts, but has entries that are neither payment nor write-off.",
            "Payment 3 (T3): claims of $180.00 are posted, but the ledger has $185.00.",
        ],
    ),
    "a pair open, and posted": (
        ["UPDATE provider_adjustments SET state = 'open' WHERE id = 3"],
        [_PAIRS.format("3 (T3)", "-$90.00", "-$85.00"), _PAIR_STANDS.format("3 (L6)", "'open'", 1)],
    ),
    "a pair in no state there is": (
        ["UPDATE provider_adjustments SET state = 'lost' WHERE id = 3"],
        [_PAIRS.format("3 (T3)", "-$90.00", "-$85.00"), _PAIR_STANDS.format("3 (L6)", "'lost'", 1)],
    ),
    "a pair whose entry is gone": (
        ["DELETE FROM postings WHERE entry_id = 10", "DELETE FROM entries WHERE id = 10"],
        [_PAIRS.format("3 (T3)", "-$85.00", "-$90.00"), _PAIR_STANDS.format("3 (L6)", "'posted'", 0)],
    ),
    "a pair closed, and posted": (
        ["UPDATE provider_adjustments SET state = 'closed' WHERE id = 3"],
        [
            _PAIRS.format("3 (T3)", "-$90.00", "-$85.00"),
            "Provider-level adjustment 3 (L6) is 'closed', but its entry is of kind 'interest' or moves money.",
        ],
    ),
    "a pair closed by nobody": (
        [
            "DELETE FROM postings WHERE entry_id = 10",
            "DELETE FROM entries WHERE id = 10",
            "UPDATE provider_adjustments SET state = 'closed' WHERE id = 3",
        ],
        [_PAIR_STANDS.format("3 (L6)", "'closed'", 0)],
    ),
    "a pair entered twice": (
        [
            "UPDATE entries SET provider_adjustment_id = 2 WHERE id = 10",
        ],
        [_PAIR_STANDS.format("2 (WO)", "'posted'", 2), _PAIR_STANDS.format("3 (L6)", "'posted'", 0)],
    ),
    "a pair of another amount": (
        ["UPDATE provider_adjustments SET cents = -600 WHERE id = 3"],
        [
            _PAIRS.format("3 (T3)", "-$84.00", "-$85.00"),
            "Payment 3 (T3): claims minus provider-level adjustments do not equal the payment.",
            "Provider-level adjustment 3 (L6) of -$6.00 is in the ledger as"
            " insurance_deposits $5.00, interest_income -$5.00.",
        ],
    ),
    "a pair whose amount is gone": (
        ["UPDATE provider_adjustments SET cents = NULL WHERE id = 3"],
        [
            _PAIRS.format("3 (T3)", "-$90.00", "-$85.00"),
            "Payment 3 (T3): claims minus provider-level adjustments do not equal the payment.",
            "Provider-level adjustment 3 (L6) of an unknown amount is in the ledger as"
            " insurance_deposits $5.00, interest_income -$5.00.",
        ],
    ),
    "interest that is no income": (
        ["UPDATE postings SET account = 'provider_adjustments' WHERE account = 'interest_income'"],
        [
            "Provider-level adjustment 3 (L6) of -$5.00 is in the ledger as"
            " insurance_deposits $5.00, provider_adjustments -$5.00."
        ],
    ),
    "a debt to the payer that is gone": (
        ["UPDATE postings SET account = 'provider_adjustments' WHERE entry_id = 4 AND account = 'payer_balances'"],
        [
            "Provider-level adjustment 1 (WO) of -$90.00 is in the ledger as"
            " insurance_deposits $90.00, provider_adjustments -$90.00.",
            _PAYER.format("$0.00", "$90.00"),
        ],
    ),
    "an item of another reason": (
        ["UPDATE provider_adjustments SET reason = 'CS' WHERE id = 1"],
        [
            "Provider-level adjustment 1 (CS) of -$90.00 is in the ledger as"
            " insurance_deposits $90.00, payer_balances -$90.00.",
            _PAYER.format("$90.00", "$0.00"),
        ],
    ),
    "an entry of a pair taken back by a decision": (
        ["UPDATE entries SET kind = 'reversal', reverses = 4 WHERE id = 10"],
        [
            _NO_CAUSE.format(10, "'reversal'"),
            "Entry 10 does not reverse exactly what was posted: -$120.00 remains on accounts_receivable, line 1.",
            "Entry 10 does not reverse exactly what was posted: $30.00 remains on contracted_write_offs.",
            "Entry 10 does not reverse exactly what was posted: $95.00 remains on insurance_deposits.",
            "Entry 10 does not reverse exactly what was posted: -$5.00 remains on interest_income.",
            "Entry 10 reverses decision 4, which is on another claim or patient.",
            "Claim payment 4 (claim C3) is 'posted', but has 0 postings in force.",
        ],
    ),
}


@pytest.mark.parametrize(("changes", "told"), DAMAGE.values(), ids=DAMAGE)
def test_what_somebody_changed_is_found(books: PracticeHome, changes: list[str], told: list[str]) -> None:
    books.change(*changes)
    assert problems(books) == told


def to_two_plans(ordinal: int, plan_count: int = 2) -> list[str]:
    """C2 and C3 become claims for the same services of one patient."""
    return [
        f"UPDATE patients SET plan_count = {plan_count}",
        f"UPDATE claims SET patient_id = 'P-C2', plan_ordinal = {ordinal} WHERE claim_number = 'C3'",
        "UPDATE entries SET patient_id = 'P-C2' WHERE claim_number = 'C3'",
    ]


@pytest.mark.parametrize("plan_count", [2, 1], ids=["two plans", "the second was dropped since"])
def test_two_plans_do_not_pay_and_write_off_more_than_was_charged(books: PracticeHome, plan_count: int) -> None:
    """Each claim by itself is in order (RFI 1696)."""
    books.change(*to_two_plans(ordinal=2, plan_count=plan_count))
    assert problems(books) == [
        "Claims for the same services, C2, C3: $180.00 paid and $60.00 written off do not fit the charge of $120.00."
    ]


def test_a_later_plan_sent_the_same_services_more_often_does_not_count_the_charge_twice(books: PracticeHome) -> None:
    books.change(*to_two_plans(ordinal=2), "UPDATE claims SET plan_ordinal = 2, patient_id = 'P-C2'")
    books.change("UPDATE claims SET plan_ordinal = 1 WHERE claim_number = 'C1'")
    books.change("UPDATE entries SET patient_id = 'P-C2'")
    assert (
        "Claims for the same services, C1, C2, C3: $180.00 paid and $60.00 written off do not fit"
        in (problems(books)[0])
    )


def test_one_plan_may_be_sent_the_same_services_twice(books: PracticeHome) -> None:
    """Two fillings on one day, each on a claim of its own."""
    books.change(*to_two_plans(ordinal=1))
    books.verified()


def test_what_two_proofs_posted_for_one_plan_is_the_same_services(books: PracticeHome) -> None:
    """Each proof says that no other claim was paid for them."""
    books.change(*to_two_plans(ordinal=1))
    not_proven, proven = (f'"several_plans_proven":{word}' for word in ("false", "true"))
    books.change(f"UPDATE decisions SET facts = replace(facts, '{not_proven}', '{proven}')")
    assert problems(books) == [
        "Claims for the same services, C2, C3: $180.00 paid and $60.00 written off do not fit the charge of $120.00."
    ]


def test_two_plans_that_share_the_charge_are_in_order(home: PracticeHome) -> None:
    """Charge 120: the primary paid 60 and wrote off 30, the secondary paid the other 30."""
    home.set({"several_plans.post": "proven"})
    home.expect(
        expects("C1", "60", plans=2, patient="P1"),
        expects("C2", "30", plans=2, patient="P1", ordinal=2),
    )
    [first] = home.run(remittance("60", claim("C1", "120", "60", "30", "CAS*PR*2*30", responsibility="30"), trace="T1"))
    [second] = home.run(remittance("30", claim("C2", "120", "30", "0", "CAS*OA*23*90", status="2"), trace="T2"))
    assert (first["outcome"], second["outcome"]) == ("post", "post")
    assert home.posted() == {
        "insurance_deposits": 9_000,
        "accounts_receivable": -12_000,
        "contracted_write_offs": 3_000,
    }
    home.verified()


# what a person takes back, and takes back again


def act(home: PracticeHome, *words: str) -> None:
    """One act of a person, after which the books must hold."""
    reason = ["--because", "a mistake"] if words[0] in ("undo", "close") else []
    ended = home.era(*words, *reason, "--by", "Ann")
    assert ended.code == 0, ended
    home.verified()


@pytest.fixture
def undone_twice(books: PracticeHome) -> PracticeHome:
    """The reversal of C1 is taken back (decision 5), which posts C1 again; then that is taken back (decision 6)."""
    act(books, "undo", "T2", "--claim", "C1")
    assert books.rows("SELECT id, state FROM claim_payments WHERE id < 3 ORDER BY id") == [(1, "posted"), (2, "open")]
    act(books, "undo", "T1")
    return books


def test_postings_taken_back_over_and_over_hold(undone_twice: PracticeHome) -> None:
    assert undone_twice.rows("SELECT decision_id, reverses FROM entries WHERE reverses IS NOT NULL ORDER BY id") == [
        (2, 1),
        (5, 2),
        (6, 5),
    ]
    act(undone_twice, "post", "T1", "C1")
    act(undone_twice, "post", "T2", "C1")
    assert undone_twice.rows("SELECT id, state FROM claim_payments WHERE id < 3 ORDER BY id") == [
        (1, "reversed"),
        (2, "posted"),
    ]
    act(undone_twice, "undo", "T2")
    act(undone_twice, "undo", "T3")
    assert undone_twice.posted() == {
        "insurance_deposits": 9_000,
        "accounts_receivable": -12_000,
        "contracted_write_offs": 3_000,
        "payer_balances": 0,
        "interest_income": 0,
    }


def test_what_was_closed_and_opened_again_holds(home: PracticeHome) -> None:
    home.expect(expects("C1"), expects("C2"))
    home.run(remittance("90", claim("X1"), trace="T1"))
    act(home, "close", "T1", "X1", "--even-with-money")
    act(home, "undo", "T1", "--claim", "X1")
    act(home, "match", "T1", "X1", "--to", "C1")
    act(home, "post", "T1", "X1")
    act(home, "undo", "T1")
    assert home.posted() == {"insurance_deposits": 0, "accounts_receivable": 0, "contracted_write_offs": 0}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            ["UPDATE claim_payments SET state = 'posted' WHERE id = 1"],
            [
                _STANDS.format(1, "'posted'", 0),
                "Payment 1 (T1): claims of $90.00 are posted, but the ledger has $0.00.",
            ],
        ),
        (
            ["UPDATE claim_payments SET state = 'posted' WHERE id = 2"],
            [_STANDS.format(2, "'posted'", 0), _PAYMENT_2.format("-$90.00", "$0.00")],
        ),
        (
            ["DELETE FROM postings WHERE entry_id = 12", "DELETE FROM entries WHERE id = 12"],
            [
                "Decision 6 undoes what was posted, but has no entry.",
                _STANDS.format(1, "'open'", 1),
                "Payment 1 (T1): claims of $0.00 are posted, but the ledger has $90.00.",
            ],
        ),
        (
            ["UPDATE decisions SET claim_payment_id = 3 WHERE id = 6"],
            [
                "Entry 12 is on payment 1, but what it belongs to is on payment 3.",
                "Entry 12 reverses decision 5, which it must not reverse.",
            ],
        ),
    ],
    ids=["posted once more", "reversed once more", "without its entry", "of another claim payment"],
)
def test_what_somebody_changed_after_that_is_found(
    undone_twice: PracticeHome, changes: list[str], told: list[str]
) -> None:
    undone_twice.change(*changes)
    assert problems(undone_twice) == told
