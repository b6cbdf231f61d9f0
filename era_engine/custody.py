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
from era_engine.keys import Keyring
from era_engine.sealed_files import keep
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


def files_to_read(home: Home, given: Iterable[Path]) -> list[Path]:
    """The files meant by paths: files themselves, folders' files by name; the inbox when none are given.

    Raises UsageError for a path that does not exist.
    """
    found: list[Path] = []
    for path in list(given) or [home.inbox]:
        if path.is_dir():
            found += sorted(each for each in path.iterdir() if each.is_file() and not _is_aside(each))
        elif path.exists():
            found.append(path)
        else:
            raise UsageError(f"{path} does not exist.", "Name a file or a folder; without one, the inbox is read.")
    return found


def interrupted(home: Home, database: Database) -> Iterator[Received]:
    """Files an earlier run received and did not finish, wherever it left their bytes."""
    with database.reading() as connection:
        unfinished = files.unfinished_files(connection, home.identity)
    for row in unfinished:
        assert row.stored_as is not None  # set for every received file
        stored, *on_its_way = places_of(home, row.stored_as, row.sha256)
        for left_at in on_its_way:
            if not stored.exists() and left_at.exists():
                _move(left_at, stored)
        if stored.exists():
            with database.reading() as connection:
                repeats = files.file_of(connection, row.duplicate_of) if row.duplicate_of else None
            yield Received(row, examine(stored, home.keyring), repeats)


def places_of(home: Home, stored_as: str, sha256: str) -> list[Path]:
    """Where the bytes of a file in our keeping may lie: at its place, or where a run that was killed left them."""
    stored = home.root / stored_as
    return [stored, _incoming(home, sha256), home.quarantine / stored.name]


def found_at(home: Home, stored_as: str, sha256: str) -> Path:
    """Where the bytes of a received file lie, be it still in the inbox; its place where they are nowhere."""
    places = places_of(home, stored_as, sha256)
    found = [path for path in places if path.exists()]
    found += [] if found else [path for path in files_to_read(home, ()) if _is(home, path, sha256)]
    return found[0] if found else places[0]


def _is(home: Home, path: Path, sha256: str) -> bool:
    try:
        return examine(path, home.keyring).sha256 == sha256
    except UsageError:  # what cannot be read is not what was received
        return False


def receive(home: Home, database: Database, path: Path) -> Received:
    """Take custody of a file. One from the inbox leaves it; any other stays where it is and is copied."""
    source = examine(path, home.keyring)
    with database.reading() as connection:
        known = files.files_with_content(connection, source.sha256)
    row = next((each for each in known if each.state == "received" and each.home == home.identity), None)
    done = next((each for each in known if each.state == "archived"), None)
    name = readable_name(path)
    from_inbox = path.absolute().parent.resolve() == home.inbox.resolve()
    moves = from_inbox and not path.is_symlink()  # of a link we keep what it points to, not the link
    moves = moves and home.keyring.sealing is None  # else a sealed copy is kept, and the plain file goes
    if done is not None and not from_inbox:
        with database.writing() as connection:
            row = files.receive_file(connection, home.identity, source, name, None, now(), "duplicate", done.id)
        return Received(row, source, done)
    if not moves:
        _copy(path, _incoming(home, source.sha256), home.keyring)
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


def _copy(source: Path, target: Path, keyring: Keyring | None = None) -> None:
    """Copy so that the target is whole or not there, also after a power cut; with keys, the content is sealed."""
    partial = target.with_name(f".{target.name.lstrip('.')}.part")
    with partial.open("wb") as writing:
        if keyring is None:
            with source.open("rb") as reading:
                shutil.copyfileobj(reading, writing, 1 << 20)
        else:
            keep(source, writing, keyring)
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
