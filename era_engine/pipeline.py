"""The story of a run: every file through every stage, one payment at a time."""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain, count
from pathlib import Path
from typing import NamedTuple

from era_engine import custody, judging
from era_engine.clock import now
from era_engine.custody import Received
from era_engine.errors import UsageError
from era_engine.judging import PaymentDone, PaymentRepeated
from era_engine.office import Office, keep_versions, note_act
from era_engine.reconsidering import PaymentReconsidered, reconsider
from era_engine.remittance.conformance import conformance_findings
from era_engine.remittance.model import ClaimPayment, Remittance
from era_engine.remittance.survey import Survey, claims_again, not_used, read_payments, survey
from era_engine.stopping import Check, go_on
from era_engine.store import files
from era_engine.store.database import until_unblocked
from era_engine.x12.finding import Finding
from era_engine.x12.source import examine


class FileOpened(NamedTuple):
    """A file has been surveyed and its claims come next."""

    name: str
    claim_count: int


class FileDone(NamedTuple):
    """How a file ended: `archived`, `quarantined` or `duplicate` (then `duplicate_of` names the first)."""

    name: str
    state: files.State
    findings: tuple[Finding, ...]
    duplicate_of: str | None


Event = FileOpened | PaymentDone | PaymentRepeated | PaymentReconsidered | FileDone


def run(office: Office, paths: Iterable[Path] | None, check: Check = go_on) -> Iterator[Event]:
    """Read, decide and post every file; each event tells what is done and safe.

    paths: files and folders, listed when it is this run's turn; None: the inbox.
    check: called before each file and payment is begun; what it raises ends the run there, and the next one goes on.
    Raises LockedError when another run holds the home, UsageError for a path that does not exist.
    """
    with office.home.locked():
        to_read = custody.files_to_read(office.home, paths)
        keep_versions(office)
        note_act(office, "run", {"files": len(to_read)})
        for path in to_read:
            check()
            try:
                received = custody.receive(office.home, office.database, path)
            except UsageError as error:  # it stays where it is; the other files are not to wait for it
                yield _unreadable(path, error)
                continue
            yield from _work_on(office, received, check)
        for received in custody.interrupted(office.home, office.database):
            check()
            yield from _work_on(office, received, check)  # last, so that one that breaks a run keeps no other waiting
        yield from reconsider(office, check)


def rehearse(office: Office, paths: Iterable[Path] | None, check: Check = go_on) -> Iterator[Event]:
    """The same, but nothing is kept: no row, no entry, no file moved."""
    with office.home.locked(), office.database.rehearsing():
        keep_versions(office)
        for path in custody.files_to_read(office.home, paths):
            check()
            try:
                source = examine(path)
            except UsageError as error:
                yield _unreadable(path, error)
                continue
            with office.database.writing() as connection:
                same = files.files_with_content(connection, source.sha256)
                repeats = next((row for row in same if row.state == "archived"), None)
                row = files.receive_file(
                    connection, office.home.identity, source, custody.readable_name(path), None, now()
                )
            yield from _work_on(office, Received(row, source, repeats), check)
        yield from reconsider(office, check)


def _work_on(office: Office, received: Received, check: Check) -> Iterator[Event]:
    name = received.row.name
    if received.repeats is not None:
        custody.settle(office.home, office.database, received, "duplicate", ())
        yield FileDone(name, "duplicate", (), received.repeats.name)
        return
    surveyed = survey(received.source)
    yield FileOpened(name, sum(each.claim_count for each in surveyed.remittances))
    findings = list(surveyed.all_findings())
    repeated, payments = 0, 0
    advice = conformance_findings(surveyed, office.settings.conformance)
    for (remittance, claims), conformance in zip(read_payments(surveyed), advice, strict=True):
        check()
        findings += conformance
        if remittance.rejected or any(each.severity == "reject" for each in conformance):
            findings += map(not_used, claims)
            continue
        payments += 1
        streams = chain([claims], (claims_again(surveyed, remittance) for _ in count()))
        event = until_unblocked(partial(_decide, office, received.row, remittance, conformance, streams))
        repeated += isinstance(event, PaymentRepeated)
        if event is not None:
            yield event
    state = _state(surveyed, findings, payments, repeated)
    custody.settle(office.home, office.database, received, state, findings)
    yield FileDone(name, state, tuple(findings), None)


def _decide(
    office: Office,
    file: files.FileRow,
    remittance: Remittance,
    conformance: tuple[Finding, ...],
    streams: Iterator[Iterator[ClaimPayment]],
) -> PaymentDone | PaymentRepeated | None:
    """`streams`: the payment's claims, anew for each try."""
    return judging.decide_payment(office, file, remittance, conformance, next(streams))


def _unreadable(path: Path, error: UsageError) -> FileDone:
    finding = Finding("unreadable-file", "reject", str(error))
    return FileDone(custody.readable_name(path), "quarantined", (finding,), None)


def _state(surveyed: Survey, findings: list[Finding], payments: int, repeated: int) -> files.State:
    """Anything unusable puts the file aside for a person; its whole payments are done all the same."""
    if surveyed.rejected or any(each.severity == "reject" for each in findings):
        return "quarantined"
    return "duplicate" if payments and repeated == payments else "archived"
