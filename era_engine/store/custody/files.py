"""Files in our custody and the payments read from them."""

import json
from collections.abc import Iterable
from typing import Literal, NamedTuple

from sqlalchemy import Connection, insert, select, update

from era_engine.remittance.model import Remittance
from era_engine.store.bulk import insert_unless_there
from era_engine.store.schema import files, payments, repeated_payments
from era_engine.x12.finding import Finding
from era_engine.x12.source import Source

State = Literal["received", "archived", "quarantined", "duplicate"]


class FileRow(NamedTuple):
    """A file we took custody of; `stored_as` is relative to the home, `unpacked_from` the id of its gzip or zip.

    `purged_at`: since when its bytes are gone by the practice's own wish.
    """

    id: int
    home: str
    name: str
    sha256: str
    state: State
    stored_as: str | None
    duplicate_of: int | None
    unpacked_from: int | None = None
    purged_at: str | None = None


class PaymentRow(NamedTuple):
    """A payment read before."""

    id: int
    file_id: int
    first_segment: int
    file_name: str
    trace_number: str


_FILE = select(*(files.c[name] for name in FileRow._fields))


def files_with_content(connection: Connection, sha256: str) -> list[FileRow]:
    """Files of exactly these bytes, oldest first."""
    return [FileRow(*row) for row in connection.execute(_FILE.where(files.c.sha256 == sha256).order_by(files.c.id))]


def member_known(connection: Connection, container: FileRow, name: str, sha256: str) -> FileRow | None:
    """The file of this name and these bytes that was received from a container before."""
    query = _FILE.where(files.c.unpacked_from == container.id, files.c.name == name, files.c.sha256 == sha256)
    row = connection.execute(query.limit(1)).first()
    return FileRow(*row) if row else None


def unfinished_files(connection: Connection, home: str) -> list[FileRow]:
    """Files that this home received, but whose work was interrupted."""
    return [
        FileRow(*row)
        for row in connection.execute(
            _FILE.where(files.c.state == "received", files.c.home == home).order_by(files.c.id)
        )
    ]


def every_file(connection: Connection, home: str) -> list[FileRow]:
    """Every file this home received, oldest first."""
    query = _FILE.where(files.c.home == home).order_by(files.c.id)
    return [FileRow(*row) for row in connection.execute(query)]


def quarantined_files(connection: Connection, home: str) -> list[FileRow]:
    """Files that lie in this home's quarantine, oldest first."""
    query = _FILE.where(files.c.state == "quarantined", files.c.home == home, files.c.stored_as.is_not(None))
    query = query.where(files.c.purged_at.is_(None))
    return [FileRow(*row) for row in connection.execute(query.order_by(files.c.id))]


def file_of(connection: Connection, file_id: int) -> FileRow:
    return FileRow(*connection.execute(_FILE.where(files.c.id == file_id)).one())


def received_at(connection: Connection, file_id: int) -> str:
    """When a file was written down as received, in UTC: 2026-11-02T09:00:00Z."""
    query = select(files.c.received_at).where(files.c.id == file_id)
    at: str = connection.execute(query).scalar_one()
    return at


def name_in_use(connection: Connection, home: str, stored_as: tuple[str, ...]) -> bool:
    """Whether a file is kept under one of these names."""
    query = select(files.c.id).where(files.c.home == home, files.c.stored_as.in_(stored_as))
    return connection.execute(query.limit(1)).first() is not None


def receive_file(
    connection: Connection,
    home: str,
    source: Source,
    name: str,
    stored_as: str | None,
    received_at: str,
    state: State = "received",
    duplicate_of: int | None = None,
    unpacked_from: int | None = None,
) -> FileRow:
    """Write down that a file came in, by itself or in a container."""
    row = {
        "home": home,
        "name": name,
        "sha256": source.sha256,
        "size": source.size,
        "state": state,
        "received_at": received_at,
        "stored_as": stored_as,
        "duplicate_of": duplicate_of,
        "findings": "[]",
        "unpacked_from": unpacked_from,
    }
    file_id = connection.execute(insert(files).returning(files.c.id), row).scalar_one()
    return FileRow(file_id, home, name, source.sha256, state, stored_as, duplicate_of, unpacked_from)


