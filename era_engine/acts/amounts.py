"""What a person posts for a claim payment: the amounts as remitted, or line by line, within what was charged.

Amounts in cents. Raises UsageError, with the numbers, where they do not add up or would be too much.
"""

from collections.abc import Sequence
from typing import NamedTuple

from era_engine.acts.act import Acting
from era_engine.acts.guard import Standing, plan_answering, refuse_over_application
from era_engine.foundation.errors import UsageError
from era_engine.foundation.money import dollars
from era_engine.insurance.coordination import earlier_payers, write_off_of
from era_engine.insurance.entries import entries_for, lines_over, posted_entries
from era_engine.journal.entry import Entry
from era_engine.posting.evidence import Dossier
from era_engine.practice.model import Claim
from era_engine.remittance.balance import balance_findings
from era_engine.remittance.model import ClaimPayment
from era_engine.store.insurance.acts import credited_by_line, written_off_by_line

_DOES_NOT_ADD_UP = frozenset(["malformed-amount", "claim-out-of-balance", "line-out-of-balance"])
_SAY_THE_AMOUNTS = "Give the amounts with --line N=PAID,WRITE_OFF."


class LineAmounts(NamedTuple):
    """What a person posts on a procedure line of our claim, in cents; a negative write-off gives one back."""

    line_number: int
    paid_cents: int
    write_off_cents: int = 0


class Amounts(NamedTuple):
    """What is to be posted for a claim payment. told: what the person should know of it."""

    entries: tuple[Entry, ...]
    write_off_cents: int
    told: str = ""


def as_remitted(at: Acting, payment: ClaimPayment, dossier: Dossier, now: Standing) -> Amounts:
    """What the remittance says, the write-off cut to what other plans left of it (RFI 1696).

    Of a line that would be credited above its fee nothing is; its amounts stand on no line, and that is told.
    """
    off = [finding for finding in (*payment.findings, *balance_findings(payment)) if finding.code in _DOES_NOT_ADD_UP]
    if off:
        raise UsageError(f"As remitted, the claim does not balance. {off[0].message}", _SAY_THE_AMOUNTS)
    assert payment.paid_cents is not None
    assert dossier.lines is not None
    stated = write_off_of(payment)
    posted_before = now.paid_cents + now.written_off_cents
    if stated > 0 and now.too_much_elsewhere(payment.paid_cents):  # whatever of it is another plan's
        refuse_over_application(now, payment.paid_cents, stated)
    _refuse_unknown_share(payment, dossier, now, stated)
    limit = now.write_off_limit(payment.paid_cents)
    if stated > 0 and limit < 0:
        refuse_over_application(now, payment.paid_cents, stated)
    write_off = min(stated, max(limit, 0)) if stated > 0 else stated
    if stated - write_off > posted_before or (stated > 0 and limit < 0):
        raise UsageError(
            f"The payer states a write-off of {dollars(stated)}, but at most {dollars(max(limit, 0))} can be written"
            f" off: charge"
            f" {dollars(now.claim_charge_cents)} - payments {dollars(now.paid_cents + payment.paid_cents)} - written"
            f" off before {dollars(now.written_off_cents)} - patient responsibility {dollars(now.share_cents)}.",
            _SAY_THE_AMOUNTS,
        )
    refuse_over_application(now, payment.paid_cents, write_off)
    told = ""
    if write_off != stated:
        told = (
            f" The payer states a write-off of {dollars(stated)}; {dollars(stated - write_off)} of it was paid or"
            f" written off before."
        )
    claim = dossier.evidence.match.claim
    assert claim is not None
    credited = credited_by_line(at.connection, claim.claim_number)
    room = {number: fee - credited.get(number, 0) for number, fee in claim.fees.items()}
    if over := lines_over(payment, dossier.lines, room, write_off):
        told += (
            f" It is more than the rest of the fee on line {' and '.join(map(str, over))}, so it is posted to no"
            f" line. If it belongs to other lines, undo it and give the amounts with --line."
        )
    return Amounts(entries_for(payment, dossier.lines, room, at.on, None, write_off), write_off, told)


