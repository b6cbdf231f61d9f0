"""What a claim payment was for: procedures, days and charges, compared with what the practice sent.

A line's own date (DTM*472, or 150 to 151) counts before the claim's (DTM*232 to 233, or 472).
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from era_engine.practice.lines import same_code, submitted_code
from era_engine.practice.model import Claim
from era_engine.remittance.model import REVERSAL, ClaimPayment, Dated


class Days(NamedTuple):
    """From the first to the last day, both included."""

    first: date
    last: date

    def include(self, day: date) -> bool:
        return self.first <= day <= self.last


class Service(NamedTuple):
    """A service line as it would stand on the practice's claim: procedure submitted, days, charge in cents."""

    code: str
    days: Days
    cents: int


def claim_days(payment: ClaimPayment) -> Days | None:
    """The days of the claim as a whole; None where it says none."""
    return _days(payment.dates, "472", "232", "233")


def services_of(payment: ClaimPayment) -> list[Service] | None:
    """Every service line, of a reversal as it was before; None where a line's day or charge is not known."""
    sign = -1 if payment.status == REVERSAL else 1
    whole = claim_days(payment)
    services = []
    for line in payment.lines:
        days = _days(line.dates, "472", "150", "151") or whole
        code = submitted_code(line)
        if days is None or line.charge_cents is None or not code:
            return None
        services.append(Service(code, days, sign * line.charge_cents))
    return services


def total_charge(payment: ClaimPayment) -> int | None:
    """The claim's charge in cents, of a reversal as it was before."""
    if payment.charge_cents is None:
        return None
    return -payment.charge_cents if payment.status == REVERSAL else payment.charge_cents


def same_services(payment: ClaimPayment, claim: Claim) -> bool:
    """Whether procedures, days and charges are just those of the practice's claim, and so is the total.

    Without service lines the claim's days must be the first and last day of the practice's claim.
    """
    if total_charge(payment) != claim.charge_cents or not claim.lines:
        return False
    if not payment.lines:
        dates = [own.service_date for own in claim.lines]
        return claim_days(payment) == Days(min(dates), max(dates))
    services = services_of(payment)
    if services is None or len(services) != len(claim.lines):
        return False
    left = list(claim.lines)
    for code, days, cents in sorted(services, key=lambda each: each.days.last - each.days.first):
        for own in left:
            if code == same_code(own.procedure_code) and cents == own.fee_cents and days.include(own.service_date):
                left.remove(own)
                break
        else:
            return False
    return True


def days_agree(payment: ClaimPayment, claim: Claim) -> bool:
    """Whether every day the remittance names has a procedure of the practice's claim; days it does not name agree."""
    named = [_days(line.dates, "472", "150", "151") for line in payment.lines]
    own_days = [own.service_date for own in claim.lines]
    return all(any(days.include(own) for own in own_days) for days in (*named, claim_days(payment)) if days is not None)


def _days(dates: Sequence[Dated], on: str, first: str, last: str) -> Days | None:
    known = {each.qualifier: each.day for each in dates if each.day is not None}
    start = known.get(on) or known.get(first) or known.get(last)
    end = known.get(on) or known.get(last) or start
    return None if start is None or end is None else Days(start, end)
