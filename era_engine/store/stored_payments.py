"""A payment read back from the database, whole enough to be judged again."""

import json
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, exists, func, select

from era_engine.remittance.claims import read_claims
from era_engine.remittance.model import ClaimPayment
from era_engine.store.schema import claim_payments, decisions, payments
from era_engine.x12.finding import Finding
from era_engine.x12.tokens import Separators


class StoredPayment(NamedTuple):
    """A payment as written down; `provider_adjustments` are (reason, reference, cents)."""

    id: int
    trace_number: str
    payer: str | None
    payment_date: date | None
    payee_ids: tuple[tuple[str, str], ...]
    provider_adjustments: tuple[tuple[str, str, int | None], ...]
    findings: tuple[Finding, ...]
    separators: Separators
    claim_number_counts: dict[str, int]


def stored_payment(connection: Connection, payment_id: int) -> StoredPayment:
    """The payment with this id, which must exist."""
    row = connection.execute(select(payments).where(payments.c.id == payment_id)).mappings().one()
    counts = connection.execute(
        select(claim_payments.c.claim_number, func.count())
        .where(claim_payments.c.payment_id == payment_id)
        .group_by(claim_payments.c.claim_number)
        .having(func.count() > 1)
    )
    return StoredPayment(
        payment_id,
        row["trace_number"],
        row["payer"],
        row["payment_date"],
        tuple((qualifier, value) for qualifier, value in json.loads(row["payee_ids"])),
        tuple((reason, reference, cents) for reason, reference, cents in json.loads(row["provider_adjustments"])),
        tuple(Finding(**each) for each in json.loads(row["findings"])),
        Separators(*row["separators"]),
        {row[0]: row[1] for row in counts},
    )


def claim_payments_of(
    connection: Connection, payment: StoredPayment, claim_number: str | None, posted: bool
) -> Iterator[tuple[int, ClaimPayment]]:
    """Claim payments with their ids, read again from their own segments; those posted, or those still open."""
    done = exists().where(decisions.c.claim_payment_id == claim_payments.c.id, decisions.c.outcome == "post")
    query = (
        select(claim_payments.c.id, claim_payments.c.source)
        .where(claim_payments.c.payment_id == payment.id, done if posted else ~done)
        .order_by(claim_payments.c.id)
    )
    if claim_number is not None:
        query = query.where(claim_payments.c.claim_number == claim_number)
    for claim_payment_id, source in connection.execute(query).all():
        segments = source.split(payment.separators.terminator)
        yield claim_payment_id, next(read_claims(segments, payment.separators, lambda: 0))
