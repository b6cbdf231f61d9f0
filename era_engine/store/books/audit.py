"""The audit log: every act of a practice, in a chain of hashes; and the seals that tie the books to it.

A row's hash is taken over its own values and the hash of the row before it, so no row can be changed, left out,
moved or put in between without every later hash becoming wrong. Each practice (home) has its own chain: one chain for
all would make practices that share a database wait for each other. An act on a payment also writes down a seal, the
hash over everything the books hold of that payment.
"""

import hashlib
import json
import os
import pwd
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select, update

from era_engine.foundation.clock import now
from era_engine.store.bulk import insert_unless_there, stream, stream_text
from era_engine.store.schema import SETTINGS_ACT, audit_heads, audited_acts, files, payments

ACTS = (
    *("begin", "adopt", "settings", "run", "file", "payment", "judge-again", "quick-post"),
    *("import-claims", "import-fees", "import-bank", "requeue", "backup", "restore", "purge", "rotate-key"),
    *("post", "undo", "match", "unmatch", "close"),
)
GENESIS = "0" * 64  # what the first row of a chain has for its previous hash

# What is sealed of a payment, part by part. Never what may change: states, matches found, findings added later.
_SEALED = {
    "payment": "SELECT id, id, file_id, first_segment, originator, trace_number, payment_date, payment_cents, method,"
    " separators, fingerprint FROM payments WHERE {payment}",
    "pairs": "SELECT payment_id, id, ordinal, provider, fiscal_date, reason, reference, cents"
    " FROM provider_adjustments WHERE {payment} ORDER BY payment_id, id",
    "claims": "SELECT payment_id, id, claim_number, payer_claim_number, claim_status, charge_cents, paid_cents,"
    " patient_responsibility_cents, source FROM claim_payments WHERE {payment} ORDER BY payment_id, id",
    "matches": "SELECT p.payment_id, m.id, m.claim_payment_id, m.claim_number, m.matched_by, m.matched_at, m.note"
    " FROM matches m JOIN claim_payments p ON p.id = m.claim_payment_id WHERE {payment} ORDER BY p.payment_id, m.id",
    "decisions": "SELECT p.payment_id, d.id, d.claim_payment_id, d.decided_at, d.mode, d.outcome, d.rule, d.holds,"
    " d.indicators, d.explanation, d.facts, d.patient_id, d.location, d.ruleset, d.settings, d.act, d.decided_by,"
    " d.note, d.warnings"
    " FROM decisions d JOIN claim_payments p ON p.id = d.claim_payment_id WHERE {payment} ORDER BY p.payment_id, d.id",
    "entries": "SELECT payment_id, id, decision_id, provider_adjustment_id, date, kind, mark, claim_number,"
    " patient_id, memo, made_by, reverses, reverses_entry FROM entries WHERE {payment} ORDER BY payment_id, id",
    "postings": "SELECT e.payment_id, e.id, s.ordinal, s.account, s.cents, s.line"
    " FROM postings s JOIN entries e ON e.id = s.entry_id WHERE {payment} ORDER BY e.payment_id, e.id, s.ordinal",
}
_PAYMENT_COLUMN = {"payment": "id", "matches": "p.payment_id", "decisions": "p.payment_id", "postings": "e.payment_id"}


class AuditRow(NamedTuple):
    """One act. `by` is the name a person gave, `account` the operating system's; `details` is JSON."""

    office: str  # the home's identity, by the name it is stored and exported under
    seq: int
    at: str
    account: str
    by: str | None
    act: str
    details: str
    previous: str
    hash: str


class Head(NamedTuple):
    """The last row of a chain."""

    seq: int
    hash: str


def chained_hash(
    previous: str, home_id: str, seq: int, at: str, account: str, by: str | None, act: str, details: str
) -> str:
    """SHA-256 over one row of the log and the hash before it; none of the texts holds a line break."""
    text = f"{previous}\n{home_id}\n{seq}\n{at}\n{account}\n{'' if by is None else '=' + by}\n{act}\n{details}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def append(connection: Connection, home_id: str, act: str, details: dict[str, Any], by: str | None = None) -> None:
    """Write an act down at the end of the practice's chain, which stays locked until the transaction ends.

    `details` names things by id, count or hash, never by what a patient could be known by.
    """
    assert act in ACTS, act
    head = _locked_head(connection, home_id)
    written = json.dumps(details, sort_keys=True, separators=(",", ":"))
    values = (home_id, head.seq + 1, now(), account(), by, act, written)
    row = AuditRow(*values, head.hash, chained_hash(head.hash, *values))
    connection.execute(insert(audited_acts), row._asdict())
    connection.execute(update(audit_heads).where(audit_heads.c.office == home_id), {"seq": row.seq, "hash": row.hash})


