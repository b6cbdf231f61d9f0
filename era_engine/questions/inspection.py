"""A file as read, in the shape of the outside contract: every value, every finding, no database."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from era_engine.custody.unpacking import container_kind, in_container, unpack
from era_engine.foundation.keys import NO_KEYS, Keyring
from era_engine.remittance.balance import balance_findings
from era_engine.remittance.conformance import conformance_findings
from era_engine.remittance.model import Adjustment, ClaimPayment, Dated, Remittance, ServiceLine
from era_engine.remittance.survey import not_used, read_payments, survey
from era_engine.settings.tables import Files
from era_engine.x12.finding import Finding
from era_engine.x12.source import examine

Record = dict[str, Any]


def inspect_path(path: Path, keyring: Keyring = NO_KEYS) -> Iterator[Record]:
    """What a file says; of a gzip or zip what each member says, and what is wrong with itself if anything is.

    Raises UsageError when it cannot be read at all.
    """
    source = examine(path, keyring)
    if container_kind(source) is None:
        yield inspect_file(path, keyring)
        return
    wrong = []
    with TemporaryDirectory(prefix="era-") as folder:
        for each in unpack(source, path.name, Path(folder), Files().largest_bytes):
            if isinstance(each, Finding):
                wrong.append(each)
            elif container_kind(examine(each.path)) is not None:
                yield _nothing_read(each.name, [in_container()])
            else:
                yield inspect_file(each.path) | {"file": each.name}
    if wrong:
        yield _nothing_read(path.name, wrong)


def _nothing_read(name: str, findings: list[Finding]) -> Record:
    return {"file": name, "interchanges": 0, "remittances": [], "findings": [each.record() for each in findings]}


def inspect_file(path: Path, keyring: Keyring = NO_KEYS) -> Record:
    """Everything a file says that is no gzip or zip, be it sealed. Raises UsageError when it cannot be read at all."""
    surveyed = survey(examine(path, keyring))
    findings = surveyed.all_findings()
    remittances = []
    for remittance, claims in read_payments(surveyed):
        read = []
        for claim in claims:
            findings += [*claim.findings, *balance_findings(claim)]
            read.append(_claim(claim))
            if remittance.rejected:
                findings.append(not_used(claim))
        remittances.append(_remittance(remittance, read))
    for remittance, advice in zip(surveyed.remittances, conformance_findings(surveyed, "report"), strict=True):
        if not remittance.rejected:  # of a cut one it would only tell what the cut took
            findings += advice
    findings.sort(key=lambda finding: finding.segment_number or 0)
    return {
        "file": path.name,
        "interchanges": len(surveyed.interchanges),
        "remittances": remittances,
        "findings": [finding.record() for finding in findings],
    }


def _remittance(remittance: Remittance, claims: list[Record]) -> Record:
    paid = remittance.payment
    payee = remittance.payee
    return {
        "trace_number": paid.trace_number or None,
        "originator": paid.originator or None,
        "payer": remittance.payer.name if remittance.payer else None,
        "payee_npi": payee.identifier if payee and payee.id_qualifier == "XX" else None,
        "payment_cents": paid.payment_cents,
        "payment_method": paid.method or None,
        "payment_date": _iso(paid.payment_date),
        "claims": claims,
        "provider_adjustments": [
            {"reason": each.reason, "reference": each.reference or None, "cents": each.cents}
            for each in remittance.provider_adjustments
        ],
    }


def _claim(claim: ClaimPayment) -> Record:
    patient = next((person for person in claim.people if person.role == "QC"), None)
    return {
        "claim_number": claim.claim_number,
        "status": claim.status,
        "charge_cents": claim.charge_cents,
        "paid_cents": claim.paid_cents,
        "patient_responsibility_cents": claim.patient_responsibility_cents,
        "payer_claim_number": claim.payer_claim_number or None,
        "patient": None
        if patient is None
        else {
            "last_name": patient.last_name or None,
            "first_name": patient.first_name or None,
            "identifier": patient.identifier or None,
        },
        "adjustments": _adjustments(claim.adjustments),
        "lines": [_line(line, claim) for line in claim.lines],
        "remarks": [remark for each in claim.adjudications for remark in each.remarks],
    }


def _line(line: ServiceLine, claim: ClaimPayment) -> Record:
    service_date = _first_day(line.dates, ("472", "150")) or _first_day(claim.dates, ("232", "472"))
    return {
        "procedure": line.procedure.code,
        "qualifier": line.procedure.qualifier,
        "submitted_procedure": line.submitted.code if line.submitted else None,
        "charge_cents": line.charge_cents,
        "paid_cents": line.paid_cents,
        "units": _number(line.units),
        "control_number": next((each.value for each in line.references if each.qualifier == "6R"), None),
        "service_date": service_date,
        "adjustments": _adjustments(line.adjustments),
        "remarks": list(line.remarks),
    }


def _adjustments(adjustments: tuple[Adjustment, ...]) -> list[Record]:
    return [{"group": each.group, "reason": each.reason, "cents": each.cents} for each in adjustments]


def _number(text: str | None) -> int | str | None:
    """A whole number of at most 15 digits (the standard's limit) as such; anything else as written, never rounded."""
    return int(text) if text is not None and len(text) <= 15 and text.isascii() and text.isdigit() else text


def _first_day(dates: tuple[Dated, ...], qualifiers: tuple[str, ...]) -> str | None:
    """A line's own date (472, or 150 of a range) overrides the claim's (232)."""
    for qualifier in qualifiers:
        for each in dates:
            if each.qualifier == qualifier and each.day is not None:
                return each.day.isoformat()
    return None


def _iso(day: object) -> str | None:
    return None if day is None else str(day)
