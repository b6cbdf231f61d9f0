"""One received file through every stage: unpacked or read, its payments decided, answered, and settled."""

from collections.abc import Iterator
from functools import partial
from itertools import chain, count
from pathlib import Path
from typing import NamedTuple

from era_engine.books.opened import Books
from era_engine.custody import receiving
from era_engine.custody.answers import acknowledge, acknowledge_again, hear
from era_engine.custody.intake import readable_name
from era_engine.custody.receiving import Received
from era_engine.custody.unpacking import container_kind, in_container, too_large, unpack
from era_engine.foundation.errors import UsageError
from era_engine.foundation.stopping import Check
from era_engine.posting.payment import PaymentDone, PaymentRepeated, decide_payment
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


FileEvent = FileOpened | PaymentDone | PaymentRepeated | FileDone


def work_on(books: Books, received: Received, check: Check) -> Iterator[FileEvent]:
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


def _unpack(books: Books, received: Received, check: Check) -> Iterator[FileEvent]:
    """Each member of a gzip or zip file becomes a file of its own; the container ends when all of them have."""
    row, wrong = received.row, []
    with receiving.room_to_unpack(books.home, row) as folder:
        for each in unpack(received.source, row.name, folder, books.settings.files.largest_bytes):
            if isinstance(each, Finding):
                wrong.append(each)
                continue
            member = receiving.receive_member(books.home, books.database, row, each)
            if member is not None:
                yield from work_on(books, member, check)
    if wrong:
        yield _put_aside(books, received, *wrong)
    else:
        receiving.settle(books.home, books.database, received, "archived", ())
        yield FileDone(row.name, "archived", (), None)


def _put_aside(books: Books, received: Received, *findings: Finding) -> FileDone:
    receiving.settle(books.home, books.database, received, "quarantined", findings)
    return FileDone(received.row.name, "quarantined", findings, None)


def _read(books: Books, received: Received, check: Check) -> Iterator[FileEvent]:
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


def unreadable(path: Path, error: UsageError) -> FileDone:
    finding = Finding("unreadable-file", "reject", str(error))
    return FileDone(readable_name(path), "quarantined", (finding,), None)


def _state(surveyed: Survey, findings: list[Finding], payments: int, repeated: int) -> files.State:
    """Anything unusable puts the file aside for a person; its whole payments are done all the same."""
    if surveyed.rejected or any(each.severity == "reject" for each in findings):
        return "quarantined"
    return "duplicate" if payments and repeated == payments else "archived"