def append_on_payment(
    connection: Connection, payment_id: int, act: str, details: dict[str, Any], by: str | None = None
) -> None:
    """Write down an act on a payment with the seal of what the books hold of it now, in the chain of its practice."""
    home_id = connection.execute(
        select(files.c.home).join(payments, payments.c.file_id == files.c.id).where(payments.c.id == payment_id)
    ).scalar_one()
    append(connection, home_id, act, {"payment": payment_id, **details, "seal": seal(connection, payment_id)}, by)


def hold(connection: Connection, home_id: str) -> None:
    """Let no other program append to the practice's chain until the transaction ends."""
    _locked_head(connection, home_id)


def account() -> str:
    """The operating system's account this program runs under."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # a container may run as a number without a name
        return str(os.geteuid())


def _locked_head(connection: Connection, home_id: str) -> Head:
    query = select(audit_heads.c.seq, audit_heads.c.hash).where(audit_heads.c.office == home_id).with_for_update()
    row = connection.execute(query).first()
    if row is None:
        first = {"office": home_id, "seq": 0, "hash": GENESIS}
        connection.execute(insert_unless_there(connection, audit_heads), first)
        if connection.execute(query).one().seq == 0:
            _adopt(connection, home_id)
        row = connection.execute(query).one()
    return Head(*row)


def _adopt(connection: Connection, home_id: str) -> None:
    """A practice that has books already, of a version without audit log: they are sealed as they are found."""
    query = select(payments.c.id).join(files).where(files.c.home == home_id).order_by(payments.c.id)
    known = list(connection.execute(query).scalars())
    append(connection, home_id, "begin", {"payments": len(known)})
    for payment_id in known:
        append(connection, home_id, "adopt", {"payment": payment_id, "seal": seal(connection, payment_id)})


# seals


def seal(connection: Connection, payment_id: int) -> str:
    """The hash over everything the books hold of one payment."""
    parts = {}
    for part in _SEALED:
        rows = stream_text(connection, _query(part, f"= {int(payment_id)}"))
        parts[part] = _digest(row[1:] for row in rows)
    return _sealed(parts)


def seals(connection: Connection) -> Iterator[tuple[int, str]]:
    """(payment id, seal) of every payment in the books, by id; each table is read once."""
    streams = {part: _by_payment(stream_text(connection, _query(part, "IS NOT NULL"))) for part in _SEALED}
    ahead = {part: next(each, None) for part, each in streams.items()}
    while (current := ahead["payment"]) is not None:
        payment_id = current[0]
        parts = {}
        for part, waiting in ahead.items():
            if waiting is not None and waiting[0] == payment_id:
                parts[part] = waiting[1]
                ahead[part] = next(streams[part], None)
            else:
                parts[part] = _digest(())
        yield payment_id, _sealed(parts)


def _query(part: str, which: str) -> str:
    query = _SEALED[part].format(payment=f"{_PAYMENT_COLUMN.get(part, 'payment_id')} {which}")
    return query if "ORDER BY" in query else f"{query} ORDER BY id"


def _by_payment(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[int, str]]:
    for payment_id, group in groupby(rows, key=lambda row: row[0]):
        yield payment_id, _digest(row[1:] for row in group)


def _digest(rows: Iterable[tuple[Any, ...]]) -> str:
    digest = hashlib.sha256()
    for row in rows:
        digest.update("\x1f".join(["\x00" if value is None else str(value) for value in row]).encode())
        digest.update(b"\x1e")
    return digest.hexdigest()


def _sealed(parts: dict[str, str]) -> str:
    return hashlib.sha256("".join(parts[part] for part in _SEALED).encode()).hexdigest()


# looking


def heads(connection: Connection) -> dict[str, Head]:
    """The last row of each practice's chain, as the database keeps it."""
    query = select(audit_heads.c.office, audit_heads.c.seq, audit_heads.c.hash)
    return {home_id: Head(seq, last) for home_id, seq, last in connection.execute(query)}


def hash_at(connection: Connection, home_id: str, seq: int) -> str | None:
    """The hash of one row; None where there is none."""
    query = select(audited_acts.c.hash).where(audited_acts.c.office == home_id, audited_acts.c.seq == seq)
    return connection.execute(query).scalar()


def audit_rows(connection: Connection, home_id: str | None = None) -> Iterator[Any]:
    """Rows in order as tuples in the order of AuditRow, streamed: every chain one after the other, or one home's."""
    query = select(*(audited_acts.c[name] for name in AuditRow._fields)).order_by(
        audited_acts.c.office, audited_acts.c.seq
    )
    return stream(connection, query if home_id is None else query.where(audited_acts.c.office == home_id))


def newest_settings(connection: Connection, home_id: str) -> dict[str, Any] | None:
    """Which settings and rules were last written down as in force; None where none were."""
    query = select(audited_acts.c.details).where(audited_acts.c.office == home_id, SETTINGS_ACT)
    details = connection.execute(query.order_by(audited_acts.c.seq.desc()).limit(1)).scalar()
    return None if details is None else dict(json.loads(details))
