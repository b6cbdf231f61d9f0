"""Deposits in the database, and the payments they are the money of."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, collate, exists, func, or_, select

from era_engine.bank.matching import KnownDeposit, Pairing, PaymentDue, match_deposits, trace_key
from era_engine.bank.model import Deposit, identity_of, name_key
from era_engine.foundation.clock import today
from era_engine.store.bulk import insert_unless_there
from era_engine.store.schema import claim_payments, deposits, files, payments, provider_adjustments


class Added(NamedTuple):
    """How many deposits an import added, and how many were there before; `alike`: of those added, how many may be one
    that was there, told with or without its payer or originator.
    """

    added: int
    known: int
    alike: int


class _Told(NamedTuple):
    """A deposit in the books of the same date, amount and trace number as one that is told now."""

    id: int
    identity: str
    payer: str | None
    originator: str | None


def add_deposits(connection: Connection, found: Iterable[Deposit], source: str, imported_at: str) -> Added:
    """Add the deposits of a bank's file called `source`, those already there excepted."""
    added = known = alike = 0
    last = connection.execute(select(func.coalesce(func.max(deposits.c.id), 0))).scalar_one()
    insert = insert_unless_there(connection, deposits).returning(deposits.c.id)
    for deposit in found:
        others = [each for each in _told_like(connection, deposit) if each.id <= last]
        if _known_formerly(deposit, others):
            known += 1
            continue
        row = {name: value for name, value in deposit._asdict().items() if name in deposits.c}
        row |= {"source": f"{source}, {deposit.place}", "imported_at": imported_at}
        if connection.execute(insert, row).first() is None:
            known += 1
        else:
            added += 1
            alike += any(_may_be(deposit, each) for each in others)
    return Added(added, known, alike)


def _told_like(connection: Connection, deposit: Deposit) -> list[_Told]:
    query = select(*(deposits.c[name] for name in _Told._fields)).where(
        deposits.c.trace_number == deposit.trace_number,
        deposits.c.date == deposit.date,
        deposits.c.cents == deposit.cents,
    )
    return [_Told(*row) for row in connection.execute(query)]


def _known_formerly(deposit: Deposit, others: Sequence[_Told]) -> bool:
    """Whether as many as this one's number were written down, with its payer and originator, when these were not part
    of the identity.
    """
    if deposit.formerly is None:
        return False
    former = {identity_of(deposit.formerly, number) for number in range(1, len(others) + 1)}
    same = [each for each in others if each.identity in former and _names(each) == _names(deposit)]
    return deposit.number <= len(same)


def _may_be(deposit: Deposit, other: _Told) -> bool:
    """Whether the two differ only in what one of them does not tell."""
    one, two = _names(deposit), _names(other)
    return one != two and all(mine == theirs or not (mine and theirs) for mine, theirs in zip(one, two, strict=True))


def _names(each: Deposit | _Told) -> tuple[str, str]:
    return name_key(each.payer), name_key(each.originator)


def deposits_and_payments(connection: Connection) -> tuple[list[KnownDeposit], list[PaymentDue]]:
    """Every deposit, and every payment that needs one; of several versions of a payment the one that is money."""
    return _deposits(connection), _one_version_each(_payments_due(connection))


def _one_version_each(due: Iterable[PaymentDue]) -> list[PaymentDue]:
    """Of payments alike in originator, trace number, date and amount those that are posted, else the first."""
    kept: list[PaymentDue] = []
    seen: set[tuple[object, ...]] = set()
    for each in sorted(due, key=lambda payment: (not payment.settled, payment.id)):
        version = (each.originator, each.trace_number, each.date, each.cents)
        if each.settled or not each.trace_number or each.cents is None or version not in seen:
            kept.append(each)
        seen.add(version)
    return sorted(kept, key=lambda payment: payment.id)


def deposit_received(connection: Connection, payment_id: int, lock: bool = True) -> bool | None:
    """Whether the money of this payment is in the bank, and no other payment's; None when it is for no money.

    For the transaction that judges the payment: what is asked of is locked until its end, so that two payments judged
    at the same moment do not both get one deposit; without `lock` for one that only looks. Asks for one trace number
    alone, however many there are.
    """
    payment = connection.execute(
        select(payments.c.trace_number, payments.c.payment_cents).where(payments.c.id == payment_id)
    ).one()
    if payment.payment_cents == 0:
        return None
    pairing = pairing_of(connection, payment_id, payment.trace_number, lock)
    return pairing is not None and pairing.status == "matched"


def pairing_of(connection: Connection, payment_id: int, trace_number: str, lock: bool = False) -> Pairing | None:
    """What the bank has shown of a payment's money; None where it has shown nothing with this trace number."""
    key = trace_key(trace_number)
    some = _deposits(connection, _has_key(connection, deposits, key), lock) if key else []
    if not some:
        return None
    rivals = _payments_due(connection, _has_key(connection, payments, key))
    pairings = match_deposits(some, rivals, today())
    return next((each for each in pairings if each.payment is not None and each.payment.id == payment_id), None)


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
