"""What waits is judged again by every run: claims (for a deposit, a reversal, the rest of a split claim), and
provider-level adjustments that nothing but their payment kept back.
"""

from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from era_engine.books.opened import Books
from era_engine.foundation.stopping import Check, go_on
from era_engine.posting.judging import Judge
from era_engine.posting.provider_adjustments import AdjustmentsPosted
from era_engine.store.books import audit
from era_engine.store.database import until_unblocked
from era_engine.store.insurance.log import Judgment
from era_engine.store.insurance.payments import (
    Waiting,
    claim_payments_of,
    interest_of,
    stored_payment,
    waiting_claim_payments,
)
from era_engine.store.insurance.provider_adjustments import payments_with_pairs_to_judge

_MOST_ROUNDS = 10  # a posting may release another claim; a chain longer than this goes on with the next run


class DecidedAgain(NamedTuple):
    """A claim payment whose decision came out otherwise than before. Money in cents."""

    payment_id: int
    claim_payment_id: int
    decision_id: int
    posted: bool
    cents: int


class PaymentReconsidered(NamedTuple):
    """Claims of a payment read earlier were judged again, and something came out otherwise. Money in cents.

    One run may tell of the same claim payment more than once; the last time counts.
    """

    file: str
    payment_id: int
    trace_number: str
    payer: str | None
    payment_cents: int | None
    decided: tuple[DecidedAgain, ...]
    adjustments: AdjustmentsPosted

    @property
    def posted(self) -> int:
        return sum(each.posted for each in self.decided)

    @property
    def left(self) -> int:
        return len(self.decided) - self.posted


def reconsider(books: Books, check: Check = go_on) -> Iterator[PaymentReconsidered]:
    """Judge every waiting claim again; only what changes is written down. The caller holds the home.

    check: called before each payment is begun; what it raises ends it there.
    """
    waits = [hold.id for hold in books.rule_set.holds if hold.waits_for is not None]
    for _ in range(_MOST_ROUNDS):
        posted = False
        by_payment: dict[int, list[Waiting]] = defaultdict(list)
        with books.database.reading() as connection:
            for each in waiting_claim_payments(connection, waits):
                by_payment[each.payment_id].append(each)
            with_pairs = payments_with_pairs_to_judge(connection)
        for payment_id in sorted(by_payment.keys() | set(with_pairs)):
            check()
            event = until_unblocked(partial(_judge_again, books, payment_id, by_payment.get(payment_id, [])))
            if event is not None:
                posted = posted or event.posted > 0
                yield event
        if not posted:
            return


def _judge_again(books: Books, payment_id: int, before: list[Waiting]) -> PaymentReconsidered | None:
    decided = {each.claim_payment_id: each for each in before}
    with books.database.writing() as connection:
        payment = stored_payment(connection, payment_id)
        batch = claim_payments_of(connection, payment, ["open"], ids=decided) if decided else []
        judge = Judge(books, connection, "auto", payment)
        changed = [
            (waiting, judged)
            for waiting, judged in zip(batch, judge.judge(batch), strict=True)
            if waiting.id is not None and not _same(decided[waiting.id], judged)
        ]
        ids = judge.record_again([waiting for waiting, _ in changed], [judged for _, judged in changed])
        adjustments = judge.post_provider_adjustments(interest_of(connection, payment))
        if changed or adjustments.posted:
            done = {"decisions": ids, "pairs_posted": adjustments.posted}
            audit.append_on_payment(connection, payment_id, "judge-again", done)
    if not changed and not adjustments.posted:
        return None
    again = tuple(
        DecidedAgain(
            payment.id, waiting.id, decision_id, judged.decision.outcome == "post", judged.payment.paid_cents or 0
        )
        for (waiting, judged), decision_id in zip(changed, ids, strict=True)
        if waiting.id is not None
    )
    return PaymentReconsidered(
        payment.file,
        payment.id,
        payment.trace_number,
        payment.payer,
        payment.payment_cents,
        again,
        adjustments,
    )


def _same(before: Waiting, judged: Judgment) -> bool:
    decision = judged.decision
    return (before.outcome, before.rule, tuple(before.holds.split())) == (
        decision.outcome,
        decision.rule,
        decision.holds,
    )
