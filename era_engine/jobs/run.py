"""The story of a run: every file through every stage, one payment at a time."""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain, count
from pathlib import Path
from typing import NamedTuple

from era_engine.acts.purge import FilesPurged, keep_to_setting
from era_engine.books.opened import Books, keep_versions, note_act
from era_engine.custody import quarantine, receiving
from era_engine.custody.answers import acknowledge, acknowledge_again, hear
from era_engine.custody.intake import FileLeft, examine_whole, files_to_read, in_inbox, readable_name
from era_engine.custody.places import clear_leftovers
from era_engine.custody.receiving import Received
from era_engine.custody.unpacking import container_kind, in_container, too_large, unpack
from era_engine.foundation.clock import now
from era_engine.foundation.errors import UsageError
from era_engine.foundation.stopping import Check, Stopped, go_on
from era_engine.home.keys import check_again
from era_engine.posting.payment import PaymentDone, PaymentRepeated, decide_payment
from era_engine.posting.reconsidering import PaymentReconsidered, reconsider
from era_engine.remittance.conformance import conformance_findings, is_used
from era_engine.remittance.model import ClaimPayment, Remittance
from era_engine.remittance.survey import Survey, claims_again, not_used, read_payments, survey
from era_engine.store.custody import files
from era_engine.store.database import until_unblocked
from era_engine.x12.finding import Finding


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


Event = FileLeft | FileOpened | PaymentDone | PaymentRepeated | PaymentReconsidered | FileDone | FilesPurged


def run(books: Books, paths: Iterable[Path] | None, check: Check = go_on) -> Iterator[Event]:
    """Read, decide and post every file; each event tells what is done and safe.

    paths: files and folders, listed when it is this run's turn; None: the inbox.
    check: called before each file and payment is begun; what it raises ends the run there, and the next one goes on.
    Raises LockedError when another run holds the home, SettingsError where its key was changed since it was opened,
    UsageError for a path that does not exist.
    """
    with books.home.locked():
        check_again(books.home)
        meant = files_to_read(books.home, paths)
        keep_versions(books)
        note_act(books, "run", {"files": len(meant.files)})
        clear_leftovers(books.home, books.database)
        quarantine.renew_notes(books.home, books.database)
        yield from meant.left
        # First what was received first: which of two versions of a payment is posted depends on the order.
        begun = receiving.interrupted(books.home, books.database, [*meant.files, *in_inbox(books.home)])
        broke: Exception | None = None
        for each in begun:
            check()
            try:
                received = receiving.take_up(books.home, books.database, each)
                if received is not None:
                    yield from _work_on(books, received, check)
            except Stopped:
                raise
            except Exception as error:  # noqa: BLE001 - one that breaks a run keeps no other waiting; raised below
                broke = broke or error
        taken_up = {each.path for each in begun}
        for path in meant.files:
            if path in taken_up:
                continue
            check()
            try:
                received = receiving.receive(books.home, books.database, path)
            except UsageError as error:  # it stays where it is; the other files are not to wait for it
                yield _unreadable(path, error)
                continue
            if received is None:
                yield FileLeft(readable_name(path), "being-written")
            else:
                yield from _work_on(books, received, check)
        yield from reconsider(books, check)
        yield from keep_to_setting(books)
        if broke is not None:
            raise broke


def requeue(books: Books, names: Iterable[str], by: str | None, check: Check = go_on) -> Iterator[Event]:
    """Work on quarantined files again: those named, as they lie in quarantine, or all of it where none is named.

    Raises LockedError as a run does, and UsageError, before anything is done, for a name that is not there or a file
    that is not what was received. Of all, such a file is told and stays as it is.
    """
    with books.home.locked():
        check_again(books.home)
        named = quarantine.quarantined_by_name(books.home, books.database, names)
        for row in named:
            quarantine.unchanged(books.home, row)
        keep_versions(books)
        for row in named or quarantine.quarantined(books.home, books.database):
            check()
            try:
                received = quarantine.take_back(books.home, books.database, row, by)
            except UsageError as error:
                yield _unreadable(Path(row.name), error)
                continue
            yield from _work_on(books, received, check)
        yield from reconsider(books, check)


