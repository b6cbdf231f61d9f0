"""Bytes of files that a practice no longer wishes to keep. What was read from them, and decided, stays.

A file is first written down as purged, then its bytes are removed. A purge that is killed in between leaves bytes
that the books call purged: `era verify` says so, and the next purge removes them.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from era_engine.books.opened import Books
from era_engine.custody import notes
from era_engine.foundation.clock import now
from era_engine.foundation.errors import LockedError, UsageError
from era_engine.home.folder import Home
from era_engine.questions.decisions import payment_records
from era_engine.store.books import audit
from era_engine.store.custody import retention
from era_engine.store.custody.retention import OldFile
from era_engine.store.database import Connection, Database

_OPEN = "it has a payment that is not completed"
_QUARANTINED = "it is in quarantine; add --quarantine to purge it"
_RECEIVED = "a run has not finished it"


class Wish(NamedTuple):
    """What is to go: everything received before a day (UTC); files in quarantine only when it says so."""

    before: date
    quarantine: bool = False
    by: str | None = None  # None: the setting
    because: str | None = None


class Purged(NamedTuple):
    """What is gone (or would be), and what is as old and stays, with the reason."""

    purged: list[OldFile]
    left: list[tuple[OldFile, str]]


class FilesPurged(NamedTuple):
    """A run kept to the setting: so many files received before a day (ISO) are gone, so many had to stay."""

    before: str
    purged: int
    left: int


def cut_off(days: int) -> date:
    """The day before which a file was received more than so many days ago."""
    return datetime.now(UTC).date() - timedelta(days=days)


def purge(home: Home, database: Database, wish: Wish) -> Purged:
    """Remove bytes, and finish what a killed purge left. The caller holds the home.

    Raises LockedError when a backup is being taken, UsageError for a day to come.
    """
    _check(wish)
    with home.keeping_files():
        with database.writing() as connection:
            chosen = _chosen(connection, home, wish)
            if chosen.purged:
                ids = [each.id for each in chosen.purged]
                retention.mark_purged(connection, ids, now())
                done = {"before": wish.before.isoformat(), "files": ids}
                done |= {} if wish.because is None else {"because": wish.because}
                audit.append(connection, home.identity, "purge", done, wish.by)
        with database.reading() as connection:
            purged = retention.purged_files(connection, home.identity)
        for file in purged:
            _remove(home, file)
    return chosen


def would_purge(home: Home, database: Database, wish: Wish) -> Purged:
    """What `purge` would do now."""
    _check(wish)
    with database.reading() as connection:
        return _chosen(connection, home, wish)


def keep_to_setting(books: Books) -> Iterator[FilesPurged]:
    """Purge what the practice no longer keeps by its settings; a backup being taken puts it off to the next run."""
    days = books.settings.retention.archived_files_days
    if days is None:
        return
    wish = Wish(cut_off(days))
    try:
        done = purge(books.home, books.database, wish)
    except LockedError:
        return
    if done.purged:
        yield FilesPurged(wish.before.isoformat(), len(done.purged), len(done.left))


def _check(wish: Wish) -> None:
    today = datetime.now(UTC).date()
    if wish.before > today:
        raise UsageError(f"{wish.before} is in the future.", f"Give a day up to {today}. Nothing was removed.")


def _chosen(connection: Connection, home: Home, wish: Wish) -> Purged:
    old = retention.files_received_before(connection, home.identity, wish.before.isoformat())
    if not old:
        return Purged([], [])
    waiting = {record["payment_id"] for record in payment_records(connection, "open")}
    with_open_work = retention.files_with_payments(connection, waiting)
    purged, left = [], []
    for file in old:
        if file.state == "received":
            left.append((file, _RECEIVED))
        elif file.id in with_open_work:
            left.append((file, _OPEN))
        elif file.state == "quarantined" and not wish.quarantine:
            left.append((file, _QUARANTINED))
        else:
            purged.append(file)
    return Purged(purged, left)


def _remove(home: Home, file: OldFile) -> None:
    """The bytes, what is told beside them, and the answers to their sender, which begin with the file's number."""
    stored = home.root / file.stored_as
    for path in (stored, stored.with_name(notes.note_name(stored.name)), *home.acks.glob(f"{file.id:06d}-*")):
        path.unlink(missing_ok=True)
