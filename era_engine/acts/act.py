"""What every act of a person has in common: who did it, on which claim payment, and how it is written down.

An act is a decision in mode `manual` in the same log as the engine's, with the person's name.
"""

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from era_engine.books.opened import Books, keep_versions
from era_engine.foundation.clock import today
from era_engine.foundation.errors import UsageError
from era_engine.foundation.money import dollars
from era_engine.insurance.coordination import write_off_of
from era_engine.posting.evidence import ClaimEvidence, Dossier
from era_engine.posting.judging import circumstances_of
from era_engine.questions.decisions import Record, payment_id_of
from era_engine.remittance.model import ClaimPayment
from era_engine.rulebook.decision import Decision
from era_engine.rulebook.facts import Facts, FactValue
from era_engine.store.books import audit
from era_engine.store.database import Connection
from era_engine.store.insurance.acts import claim_payments_named
from era_engine.store.insurance.decisions import BY_ID
from era_engine.store.insurance.judgments import add_decisions, judged_again, set_state
from era_engine.store.insurance.log import Judgment, State
from era_engine.store.insurance.payments import StoredPayment, ToJudge, claim_payments_of, stored_payment

STATES: tuple[State, ...] = ("open", "posted", "reversed", "closed")
_LONGEST_NAME, _LONGEST_NOTE = 100, 500
LEFT_BY_HAND = "left-by-hand"  # indicators
_PLACEHOLDERS = ("NAME", "TEXT")


class Person(NamedTuple):
    """Who acts, and what they note about it."""

    name: str
    note: str | None = None


class ActResult(NamedTuple):
    """What an act wrote: its decisions, and what to tell the person, a line for each.

    entries: of an act without a decision, what it entered, as `era ledger` tells it.
    """

    decision_ids: tuple[int, ...]
    told: tuple[str, ...]
    entries: tuple[Record, ...] = ()


def person(name: str, note: str | None = None) -> Person:
    """Raises UsageError for a name or note that is empty, too long, or holds control characters."""
    return Person(_text(name, "--by", _LONGEST_NAME), None if note is None else _text(note, "the note", _LONGEST_NOTE))


def _text(text: str, what: str, longest: int) -> str:
    stripped = text.strip()
    if stripped in _PLACEHOLDERS:
        raise UsageError(
            f"{what} is {stripped}, which is only a placeholder in the examples.",
            "Give your own name, or your own reason.",
        )
    if not stripped or len(stripped) > longest or not stripped.isprintable():
        raise UsageError(
            f"{what} is empty, is longer than {longest} characters, or has a control character.",
            "Say in plain words who acts and why. It is kept with the decision.",
        )
    return stripped


