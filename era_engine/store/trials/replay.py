"""What `era replay` reads: every claim payment with the newest decision the engine made on it by itself."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, exists, func, select, union

from era_engine.remittance.model import REVERSAL
from era_engine.store.bulk import stream
from era_engine.store.schema import claim_payments, claims, decisions, matches, patients, payments


class Scope(NamedTuple):
    """Which claim payments are looked at; None asks for nothing. Days are inclusive ISO dates of the decision (UTC).

    payer: part of the payer's name on the remittance; location: of the practice's claim.
    """

    since: str | None = None
    until: str | None = None
    payer: str | None = None
    location: str | None = None
    claim_payment_id: int | None = None


class Decided(NamedTuple):
    """A claim payment and the newest decision by rules on it, in mode auto; `holds` and `facts` as stored.

    payee_ids: JSON as stored. payer_id and payer_name are those of the practice's claim, None where there is none.
    """

    claim_payment_id: int
    payment_id: int
    claim_number: str
    trace_number: str
    payer: str | None
    outcome: str
    rule: str | None
    holds: str
    facts: str
    ruleset: str
    settings: str
    claim_status: str
    paid_cents: int | None
    charge_cents: int | None
    state: str
    payee_ids: str
    office_claim: str | None
    payer_id: str | None
    payer_name: str | None
    location: str | None


def _patients_together() -> Any:
    """Patients of whom one decision may depend on what another one posted.

    Those with a claim of several claim payments, a reversal, several plans, a claim to a later plan, or a claim payment
    that a person matched.
    """
    of_claims = claim_payments.join(claims, claims.c.claim_number == claim_payments.c.office_claim)
    several = (
        select(claims.c.patient_id)
        .select_from(of_claims)
        .group_by(claim_payments.c.office_claim, claims.c.patient_id)
        .having(func.count() > 1)
    )
    reversed_ = select(claims.c.patient_id).select_from(of_claims).where(claim_payments.c.claim_status == REVERSAL)
    later_plan = select(claims.c.patient_id).where(claims.c.plan_ordinal > 1)
    several_plans = select(patients.c.patient_id).where(patients.c.plan_count > 1)
    by_hand = select(matches.c.claim_payment_id)
    matched = select(decisions.c.patient_id).where(
        decisions.c.claim_payment_id.in_(by_hand), decisions.c.patient_id.is_not(None)
    )
    return union(several, reversed_, later_plan, several_plans, matched)


PATIENTS_TOGETHER = _patients_together().subquery("together")
# claim payments that were for one of these patients at any time
TOGETHER = select(decisions.c.claim_payment_id).where(
    decisions.c.patient_id.in_(select(PATIENTS_TOGETHER.c.patient_id))
)


def by_engine(decision: Any) -> Any:
    """Whether the engine made a decision by itself, in mode auto."""
    return and_(decision.c.mode == "auto", decision.c.act == "decide")


def in_scope(query: Select[Any], scope: Scope) -> Select[Any]:
    """Of a query over decisions, payments and claims what is in scope, a single claim payment excepted."""
    if scope.since is not None:
        query = query.where(decisions.c.decided_at >= scope.since)
    if scope.until is not None:
        query = query.where(decisions.c.decided_at <= f"{scope.until}T23:59:59Z")
    if scope.payer is not None:
        query = query.where(func.lower(payments.c.payer).contains(scope.payer.lower(), autoescape=True))
    if scope.location is not None:
        query = query.where(claims.c.location == scope.location)
    return query


def _decided(scope: Scope) -> Select[Any]:
    newer = decisions.alias("newer")
    query: Select[Any] = (
        select(
            claim_payments.c.id,
            claim_payments.c.payment_id,
            claim_payments.c.claim_number,
            payments.c.trace_number,
            payments.c.payer,
            decisions.c.outcome,
            decisions.c.rule,
            decisions.c.holds,
            decisions.c.facts,
            decisions.c.ruleset,
            decisions.c.settings,
            claim_payments.c.claim_status,
            claim_payments.c.paid_cents,
            claim_payments.c.charge_cents,
            claim_payments.c.state,
            payments.c.payee_ids,
            claim_payments.c.office_claim,
            claims.c.payer_id,
            claims.c.payer_name,
            claims.c.location,
        )
        .select_from(decisions)
        .join(claim_payments, claim_payments.c.id == decisions.c.claim_payment_id)
        .join(payments, payments.c.id == claim_payments.c.payment_id)
        .join(claims, claims.c.claim_number == claim_payments.c.office_claim, isouter=True)
        .where(
            by_engine(decisions),
            ~exists().where(
                newer.c.claim_payment_id == decisions.c.claim_payment_id, newer.c.id > decisions.c.id, by_engine(newer)
            ),
        )
    )
    query = in_scope(query, scope)
    if scope.claim_payment_id is not None:
        query = query.where(claim_payments.c.id == scope.claim_payment_id)
    return query


def decided_by_rules(connection: Connection, scope: Scope) -> Iterator[Decided]:
    """Every claim payment in scope, in the order in which they were written down."""
    for row in stream(connection, _decided(scope).order_by(claim_payments.c.id)):
        yield Decided._make(row)


def count_decided(connection: Connection, scope: Scope) -> int:
    """How many `decided_by_rules` gives."""
    count: int = connection.execute(select(func.count()).select_from(_decided(scope).subquery())).scalar_one()
    return count


def made_under(connection: Connection, scope: Scope) -> list[tuple[str, str]]:
    """(rule set, settings): the hashes of those that decisions in scope were made under."""
    decided = _decided(scope).subquery()
    query = select(decided.c.ruleset, decided.c.settings).distinct()
    return [(ruleset, settings) for ruleset, settings in connection.execute(query)]


def any_together(connection: Connection) -> bool:
    """Whether there is a claim payment whose decision depends on what was posted before."""
    return connection.execute(TOGETHER.limit(1)).first() is not None
