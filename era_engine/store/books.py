"""Decisions and their journal entries, written together. Rows go in by the batch; ids are reserved beforehand."""

import json
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Table, func, select, text

from era_engine.decisions.decision import Decision
from era_engine.ledger.entries import Entry
from era_engine.practice.model import Claim
from era_engine.remittance.model import ClaimPayment
from era_engine.store.bulk import insert_rows, insert_unless_there
from era_engine.store.files import findings_json
from era_engine.store.schema import claim_payments, decisions, entries, postings, rule_sets, settings_versions
from era_engine.x12.finding import Finding

_CLAIM_PAYMENT = (
    *("id", "payment_id", "claim_number", "payer_claim_number", "claim_status", "charge_cents", "paid_cents"),
    *("patient_responsibility_cents", "source", "findings"),
)
_DECISION = (
    *("id", "claim_payment_id", "decided_at", "mode", "outcome", "rule", "holds", "indicators", "explanation"),
    *("facts", "patient_id", "location", "ruleset", "settings"),
)
_ENTRY = ("id", "decision_id", "date", "kind", "mark", "claim_number", "patient_id", "memo")
_POSTING = ("entry_id", "ordinal", "account", "cents", "line")
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Judged(NamedTuple):
    """A claim payment with everything decided about it. `claim` is None where the office has none."""

    payment: ClaimPayment
    claim: Claim | None
    decision: Decision
    entries: tuple[Entry, ...]
    findings: tuple[Finding, ...]


class Circumstances(NamedTuple):
    """What all decisions on one payment share. `memo` goes on their entries."""

    decided_at: str
    mode: str
    ruleset: str
    settings: str
    memo: str


def keep_versions(connection: Connection, ruleset: tuple[str, str], settings: tuple[str, str]) -> None:
    """Keep the content of a rule set and of settings under its hash, once."""
    for table, (content_hash, content) in ((rule_sets, ruleset), (settings_versions, settings)):
        connection.execute(insert_unless_there(connection, table), {"hash": content_hash, "content": content})


def add_claim_payments(connection: Connection, payment_id: int, judged: Sequence[Judged]) -> list[int]:
    """Write claim payments down, each with its own segments; returns their ids in order."""
    ids = _reserve(connection, claim_payments, len(judged))
    rows = (
        (
            claim_payment_id,
            payment_id,
            payment.claim_number,
            payment.payer_claim_number,
            payment.status,
            payment.charge_cents,
            payment.paid_cents,
            payment.patient_responsibility_cents,
            payment.source,
            findings_json(findings) if findings else "[]",
        )
        for claim_payment_id, (payment, _, _, _, findings) in zip(ids, judged, strict=True)
    )
    insert_rows(connection, claim_payments, _CLAIM_PAYMENT, rows)
    return ids


def add_decisions(
    connection: Connection, claim_payment_ids: Sequence[int], judged: Sequence[Judged], under: Circumstances
) -> list[int]:
    """Write decisions and their entries down; returns the decisions' ids in order."""
    ids = _reserve(connection, decisions, len(judged))
    rows = (
        (
            decision_id,
            claim_payment_id,
            under.decided_at,
            under.mode,
            decision.outcome,
            decision.rule,
            f" {' '.join(decision.holds)} ",
            decision.indicators.id,
            decision.explanation,
            _json(decision.facts),
            claim.patient_id if claim else None,
            claim.location if claim else None,
            under.ruleset,
            under.settings,
        )
        for decision_id, claim_payment_id, (_, claim, decision, _, _) in zip(
            ids, claim_payment_ids, judged, strict=True
        )
    )
    insert_rows(connection, decisions, _DECISION, rows)
    _add_entries(connection, ids, judged, under.memo)
    return ids


def _add_entries(connection: Connection, decision_ids: Sequence[int], judged: Sequence[Judged], memo: str) -> None:
    owed = [
        (decision_id, each.claim, entry)
        for decision_id, each in zip(decision_ids, judged, strict=True)
        for entry in each.entries
    ]
    if not owed:
        return
    entry_ids = _reserve(connection, entries, len(owed))
    entry_rows = []
    for entry_id, (decision_id, claim, entry) in zip(entry_ids, owed, strict=True):
        assert claim is not None, "only a claim of the office is posted"
        on = entry.date.isoformat()
        entry_rows.append(
            (entry_id, decision_id, on, entry.kind, entry.mark, claim.claim_number, claim.patient_id, memo)
        )
    insert_rows(connection, entries, _ENTRY, entry_rows)
    posting_rows = (
        (entry_id, ordinal, account, cents, line)
        for entry_id, (_, _, entry) in zip(entry_ids, owed, strict=True)
        for ordinal, (account, cents, line) in enumerate(entry.postings)
    )
    insert_rows(connection, postings, _POSTING, posting_rows)


def _reserve(connection: Connection, table: Table, count: int) -> list[int]:
    """Ids for new rows. On SQLite the transaction holds the only pen; PostgreSQL has a sequence."""
    if connection.dialect.name == "sqlite":
        last = connection.execute(select(func.max(table.c.id))).scalar() or 0
        return list(range(last + 1, last + count + 1))
    query = text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)")
    return list(connection.execute(query, {"table": table.name, "count": count}).scalars())
