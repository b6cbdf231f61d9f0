"""Questions about decisions and payments: the decision log, one payment, one claim."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, or_, select, true, union

from era_engine.store.bulk import stream
from era_engine.store.insurance.log import READ, Decided
from era_engine.store.insurance.payments import NEWEST_DECISION, names_claim
from era_engine.store.schema import (
    IS_OPEN,
    claim_payments,
    decisions,
    files,
    payments,
    provider_adjustments,
    rule_sets,
    settings_versions,
)


class Filters(NamedTuple):
    """Which decisions are meant; None asks for nothing. Days are inclusive ISO dates of the decision (UTC)."""

    since: str | None = None
    until: str | None = None
    outcome: str | None = None
    rule: str | None = None
    hold: str | None = None
    trace: str | None = None
    claim: str | None = None
    payer: str | None = None
    location: str | None = None
    patient: str | None = None
    payment_id: int | None = None
    decision_id: int | None = None
    open: bool = False  # only the newest decision on claim payments that wait for a person
    mode: str | None = None
    by: str | None = None  # the person


def decisions_where(connection: Connection, wanted: Filters) -> Iterator[Decided]:
    """Decisions in the order they were made, streamed."""
    query = READ.where(and_(True, *_conditions(wanted))).order_by(decisions.c.id)
    for row in stream(connection, query):
        yield Decided._make(row)


def newest_decision(connection: Connection, claim: str, payment_id: int | None) -> Decided | None:
    """The last decision made on a claim, of one payment where that is given."""
    query = READ.where(and_(True, *_conditions(Filters(claim=claim, payment_id=payment_id))))
    row = connection.execute(query.order_by(decisions.c.id.desc()).limit(1)).first()
    return Decided._make(row) if row else None


def newest_decision_by_rules(connection: Connection, decided: Decided) -> Decided | None:
    """The last decision the engine made on the same claim payment, before people did something."""
    query = READ.where(claim_payments.c.id == decided.claim_payment_id, decisions.c.mode != "manual")
    row = connection.execute(query.order_by(decisions.c.id.desc()).limit(1)).first()
    return Decided._make(row) if row else None


def other_payments_of(connection: Connection, decided: Decided) -> list[tuple[int, str]]:
    """(id, trace number) of the other payments that name the claim."""
    query = (
        select(payments.c.id, payments.c.trace_number)
        .join(claim_payments)
        .where(names_claim(decided.claim_number), payments.c.id != decided.payment_id)
        .distinct()
        .order_by(payments.c.id)
    )
    return [(payment_id, trace) for payment_id, trace in connection.execute(query)]


def rules_ever_used(connection: Connection) -> list[str]:
    """The contents of every rule set a decision was made under, as JSON."""
    return list(connection.execute(select(rule_sets.c.content)).scalars())


def findings_behind(connection: Connection, decided: Decided) -> list[dict[str, Any]]:
    """What was found in the claim, then in its payment, when they were read: findings in the contract's shape."""
    of_claim = select(claim_payments.c.findings).where(claim_payments.c.id == decided.claim_payment_id)
    of_payment = select(payments.c.findings).where(payments.c.id == decided.payment_id)
    found: list[dict[str, Any]] = []
    for query in (of_claim, of_payment):
        found += json.loads(connection.execute(query).scalar_one())
    return found


