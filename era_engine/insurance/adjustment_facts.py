"""What the adjustments (CAS) of a claim payment and its lines mean, as facts."""

from era_engine.practice.model import Claim
from era_engine.remittance.adjustments import CONTRACTED
from era_engine.remittance.model import REVERSAL, Adjustment, ClaimPayment
from era_engine.remittance.reasons import described
from era_engine.rulebook.facts import FactValue
from era_engine.settings.model import Settings

PROCESSED = frozenset(["1", "2", "3", "19", "20", "21"])
_PATIENT_SHARE = frozenset([("PR", "1"), ("PR", "2"), ("PR", "3")])  # deductible, coinsurance, co-payment


def add_adjustments(
    facts: dict[str, FactValue], payment: ClaimPayment, claim: Claim | None, settings: Settings
) -> None:
    """What the adjustments (CAS) of claim and lines mean."""
    write_off = 0
    to_review: list[str] = []
    reasons: dict[str, None] = {}
    other_reason = False
    single_plan = claim is not None and claim.plan_count == 1
    reversal = payment.status == REVERSAL
    for adjustments in (payment.adjustments, *[line.adjustments for line in payment.lines]):
        for adjustment in adjustments:
            group, reason, cents, _ = adjustment
            if reason == "45" and (group, reason) in CONTRACTED:
                if cents is not None:
                    write_off += cents
                more_allowed = cents is not None and cents < 0 and not reversal  # or an unmarked reversal
                if more_allowed or reason in settings.review_reasons:
                    to_review.append(described(group, reason))
                continue
            if (group, reason) not in _PATIENT_SHARE:
                other_reason = True
                reasons[described(group, reason)] = None
            if reason in settings.review_reasons or _needs_review(adjustment, single_plan, reversal):
                to_review.append(described(group, reason))
    facts["remitted_write_off_cents"] = write_off
    facts.setdefault("write_off_cents", write_off)  # less where another plan wrote off a part of it before
    facts["adjustments_to_review"] = len(to_review)
    if to_review:
        facts["review_reasons"] = ", ".join(dict.fromkeys(to_review))
    expected = facts.get("expected_cents")
    unpaid = payment.paid_cents == 0 and isinstance(expected, int) and expected > 0
    # Status 4 means only that the patient was not recognised; most denials come as 1 to 3 (RFI 1423, 1079).
    facts["denied"] = payment.status == "4" or (payment.status in PROCESSED and unpaid and other_reason)
    if facts["denied"]:
        facts["reasons"] = ", ".join(reasons) or "none given"
        parts = facts.get("parts", 1)
        facts["denied_part"] = "this claim" if parts == 1 else f"one of {parts} parts of this claim"


def _needs_review(adjustment: Adjustment, single_plan: bool, reversal: bool) -> bool:
    """Neither contracted write-off nor patient responsibility; a patient's share below zero is none either.

    OA-23 is what an earlier payer paid and wrote off (RFI 2143): ordinary with several plans, a riddle with one.
    """
    if adjustment.group == "PR":
        return adjustment.cents is not None and adjustment.cents < 0 and not reversal
    if adjustment.group == "OA" and adjustment.reason == "23":
        return single_plan
    return True
