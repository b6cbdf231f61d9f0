"""Decisions and their journal entries, written together. Rows go in by the batch; ids are reserved beforehand."""

import json
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Table, func, insert, select, text

from era_engine.decisions.decision import Decision
from era_engine.ledger.entries import Entry
from era_engine.practice.model import Claim
from era_engine.remittance.model import ClaimPayment
from era_engine.store.files import findings_json
from era_engine.store.schema import claim_payments, decisions, entries, postings, rule_sets, settings_versions
from era_engine.x12.finding import Finding


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
        if connection.execute(select(table.c.hash).where(table.c.hash == content_hash)).first() is None:
            connection.execute(insert(table), {"hash": content_hash, "content": content})


def add_claim_payments(connection: Connection, payment_id: int, judged: Sequence[Judged]) -> list[int]:
    """Write claim payments down, each with its own segments; returns their ids in order."""
    ids = _reserve(connection, claim_payments, len(judged))
    rows = [
        {
            "id": claim_payment_id,
            "payment_id": payment_id,
            "claim_number": each.payment.claim_number,
            "payer_claim_number": each.payment.payer_claim_number,
            "claim_status": each.payment.status,
            "charge_cents": each.payment.charge_cents,
            "paid_cents": each.payment.paid_cents,
            "patient_responsibility_cents": each.payment.patient_responsibility_cents,
            "source": each.payment.source,
            "findings": findings_json(each.findings) if each.findings else "[]",
        }
        for claim_payment_id, each in zip(ids, judged, strict=True)
    ]
    connection.execute(insert(claim_payments), rows)
    return ids


def add_decisions(
    connection: Connection, claim_payment_ids: Sequence[int], judged: Sequence[Judged], under: Circumstances
) -> list[int]:
    """Write decisions and their entries down; returns the decisions' ids in order."""
    ids = _reserve(connection, decisions, len(judged))
    rows = [
        {
            "id": decision_id,
            "claim_payment_id": claim_payment_id,
            "decided_at": under.decided_at,
            "mode": under.mode,
            "outcome": each.decision.outcome,
            "rule": each.decision.rule,
            "holds": f" {' '.join(each.decision.holds)} ",
            "indicators": each.decision.indicators.id,
            "explanation": each.decision.explanation,
            "facts": json.dumps(each.decision.facts, ensure_ascii=False),
            "patient_id": each.claim.patient_id if each.claim else None,
            "location": each.claim.location if each.claim else None,
            "ruleset": under.ruleset,
            "settings": under.settings,
        }
        for decision_id, claim_payment_id, each in zip(ids, claim_payment_ids, judged, strict=True)
    ]
    connection.execute(insert(decisions), rows)
    _add_entries(connection, ids, judged, under.memo)
    return ids


def _add_entries(
    connection: Connection, decision_ids: Sequence[int], judged: Sequence[Judged], memo: str
) -> None:
    owed = [
        (decision_id, each.claim, entry)
        for decision_id, each in zip(decision_ids, judged, strict=True)
        for entry in each.entries
    ]
    if not owed:
        return
    entry_rows, posting_rows = [], []
    for entry_id, (decision_id, claim, entry) in zip(_reserve(connection, entries, len(owed)), owed, strict=True):
        assert claim is not None, "only a claim of the office is posted"
        entry_rows.append(
            {
                "id": entry_id,
                "decision_id": decision_id,
                "date": entry.date,
                "kind": entry.kind,
                "mark": entry.mark,
                "claim_number": claim.claim_number,
                "patient_id": claim.patient_id,
                "memo": memo,
            }
        )
        for ordinal, (account, cents, line) in enumerate(entry.postings):
            posting_rows.append(
                {"entry_id": entry_id, "ordinal": ordinal, "account": account, "cents": cents, "line": line}
            )
    connection.execute(insert(entries), entry_rows)
    connection.execute(insert(postings), posting_rows)


def _reserve(connection: Connection, table: Table, count: int) -> list[int]:
    """Ids for new rows. On SQLite the transaction holds the only pen; PostgreSQL has a sequence."""
    if connection.dialect.name == "sqlite":
        last = connection.execute(select(func.max(table.c.id))).scalar() or 0
        return list(range(last + 1, last + count + 1))
    query = text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)")
    return list(connection.execute(query, {"table": table.name, "count": count}).scalars())
