"""Where files lie in a home's archive and quarantine, under which names, and the notes beside quarantined ones."""

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from era_engine.custody.notes import note, note_name
from era_engine.foundation import disk
from era_engine.foundation.errors import UsageError
from era_engine.home.folder import Home
from era_engine.store.custody import files
from era_engine.store.custody.files import FileRow
from era_engine.store.database import Connection, Database
from era_engine.x12.finding import Finding


def incoming(home: Home, sha256: str) -> Path:
    """Where a copy waits until it has its place."""
    return home.archive / f".{sha256}.incoming"


def places_of(home: Home, row: FileRow) -> list[Path]:
    """Where the bytes of a file in our keeping may lie: at its place, or where a run that was killed left them."""
    assert row.stored_as is not None
    stored = home.root / row.stored_as
    return [stored, incoming(home, row.sha256), home.quarantine / stored.name]


def clear_leftovers(home: Home, database: Database) -> None:
    """Delete copies that a killed run left half-way: of each the bytes still lie where they were copied from."""
    with database.reading() as connection:
        wanted = {incoming(home, row.sha256) for row in files.unfinished_files(connection, home.identity)}
    for folder in (home.archive, home.quarantine):
        for path in folder.glob(".*"):
            if path.suffix in (".part", ".incoming", ".member") and path not in wanted:
                path.unlink()
    for path in home.half_written():
        path.unlink(missing_ok=True)
    for folder in home.abandoned_copies():
        shutil.rmtree(folder, ignore_errors=True)


def free_name(home: Home, connection: Connection, name: str, sha256: str) -> str:
    """`archive/name`, or with a piece of the content's hash (and a number) when that is taken in archive or quarantine.

    Taken, too, is a name of which the note would bear another file's name, or that is another file's note's.
    """
    for candidate in _candidates(name, sha256):
        taken = [candidate, note_name(candidate)]
        if candidate.endswith(note_name("")):
            taken.append(candidate.removesuffix(note_name("")))
        if not any(_taken(home, connection, each) for each in taken):
            return f"archive/{candidate}"
    raise UsageError("The archive has ten thousand files with one name.", "Move some of them elsewhere.")


def _candidates(name: str, sha256: str) -> Iterator[str]:
    """The first is nearly always free, so none is made before it is asked for."""
    yield name
    stem, suffix = Path(name).stem, Path(name).suffix
    yield f"{stem}.{sha256[:8]}{suffix}"
    for number in range(2, 10_000):
        yield f"{stem}.{sha256[:8]}-{number}{suffix}"


def _taken(home: Home, connection: Connection, name: str) -> bool:
    on_disk = (home.archive / name).exists() or (home.quarantine / name).exists()
    return on_disk or _in_use(connection, home, name)


def _in_use(connection: Connection, home: Home, name: str) -> bool:
    """Whether the books know a file of this name in archive or quarantine."""
    return files.name_in_use(connection, home.identity, (f"archive/{name}", f"quarantine/{name}"))


def write_note(home: Home, database: Database, name: str, size: int, findings: Iterable[Finding]) -> None:
    """Write what a person needs to know beside `quarantine/name`."""
    beside = note_name(name)
    with database.reading() as connection:
        if _in_use(connection, home, beside):
            return  # a file received by a version that wrote no notes bears this name
    text = note(home.root, name, size, findings)
    disk.write(home.quarantine / beside, lambda writing: writing.write(text.encode()))


def remove_note(home: Home, database: Database, name: str) -> None:
    """Delete the note of a file that leaves quarantine."""
    beside = home.quarantine / note_name(name)
    if beside.exists():
        with database.reading() as connection:
            ours = not _in_use(connection, home, beside.name)
        if ours:
            beside.unlink()
