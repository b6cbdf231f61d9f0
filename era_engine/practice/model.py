"""What the practice knows: the claims it sent and what it expects for them. Money is in cents; None is unknown."""

from datetime import date
from typing import NamedTuple


class ProcedureLine(NamedTuple):
    """One procedure of a claim, as the practice charged it."""

    line_number: int
    procedure_code: str
    service_date: date
    fee_cents: int
    expected_insurance_cents: int | None
    expected_write_off_cents: int | None
    control_number: str | None = None  # as sent to the payer (REF*6R); None: the line number
    expected_from: str | None = None  # where the expected amount comes from or why there is none; None: a CSV
    units: int | None = 1  # how often it was done; None: no whole number


class Claim(NamedTuple):
    """A claim the practice sent to one of the patient's plans."""

    claim_number: str
    patient_id: str
    last_name: str
    first_name: str
    birth_date: date | None
    subscriber_id: str
    plan_count: int  # the patient's active plans
    plan_ordinal: int  # 1: sent to the primary plan
    payer_id: str
    payer_name: str
    location: str
    lines: tuple[ProcedureLine, ...]
    origin: str = "csv"  # or 837

    @property
    def charge_cents(self) -> int:
        return sum(line.fee_cents for line in self.lines)

    @property
    def fees(self) -> dict[int, int]:
        """What was charged, in cents, by line number."""
        return {line.line_number: line.fee_cents for line in self.lines}

    @property
    def expected_cents(self) -> int | None:
        """Expected insurance over all lines; unknown as soon as one line's is."""
        total = 0
        for line in self.lines:
            if line.expected_insurance_cents is None:
                return None
            total += line.expected_insurance_cents
        return total
