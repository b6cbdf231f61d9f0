"""The next step for what waits for a person: the command that finishes it, as the rules in force have it."""

import shlex
from collections import Counter

from era_engine.books.opened import Books
from era_engine.insurance.again import Variants, under_settings
from era_engine.insurance.coordination import may_hold_another_coverages, writes_off, writes_off_too_much
from era_engine.posting.evidence import ClaimEvidence
from era_engine.posting.payer_items import OpenPair
from era_engine.posting.provider_adjustments import UNREADABLE
from era_engine.remittance.model import NEVER_POSTED, REVERSAL
from era_engine.rulebook.decision import fired_rules
from era_engine.rulebook.engine import EngineError
from era_engine.rulebook.facts import Facts
from era_engine.rulebook.rule import Rule
from era_engine.store.database import Connection
from era_engine.store.insurance.decisions import BY_ID
from era_engine.store.insurance.payments import claim_payments_of, stored_payment
from era_engine.store.insurance.worklist import OpenClaim, names_on_open_payments

_BY_HAND = "era post {trace} {claim} --as-remitted --by NAME"
_BY_LINE = "era post {trace} {claim} --line N=PAID,WRITE_OFF --by NAME"
_CLOSE = "era close {trace} {claim} --by NAME --because TEXT"
_EXPLAIN = "era explain {claim} --trace {trace}"
_MATCH = "era match {trace} {claim} --to CLAIM --by NAME"
_QUICK = "era quick-post {trace} --claim {claim}"
_POSTS = "era post "
_BY_NUMBER = ("era quick-post", "era explain")


class NextSteps:
    """Finds the command for each open claim; `shared`: trace numbers that name several payments."""

    def __init__(self, connection: Connection, books: Books, shared: set[str]) -> None:
        self._connection, self._engine = connection, books.engine
        self._variants = Variants(books.settings, books.rule_set)
        self._names = _Names(connection, shared)

    def command(self, claim: OpenClaim, facts: Facts, rule: Rule | None) -> str:
        """For one open claim. facts: of its newest decision; rule: the hold or row it waits for; None: neither."""
        return self._names.filled_in(self._template(claim, facts, rule), claim)

    def _template(self, claim: OpenClaim, facts: Facts, rule: Rule | None) -> str:
        """The hold's own command; of a claim without a hold, quick-post where it would post; else by hand."""
        if rule is not None and rule.command is not None:
            template = rule.command
        elif rule is not None and rule.then == "hold":
            return _EXPLAIN
        else:
            template = _QUICK if self._quick_posts(claim, facts) else _BY_HAND
        if not template.startswith(_POSTS):
            return template
        if claim.claim_status in NEVER_POSTED:
            return _CLOSE
        if claim.office_claim is None:
            return _MATCH
        return self._instead_of_as_remitted(claim, facts) if template == _BY_HAND else template

    def _quick_posts(self, claim: OpenClaim, facts: Facts) -> bool:
        """Whether quick-post would post it: the rules are asked, with the facts of its newest decision."""
        variant = self._variants.of_claim(*(claim.sent or (None, None, None)))
        quick = under_settings(dict(facts), variant.settings, variant.overrides, mode="quick")
        try:
            row, _, _ = fired_rules(self._engine, quick, variant.rule_set)
        except EngineError:  # a decision of an earlier version may not hold all that the rules ask
            return False
        return row is not None and row.then == "post"

    def _instead_of_as_remitted(self, claim: OpenClaim, facts: Facts) -> str:
        """What a person can do with the amounts that the payer states; by line where as they are they would be refused.

        As remitted the claim may not add up, write off more than is left, or hold another plan's payment.
        """
        if claim.claim_status == REVERSAL:
            return _BY_HAND if self._takes_something_back(claim) else _EXPLAIN
        if facts.get("claim_balances") is False or facts.get("lines_balance") is False:
            return _BY_LINE
        plans = facts.get("plan_count")
        if isinstance(plans, int) and may_hold_another_coverages(plans, claim.claim_status):
            return _BY_LINE if writes_off(facts) else _BY_HAND
        return _BY_LINE if writes_off_too_much(facts) else _BY_HAND

    def _takes_something_back(self, reversal: OpenClaim) -> bool:
        """Whether what it reverses is posted by now, also where that came after it or was undone since."""
        payment = stored_payment(self._connection, reversal.payment_id, lock=False)
        read_again = claim_payments_of(self._connection, payment, ["open"], ids=[reversal.claim_payment_id])
        [gathered] = ClaimEvidence(self._connection, payment.originator, proven=False).gather(read_again)
        return gathered.takes_back is not None


class _Names:
    """How a command names payment and claim so that no other is meant."""

    def __init__(self, connection: Connection, shared: set[str]) -> None:
        self._shared = shared
        self._named: Counter[tuple[int, str]] = Counter()
        for payment_id, number, ours in names_on_open_payments(connection):
            self._named[payment_id, number] += 1
            if ours is not None and ours != number:
                self._named[payment_id, ours] += 1

    def filled_in(self, template: str, claim: OpenClaim) -> str:
        """A command for just this claim payment; those that only look or quick-post take all of the claim's number."""
        trace, number = trace_word(claim.trace_number, claim.payment_id, self._shared), claim.claim_number
        if template.startswith(_BY_NUMBER):
            name = number if _sayable(number) else claim.office_claim or ""
        else:
            alone = self._named[claim.payment_id, number] == 1 and _sayable(number)
            name = number if alone else f"{BY_ID}{claim.claim_payment_id}"
        return template.format(trace=trace, claim=shlex.quote(name))


def trace_word(trace_number: str, payment_id: int, shared: set[str]) -> str:
    """How a command names a payment: by its trace number, or its id where several share that or none can type it."""
    alone = trace_number not in shared and _sayable(trace_number)
    return shlex.quote(trace_number) if alone else f"{BY_ID}{payment_id}"


def _sayable(name: str) -> bool:
    """Whether a name can be typed as an argument: not empty, no option, nothing unprintable."""
    return bool(name.strip()) and name == name.strip() and name.isprintable() and not name.startswith(("-", BY_ID))


def command_for_pair(open_pair: OpenPair, trace: str) -> str:
    """What a hold says that speaks of no claim; close what must not or cannot be entered; else enter it."""
    left = open_pair.left
    if left is None:
        return "era run"
    if open_pair.why_not_by_hand is not None or left.reason == UNREADABLE:
        return f"era close {trace} --provider-adjustments --by NAME --because TEXT"
    if left.hold is not None and left.hold.waits_for is not None and left.hold.command is not None:
        return left.hold.command
    return f"era post {trace} --provider-adjustments --by NAME"
