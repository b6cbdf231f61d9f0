"""Proof of the books: what must hold between files, payments, decisions, entries and sub-ledgers, from the rows.

Each rule has its own sentence. Accounts receivable by claim is proven as payments and write-offs of a claim against
its charge; how much of the rest the patient owes is not stored by line, and not proven.
"""

import json
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from era_engine.custody.accounts import FileAccounts, file_accounts
from era_engine.foundation.money import dollars
from era_engine.home.folder import Home
from era_engine.insurance.provider_adjustments import CLOSED, entry_for_provider_adjustment
from era_engine.posting.payer_items import balances_that_differ
from era_engine.remittance.model import REVERSAL, ProviderAdjustment
from era_engine.store.database import Connection, Database
from era_engine.store.insurance.provider_adjustments import payer_balances
from era_engine.store.proofs import claims as claim_proofs
from era_engine.store.proofs import decisions as decision_proofs
from era_engine.store.proofs import entries as entry_proofs
from era_engine.store.proofs import payments as payment_proofs
from era_engine.store.proofs.decisions import Entered


class Verified(NamedTuple):
    """`problems` is empty when everything holds; `counts` says how much was proven, by noun; `files` what became of
    every file that came in."""

    problems: list[str]
    counts: dict[str, int]
    files: FileAccounts


def verify(home: Home, database: Database) -> Verified:
    """Check everything; reads every archived file to compare it with what was received."""
    with database.reading() as connection:
        problems = [
            *_entries(connection),
            *_reversals(connection),
            *_decisions(connection),
            *_states(connection),
            *_claims(connection),
            *_payments(connection),
            *_payers(connection),
            *_deposits(connection),
        ]
        counts = payment_proofs.how_many(connection)
        counts["payer"] = len(payer_balances(connection))
        files = payment_proofs.kept_files(connection, home.identity)
    accounts = file_accounts(home, database, files)
    counts["file"] = len(files) - accounts.purged
    counts |= {"purged file": accounts.purged} if accounts.purged else {}
    return Verified(problems + accounts.problems, counts, accounts)


def _entries(connection: Connection) -> Iterator[str]:
    for entry_id, total in entry_proofs.unbalanced_entries(connection):
        yield f"Entry {entry_id} does not balance: its postings add up to {dollars(total)}."
    for (entry_id,) in entry_proofs.entries_without_postings(connection):
        yield f"Entry {entry_id} has no postings."
    for entry_id, both in entry_proofs.entries_without_one_owner(connection):
        how = "both a decision and" if both else "neither a decision nor"
        yield f"Entry {entry_id} belongs to {how} a provider-level adjustment."
    for entry_id, payment_id, owner in entry_proofs.entries_on_another_payment(connection):
        yield f"Entry {entry_id} is on payment {payment_id}, but what it belongs to is on payment {owner}."
    for entry_id, account in entry_proofs.postings_on_strange_accounts(connection):
        yield f"Entry {entry_id} posts to the account {account!r}, but what it belongs to does not post there."
    for entry_id, number, office_claim in entry_proofs.entries_of_another_claim(connection):
        theirs = office_claim or "no claim"
        yield f"Entry {entry_id} is on {number or 'no claim'}, but its claim payment is matched to {theirs}."
    for entry_id, number in entry_proofs.entries_of_another_patient(connection):
        yield f"Entry {entry_id} is for a different patient than its claim {number}."


def _reversals(connection: Connection) -> Iterator[str]:
    for entry_id, kind in entry_proofs.reversals_without_cause(connection):
        yield f"Entry {entry_id} is of kind {kind!r}, which does not fit the entry it reverses."
    for entry_id, account, line, cents in entry_proofs.reversals_not_exact(connection):
        where = account if line is None else f"{account}, line {line}"
        yield f"Entry {entry_id} does not reverse exactly what was posted: {dollars(cents)} remains on {where}."
    for entry_id, decision_id in entry_proofs.reversals_of_another_claim(connection):
        yield f"Entry {entry_id} reverses decision {decision_id}, which is on another claim or patient."
    for entry_id, decision_id in entry_proofs.reversals_of_no_posting(connection):
        yield f"Entry {entry_id} reverses decision {decision_id}, which it must not reverse."


