"""Files old enough to be purged, the work that is still open on them, and what was purged."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, select, update

from era_engine.store.practice.claims import slices
from era_engine.store.schema import files, payments, repeated_payments


class OldFile(NamedTuple):
    """A file whose bytes are kept; `stored_as` is relative to the home, `received_at` UTC."""

    id: int
    name: str
    state: str
    stored_as: str
    received_at: str


_OLD = select(files.c.id, files.c.name, files.c.state, files.c.stored_as, files.c.received_at).where(
    files.c.stored_as.is_not(None)
)


def files_received_before(connection: Connection, home: str, day: str) -> list[OldFile]:
    """Files of this home, received before a day (ISO, UTC), whose bytes were not purged."""
    query = _OLD.where(files.c.home == home, files.c.purged_at.is_(None), files.c.received_at < day)
    return [OldFile(*row) for row in connection.execute(query.order_by(files.c.id))]


def purged_files(connection: Connection, home: str) -> list[OldFile]:
    """Files whose bytes are, or are about to be, gone."""
    query = _OLD.where(files.c.home == home, files.c.purged_at.is_not(None))
    return [OldFile(*row) for row in connection.execute(query.order_by(files.c.id))]


def files_with_payments(connection: Connection, payment_ids: Collection[int]) -> set[int]:
    """Ids of the files that hold one of these payments: first or again, packed into another file or repeated whole."""
    found: set[int] = set()
    for some in slices(payment_ids):
        found.update(connection.execute(select(payments.c.file_id).where(payments.c.id.in_(some))).scalars())
        again = select(repeated_payments.c.file_id).where(repeated_payments.c.payment_id.in_(some))
        found.update(connection.execute(again).scalars())
    related = connection.execute(
        select(files.c.id, files.c.duplicate_of, files.c.unpacked_from).where(
            files.c.duplicate_of.is_not(None) | files.c.unpacked_from.is_not(None)
        )
    ).all()
    found.update(container for file, _, container in related if file in found and container is not None)
    found.update(file for file, first, _ in related if first in found)
    return found


def mark_purged(connection: Connection, file_ids: Collection[int], at: str) -> None:
    for some in slices(file_ids):
        connection.execute(update(files).where(files.c.id.in_(some)).values(purged_at=at))
