"""The open work: grouped by reason, the group with most money first, each item with the next step."""

import json
import shlex
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from era_engine.bank.matching import match_deposits
from era_engine.bank.records import what_differs
from era_engine.books.opened import Books
from era_engine.foundation.money import minimum_cents
from era_engine.home.folder import Home
from era_engine.insurance.several_plans import LATER_PLAN
from era_engine.posting.evidence import ClaimEvidence
from era_engine.posting.payer_items import LeftPair, left_pairs
from era_engine.posting.provider_adjustments import LEFT, UNREADABLE
from era_engine.remittance.model import REVERSAL
from era_engine.rulebook.facts import Facts
from era_engine.rulebook.rule import Rule
from era_engine.settings.model import Settings
from era_engine.store.database import Connection
from era_engine.store.insurance import decisions
from era_engine.store.insurance.deposits import deposits_and_payments
from era_engine.store.insurance.payments import claim_payments_of, stored_payment
from era_engine.store.insurance.worklist import (
    OpenClaim,
    kept_as,
    names_on_open_payments,
    open_claims,
    shared_trace_numbers,
    waiting_files,
)

Record = dict[str, Any]
_BY_HAND = "era post {trace} {claim} --as-remitted --by NAME"
_MATCH = "era match {trace} {claim} --to CLAIM --by NAME"
_BY_LINE = "era post {trace} {claim} --line N=PAID,WRITE_OFF --by NAME"
_QUICK = "era quick-post {trace} --claim {claim}"
_EXPLAIN = "era explain {claim} --trace {trace}"
_NO_DEPOSIT = "deposit-not-received"
_BY_NUMBER = ("era quick-post", "era explain")
_NEVER_POSTED = "era close {trace} {claim} --by NAME --because TEXT"
_OTHER_REMEDIES = {
    "matched-by-hand": "Matched by hand; the next run decides it, or quick-post now.",
    "opened-again": "Closed and opened again; quick-post it, post it by hand, or close it.",
    LEFT: "Ask the payer what it is, then enter it by hand.",
    "provider-adjustment-to-enter": "Nothing keeps it back any more; the next run enters it.",
    "payment-without-claims": "Nothing on the remittance says what the money is for; ask the payer.",
    "file-in-quarantine": "See what was found (era inspect), ask the sender for a whole file, put it into the inbox.",
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
        return sum(abs(each["paid_cents"] or 0) for each in self.items)


def open_work(
    connection: Connection, books: Books, today: date, payer: str | None, location: str | None
) -> list[Group]:
    """Every open claim payment, provider-level adjustment left, payment without a claim, and file put aside.

    The reason of a claim is the first hold of its newest decision, else the row of the table. Amounts in cents.
    """
    settings, rule_set = books.settings, books.rule_set
    rules = {rule.id: rule for rule in rule_set.rules}
    remedies = {rule.id: _remedy(rule) for rule in rules.values()} | _OTHER_REMEDIES
    items: dict[str, list[Record]] = defaultdict(list)
    shared = shared_trace_numbers(connection)
    names = _Names(connection, shared)
    unproven: dict[int, str] = {}
    for each in open_claims(connection):
        if location is None or each.location == location:
            reason = _reason(each)
            command = names.filled_in(_command(connection, each, rules.get(reason), settings), each)
            items[reason].append(_claim(each, reason, command, today))
            facts = json.loads(each.facts)
            if facts.get("several_plans_proven") is False and "proof" in facts:
                unproven[each.claim_payment_id] = facts["proof"]
    if location is None:
        for record in _beside_claims(connection, books, today, shared):
            items[record["reason"]].append(record)
    off = _tell_what_the_bank_shows(connection, items.get(_NO_DEPOSIT, []), today)
    groups = []
    for reason, all_items in items.items():
        found = [each for each in all_items if payer is None or payer.lower() in (each["payer"] or "").lower()]
        found.sort(key=lambda each: -abs(each["paid_cents"] or 0))
        if found:
            groups.append(
                Group(reason, remedies.get(reason, ""), tuple(found), unproven, off if reason == _NO_DEPOSIT else {})
            )
    return sorted(groups, key=lambda group: (-group.cents, group.reason))


def _tell_what_the_bank_shows(connection: Connection, waiting: list[Record], today: date) -> dict[int, str]:
    """Money that is there but not just what was remitted, by payment: another import will not bring it."""
    shown = {}
    for pairing in match_deposits(*deposits_and_payments(connection), today) if waiting else []:
        told = what_differs(pairing)
        if told is not None and pairing.payment is not None:
            shown[pairing.payment.id] = told
    for each in waiting:
        if each["payment_id"] in shown:
            each["explanation"] = f"{each['explanation']} {shown[each['payment_id']]}"
            each["command"] = "era deposits"
    return shown


def _remedy(rule: Rule) -> str:
    """What a hold says; of a row of the table, why it leaves claims."""
    waits = f" Waits for {rule.waits_for}; every run judges it again." if rule.waits_for is not None else ""
    return f"{rule.remedy or rule.because}{waits}"


def _reason(each: OpenClaim) -> str:
    by_person = {"match": "matched-by-hand", "unmatch": "no-matching-claim", "undo": "opened-again"}
    return next(iter(each.holds.split()), None) or each.rule or by_person.get(each.act, each.act)


class _Names:
    """How a command names payment and claim so that no other is meant."""

    def __init__(self, connection: Connection, shared: set[str]) -> None:
        self._shared = shared
        self._named: Counter[tuple[int, str]] = Counter()
        for payment_id, number, ours in names_on_open_payments(connection):
            self._named[payment_id, number] += 1
            if ours is not None and ours != number:
                self._named[payment_id, ours] += 1

    def filled_in(self, template: str, each: OpenClaim) -> str:
        """A command for just this claim payment; those that only look or quick-post take all of the claim's number."""
        trace, number = _trace(each.trace_number, each.payment_id, self._shared), each.claim_number
        if template.startswith(_BY_NUMBER):
            claim = number if _sayable(number) else each.office_claim or ""
            return template.format(trace=trace, claim=shlex.quote(claim))
        alone = self._named[each.payment_id, number] == 1 and _sayable(number)
        return template.format(trace=trace, claim=shlex.quote(number if alone else f"id:{each.claim_payment_id}"))


def _trace(trace_number: str, payment_id: int, shared: set[str]) -> str:
    alone = trace_number not in shared and _sayable(trace_number)
    return shlex.quote(trace_number) if alone else f"{decisions.BY_ID}{payment_id}"


def _sayable(name: str) -> bool:
    """Whether a name can be typed as an argument: not empty, no option, nothing unprintable."""
    return (
        bool(name.strip())
        and name == name.strip()
        and name.isprintable()
        and not name.startswith(("-", decisions.BY_ID))
    )


def _command(connection: Connection, each: OpenClaim, rule: Rule | None, settings: Settings) -> str:
    """The hold's own command; of a claim without a hold, quick-post where its minimum is met, else by hand."""
    if rule is not None and rule.command is not None:
        template = rule.command
    elif rule is not None and rule.then == "hold":
        template = _EXPLAIN
    else:
        template = _QUICK if _quick_would_post(each, settings) else _BY_HAND
    holds = set(each.holds.split())
    if each.office_claim is None and template.startswith("era post"):
        template = _MATCH
    elif template == _BY_HAND:
        if holds & {"predetermination", "forwarded-unprocessed"}:
            template = _NEVER_POSTED
        elif holds & {"claim-out-of-balance", "line-out-of-balance"} and each.claim_status != REVERSAL:
            template = _BY_LINE  # as remitted it does not add up
        elif each.claim_status == REVERSAL and not _takes_something_back(connection, each):
            template = _EXPLAIN
        elif _refused_as_remitted(each):
            template = _BY_LINE
    return template


def _takes_something_back(connection: Connection, reversal: OpenClaim) -> bool:
    """Whether what it reverses is posted by now, also where that came after it or was undone since."""
    payment = stored_payment(connection, reversal.payment_id, lock=False)
    read_again = claim_payments_of(connection, payment, ["open"], ids=[reversal.claim_payment_id])
    [gathered] = ClaimEvidence(connection, payment.originator, proven=False).gather(read_again)
    return gathered.takes_back is not None


def _refused_as_remitted(each: OpenClaim) -> bool:
    """Whether the write-off the payer states is more than is left of the charge, or may be another plan's payment."""
    facts = json.loads(each.facts)
    names = ("office_charge_cents", "remitted_write_off_cents", "patient_responsibility_cents")
    sent, write_off, share = (facts.get(name) or 0 for name in names)
    if each.claim_status == REVERSAL or write_off <= 0:
        return False
    if facts.get("plan_count", 1) > 1:
        return each.claim_status in LATER_PLAN
    return bool(sent - (each.paid_cents or 0) - share < write_off)


def _quick_would_post(each: OpenClaim, settings: Settings) -> bool:
    facts = json.loads(each.facts)
    settings = settings.with_overrides(facts.get("overrides"))
    quick = settings.posting("quick")
    expected, paid = facts.get("expected_cents"), facts.get("paid_cents")
    return (
        each.mode != "quick"
        and facts.get("plan_count") == 1
        and quick.enabled
        and settings.ledger_options.auto_post_contracted_write_offs
        and isinstance(expected, int)
        and isinstance(paid, int)
        and paid >= minimum_cents(expected, quick.minimum_percent)
    )


def _claim(each: OpenClaim, reason: str, command: str, today: date) -> Record:
    facts = json.loads(each.facts)
    expected = facts.get("expected_cents")
    return {
        "reason": reason,
        "trace_number": each.trace_number,
        "claim_number": each.claim_number,
        "matched_claim": each.office_claim,
        "payer": each.payer,
        "location": each.location,
        "patient_id": each.patient_id,
        "payment_date": None if each.payment_date is None else str(each.payment_date),
        "age_days": _age(each.received_at, today),
        "claim_status": each.claim_status,
        "paid_cents": each.paid_cents,
        "expected_cents": expected,
        "short_cents": _short(each, facts),
        "explanation": each.explanation,
        "command": command,
        "payment_id": each.payment_id,
        "claim_payment_id": each.claim_payment_id,
        "file": None,
    }


def _short(each: OpenClaim, facts: Facts) -> int | None:
    """What is paid too little for the whole claim; of a split claim that is known once all its parts are there."""
    expected, paid = facts.get("expected_cents"), facts.get("paid_cents")
    if each.claim_status == REVERSAL or facts.get("rest_of_claim_awaited") is True:
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
            explanation="Put aside in quarantine/." if quarantined else "A run was interrupted in the middle of it.",
            command=_inspect(home, file.stored_as) if quarantined else "era run",
        )


