"""A person posts what the engine left: as the payer remitted it, or line by line in amounts of their own.

The guard stands here too: payments never exceed the charge, and write-offs in total never exceed charge less payments
less the patient's share, over all plans that answered the same services (RFI 1696). No entry carries the A mark.
"""

import shlex
from collections.abc import Sequence

from era_engine.acts.act import Acting, ActResult, Person, acting, facts_by_hand, payment_and_write_off
from era_engine.acts.amounts import LineAmounts, as_remitted, by_line
from era_engine.acts.guard import refuse_below_zero, standing
from era_engine.books.opened import Books
from era_engine.foundation.errors import UsageError
from era_engine.foundation.money import dollars
from era_engine.journal.accounts import CONTRACTED_WRITE_OFFS, INSURANCE_DEPOSITS
from era_engine.journal.entry import Entry, reversal_entry
from era_engine.posting.evidence import Dossier
from era_engine.practice.model import Claim
from era_engine.remittance.model import FORWARDED_UNPROCESSED, NEVER_POSTED, PREDETERMINATION, REVERSAL
from era_engine.rulebook.decision import Decision
from era_engine.store.insurance import history
from era_engine.store.insurance.decisions import BY_ID
from era_engine.store.insurance.log import Judgment, State
from era_engine.store.insurance.payments import ToJudge

_WHY_NEVER = {
    PREDETERMINATION: "is a predetermination, an estimate that never posts",
    FORWARDED_UNPROCESSED: "was not processed; the payer forwarded it to another payer",
}


def post_by_hand(books: Books, trace: str, claim: str, amounts: Sequence[LineAmounts] | None, who: Person) -> ActResult:
    """Post one claim payment, without the mark A. `amounts` None: as remitted.

    A reversal (status 22) takes back whole what was posted for the payment it reverses (RFI 1147). Raises LockedError
    when a run holds the home; UsageError, and posts nothing, where it does not add up, would post more than is owed,
    or has no claim.
    """
    with acting(books, trace, "post", who) as at:
        target = at.claim_payment(claim)
        dossier = at.gather(target)
        _check_open(at, target, claim)
        ours = _claim_of(at, target, claim, dossier)
        if target.payment.status == REVERSAL:
            if amounts is not None:
                raise UsageError("A reversal can only be posted as remitted.", "Leave --line out.")
            judgment = _take_back(at, target, dossier)
        else:
            judgment = _posted(at, target, dossier, ours, amounts)
        decision_id = at.record(target, judgment)
        open_beside = ""
        now = standing(at.connection, ours)
        if target.payment.status == REVERSAL:
            refuse_below_zero(now)
        elif now.write_off_limit(0) > 0:
            open_beside = f" {dollars(now.write_off_limit(0))} beyond patient responsibility stays on the account."
    elsewhere = ours.claim_number != target.payment.claim_number
    where = f" It is posted on claim {ours.claim_number}." if elsewhere else ""
    return ActResult((decision_id,), (judgment.decision.explanation + open_beside + where,))


def _check_open(at: Acting, target: ToJudge, claim: str) -> None:
    trace = at.payment.trace_number
    if target.state != "open":
        remedy = (
            "Undo the posting first, with `era undo`." if target.state == "posted" else "`era log` shows what was done."
        )
        raise UsageError(f"Claim {claim} of payment {trace} is already {target.state}.", remedy)
    if target.payment.status in NEVER_POSTED:
        raise UsageError(
            f"Claim {claim} {_WHY_NEVER[target.payment.status]} (status {target.payment.status}).",
            f"Close it: `era close {at.name} {shlex.quote(claim)} --by NAME --because TEXT`.",
        )
    if target.payment.paid_cents is None:
        raise UsageError(
            f"The amount paid on claim {claim} could not be read.",
            "Ask the payer for a corrected remittance. An unknown amount cannot be posted.",
        )


