"""The open work: grouped by reason, the group with most money first, each item with the next step."""

import json
import shlex
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from era_engine.bank.matching import match_deposits
from era_engine.bank.records import what_differs
from era_engine.books.opened import Books
from era_engine.home.folder import Home
from era_engine.insurance.holds import asks
from era_engine.posting.payer_items import open_pairs
from era_engine.posting.provider_adjustments import LEFT
from era_engine.questions.next_steps import NextSteps, command_for_pair, trace_word
from era_engine.remittance.model import REVERSAL
from era_engine.rulebook.facts import Facts
from era_engine.rulebook.rule import Rule
from era_engine.store.database import Connection
from era_engine.store.insurance.deposits import deposits_and_payments
from era_engine.store.insurance.worklist import (
    OpenClaim,
    empty_payments,
    open_claims,
    shared_trace_numbers,
    waiting_files,
)

Record = dict[str, Any]
_BY_PERSON = {"match": "matched-by-hand", "undo": "opened-again"}  # what an act that left no hold is a reason for
_OTHER_REMEDIES = {
    "matched-by-hand": "Matched by hand. The next run decides it, or quick-post it now.",
    "opened-again": "Reopened. Quick-post it, post it by hand, or close it.",
    LEFT: "Ask the payer what it is. Then enter it by hand.",
    "provider-adjustment-to-enter": "Nothing holds it any more. The next run enters it.",
    "payment-without-claims": "The ERA does not say what the money is for. Ask the payer.",
    "file-in-quarantine": "Run `era inspect` to see what is wrong. Ask the sender for a complete file, and put it"
    " into inbox/.",
    "file-interrupted": "The next run finishes it.",
}


class Group(NamedTuple):
    """Work with one reason. `remedy`: what to do, in words. items: most money first.

    unproven: by claim payment, of this group or another, why a proof asked for several plans failed. off: by payment,
    what the bank shows in place of the money that this group waits for.
    """

    reason: str
    remedy: str
    items: tuple[Record, ...]
    unproven: Mapping[int, str]
    off: Mapping[int, str]

    @property
    def cents(self) -> int:
        return sum(abs(item["paid_cents"] or 0) for item in self.items)


def open_work(
    connection: Connection, books: Books, today: date, payer: str | None, location: str | None
) -> list[Group]:
    """Every open claim payment, provider-level adjustment left, payment without a claim, and file put aside.

    The reason of a claim is the first hold of its newest decision, else the row of the table. Amounts in cents.
    """
    rule_set = books.rule_set
    rules = {rule.id: rule for rule in rule_set.rules}
    remedies = {rule.id: _remedy(rule) for rule in rules.values()} | _OTHER_REMEDIES
    items: dict[str, list[Record]] = defaultdict(list)
    shared = shared_trace_numbers(connection)
    unproven: dict[int, str] = {}
    next_steps = NextSteps(connection, books, shared)
    for claim in open_claims(connection):
        if location is None or claim.location == location:
            facts, reason = json.loads(claim.facts), _reason(claim)
            command = next_steps.command(claim, facts, rules.get(reason))
            items[reason].append(_claim(claim, facts, reason, command, today))
            if facts.get("several_plans_proven") is False and "proof" in facts:
                unproven[claim.claim_payment_id] = facts["proof"]
    if location is None:
        for record in _beside_claims(connection, books, today, shared):
            items[record["reason"]].append(record)
    for_deposit = [reason for reason in items if reason in rules and asks(rules[reason], {"deposit_received"})]
    off = _tell_what_the_bank_shows(connection, [item for reason in for_deposit for item in items[reason]], today)
    groups = []
    for reason, of_reason in items.items():
        wanted = [item for item in of_reason if payer is None or payer.lower() in (item["payer"] or "").lower()]
        wanted.sort(key=lambda item: -abs(item["paid_cents"] or 0))
        if wanted:
            off_here = off if reason in for_deposit else {}
            groups.append(Group(reason, remedies.get(reason, ""), tuple(wanted), unproven, off_here))
    return sorted(groups, key=lambda group: (-group.cents, group.reason))


def _tell_what_the_bank_shows(connection: Connection, waiting: list[Record], today: date) -> dict[int, str]:
    """Money that is there but not just what was remitted, by payment: another import will not bring it."""
    shown = {}
    for pairing in match_deposits(*deposits_and_payments(connection), today) if waiting else []:
        differs = what_differs(pairing)
        if differs is not None and pairing.payment is not None:
            shown[pairing.payment.id] = differs
    for item in waiting:
        if item["payment_id"] in shown:
            item["explanation"] = f"{item['explanation']} {shown[item['payment_id']]}"
            item["command"] = "era deposits"
    return shown