def _adjustments(connection: Connection, books: Books, today: date, shared: set[str]) -> Iterator[Record]:
    for each in left_pairs(connection, books):
        pair, left = each.pair, each.left
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
            command=_command_for_pair(each, _trace(pair.trace_number, pair.payment_id, shared)),
        )


def _command_for_pair(each: LeftPair, trace: str) -> str:
    """What a hold says that speaks of no claim; close what must not or cannot be entered; else enter it."""
    left = each.left
    if left is None:
        return "era run"
    if each.why_not_by_hand is not None or left.reason == UNREADABLE:
        return f"era close {trace} --provider-adjustments --by NAME --because TEXT"
    if left.hold is not None and left.hold.waits_for is not None and left.hold.command is not None:
        return left.hold.command
    return f"era post {trace} --provider-adjustments --by NAME"


def _payments(connection: Connection, home: Home, today: date) -> Iterator[Record]:
    """Payments whose money belongs to nothing: one with an unreadable amount may hold some."""
    empty = [
        summary
        for summary in decisions.payment_summaries(connection)
        if not summary.claims and not summary.adjustments and summary.payment_cents != 0
    ]
    kept = kept_as(connection, [summary.payment_id for summary in empty]) if empty else {}
    for summary in empty:
        dated = summary.payment_date if isinstance(summary.payment_date, date) else None
        yield _other(
            "payment-without-claims",
            trace_number=summary.trace_number,
            payer=summary.payer,
            payment_id=summary.payment_id,
            payment_date=None if dated is None else dated.isoformat(),
            age_days=None if dated is None else max((today - dated).days, 0),
            paid_cents=summary.payment_cents,
            explanation="The payment names no claim and no provider-level adjustment.",
            command=_inspect(home, kept[summary.payment_id]),
            file=summary.file,
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
