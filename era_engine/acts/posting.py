"""A person posts what the engine left: as the payer remitted it, or line by line in amounts of their own.

The guard stands here too: payments never exceed the charge, and write-offs in total never exceed charge less payments
less the patient's share, over all plans that answered the same services (RFI 1696).
"""

from collections.abc import Sequence
from typing import NamedTuple

from era_engine.acts.act import Acting, Done, Person, acting, facts_by_hand
from era_engine.decisions.decision import Decision
from era_engine.decisions.observation import REVERSAL
from era_engine.decisions.several_plans import Posted, patient_share, write_off_of
from era_engine.errors import UsageError
from era_engine.evidence import Gathered, posted_for_services
from era_engine.ledger.entries import (
    CONTRACTED_WRITE_OFFS,
    INSURANCE_DEPOSITS,
    Entry,
    entries_for,
    posted_entries,
    reversal_entry,
)
from era_engine.money import dollars
from era_engine.office import Office
from era_engine.practice.model import Claim
from era_engine.remittance.balance import balance_findings
from era_engine.remittance.model import ClaimPayment
from era_engine.store import history, practice
from era_engine.store.books import Judged, State
from era_engine.store.stored_payments import ToJudge

_NEVER = {
    "25": "is a predetermination, an estimate that is never posted",
    "23": "was not processed but forwarded to another payer",
}


class LineAmounts(NamedTuple):
    """What a person posts on a procedure line of the office's claim, in cents; a negative write-off gives one back."""

    line: int
    paid_cents: int
    write_off_cents: int = 0


class _Guard(NamedTuple):
    """What may still be posted for a claim's services. Money in cents; share: the last payer's patient share."""

    charge: int
    posted: Posted
    paid: int
    share: int

    @property
    def write_off_limit(self) -> int:
        return self.charge - self.posted.paid_cents - self.paid - self.share - self.posted.written_off_cents


def post_by_hand(office: Office, trace: str, claim: str, amounts: Sequence[LineAmounts] | None, who: Person) -> Done:
    """Post one claim payment, without the mark A. `amounts` None: as remitted.

    Raises UsageError, and posts nothing, where it does not add up, would post more than is owed, or has no claim.
    """
    with acting(office, trace, "post", who) as at:
        each = at.claim_payment(claim)
        gathered = at.gather(each)
        _check_open(at, each, claim, gathered)
        if each.payment.status == REVERSAL:
            if amounts is not None:
                raise UsageError("A reversal is posted as remitted.", "Leave --line out.")
            judged = _take_back(at, each, gathered)
        elif amounts is None:
            judged = _as_remitted(at, each, claim, gathered)
        else:
            judged = _by_line(at, each, gathered, amounts)
        decision_id = at.record(each, judged)
    return Done((decision_id,), (judged.decision.explanation,))


def _check_open(at: Acting, each: ToJudge, claim: str, gathered: Gathered) -> None:
    trace = at.payment.trace_number
    if each.state != "open":
        remedy = (
            "`era undo` takes a posting back first." if each.state == "posted" else "`era log` tells what was done."
        )
        raise UsageError(f"Claim {claim} of payment {trace} is {each.state} already.", remedy)
    if each.payment.status in _NEVER:
        raise UsageError(
            f"Claim {claim} {_NEVER[each.payment.status]} (status {each.payment.status}).",
            f"File it with `era close {trace} {claim} --by NAME --because TEXT`.",
        )
    if gathered.evidence.match.claim is None:
        candidates = gathered.evidence.match.candidates
        may_be = f" It may be {' or '.join(candidates)}." if candidates else ""
        raise UsageError(
            f"Claim {claim} of payment {trace} is matched to no claim of the office.{may_be}",
            f"Match it first: `era match {trace} {claim} --to CLAIM --by NAME`.",
        )
    if each.payment.paid_cents is None or each.payment.charge_cents is None:
        raise UsageError(
            f"An amount of claim {claim} could not be read.",
            "Ask the payer for a corrected remittance; what is not known cannot be posted.",
        )


