"""A person says which claim of the practice a claim payment is for, or that it is for none of them."""

from difflib import get_close_matches

from era_engine.acts.act import Acting, ActResult, Person, acting, left_decision
from era_engine.books.opened import Books
from era_engine.foundation.errors import UsageError
from era_engine.posting.judging import Judge
from era_engine.practice.matching import BY_HAND
from era_engine.practice.model import Claim
from era_engine.practice.patients import patient_doubts
from era_engine.practice.services import days_agree
from era_engine.remittance.model import ClaimPayment
from era_engine.store.insurance.log import Judgment
from era_engine.store.insurance.matches import add_match, claim_numbers
from era_engine.store.insurance.payments import ToJudge
from era_engine.store.practice import claims as stored_claims

_NEXT = "The next `era run` or `era quick-post` decides it."


def match_by_hand(books: Books, trace: str, claim: str, to: str, who: Person) -> ActResult:
    """Match an open claim payment to a claim of the practice; the next run or quick-post decides it.

    Raises UsageError for a claim payment that is done, a claim the practice does not have, or a match that is there.
    """
    with acting(books, trace, "match", who) as at:
        target = _open_claim_payment(at, claim)
        found = stored_claims.find_claims(at.connection, [to])
        if to not in found:
            near = get_close_matches(to, claim_numbers(at.connection), n=3, cutoff=0.6)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            raise UsageError(f"The practice has no claim {to}.{hint}", "Import it first: `era import claims FILE`.")
        if target.pinned and target.pin == to:
            raise UsageError(
                f"Claim {claim} of payment {trace} is already matched to {to} by hand.",
                "Post it by hand, or let the next run decide it.",
            )
        return _pinned(at, target, to, who, _unlike(target.payment, found[to]))


def unmatch_by_hand(books: Books, trace: str, claim: str, who: Person) -> ActResult:
    """An open claim payment belongs to none of the practice's claims from here on, until it is matched by hand.

    Raises UsageError for a claim payment that is done, or that a person unmatched before.
    """
    with acting(books, trace, "unmatch", who) as at:
        target = _open_claim_payment(at, claim)
        if target.pinned and target.pin is None:
            raise UsageError(f"Claim {claim} of payment {trace} is already not matched to any claim.", "Nothing to do.")
        if target.office_claim is None:
            raise UsageError(
                f"Claim {claim} of payment {trace} is not matched to a claim.", "Match it with `era match`."
            )
        return _pinned(at, target, None, who)


def _open_claim_payment(at: Acting, claim: str) -> ToJudge:
    target = at.claim_payment(claim)
    if target.state != "open":
        remedy = (
            "Undo the posting first, with `era undo`." if target.state == "posted" else "`era log` shows what was done."
        )
        raise UsageError(f"Claim {claim} of payment {at.payment.trace_number} is already {target.state}.", remedy)
    return target


def judged_without_posting(at: Acting, target: ToJudge, what_happened: str, then: str) -> Judgment:
    """What the rules of a run say of a claim payment that is open now; nothing is posted, its holds are kept.

    `then`: what comes next, told where no hold fires.
    """
    [judgment] = Judge(at.books, at.connection, "auto", at.payment).judge([target])
    found = judgment.decision
    told = f"{what_happened} {f'It still needs review: {found.explanation}' if found.holds else then}"
    decision = left_decision(told, {**found.facts, "mode": "manual"}, found.holds)
    decision = decision._replace(warnings=found.warnings)
    return Judgment(judgment.payment, judgment.match, decision, (), judgment.findings)


def _unlike(payment: ClaimPayment, claim: Claim) -> str:
    """What a person who matched them should look at again: no hold asks for the patient of a match by hand."""
    unlike = list(patient_doubts(payment, claim))
    if not days_agree(payment, claim):
        unlike.append("the date of service differs")
    if payment.charge_cents != claim.charge_cents:
        unlike.append("the charge differs")
    return f" Check the match: {', '.join(unlike)}. `era unmatch` undoes it." if unlike else ""


def _pinned(at: Acting, target: ToJudge, to: str | None, who: Person, unlike: str = "") -> ActResult:
    """Keep the match, and say what the rules say of it; nothing is posted here."""
    assert target.id is not None
    add_match(at.connection, target.id, to, who.name, at.under.decided_at, who.note)
    what_happened = "Unmatched by hand." if to is None else f"Matched to claim {to} by hand.{unlike}"
    judgment = judged_without_posting(at, target._replace(pinned=True, pin=to), what_happened, _NEXT)
    assert judgment.match.step == BY_HAND
    if to is None:
        judgment = judgment._replace(decision=judgment.decision._replace(explanation=what_happened))
    return ActResult((at.record(target, judgment),), (judgment.decision.explanation,))
