"""What a plan is expected to pay for a procedure, from the fee schedule the practice agreed with the payer.

For each line: what the plan allows for its units, but no more than was charged, times the percentage it covers,
rounded once and half up to the cent. A plan covers its share of the lesser of fee and allowed amount, so it never pays
more than was charged. Where this is not known it stays unknown, with the reason, and the claim waits for a person:
- the schedule has no row for payer and procedure;
- the claim went to a later plan: a schedule tells what a plan pays when it pays first, and a later plan pays by what
  the earlier ones left;
- the line's units are no whole number, as with minutes; a schedule's row is for one unit.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import NamedTuple

from era_engine.foundation.money import dollars
from era_engine.practice.model import Claim, ProcedureLine


class Fee(NamedTuple):
    """What a payer allows for one procedure, in cents, and how much of that it pays, in percent (0 to 100).

    payer: its id or its name. source: the file it came from, and the day: `fees.csv of 2026-11-02`.
    """

    payer: str
    procedure_code: str
    allowed_cents: int
    percent: Decimal
    source: str


_NO_UNITS = "the line's units are not a whole number, and a fee schedule prices whole units"

FeeSchedule = Mapping[tuple[str, str], Fee]  # by `fee_key`


def fee_key(payer: str, procedure_code: str) -> tuple[str, str]:
    """Neither case nor the blanks within a name tell two payers apart."""
    return " ".join(payer.split()).casefold(), procedure_code.strip().upper()


def with_expected(claim: Claim, schedule: FeeSchedule) -> Claim:
    """The claim with what the schedule tells of its lines; a payer's id goes before its name.

    A line whose amount is unknown for a reason of its own (`expected_from`) is left alone.
    """
    if claim.plan_ordinal > 1:
        reason = f"a fee schedule does not say what plan {claim.plan_ordinal} pays after the primary"
        return _each_line(claim, lambda line: line._replace(expected_insurance_cents=None, expected_from=reason))
    return _each_line(claim, lambda line: _expected(claim, line, schedule))


def _expected(claim: Claim, line: ProcedureLine, schedule: FeeSchedule) -> ProcedureLine:
    if line.expected_insurance_cents is None and line.expected_from is not None:
        return line
    for payer in (claim.payer_id, claim.payer_name):
        fee = schedule.get(fee_key(payer, line.procedure_code))
        if fee is not None:
            if line.units is None:
                return line._replace(expected_insurance_cents=None, expected_from=_NO_UNITS)
            cents, words = expected_insurance(line.fee_cents, fee, line.units)
            return line._replace(expected_insurance_cents=cents, expected_from=words)
    return line._replace(expected_insurance_cents=None, expected_from=None)


def expected_insurance(charge_cents: int, fee: Fee, units: int = 1) -> tuple[int, str]:
    """Cents the payer is expected to pay for a line, and where they come from, for people."""
    allowed = fee.allowed_cents * units
    words = f"allowed {dollars(fee.allowed_cents)}" + (f" x {units} units" if units > 1 else "")
    if charge_cents < allowed:
        allowed = charge_cents
        words = f"charged {dollars(charge_cents)}, less than the {words},"
    return _percent_of(allowed, fee.percent), f"{fee.source}: {words} x {fee.percent:f} %"


def _percent_of(cents: int, percent: Decimal) -> int:
    """Exact, then rounded half up; neither is negative."""
    numerator, denominator = percent.as_integer_ratio()
    return (2 * cents * numerator + 100 * denominator) // (200 * denominator)


def _each_line(claim: Claim, change: Callable[[ProcedureLine], ProcedureLine]) -> Claim:
    return claim._replace(lines=tuple(map(change, claim.lines)))
