"""Several plans pay for the same services: what may still be written off, and the proof that nothing counts twice.

Each payer accounts for 100 % of the charge (RFI 2143, 2535), so a later payer's adjustments repeat what an earlier
one paid and wrote off. Charge 500, primary paid 300, patient's share 75, wrote off 125; the secondary pays 65 and
states CO-45 435: the true new write-off is 10 (RFI 1696). All amounts in cents.
"""

from typing import NamedTuple

from era_engine.foundation.money import dollars
from era_engine.practice.model import Claim
from era_engine.remittance.adjustments import contracted_write_off
from era_engine.remittance.model import ClaimPayment
from era_engine.rulebook.facts import Facts

LATER_COVERAGE = frozenset(["2", "3", "20", "21"])  # CLP02: processed as secondary or tertiary


def may_hold_another_coverages(plan_count: int, claim_status: str) -> bool:
    """Whether the write-off that a payer states may hold what another plan paid or wrote off."""
    return plan_count > 1 and claim_status in LATER_COVERAGE


class Posted(NamedTuple):
    """What stands in the books for the same services, over all claims and plans of the patient.

    earlier: (claim number, posted?) of the claims to earlier plans for just these services. Claim numbers: others, of
    claims that share some of the services and not all, to an earlier plan or posted; again, of those for just these
    services that were sent to the same or a later plan and are posted. One that the same plan pays counts as posted.
    """

    paid_cents: int = 0
    written_off_cents: int = 0
    earlier: tuple[tuple[str, bool], ...] = ()
    earlier_plans: int = 0  # different earlier plans among them
    others: tuple[str, ...] = ()
    again: tuple[str, ...] = ()


class Proof(NamedTuple):
    """proven: the claim may post with `write_off_cents`, and the patient's share is what remains. text: why, or not."""

    proven: bool
    write_off_cents: int
    text: str


def patient_share(payment: ClaimPayment) -> int:
    """Patient responsibility as the adjustments state it (group PR), which is what the balance proves."""
    return _group(payment, "PR")


def write_off_limit(payment: ClaimPayment, posted: Posted) -> int | None:
    """What can still be written off when this payment is posted: charge - all payments - patient's share - write-offs.

    None where an amount is unreadable. Negative where already too much is paid or written off (RFI 1696).
    """
    if payment.charge_cents is None or payment.paid_cents is None:
        return None
    used = posted.paid_cents + payment.paid_cents + posted.written_off_cents
    return payment.charge_cents - used - patient_share(payment)


def prove(payment: ClaimPayment, claim: Claim, posted: Posted) -> Proof:
    """Whether this payment, posted after what is in the books, leaves exactly the patient's share."""
    remitted = write_off_of(payment)
    limit = write_off_limit(payment, posted)
    doubt = _doubt(payment, claim, posted, remitted, limit)
    if doubt is not None or limit is None:
        return Proof(False, remitted, f"not proven: {doubt or 'an amount is unreadable'}")
    before = posted.paid_cents + posted.written_off_cents
    text = (
        f"charge {dollars(payment.charge_cents or 0)} - {dollars(before)} paid and written off before"
        f" - paid {dollars(payment.paid_cents or 0)} - written off {dollars(limit)}"
        f" = patient responsibility {dollars(patient_share(payment))}"
    )
    if limit != remitted:
        text += f"; the payer states a {dollars(remitted)} write-off, and the rest of it was paid or written off before"
    return Proof(True, limit, text)


def _doubt(payment: ClaimPayment, claim: Claim, posted: Posted, remitted: int, limit: int | None) -> str | None:
    if claim.plan_ordinal == 1 and payment.status in LATER_COVERAGE:
        return f"the payer processed it as secondary or later (status {payment.status}), but it was sent as primary"
    if posted.others:
        return f"claim {', '.join(posted.others)} has some of these services, but not all"
    if posted.again:
        return f"claim {', '.join(posted.again)} has the same services and went to this plan or a later one"
    if posted.earlier_plans < claim.plan_ordinal - 1:
        return "not every earlier plan has a claim for exactly these services"
    waiting = [number for number, is_posted in posted.earlier if not is_posted]
    if waiting:
        return f"claim {', '.join(waiting)} to an earlier plan is not posted"
    if payment.charge_cents != claim.charge_cents:
        return "the charge differs from the charge submitted"
    if limit is None or payment.paid_cents is None:
        return "an amount is unreadable"
    if payment.paid_cents < 0 or patient_share(payment) < 0:
        return "the payment or the patient responsibility is below zero"
    if limit < 0:
        return f"posting it would exceed what is owed by {dollars(-limit)}"
    if limit > remitted:
        return f"{dollars(limit - remitted)} would remain that is not paid, written off or patient responsibility"
    stated = earlier_payers(payment)
    if stated not in (0, posted.paid_cents, posted.paid_cents + posted.written_off_cents):
        return f"the payer counts {dollars(stated)} as paid before (OA-23), but the books do not"
    return None


def write_off_of(payment: ClaimPayment) -> int:
    """Contracted write-off over claim and lines, as remitted."""
    return contracted_write_off(payment.adjustments) + sum(
        [contracted_write_off(line.adjustments) for line in payment.lines]
    )


def earlier_payers(payment: ClaimPayment) -> int:
    """What the payer says that earlier plans paid and wrote off (OA-23; RFI 2143)."""
    return _group(payment, "OA", "23")


def _group(payment: ClaimPayment, group: str, reason: str | None = None) -> int:
    return sum(
        [
            each.cents
            for adjustments in (payment.adjustments, *[line.adjustments for line in payment.lines])
            for each in adjustments
            if each.group == group and (reason is None or each.reason == reason) and each.cents is not None
        ]
    )


def writes_off(facts: Facts) -> bool:
    """Whether the payer states a contracted write-off."""
    write_off = facts.get("remitted_write_off_cents")
    return isinstance(write_off, int) and write_off > 0


def writes_off_too_much(facts: Facts) -> bool:
    """Whether that write-off is above the limit, as far as the facts of a decision tell.

    The limit is a fact where it was exceeded; decisions of earlier versions have it only where no other doubt came
    first, so that what it is made of is looked at as well. What is not known speaks against nothing.
    """
    write_off = facts.get("remitted_write_off_cents")
    if not isinstance(write_off, int) or write_off <= 0:
        return False
    charge, paid = facts.get("office_charge_cents"), facts.get("paid_cents")
    if "write_off_limit_cents" in facts or not isinstance(charge, int) or not isinstance(paid, int):
        return "write_off_limit_cents" in facts
    share = facts.get("patient_responsibility_cents")
    return write_off > charge - paid - (share if isinstance(share, int) else 0)
