"""Decisions and their journal entries, written together. Rows go in by the batch; ids are reserved beforehand."""

import json
from collections.abc import Sequence
from typing import Literal, NamedTuple

from sqlalchemy import Connection, Table, bindparam, func, select, text, update

from era_engine.journal.entry import Entry
from era_engine.practice.matching import Match
from era_engine.practice.model import Claim
from era_engine.remittance.model import ClaimPayment
from era_engine.rulebook.decision import Decision
from era_engine.store.bulk import insert_rows, insert_unless_there
from era_engine.store.custody.files import findings_json
from era_engine.store.schema import claim_payments, decisions, entries, postings, rule_sets, settings_versions
from era_engine.x12.finding import Finding

_CLAIM_PAYMENT = (
    *("id", "payment_id", "claim_number", "payer_claim_number", "claim_status", "charge_cents", "paid_cents"),
    *("patient_responsibility_cents", "source", "findings", "state", "office_claim", "match_step"),
)
_DECISION = (
    *("id", "claim_payment_id", "decided_at", "mode", "outcome", "rule", "holds", "indicators", "explanation"),
    *("facts", "patient_id", "location", "ruleset", "settings", "act", "decided_by", "note", "warnings"),
)
_ENTRY = (
    *("id", "payment_id", "decision_id", "provider_adjustment_id", "date", "kind", "mark", "claim_number"),
    *("patient_id", "memo", "made_by", "reverses", "reverses_entry"),
)
_POSTING = ("entry_id", "ordinal", "account", "cents", "line")

State = Literal["open", "posted", "reversed", "closed"]
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Judged(NamedTuple):
    """A claim payment with everything decided about it.

    takes_back: (id of the claim payment whose posting its entries take back, the state that leaves that one in).
    """

    payment: ClaimPayment
    match: Match
    decision: Decision
    entries: tuple[Entry, ...]
    findings: tuple[Finding, ...]
    takes_back: tuple[int, State] | None = None

    @property
    def state(self) -> State:
        """What the claim payment is when this is written down."""
        return "posted" if self.decision.outcome == "post" else "open"


class Circumstances(NamedTuple):
    """What all decisions made together on one payment share. `memo` goes on their entries.

    act: `decide`, or what a person did (then `decided_by` names who): post, undo, match, unmatch, close.
    """

    payment_id: int
    decided_at: str
    mode: str
    ruleset: str
    settings: str
    memo: str
    act: str = "decide"
    decided_by: str | None = None
    note: str | None = None


def keep_versions(connection: Connection, ruleset: tuple[str, str], settings: tuple[str, str]) -> None:
    """Keep the content of a rule set and of settings under its hash, once."""
    for table, (content_hash, content) in ((rule_sets, ruleset), (settings_versions, settings)):
        connection.execute(insert_unless_there(connection, table), {"hash": content_hash, "content": content})


def add_claim_payments(connection: Connection, payment_id: int, judged: Sequence[Judged]) -> list[int]:
    """Write claim payments down, each with its own segments; returns their ids in order."""
    ids = reserve_ids(connection, claim_payments, len(judged))
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
            findings_json(each.findings) if each.findings else "[]",
            each.state,
            match.claim.claim_number if match.claim else None,
            match.step,
        )
        for claim_payment_id, each in zip(ids, judged, strict=True)
        for payment, match in ((each.payment, each.match),)
    )
    insert_rows(connection, claim_payments, _CLAIM_PAYMENT, rows)
    return ids


def add_decisions(
    connection: Connection, claim_payment_ids: Sequence[int], judged: Sequence[Judged], under: Circumstances
) -> list[int]:
    """Write decisions and their entries down; returns the decisions' ids in order."""
    ids = reserve_ids(connection, decisions, len(judged))
    rows = (
        (
            decision_id,
            claim_payment_id,
            under.decided_at,
            under.mode,
            decision.outcome,
            decision.rule,
            f" {' '.join(decision.holds)} ",
            decision.indicators,
            decision.explanation,
            _json(decision.facts),
            claim.patient_id if claim else None,
            claim.location if claim else None,
            under.ruleset,
            under.settings,
            under.act,
            under.decided_by,
            under.note,
            f" {' '.join(decision.warnings)} ",
        )
        for decision_id, claim_payment_id, each in zip(ids, claim_payment_ids, judged, strict=True)
        for decision, claim in ((each.decision, each.match.claim),)
    )
    insert_rows(connection, decisions, _DECISION, rows)
    owed = [
        NewEntry(entry, decision_id, None, each.match.claim)
        for decision_id, each in zip(ids, judged, strict=True)
        for entry in each.entries
    ]
    add_entries(connection, under.payment_id, owed, under.memo, under.decided_by)
    for each in judged:
        if each.takes_back is not None:
            claim_payment_id, state = each.takes_back
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
        (
            entry_id,
            payment_id,
            decision_id,
            provider_adjustment_id,
            entry.date.isoformat(),
            entry.kind,
            entry.mark,
            claim.claim_number if claim else None,
            claim.patient_id if claim else None,
            memo,
            made_by,
            entry.reverses,
            reverses_entry,
        )
        for entry_id, (entry, decision_id, provider_adjustment_id, claim, reverses_entry) in zip(
            entry_ids, owed, strict=True
        )
    )
    insert_rows(connection, entries, _ENTRY, entry_rows)
    posting_rows = (
        (entry_id, ordinal, account, cents, line)
        for entry_id, new in zip(entry_ids, owed, strict=True)
        for ordinal, (account, cents, line) in enumerate(new.entry.postings)
    )
    insert_rows(connection, postings, _POSTING, posting_rows)


def judged_again(connection: Connection, claim_payment_ids: Sequence[int], judged: Sequence[Judged]) -> None:
    """Write down what claim payments stored before have become."""
    rows = [
        {
            "wanted": claim_payment_id,
            "state": each.state,
            "office_claim": each.match.claim.claim_number if each.match.claim else None,
            "match_step": each.match.step,
        }
        for claim_payment_id, each in zip(claim_payment_ids, judged, strict=True)
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
