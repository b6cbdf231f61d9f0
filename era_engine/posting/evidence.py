"""What the books say about a payment and its claims at this moment, claims gathered for a batch at a time."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import NamedTuple

from era_engine.foundation.money import dollars
from era_engine.insurance.entries import entries_for
from era_engine.insurance.observation import (
    BookEvidence,
    Mode,
    PaymentEvidence,
    ReversalEvidence,
    payment_facts,
)
from era_engine.insurance.several_plans import Posted, write_off_of
from era_engine.journal.accounts import CONTRACTED_WRITE_OFFS, INSURANCE_DEPOSITS
from era_engine.journal.entry import Posting
from era_engine.practice.lines import LineMatch, match_lines
from era_engine.practice.matching import PATIENT_AND_SERVICES, Match
from era_engine.practice.model import Claim
from era_engine.practice.plans import Beside, asked_of_several_plans, claims_beside, plans_doubt
from era_engine.practice.splits import PART_STATUSES, Split, split_of
from era_engine.remittance.model import PREDETERMINATION, REVERSAL
from era_engine.rulebook.vocabulary import FactValue
from era_engine.settings.model import Settings
from era_engine.store.database import Connection
from era_engine.store.insurance import history
from era_engine.store.insurance.deposits import deposit_received
from era_engine.store.insurance.history import Earlier, PostedDecision
from era_engine.store.insurance.matching import match_claims
from era_engine.store.insurance.payments import StoredPayment, ToJudge
from era_engine.store.practice import claims as stored_claims

_MOST_PARTS = 20  # no payer splits a claim into more; so many claim payments of one claim are something else
_NO_CLAIM_TO_PAY = frozenset([REVERSAL, PREDETERMINATION])  # such a one never competes with others for the claim


def evidence_on_payment(
    settings: Settings, connection: Connection, payment: StoredPayment, only_looking: bool = False
) -> PaymentEvidence:
    """What is known of a payment as a whole at this moment.

    only_looking: nothing follows from it, so its deposit is not kept from other payments meanwhile.
    """
    return PaymentEvidence(
        payment.findings,
        payment.provider_adjustments,
        payment.payee_ids,
        deposit_received(connection, payment.id, lock=not only_looking) if settings.deposits.required else None,
    )


def facts_of_payment(
    settings: Settings, connection: Connection, payment: StoredPayment, mode: Mode, only_looking: bool = False
) -> dict[str, FactValue]:
    """What holds for a payment's provider-level adjustments: posting is on where it is for all of its claims, too."""
    facts = payment_facts(evidence_on_payment(settings, connection, payment, only_looking), settings, mode)
    of_claims = stored_claims.payers_and_locations(connection, payment.id) if settings.override else []
    if any(settings.for_claim(*each)[0].posting(mode).enabled is not True for each in of_claims):
        facts["posting_active"] = False
    return facts


class TakesBack(NamedTuple):
    """The posted claim payment that a reversal takes back."""

    claim_payment_id: int
    decision: PostedDecision


class Gathered(NamedTuple):
    """Evidence on one claim payment. lines goes with the match's claim; takes_back is a reversal's alone."""

    evidence: BookEvidence
    lines: LineMatch | None
    takes_back: TakesBack | None