def _as_remitted(at: Acting, each: ToJudge, claim: str, gathered: Gathered) -> Judged:
    payment = each.payment
    findings = (*payment.findings, *balance_findings(payment))
    wrong = [finding.message for finding in findings if finding.severity != "warn"]
    if wrong:
        raise UsageError(
            f"Claim {claim} does not add up as remitted: {wrong[0]}",
            "Say what to post on each line: --line N=PAID,WRITE_OFF.",
        )
    guard = _guard(at, each, gathered)
    _check_paid(guard)
    remitted, limit = write_off_of(payment), guard.write_off_limit
    write_off = min(remitted, limit) if remitted > 0 else remitted
    if limit < 0 and remitted >= 0 and payment.paid_cents != 0:
        raise UsageError(
            f"{dollars(-limit)} more would be posted than is owed: {_told(guard)}.",
            "Take back what was written off before (era undo), or say what to post: --line N=PAID,WRITE_OFF; a negative"
            " write-off gives back an earlier one.",
        )
    write_off = max(write_off, 0) if remitted > 0 else write_off
    assert gathered.lines is not None
    entries = entries_for(payment, gathered.lines, at.on, None, write_off)
    less = ""
    if write_off != remitted:
        less = (
            f" Of the {dollars(remitted)} the payer states to write off, {dollars(remitted - write_off)} was paid or"
            " written off before, or is the patient's."
        )
    return _posted(each, gathered, payment.paid_cents or 0, write_off, entries, less)


def _by_line(at: Acting, each: ToJudge, gathered: Gathered, amounts: Sequence[LineAmounts]) -> Judged:
    claim = gathered.evidence.match.claim
    assert claim is not None
    fees = {line.line_number: line.fee_cents for line in claim.lines}
    numbers = [amount.line for amount in amounts]
    for amount in amounts:
        if amount.line not in fees:
            known = ", ".join(map(str, fees))
            raise UsageError(f"Claim {claim.claim_number} has no line {amount.line}.", f"Its lines are {known}.")
        if numbers.count(amount.line) > 1:
            raise UsageError(f"Line {amount.line} is given twice.", "Give each line once, with its whole amounts.")
        if amount.paid_cents < 0 or amount.paid_cents + amount.write_off_cents > fees[amount.line]:
            raise UsageError(
                f"Line {amount.line} was charged {dollars(fees[amount.line])}; {dollars(amount.paid_cents)} paid and"
                f" {dollars(amount.write_off_cents)} written off do not fit.",
                "Payment and write-off of a line together are at most its fee.",
            )
    paid = sum([amount.paid_cents for amount in amounts])
    if paid != each.payment.paid_cents:
        raise UsageError(
            f"The lines pay {dollars(paid)}, the payer paid {dollars(each.payment.paid_cents or 0)} for this claim.",
            "Let the lines add up to what was paid.",
        )
    guard = _guard(at, each, gathered)
    _check_paid(guard)
    write_off = sum([amount.write_off_cents for amount in amounts])
    if write_off > 0 and write_off > guard.write_off_limit:
        raise UsageError(
            f"{dollars(write_off)} to write off is more than the {dollars(max(guard.write_off_limit, 0))} that is left:"
            f" {_told(guard)}.",
            "Write off less; what the patient owes is not written off.",
        )
    if guard.posted.written_off_cents + write_off < 0:
        raise UsageError(
            f"{dollars(-write_off)} cannot be given back: {dollars(guard.posted.written_off_cents)} is written off.",
            "Give back at most what was written off.",
        )
    by_line = [(amount.line, amount.paid_cents) for amount in amounts]
    written_off = [(amount.line, amount.write_off_cents) for amount in amounts]
    entries = posted_entries(paid, by_line, write_off, written_off, at.on, None)
    return _posted(each, gathered, paid, write_off, entries, "")


