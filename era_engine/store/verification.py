"""Questions that prove the books: each returns the ids and numbers of whatever does not hold."""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, case, func, select

from era_engine.ledger.entries import CONTRACTED_WRITE_OFFS, INSURANCE_DEPOSITS
from era_engine.store.bulk import stream
from era_engine.store.schema import claim_payments, decisions, entries, files, payments, postings


class PaymentSums(NamedTuple):
    """What a payment says and what the books hold of it. Money in cents."""

    payment_id: int
    trace_number: str
    payment_cents: int | None
    claims_paid_cents: int | None
    provider_adjustments: str
    findings: str
    read_cents: int
    decided_post_cents: int
    ledger_cents: int


def unbalanced_entries(connection: Connection) -> list[tuple[int, int]]:
    """(entry id, what its postings sum to), for entries that do not sum to zero."""
    total = func.sum(postings.c.cents)
    query = select(postings.c.entry_id, total).group_by(postings.c.entry_id).having(total != 0)
    return [(entry_id, int(total)) for entry_id, total in connection.execute(query)]


def entries_without_postings(connection: Connection) -> list[int]:
    query = select(entries.c.id).join(postings, isouter=True).where(postings.c.entry_id.is_(None))
    return list(connection.execute(query).scalars())


def undecided_claim_payments(connection: Connection) -> list[tuple[int, str]]:
    """(id, claim number) of claim payments that were read and never decided."""
    query = (
        select(claim_payments.c.id, claim_payments.c.claim_number)
        .join(decisions, isouter=True)
        .where(decisions.c.id.is_(None))
    )
    return [tuple(row) for row in connection.execute(query)]


def claims_posted_twice(connection: Connection) -> list[tuple[str, int]]:
    """(claim number, how often) of claims with more than one insurance payment posted."""
    query = (
        select(entries.c.claim_number, func.count())
        .where(entries.c.kind == "insurance_payment")
        .group_by(entries.c.claim_number)
        .having(func.count() > 1)
    )
    return [tuple(row) for row in connection.execute(query)]


def wrongly_entered_decisions(connection: Connection) -> list[tuple[int, str, int]]:
    """(decision id, outcome, insurance payment entries) where a post has not exactly one, or a hold has any."""
    count = func.count(entries.c.id).filter(entries.c.kind == "insurance_payment")
    query = (
        select(decisions.c.id, decisions.c.outcome, count)
        .join(entries, isouter=True)
        .group_by(decisions.c.id, decisions.c.outcome)
        .having(
            (count != case((decisions.c.outcome == "post", 1), else_=0))
            | ((decisions.c.outcome != "post") & (func.count(entries.c.id) > 0))
        )
    )
    return [tuple(row) for row in connection.execute(query)]


class PostedAmounts(NamedTuple):
    """A decision to post, what it was made on, and what it entered. Money in cents; `facts` is JSON."""

    claim_number: str
    paid_cents: int
    facts: str
    deposited_cents: int
    written_off_cents: int


def posted_amounts(connection: Connection) -> Iterator[PostedAmounts]:
    """Every decision to post, streamed."""

    def total(account: str) -> ColumnElement[int]:
        return func.coalesce(func.sum(postings.c.cents).filter(postings.c.account == account), 0)

    query = (
        select(
            claim_payments.c.claim_number,
            claim_payments.c.paid_cents,
            decisions.c.facts,
            total(INSURANCE_DEPOSITS),
            total(CONTRACTED_WRITE_OFFS),
        )
        .select_from(decisions)
        .join(claim_payments)
        .join(entries, isouter=True)
        .join(postings, isouter=True)
        .where(decisions.c.outcome == "post")
        .group_by(decisions.c.id, claim_payments.c.id)
    )
    for number, paid, facts, deposited, written_off in stream(connection, query):
        yield PostedAmounts(number, paid, facts, int(deposited), int(written_off))


def payment_sums(connection: Connection) -> Iterator[PaymentSums]:
    """Every payment with the sums that must agree."""
    post = select(decisions.c.claim_payment_id).where(decisions.c.outcome == "post").distinct().subquery()
    read = (
        select(
            claim_payments.c.payment_id,
            func.coalesce(func.sum(claim_payments.c.paid_cents), 0).label("read_cents"),
            func.coalesce(func.sum(claim_payments.c.paid_cents).filter(post.c.claim_payment_id.is_not(None)), 0).label(
                "post_cents"
            ),
        )
        .join(post, post.c.claim_payment_id == claim_payments.c.id, isouter=True)
        .group_by(claim_payments.c.payment_id)
        .subquery()
    )
    entered = (
        select(claim_payments.c.payment_id, func.sum(postings.c.cents).label("ledger_cents"))
        .select_from(postings)
        .join(entries)
        .join(decisions)
        .join(claim_payments)
        .where(postings.c.account == INSURANCE_DEPOSITS)
        .group_by(claim_payments.c.payment_id)
        .subquery()
    )
    query = (
        select(
            payments.c.id,
            payments.c.trace_number,
            payments.c.payment_cents,
            payments.c.claims_paid_cents,
            payments.c.provider_adjustments,
            payments.c.findings,
            func.coalesce(read.c.read_cents, 0),
            func.coalesce(read.c.post_cents, 0),
            func.coalesce(entered.c.ledger_cents, 0),
        )
        .join(read, read.c.payment_id == payments.c.id, isouter=True)
        .join(entered, entered.c.payment_id == payments.c.id, isouter=True)
        .order_by(payments.c.id)
    )
    for row in connection.execute(query):
        yield PaymentSums(*row[:6], int(row[6]), int(row[7]), int(row[8]))


class KeptFile(NamedTuple):
    """A file received; `stored_as` is relative to the home, None where the same bytes were kept before."""

    name: str
    state: str
    stored_as: str | None
    sha256: str


def kept_files(connection: Connection, home: str) -> list[KeptFile]:
    """Every file this home received."""
    query = select(files.c.name, files.c.state, files.c.stored_as, files.c.sha256).where(files.c.home == home)
    query = query.order_by(files.c.id)
    return [KeptFile(*row) for row in connection.execute(query)]