class ClaimEvidence:
    """Gathers evidence for the batches of one payment, within the caller's transaction.

    proven: whether proof is asked that several plans pay nothing twice, which costs more look-ups.
    released_together: ids of holds that a part of a split claim loses when the other parts are there.
    """

    def __init__(
        self,
        connection: Connection,
        originator: str,
        proven: bool,
        released_together: frozenset[str] = frozenset(),
    ) -> None:
        self._connection, self._originator, self._proven = connection, originator, proven
        self._released_together = released_together
        self._taken: set[int] = set()  # claim payments that a reversal of this payment takes back already

    def gather(self, batch: Sequence[ToJudge]) -> list[Gathered]:
        """Match a batch and look up what is known of its claims."""
        pins = {at: each.pin for at, each in enumerate(batch) if each.pinned}
        stored = [each.id for each in batch if each.id is not None]
        matches = match_claims(self._connection, self._originator, [each.payment for each in batch], pins, stored)
        claims = {match.claim.claim_number: match.claim for match in matches if match.claim is not None}
        own = {each.id for each in batch}
        earlier = {
            number: [row for row in rows if row.id not in own]
            for number, rows in history.earlier_payments(self._connection, claims).items()
        }
        matches = [
            _unless_answered(each, match, earlier.get(match.claim.claim_number, []) if match.claim else [])
            for each, match in zip(batch, matches, strict=True)
        ]
        together: dict[str, list[ToJudge]] = defaultdict(list)
        competing: Counter[str] = Counter()
        for each, match in zip(batch, matches, strict=True):
            if match.claim is not None:
                together[match.claim.claim_number].append(each)
                competing[match.claim.claim_number] += each.payment.status not in _NO_CLAIM_TO_PAY
        before_primary = stored_claims.claims_before_their_primary(self._connection, claims.values())
        paid_here = frozenset(
            match.claim.claim_number
            for each, match in zip(batch, matches, strict=True)
            if match.claim is not None and _pays(each.payment.status, each.payment.paid_cents)
        )
        beside = self._beside(claims)
        posted = self._posted(claims, earlier, beside, paid_here)
        gathered = []
        for each, match in zip(batch, matches, strict=True):
            if match.claim is None:
                gathered.append(Gathered(BookEvidence(match, taken_back=each.taken_back), None, None))
                continue
            number = match.claim.claim_number
            before = earlier.get(number, [])
            evidence = BookEvidence(
                match,
                waiting=_waiting(each.payment.status, competing[number], before),
                already_posted=any(row.state == "posted" and row.status != REVERSAL for row in before),
                secondary_before_primary=number in before_primary,
                posted=posted.get(number, Posted()),
                plans_doubt=plans_doubt(match.claim, beside.get(number, Beside((), ()))),
                taken_back=each.taken_back,
            )
            gathered.append(self._gather_one(each, match.claim, evidence, together[number], before))
        return gathered

    def _gather_one(
        self,
        each: ToJudge,
        claim: Claim,
        evidence: BookEvidence,
        together: Sequence[ToJudge],
        earlier: Sequence[Earlier],
    ) -> Gathered:
        """`together`: the claim payments of the batch for this claim, this one included."""
        lines = match_lines(each.payment, claim)
        if each.payment.status == REVERSAL:
            reversal, takes_back = self._reversal(each, together, earlier)
            return Gathered(evidence._replace(reversal=reversal), lines, takes_back)
        if evidence.already_posted:
            evidence = evidence._replace(reversal_before=_reversal_before(each, earlier))
        split = self._split(each, claim, lines, together, earlier)
        if split is not None:  # the parts do not contradict each other
            changed = not self._stand_as_remitted(claim, earlier)
            evidence = evidence._replace(split=split, waiting=1, already_posted=changed)
        return Gathered(evidence, lines, None)

    def _split(
        self,
        each: ToJudge,
        claim: Claim,
        lines: LineMatch,
        together: Sequence[ToJudge],
        earlier: Sequence[Earlier],
    ) -> Split | None:
        """All parts of the claim together, where it is split; a payment of the whole claim alone is none."""
        if each.payment.status not in PART_STATUSES or len(together) + len(earlier) > _MOST_PARTS:
            return None
        others = [other.payment for other in together if other is not each and other.payment.status in PART_STATUSES]
        stored = [row.id for row in earlier if row.status in PART_STATUSES]
        if not others and not stored and (lines.charges_match or each.payment.charge_cents == claim.charge_cents):
            return None
        if stored:
            others += history.as_remitted(self._connection, stored).values()
        parts = [(each.payment, lines), *[(other, match_lines(other, claim)) for other in others]]
        split = split_of(parts, claim)
        left = [row.id for row in earlier if row.id in stored and row.state == "open"]
        if split is not None and history.newest_holds(self._connection, left) - self._released_together:
            return split._replace(complete=False)  # another part waits for a person, and this one with it
        return split

    def _stand_as_remitted(self, claim: Claim, earlier: Sequence[Earlier]) -> bool:
        """Whether the parts posted before stand in the books line by line as remitted, whoever posted them."""
        posted = [row.id for row in earlier if row.state == "posted" and row.status != REVERSAL]
        remitted = history.as_remitted(self._connection, posted) if posted else {}
        for claim_payment_id, payment in remitted.items():
            standing = history.posted_decision(self._connection, claim_payment_id)
            entries = entries_for(payment, match_lines(payment, claim), claim.fees, date.min, None)
            wanted = [posting for entry in entries for posting in entry.postings]
            if standing is None or _by_line(standing.postings) != _by_line(wanted):
                return False
        return True

    def _reversal(
        self, each: ToJudge, together: Sequence[ToJudge], earlier: Sequence[Earlier]
    ) -> tuple[ReversalEvidence, TakesBack | None]:
        """What a reversal takes back: same claim, amounts negated; exact only under the same payer claim number."""
        payment = each.payment
        fitting = [row for row in earlier if row.id not in self._taken and _negates(row, each)]
        number = payment.payer_claim_number
        same_number = [row for row in fitting if number and row.payer_claim_number == number]
        fitting = same_number or fitting
        posted = [row for row in fitting if row.state == "posted"]
        fitting = posted or fitting
        if not fitting:
            unposted = any(
                other.payment.status != REVERSAL and _negated(other.payment.paid_cents, payment.paid_cents)
                for other in together[:_MOST_PARTS]
            )
            text = "The payment it reverses is not posted here."
            if unposted:
                text = "The payment it reverses arrived with it and is not posted."
            elif any(row.state == "posted" and row.status != REVERSAL for row in earlier):
                text = "No posted payment matches its amounts."
            return ReversalEvidence(False, text), None
        if len(fitting) > 1:
            traces = ", ".join(dict.fromkeys(row.trace_number for row in fitting))
            return ReversalEvidence(False, f"It may reverse several payments: {traces}."), None
        row = fitting[0]
        decision = history.posted_decision(self._connection, row.id) if row.state == "posted" else None
        if decision is None:
            return ReversalEvidence(False, f"The payment it reverses, {row.trace_number}, is not posted."), None
        written_off, reversed_off = decision.total(CONTRACTED_WRITE_OFFS), -write_off_of(payment)
        same = _negated(decision.total(INSURANCE_DEPOSITS), payment.paid_cents) and written_off == reversed_off
        if same and row.originator != self._originator:
            text = f"It matches payment {row.trace_number}, but another payer paid that one."
            return ReversalEvidence(False, text), TakesBack(row.id, decision)
        if same and row not in same_number:
            other = bool(number and row.payer_claim_number)
            but = "it names a different payer claim number" if other else "no payer claim number links the two"
            text = f"It matches payment {row.trace_number}, but {but}."
            return ReversalEvidence(False, text), TakesBack(row.id, decision)
        if same:
            self._taken.add(row.id)
            text = f"It reverses exactly what was posted from payment {row.trace_number}."
            return ReversalEvidence(True, text), TakesBack(row.id, decision)
        text = (
            f"It reverses payment {row.trace_number}. {dollars(written_off)} was written off there, but the reversal"
            f" says {dollars(reversed_off)}."
        )
        return ReversalEvidence(False, text), TakesBack(row.id, decision)

    def _beside(self, claims: dict[str, Claim]) -> dict[str, Beside]:
        """The other claims for the same services, of claims that several plans may have answered; where it matters."""
        single = {claim.patient_id for claim in claims.values() if claim.plan_count == 1}
        looked_at = stored_claims.patients_with_later_plans(self._connection, single)
        if self._proven:
            looked_at |= {claim.patient_id for claim in claims.values() if claim.plan_count > 1}
        of_patients = stored_claims.claims_of_patients(self._connection, looked_at)
        found = {
            number: claims_beside(claim, of_patients[claim.patient_id])
            for number, claim in claims.items()
            if claim.patient_id in looked_at
        }
        return {number: beside for number, beside in found.items() if _of_several_plans(claims[number], beside)}

    def _posted(
        self,
        claims: dict[str, Claim],
        earlier: dict[str, list[Earlier]],
        beside: dict[str, Beside],
        paid_here: frozenset[str],
    ) -> dict[str, Posted]:
        """What the books hold for the services of claims where it matters. paid_here: claims this batch pays."""
        wanted = {number for number, rows in earlier.items() if any(row.state == "posted" for row in rows)}
        found = {number: Posted(*own) for number, own in history.posted_sums(self._connection, wanted).items()}
        numbers = {other.claim_number for each in beside.values() for other in (*each.same, *each.touching)}
        paid = paid_here | {
            number
            for number, rows in history.earlier_payments(self._connection, numbers).items()
            if any(_pays(row.status, row.paid_cents) for row in rows)
        }
        for number, others in beside.items():
            found[number] = posted_for_services(self._connection, claims[number], others, paid)
        return found