class Acting:
    """One payment while a person acts on it, within one transaction. name: as the person named it, for a command."""

    def __init__(
        self, books: Books, connection: Connection, payment: StoredPayment, act: str, who: Person, trace: str
    ) -> None:
        self.name = shlex.quote(trace)
        self.books, self.connection, self.payment = books, connection, payment
        self.on = payment.payment_date or today()
        self.under = circumstances_of(books, payment, "manual")._replace(act=act, decided_by=who.name, note=who.note)

    def claim_payment(self, claim: str) -> ToJudge:
        """The one claim payment meant, by the payer's or the practice's claim number, or by its id.

        Raises UsageError when there is none, or several (then it lists them).
        """
        found = claim_payments_of(self.connection, self.payment, STATES, claim)
        by_id = claim.removeprefix(BY_ID)
        if not found and by_id.isascii() and by_id.isdigit() and len(by_id) < 10:
            found = claim_payments_of(self.connection, self.payment, STATES, ids=[int(by_id)])
        if not found:
            raise UsageError(
                f"Payment {self.payment.trace_number} has no claim {claim}.",
                f"`era log --trace {self.name}` lists its claims.",
            )
        if len(found) > 1:
            listed = "; ".join(
                f"{BY_ID}{target.id} status {target.payment.status}, paid {_paid(target.payment)}, {target.state}"
                for target in found
            )
            raise UsageError(
                f"{len(found)} claim payments of payment {self.payment.trace_number} are for claim {claim}: {listed}.",
                f"Name the claim payment by its id, such as {BY_ID}{found[0].id}.",
            )
        return found[0]

    def gather(self, target: ToJudge, as_matched: bool = False) -> Dossier:
        """What the books say about a claim payment; one that is not open keeps the claim it was matched to.

        as_matched: so does an open one.
        """
        stays = as_matched or target.state != "open"
        asked = target._replace(pinned=True, pin=target.office_claim) if stays else target
        [dossier] = ClaimEvidence(self.connection, self.payment.originator, proven=False).gather([asked])
        if not stays:
            return dossier
        match = dossier.evidence.match._replace(step=target.match_step)
        return dossier._replace(evidence=dossier.evidence._replace(match=match))

    def record(self, target: ToJudge, judgment: Judgment, state: State | None = None) -> int:
        """Write an act on a claim payment down, and the state it leaves it in; returns the decision's id.

        Raises UsageError where a run or another person, in another home on the same database, was faster.
        """
        assert target.id is not None
        now = claim_payments_named(self.connection, self.payment.id, target.payment.claim_number)
        if (target.id, target.state, target.office_claim) not in [(row.id, row.state, row.office_claim) for row in now]:
            raise UsageError(
                f"Somebody else changed claim {target.payment.claim_number} at the same time.",
                "Look at it again with `era log`, then decide.",
            )
        judged_again(self.connection, [target.id], [judgment])
        if state is not None:
            set_state(self.connection, target.id, state)
        [decision_id] = add_decisions(self.connection, [target.id], [judgment], self.under)
        return decision_id


def payment_and_write_off(paid_cents: int, written_off_cents: int) -> str:
    """What a posting holds, for people: `$90.65 payment and $79.35 write-off`, without the second where it is zero."""
    write_off = f" and {dollars(written_off_cents)} write-off" if written_off_cents else ""
    return f"{dollars(paid_cents)} payment{write_off}"


@contextmanager
def acting(books: Books, trace: str, act: str, who: Person) -> Iterator[Acting]:
    """A transaction for an act on one payment, under the home's lock; all of it is written down, or nothing.

    Raises LockedError when a run holds the home, UsageError when no payment or several are meant.
    """
    with books.home.locked():
        keep_versions(books)
        with books.database.writing() as connection:
            payment = stored_payment(connection, payment_id_of(connection, trace))
            yield Acting(books, connection, payment, act, who, trace)
            audit.append_on_payment(connection, payment.id, act, {}, who.name)


def facts_by_hand(payment: ClaimPayment, dossier: Dossier, write_off_cents: int | None = None) -> Facts:
    """What is known when a person acts; `write_off_cents` is what they wrote off."""
    match = dossier.evidence.match
    facts: dict[str, FactValue | None] = {
        "mode": "manual",
        "claim_status": payment.status,
        "paid_cents": payment.paid_cents,
        "charge_cents": payment.charge_cents,
        "patient_responsibility_cents": payment.patient_responsibility_cents,
        "claim_found": match.claim is not None,
        "match_step": match.step,
        "write_off_cents": write_off_cents,
        "remitted_write_off_cents": write_off_of(payment),
        "plan_count": match.claim.plan_count if match.claim else None,
        "expected_cents": match.claim.expected_cents if match.claim else None,
    }
    return {name: value for name, value in facts.items() if value is not None}


def left_decision(explanation: str, facts: Facts, holds: Sequence[str] = ()) -> Decision:
    """A decision by hand that posts nothing."""
    return Decision("manual", None, tuple(holds), LEFT_BY_HAND, explanation, facts)


def _paid(payment: ClaimPayment) -> str:
    return "an unreadable amount" if payment.paid_cents is None else dollars(payment.paid_cents)
