"""Questions that prove payments, provider-level adjustments, deposits and files. Money in cents.

The others are in `entry_proofs`, `decision_proofs` and `claim_proofs`.
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Connection, case, func, select

from era_engine.journal.accounts import INSURANCE_DEPOSITS
from era_engine.store.bulk import stream
from era_engine.store.custody.files import FileRow, every_file
from era_engine.store.proofs.decisions import Row, found
from era_engine.store.schema import (
    claim_payments,
    decisions,
    deposits,
    entries,
    files,
    payments,
    postings,
    provider_adjustments,
)


class PaymentSums(NamedTuple):
    """What a payment says and what the books hold of it; `findings` is JSON.

    read: all its claims; owed: those posted or reversed; entered: what the ledger holds of them. pairs: all its
    provider-level adjustments, None where one is unreadable; pairs_owed and pairs_entered likewise of those posted.
    """

    payment_id: int
    trace_number: str
    payment_cents: int | None
    claims_paid_cents: int | None
    findings: str
    read_cents: int
    owed_cents: int
    entered_cents: int
    pairs_cents: int | None
    pairs_owed_cents: int
    pairs_entered_cents: int


def payment_sums(connection: Connection) -> Iterator[PaymentSums]:
    """Every payment with the sums that must agree, streamed."""
    paid, pair = claim_payments.c, provider_adjustments.c
    read = (
        select(
            paid.payment_id,
            func.sum(paid.paid_cents).label("cents"),
            func.sum(case((paid.state.in_(("posted", "reversed")), paid.paid_cents), else_=0)).label("owed"),
        )
        .group_by(paid.payment_id)
        .subquery()
    )
    pairs = (
        select(
            pair.payment_id,
            case((func.count() == func.count(pair.cents), func.sum(pair.cents))).label("cents"),
            func.sum(case((pair.state == "posted", -pair.cents), else_=0)).label("owed"),
            func.count().label("count"),
        )
        .group_by(pair.payment_id)
        .subquery()
    )
    entered = (
        select(
            entries.c.payment_id,
            func.sum(case((entries.c.decision_id.is_not(None), postings.c.cents), else_=0)).label("claims"),
            func.sum(case((entries.c.provider_adjustment_id.is_not(None), postings.c.cents), else_=0)).label("pairs"),
        )
        .join(postings)
        .where(postings.c.account == INSURANCE_DEPOSITS)
        .group_by(entries.c.payment_id)
        .subquery()
    )
    query = (
        select(
            payments.c.id,
            payments.c.trace_number,
            payments.c.payment_cents,
            payments.c.claims_paid_cents,
            payments.c.findings,
            func.coalesce(read.c.cents, 0),
            func.coalesce(read.c.owed, 0),
            func.coalesce(entered.c.claims, 0),
            case((pairs.c.count.is_(None), 0), else_=pairs.c.cents),
            func.coalesce(pairs.c.owed, 0),
            func.coalesce(entered.c.pairs, 0),
        )
        .join(read, read.c.payment_id == payments.c.id, isouter=True)
        .join(pairs, pairs.c.payment_id == payments.c.id, isouter=True)
        .join(entered, entered.c.payment_id == payments.c.id, isouter=True)
        .order_by(payments.c.id)
    )
    for row in stream(connection, query):
        yield PaymentSums(*row[:5], *(None if each is None else int(each) for each in row[5:]))


class EnteredPair(NamedTuple):
    """A provider-level adjustment and the entries of it that stand: how many, their kinds, and cents by account."""

    id: int
    state: str
    reason: str
    cents: int | None
    entries: int
    kinds: frozenset[str]
    accounts: dict[str, int]


def entered_pairs(connection: Connection) -> Iterator[EnteredPair]:
    """Every provider-level adjustment with what stands of it in the ledger, streamed."""
    back = entries.alias()
    standing = (
        select(entries.c.id, entries.c.kind, entries.c.provider_adjustment_id, postings.c.account, postings.c.cents)
        .select_from(entries)
        .join(postings)
        .join(back, back.c.reverses_entry == entries.c.id, isouter=True)
        .where(entries.c.reverses_entry.is_(None), back.c.id.is_(None))
        .subquery()
    )
    pair = provider_adjustments.c
    query = (
        select(
            *(pair.id, pair.state, pair.reason, pair.cents),
            *(standing.c.id, standing.c.kind, standing.c.account, standing.c.cents),
        )
        .select_from(provider_adjustments)
        .join(standing, standing.c.provider_adjustment_id == pair.id, isouter=True)
        .order_by(pair.id)
    )
    for (pair_id, state, reason, cents), rows in groupby(stream(connection, query), key=lambda row: tuple(row[:4])):
        entry_ids, kinds, accounts = set(), set(), defaultdict[str, int](int)
        for *_, entry_id, kind, account, amount in rows:
            if entry_id is not None:
                entry_ids.add(entry_id)
                kinds.add(kind)
                accounts[account] += amount
        yield EnteredPair(pair_id, state, reason, cents, len(entry_ids), frozenset(kinds), dict(accounts))


def deposits_twice(connection: Connection) -> list[Row]:
    """(id of the first, how often) of deposits that stand there more than once."""
    query = select(func.min(deposits.c.id), func.count()).group_by(deposits.c.identity).having(func.count() > 1)
    return found(connection, query)


# files, and how much was proven


class KeptFile(NamedTuple):
    """A file received, and the state of the one it repeats, if it repeats any."""

    row: FileRow
    repeats: str | None


def kept_files(connection: Connection, home: str) -> list[KeptFile]:
    """Every file this home received."""
    states = {row.id: row.state for row in connection.execute(select(files.c.id, files.c.state))}
    return [KeptFile(row, states.get(row.duplicate_of or 0)) for row in every_file(connection, home)]


def how_many(connection: Connection) -> dict[str, int]:
    """What there was to prove; claims and patients are those with something in the ledger."""
    counted: dict[str, Any] = {
        "entry": select(func.count()).select_from(entries),
        "decision": select(func.count()).select_from(decisions),
        "payment": select(func.count()).select_from(payments),
        "claim": select(func.count(entries.c.claim_number.distinct())),
        "patient": select(func.count(entries.c.patient_id.distinct())),
    }
    return {noun: connection.execute(query).scalar_one() for noun, query in counted.items()}
