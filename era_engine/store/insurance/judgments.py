"""Decisions and their journal entries, written together. Rows go in by the batch; ids are reserved beforehand."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Table, bindparam, func, select, text, update

from era_engine.journal.entry import Entry
from era_engine.practice.model import Claim
from era_engine.store.bulk import insert_rows, insert_unless_there
from era_engine.store.custody.files import findings_json
from era_engine.store.insurance.log import WRITTEN, Circumstances, Judgment, NewDecision, State
from era_engine.store.schema import claim_payments, decisions, entries, postings, rule_sets, settings_versions


class ClaimPaymentRow(NamedTuple):
    """A row of `claim_payments`, column by column."""

    id: int
    payment_id: int
    claim_number: str
    payer_claim_number: str
    claim_status: str
    charge_cents: int | None
    paid_cents: int | None
    patient_responsibility_cents: int | None
    source: str
    findings: str
    state: State
    office_claim: str | None
    match_step: str | None


class EntryRow(NamedTuple):
    """A row of `entries`, column by column."""

    id: int
    payment_id: int
    decision_id: int | None
    provider_adjustment_id: int | None
    date: str
    kind: str
    mark: str | None
    claim_number: str | None
    patient_id: str | None
    memo: str
    made_by: str | None
    reverses: int | None
    reverses_entry: int | None


class PostingRow(NamedTuple):
    """A row of `postings`, column by column."""

    entry_id: int
    ordinal: int
    account: str
    cents: int
    line: int | None


def keep_versions(connection: Connection, ruleset: tuple[str, str], settings: tuple[str, str]) -> None:
    """Keep the content of a rule set and of settings under its hash, once."""
    for table, (content_hash, content) in ((rule_sets, ruleset), (settings_versions, settings)):
        connection.execute(insert_unless_there(connection, table), {"hash": content_hash, "content": content})


def add_claim_payments(connection: Connection, payment_id: int, judgments: Sequence[Judgment]) -> list[int]:
    """Write claim payments down, each with its own segments; returns their ids in order."""
    ids = reserve_ids(connection, claim_payments, len(judgments))
    rows = (
        ClaimPaymentRow(
            id=claim_payment_id,
            payment_id=payment_id,
            claim_number=payment.claim_number,
            payer_claim_number=payment.payer_claim_number,
            claim_status=payment.status,
            charge_cents=payment.charge_cents,
            paid_cents=payment.paid_cents,
            patient_responsibility_cents=payment.patient_responsibility_cents,
            source=payment.source,
            findings=findings_json(judgment.findings) if judgment.findings else "[]",
            state=judgment.state,
            office_claim=match.claim.claim_number if match.claim else None,
            match_step=match.step,
        )
        for claim_payment_id, judgment in zip(ids, judgments, strict=True)
        for payment, match in ((judgment.payment, judgment.match),)
    )
    insert_rows(connection, claim_payments, ClaimPaymentRow._fields, rows)
    return ids


def add_decisions(
    connection: Connection, claim_payment_ids: Sequence[int], judgments: Sequence[Judgment], under: Circumstances
) -> list[int]:
    """Write decisions and their entries down; returns the decisions' ids in order."""
    ids = reserve_ids(connection, decisions, len(judgments))
    written = list(WRITTEN.values())
    new_decisions = (NewDecision(*ids_and, under) for ids_and in zip(ids, claim_payment_ids, judgments, strict=True))
    insert_rows(connection, decisions, list(WRITTEN), (tuple([of(new) for of in written]) for new in new_decisions))
    owed = [
        NewEntry(entry, decision_id, None, judgment.match.claim)
        for decision_id, judgment in zip(ids, judgments, strict=True)
        for entry in judgment.entries
    ]
    add_entries(connection, under.payment_id, owed, under.memo, under.decided_by)
    for judgment in judgments:
        if judgment.takes_back is not None:
            claim_payment_id, state = judgment.takes_back
            set_state(connection, claim_payment_id, state)
    return ids


class NewEntry(NamedTuple):
    """An entry with what it belongs to: a decision and its claim, or a provider-level adjustment."""

    entry: Entry
    decision_id: int | None
    provider_adjustment_id: int | None
    claim: Claim | None
    reverses_entry: int | None = None


def add_entries(
    connection: Connection, payment_id: int, owed: Sequence[NewEntry], memo: str, made_by: str | None
) -> None:
    """Write entries and their postings down."""
    if not owed:
        return
    entry_ids = reserve_ids(connection, entries, len(owed))
    entry_rows = (
        EntryRow(
            id=entry_id,
            payment_id=payment_id,
            decision_id=new.decision_id,
            provider_adjustment_id=new.provider_adjustment_id,
            date=new.entry.date.isoformat(),
            kind=new.entry.kind,
            mark=new.entry.mark,
            claim_number=new.claim.claim_number if new.claim else None,
            patient_id=new.claim.patient_id if new.claim else None,
            memo=memo,
            made_by=made_by,
            reverses=new.entry.reverses,
            reverses_entry=new.reverses_entry,
        )
        for entry_id, new in zip(entry_ids, owed, strict=True)
    )
    insert_rows(connection, entries, EntryRow._fields, entry_rows)
    posting_rows = (
        PostingRow(entry_id, ordinal, account, cents, line)
        for entry_id, new in zip(entry_ids, owed, strict=True)
        for ordinal, (account, cents, line) in enumerate(new.entry.postings)
    )
    insert_rows(connection, postings, PostingRow._fields, posting_rows)


def judged_again(connection: Connection, claim_payment_ids: Sequence[int], judgments: Sequence[Judgment]) -> None:
    """Write down what claim payments stored before have become."""
    rows = [
        {
            "wanted": claim_payment_id,
            "state": judgment.state,
            "office_claim": judgment.match.claim.claim_number if judgment.match.claim else None,
            "match_step": judgment.match.step,
        }
        for claim_payment_id, judgment in zip(claim_payment_ids, judgments, strict=True)
    ]
    if rows:
        connection.execute(update(claim_payments).where(claim_payments.c.id == bindparam("wanted")), rows)


def set_state(connection: Connection, claim_payment_id: int, state: State) -> None:
    """Write down what has become of a claim payment."""
    connection.execute(update(claim_payments).where(claim_payments.c.id == claim_payment_id), {"state": state})


def reserve_ids(connection: Connection, table: Table, count: int) -> list[int]:
    """Ids for new rows. On SQLite the transaction holds the only pen; PostgreSQL has a sequence."""
    if connection.dialect.name == "sqlite":
        last = connection.execute(select(func.max(table.c.id))).scalar() or 0
        return list(range(last + 1, last + count + 1))
    query = text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)")
    return list(connection.execute(query, {"table": table.name, "count": count}).scalars())
