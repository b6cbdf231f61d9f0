"""From a claim payment, the office's claim and the settings to the facts the rules ask about. All arithmetic is here.

What is not known is left out; a rule that asks for it then does not match.
"""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from era_engine.decisions.facts import FactValue
from era_engine.money import minimum_cents
from era_engine.practice.matching import LineMatch, patient_matches
from era_engine.practice.model import Claim
from era_engine.remittance.adjustments import CONTRACTED
from era_engine.remittance.model import Adjustment, ClaimPayment
from era_engine.settings import Settings, percent_text
from era_engine.x12.finding import Finding

Mode = Literal["auto", "quick"]

_ENVELOPE = frozenset(["envelope-mismatch", "envelope-order"])
_PROCESSED = frozenset(["1", "2", "3", "19", "20", "21"])
# A reversal repeats the old claim with every amount negated (RFI 1147), so it is compared with what it reverses, not
# with the claim, and a payment posted before is just what it needs.
_REVERSAL = "22"
_PATIENT_SHARE = frozenset([("PR", "1"), ("PR", "2"), ("PR", "3")])  # deductible, coinsurance, co-payment


class PaymentEvidence(NamedTuple):
    """What is known of a payment as a whole. payee_ids: (qualifier, value) pairs from N1*PE and its REF."""

    findings: tuple[Finding, ...]
    provider_adjustments: int  # pairs whose amount is not zero
    payee_ids: tuple[tuple[str, str], ...]


class BookEvidence(NamedTuple):
    """What the office's own books say about a claim at this moment."""

    claim_payments_for_claim: int
    already_posted: bool
    secondary_before_primary: bool


def payment_facts(evidence: PaymentEvidence, settings: Settings, mode: Mode) -> dict[str, FactValue]:
    """What holds for every claim of a payment."""
    holding = [each.code for each in evidence.findings if each.severity != "warn"]
    posting = settings.posting(mode)
    facts: dict[str, FactValue] = {
        "mode": mode,
        "posting_active": posting.enabled,
        "minimum_percent": percent_text(posting.minimum_percent),
        "write_offs_active": settings.ledger_options.auto_post_contracted_write_offs,
        "payment_balances": not any(code in ("payment-out-of-balance", "malformed-amount") for code in holding),
        "envelope_agrees": not any(code in _ENVELOPE for code in holding),
        "conforms": not any(code.startswith("conformance") for code in holding),
        "provider_adjustments": evidence.provider_adjustments,
        "payment_seen_with_other_content": "payment-changed" in holding,
        "content_expected": not any(_is_unexpected(code) for code in holding),
    }
    ours = _payee_is_ours(evidence.payee_ids, settings)
    if ours is not None:
        facts["payee_is_ours"] = ours
    return facts


def claim_facts(
    of_the_payment: dict[str, FactValue],
    payment: ClaimPayment,
    findings: Iterable[Finding],
    claim: Claim | None,
    lines: LineMatch | None,
    books: BookEvidence,
    settings: Settings,
    mode: Mode,
) -> dict[str, FactValue]:
    """The facts of one claim payment. `findings` are the claim's own, balance included; `lines` goes with `claim`."""
    facts = dict(of_the_payment)
    facts["claim_status"] = payment.status
    facts["claim_found"] = claim is not None
    facts["claim_payments_for_claim"] = books.claim_payments_for_claim
    for name, cents in (
        ("paid_cents", payment.paid_cents),
        ("charge_cents", payment.charge_cents),
        ("patient_responsibility_cents", payment.patient_responsibility_cents),
    ):
        if cents is not None:
            facts[name] = cents
    _add_findings(facts, findings)
    expected = None
    if claim is not None and lines is not None:
        expected = claim.expected_cents
        facts["plan_count"] = claim.plan_count
        facts["patient_matches"] = patient_matches(payment, claim)
        facts["procedures_match"] = lines.procedures_match
        facts["office_charge_cents"] = claim.charge_cents
        facts["expected_known"] = expected is not None
        if payment.status != _REVERSAL:
            facts["charge_matches"] = lines.charges_match
            facts["already_posted"] = books.already_posted
        facts["secondary_before_primary"] = books.secondary_before_primary
        if expected is not None:
            facts["expected_cents"] = expected
            facts["minimum_cents"] = minimum_cents(expected, settings.posting(mode).minimum_percent)
    _add_adjustments(facts, payment, claim, expected)
    return facts


