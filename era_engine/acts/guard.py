"""What may still be posted for a claim's services: payments and write-offs never exceed what was charged.

Write-offs in total are at most charge - payments - patient's share, over all claims of the patient for the same
services, whichever plan they went to (RFI 1696, 2143, 2535). Amounts in cents.
"""

from typing import NamedTuple

from era_engine.foundation.errors import UsageError
from era_engine.foundation.money import dollars
from era_engine.insurance.coordination import patient_share
from era_engine.posting.coverages import posted_for_services
from era_engine.practice.coverages import claims_beside, several_coverages, times_done
from era_engine.practice.model import Claim
from era_engine.remittance.model import REVERSAL, ClaimPayment
from era_engine.store.database import Connection
from era_engine.store.insurance import history
from era_engine.store.insurance.history import Sums
from era_engine.store.practice import claims as stored_claims

_PLAN_BY_STATUS = {"2": 2, "20": 2, "3": 3, "21": 3}  # CLP02; else the first plan


class Standing(NamedTuple):
    """What is posted for a claim's services, and what the patient owes after the last plan's answer.

    charge_cents: of the services, as often as they were done; claim_charge_cents: of this claim alone. own: what of it
    stands on this claim. several: whether several plans may have answered the services. overlapping: the patient's
    claims that share some of the services and not all: what is posted for them is not here. unposted: claims to an
    earlier plan for just these services of which nothing is posted. same_plan: where the services were done several
    `times`, what of it stands on the other claims to this claim's plan. written_off_on: the other claims that a
    write-off is posted for.
    """

    charge_cents: int
    claim_charge_cents: int
    paid_cents: int
    written_off_cents: int
    share_cents: int
    own: Sums
    several: bool = False
    overlapping: tuple[str, ...] = ()
    unposted: tuple[str, ...] = ()
    times: int = 1
    same_plan: Sums = Sums(0, 0)
    written_off_on: tuple[str, ...] = ()

    @property
    def other_plans_cents(self) -> int:
        """Paid and written off for other plans."""
        return self.paid_cents + self.written_off_cents - sum(self.own) - sum(self.same_plan)

    def write_off_limit(self, paid_cents: int) -> int:
        """What may be written off besides, when this much more is paid for the claim; negative: already too much."""
        used = self.paid_cents + paid_cents + self.written_off_cents - sum(self.same_plan)
        return self.claim_charge_cents - used - self.share_cents

    def most_written_off(self, paid_cents: int) -> int:
        """The most that may be written off in total, when this much more is paid."""
        return max(self.charge_cents - self.paid_cents - paid_cents - self.share_cents, 0)

    def too_much_elsewhere(self, paid_cents: int) -> bool:
        """Whether the other claims alone have more written off than that, which nothing posted here can give back."""
        return self.written_off_cents - self.own.written_off_cents > self.most_written_off(paid_cents)


def standing(connection: Connection, claim: Claim, coming: ClaimPayment | None = None) -> Standing:
    """What is posted for a claim's services. `coming`: the claim payment about to be posted, if any."""
    of_patient = stored_claims.claims_of_patients(connection, [claim.patient_id])[claim.patient_id]
    beside = claims_beside(claim, of_patient)
    same, ordinals = beside.same, [other.plan_ordinal for other in (*beside.same, *beside.touching)]
    several = several_coverages(claim.plan_count, ordinals)
    share = _patient_share(
        connection, {other.claim_number: other for other in (same if several else [claim])}, claim, coming
    )
    own = history.posted_sums(connection, [claim.claim_number]).get(claim.claim_number, Sums(0, 0))
    if not several:
        return Standing(claim.charge_cents, claim.charge_cents, *own, share, own)
    posted = posted_for_services(connection, claim, beside)
    charge, times = claim.charge_cents, times_done([other.plan_ordinal for other in same])
    unposted = tuple(number for number, is_posted in posted.earlier if not is_posted)
    sums = (posted.paid_cents, posted.written_off_cents)
    on_others = history.posted_sums(connection, {other.claim_number for other in same} - {claim.claim_number})
    same_plan = _posted_on_plan(claim, same, on_others) if times > 1 else Sums(0, 0)
    off_on = tuple(sorted(number for number, sums_on in on_others.items() if sums_on.written_off_cents > 0))
    return Standing(charge * times, charge, *sums, share, own, True, posted.others, unposted, times, same_plan, off_on)


