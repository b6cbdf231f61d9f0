"""Proof of the books: what must hold between files, payments, decisions and entries, checked from the rows."""

import json
from typing import NamedTuple

from sqlalchemy import Connection

from era_engine.errors import UsageError
from era_engine.home import Home
from era_engine.money import dollars
from era_engine.store import verification as questions
from era_engine.store.database import Database
from era_engine.x12.source import examine


class Verified(NamedTuple):
    """`problems` is empty when everything holds; `counts` says how much was proven."""

    problems: list[str]
    counts: dict[str, int]


def verify(home: Home, database: Database) -> Verified:
    """Check everything; reads every archived file to compare it with what was received."""
    with database.reading() as connection:
        problems = [*_entries(connection), *_decisions(connection)]
        payments = list(questions.payment_sums(connection))
        files = questions.kept_files(connection, home.identity)
    for payment in payments:
        problems += _payment(payment)
    problems += _files(home, files)
    return Verified(problems, {"payment": len(payments), "file": len(files)})


def _entries(connection: Connection) -> list[str]:
    return [
        f"Entry {entry_id} does not balance: its postings sum to {dollars(total)}."
        for entry_id, total in questions.unbalanced_entries(connection)
    ] + [f"Entry {entry_id} has no postings." for entry_id in questions.entries_without_postings(connection)]


def _decisions(connection: Connection) -> list[str]:
    problems = [
        f"Claim payment {claim_payment_id} (claim {number}) was read and never decided."
        for claim_payment_id, number in questions.undecided_claim_payments(connection)
    ]
    problems += [
        f"Claim {number} has {times} insurance payments posted."
        for number, times in questions.claims_posted_twice(connection)
    ]
    problems += [
        f"Decision {decision_id} is {outcome!r} but has {times} insurance payment entries."
        for decision_id, outcome, times in questions.wrongly_entered_decisions(connection)
    ]
    for amounts in questions.posted_amounts(connection):
        write_off = json.loads(amounts.facts).get("write_off_cents")
        for what, decided, entered in (
            ("payment", amounts.paid_cents, amounts.deposited_cents),
            ("write-off", write_off, amounts.written_off_cents),
        ):
            if decided != entered:
                shown = "an unknown amount" if decided is None else dollars(decided)
                problems.append(
                    f"Claim {amounts.claim_number}: the {what} decided to post is {shown},"
                    f" {dollars(entered)} stands in the ledger."
                )
    return problems


def _payment(sums: questions.PaymentSums) -> list[str]:
    """Posted + left = what the claims pay; less provider adjustments that is the payment, unless a finding says so."""
    name = f"Payment {sums.payment_id} ({sums.trace_number})"
    problems = []
    if sums.ledger_cents != sums.decided_post_cents:
        problems.append(
            f"{name}: {dollars(sums.decided_post_cents)} was decided to post,"
            f" {dollars(sums.ledger_cents)} stands in the ledger."
        )
    codes = {each["code"] for each in json.loads(sums.findings)}
    if "payment-out-of-balance" in codes:
        return problems  # named when it was read; none of its claims post by themselves
    if sums.read_cents != sums.claims_paid_cents:
        problems.append(f"{name}: claims of {dollars(sums.read_cents)} are in the books, not all that was read.")
    adjustments = [cents for _, _, cents in json.loads(sums.provider_adjustments)]
    if sums.payment_cents is None or sums.read_cents - sum(adjustments) != sums.payment_cents:
        problems.append(f"{name}: claims less provider adjustments are not the payment.")
    return problems


def _files(home: Home, rows: list[questions.KeptFile]) -> list[str]:
    problems = []
    known = set()
    for row in rows:
        if row.stored_as is None:
            continue
        known.add(row.stored_as)
        problems += _file(home, row)
    for folder in (home.archive, home.quarantine):
        for path in sorted(folder.iterdir()):
            if f"{folder.name}/{path.name}" not in known and not path.name.startswith("."):
                problems.append(f"{folder.name}/{path.name} is not in the books. Move it to the inbox and run again.")
    return problems


def _file(home: Home, row: questions.KeptFile) -> list[str]:
    if row.state == "received":
        return [f"File {row.name} was received but its work was interrupted. Run `era run` to finish it."]
    assert row.stored_as is not None
    try:
        source = examine(home.root / row.stored_as)
    except UsageError:
        return [f"File {row.name}: {row.stored_as} is missing."]
    if source.sha256 != row.sha256:
        return [f"File {row.name}: {row.stored_as} is no longer what was received."]
    return []
