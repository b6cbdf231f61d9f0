"""Files come into our keeping before anything is read from them, and leave it under no circumstances.

Order matters, so that a run may be killed at any point: a file is first written down as received, then its bytes
are moved (from the inbox) or copied (from elsewhere) to the archive, then it is worked on, then its end is written
down. Whatever is found half-way at the next run is taken up where it stopped.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from era_engine.custody import places
from era_engine.custody.intake import examine_whole, readable_name
from era_engine.custody.unpacking import Member
from era_engine.foundation import disk
from era_engine.foundation.clock import now
from era_engine.foundation.errors import UsageError
from era_engine.foundation.sealed_files import keep
from era_engine.home.folder import Home
from era_engine.store.books import audit
from era_engine.store.custody import files
from era_engine.store.custody.files import FileRow
from era_engine.store.database import Database
from era_engine.x12.finding import Finding
from era_engine.x12.source import Source, examine


class Received(NamedTuple):
    """A file to work on. `repeats` is the earlier file of the same bytes, of which nothing is left to do."""

    row: FileRow
    source: Source
    repeats: FileRow | None


class Interrupted(NamedTuple):
    """A file that was received and not finished. `path`: a copy of it that still lies where it came from."""

    row: FileRow
    path: Path | None


def interrupted(home: Home, database: Database, paths: Iterable[Path]) -> list[Interrupted]:
    """Files an earlier run received and did not finish, in the order they were received in.

    paths: where copies of them may still lie outside our keeping.
    """
    with database.reading() as connection:
        unfinished = files.unfinished_files(connection, home.identity)
    if not unfinished:
        return []
    outside: dict[str, Path] = {}
    for path in paths:
        with suppress(UsageError):  # one that cannot be read is told when its turn comes
            outside.setdefault(examine(path, home.keyring).sha256, path)
    return [Interrupted(each, outside.get(each.sha256)) for each in unfinished]


def take_up(home: Home, database: Database, begun: Interrupted) -> Received | None:
    """Fetch a file that was begun from wherever it lies. None where it was finished since, or is nowhere."""
    with database.reading() as connection:
        row = files.file_of(connection, begun.row.id)
        repeats = files.file_of(connection, row.duplicate_of) if row.duplicate_of else None
    if row.state != "received":  # the work on its container finished it
        return None
    if begun.path is not None and (received := receive(home, database, begun.path)) is not None:
        return received
    found = bytes_of(home, row)
    return None if found is None else Received(row, fetched(home, row, found), repeats)


def bytes_of(home: Home, row: FileRow) -> Source | None:
    """The bytes of a file that was received and not finished, where in our keeping they are; None: they are not."""
    assert row.stored_as is not None  # set for every received file
    for place in places.places_of(home, row):
        if place.is_file() and (found := examine(place, home.keyring)).sha256 == row.sha256:
            return found
    return None


def receive(home: Home, database: Database, path: Path) -> Received | None:
    """Take custody of a file. One from the inbox leaves it; any other stays where it is and is copied.

    None, and nothing is done, while somebody is still writing it. Raises UsageError for one that cannot be read.
    """
    source = examine_whole(path, home.keyring)
    if source is None:
        return None
    with database.reading() as connection:
        known = files.files_with_content(connection, source.sha256)
    row = next((each for each in known if each.state == "received" and each.home == home.identity), None)
    done = next((each for each in known if each.state == "archived"), None)
    name = readable_name(path)
    from_inbox = path.absolute().parent.resolve() == home.inbox.resolve()
    moves = from_inbox and home.keyring.sealing is None and _ours_alone(path)  # else a copy is kept, sealed with a key
    if done is not None and not from_inbox:
        with database.writing() as connection:
            row = files.receive_file(connection, home.identity, source, name, None, now(), "duplicate", done.id)
        return Received(row, source, done)
    if not moves:
        _keep(home, path, places.incoming(home, source.sha256))
        kept = examine(places.incoming(home, source.sha256), home.keyring)
        if kept.sha256 != source.sha256:
            kept.path.unlink()  # it changed while it was copied
            return None
        source = kept
    if row is None:
        with database.writing() as connection:
            stored_as = places.free_name(home, connection, name, source.sha256)
            row = files.receive_file(
                connection, home.identity, source, name, stored_as, now(), duplicate_of=done.id if done else None
            )
    if moves:
        path.chmod(disk.OURS_ALONE)
    source = fetched(home, row, source)
    if from_inbox and not moves:
        path.unlink()
    return Received(row, source, done)


def receive_member(home: Home, database: Database, container: FileRow, member: Member) -> Received | None:
    """Take custody of a member of a container, which was written for us; None when it was done with before.

    A repeated one is not kept again: its bytes are. In a rehearsal nothing is kept, and it is read where it is.
    """
    source = examine(member.path)
    with database.reading() as connection:
        row = files.member_known(connection, container, member.name, source.sha256)
        known = files.files_with_content(connection, source.sha256)
    done = next((each for each in known if each.state == "archived"), None)
    if row is not None and row.state == "received":  # its run was interrupted
        if (found := bytes_of(home, row)) is not None:
            source.path.unlink()
            source = found
        return Received(row, fetched(home, row, source), None)
    keeps = row is None and done is None and container.stored_as is not None
    if keeps:
        _keep(home, source.path, places.incoming(home, source.sha256))
        source.path.unlink()
        source = source._replace(path=places.incoming(home, source.sha256), keyring=home.keyring)
    elif container.stored_as is not None:
        source.path.unlink()
    if row is not None:
        return None
    state: files.State = "received" if done is None else "duplicate"
    with database.writing() as connection:
        stored_as = places.free_name(home, connection, member.name, source.sha256) if keeps else None
        row = files.receive_file(
            connection,
            home.identity,
            source,
            member.name,
            stored_as,
            now(),
            state,
            done.id if done else None,
            container.id,
        )
    return Received(row, fetched(home, row, source) if keeps else source, done)


@contextmanager
def room_to_unpack(home: Home, container: FileRow) -> Iterator[Path]:
    """A folder for the members of a container on their way into our keeping; in a rehearsal one that goes."""
    if container.stored_as is not None:
        yield home.archive
    else:
        with TemporaryDirectory(prefix="era-") as folder:
            yield Path(folder)


def settle(home: Home, database: Database, received: Received, state: files.State, findings: Iterable[Finding]) -> None:
    """Write down how the work on a file ended; a quarantined one moves out of the archive first, and gets its note."""
    row = received.row
    findings = tuple(findings)
    stored_as = row.stored_as
    if stored_as is not None:
        name = Path(stored_as).name
        if state == "quarantined":
            disk.move(home.root / stored_as, home.quarantine / name)
            stored_as = f"quarantine/{name}"
            places.write_note(home, database, name, received.source.size, findings)
        else:
            places.remove_note(home, database, name)
    with database.writing() as connection:
        files.finish_file(connection, row.id, state, stored_as, findings)
        audit.append(connection, home.identity, "file", {"file": row.id, "sha256": row.sha256, "state": state})


def fetched(home: Home, row: FileRow, source: Source) -> Source:
    """The bytes of a file where the books say they are, moved there where they are not yet."""
    assert row.stored_as is not None  # set for every received file
    stored = home.root / row.stored_as
    if source.path != stored:
        disk.move(source.path, stored)
    return source._replace(path=stored)


def _keep(home: Home, path: Path, target: Path) -> None:
    """Copy a file into our keeping, sealed where the home has a key."""
    disk.write(target, lambda writing: keep(path, writing, home.keyring))


def _ours_alone(path: Path) -> bool:
    """Whether nobody else can reach the file once it has moved. Of a link we keep what it points to, not the link."""
    found = path.lstat()
    return stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and found.st_nlink == 1
