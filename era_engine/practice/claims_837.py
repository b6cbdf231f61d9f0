"""Our claims from X12 837 files, dental (005010X224) and professional (005010X222), as the practice sent them.

Read are, and nothing else: CLM01, 02, 05-3, 19; SBR01; NM1 and DMG of subscriber (IL) and patient (QC); NM1 of payer
(PR), billing provider (85) and the claim's service facility (77); how many other plans the claim names (2320); LX01;
SV3 or SV1; DTP*472; REF*6R. All or nothing of a file; faults name the segment and nothing of the patient.
"""

from datetime import date
from pathlib import Path
from typing import NamedTuple

from era_engine.foundation.money import dollars
from era_engine.practice.file_faults import FileFaults
from era_engine.practice.identity import derived_patient_id
from era_engine.practice.loops_837 import SERVICES, ClaimLoop, claim_loops, element
from era_engine.practice.model import Claim, ProcedureLine
from era_engine.practice.parties_837 import PartyReader
from era_engine.practice.values_837 import Values, units
from era_engine.x12.finding import Finding
from era_engine.x12.reader import Reader, Segment, TransactionSet
from era_engine.x12.source import examine

_PREDETERMINATION = "PB"  # CLM19
_TO_BE_PAID, _VOID = ("", "1", "6", "7"), "8"  # CLM05-3: original, corrected, replacement; void
_LONGEST_CLAIM_NUMBER = 20  # 837 guides, CLM01: what a payer must be able to return in CLP01
_SERVICE_OF = {"005010X224": "SV3", "005010X222": "SV1"}


class SentClaims(NamedTuple):
    """What an 837 file says: claims to be paid; numbers of claims taken back (CLM05-3 = 8); estimates asked for.

    The claims' patient ids are derived (`identity`); no expected amount is known yet.
    """

    claims: tuple[Claim, ...]
    voided: tuple[str, ...]
    predeterminations: int


def is_x12(path: Path) -> bool:
    """Whether a file begins like an X12 interchange, after a byte order mark or blanks; False when it is no file."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        start = file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip(b"\x00 \t\r\n")
    separator = start[3:4]
    return start[:3].upper() == b"ISA" and separator != b"," and not separator.isalnum()


def read_sent_claims(path: Path) -> SentClaims:
    """The claims of an 837 file in file order, money in cents.

    Raises ClaimsFileError that lists what is wrong by segment and element where anything at all is wrong, and
    UsageError where the file cannot be read.
    """
    faults = FileFaults(path, "Fix this in the system that wrote the file, export it again and import that")
    reader = Reader(examine(path).chunks())
    found = _Found()
    findings: list[Finding] = []
    for transaction in reader:
        service = _service_of(transaction, faults)
        if service is not None:
            claim_reader = _ClaimReader(found, Values(faults, transaction.separators.component), service)
            for loop in claim_loops(transaction, faults):
                claim_reader.take(loop)
        findings += transaction.findings
    findings += [finding for each in reader.interchanges for finding in each.findings]
    findings += [finding for each in reader.groups for finding in each.findings]
    for finding in sorted(findings + reader.findings, key=lambda each: each.segment_number or 0):
        if finding.severity != "warn":
            faults.add(f"segment {finding.segment_number}", _without_remedy(finding.message))
    if not faults.count and not (found.claims or found.voided or found.predeterminations):
        faults.add("segment 1", "there is no claim (CLM) in the file")
    if faults.count:
        raise faults.error()
    return SentClaims(tuple(found.claims), tuple(found.voided), found.predeterminations)


def _service_of(transaction: TransactionSet, faults: FileFaults) -> str | None:
    """The segment that tells a line's procedure in this kind of 837; None and a fault for kinds that are not read."""
    place = f"segment {transaction.position}, ST"
    if transaction.kind != "837":
        told = " (`era run` reads remittances)" if transaction.kind == "835" else ""
        faults.add(place, f'the transaction set is of kind "{transaction.kind[:3]}"{told}; claims come in an 837')
        return None
    header = [*transaction.header.split(transaction.separators.element), "", "", ""]
    version = header[3].strip() or (transaction.group.version.strip() if transaction.group else "")
    service = _SERVICE_OF.get(version[:10])
    if service is None:
        kind = "institutional (837I)" if version.startswith("005010X223") else f'of version "{version[:12]}"'
        faults.add(
            place, f"the claims are {kind}; only dental (005010X224) and professional (005010X222) ones can be read"
        )
    return service


def _without_remedy(message: str) -> str:
    """The first sentence: the rest tells what to do about a remittance."""
    return message.partition(". ")[0].rstrip(".")


class _Found:
    """What the transaction sets of one file have told so far."""

    def __init__(self) -> None:
        self.claims: list[Claim] = []
        self.voided: list[str] = []
        self.predeterminations = 0
        self.positions: dict[str, int] = {}  # of each claim number


