"""A person takes postings back: compensating entries, never deletion, and the decision is open again."""

from era_engine.acts.act import Acting, Done, Person, acting, facts_by_hand
from era_engine.acts.posting import posted_so_far
from era_engine.decisions.decision import Decision
from era_engine.decisions.observation import REVERSAL
from era_engine.errors import UsageError
from era_engine.evidence import Gathered
from era_engine.ledger.entries import CONTRACTED_WRITE_OFFS, INSURANCE_DEPOSITS, reversal_entry
from era_engine.money import dollars
from era_engine.office import Office
from era_engine.store import history
from era_engine.store.books import Judged, State
from era_engine.store.history import PostedDecision
from era_engine.store.provider_adjustments import take_back_provider_adjustments
from era_engine.store.stored_payments import ToJudge, claim_payments_of


def undo(office: Office, trace: str, claim: str | None, who: Person) -> Done:
    """Take back what is posted of a payment, or of one claim on it; a closed claim payment is opened again.

    Of a whole payment the provider-level adjustments are taken back, too. All or nothing: raises UsageError where
    nothing is posted, or one of its postings was reversed by the payer since.
    """
    with acting(office, trace, "undo", who) as at:
        if claim is None:
            found = claim_payments_of(at.connection, at.payment, ["posted", "reversed"])
        else:
            found = [at.claim_payment(claim)]
        for each in found:
            _check(at, each)
        # A reversal first: what it took back is posted again before it is taken back itself.
        found.sort(key=lambda each: each.payment.status != REVERSAL)
        ids, told = [], []
        for each in found:
            judged = _undone(at, each)
            ids.append(at.record(each, judged))
            told.append(f"{each.payment.claim_number}: {judged.decision.explanation}")
        if claim is None:
            memo, name = at.under.memo, at.under.decided_by
            pairs = take_back_provider_adjustments(at.connection, at.payment.id, at.on, memo, name)
            if pairs:
                told.append(f"{len(pairs)} provider-level adjustment(s) taken back.")
        if not told:
            raise UsageError(f"Nothing of payment {trace} is posted.", "`era log` tells what was done.")
    return Done(tuple(ids), tuple(told))


def _check(at: Acting, each: ToJudge) -> None:
    number, trace = each.payment.claim_number, at.payment.trace_number
    if each.state == "reversed":
        raise UsageError(
            f"Claim {number} of payment {trace} was reversed by the payer since.",
            f"Undo the reversal first; `era log --claim {number}` names its payment.",
        )
    if each.state == "open":
        raise UsageError(f"Nothing is posted for claim {number} of payment {trace}.", "`era log` tells what was done.")


def _undone(at: Acting, each: ToJudge) -> Judged:
    assert each.id is not None
    gathered = at.gather(each)
    facts = facts_by_hand(each.payment, gathered)
    if each.state == "closed":
        decision = Decision("manual", None, ("undone",), "undone", "Opened again by hand.", facts)
        return Judged(each.payment, gathered.evidence.match, decision, (), each.payment.findings)
    posted = history.posted_decision(at.connection, each.id)
    assert posted is not None, "a posted claim payment has a posting that stands"
    paid, written_off = posted.total(INSURANCE_DEPOSITS), posted.total(CONTRACTED_WRITE_OFFS)
    put_back: tuple[int, State] | None = None
    if each.payment.status == REVERSAL:
        put_back = _put_back(at, posted, gathered)
    entry = reversal_entry(posted.postings, posted.decision_id, at.on, None)
    explanation = f"Took back {dollars(paid)} and the write-off of {dollars(written_off)} that were posted."
    decision = Decision("manual", None, ("undone",), "undone", explanation, facts)
    return Judged(each.payment, gathered.evidence.match, decision, (entry,), each.payment.findings, put_back)


def _put_back(at: Acting, reversal: PostedDecision, gathered: Gathered) -> tuple[int, State]:
    """The claim payment that a reversal took back is posted again; refused where another took its place."""
    original = history.claim_payment_taken_back(at.connection, reversal.decision_id)
    claim = gathered.evidence.match.claim
    assert original is not None
    assert claim is not None
    now = posted_so_far(at, claim)
    paid = now.paid_cents - reversal.total(INSURANCE_DEPOSITS)
    written_off = now.written_off_cents - reversal.total(CONTRACTED_WRITE_OFFS)
    if paid + written_off > claim.charge_cents:
        raise UsageError(
            f"What this reversal took back would be posted again beside what is posted since: {dollars(paid)} paid and"
            f" {dollars(written_off)} written off for services of {dollars(claim.charge_cents)}.",
            "Undo the correction first.",
        )
    return original, "posted"
