"""Does a claim payment add up? A positive adjustment reduces the payment; AMT never takes part (RFI 2601).

Line: SVC02 less its adjustments is SVC03. Claim: CLP03 less claim and line adjustments is CLP04
(005010X221A1 section 1.10.2.1; the same adjustment never stands at both levels, different ones may, RFI 358, 689).
The payment as a whole is balanced in `survey`.
"""

from era_engine.foundation.money import dollars
from era_engine.remittance.model import REVERSAL, Adjustment, ClaimPayment, ServiceLine
from era_engine.x12.finding import Finding


def balance_findings(claim: ClaimPayment) -> list[Finding]:
    """Findings `line-out-of-balance`, `claim-out-of-balance` and `negative-line-payment`; none when all adds up.

    Where an amount is unreadable there is nothing to add up; `malformed-amount` has named it already.
    """
    findings: list[Finding] = []
    adjusted: int | None = _sum(claim.adjustments)
    for line in claim.lines:
        of_line = _sum(line.adjustments)
        adjusted = None if adjusted is None or of_line is None else adjusted + of_line
        if line.charge_cents is None or line.paid_cents is None or of_line is None:
            continue
        if line.paid_cents < 0 and claim.status != REVERSAL:
            findings.append(_takes_money(line, line.paid_cents))
        if line.charge_cents - of_line != line.paid_cents:
            findings.append(_line_off(line, line.charge_cents, of_line, line.paid_cents))
    if claim.charge_cents is None or claim.paid_cents is None or adjusted is None:
        return findings
    if claim.charge_cents - adjusted != claim.paid_cents:
        findings.append(
            Finding(
                "claim-out-of-balance",
                "hold",
                f"Claim {claim.claim_number}: charge {dollars(claim.charge_cents)} minus adjustments"
                f" {dollars(adjusted)} is {dollars(claim.charge_cents - adjusted)}, but {dollars(claim.paid_cents)}"
                f" was paid.",
                claim.segment_number,
            )
        )
    return findings


def _takes_money(line: ServiceLine, paid: int) -> Finding:
    return Finding(
        "negative-line-payment",
        "hold",
        f"Line {line.procedure.code} pays {dollars(paid)}, but the claim is not a reversal (status 22).",
        line.segment_number,
    )


def _sum(adjustments: tuple[Adjustment, ...]) -> int | None:
    total = 0
    for adjustment in adjustments:
        if adjustment.cents is None:
            return None
        total += adjustment.cents
    return total


def _line_off(line: ServiceLine, charge: int, adjusted: int, paid: int) -> Finding:
    return Finding(
        "line-out-of-balance",
        "hold",
        f"Line {line.procedure.code}: charge {dollars(charge)} minus adjustments {dollars(adjusted)} is"
        f" {dollars(charge - adjusted)}, but {dollars(paid)} was paid.",
        line.segment_number,
    )
