"""What an 835 says, as frozen values. Names are the field's; segment names stop at this door.

Money is in cents; None means the file did not say, or said it unreadably (then there is a finding), never zero.
Source of every shape: the 005010X221A1 implementation guide; the segment is named beside each value.
"""

from datetime import date
from typing import NamedTuple

from era_engine.x12.finding import Finding
from era_engine.x12.tokens import Separators

# Claim status (CLP02) of a reversal. It repeats the old claim with every amount negated (RFI 1147), so it is compared
# with what it reverses, not with the claim, and a payment posted before is just what it needs.
REVERSAL = "22"

# Claim statuses that carry no payment: an estimate of what would be paid, and a claim that this payer only sent on.
PREDETERMINATION, FORWARDED_UNPROCESSED = "25", "23"
NEVER_POSTED = frozenset([PREDETERMINATION, FORWARDED_UNPROCESSED])


class Adjustment(NamedTuple):
    """One (reason, amount, quantity) of a CAS; positive reduces the payment."""

    group: str  # CO, PR, OA, PI; CR is read though 5010 dropped it
    reason: str  # claim adjustment reason code
    cents: int | None
    quantity: str | None


class Reference(NamedTuple):
    """REF."""

    qualifier: str
    value: str


class Dated(NamedTuple):
    """DTM; `day` is None where the file carries a placeholder such as 00000000."""

    qualifier: str
    day: date | None


class QualifiedAmount(NamedTuple):
    """AMT: information only, never part of any balance (RFI 2601)."""

    qualifier: str
    cents: int | None


class Quantity(NamedTuple):
    """QTY; the number as written."""

    qualifier: str
    quantity: str


class Contact(NamedTuple):
    """PER: function code, name, and (qualifier, number) pairs."""

    function: str
    name: str
    numbers: tuple[tuple[str, str], ...]


class Party(NamedTuple):
    """An N1 loop: the payer (PR) or the payee (PE)."""

    role: str
    name: str
    id_qualifier: str  # XX is an NPI, FI a tax id
    identifier: str
    address: tuple[str, ...]
    references: tuple[Reference, ...]
    contacts: tuple[Contact, ...]


class Person(NamedTuple):
    """NM1 in a claim.

    Roles: QC patient, IL subscriber, 74 corrected, 82 rendering provider, TT crossover carrier, PR priority payer,
    GB other subscriber.
    """

    role: str
    entity_type: str
    last_name: str
    first_name: str
    middle_name: str
    suffix: str
    id_qualifier: str
    identifier: str


class Adjudication(NamedTuple):
    """MIA (inpatient) or MOA (outpatient) as written, and its remark codes."""

    kind: str
    elements: tuple[str, ...]
    remarks: tuple[str, ...]


class Procedure(NamedTuple):
    """A composite procedure identifier (SVC01, SVC06)."""

    qualifier: str  # AD is dental
    code: str
    modifiers: tuple[str, ...]
    description: str


class ServiceLine(NamedTuple):
    """An SVC loop."""

    procedure: Procedure  # what was adjudicated
    submitted: Procedure | None  # what was submitted, where it differs
    charge_cents: int | None
    paid_cents: int | None
    revenue_code: str
    units: str | None  # paid units, as written
    submitted_units: str | None
    adjustments: tuple[Adjustment, ...]
    dates: tuple[Dated, ...]
    references: tuple[Reference, ...]
    amounts: tuple[QualifiedAmount, ...]
    quantities: tuple[Quantity, ...]
    remarks: tuple[str, ...]
    segment_number: int


class ProviderSummary(NamedTuple):
    """LX with its TS3 and TS2, as written: totals for a provider, information only."""

    number: str
    totals: tuple[str, ...]
    inpatient_totals: tuple[str, ...]


class ClaimPayment(NamedTuple):
    """A CLP loop: what the payer decided on one claim."""

    claim_number: str
    status: str
    charge_cents: int | None
    paid_cents: int | None
    patient_responsibility_cents: int | None
    filing_code: str
    payer_claim_number: str
    facility_code: str
    frequency_code: str
    adjustments: tuple[Adjustment, ...]
    people: tuple[Person, ...]
    adjudications: tuple[Adjudication, ...]
    references: tuple[Reference, ...]
    dates: tuple[Dated, ...]
    contacts: tuple[Contact, ...]
    amounts: tuple[QualifiedAmount, ...]
    quantities: tuple[Quantity, ...]
    lines: tuple[ServiceLine, ...]
    summary: ProviderSummary | None
    findings: tuple[Finding, ...]
    segment_number: int
    source: str  # the loop's own segments, verbatim, so that it can be read again at any time


class ProviderAdjustment(NamedTuple):
    """One (reason, reference, amount) of a PLB; positive reduces the payment."""

    provider: str
    fiscal_date: date | None
    reason: str
    reference: str
    cents: int | None


class Payment(NamedTuple):
    """BPR and TRN: the money, and the number that ties it to the bank's."""

    handling_code: str
    payment_cents: int | None
    credit_or_debit: str
    method: str  # ACH, CHK, NON, …
    payment_date: date | None
    trace_number: str
    originator: str


class Remittance(NamedTuple):
    """One transaction set: one payment and everything on it except its claims, which are streamed.

    `findings` are those of the payment as a whole; `rejected` means no claim of it may be used.
    """

    payment: Payment
    payer: Party | None
    payee: Party | None
    references: tuple[Reference, ...]
    dates: tuple[Dated, ...]
    provider_adjustments: tuple[ProviderAdjustment, ...]
    claim_count: int
    claims_paid_cents: int | None
    claim_number_counts: dict[str, int]  # how many claim payments name each claim, where it is more than one
    control_number: str
    separators: Separators
    fingerprint: str  # sha256 of the content between ST and SE, whatever the separators or line ends
    findings: tuple[Finding, ...]
    rejected: bool
    first_segment: int
    last_segment: int
