"""Questions about journal entries."""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, select

from era_engine.store.bulk import stream
from era_engine.store.schema import entries, payments, postings


class PostedEntry(NamedTuple):
    """A journal entry as stored; postings are (account, cents, line), debit positive."""

    entry_id: int
    date: object
    kind: str
    mark: str | None
    claim_number: str | None
    trace_number: str
    patient_id: str | None
    memo: str
    made_by: str | None
    postings: list[tuple[str, int, int | None]]


def entries_where(
    connection: Connection, patient: str | None = None, claim: str | None = None, payment_id: int | None = None
) -> Iterator[PostedEntry]:
    """Entries in the order they were made, streamed; None asks for nothing."""
    query = (
        select(
            entries.c.id,
            entries.c.date,
            entries.c.kind,
            entries.c.mark,
            entries.c.claim_number,
            payments.c.trace_number,
            entries.c.patient_id,
            entries.c.memo,
            entries.c.made_by,
            postings.c.account,
            postings.c.cents,
            postings.c.line,
        )
        .select_from(entries)
        .join(postings)
        .join(payments)
        .order_by(entries.c.id, postings.c.ordinal)
    )
    equal = ((entries.c.patient_id, patient), (entries.c.claim_number, claim), (payments.c.id, payment_id))
    for column, value in equal:
        if value is not None:
            query = query.where(column == value)
    entry: PostedEntry | None = None
    for row in stream(connection, query):
        if entry is None or entry.entry_id != row[0]:
            if entry is not None:
                yield entry
            entry = PostedEntry._make((*row[:9], []))
        entry.postings.append((row[9], row[10], row[11]))
    if entry is not None:
        yield entry