def _add_findings(facts: dict[str, FactValue], findings: Iterable[Finding]) -> None:
    codes = {each.code for each in findings if each.severity != "warn"}
    facts["amounts_readable"] = "malformed-amount" not in codes
    facts["lines_balance"] = "line-out-of-balance" not in codes
    facts["claim_balances"] = "claim-out-of-balance" not in codes
    if any(map(_is_unexpected, codes)):
        facts["content_expected"] = False
    if any(code.startswith("conformance") for code in codes):
        facts["conforms"] = False


def _is_unexpected(code: str) -> bool:
    """Whether a finding that holds has no hold of its own."""
    return not (code in _OWN_HOLD or code.startswith("conformance"))


_OWN_HOLD = _ENVELOPE | {
    "payment-out-of-balance",
    "payment-changed",
    "malformed-amount",
    "line-out-of-balance",
    "claim-out-of-balance",
}


def _add_adjustments(
    facts: dict[str, FactValue], payment: ClaimPayment, claim: Claim | None, expected: int | None
) -> None:
    write_off = 0
    to_review: list[str] = []
    other_reason = False
    single_plan = claim is not None and claim.plan_count == 1
    for adjustments in (payment.adjustments, *[line.adjustments for line in payment.lines]):
        for adjustment in adjustments:
            group, reason, cents, _ = adjustment
            if reason == "45" and (group, reason) in CONTRACTED:
                if cents is not None:
                    write_off += cents
                    if cents < 0 and payment.status != _REVERSAL:  # more allowed than charged, or an unmarked reversal
                        to_review.append(f"{group}-{reason}")
            else:
                other_reason = other_reason or (group, reason) not in _PATIENT_SHARE
                if _needs_review(adjustment, single_plan, payment.status == _REVERSAL):
                    to_review.append(f"{group}-{reason}")
    facts["write_off_cents"] = write_off
    facts["adjustments_to_review"] = len(to_review)
    if to_review:
        facts["review_reasons"] = ", ".join(dict.fromkeys(to_review))
    unpaid = payment.paid_cents == 0 and expected is not None and expected > 0
    # Status 4 means only that the patient was not recognised; most denials come as 1 to 3 (RFI 1423, 1079).
    facts["denied"] = payment.status == "4" or (payment.status in _PROCESSED and unpaid and other_reason)


def _needs_review(adjustment: Adjustment, single_plan: bool, reversal: bool) -> bool:
    """Neither contracted write-off nor patient responsibility; a patient's share below zero is none either.

    OA-23 is what an earlier payer paid and wrote off (RFI 2143): ordinary with several plans, a riddle with one.
    """
    if adjustment.group == "PR":
        return adjustment.cents is not None and adjustment.cents < 0 and not reversal
    if adjustment.group == "OA" and adjustment.reason == "23":
        return single_plan
    return True


def _payee_is_ours(payee_ids: tuple[tuple[str, str], ...], settings: Settings) -> bool | None:
    """None where the office gave neither NPI nor tax id. A payee that names neither is not known to be ours."""
    practice = settings.practice
    if practice.npi is None and practice.tax_id is None:
        return None
    npis = {value for qualifier, value in payee_ids if qualifier == "XX"}
    tax_ids = {value.replace("-", "") for qualifier, value in payee_ids if qualifier in ("FI", "TJ")}
    return practice.npi in npis or practice.tax_id in tax_ids
