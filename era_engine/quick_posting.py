"""Quick-post: a person asks for one claim, or all open claims of a payment, to be decided under the quick settings."""

from typing import NamedTuple

from era_engine.clock import today
from era_engine.decisions.observation import PaymentEvidence
from era_engine.errors import UsageError
from era_engine.judging import BATCH, Judge, memo_of
from era_engine.office import Office
from era_engine.reports import payment_id_of
from era_engine.store.stored_payments import claim_payments_of, stored_payment


class QuickPosted(NamedTuple):
    """What a quick-post did: the decisions it made, and how many claim payments were posted before."""

    payment_id: int
    decision_ids: tuple[int, ...]
    posted_before: int


def quick_post(office: Office, trace: str, claim_number: str | None) -> QuickPosted:
    """Decide and post in quick mode. `trace` is a trace number, or a payment's id where several share one.

    Raises LockedError when a run holds the home; UsageError when no payment, several, or no such claim is meant.
    """
    with office.home.locked(), office.database.writing() as connection:
        payment = stored_payment(connection, payment_id_of(connection, trace))
        waiting = list(claim_payments_of(connection, payment, claim_number, posted=False))
        done = sum(1 for _ in claim_payments_of(connection, payment, claim_number, posted=True))
        if not waiting and not done and claim_number is None:
            raise UsageError(
                f"Payment {trace} names no claim; there is nothing to quick-post.",
                "Its provider-level adjustments wait for a person.",
            )
        if not waiting and not done:
            raise UsageError(
                f"Payment {trace} has no claim {claim_number}.", f"`era log --trace {trace}` lists its claims."
            )
        adjustments = sum(1 for _, _, cents in payment.provider_adjustments if cents != 0)
        evidence = PaymentEvidence(payment.findings, adjustments, payment.payee_ids)
        on = payment.payment_date or today()
        memo = memo_of(payment.payer, payment.trace_number)
        judge = Judge(office, connection, "quick", payment.id, evidence, payment.claim_number_counts, on, memo)
        decision_ids: list[int] = []
        for at in range(0, len(waiting), BATCH):
            batch = waiting[at : at + BATCH]
            judged = judge.judge([claim_payment for _, claim_payment in batch])
            decision_ids += judge.record([claim_payment_id for claim_payment_id, _ in batch], judged)
    return QuickPosted(payment.id, tuple(decision_ids), done)
