"""Deposits in the database, and the payments they are the money of."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, exists, or_, select

from era_engine.bank.matching import KnownDeposit, PaymentDue, match_deposits, trace_key
from era_engine.bank.model import Deposit
from era_engine.store.bulk import insert_unless_there
from era_engine.store.schema import claim_payments, deposits, files, payments, provider_adjustments

_LONGEST_TRACE = 50  # TRN02 in the 835 guide


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
    at the same moment do not both get one deposit. Looks up by trace number alone, however many there are.
    """
    payment = connection.execute(
        select(payments.c.trace_number, payments.c.payment_cents).where(payments.c.id == payment_id)
    ).one()
    if payment.payment_cents == 0:
        return None
    written = _spellings(payment.trace_number)
    some = _deposits(connection, deposits.c.trace_number.in_(written), lock=True) if written else []
    if not some:
        return False
    rivals = _payments_due(connection, payments.c.trace_number.in_(written))
    return any(
        each.status == "matched" and each.payment is not None and each.payment.id == payment_id
        for each in match_deposits(some, rivals)
    )


def _spellings(trace: str) -> list[str]:
    """A trace number with more and with fewer leading zeros, as written and in capitals and small letters.

    The database finds exactly what it is asked for; deposits are kept in capitals, so none of theirs is missed.
    """
    key = trace_key(trace)
    if not key:
        return []
    own = trace.strip().lstrip("0")
    zeros = range(max(_LONGEST_TRACE - len(key), len(trace) - len(key), 0) + 1)
    return sorted({trace, *("0" * number + form for number in zeros for form in {key, own, own.lower()})})


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