def _posted_on_plan(claim: Claim, same: tuple[Claim, ...], on_others: dict[str, Sums]) -> Sums:
    """What is posted for the other claims to the same plan."""
    numbers = {other.claim_number for other in same if other.plan_ordinal == claim.plan_ordinal}
    on_plan = [sums for number, sums in on_others.items() if number in numbers]
    return Sums(sum(sums.paid_cents for sums in on_plan), sum(sums.written_off_cents for sums in on_plan))


def refuse_over_application(now: Standing, paid_cents: int = 0, write_off_cents: int = 0) -> None:
    """Raises UsageError, with the numbers, where this payment and write-off on top of what is posted are too much."""
    paid, written_off = now.paid_cents + paid_cents, now.written_off_cents + write_off_cents
    refuse_below_zero(now, paid_cents, write_off_cents)
    if paid > now.charge_cents:
        raise UsageError(
            f"Payments would total {dollars(paid)}, {dollars(paid - now.charge_cents)} above the charge of"
            f" {dollars(now.charge_cents)}: {dollars(now.paid_cents)} is posted, {dollars(paid_cents)} would be added.",
            "Check whether the same money was posted before. `era undo` undoes a wrong posting.",
        )
    most = now.most_written_off(paid_cents)
    if written_off > most or written_off + paid > now.charge_cents:
        raise UsageError(
            f"Write-offs would total {dollars(written_off)}, but at most {dollars(most)} can be written off:"
            f" charge {dollars(now.charge_cents)} - payments {dollars(paid)} - patient responsibility"
            f" {dollars(now.share_cents)}. {dollars(now.written_off_cents)} is already written off.",
            _where_to_write_off_less(now, paid_cents),
        )
    on_claim = sum(now.own) + paid_cents + write_off_cents
    if on_claim > now.claim_charge_cents:
        raise UsageError(
            f"Payments and write-offs on this claim would total {dollars(on_claim)}, above its charge of"
            f" {dollars(now.claim_charge_cents)}.",
            "Check whether the same money was posted before. `era undo` undoes a wrong posting.",
        )


def _where_to_write_off_less(now: Standing, paid_cents: int) -> str:
    if not now.too_much_elsewhere(paid_cents):
        return (
            "Give the amounts with --line N=PAID,WRITE_OFF. A negative write-off reverses what is written off on"
            " this claim."
        )
    return (
        f"Undo what is posted for claim {' and '.join(now.written_off_on)}, which has"
        f" {dollars(now.written_off_cents - now.own.written_off_cents)} written off (`era log --claim"
        f" {now.written_off_on[0]}` names its payment). Post it again with a write-off of at most"
        f" {dollars(now.most_written_off(paid_cents))} (--line N=PAID,WRITE_OFF). Then post this one."
    )


def refuse_below_zero(now: Standing, paid_cents: int = 0, write_off_cents: int = 0) -> None:
    """Raises UsageError where the payments or write-offs that stand on the claim itself would be negative in total."""
    paid, written_off = now.own.paid_cents + paid_cents, now.own.written_off_cents + write_off_cents
    for what, cents in (("Payments", paid), ("Write-offs", written_off)):
        if cents < 0:
            raise UsageError(
                f"{what} on this claim would total {dollars(cents)}, less than zero.",
                "`era ledger --claim` and `era log --claim` show what is posted on it, or on the patient's other"
                " claim for the same services. Undo that first. Then post it again with the right amounts.",
            )


def _patient_share(connection: Connection, same: dict[str, Claim], claim: Claim, coming: ClaimPayment | None) -> int:
    """The patient's share as the last plan states it; of a split claim, that of all its parts together."""
    posted = [
        row
        for rows in history.earlier_payments(connection, same).values()
        for row in rows
        if row.state == "posted" and row.status != REVERSAL
    ]
    remitted = history.as_remitted(connection, [row.id for row in posted]) if posted else {}
    answers = [(same[row.claim_number], remitted[row.id]) for row in sorted(posted, key=lambda row: row.id)]
    if coming is not None:
        answers.append((claim, coming))
    if not answers:
        return 0
    last = max(plan_answering(*answer) for answer in answers)
    of_last_plan = [(of, payment) for of, payment in answers if plan_answering(of, payment) == last]
    whole = [payment for of, payment in of_last_plan if (payment.charge_cents or 0) >= of.charge_cents]
    counting = whole[-1:] or [payment for _, payment in of_last_plan]
    return max(sum(patient_share(payment) for payment in counting), 0)


def plan_answering(claim: Claim, payment: ClaimPayment) -> tuple[int, int]:
    """Which plan answered, to compare: the practice's own ordinal is the better witness (RFI 546), then the status."""
    return claim.plan_ordinal, _PLAN_BY_STATUS.get(payment.status, 1)