def _remedy(rule: Rule) -> str:
    """What a hold says; of a row of the table, why it leaves claims."""
    waits = f" Waits for {rule.waits_for}; every run decides it again." if rule.waits_for is not None else ""
    return f"{rule.remedy or rule.because}{waits}"


def _reason(claim: OpenClaim) -> str:
    return next(iter(claim.holds.split()), None) or claim.rule or _BY_PERSON.get(claim.act, claim.act)


def _claim(claim: OpenClaim, facts: Facts, reason: str, command: str, today: date) -> Record:
    expected = facts.get("expected_cents")
    return {
        "reason": reason,
        "trace_number": claim.trace_number,
        "claim_number": claim.claim_number,
        "matched_claim": claim.office_claim,
        "payer": claim.payer,
        "location": claim.location,
        "patient_id": claim.patient_id,
        "payment_date": None if claim.payment_date is None else str(claim.payment_date),
        "age_days": _age(claim.received_at, today),
        "claim_status": claim.claim_status,
        "paid_cents": claim.paid_cents,
        "expected_cents": expected,
        "short_cents": _short(claim, facts),
        "explanation": claim.explanation,
        "command": command,
        "payment_id": claim.payment_id,
        "claim_payment_id": claim.claim_payment_id,
        "file": None,
    }


def _short(claim: OpenClaim, facts: Facts) -> int | None:
    """What is paid too little for the whole claim; of a split claim that is known once all its parts are there."""
    expected, paid = facts.get("expected_cents"), facts.get("paid_cents")
    if claim.claim_status == REVERSAL or facts.get("rest_of_claim_awaited") is True:
        return None
    return max(expected - paid, 0) if isinstance(expected, int) and isinstance(paid, int) else None


def _beside_claims(connection: Connection, books: Books, today: date, shared: set[str]) -> Iterator[Record]:
    home = books.home
    yield from _adjustments(connection, books, today, shared)
    yield from _payments(connection, home, today)
    for file in waiting_files(connection, home.identity):
        quarantined = file.state == "quarantined"
        yield _other(
            "file-in-quarantine" if quarantined else "file-interrupted",
            file=file.name,
            age_days=_age(file.received_at, today),
            explanation="The file is quarantined (quarantine/)."
            if quarantined
            else "A run was interrupted while reading it.",
            command=_inspect(home, file.stored_as) if quarantined else "era run",
        )


def _adjustments(connection: Connection, books: Books, today: date, shared: set[str]) -> Iterator[Record]:
    for open_pair in open_pairs(connection, books):
        pair, left = open_pair.pair, open_pair.left
        why = f"not posted: {left.why}" if left else "not posted yet"
        yield _other(
            left.reason if left else "provider-adjustment-to-enter",
            trace_number=pair.trace_number,
            payment_id=pair.payment_id,
            payer=pair.payer,
            payment_date=None if pair.day is None else pair.day.isoformat(),
            age_days=None if pair.day is None else max((today - pair.day).days, 0),
            paid_cents=None if pair.cents is None else -pair.cents,
            explanation=f"{pair.reason} {pair.reference}: {why}",
            command=command_for_pair(open_pair, trace_word(pair.trace_number, pair.payment_id, shared)),
        )


def _payments(connection: Connection, home: Home, today: date) -> Iterator[Record]:
    for payment in empty_payments(connection):
        day = payment.payment_date
        yield _other(
            "payment-without-claims",
            trace_number=payment.trace_number,
            payer=payment.payer,
            payment_id=payment.payment_id,
            payment_date=None if day is None else day.isoformat(),
            age_days=None if day is None else max((today - day).days, 0),
            paid_cents=payment.payment_cents,
            explanation="The payment has no claims and no provider-level adjustments.",
            command=_inspect(home, payment.stored_as),
            file=payment.file,
        )


def _inspect(home: Home, stored_as: str | None) -> str | None:
    return None if stored_as is None else f"era inspect {shlex.quote(str(home.root / stored_as))}"


def _other(reason: str, **known: Any) -> Record:
    unknown: Record = dict.fromkeys(
        (
            *("reason", "trace_number", "claim_number", "matched_claim", "payer", "location", "patient_id"),
            *("payment_date", "age_days", "claim_status", "paid_cents", "expected_cents", "short_cents"),
            *("explanation", "command", "payment_id", "claim_payment_id", "file"),
        )
    )
    return {**unknown, **known, "reason": reason}


def _age(received_at: str, today: date) -> int:
    return max((today - date.fromisoformat(received_at[:10])).days, 0)