def _refuse_unknown_share(payment: ClaimPayment, dossier: Dossier, now: Standing, stated: int) -> None:
    """Raises UsageError where the books cannot tell how much of a write-off another plan has in it (RFI 1696)."""
    claim = dossier.evidence.match.claim
    assert claim is not None
    posted_before = now.paid_cents + now.written_off_cents
    # A write-off that must be cut holds again what was written off before, so OA-23 is not all that came before.
    earlier_known = earlier_payers(payment) and stated <= now.write_off_limit(payment.paid_cents or 0)
    doubt = None
    if now.overlapping:
        doubt = f"claim {', '.join(now.overlapping)} has some of these services, but not all"
    elif now.unposted and not earlier_known:
        doubt = f"claim {', '.join(now.unposted)} to an earlier plan is not posted"
    elif now.times > 1 and now.other_plans_cents:
        doubt = f"the services were done {now.times} times, and it is unknown what was posted for each"
    elif now.several and posted_before and dossier.evidence.split is not None:
        doubt = "this is one part of a split claim, and the patient has several insurance plans"
    elif now.several and not posted_before and max(plan_answering(claim, payment)) > 1:
        doubt = None if earlier_payers(payment) else "nothing is posted from the patient's earlier plan"
    if stated > 0 and doubt is not None:
        raise UsageError(
            f"It is unknown how much of the {dollars(stated)} write-off another plan already paid or wrote off:"
            f" {doubt}.",
            _SAY_THE_AMOUNTS,
        )


def by_line(at: Acting, payment: ClaimPayment, claim: Claim, now: Standing, lines: Sequence[LineAmounts]) -> Amounts:
    """The amounts a person says, on the lines of the practice's claim."""
    assert payment.paid_cents is not None
    _refuse_wrong_lines(at, payment, claim, lines)
    write_off = sum(line.write_off_cents for line in lines)
    if write_off == 0 and any(line.write_off_cents for line in lines):
        raise UsageError(
            "The write-offs cancel each other out.", "Leave them out, or give the write-off that is right."
        )
    refuse_over_application(now, payment.paid_cents, write_off)
    _refuse_more_given_back(at, claim, lines)
    paid_by_line = [(line.line_number, line.paid_cents) for line in lines]
    off_by_line = [(line.line_number, line.write_off_cents) for line in lines]
    return Amounts(posted_entries(payment.paid_cents, paid_by_line, write_off, off_by_line, at.on, None), write_off)


def _refuse_more_given_back(at: Acting, claim: Claim, lines: Sequence[LineAmounts]) -> None:
    """Raises UsageError where a line gives back more than is written off on it, or on no line at all."""
    if all(line.write_off_cents >= 0 for line in lines):
        return
    written_off = written_off_by_line(at.connection, claim.claim_number)
    on_no_line = max(written_off.get(None, 0), 0)
    for number, _, write_off in lines:
        standing = max(written_off.get(number, 0), 0)
        on_no_line -= max(-write_off - standing, 0)
        if on_no_line < 0:
            raise UsageError(
                f"Line {number} would reverse {dollars(-write_off)} of write-off, but only {dollars(standing)} is"
                f" written off there.",
                "Reverse it on the line that has the write-off. `era ledger --claim` shows which.",
            )


def _refuse_wrong_lines(at: Acting, payment: ClaimPayment, claim: Claim, lines: Sequence[LineAmounts]) -> None:
    """Raises UsageError for unknown or repeated lines, and for amounts that are not what the payer paid."""
    assert payment.paid_cents is not None
    fees = claim.fees
    credited = credited_by_line(at.connection, claim.claim_number)
    seen: set[int] = set()
    for number, paid, write_off in lines:
        if number not in fees:
            raise UsageError(
                f"Claim {claim.claim_number} has no line {number}.",
                f"Its lines are {', '.join(map(str, sorted(fees)))}.",
            )
        if number in seen:
            raise UsageError(f"Line {number} is given twice.", "Give each line once, with its total amounts.")
        seen.add(number)
        if paid < 0 <= payment.paid_cents:
            raise UsageError(
                f"Line {number} has a payment of -{dollars(-paid)}, but the payer paid.",
                "Post the amount that was paid.",
            )
        before = credited.get(number, 0)
        if paid > fees[number] or (paid + write_off > 0 and before + paid + write_off > fees[number]):
            raise UsageError(
                f"Line {number} would have {dollars(before + paid + write_off)} paid or written off, more than its"
                f" fee of {dollars(fees[number])}. {dollars(before)} is already posted on it.",
                "Post to the line that was paid, or post less.",
            )
    total = sum(line.paid_cents for line in lines)
    if total != payment.paid_cents:
        raise UsageError(
            f"The lines add up to {dollars(total)}, but the payer paid {dollars(payment.paid_cents)}.",
            "Post everything paid on this claim. Money for another claim belongs to another claim payment.",
        )