class _ClaimReader:
    """The claims of one transaction set. `service` is the segment of its lines: SV3 or SV1."""

    def __init__(self, found: _Found, values: Values, service: str) -> None:
        self.found, self.values, self.service = found, values, service
        self.parties = PartyReader(values)

    def take(self, loop: ClaimLoop) -> None:
        """Add a claim, a void or a predetermination, which asks for an estimate and is never paid (RFI 1941)."""
        clm, values = loop.segments[0], self.values
        if element(clm, 19) == _PREDETERMINATION:
            self.found.predeterminations += 1
            return
        number = values.text(clm, 1, "the claim number", _LONGEST_CLAIM_NUMBER) or ""
        before = self.found.positions.setdefault(number, clm.position)
        if number and before != clm.position:
            values.fault(clm, 1, f"repeats the claim number of segment {before}; a payment could be for either claim")
        frequency = values.composite(clm, 5)[2]
        if frequency == _VOID:
            self.found.voided.append(number)
            return
        if frequency not in _TO_BE_PAID:
            values.fault(clm, 5, "the third part must be 1 (original), 7 (replacement) or 8 (void)")
        claim = self._claim(loop, number)
        if claim is not None:
            self.found.claims.append(claim)

    def _claim(self, loop: ClaimLoop, number: str) -> Claim | None:
        clm, values = loop.segments[0], self.values
        total = values.amount(clm, 2, "the claim's charge")
        lines = self._lines(loop)
        plan = self.parties.plan(loop.level)
        patient = self.parties.patient(loop.level)
        location = self.parties.location(loop)
        if plan is None or patient is None or location is None or lines is None or total is None:
            return None
        sum_of_lines = sum(line.fee_cents for line in lines)
        if total != sum_of_lines:
            values.fault(clm, 2, f"the charge is {dollars(total)}, but its lines add up to {dollars(sum_of_lines)}")
        return Claim(
            number,
            derived_patient_id(patient.last_name, patient.first_name, patient.birth_date, plan.member_id),
            patient.last_name,
            patient.first_name,
            patient.birth_date,
            plan.member_id,
            max(1 + loop.other_plans, plan.plan_ordinal),
            plan.plan_ordinal,
            plan.payer_id,
            plan.payer_name,
            location,
            tuple(lines),
            "837",
        )

    def _lines(self, loop: ClaimLoop) -> list[ProcedureLine] | None:
        """The claim's lines by line number; None and faults where one cannot be read."""
        clm = loop.segments[0]
        if not loop.lines:
            self.values.fault(clm, 0, "the claim has no lines (LX)")
            return None
        read = [self._line(segments, loop) for segments in loop.lines]
        lines = sorted((line for line in read if line is not None), key=lambda line: line.line_number)
        if len({line.line_number for line in lines}) < len(lines):
            self.values.fault(clm, 0, "two lines of the claim have the same number (LX01)")
            return None
        return lines if len(lines) == len(read) else None

    def _line(self, segments: list[Segment], loop: ClaimLoop) -> ProcedureLine | None:
        lx, values = segments[0], self.values
        line_number = values.number(lx, 1, "a line number")
        services = [segment for segment in segments if segment.tag in SERVICES]
        if [segment.tag for segment in services] != [self.service]:
            told = ", ".join(segment.tag for segment in services) or "nothing"
            values.fault(lx, 0, f"one {self.service} must tell the line's procedure; found {told}")
            return None
        (service,) = services
        code = values.composite(service, 1)[1]
        if not code or len(code) > 48 or not code.isprintable():
            values.fault(service, 1, "holds no procedure code; it is the second part, after a qualifier such as AD")
        fee_cents = values.amount(service, 2, "the line's charge")
        service_date = self._service_date(lx, segments, loop)
        if line_number is None or not code or fee_cents is None or service_date is None:
            return None
        return ProcedureLine(
            line_number,
            code,
            service_date,
            fee_cents,
            expected_insurance_cents=None,
            expected_write_off_cents=None,
            control_number=self._control_number(segments),
            units=self._units(service),
        )

    def _control_number(self, segments: list[Segment]) -> str | None:
        """As the payer must return it, leading zeros and all (REF*6R; RFI 1684, 2224)."""
        for segment in segments:
            if segment.tag == "REF" and element(segment, 1) == "6R" and element(segment, 2):
                return self.values.text(segment, 2, "the line control number")
        return None

    def _service_date(self, lx: Segment, segments: list[Segment], loop: ClaimLoop) -> date | None:
        """The line's own, else the claim's (DTP*472; dental claims have it at either level)."""
        for segment in (*segments, *loop.segments):
            if segment.tag == "DTP" and element(segment, 1) == "472":
                return self.values.service_date(segment)
        self.values.fault(lx, 0, "no date of service (DTP*472), neither of the line nor of the claim")
        return None

    def _units(self, service: Segment) -> int | None:
        """SV306; SV104 where that counts units (SV103) and not minutes."""
        if self.service == "SV3":
            return units(element(service, 6))
        return units(element(service, 4)) if element(service, 3) in ("UN", "") else None
