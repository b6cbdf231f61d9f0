"""A person takes postings back: compensating entries, never deletion, and the decision is open again."""

import shlex
from collections.abc import Sequence
from typing import NamedTuple

from era_engine.acts.act import LEFT_BY_HAND, Acting, ActResult, Person, acting, facts_by_hand, payment_and_write_off
from era_engine.acts.guard import refuse_below_zero, refuse_over_application, standing
from era_engine.acts.matching import judged_without_posting
from era_engine.acts.provider_adjustments import take_back
from era_engine.books.opened import Books
from era_engine.foundation.clock import today
from era_engine.foundation.errors import UsageError
from era_engine.insurance.holds import on_taking_back
from era_engine.journal.accounts import CONTRACTED_WRITE_OFFS, INSURANCE_DEPOSITS
from era_engine.journal.entry import reversal_entry
from era_engine.practice.model import Claim
from era_engine.remittance.model import REVERSAL
from era_engine.rulebook.decision import Decision
from era_engine.store.insurance import history
from era_engine.store.insurance.log import Judgment, State
from era_engine.store.insurance.payments import ToJudge, claim_payments_of
from era_engine.store.insurance.provider_adjustments import stored_pairs


class _Undoing(NamedTuple):
    """What was taken back for one claim payment. restores: it was a reversal; what it took back stands again."""

    decision_id: int
    told: str
    claim: Claim
    restores: bool


def undo(books: Books, trace: str, claim: str | None, who: Person) -> ActResult:
    """Take back what is posted of a payment, or of one claim on it; a closed claim payment is opened again.

    Of a whole payment the provider-level adjustments are taken back, too; what is closed stays closed unless it is
    named. All or nothing: raises UsageError where nothing is posted, one of its postings was reversed by the payer
    since, or what stays posted would not add up; LockedError when a run holds the home.
    """
    with acting(books, trace, "undo", who) as at:
        if claim is None:
            return _undo_all(at, trace)
        target = at.claim_payment(claim)
        if target.state == "closed":
            return _open_again(at, target)
        _refuse_reversed(at, [target])
        if target.state == "open":
            raise UsageError(f"Claim {claim} of payment {trace} has nothing posted.", "`era log` shows what was done.")
        undone = [_undo_one(at, target)]
        _check_what_stays(at, undone)
    return ActResult((undone[0].decision_id,), (undone[0].told,))


def _undo_all(at: Acting, trace: str) -> ActResult:
    """Reversals first: what they took back is posted again, and may be on this payment, too."""
    posted = claim_payments_of(at.connection, at.payment, ["posted"])
    undone = [_undo_one(at, target) for target in posted if target.payment.status == REVERSAL]
    _refuse_reversed(at, claim_payments_of(at.connection, at.payment, ["reversed"]))
    undone += [_undo_one(at, target) for target in claim_payments_of(at.connection, at.payment, ["posted"])]
    _check_what_stays(at, undone)
    pairs = [pair for pair in stored_pairs(at.connection, at.payment.id) if pair.state == "posted"]
    if not undone and not pairs:
        raise UsageError(
            f"Payment {trace} has nothing posted.",
            "`era log` shows what was done. To reopen a closed claim, name it with --claim.",
        )
    told = (*(undoing.told for undoing in undone), *take_back(at, pairs))
    return ActResult(tuple(undoing.decision_id for undoing in undone), told)


def _undo_one(at: Acting, target: ToJudge) -> _Undoing:
    assert target.id is not None
    dossier = at.gather(target)
    posted, claim = history.posted_decision(at.connection, target.id), dossier.evidence.match.claim
    assert posted is not None, "a posted claim payment has a posting that stands"
    assert claim is not None, "what is posted is posted for a claim"
    paid, written_off = posted.total(INSURANCE_DEPOSITS), posted.total(CONTRACTED_WRITE_OFFS)
    restores = target.payment.status == REVERSAL
    put_back: tuple[int, State] | None = None
    if restores:
        original = history.claim_payment_taken_back(at.connection, posted.decision_id)
        assert original is not None, "a posted reversal takes a posting back"
        put_back = (original, "posted")
        explanation = f"Reversal undone: {payment_and_write_off(-paid, -written_off)} posted again."
    else:
        explanation = f"Undone: {payment_and_write_off(paid, written_off)}."
    entry = reversal_entry(posted.postings, posted.decision_id, today(), None)
    facts = {**facts_by_hand(target.payment, dossier), "taken_back": True}
    holds = on_taking_back(at.books.rule_set.holds)
    shown = holds[0].show if holds else LEFT_BY_HAND
    decision = Decision("manual", None, tuple(hold.id for hold in holds), shown, explanation, facts)
    judgment = Judgment(target.payment, dossier.evidence.match, decision, (entry,), target.payment.findings, put_back)
    decision_id = at.record(target, judgment)
    return _Undoing(decision_id, f"{target.payment.claim_number}: {explanation}", claim, restores)


def _check_what_stays(at: Acting, undone: Sequence[_Undoing]) -> None:
    """What stays posted must add up without what was taken back, and with what stands again."""
    restored = {undoing.claim.claim_number for undoing in undone if undoing.restores}
    for claim in {undoing.claim.claim_number: undoing.claim for undoing in undone}.values():
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
    numbers = [target.payment.claim_number for target in some if target.state == "reversed"]
    if numbers:
        raise UsageError(
            f"The payer has since reversed claim {', '.join(numbers)} of payment {at.payment.trace_number}.",
            f"Undo the reversal first. `era log --claim {shlex.quote(numbers[0])}` names its payment.",
        )


def _open_again(at: Acting, target: ToJudge) -> ActResult:
    """A closed claim payment is open again, with the holds that keep it from posting."""
    judgment = judged_without_posting(at, target, "Reopened by hand.", "`era quick-post` decides it.")
    return ActResult(
        (at.record(target, judgment),),
        (f"{target.payment.claim_number}: {judgment.decision.explanation}",),
    )
