"""What the books hold for a claim's services over all coverages of the patient that may have answered them."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from era_engine.insurance.coordination import Posted
from era_engine.practice.coverages import Beside, claims_beside, several_coverages
from era_engine.practice.model import Claim
from era_engine.remittance.model import PREDETERMINATION, REVERSAL
from era_engine.store.database import Connection
from era_engine.store.insurance import history
from era_engine.store.insurance.history import Earlier
from era_engine.store.practice import claims as stored_claims

NO_CLAIM_TO_PAY = frozenset([REVERSAL, PREDETERMINATION])  # such a one never competes with others for the claim


def pays(status: str, paid_cents: int | None) -> bool:
    """Whether a claim payment with this status and amount moves money for its claim, or may."""
    return status not in NO_CLAIM_TO_PAY and paid_cents != 0


class OverCoverages(NamedTuple):
    """By claim number, where several coverages matter: the claims beside it, and what is posted for their services."""

    beside: Mapping[str, Beside]
    posted: Mapping[str, Posted]


def over_coverages(
    connection: Connection,
    claims: Mapping[str, Claim],
    earlier: Mapping[str, list[Earlier]],
    paid_here: Collection[str],
    proven: bool,
) -> OverCoverages:
    """What the books hold for the services of these claims.

    earlier: what is known of each; paid_here: those that the payment at hand pays; proven: whether it is asked of
    patients with several coverages too, which costs more look-ups.
    """
    beside = _beside(connection, claims, proven)
    posted_before = {number for number, rows in earlier.items() if any(row.state == "posted" for row in rows)}
    posted = {number: Posted(*own) for number, own in history.posted_sums(connection, posted_before).items()}
    numbers = {other.claim_number for each in beside.values() for other in (*each.same, *each.touching)}
    paid = set(paid_here) | {
        number
        for number, rows in history.earlier_payments(connection, numbers).items()
        if any(pays(row.status, row.paid_cents) for row in rows)
    }
    for number, others in beside.items():
        posted[number] = posted_for_services(connection, claims[number], others, paid)
    return OverCoverages(beside, posted)


def _beside(connection: Connection, claims: Mapping[str, Claim], proven: bool) -> dict[str, Beside]:
    """The other claims for the same services, of claims that several coverages may have answered."""
    single = {claim.patient_id for claim in claims.values() if claim.plan_count == 1}
    looked_at = stored_claims.patients_with_later_plans(connection, single)
    if proven:
        looked_at |= {claim.patient_id for claim in claims.values() if claim.plan_count > 1}
    of_patients = stored_claims.claims_of_patients(connection, looked_at)
    every = {
        number: claims_beside(claim, of_patients[claim.patient_id])
        for number, claim in claims.items()
        if claim.patient_id in looked_at
    }
    return {number: beside for number, beside in every.items() if _answered_by_several(claims[number], beside)}


def _answered_by_several(claim: Claim, beside: Beside) -> bool:
    together = (*beside.same, *beside.touching)
    return several_coverages(claim.plan_count, [other.plan_ordinal for other in together])


def posted_for_services(
    connection: Connection, claim: Claim, beside: Beside, paid: Collection[str] = frozenset()
) -> Posted:
    """What stands in the books for a claim's services, over all coverages of the patient.

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


def _counts(other: Claim, claim: Claim, posted: Collection[str], paid: Collection[str]) -> bool:
    """Posted; or paid by the same plan, of which the two claim payments are judged together or one after the other.

    One of a later plan that is not posted finds this claim posted, or not, when its turn comes.
    """
    of_same_plan = other.plan_ordinal == claim.plan_ordinal
    return other.claim_number in posted or (of_same_plan and other.claim_number in paid)
