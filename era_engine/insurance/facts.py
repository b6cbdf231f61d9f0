"""The facts a rule may ask about: their names, types and meanings, in one place.

A rule file that names anything else is refused. A fact that is not known is absent: it matches no condition.
How the facts are found out is in `observation`; of what each is known, in `knowledge`.
"""

from collections.abc import Mapping

from era_engine.practice.matching import (
    BY_HAND,
    CLAIM_NUMBER,
    CUT_OR_PADDED,
    LINE_CONTROL,
    PATIENT_AND_SERVICES,
    PAYER_CLAIM_NUMBER,
)
from era_engine.rulebook.facts import Fact

FACTS: Mapping[str, Fact] = {
    # what the table asks
    "plan_count": Fact(
        "count", "the patient's active insurance plans, whichever one this claim was sent to", "claim found", 1, least=1
    ),
    "posting_active": Fact("flag", "posting is on for this mode (auto or quick)", "payment", True),
    "write_offs_active": Fact("flag", "automatic write-off posting is on (contractual write-offs)", "payment", True),
    "paid_cents": Fact("cents", "what this remittance pays on this claim (CLP04)", "readable", 10000),
    "minimum_cents": Fact(
        "cents",
        "the smallest payment that is at least the minimum percentage of the expected amount",
        "amount expected",
        9500,
        least=0,
    ),
    "partial_payment_accepted": Fact(
        "flag",
        "partial payments may post, and this one may: below the minimum percentage, at least the minimum amount, and"
        " not processed as secondary or later",
        "not reversed",
        False,
    ),
    "several_plans_proven": Fact(
        "flag",
        "the books prove that no plan's payment or write-off posts twice; false when the proof is not asked for",
        "not reversed",
        False,
    ),
    # what messages show
    "mode": Fact(
        "text",
        "auto or quick; the log also shows manual, for what a person did",
        "payment",
        "auto",
        values=("auto", "quick"),
    ),
    "overrides": Fact("text", "the overrides in era.toml that apply to this payer and location", "sometimes"),
    "shadow_outcome": Fact(
        "text",
        "post or manual: the decision, had posting not been on trial",
        "sometimes",
        values=("post", "manual"),
    ),
    "shadow_rule": Fact("text", "the row of the table that would have made that decision", "sometimes"),
    "minimum_percent": Fact("text", "the minimum percentage for this mode, as a decimal", "payment", "95"),
    "expected_cents": Fact(
        "cents", "expected insurance payment, the total over the claim's procedures", "amount expected", 10000, least=0
    ),
    "charge_cents": Fact("cents", "the charge on the remittance (CLP03)", "readable", 15000),
    "office_charge_cents": Fact(
        "cents", "the charge the practice submitted on the claim", "claim found", 15000, least=0
    ),
    "write_off_cents": Fact(
        "cents",
        "contractual write-off that posts with the claim: CO-45 and PI-45, or less",
        "claim payment",
        3000,
    ),
    "remitted_write_off_cents": Fact(
        "cents", "contractual write-off on the remittance (CO-45 and PI-45)", "claim payment", 3000
    ),
    "write_off_limit_cents": Fact(
        "cents",
        "charge minus all payments, patient responsibility and earlier write-offs; known only if exceeded",
        "sometimes",
    ),
    "proof": Fact(
        "text", "why nothing posts twice for a patient with several plans, or why that is not proven", "sometimes"
    ),
    "patient_responsibility_cents": Fact(
        "cents", "patient responsibility on the remittance (CLP05)", "sometimes", 2000
    ),
    # the claim the practice sent
    "claim_found": Fact("flag", "exactly one claim of the practice matches this claim payment", "claim payment", True),
    "match_step": Fact(
        "text",
        "how that claim was matched",
        "sometimes",
        "claim-number",
        values=(BY_HAND, LINE_CONTROL, CLAIM_NUMBER, CUT_OR_PADDED, PAYER_CLAIM_NUMBER, PATIENT_AND_SERVICES),
    ),
    "match_candidates": Fact(
        "count", "claims this may be for, or open claim payments for the same claim", "claim payment", 1
    ),
    "match_doubt": Fact("text", "why the match is in doubt", "sometimes"),
    "claim_payments_for_claim": Fact(
        "count",
        "claim payments for this claim: on this remittance, and earlier ones with money that are not posted",
        "claim found",
        1,
        least=1,
    ),
    "plans_doubtful": Fact(
        "flag",
        "a claim for these services was sent to a plan beyond the patient's plan count",
        "not reversed",
        False,
    ),
    "plans_doubt": Fact("text", "why the patient's number of coverages is in doubt", "sometimes"),
    "patient_matches": Fact(
        "flag", "patient name and member ID on the remittance match the claim", "claim found", True
    ),
    "patient_doubt": Fact(
        "text", "how the patient differs from the claim's patient, or which family member it may be", "sometimes"
    ),
    "charge_matches": Fact(
        "flag", "charges on the remittance match the claim, in total and by line", "sometimes", True
    ),
    "charge_doubt": Fact("text", "which charge differs from the claim, in total or on a line", "sometimes"),
    "procedures_match": Fact(
        "flag", "the procedures processed are exactly those submitted on the claim", "sometimes", True
    ),
    "expected_known": Fact("flag", "every procedure has an expected insurance amount", "claim found", True),
    "already_posted": Fact(
        "flag",
        "this claim already has a payment posted; of a split claim, a part that does not stand as remitted",
        "not reversed",
        False,
    ),
    "posted_before": Fact("text", "what the payment already posted on this claim means for this one", "sometimes"),
    "rest_of_claim_awaited": Fact(
        "flag", "part of a split claim; the payer has not answered its other procedures yet", "sometimes"
    ),
    "parts": Fact(
        "count",
        "claim payments that together answer a split claim; the amounts are the total of all parts",
        "sometimes",
        least=1,
    ),
    "taken_back": Fact("flag", "a person undid the posting of this claim payment", "sometimes"),
    "secondary_before_primary": Fact(
        "flag", "the claim to the primary (earlier) plan for these services is not posted yet", "claim found", False
    ),
    # the claim on the remittance
    "claim_status": Fact("code", "how the payer processed the claim (CLP02)", "claim payment", "1"),
    "processed_as_later_plan": Fact(
        "flag", "the payer processed as secondary or later what the practice sent as primary", "claim found", False
    ),
    "reversal_posts": Fact(
        "flag",
        "a reversal of exactly what was posted, where exact reversals and write-offs may post",
        "reversal",
        False,
    ),
    "reversal_of": Fact(
        "text", "what a reversal reverses, or why nothing", "reversal", "The payment it reverses is not posted."
    ),
    "forwarded_to": Fact("text", "the payer the claim was forwarded to", "sometimes"),
    "reasons": Fact("text", "the adjustment reasons in plain words", "sometimes"),
    "denied_part": Fact("text", "what the payer denied: this claim, or one part of a split claim", "sometimes"),
    "denied": Fact(
        "flag",
        "status 4, or nothing paid of an expected amount for a reason beyond contract and patient responsibility",
        "claim payment",
        False,
    ),
    "adjustments_to_review": Fact(
        "count",
        "adjustments that are neither contractual write-off nor patient responsibility, or that are in review_reasons",
        "claim payment",
        0,
    ),
    "review_reasons": Fact("text", "those adjustments in plain words", "sometimes"),
    "write_off_over_limit": Fact(
        "flag", "the write-off is more than the charge minus payments and patient responsibility", "sometimes", False
    ),
    "amounts_readable": Fact("flag", "every amount of the claim could be read", "claim payment", True),
    "lines_balance": Fact("flag", "each line balances: charge minus adjustments equals paid", "claim payment", True),
    "claim_balances": Fact(
        "flag", "the claim balances: charge minus all adjustments equals paid", "claim payment", True
    ),
    "content_expected": Fact(
        "flag", "every segment of the claim and payment is where the guide allows it", "payment", True
    ),
    # the payment
    "payment_balances": Fact(
        "flag", "claims minus provider-level adjustments equals the payment (BPR02)", "payment", True
    ),
    "provider_adjustments": Fact("count", "provider-level adjustments on the payment (PLB)", "payment", 0),
    "provider_adjustment_certain": Fact(
        "flag",
        "for a provider-level adjustment: its reason is known, and interest agrees with the claims",
        "adjustment",
    ),
    "provider_adjustment_doubt": Fact("text", "why a provider-level adjustment is in doubt", "adjustment"),
    "deposit_received": Fact(
        "flag", "the bank has shown the payment's deposit; known only where deposits are required", "sometimes"
    ),
    "payee_is_ours": Fact(
        "flag", "the payee's NPI or tax ID is the practice's; not known where the settings have none", "sometimes", True
    ),
    "payment_seen_with_other_content": Fact(
        "flag", "the same payment was read before with different content", "payment", False
    ),
    "envelope_agrees": Fact("flag", "the file's counts and control numbers agree", "payment", True),
    "conforms": Fact("flag", "the file breaks no rule of the guide that is graded to hold", "payment", True),
}