def rehearse(books: Books, paths: Iterable[Path] | None, check: Check = go_on) -> Iterator[Event]:
    """The same, but nothing is kept: no row, no entry, no file moved."""
    with books.home.locked(), books.database.rehearsing():
        keep_versions(books)
        meant = files_to_read(books.home, paths)
        yield from meant.left
        for path in meant.files:
            check()
            try:
                source = examine_whole(path, books.home.keyring)
            except UsageError as error:
                yield _unreadable(path, error)
                continue
            if source is None:
                yield FileLeft(readable_name(path), "being-written")
                continue
            with books.database.writing() as connection:
                same = files.files_with_content(connection, source.sha256)
                repeats = next((row for row in same if row.state == "archived"), None)
                row = files.receive_file(connection, books.home.identity, source, readable_name(path), None, now())
            yield from _work_on(books, Received(row, source, repeats), check)
        yield from reconsider(books, check)


def _work_on(books: Books, received: Received, check: Check) -> Iterator[Event]:
    if received.repeats is not None:
        if received.row.stored_as is not None and container_kind(received.source) is None:
            acknowledge_again(books.home, books.database, received, books.settings.conformance)
        receiving.settle(books.home, books.database, received, "duplicate", ())
        yield FileDone(received.row.name, "duplicate", (), received.repeats.name)
    elif received.source.size > books.settings.files.largest_bytes:
        yield _put_aside(books, received, too_large(books.settings.files.largest_bytes))
    elif container_kind(received.source) is None:
        yield from _read(books, received, check)
    elif received.row.unpacked_from is None:
        yield from _unpack(books, received, check)
    else:
        yield _put_aside(books, received, in_container())


def _unpack(books: Books, received: Received, check: Check) -> Iterator[Event]:
    """Each member of a gzip or zip file becomes a file of its own; the container ends when all of them have."""
    row, wrong = received.row, []
    with receiving.room_to_unpack(books.home, row) as folder:
        for each in unpack(received.source, row.name, folder, books.settings.files.largest_bytes):
            if isinstance(each, Finding):
                wrong.append(each)
                continue
            member = receiving.receive_member(books.home, books.database, row, each)
            if member is not None:
                yield from _work_on(books, member, check)
    if wrong:
        yield _put_aside(books, received, *wrong)
    else:
        receiving.settle(books.home, books.database, received, "archived", ())
        yield FileDone(row.name, "archived", (), None)


def _put_aside(books: Books, received: Received, *findings: Finding) -> FileDone:
    receiving.settle(books.home, books.database, received, "quarantined", findings)
    return FileDone(received.row.name, "quarantined", findings, None)


def _read(books: Books, received: Received, check: Check) -> Iterator[Event]:
    name = received.row.name
    surveyed = survey(received.source)
    yield FileOpened(name, sum(each.claim_count for each in surveyed.remittances))
    findings = list(surveyed.all_findings())
    heard = hear(surveyed)
    repeated, payments = 0, 0
    advice = conformance_findings(surveyed, books.settings.conformance)
    for (remittance, claims), conformance in zip(read_payments(surveyed), advice, strict=True):
        check()
        findings += conformance
        claims = heard.listen(remittance, conformance, claims)
        if not is_used(remittance, conformance):
            findings += map(not_used, claims)
            continue
        payments += 1
        streams = chain([claims], (claims_again(surveyed, remittance) for _ in count()))
        event = until_unblocked(partial(_decide, books, received.row, remittance, conformance, streams))
        repeated += isinstance(event, PaymentRepeated)
        for _ in claims:  # those of a payment that was done before, which the answer to its sender speaks of
            pass
        if event is not None:
            yield event
    acknowledge(books.home, books.database, received, heard)
    state = _state(surveyed, findings, payments, repeated)
    receiving.settle(books.home, books.database, received, state, findings)
    yield FileDone(name, state, tuple(findings), None)


def _decide(
    books: Books,
    file: files.FileRow,
    remittance: Remittance,
    conformance: tuple[Finding, ...],
    streams: Iterator[Iterator[ClaimPayment]],
) -> PaymentDone | PaymentRepeated | None:
    """`streams`: the payment's claims, anew for each try."""
    return decide_payment(books, file, remittance, conformance, next(streams))


def _unreadable(path: Path, error: UsageError) -> FileDone:
    finding = Finding("unreadable-file", "reject", str(error))
    return FileDone(readable_name(path), "quarantined", (finding,), None)


def _state(surveyed: Survey, findings: list[Finding], payments: int, repeated: int) -> files.State:
    """Anything unusable puts the file aside for a person; its whole payments are done all the same."""
    if surveyed.rejected or any(each.severity == "reject" for each in findings):
        return "quarantined"
    return "duplicate" if payments and repeated == payments else "archived"
