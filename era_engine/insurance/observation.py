"""From a claim payment, the practice's claim and the settings to the facts the rules ask about. All arithmetic is here.

What is not known is left out; a rule that asks for it then does not match.
"""

from collections.abc import Collection, Iterable
from typing import Literal, NamedTuple

from era_engine.foundation.money import dollars, minimum_cents
from era_engine.insurance.adjustment_facts import PROCESSED, add_adjustments
from era_engine.insurance.coordination import LATER_COVERAGE, Posted, patient_share, prove
from era_engine.practice.lines import LineMatch, charges_unlike
from era_engine.practice.matching import BY_HAND, PATIENT_AND_SERVICES, Match
from era_engine.practice.model import Claim
from era_engine.practice.patients import patient_doubts, slip_doubts
from era_engine.practice.splits import Split
from era_engine.remittance.model import REVERSAL, ClaimPayment
from era_engine.rulebook.condition import Condition
from era_engine.rulebook.facts import FactValue
from era_engine.settings.model import Settings
from era_engine.settings.tables import percent_text
from era_engine.x12.finding import Finding

Mode = Literal["auto", "quick"]

_ENVELOPE = frozenset(["envelope-mismatch", "envelope-order"])
_FORWARDED = frozenset(["19", "20", "21", "23"])


# Facts about a payment that rest on what was found in it.
FROM_FINDINGS = frozenset(
    ["payment_balances", "envelope_agrees", "conforms", "payment_seen_with_other_content", "content_expected"]
)


class PaymentEvidence(NamedTuple):
    """What is known of a payment as a whole. payee_ids: (qualifier, value) pairs from N1*PE and its REF."""

    findings: tuple[Finding, ...]
    provider_adjustments: int  # pairs whose amount is not zero
    payee_ids: tuple[tuple[str, str], ...]
    deposit_received: bool | None = None  # None: not asked for, or no deposit is to be expected


class ReversalEvidence(NamedTuple):
    """What a reversal takes back. exact: payment and write-off are just what was posted. text: for people."""

    exact: bool
    text: str


class BookEvidence(NamedTuple):
    """What the practice's own books say about a claim payment at this moment.

    waiting: claim payments that wait for the same claim, this one included. posted_before: a payment is posted against
    the claim. split: where it is part of a split claim; parts_stand: what was posted of its other parts stands in the
    books as remitted. reversal_before: trace number of a reversal of just this payment that came before it and waits.
    posted: what stands in the books for the claim's services, over all coverages that may have answered them.
    plans_doubt: what speaks against the number of plans told for the patient. reversal: of a reversal only.
    """

    match: Match
    waiting: int = 1
    posted_before: bool = False
    reversal_before: str | None = None
    secondary_before_primary: bool = False
    split: Split | None = None
    parts_stand: bool = True
    posted: Posted = Posted()
    plans_doubt: str | None = None
    reversal: ReversalEvidence | None = None
    taken_back: bool = False

    @property
    def already_posted(self) -> bool:
        """Whether something is posted against the claim beside which this payment may be the same money again.

        Parts of a split claim that were posted before are what its last part expects, while they stand as remitted.
        """
        return self.posted_before if self.split is None else not self.parts_stand


def payment_facts(evidence: PaymentEvidence, settings: Settings, mode: Mode) -> dict[str, FactValue]:
    """What holds for every claim of a payment."""
    holding = [each.code for each in evidence.findings if each.severity != "warn"]
    posting = settings.posting(mode)
    facts: dict[str, FactValue] = {
        "mode": mode,
        "posting_active": posting.enabled is True,
        "minimum_percent": percent_text(posting.minimum_percent),
        "write_offs_active": settings.ledger_options.auto_post_contracted_write_offs,
        "payment_balances": not any(code in ("payment-out-of-balance", "malformed-amount") for code in holding),
        "envelope_agrees": not any(code in _ENVELOPE for code in holding),
        "conforms": not any(code.startswith("conformance") for code in holding),
        "provider_adjustments": evidence.provider_adjustments,
        "payment_seen_with_other_content": "payment-changed" in holding,
        "content_expected": not any(_is_unexpected(code) for code in holding),
    }
    ours = payee_is_ours(evidence.payee_ids, settings)
    if ours is not None:
        facts["payee_is_ours"] = ours
    if evidence.deposit_received is not None and settings.deposits.required:
        facts["deposit_received"] = evidence.deposit_received
    return facts