def _conditions(wanted: Filters) -> list[ColumnElement[bool]]:
    equal = (
        (decisions.c.outcome, wanted.outcome),
        (decisions.c.rule, wanted.rule),
        (decisions.c.location, wanted.location),
        (decisions.c.patient_id, wanted.patient),
        (payments.c.trace_number, wanted.trace),
        (payments.c.id, wanted.payment_id),
        (decisions.c.id, wanted.decision_id),
        (decisions.c.mode, wanted.mode),
        (decisions.c.decided_by, wanted.by),
    )
    conditions: list[ColumnElement[bool]] = [column == value for column, value in equal if value is not None]
    if wanted.claim is not None:
        conditions.append(names_claim(wanted.claim))
    if wanted.since is not None:
        conditions.append(decisions.c.decided_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(decisions.c.decided_at <= f"{wanted.until}T23:59:59Z")
    if wanted.open:
        newest = select(NEWEST_DECISION).select_from(claim_payments).where(IS_OPEN).correlate(None)
        conditions.append(decisions.c.id.in_(newest))
    if wanted.hold is not None:
        conditions.append(decisions.c.holds.contains(f" {wanted.hold} ", autoescape=True))
    if wanted.payer is not None:
        conditions.append(func.lower(payments.c.payer).contains(wanted.payer.lower(), autoescape=True))
    return conditions


class PaymentSummary(NamedTuple):
    """A payment received, and how far it is done. Money in cents.

    posted: claims posted, and later reversed or not; closed: filed by a person without posting; adjustments: its
    provider-level adjustments, and how many of them wait.
    """

    payment_id: int
    file: str
    trace_number: str
    originator: str
    payer: str | None
    payment_date: object
    payment_cents: int | None
    method: str
    claims: int
    posted: int
    posted_cents: int
    left_cents: int
    closed: int
    adjustments: int
    adjustments_left: int


_POSTED = claim_payments.c.state.in_(("posted", "reversed"))


def payment_summaries(connection: Connection, only_open: bool = False) -> Iterator[PaymentSummary]:
    """Payments in the order they were read; or only those of which a claim, an adjustment or all the money waits."""
    shown = _with_something_open() if only_open else None
    claims = (
        select(
            claim_payments.c.payment_id,
            func.count().label("claims"),
            func.count().filter(_POSTED).label("posted"),
            func.coalesce(func.sum(claim_payments.c.paid_cents).filter(_POSTED), 0).label("posted_cents"),
            func.coalesce(func.sum(claim_payments.c.paid_cents).filter(IS_OPEN), 0).label("left_cents"),
            func.count().filter(claim_payments.c.state == "closed").label("closed"),
        )
        .where(true() if shown is None else claim_payments.c.payment_id.in_(shown))
        .group_by(claim_payments.c.payment_id)
        .subquery()
    )
    pairs = (
        select(
            provider_adjustments.c.payment_id,
            func.count().label("pairs"),
            func.count().filter(provider_adjustments.c.state == "open").label("open"),
        )
        .where(true() if shown is None else provider_adjustments.c.payment_id.in_(shown))
        .group_by(provider_adjustments.c.payment_id)
        .subquery()
    )
    query: Select[Any] = (
        select(
            payments.c.id,
            files.c.name,
            payments.c.trace_number,
            payments.c.originator,
            payments.c.payer,
            payments.c.payment_date,
            payments.c.payment_cents,
            payments.c.method,
            func.coalesce(claims.c.claims, 0),
            func.coalesce(claims.c.posted, 0),
            func.coalesce(claims.c.posted_cents, 0),
            func.coalesce(claims.c.left_cents, 0),
            func.coalesce(claims.c.closed, 0),
            func.coalesce(pairs.c.pairs, 0),
            func.coalesce(pairs.c.open, 0),
        )
        .join(files)
        .join(claims, claims.c.payment_id == payments.c.id, isouter=True)
        .join(pairs, pairs.c.payment_id == payments.c.id, isouter=True)
        .order_by(payments.c.id)
    )
    if shown is not None:
        query = query.where(payments.c.id.in_(shown))
    for row in connection.execute(query):
        yield PaymentSummary._make((*row[:10], int(row[10]), int(row[11]), *row[12:]))


def _with_something_open() -> Select[Any]:
    """Ids of payments that are not finished, found without counting the claims of those that are."""
    pairs = provider_adjustments.c
    open_claims, open_pairs = select(claim_payments.c.payment_id), select(pairs.payment_id)
    return select(payments.c.id).where(
        or_(
            payments.c.id.in_(union(open_claims.where(IS_OPEN), open_pairs.where(pairs.state == "open"))),
            and_(
                ~exists().where(claim_payments.c.payment_id == payments.c.id),
                ~exists().where(pairs.payment_id == payments.c.id),
            ),
        )
    )


class PaymentName(NamedTuple):
    """How a person tells one payment from another."""

    payment_id: int
    trace_number: str
    payer: str | None
    payment_date: object
    payment_cents: int | None
    file: str


BY_ID = "id:"  # before a payment's or claim payment's id, which may be another one's number


def payments_named(connection: Connection, name: str) -> list[PaymentName]:
    """The payments a person may mean: `id:3` is the one with this id, any other name a trace number.

    A number alone is an id, too, where it is no trace number, or where the payment's own trace number names several.
    """
    query = (
        select(
            payments.c.id,
            payments.c.trace_number,
            payments.c.payer,
            payments.c.payment_date,
            payments.c.payment_cents,
            files.c.name,
        )
        .join(files)
        .order_by(payments.c.id)
    )

    def found(condition: ColumnElement[bool]) -> list[PaymentName]:
        return [PaymentName(*row) for row in connection.execute(query.where(condition))]

    number = name.removeprefix(BY_ID)
    an_id = number.isascii() and number.isdigit() and len(number) < 10 and str(int(number)) == number
    with_id = found(payments.c.id == int(number)) if an_id else []
    if name.startswith(BY_ID):
        return with_id
    with_trace = found(payments.c.trace_number == name)
    for each in with_id:
        if not with_trace or len(found(payments.c.trace_number == each.trace_number)) > 1:
            with_trace += [each] if each not in with_trace else []
    return sorted(with_trace)


def rule_set_content(connection: Connection, content_hash: str) -> str:
    """The stored JSON of a rule set a decision was made under."""
    content: str = connection.execute(select(rule_sets.c.content).where(rule_sets.c.hash == content_hash)).scalar_one()
    return content


def settings_content(connection: Connection, content_hash: str) -> str:
    """The stored JSON of the settings a decision was made under."""
    query = select(settings_versions.c.content).where(settings_versions.c.hash == content_hash)
    content: str = connection.execute(query).scalar_one()
    return content
