"""Files put aside, tried again: those that a change of settings, rules or program may have made readable."""

from collections.abc import Iterable
from pathlib import Path

from era_engine.custody.notes import note_name
from era_engine.custody.places import write_note
from era_engine.custody.receiving import Received, fetched
from era_engine.foundation.errors import UsageError
from era_engine.home.folder import Home
from era_engine.store.books import audit
from era_engine.store.custody import files
from era_engine.store.custody.files import FileRow
from era_engine.store.database import Database
from era_engine.x12.source import Source, examine


def quarantined(home: Home, database: Database) -> list[FileRow]:
    """The files that lie in this home's quarantine, by the books."""
    with database.reading() as connection:
        return files.quarantined_files(connection, home.identity)


def quarantined_by_name(home: Home, database: Database, names: Iterable[str]) -> list[FileRow]:
    """The same by names, given alone, with `quarantine/` before them, as paths, or as their notes'.

    Raises UsageError for one that is not in quarantine.
    """
    rows = {Path(row.stored_as).name: row for row in quarantined(home, database) if row.stored_as}
    found = []
    for name in names:
        path = Path(name)
        there = path.parent in (Path(), Path("quarantine")) or path.parent.resolve() == home.quarantine.resolve()
        row = rows.get(path.name) or rows.get(path.name.removesuffix(note_name("")))
        if row is None or not there:
            raise UsageError(f"{name} is not in this home's quarantine.", "Name a file in quarantine/, or give --all.")
        found.append(row)
    return list(dict.fromkeys(found))


def unchanged(home: Home, row: FileRow) -> Source:
    """A quarantined file as it lies there. Raises UsageError where it is gone, or not what was received."""
    assert row.stored_as is not None  # set for every quarantined file
    path = home.root / row.stored_as
    if path.exists() and (source := examine(path, home.keyring)).sha256 == row.sha256:
        return source
    what = "not what was received" if path.exists() else "missing"
    raise UsageError(
        f"{row.stored_as} is {what}.",
        "To read a changed or new file, put it into inbox/ and run `era run`. `era verify` lists what is wrong.",
    )


def take_back(home: Home, database: Database, row: FileRow, by: str | None) -> Received:
    """Take a quarantined file out of quarantine to be worked on again, as if it had just been received.

    Raises UsageError where it is not what was received.
    """
    source = unchanged(home, row)
    name = source.path.name
    if (home.archive / name).exists():
        raise UsageError(f"archive/{name} already exists and is not in the books.", "Move it to another place.")
    with database.writing() as connection:
        known = files.files_with_content(connection, row.sha256)
        done = next((each for each in known if each.state == "archived"), None)
        row = files.receive_again(connection, row, f"archive/{name}", done.id if done else None)
        audit.append(connection, home.identity, "requeue", {"file": row.id, "sha256": row.sha256}, by)
    return Received(row, fetched(home, row, source), done)


def renew_notes(home: Home, database: Database) -> None:
    """Write the notes of quarantine that are missing: deleted, or of a version that wrote none."""
    for row in quarantined(home, database):
        assert row.stored_as is not None  # set for every quarantined file
        aside = home.root / row.stored_as
        if aside.exists() and not aside.with_name(note_name(aside.name)).exists():
            with database.reading() as connection:
                findings = files.findings_of(connection, row.id)
            write_note(home, database, aside.name, aside.stat().st_size, findings)
