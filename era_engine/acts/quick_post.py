"""Quick-post: a person asks for one claim, or all open claims of a payment, to be decided under the quick settings."""

import shlex
from typing import NamedTuple

from era_engine.books.opened import Books
from era_engine.foundation.errors import UsageError
from era_engine.posting.judging import BATCH, Judge
from era_engine.posting.provider_adjustments import AdjustmentsPosted
from era_engine.questions.decisions import payment_id_of
from era_engine.store.books import audit
from era_engine.store.insurance.payments import claim_payments_of, interest_of, stored_payment


class QuickPosted(NamedTuple):
    """What a quick-post did: the decisions it made, how many claim payments were done before, and the PLB pairs."""

    payment_id: int
    decision_ids: tuple[int, ...]
    posted_before: int
    adjustments: AdjustmentsPosted


def quick_post(books: Books, trace: str, claim_number: str | None) -> QuickPosted:
    """Decide and post in quick mode. `trace` is a trace number, or a payment's id.

    Raises LockedError when a run holds the home; UsageError when no payment, several, or no such claim is meant.
    """
    with books.home.locked(), books.database.writing() as connection:
        payment = stored_payment(connection, payment_id_of(connection, trace))
        waiting = claim_payments_of(connection, payment, ["open"], claim_number)
        done = len(claim_payments_of(connection, payment, ["posted", "reversed", "closed"], claim_number))
        if not waiting and not done and claim_number is not None:
            raise UsageError(
                f"Payment {trace} has no claim {claim_number}.",
                f"`era log --trace {shlex.quote(trace)}` lists its claims.",
            )
        if not waiting and not done and not payment.provider_adjustments:
            raise UsageError(
                f"Payment {trace} has no claims, so there is nothing to quick-post.",
                "`era todo` lists what needs review.",
            )
        judge = Judge(books, connection, "quick", payment)
        decision_ids: list[int] = []
        for at in range(0, len(waiting), BATCH):
            batch = waiting[at : at + BATCH]
            decision_ids += judge.record_again(batch, judge.judge(batch))
        adjustments = AdjustmentsPosted(0, 0)
        if claim_number is None:
            adjustments = judge.post_provider_adjustments(interest_of(connection, payment))
        asked = {"decisions": decision_ids, "pairs_posted": adjustments.posted}
        audit.append_on_payment(connection, payment.id, "quick-post", asked)
    return QuickPosted(payment.id, tuple(decision_ids), done, adjustments)
