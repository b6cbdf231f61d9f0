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
        "count", "active insurance plans of the patient, whichever this claim was sent to", "claim found", 1, least=1
    ),
    "posting_active": Fact("flag", "the switch of this mode (auto or quick) is on", "payment", True),
    "write_offs_active": Fact("flag", "automatic posting of contracted write-offs is on", "payment", True),
    "paid_cents": Fact("cents", "paid on this claim on this remittance (CLP04)", "readable", 10000),
    "minimum_cents": Fact(
        "cents",
        "the smallest payment that is at least the minimum percentage of the expected amount",
        "amount expected",
        9500,
        least=0,
    ),
    "partial_payment_accepted": Fact(
        "flag",
        "partial payments may post; this one is below the minimum percentage, not below the minimum amount, and not"
        " processed as a later plan's",
        "not reversed",
        False,
    ),
    "several_plans_proven": Fact(
        "flag",
        "the books prove that no plan's money or write-off is posted twice; false where not asked to prove it",
        "not reversed",
        False,
    ),
    # what messages show
    "mode": Fact(
        "text",
        "auto or quick; manual in the log for what a person did, which no rule decides",
        "payment",
        "auto",
        values=("auto", "quick"),
    ),
    "overrides": Fact(
        "text", "whose own settings these are: the overrides of era.toml for this payer and location", "sometimes"
    ),
    "shadow_outcome": Fact(
        "text",
        "post or manual: what would have been decided, were posting not on trial",
        "sometimes",
        values=("post", "manual"),
    ),
    "shadow_rule": Fact("text", "the row of the table that would have decided then", "sometimes"),
    "minimum_percent": Fact("text", "the minimum percentage of this mode, as a decimal", "payment", "95"),
    "expected_cents": Fact(
        "cents", "expected insurance, the sum over the claim's procedures", "amount expected", 10000, least=0
    ),
    "charge_cents": Fact("cents", "the charge on the remittance (CLP03)", "readable", 15000),
    "office_charge_cents": Fact(
        "cents", "the charge of the claim as the practice sent it", "claim found", 15000, least=0
    ),
    "write_off_cents": Fact(
        "cents",
        "contracted write-off that is posted when the claim is: CO-45 and PI-45, or less",
        "claim payment",
        3000,
    ),
    "remitted_write_off_cents": Fact(
        "cents", "contracted write-off on the remittance (CO-45 and PI-45)", "claim payment", 3000
    ),
    "write_off_limit_cents": Fact(
        "cents",
        "charge less all payments, the patient's share and earlier write-offs; known where the remittance exceeds it",
        "sometimes",
    ),
    "proof": Fact(
        "text", "why nothing is posted twice for a patient with several plans, or what stands in the way", "sometimes"
    ),
    "patient_responsibility_cents": Fact(
        "cents", "patient responsibility on the remittance (CLP05)", "sometimes", 2000
    ),
    # the claim the practice sent
    "claim_found": Fact(
        "flag", "the practice has exactly one claim that this claim payment can be for", "claim payment", True
    ),
    "match_step": Fact(
        "text",
        "how that claim was found",
        "sometimes",
        "claim-number",
        values=(BY_HAND, LINE_CONTROL, CLAIM_NUMBER, CUT_OR_PADDED, PAYER_CLAIM_NUMBER, PATIENT_AND_SERVICES),
    ),
    "match_candidates": Fact(
        "count", "claims this may be for, or claim payments that wait for the same claim", "claim payment", 1
    ),
    "match_doubt": Fact("text", "what is doubtful about the match", "sometimes"),
    "claim_payments_for_claim": Fact(
        "count",
        "claim payments that name this claim: on this remittance, and earlier ones with money that are not posted",
        "claim found",
        1,
        least=1,
    ),
    "plans_doubtful": Fact(
        "flag",
        "a claim was sent to a plan beyond those the practice counts for the patient, for these services",
        "not reversed",
        False,
    ),
    "plans_doubt": Fact("text", "what speaks against the number of plans the practice told", "sometimes"),
    "patient_matches": Fact(
        "flag", "patient name and member id on the remittance are those of the claim", "claim found", True
    ),
    "patient_doubt": Fact(
        "text", "what is not the claim's patient, or may be another member of the family", "sometimes"
    ),
    "charge_matches": Fact(
        "flag", "charges on the remittance, in total and by line, are those of the claim", "sometimes", True
    ),
    "charge_doubt": Fact("text", "which charge is not the claim's, in total or of a line", "sometimes"),
    "procedures_match": Fact(
        "flag", "procedures adjudicated are exactly those submitted on the claim", "sometimes", True
    ),
    "expected_known": Fact("flag", "the practice gave an expected amount for every procedure", "claim found", True),
    "already_posted": Fact(
        "flag",
        "a payment is posted against this claim already; of a split claim, a part that does not stand as remitted",
        "not reversed",
        False,
    ),
    "posted_before": Fact("text", "what the payment posted against this claim means for this one", "sometimes"),
    "rest_of_claim_awaited": Fact(
        "flag", "part of a split claim, of which other procedures are not answered yet", "sometimes"
    ),
    "parts": Fact(
        "count",
        "claim payments that together answer a split claim; its amounts are those of all parts",
        "sometimes",
        least=1,
    ),
    "taken_back": Fact("flag", "a person took the posting of this claim payment back", "sometimes"),
    "secondary_before_primary": Fact(
        "flag", "the claim sent to an earlier plan for these services is not posted yet", "claim found", False
    ),
    # the claim on the remittance
    "claim_status": Fact("code", "how the payer processed the claim (CLP02)", "claim payment", "1"),
    "processed_as_later_plan": Fact(
        "flag", "the payer processed as a later plan what the practice sent as the first", "claim found", False
    ),
    "reversal_posts": Fact(
        "flag",
        "of a reversal: it takes back exactly what was posted, and such reversals and write-offs may post",
        "reversal",
        False,
    ),
    "reversal_of": Fact("text", "what a reversal takes back, or why nothing", "reversal", "Nothing is posted for it."),
    "forwarded_to": Fact("text", "the payer the claim was forwarded to", "sometimes"),
    "reasons": Fact("text", "the adjustment reasons in plain words", "sometimes"),
    "denied_part": Fact(
        "text", "what the payer denied: this claim, or one of the parts it was split into", "sometimes"
    ),
    "denied": Fact(
        "flag",
        "status 4, or processed with nothing paid of an expected amount, for a reason beyond contract or patient share",
        "claim payment",
        False,
    ),
    "adjustments_to_review": Fact(
        "count",
        "adjustments that are neither contracted write-off nor patient responsibility, or listed in review_reasons",
        "claim payment",
        0,
    ),
    "review_reasons": Fact("text", "those adjustments in plain words", "sometimes"),
    "write_off_over_limit": Fact(
        "flag", "more would be written off than charge less payments and patient's share", "sometimes", False
    ),
    "amounts_readable": Fact("flag", "every amount of the claim could be read", "claim payment", True),
    "lines_balance": Fact("flag", "each line: charge less adjustments is paid", "claim payment", True),
    "claim_balances": Fact("flag", "claim: charge less all adjustments is paid", "claim payment", True),
    "content_expected": Fact(
        "flag", "nothing in the claim or the payment is out of the guide's place", "payment", True
    ),
    # the payment
    "payment_balances": Fact("flag", "claims less provider adjustments is the payment (BPR02)", "payment", True),
    "provider_adjustments": Fact("count", "provider-level adjustments on the payment (PLB)", "payment", 0),
    "provider_adjustment_certain": Fact(
        "flag",
        "of a provider-level adjustment alone: its reason is known, and interest agrees with the claims'",
        "adjustment",
    ),
    "provider_adjustment_doubt": Fact("text", "what is doubtful about a provider-level adjustment", "adjustment"),
    "deposit_received": Fact(
        "flag", "the bank has shown the payment's money; known only where deposits are required", "sometimes"
    ),
    "payee_is_ours": Fact(
        "flag", "the payee's NPI or tax id is the practice's; absent where the practice gave none", "sometimes", True
    ),
    "payment_seen_with_other_content": Fact(
        "flag", "a payment with the same identity but other content was read before", "payment", False
    ),
    "envelope_agrees": Fact("flag", "counts and control numbers of the envelope agree", "payment", True),
    "conforms": Fact("flag", "no implementation-guide fault that is graded to hold", "payment", True),
}