def _claim_of(at: Acting, target: ToJudge, claim: str, dossier: Dossier) -> Claim:
    """The practice's claim, where it is still the one that the log shows.

    A claim found only now, imported since, must be named by its very number.
    """
    match, shown = dossier.evidence.match, target.office_claim or target.payment.claim_number
    if match.claim is not None and match.claim.claim_number == shown:
        return match.claim
    trace = at.payment.trace_number
    candidates = (match.claim.claim_number,) if match.claim is not None else match.candidates
    may_be = f" It may be {' or '.join(candidates)}." if candidates else ""
    was = f", though it was matched to {target.office_claim} before" if target.office_claim is not None else ""
    raise UsageError(
        f"Claim {claim} of payment {trace} is not matched to a claim{was}.{may_be}",
        f"Match it first: `era match {at.name} {shlex.quote(claim)} --to CLAIM --by NAME`.",
    )


def _posted(
    at: Acting, target: ToJudge, dossier: Dossier, claim: Claim, amounts: Sequence[LineAmounts] | None
) -> Judgment:
    payment = target.payment
    _refuse_other_version(at, target, claim)
    now = standing(at.connection, claim, payment)
    said = as_remitted(at, payment, dossier, now) if amounts is None else by_line(at, payment, claim, now, amounts)
    assert payment.paid_cents is not None, "what cannot be read is refused before"
    and_wrote_off = f" and wrote off {dollars(said.write_off_cents)}" if said.write_off_cents else ""
    explanation = f"Posted {dollars(payment.paid_cents)}{and_wrote_off} by hand.{said.told}"
    return _decided(target, dossier, said.write_off_cents, explanation, said.entries)


def _refuse_other_version(at: Acting, target: ToJudge, claim: Claim) -> None:
    """The same payment came twice with other content: only one version of it is money."""
    if not any(finding.code == "payment-changed" for finding in at.payment.findings):
        return
    for row in history.earlier_payments(at.connection, [claim.claim_number]).get(claim.claim_number, []):
        same = (row.trace_number, row.originator) == (at.payment.trace_number, at.payment.originator)
        if same and row.payment_id != at.payment.id and row.state == "posted":
            raise UsageError(
                f"Another version of payment {at.payment.trace_number} ({BY_ID}{row.payment_id}) is posted for claim"
                f" {claim.claim_number}.",
                f"If this version is right, run `era undo {BY_ID}{row.payment_id}` first. If not, close this one with"
                f" `era close`.",
            )


def _take_back(at: Acting, target: ToJudge, dossier: Dossier) -> Judgment:
    """What was posted is taken back whole, also where the payer states another write-off than was posted."""
    evidence, takes_back = dossier.evidence.reversal, dossier.takes_back
    if takes_back is None:
        assert evidence is not None
        raise UsageError(
            f"This reversal matches nothing that is posted. {evidence.text}",
            "Post the payment it reverses first. If its amounts match no single posting, undo what is posted (era"
            " undo), post what the payer says now, and close the reversal (era close).",
        )
    posted = takes_back.decision
    paid, written_off = posted.total(INSURANCE_DEPOSITS), posted.total(CONTRACTED_WRITE_OFFS)
    if paid != -(target.payment.paid_cents or 0):
        raise UsageError(
            f"This reversal is for {dollars(-(target.payment.paid_cents or 0))}, but {dollars(paid)} was posted.",
            "Undo that posting (era undo). Then close the reversal (era close).",
        )
    entry = reversal_entry(posted.postings, posted.decision_id, at.on, None)
    explanation = (
        f"Reversed by hand: {payment_and_write_off(paid, written_off)}. The next run decides a correction that was"
        f" waiting for it."
    )
    taken: tuple[int, State] = (takes_back.claim_payment_id, "reversed")
    return _decided(target, dossier, -written_off, explanation, (entry,), taken)


def _decided(
    target: ToJudge,
    dossier: Dossier,
    write_off_cents: int,
    explanation: str,
    entries: tuple[Entry, ...],
    takes_back: tuple[int, State] | None = None,
) -> Judgment:
    facts = facts_by_hand(target.payment, dossier, write_off_cents)
    decision = Decision("post", None, (), "posted-by-hand", explanation, facts)
    return Judgment(target.payment, dossier.evidence.match, decision, entries, target.payment.findings, takes_back)