def claim_facts(
    of_the_payment: dict[str, FactValue],
    payment: ClaimPayment,
    findings: Iterable[Finding],
    lines: LineMatch | None,
    books: BookEvidence,
    settings: Settings,
    mode: Mode,
    doubts_held: Collection[Condition] = (),
) -> dict[str, FactValue]:
    """The facts of one claim payment. `findings` are the claim's own, balance included; `lines` goes with the match.

    `doubts_held`: what holds in force are about, of what is not told twice.
    """
    facts = dict(of_the_payment)
    facts["claim_status"] = payment.status
    for name, cents in (
        ("paid_cents", payment.paid_cents),
        ("charge_cents", payment.charge_cents),
        ("patient_responsibility_cents", payment.patient_responsibility_cents),
    ):
        if cents is not None:
            facts[name] = cents
    _add_findings(facts, findings)
    _add_match(facts, books)
    if payment.status in _FORWARDED:
        facts["forwarded_to"] = _forwarded_to(payment)
    if books.taken_back:
        facts["taken_back"] = True
    claim = books.match.claim
    if claim is not None and lines is not None:
        _add_claim(facts, payment, claim, lines, books, settings, mode)
    add_adjustments(facts, payment, claim, settings)
    if claim is not None and claim.plan_count == 1 and payment.status != REVERSAL:
        _add_limit(facts, payment, claim, books, doubts_held)
    if payment.status == REVERSAL:
        _add_reversal(facts, books.reversal, settings)
    return facts


def on_trial(facts: dict[str, FactValue], outcome: str, rule: str | None) -> dict[str, FactValue]:
    """The facts of a claim that was decided as if posting were on: nothing posts, and what would have is kept."""
    tried: dict[str, FactValue] = {**facts, "posting_active": False, "shadow_outcome": outcome}
    if "reversal_posts" in facts:
        tried["reversal_posts"] = False
    return tried if rule is None else {**tried, "shadow_rule": rule}


def _add_match(facts: dict[str, FactValue], books: BookEvidence) -> None:
    match = books.match
    facts["claim_found"] = match.claim is not None
    if match.step is not None:
        facts["match_step"] = match.step
    if match.claim is None:
        facts["match_candidates"] = len(match.candidates)
        facts["match_doubt"] = (
            f"it may be {' or '.join(match.candidates)}"
            if match.candidates
            else "no claim has this number, and none fits the patient and services"
        )
        return
    facts["claim_payments_for_claim"] = facts["match_candidates"] = books.waiting
    if books.waiting > 1:
        facts["match_doubt"] = f"{books.waiting} open claim payments name claim {match.claim.claim_number}"


def _add_claim(
    facts: dict[str, FactValue],
    payment: ClaimPayment,
    claim: Claim,
    lines: LineMatch,
    books: BookEvidence,
    settings: Settings,
    mode: Mode,
) -> None:
    expected = claim.expected_cents
    facts["plan_count"] = claim.plan_count
    facts["processed_as_later_plan"] = claim.plan_ordinal == 1 and payment.status in LATER_COVERAGE
    _add_patient(facts, payment, claim, books.match)
    facts["office_charge_cents"] = claim.charge_cents
    facts["expected_known"] = expected is not None
    facts["secondary_before_primary"] = books.secondary_before_primary
    if expected is not None:
        facts["expected_cents"] = expected
        facts["minimum_cents"] = minimum_cents(expected, settings.posting(mode).minimum_percent)
    if payment.status == REVERSAL:
        return  # it repeats the old claim negated (RFI 1147), so it is compared with what it takes back
    facts["already_posted"] = books.already_posted
    if books.already_posted:
        facts["posted_before"] = _posted_before(books)
    facts["plans_doubtful"] = books.plans_doubt is not None
    if books.plans_doubt is not None:
        facts["plans_doubt"] = books.plans_doubt
    split = books.split
    if split is None:
        facts["procedures_match"] = lines.procedures_match
        facts["charge_matches"] = lines.charges_match
        if not lines.charges_match:
            facts["charge_doubt"] = _charge_doubt(payment, claim, lines)
        if _may_be_a_part(payment, claim, books):
            facts["rest_of_claim_awaited"] = True
    else:
        facts["parts"] = split.parts
        facts["rest_of_claim_awaited"] = not split.complete
        facts["paid_cents"] = split.paid_cents
        facts["charge_cents"] = split.charge_cents
    _add_proof(facts, payment, claim, books.posted, settings)
    add_partial_payment(facts, settings)


def _charge_doubt(payment: ClaimPayment, claim: Claim, lines: LineMatch) -> str:
    if payment.charge_cents != claim.charge_cents:
        charged = "unknown" if payment.charge_cents is None else dollars(payment.charge_cents)
        return f"{charged} in total, {dollars(claim.charge_cents)} submitted"
    return ", ".join(
        f"line {number} {'unknown' if charged is None else dollars(charged)}, {dollars(fee)} submitted"
        for number, charged, fee in charges_unlike(payment, claim, lines)
    )


