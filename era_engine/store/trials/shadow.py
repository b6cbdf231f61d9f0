"""Decisions made while posting was on trial, and what people did with the same claim payments afterwards."""

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, exists, select

from era_engine.journal.accounts import CONTRACTED_WRITE_OFFS, INSURANCE_DEPOSITS
from era_engine.store.bulk import stream
from era_engine.store.schema import claim_payments, claims, decisions, payments
from era_engine.store.trials.regrets import Regret, posted_last, regrets_of
from era_engine.store.trials.replay import Scope, by_engine, in_scope

_AT_A_TIME = 1000
_POSTED = ("posted", "reversed")  # a reversal came for what people had posted
_TRIED = '"shadow_outcome":'  # in the facts, which are JSON


class Tried(NamedTuple):
    """A claim payment on trial. outcome and rule: what would have been decided; money in cents.

    posted_cents, written_off_cents: what stands posted for it now, whoever posted it; None where nothing does.
    regret: why posting it would have been a mistake, where that is known.
    """

    claim_payment_id: int
    claim_number: str
    trace_number: str
    payer: str | None
    location: str | None
    outcome: str
    rule: str | None
    paid_cents: int | None
    write_off_cents: int | None
    state: str
    posted_cents: int | None
    written_off_cents: int | None
    regret: Regret | None


def tried_on_trial(connection: Connection, scope: Scope) -> Iterator[Tried]:
    """The claim payments whose newest decision by rules was made on trial, in the order they were written down."""
    newer = decisions.alias("newer")
    query = (
        select(
            claim_payments.c.id,
            claim_payments.c.claim_number,
            payments.c.trace_number,
            payments.c.payer,
            claims.c.location,
            decisions.c.facts,
            claim_payments.c.paid_cents,
            claim_payments.c.state,
        )
        .select_from(decisions)
        .join(claim_payments, claim_payments.c.id == decisions.c.claim_payment_id)
        .join(payments, payments.c.id == claim_payments.c.payment_id)
        .join(claims, claims.c.claim_number == claim_payments.c.office_claim, isouter=True)
        .where(
            by_engine(decisions),
            decisions.c.facts.contains(_TRIED, autoescape=True),
            ~exists().where(
                and_(newer.c.claim_payment_id == decisions.c.claim_payment_id, newer.c.id > decisions.c.id),
                by_engine(newer),
            ),
        )
        .order_by(claim_payments.c.id)
    )
    rows = stream(connection, in_scope(query, scope))
    while chunk := list(islice(rows, _AT_A_TIME)):
        yield from _with_what_stands(connection, chunk)


def _with_what_stands(connection: Connection, chunk: Sequence[Any]) -> Iterator[Tried]:
    standing = posted_last(connection, [row[0] for row in chunk if row[7] in _POSTED], by_people=False)
    regrets = regrets_of(connection, [row[0] for row in chunk])
    for claim_payment_id, claim_number, trace, payer, location, facts_text, paid, state in chunk:
        facts = json.loads(facts_text)
        posted = standing.get(claim_payment_id, {}) if state in _POSTED else None
        yield Tried(
            claim_payment_id,
            claim_number,
            trace,
            payer,
            location,
            facts["shadow_outcome"],
            facts.get("shadow_rule"),
            paid,
            facts.get("write_off_cents"),
            state,
            None if posted is None else posted.get(INSURANCE_DEPOSITS, 0),
            None if posted is None else posted.get(CONTRACTED_WRITE_OFFS, 0),
            regrets.get(claim_payment_id),
        )