def receive_again(connection: Connection, row: FileRow, stored_as: str, duplicate_of: int | None) -> FileRow:
    """Write down that a file put aside is to be worked on once more."""
    again = row._replace(state="received", stored_as=stored_as, duplicate_of=duplicate_of)
    values = {"state": again.state, "stored_as": stored_as, "duplicate_of": duplicate_of}
    connection.execute(update(files).where(files.c.id == row.id), values)
    return again


def finish_file(
    connection: Connection, file_id: int, state: State, stored_as: str | None, findings: Iterable[Finding]
) -> None:
    """Write down how the work on a file ended."""
    values = {"state": state, "stored_as": stored_as, "findings": findings_json(findings)}
    connection.execute(update(files).where(files.c.id == file_id), values)


def findings_of(connection: Connection, file_id: int) -> tuple[Finding, ...]:
    """What was found wrong with a file when the work on it ended."""
    found = connection.execute(select(files.c.findings).where(files.c.id == file_id)).scalar_one()
    return tuple(Finding(**each) for each in json.loads(found))


def payment_with_content(connection: Connection, remittance: Remittance) -> PaymentRow | None:
    """The payment of exactly this content, whatever its envelope was."""
    query = (
        select(payments.c.id, payments.c.file_id, payments.c.first_segment, files.c.name, payments.c.trace_number)
        .join(files)
        .where(payments.c.fingerprint == remittance.fingerprint)
    )
    row = connection.execute(query).first()
    return PaymentRow(*row) if row else None


def payment_with_identity(connection: Connection, remittance: Remittance) -> bool:
    """Whether a payment of the same originator, trace number, date and amount was read before.

    Payers repeat trace numbers on payments of zero (RFI 1847), so there the content alone decides.
    """
    paid = remittance.payment
    if not paid.payment_cents or not paid.trace_number:
        return False
    query = select(payments.c.id).where(
        payments.c.originator == paid.originator,
        payments.c.trace_number == paid.trace_number,
        payments.c.payment_date == paid.payment_date,
        payments.c.payment_cents == paid.payment_cents,
    )
    return connection.execute(query.limit(1)).first() is not None


def add_payment(
    connection: Connection, file_id: int, remittance: Remittance, findings: Iterable[Finding]
) -> int | None:
    """The new payment's id; None when another worker wrote the same payment down in the meantime."""
    paid = remittance.payment
    row = {
        "file_id": file_id,
        "first_segment": remittance.first_segment,
        "originator": paid.originator,
        "trace_number": paid.trace_number,
        "payment_date": paid.payment_date,
        "payment_cents": paid.payment_cents,
        "method": paid.method,
        "payer": remittance.payer.name if remittance.payer else None,
        "payee_ids": json.dumps(payee_ids(remittance)),
        "separators": "".join(remittance.separators),
        "claims_paid_cents": remittance.claims_paid_cents,
        "fingerprint": remittance.fingerprint,
        "findings": findings_json(findings),
    }
    statement = insert_unless_there(connection, payments).returning(payments.c.id)
    return connection.execute(statement, row).scalar_one_or_none()


def add_payment_finding(connection: Connection, payment_id: int, finding: Finding) -> None:
    """Add what was found of a payment once its claims were read; the same finding stands there once."""
    query = select(payments.c.findings).where(payments.c.id == payment_id)
    known = [Finding(**each) for each in json.loads(connection.execute(query).scalar_one())]
    if finding not in known:
        values = {"findings": findings_json([*known, finding])}
        connection.execute(update(payments).where(payments.c.id == payment_id), values)


def payee_ids(remittance: Remittance) -> tuple[tuple[str, str], ...]:
    """(qualifier, value) of everything that identifies the payee: N1*PE and its REF."""
    payee = remittance.payee
    if payee is None:
        return ()
    named = [(payee.id_qualifier, payee.identifier)] + [(each.qualifier, each.value) for each in payee.references]
    return tuple((qualifier, value.strip()) for qualifier, value in named)


def note_repeat(connection: Connection, file_id: int, first_segment: int, payment_id: int) -> None:
    """Write down that a payment was met again."""
    statement = insert_unless_there(connection, repeated_payments)
    connection.execute(statement, {"file_id": file_id, "first_segment": first_segment, "payment_id": payment_id})


def findings_json(findings: Iterable[Finding]) -> str:
    """A JSON list of objects in the shape of the outside contract."""
    return json.dumps([finding.record() for finding in findings], ensure_ascii=False)
