"""What became of every file that came in: archived, quarantined, duplicate or waiting; by the books and on disk."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from era_engine.custody import notes, receiving
from era_engine.custody.intake import in_inbox, readable_name
from era_engine.foundation.errors import UsageError
from era_engine.foundation.sealed_files import SealedFileError, key_id_of
from era_engine.home.folder import Home
from era_engine.store.custody.files import FileRow, every_file, file_of
from era_engine.store.database import Database
from era_engine.store.proofs.payments import KeptFile
from era_engine.x12.source import examine

_FOLDERS = {"archived": "archive", "quarantined": "quarantine", "duplicate": "archive"}


class FileAccounts(NamedTuple):
    """How many files there are of each fate. Waiting: in the inbox, or received by a run that was interrupted.

    purged: of those archived or quarantined, whose bytes are gone by the practice's own wish.
    """

    archived: int
    quarantined: int
    duplicate: int
    waiting: int
    interrupted: int
    purged: int
    problems: list[str]

    @property
    def came_in(self) -> int:
        return self.archived + self.quarantined + self.duplicate + self.waiting


def file_accounts(home: Home, database: Database, kept: list[KeptFile]) -> FileAccounts:
    """Hold the books of files against the disk; reads every file that is kept."""
    problems = []
    rows = []
    for each in kept:
        wrong = list(_of_file(home, each))
        if wrong:  # unless a run or a purge went on with the file meanwhile
            with database.reading() as connection:
                newest = each._replace(row=file_of(connection, each.row.id))
            wrong = wrong if newest == each else list(_of_file(home, newest))
            each = newest
        problems += wrong
        rows.append(each.row)
    inbox = in_inbox(home)
    interrupted = [row for row in rows if row.state == "received"]
    for row in interrupted:
        if receiving.bytes_of(home, row) is None:
            there = next((path for path in inbox if _is(home, path, row)), None)
            if there is None:
                problems.append(
                    f"File {row.name} was received, but this home no longer has it. Put it into inbox/ again."
                )
            else:
                inbox.remove(there)  # it counts once
    problems += _strangers(home, database, rows)
    return FileAccounts(
        sum(row.state == "archived" for row in rows),
        sum(row.state == "quarantined" for row in rows),
        sum(row.state == "duplicate" for row in rows),
        len(interrupted) + len(inbox),
        len(interrupted),
        sum(row.purged_at is not None for row in rows),
        problems,
    )


def _of_file(home: Home, kept: KeptFile) -> Iterator[str]:
    row = kept.row
    if row.state == "received":
        return
    folder = _FOLDERS.get(row.state)
    if folder is None:
        yield f"File {row.name} has the unknown state {row.state!r}."
        return
    if row.stored_as is None:
        if (row.state, kept.repeats) != ("duplicate", "archived"):
            yield f"File {row.name} is {row.state}, but the books do not say where it is kept."
        return
    if Path(row.stored_as).parent != Path(folder):
        yield f"File {row.name} is {row.state}, but kept as {row.stored_as}."
    if row.purged_at is not None:
        if (home.root / row.stored_as).exists():
            yield f"File {row.name} was purged, but {row.stored_as} still exists. Run `era purge` again."
        return
    yield from _bytes(home, row, row.stored_as)


def _bytes(home: Home, row: FileRow, stored_as: str) -> Iterator[str]:
    path = home.root / stored_as
    try:
        source = examine(path, home.keyring)
        if home.keyring.sealing is not None and key_id_of(path) is None:
            yield f"File {row.name}: {stored_as} is not sealed. Run `era encryption rotate`."
    except SealedFileError as error:
        yield f"File {row.name}: {error.problem}"
        return
    except UsageError:
        yield f"File {row.name}: {stored_as} is missing."
        return
    if source.sha256 != row.sha256:
        yield f"File {row.name}: {stored_as} has changed since it was received."
    if row.state == "quarantined" and not (home.root / notes.note_name(stored_as)).is_file():
        yield f"File {row.name}: {notes.note_name(stored_as)} is missing. `era run` writes it again."


def _is(home: Home, path: Path, row: FileRow) -> bool:
    """Whether a file in the inbox is the one that was written down as received."""
    try:
        return readable_name(path) == row.name and examine(path, home.keyring).sha256 == row.sha256
    except UsageError:
        return False


def _strangers(home: Home, database: Database, rows: list[FileRow]) -> Iterator[str]:
    """What lies in archive or quarantine and is not in the books, nor came into them since they were read."""
    strange = _not_in_books(home, rows)
    if strange:
        with database.reading() as connection:
            newest = every_file(connection, home.identity)
        strange &= _not_in_books(home, newest)
    for name in sorted(strange):
        yield f"{name} is not in the books. Move it to inbox/ and run again."


def _not_in_books(home: Home, rows: list[FileRow]) -> set[str]:
    known = {row.stored_as for row in rows if row.stored_as is not None}
    for row in rows:
        if row.stored_as is not None and row.state in ("quarantined", "received"):
            known.add(f"quarantine/{notes.note_name(Path(row.stored_as).name)}")
            if row.state == "received":
                known.add(f"quarantine/{Path(row.stored_as).name}")
    there = {path for folder in (home.archive, home.quarantine) for path in folder.iterdir()}
    return {f"{path.parent.name}/{path.name}" for path in there if not path.name.startswith(".")} - known
