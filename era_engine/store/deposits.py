"""Deposits in the database, and the payments they are the money of."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, collate, exists, func, or_, select

from era_engine.bank.matching import KnownDeposit, PaymentDue, match_deposits, trace_key
from era_engine.bank.model import Deposit
from era_engine.clock import today
from era_engine.store.bulk import insert_unless_there
from era_engine.store.schema import claim_payments, deposits, files, payments, provider_adjustments


class Added(NamedTuple):
    """How many deposits an import added, and how many were there before."""

    added: int
    known: int


def add_deposits(connection: Connection, found: Iterable[Deposit], source: str, imported_at: str) -> Added:
    """Add the deposits of a bank's file called `source`, those already there excepted."""
    added = known = 0
    insert = insert_unless_there(connection, deposits).returning(deposits.c.id)
    for deposit in found:
        row = deposit._asdict()
        row["source"] = f"{source}, {row.pop('place')}"
        new = connection.execute(insert, row | {"imported_at": imported_at}).first()
        added, known = (added + 1, known) if new else (added, known + 1)
    return Added(added, known)


def deposits_and_payments(connection: Connection) -> tuple[list[KnownDeposit], list[PaymentDue]]:
    """Every deposit, and every payment that needs one."""
    return _deposits(connection), _payments_due(connection)


def deposit_received(connection: Connection, payment_id: int) -> bool | None:
    """Whether the money of this payment is in the bank, and no other payment's; None when it is for no money.

    For the transaction that judges the payment: what is asked of is locked until its end, so that two payments judged
    at the same moment do not both get one deposit. Asks for one trace number alone, however many there are.
    """
    payment = connection.execute(
        select(payments.c.trace_number, payments.c.payment_cents).where(payments.c.id == payment_id)
    ).one()
    if payment.payment_cents == 0:
        return None
    key = trace_key(payment.trace_number)
    some = _deposits(connection, _has_key(connection, deposits, key), lock=True) if key else []
    if not some:
        return False
    rivals = _payments_due(connection, _has_key(connection, payments, key))
    return any(
        each.status == "matched" and each.payment is not None and each.payment.id == payment_id
        for each in match_deposits(some, rivals, today())
    )


def _has_key(connection: Connection, table: Table, key: str) -> ColumnElement[bool]:
    """Whether a row's trace number has this `trace_key`, which is computed here as it is there.

    Both databases change the letters A to Z alone: SQLite always, PostgreSQL in the order of "C". The rows are looked
    for apart from their content, which SQLite finds in the index without reading it.
    """
    written: ColumnElement[str] = table.c.trace_number
    if connection.dialect.name == "postgresql":
        written = collate(written, "C")
    return table.c.id.in_(select(table.c.id).where(func.ltrim(func.upper(written), "0") == key))


def _deposits(
    connection: Connection, wanted: ColumnElement[bool] | None = None, lock: bool = False
) -> list[KnownDeposit]:
    columns = (deposits.c[name] for name in KnownDeposit._fields)
    query = select(*columns).order_by(deposits.c.id)
    if wanted is not None:
        query = query.where(wanted)
    if lock:
        query = query.with_for_update()
    return [KnownDeposit(*row) for row in connection.execute(query)]


def _payments_due(connection: Connection, wanted: ColumnElement[bool] | None = None) -> list[PaymentDue]:
    claim_posted = exists().where(
        claim_payments.c.payment_id == payments.c.id, claim_payments.c.state.in_(("posted", "reversed"))
    )
    pair_posted = exists().where(
        provider_adjustments.c.payment_id == payments.c.id, provider_adjustments.c.state == "posted"
    )
    query = (
        select(
            payments.c.id,
            payments.c.payment_date,
            payments.c.payment_cents,
            payments.c.trace_number,
            payments.c.originator,
            payments.c.payer,
            files.c.name,
            or_(claim_posted, pair_posted),
        )
        .join(files)
        .where(or_(payments.c.payment_cents != 0, payments.c.payment_cents.is_(None)))
        .order_by(payments.c.id)
    )
    if wanted is not None:
        query = query.where(wanted)
    return [PaymentDue(*row) for row in connection.execute(query)]