def _take_back(at: Acting, each: ToJudge, gathered: Gathered) -> Judged:
    """What was posted is taken back whole, also where the payer states another write-off than was posted."""
    evidence, takes_back = gathered.evidence.reversal, gathered.takes_back
    if takes_back is None:
        assert evidence is not None
        raise UsageError(
            f"This reversal takes back nothing that is posted. {evidence.text}",
            "Post the payment it reverses first, or close both where neither was entered (era close).",
        )
    posted = takes_back.decision
    paid, written_off = posted.total(INSURANCE_DEPOSITS), posted.total(CONTRACTED_WRITE_OFFS)
    entry = reversal_entry(posted.postings, posted.decision_id, at.on, None)
    explanation = (
        f"Took back {dollars(paid)} and the write-off of {dollars(written_off)} by hand. A correction that waits for it"
        " is judged by the next run."
    )
    facts = facts_by_hand(each.payment, gathered, -written_off)
    decision = Decision("post", None, (), "posted-by-hand", explanation, facts)
    taken: tuple[int, State] = (takes_back.claim_payment_id, "reversed")
    return Judged(each.payment, gathered.evidence.match, decision, (entry,), each.payment.findings, taken)


def _posted(
    each: ToJudge, gathered: Gathered, paid: int, write_off: int, entries: tuple[Entry, ...], less: str
) -> Judged:
    and_wrote_off = f" and wrote off {dollars(write_off)}" if write_off else ""
    explanation = f"Posted {dollars(paid)}{and_wrote_off} by hand.{less}"
    facts = facts_by_hand(each.payment, gathered, write_off)
    decision = Decision("post", None, (), "posted-by-hand", explanation, facts)
    return Judged(each.payment, gathered.evidence.match, decision, entries, each.payment.findings)


def _guard(at: Acting, each: ToJudge, gathered: Gathered) -> _Guard:
    claim = gathered.evidence.match.claim
    assert claim is not None
    assert each.payment.paid_cents is not None
    return _Guard(
        claim.charge_cents, posted_so_far(at, claim), each.payment.paid_cents, _share(at, claim, each.payment)
    )


def posted_so_far(at: Acting, claim: Claim) -> Posted:
    """What stands posted for the claim's services, over all plans where the patient has several."""
    if claim.plan_count > 1:
        return posted_for_services(at.connection, claim)
    own = history.posted_sums(at.connection, [claim.claim_number]).get(claim.claim_number)
    return Posted(*own) if own else Posted()


def _share(at: Acting, claim: Claim, payment: ClaimPayment) -> int:
    """The last payer's patient share: this one's, unless a later plan's answer is posted already."""
    own = patient_share(payment)
    if claim.plan_count == 1:
        return own
    of_patient = practice.claims_of_patients(at.connection, [claim.patient_id])[claim.patient_id]
    later = {
        other.claim_number: other.plan_ordinal
        for other in of_patient
        if other.plan_ordinal > claim.plan_ordinal and practice.services(other) == practice.services(claim)
    }
    earlier = history.earlier_payments(at.connection, later)
    answers = [
        (later[number], row.patient_responsibility_cents)
        for number, rows in earlier.items()
        for row in rows
        if row.state == "posted" and row.status != REVERSAL and row.patient_responsibility_cents is not None
    ]
    return max(answers)[1] if answers else own


def _check_paid(guard: _Guard) -> None:
    total = guard.posted.paid_cents + guard.paid
    if total > guard.charge:
        raise UsageError(
            f"{dollars(guard.paid)} more would make {dollars(total)} paid for services of {dollars(guard.charge)}.",
            "See whether the payment is for another claim (era match), or was posted before (era ledger).",
        )
    if total < 0:
        raise UsageError(
            f"{dollars(-guard.paid)} would be taken back; {dollars(guard.posted.paid_cents)} is posted.",
            "See which payment it takes back; post that one first.",
        )


def _told(guard: _Guard) -> str:
    return (
        f"charge {dollars(guard.charge)}, paid {dollars(guard.posted.paid_cents + guard.paid)} in all, patient's share"
        f" {dollars(guard.share)}, written off before {dollars(guard.posted.written_off_cents)}"
    )