def _add_patient(facts: dict[str, FactValue], payment: ClaimPayment, claim: Claim, match: Match) -> None:
    """A number vouches for the claim, and a person does; patient and services must leave no doubt of their own."""
    doubts: tuple[str, ...] = ()
    if match.step == PATIENT_AND_SERVICES:
        doubts = slip_doubts(payment, claim)
        if match.relative:
            doubts += ("another patient with this member ID has a name as close or closer",)
    elif match.step != BY_HAND:
        doubts = patient_doubts(payment, claim)
    facts["patient_matches"] = not doubts
    if doubts:
        facts["patient_doubt"] = ", ".join(doubts)


def _posted_before(books: BookEvidence) -> str:
    if books.reversal_before is None:
        return "A payment is already posted on this claim."
    return (
        f"Another payment is already posted on this claim. The reversal of this one, {books.reversal_before}, came"
        f" first. If its correction is posted, undo that. Then post this payment, the reversal and the correction, in"
        f" that order."
    )


def _may_be_a_part(payment: ClaimPayment, claim: Claim, books: BookEvidence) -> bool:
    """Without service lines only the other part will tell whether a smaller charge is a part of the claim or wrong."""
    charge = payment.charge_cents
    alone = books.waiting == 1 and not books.posted_before
    return (
        alone
        and payment.status in PROCESSED
        and not payment.lines
        and charge is not None
        and 0 < charge < claim.charge_cents
    )


def _add_proof(
    facts: dict[str, FactValue], payment: ClaimPayment, claim: Claim, posted: Posted, settings: Settings
) -> None:
    facts["several_plans_proven"] = False
    if claim.plan_count > 1 and settings.several_plans.post == "proven":
        proof = prove(payment, claim, posted)
        facts["several_plans_proven"] = proof.proven
        facts["proof"] = proof.text
        if proof.proven:
            facts["write_off_cents"] = proof.write_off_cents


def add_partial_payment(facts: dict[str, FactValue], settings: Settings) -> None:
    """Say whether a partial payment is accepted, from the other facts.

    Too little, as of a later plan, for what was sent to the first is none: another plan pays first (RFI 1696)."""
    option = settings.era_payment_options.partial_payment
    paid, minimum = facts.get("paid_cents"), facts.get("minimum_cents")
    facts["partial_payment_accepted"] = (
        option.enabled
        and facts["processed_as_later_plan"] is False
        and isinstance(paid, int)
        and isinstance(minimum, int)
        and option.minimum_amount <= paid < minimum
    )


def _add_reversal(facts: dict[str, FactValue], reversal: ReversalEvidence | None, settings: Settings) -> None:
    facts["reversal_posts"] = (
        settings.reversals.post_exact
        and reversal is not None
        and reversal.exact
        and facts["posting_active"] is True
        and facts["write_offs_active"] is True
    )
    facts["reversal_of"] = reversal.text if reversal else "The practice has no such claim."


def _forwarded_to(payment: ClaimPayment) -> str:
    """The crossover carrier (NM1*TT), by name or else by identifier."""
    for person in payment.people:
        if person.role == "TT":
            return person.last_name or person.identifier or "not named"
    return "not named"


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


def _add_limit(
    facts: dict[str, FactValue],
    payment: ClaimPayment,
    claim: Claim,
    books: BookEvidence,
    doubts_held: Collection[Condition],
) -> None:
    """Whether more would be posted than is owed: write-offs never exceed charge, less payments and patient's share.

    RFI 1696. Where another doubt holds already, this one is not told beside it; the limit is, for who posts by hand.
    """
    charge, paid, write_off = payment.charge_cents, payment.paid_cents, facts["remitted_write_off_cents"]
    if charge is None or paid is None or not isinstance(write_off, int):
        return
    # The payer may state another charge than the practice's; what was never charged is not written off.
    stands = books.posted.paid_cents + books.posted.written_off_cents
    owed = min(charge, claim.charge_cents - stands) if books.split else min(charge, claim.charge_cents) - stands
    limit = owed - paid - max(patient_share(payment), 0)
    over = write_off > limit or limit < 0
    if over:
        facts["write_off_limit_cents"] = limit
    if not any(doubt.met(facts) for doubt in doubts_held):
        facts["write_off_over_limit"] = over


def payee_is_ours(payee_ids: tuple[tuple[str, str], ...], settings: Settings) -> bool | None:
    """Whether a payment is made out to the practice: by (qualifier, value) pairs from N1*PE and its REF.

    None where the practice gave neither NPI nor tax id. A payee that names neither is not known to be ours."""
    practice = settings.practice
    if practice.npi is None and practice.tax_id is None:
        return None
    npis = {value for qualifier, value in payee_ids if qualifier == "XX"}
    tax_ids = {value.replace("-", "") for qualifier, value in payee_ids if qualifier in ("FI", "TJ")}
    return practice.npi in npis or practice.tax_id in tax_ids
