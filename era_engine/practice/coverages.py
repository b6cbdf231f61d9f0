"""A patient's claims for the same services: whether several plans answered them, and how often they were done.

One notion for what posts by itself, for what a person posts, and for what `era verify` proves. How many plans a
patient has is what the practice told last; what was sent to which plan stays.
"""

from collections.abc import Collection, Iterable
from datetime import date
from typing import NamedTuple

from era_engine.practice.model import Claim

Service = tuple[date, str, int]  # day, procedure, fee in cents


class Beside(NamedTuple):
    """A patient's claims beside one of them. same: for just its services, itself included; touching: for some."""

    same: tuple[Claim, ...]
    touching: tuple[Claim, ...]


def services(claim: Claim) -> list[Service]:
    """What a claim charges for, sorted."""
    return sorted((line.service_date, line.procedure_code, line.fee_cents) for line in claim.lines)


def claims_beside(claim: Claim, of_the_patient: Iterable[Claim]) -> Beside:
    """Which of the patient's claims are for the services of this one."""
    own = services(claim)
    same, touching = [], []
    for other in of_the_patient:
        theirs = services(other)
        if theirs == own:
            same.append(other)
        elif set(theirs) & set(own):
            touching.append(other)
    return Beside(tuple(same), tuple(touching))


def several_coverages(plan_count: int, ordinals: Iterable[int]) -> bool:
    """Whether several plans may have answered the services that claims to these plans are for."""
    return plan_count > 1 or any(ordinal > 1 for ordinal in ordinals)


def times_done(ordinals: Collection[int]) -> int:
    """How often the services were done that claims to these plans are for: what the first plan asked was sent.

    Two fillings on one day are two claims to each plan. What a later plan was sent more often may be the same again.
    """
    return sum(ordinal == min(ordinals) for ordinal in ordinals)


def plans_doubt(claim: Claim, beside: Beside) -> str | None:
    """What speaks against the number of plans the practice told for the patient; None where nothing does."""
    if claim.plan_ordinal > claim.plan_count:
        return f"{claim.plan_count} on file, but this claim went to plan {claim.plan_ordinal}"
    for other in (*beside.same, *beside.touching):
        if claim.plan_count == 1 and other.plan_ordinal != claim.plan_ordinal:
            return f"1 on file, but claim {other.claim_number} for these services went to plan {other.plan_ordinal}"
    return None