def _decisions(connection: Connection) -> Iterator[str]:
    for entered in decision_proofs.entered_decisions(connection):
        wrong = _wrong_entries(entered)
        if wrong is not None:
            yield f"Decision {entered.decision_id} on claim {entered.claim_number} {wrong}."
        elif entered.outcome == "post":
            yield from _amounts(entered)
    for (decision_id,) in decision_proofs.undone_without_entry(connection):
        yield f"Decision {decision_id} undoes what was posted, but has no entry."
    for (decision_id,) in decision_proofs.decisions_without_grounds(connection):
        yield f"The rule set or settings of decision {decision_id} are missing."
    for content_hash in decision_proofs.altered_grounds(connection):
        yield f"The rules or settings {content_hash} have changed since decisions were made with them."


def _wrong_entries(entered: Entered) -> str | None:
    if entered.outcome == "post" and entered.claim_status == REVERSAL:
        if (entered.entries, entered.reversals) != (1, 1):
            return f"posts a reversal, but has {entered.reversals} reversal entries of {entered.entries}"
    elif entered.outcome == "post":
        if entered.payments != 1 or entered.write_offs > 1:
            return f"posts, but has {entered.payments} insurance payment and {entered.write_offs} write-off entries"
        if entered.entries != entered.payments + entered.write_offs:
            return "posts, but has entries that are neither payment nor write-off"
    elif entered.act == "undo":
        if entered.entries > 1 or entered.entries != entered.reversals:
            return f"undoes what was posted, but has {entered.reversals} reversal entries of {entered.entries}"
    elif entered.entries:
        return f"posts nothing, but has entries ({entered.entries})"
    return None


def _amounts(entered: Entered) -> Iterator[str]:
    decided = [("payment", entered.paid_cents, entered.deposited_cents)]
    if entered.claim_status != REVERSAL:
        assert entered.facts is not None, "the facts of a decision to post are asked for"
        write_off = json.loads(entered.facts).get("write_off_cents")
        decided.append(("write-off", write_off, entered.written_off_cents))
    for what, cents, in_ledger in decided:
        if cents != in_ledger:
            shown = "an unknown amount" if cents is None else dollars(cents)
            yield (
                f"Decision {entered.decision_id} on claim {entered.claim_number}: the {what} decided to post is"
                f" {shown}, but the ledger has {dollars(in_ledger)}."
            )


def _states(connection: Connection) -> Iterator[str]:
    for payment_id, number in decision_proofs.undecided_claim_payments(connection):
        yield f"Claim payment {payment_id} (claim {number}) was read and never decided."
    for payment_id, number, state, standing in decision_proofs.states_without_their_postings(connection):
        yield f"Claim payment {payment_id} (claim {number}) is {state!r}, but has {standing} postings in force."
    for payment_id, number in decision_proofs.reversed_without_reversal(connection):
        yield f"Claim payment {payment_id} (claim {number}) is 'reversed', but no posted reversal reversed it."
    for payment_id, number in decision_proofs.closed_by_nobody(connection):
        yield f"Claim payment {payment_id} (claim {number}) is 'closed', but its newest decision did not close it."
    for payment_id, number, office_claim, state in decision_proofs.matched_to_nothing(connection):
        what = "no claim" if office_claim is None else f"{office_claim}, which is not a claim of the practice"
        yield f"Claim payment {payment_id} (claim {number}) is {state!r} and matched to {what}."
    for payment_id, office_claim, by_hand in decision_proofs.matched_otherwise(connection):
        yield (
            f"Claim payment {payment_id} was last matched by hand to {by_hand or 'no claim'},"
            f" but is kept as matched to {office_claim or 'no claim'}."
        )


