"""A person takes postings back: compensating entries, never deletion, and the decision is open again."""

import shlex
from collections.abc import Sequence
from typing import NamedTuple

from era_engine.acts.act import Acting, Done, Person, acting, facts_by_hand, payment_and_write_off
from era_engine.acts.guard import refuse_below_zero, refuse_over_application, standing
from era_engine.acts.matching import judged_without_posting
from era_engine.acts.provider_adjustments import take_back
from era_engine.books.opened import Books
from era_engine.foundation.clock import today
from era_engine.foundation.errors import UsageError
from era_engine.journal.accounts import CONTRACTED_WRITE_OFFS, INSURANCE_DEPOSITS
from era_engine.journal.entry import reversal_entry
from era_engine.practice.model import Claim
from era_engine.remittance.model import REVERSAL
from era_engine.rulebook.decision import Decision
from era_engine.store.insurance import history
from era_engine.store.insurance.log import Judgment, State
from era_engine.store.insurance.payments import ToJudge, claim_payments_of
from era_engine.store.insurance.provider_adjustments import stored_pairs


class _Undone(NamedTuple):
    """What was taken back for one claim payment. restores: it was a reversal; what it took back stands again."""

    decision_id: int
    told: str
    claim: Claim
    restores: bool


def undo(books: Books, trace: str, claim: str | None, who: Person) -> Done:
    """Take back what is posted of a payment, or of one claim on it; a closed claim payment is opened again.

    Of a whole payment the provider-level adjustments are taken back, too; what is closed stays closed unless it is
    named. All or nothing: raises UsageError where nothing is posted, one of its postings was reversed by the payer
    since, or what stays posted would not add up; LockedError when a run holds the home.
    """
    with acting(books, trace, "undo", who) as at:
        if claim is None:
            return _undo_all(at, trace)
        each = at.claim_payment(claim)
        if each.state == "closed":
            return _open_again(at, each)
        _refuse_reversed(at, [each])
        if each.state == "open":
            raise UsageError(f"Claim {claim} of payment {trace} has nothing posted.", "`era log` shows what was done.")
        undone = [_undo_one(at, each)]
        _check_what_stays(at, undone)
    return Done((undone[0].decision_id,), (undone[0].told,))


def _undo_all(at: Acting, trace: str) -> Done:
    """Reversals first: what they took back is posted again, and may be on this payment, too."""
    posted = claim_payments_of(at.connection, at.payment, ["posted"])
    undone = [_undo_one(at, each) for each in posted if each.payment.status == REVERSAL]
    _refuse_reversed(at, claim_payments_of(at.connection, at.payment, ["reversed"]))
    undone += [_undo_one(at, each) for each in claim_payments_of(at.connection, at.payment, ["posted"])]
    _check_what_stays(at, undone)
    pairs = [each for each in stored_pairs(at.connection, at.payment.id) if each.state == "posted"]
    if not undone and not pairs:
        raise UsageError(
            f"Payment {trace} has nothing posted.",
            "`era log` shows what was done. To reopen a closed claim, name it with --claim.",
        )
    told = (*(each.told for each in undone), *take_back(at, pairs))
    return Done(tuple(each.decision_id for each in undone), told)


def _undo_one(at: Acting, each: ToJudge) -> _Undone:
    assert each.id is not None
    gathered = at.gather(each)
    posted, claim = history.posted_decision(at.connection, each.id), gathered.evidence.match.claim
    assert posted is not None, "a posted claim payment has a posting that stands"
    assert claim is not None, "what is posted is posted for a claim"
    paid, written_off = posted.total(INSURANCE_DEPOSITS), posted.total(CONTRACTED_WRITE_OFFS)
    restores = each.payment.status == REVERSAL
    put_back: tuple[int, State] | None = None
    if restores:
        original = history.claim_payment_taken_back(at.connection, posted.decision_id)
        assert original is not None, "a posted reversal takes a posting back"
        put_back = (original, "posted")
        explanation = f"Reversal undone: {payment_and_write_off(-paid, -written_off)} posted again."
    else:
        explanation = f"Undone: {payment_and_write_off(paid, written_off)}."
    entry = reversal_entry(posted.postings, posted.decision_id, today(), None)
    facts = {**facts_by_hand(each.payment, gathered), "taken_back": True}
    decision = Decision("manual", None, ("undone",), "undone", explanation, facts)
    judged = Judgment(each.payment, gathered.evidence.match, decision, (entry,), each.payment.findings, put_back)
    decision_id = at.record(each, judged)
    return _Undone(decision_id, f"{each.payment.claim_number}: {explanation}", claim, restores)


def _check_what_stays(at: Acting, undone: Sequence[_Undone]) -> None:
    """What stays posted must add up without what was taken back, and with what stands again."""
    restored = {each.claim.claim_number for each in undone if each.restores}
    for claim in {each.claim.claim_number: each.claim for each in undone}.values():
        now = standing(at.connection, claim)
        refuse_below_zero(now)
        if claim.claim_number not in restored:
            continue
        try:
            refuse_over_application(now)
        except UsageError as error:
            raise UsageError(
                f"Undoing the reversal would post the payment again, on top of what was posted since. {error.problem}",
                "Undo the correction first.",
            ) from error


def _refuse_reversed(at: Acting, some: Sequence[ToJudge]) -> None:
    numbers = [each.payment.claim_number for each in some if each.state == "reversed"]
    if numbers:
        raise UsageError(
            f"The payer has since reversed claim {', '.join(numbers)} of payment {at.payment.trace_number}.",
            f"Undo the reversal first. `era log --claim {shlex.quote(numbers[0])}` names its payment.",
        )


def _open_again(at: Acting, each: ToJudge) -> Done:
    """A closed claim payment is open again, with the holds that keep it from posting."""
    judged = judged_without_posting(at, each, "Reopened by hand.", "`era quick-post` decides it.")
    return Done((at.record(each, judged),), (f"{each.payment.claim_number}: {judged.decision.explanation}",))