def _of_several_plans(claim: Claim, beside: Beside) -> bool:
    together = (*beside.same, *beside.touching)
    return asked_of_several_plans(claim.plan_count, [other.plan_ordinal for other in together])


def posted_for_services(
    connection: Connection, claim: Claim, beside: Beside, paid: Collection[str] = frozenset()
) -> Posted:
    """What stands in the books for a claim's services, over all plans of the patient.

    paid: claims that a claim payment pays, posted or not; to the same plan they may be the same money.
    """
    same, touching = beside
    posted = stored_claims.posted_claims(connection, [other.claim_number for other in (*same, *touching)])
    sums = history.posted_sums(connection, [other.claim_number for other in same]).values()
    earlier = [other for other in same if other.plan_ordinal < claim.plan_ordinal]
    others = [
        other.claim_number
        for other in touching
        if other.plan_ordinal < claim.plan_ordinal or _counts(other, claim, posted, paid)
    ]
    again = [
        other.claim_number
        for other in same
        if other.plan_ordinal >= claim.plan_ordinal
        and other.claim_number != claim.claim_number
        and _counts(other, claim, posted, paid)
    ]
    return Posted(
        sum([each.paid_cents for each in sums]),
        sum([each.written_off_cents for each in sums]),
        tuple((other.claim_number, other.claim_number in posted) for other in earlier),
        len({other.plan_ordinal for other in earlier}),
        tuple(others),
        tuple(again),
    )