def _claims(connection: Connection) -> Iterator[str]:
    for sums in claim_proofs.overapplied_claims(connection):
        yield f"Claim {_against_charge(sums)}."
    for sums in claim_proofs.overapplied_services(connection):
        yield f"Claims for the same services, {_against_charge(sums)}."
    for number, cents in claim_proofs.patients_unlike_their_claims(connection):
        yield (
            f"The patient of claim {number or '(none)'} and the patient's claims differ"
            f" by {dollars(cents)} on accounts receivable."
        )


def _against_charge(sums: claim_proofs.ClaimSums) -> str:
    return (
        f"{sums.claim_number}: {dollars(sums.paid_cents)} paid and {dollars(sums.written_off_cents)} written off do"
        f" not fit the charge of {dollars(sums.charge_cents)}"
    )


def _payments(connection: Connection) -> Iterator[str]:
    """Posted + left = what the claims pay; less provider adjustments that is the payment, unless a finding says so."""
    for sums in payment_proofs.payment_sums(connection):
        name = f"Payment {sums.payment_id} ({sums.trace_number})"
        for what, owed, entered in (
            ("claims", sums.owed_cents, sums.entered_cents),
            ("provider-level adjustments", sums.pairs_owed_cents, sums.pairs_entered_cents),
        ):
            if owed != entered:
                yield f"{name}: {what} of {dollars(owed)} are posted, but the ledger has {dollars(entered)}."
        if sums.claims_paid_cents is not None and sums.read_cents != sums.claims_paid_cents:
            yield (
                f"{name}: claims of {dollars(sums.read_cents)} are in the books,"
                f" {dollars(sums.claims_paid_cents)} was read."
            )
        codes = {each["code"] for each in json.loads(sums.findings)}
        if "payment-out-of-balance" in codes:
            continue  # named when it was read; none of its claims post by themselves
        if sums.pairs_cents is None or sums.read_cents - sums.pairs_cents != sums.payment_cents:
            yield f"{name}: claims minus provider-level adjustments do not equal the payment."


def _payers(connection: Connection) -> Iterator[str]:
    for pair in payment_proofs.entered_pairs(connection):
        name = f"Provider-level adjustment {pair.id} ({pair.reason})"
        expected = 0 if pair.state == "open" else 1
        closing = pair.kinds == {CLOSED}
        if pair.entries != expected or pair.state not in ("open", "posted", "closed"):
            yield f"{name} is {pair.state!r}, but has {pair.entries} entries in force."
        elif closing != (pair.state == "closed") or (closing and any(pair.accounts.values())):
            yield f"{name} is {pair.state!r}, but its entry is of kind {', '.join(pair.kinds)!r} or moves money."
        elif closing:
            continue
        elif expected and pair.accounts != _owed(pair):
            shown = ", ".join(f"{account} {dollars(cents)}" for account, cents in sorted(pair.accounts.items()))
            amount = "an unknown amount" if pair.cents is None else dollars(pair.cents)
            yield f"{name} of {amount} is in the ledger as {shown}."
    for payer, items, balance in balances_that_differ(connection):
        yield f"Payer {payer}: its open items add up to {dollars(items)}, but its balance is {dollars(balance)}."


def _owed(pair: payment_proofs.EnteredPair) -> dict[str, int] | None:
    if pair.cents is None:
        return None
    remitted = ProviderAdjustment("", None, pair.reason, "", pair.cents)
    entry = entry_for_provider_adjustment(remitted, date.min, None)
    return {posting.account: posting.cents for posting in entry.postings}


def _deposits(connection: Connection) -> Iterator[str]:
    for deposit_id, times in payment_proofs.deposits_twice(connection):
        yield f"Deposit {deposit_id} is in the books {times} times."
