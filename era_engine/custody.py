"""Files come into our keeping before anything is read from them, and leave it under no circumstances.

Order matters, so that a run may be killed at any point: a file is first written down as received, then its bytes
are moved (from the inbox) or copied (from elsewhere) to the archive, then it is worked on, then its end is written
down. Whatever is found half-way at the next run is taken up where it stopped.
"""

import errno
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection

from era_engine.clock import now
from era_engine.errors import UsageError
from era_engine.home import Home
from era_engine.store import audit, files
from era_engine.store.database import Database
from era_engine.store.files import FileRow
from era_engine.x12.finding import Finding
from era_engine.x12.source import Source, examine

_LONGEST_NAME = 220  # bytes; 255 is the most a disk takes, and a copy's name grows
_BEING_WRITTEN = (".tmp", ".part")


class Received(NamedTuple):
    """A file to work on. `repeats` is the earlier file of the same bytes, of which nothing is left to do."""

    row: FileRow
    source: Source
    repeats: FileRow | None


def files_to_read(home: Home, given: Iterable[Path] | None) -> list[Path]:
    """The files meant by paths: files themselves, folders' files by name; None: those of the inbox.

    Raises UsageError for a path that does not exist.
    """
    found: list[Path] = []
    for path in [home.inbox] if given is None else given:
        if path.is_dir():
            found += files_in(path)
        elif path.exists():
            found.append(path)
        else:
            raise UsageError(f"{path} does not exist.", "Name a file or a folder; without one, the inbox is read.")
    return found


def files_in(folder: Path) -> list[Path]:
    """The files of a folder that are there to be read, by name."""
    return sorted(each for each in folder.iterdir() if each.is_file() and not _is_aside(each))


def interrupted(home: Home, database: Database) -> Iterator[Received]:
    """Files an earlier run received and did not finish, wherever it left their bytes."""
    with database.reading() as connection:
        unfinished = files.unfinished_files(connection, home.identity)
    for row in unfinished:
        assert row.stored_as is not None  # set for every received file
        stored = home.root / row.stored_as
        for left_at in (_incoming(home, row.sha256), home.quarantine / stored.name):
            if not stored.exists() and left_at.exists():
                _move(left_at, stored)
        if stored.exists():
            with database.reading() as connection:
                repeats = files.file_of(connection, row.duplicate_of) if row.duplicate_of else None
            yield Received(row, examine(stored), repeats)


def receive(home: Home, database: Database, path: Path) -> Received:
    """Take custody of a file. One from the inbox leaves it; any other stays where it is and is copied."""
    source = examine(path)
    with database.reading() as connection:
        known = files.files_with_content(connection, source.sha256)
    row = next((each for each in known if each.state == "received" and each.home == home.identity), None)
    done = next((each for each in known if each.state == "archived"), None)
    name = readable_name(path)
    from_inbox = path.absolute().parent.resolve() == home.inbox.resolve()
    moves = from_inbox and not path.is_symlink()  # of a link we keep what it points to, not the link
    if done is not None and not from_inbox:
        with database.writing() as connection:
            row = files.receive_file(connection, home.identity, source, name, None, now(), "duplicate", done.id)
        return Received(row, source, done)
    if not moves:
        _copy(path, _incoming(home, source.sha256))
    if row is None:
        with database.writing() as connection:
            stored_as = _free_name(home, connection, name, source.sha256)
            row = files.receive_file(
                connection, home.identity, source, name, stored_as, now(), duplicate_of=done.id if done else None
            )
    assert row.stored_as is not None
    stored = home.root / row.stored_as
    _move(path if moves else _incoming(home, source.sha256), stored)
    if from_inbox and not moves:
        path.unlink()
    return Received(row, source._replace(path=stored), done)


def settle(home: Home, database: Database, received: Received, state: files.State, findings: Iterable[Finding]) -> None:
    """Write down how the work on a file ended; a quarantined one moves out of the archive first."""
    row = received.row
    stored_as = row.stored_as
    if state == "quarantined" and stored_as is not None:
        stored = home.root / stored_as
        _move(stored, home.quarantine / stored.name)
        stored_as = f"quarantine/{stored.name}"
    with database.writing() as connection:
        files.finish_file(connection, row.id, state, stored_as, findings)
        audit.append(connection, home.identity, "file", {"file": row.id, "sha256": row.sha256, "state": state})


def readable_name(path: Path) -> str:
    """A file's name as text that any database keeps, and not longer than any disk allows."""
    name = os.fsencode(path.name).decode("utf-8", "replace")
    if len(name.encode()) <= _LONGEST_NAME:
        return name
    return Path(name).stem[:50] + Path(name).suffix[:10]


def _is_aside(path: Path) -> bool:
    """Hidden, or still being written by somebody."""
    return path.name.startswith(".") or path.suffix in _BEING_WRITTEN


def _incoming(home: Home, sha256: str) -> Path:
    return home.archive / f".{sha256}.incoming"


def _free_name(home: Home, connection: Connection, name: str, sha256: str) -> str:
    """`archive/name`, or with a piece of the content's hash (and a number) when archive or quarantine has that name."""
    path = Path(name)
    candidates = [name, f"{path.stem}.{sha256[:8]}{path.suffix}"]
    candidates += [f"{path.stem}.{sha256[:8]}-{number}{path.suffix}" for number in range(2, 10_000)]
    for candidate in candidates:
        on_disk = (home.archive / candidate).exists() or (home.quarantine / candidate).exists()
        if not on_disk and not files.name_in_use(connection, home.identity, f"archive/{candidate}"):
            return f"archive/{candidate}"
    raise UsageError("The archive holds ten thousand files of one name.", "Clear it out.")


def _copy(source: Path, target: Path) -> None:
    """Copy so that the target is whole or not there, also after a power cut."""
    partial = target.with_name(f".{target.name.lstrip('.')}.part")
    with source.open("rb") as reading, partial.open("wb") as writing:
        shutil.copyfileobj(reading, writing, 1 << 20)
        writing.flush()
        os.fsync(writing.fileno())
    _move(partial, target)


def _move(source: Path, target: Path) -> None:
    try:
        os.replace(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy(source, target)  # the inbox may be a mount of its own
        source.unlink()
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