def _by_line(postings: Iterable[Posting]) -> dict[tuple[str, int | None], int]:
    totals: Counter[tuple[str, int | None]] = Counter()
    for account, cents, line in postings:
        totals[account, line] += cents
    return {where: cents for where, cents in totals.items() if cents}


def _counts(other: Claim, claim: Claim, posted: Collection[str], paid: Collection[str]) -> bool:
    """Posted; or paid by the same plan, of which the two claim payments are judged together or one after the other.

    One of a later plan that is not posted finds this claim posted, or not, when its turn comes.
    """
    of_same_plan = other.plan_ordinal == claim.plan_ordinal
    return other.claim_number in posted or (of_same_plan and other.claim_number in paid)


def _pays(status: str, paid_cents: int | None) -> bool:
    return status not in _NO_CLAIM_TO_PAY and paid_cents != 0


def _unless_answered(each: ToJudge, match: Match, earlier: Sequence[Earlier]) -> Match:
    """Patient and services alone do not give a claim a second answer; it is shown as what may be meant."""
    if match.step != PATIENT_AND_SERVICES or match.claim is None or each.payment.status == REVERSAL:
        return match
    answered = any(row.status not in _NO_CLAIM_TO_PAY for row in earlier)
    return Match(None, None, (match.claim.claim_number,)) if answered else match


def _waiting(status: str, here: int, earlier: Sequence[Earlier]) -> int:
    """Claim payments that compete for a claim: `here` on this payment, and earlier ones with money, not posted."""
    if status in _NO_CLAIM_TO_PAY:
        return 1
    before = sum(1 for row in earlier if row.state == "open" and row.paid_cents and row.status not in _NO_CLAIM_TO_PAY)
    return here + before


def _negates(row: Earlier, reversal: ToJudge) -> bool:
    payment = reversal.payment
    return (
        row.status != REVERSAL
        and _negated(row.paid_cents, payment.paid_cents)
        and _negated(row.charge_cents, payment.charge_cents)
    )


def _reversal_before(each: ToJudge, earlier: Sequence[Earlier]) -> str | None:
    """Trace number of an open reversal that came before this payment and takes back it alone."""
    paid, charge = each.payment.paid_cents, each.payment.charge_cents
    alike = [row for row in earlier if row.status != REVERSAL and (row.paid_cents, row.charge_cents) == (paid, charge)]
    for row in earlier:
        reverses = row.status == REVERSAL and row.state == "open" and not alike
        if reverses and _negated(row.paid_cents, paid) and _negated(row.charge_cents, charge):
            return row.trace_number if each.id is None or row.id < each.id else None
    return None


def _negated(cents: int | None, other: int | None) -> bool:
    return cents is not None and other is not None and cents == -other
