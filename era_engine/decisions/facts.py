"""The facts a rule may ask about: their names, types and meanings, in one place.

A rule file that names anything else is refused. A fact that is not known is absent: it matches no condition.
How the facts are found out is in `observation`.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

Kind = Literal["flag", "count", "cents", "code", "text"]
FactValue = bool | int | str
Facts = Mapping[str, FactValue]


class Fact(NamedTuple):
    """kind: flag (true or false), count (whole number), cents (money), code (a code of the standard), text."""

    kind: Kind
    meaning: str


FACTS: Mapping[str, Fact] = {
    # what the table asks
    "plan_count": Fact("count", "active insurance plans of the patient, whichever this claim was sent to"),
    "posting_active": Fact("flag", "the switch of this mode (auto or quick) is on"),
    "write_offs_active": Fact("flag", "automatic posting of contracted write-offs is on"),
    "paid_cents": Fact("cents", "paid on this claim on this remittance (CLP04)"),
    "minimum_cents": Fact(
        "cents", "the smallest payment that is at least the minimum percentage of the expected amount"
    ),
    "partial_payment_accepted": Fact(
        "flag",
        "partial payments may post; this one is below the minimum percentage, not below the minimum amount, and not"
        " processed as a later plan's",
    ),
    "several_plans_proven": Fact(
        "flag", "the books prove that no plan's money or write-off is posted twice; false where not asked to prove it"
    ),
    # what messages show
    "mode": Fact("text", "auto, quick or manual"),
    "overrides": Fact("text", "whose own settings these are: the overrides of era.toml for this payer and location"),
    "shadow_outcome": Fact("text", "post or manual: what would have been decided, were posting not on trial"),
    "shadow_rule": Fact("text", "the row of the table that would have decided then"),
    "minimum_percent": Fact("text", "the minimum percentage of this mode, as a decimal"),
    "expected_cents": Fact("cents", "expected insurance, the sum over the claim's procedures"),
    "charge_cents": Fact("cents", "the charge on the remittance (CLP03)"),
    "office_charge_cents": Fact("cents", "the charge of the claim as the office sent it"),
    "write_off_cents": Fact("cents", "contracted write-off that is posted when the claim is: CO-45 and PI-45, or less"),
    "remitted_write_off_cents": Fact("cents", "contracted write-off on the remittance (CO-45 and PI-45)"),
    "write_off_limit_cents": Fact("cents", "charge less all payments, the patient's share and earlier write-offs"),
    "proof": Fact("text", "why nothing is posted twice for a patient with several plans, or what stands in the way"),
    "patient_responsibility_cents": Fact("cents", "patient responsibility on the remittance (CLP05)"),
    # the claim the office sent
    "claim_found": Fact("flag", "the office has exactly one claim that this claim payment can be for"),
    "match_step": Fact("text", "how that claim was found"),
    "match_candidates": Fact("count", "claims this may be for, or claim payments that wait for the same claim"),
    "match_doubt": Fact("text", "what is doubtful about the match"),
    "claim_payments_for_claim": Fact(
        "count",
        "claim payments that name this claim: on this remittance, and earlier ones with money that are not posted",
    ),
    "plans_doubtful": Fact(
        "flag", "a claim was sent to a plan beyond those the office counts for the patient, for these services"
    ),
    "plans_doubt": Fact("text", "what speaks against the number of plans the office told"),
    "patient_matches": Fact("flag", "patient name and member id on the remittance are those of the claim"),
    "patient_doubt": Fact("text", "what is not the claim's patient, or may be another member of the family"),
    "charge_matches": Fact("flag", "charges on the remittance, in total and by line, are those of the claim"),
    "charge_doubt": Fact("text", "which charge is not the claim's, in total or of a line"),
    "procedures_match": Fact("flag", "procedures adjudicated are exactly those submitted on the claim"),
    "expected_known": Fact("flag", "the office gave an expected amount for every procedure"),
    "already_posted": Fact("flag", "a payment is posted against this claim already"),
    "posted_before": Fact("text", "what the payment posted against this claim means for this one"),
    "rest_of_claim_awaited": Fact("flag", "part of a split claim, of which other procedures are not answered yet"),
    "parts": Fact("count", "claim payments that together answer a split claim; its amounts are those of all parts"),
    "taken_back": Fact("flag", "a person took the posting of this claim payment back"),
    "secondary_before_primary": Fact("flag", "the claim sent to an earlier plan for these services is not posted yet"),
    # the claim on the remittance
    "claim_status": Fact("code", "how the payer processed the claim (CLP02)"),
    "processed_as_later_plan": Fact("flag", "the payer processed as a later plan what the office sent as the first"),
    "reversal_posts": Fact(
        "flag", "of a reversal: it takes back exactly what was posted, and such reversals and write-offs may post"
    ),
    "reversal_of": Fact("text", "what a reversal takes back, or why nothing"),
    "forwarded_to": Fact("text", "the payer the claim was forwarded to"),
    "reasons": Fact("text", "the adjustment reasons in plain words"),
    "denied_part": Fact("text", "what the payer denied: this claim, or one of the parts it was split into"),
    "denied": Fact(
        "flag",
        "status 4, or processed with nothing paid of an expected amount, for a reason beyond contract or patient share",
    ),
    "adjustments_to_review": Fact(
        "count",
        "adjustments that are neither contracted write-off nor patient responsibility, or listed in review_reasons",
    ),
    "review_reasons": Fact("text", "those adjustments in plain words"),
    "write_off_over_limit": Fact("flag", "more would be written off than charge less payments and patient's share"),
    "amounts_readable": Fact("flag", "every amount of the claim could be read"),
    "lines_balance": Fact("flag", "each line: charge less adjustments is paid"),
    "claim_balances": Fact("flag", "claim: charge less all adjustments is paid"),
    "content_expected": Fact("flag", "nothing in the claim or the payment is out of the guide's place"),
    # the payment
    "payment_balances": Fact("flag", "claims less provider adjustments is the payment (BPR02)"),
    "provider_adjustments": Fact("count", "provider-level adjustments on the payment (PLB)"),
    "provider_adjustment_certain": Fact(
        "flag", "of a provider-level adjustment alone: its reason is known, and interest agrees with the claims'"
    ),
    "provider_adjustment_doubt": Fact("text", "what is doubtful about a provider-level adjustment"),
    "deposit_received": Fact("flag", "the bank has shown the payment's money; known only where deposits are required"),
    "payee_is_ours": Fact("flag", "the payee's NPI or tax id is the practice's; absent where the practice gave none"),
    "payment_seen_with_other_content": Fact(
        "flag", "a payment with the same identity but other content was read before"
    ),
    "envelope_agrees": Fact("flag", "counts and control numbers of the envelope agree"),
    "conforms": Fact("flag", "no implementation-guide fault that is graded to hold"),
}
