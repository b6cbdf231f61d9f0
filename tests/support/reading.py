"""Read a text the way the product does: written to a file, surveyed, then its claims streamed."""

from pathlib import Path
from typing import NamedTuple

from era_engine.remittance.balance import balance_findings
from era_engine.remittance.model import ClaimPayment, Remittance
from era_engine.remittance.survey import Survey, read_payments, survey
from era_engine.x12.finding import Finding
from era_engine.x12.source import examine


class Reading(NamedTuple):
    """`claims`: of all payments, in file order. `findings`: of the file, its payments and its claims."""

    surveyed: Survey
    claims: list[ClaimPayment]
    findings: list[Finding]

    @property
    def remittances(self) -> tuple[Remittance, ...]:
        return self.surveyed.remittances

    @property
    def remittance(self) -> Remittance:
        (only,) = self.surveyed.remittances
        return only

    @property
    def claim(self) -> ClaimPayment:
        (only,) = self.claims
        return only

    @property
    def claim_numbers(self) -> list[str]:
        return [claim.claim_number for claim in self.claims]

    @property
    def graded(self) -> list[tuple[str, str]]:
        """(severity, code) of every finding."""
        return [(finding.severity, finding.code) for finding in self.findings]

    def messages(self, code: str) -> list[str]:
        return [finding.message for finding in self.findings if finding.code == code]


def read_file(path: Path) -> Reading:
    surveyed = survey(examine(path))
    claims = [claim for _, claims in read_payments(surveyed) for claim in claims]
    findings = surveyed.all_findings()
    for claim in claims:
        findings += [*claim.findings, *balance_findings(claim)]
    findings.sort(key=lambda finding: finding.segment_number or 0)
    return Reading(surveyed, claims, findings)


def read(folder: Path, text: str | bytes) -> Reading:
    """Read a text from a file in the folder (a test's tmp_path); text is written as UTF-8."""
    path = folder / "remittance.835"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_file(path)
