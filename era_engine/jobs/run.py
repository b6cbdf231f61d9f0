"""The story of a run: every file through every stage, one payment at a time."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from era_engine.acts.purge import FilesPurged, keep_to_setting
from era_engine.books.opened import Books, keep_versions, note_act
from era_engine.custody import quarantine, receiving
from era_engine.custody.intake import FileLeft, examine_whole, files_to_read, in_inbox, readable_name
from era_engine.custody.places import clear_leftovers
from era_engine.custody.receiving import Interrupted, Received
from era_engine.foundation.clock import now
from era_engine.foundation.errors import UsageError
from era_engine.foundation.stopping import Check, Stopped, go_on
from era_engine.home.keys import check_again
from era_engine.jobs.one_file import FileEvent, unreadable, work_on
from era_engine.posting.reconsidering import PaymentReconsidered, reconsider
from era_engine.store.custody import files

Event = FileLeft | FileEvent | PaymentReconsidered | FilesPurged


def run(books: Books, paths: Iterable[Path] | None, check: Check = go_on) -> Iterator[Event]:
    """Read, decide and post every file; each event tells what is done and safe.

    paths: files and folders, listed when it is this run's turn; None: the inbox.
    check: called before each file and payment is begun; what it raises ends the run there, and the next one goes on.
    Raises LockedError when another run holds the home, SettingsError where its key was changed since it was opened,
    UsageError for a path that does not exist.
    """
    with books.home.locked():
        check_again(books.home)
        meant = files_to_read(books.home, paths)
        keep_versions(books)
        note_act(books, "run", {"files": len(meant.files)})
        clear_leftovers(books.home, books.database)
        quarantine.renew_notes(books.home, books.database)
        yield from meant.left
        # First what was received first: which of two versions of a payment is posted depends on the order.
        begun = receiving.interrupted(books.home, books.database, [*meant.files, *in_inbox(books.home)])
        broke: list[Exception] = []
        yield from _take_up(books, begun, check, broke)
        taken_up = {file.path for file in begun}
        yield from _receive(books, [path for path in meant.files if path not in taken_up], check)
        yield from reconsider(books, check)
        yield from keep_to_setting(books)
        if broke:
            raise broke[0]


def _take_up(books: Books, begun: Iterable[Interrupted], check: Check, broke: list[Exception]) -> Iterator[Event]:
    """Finish files that an earlier run was broken off in; what breaks this one as well goes to `broke`."""
    for interrupted in begun:
        check()
        try:
            received = receiving.take_up(books.home, books.database, interrupted)
            if received is not None:
                yield from work_on(books, received, check)
        except Stopped:
            raise
        except Exception as error:  # noqa: BLE001 - one that breaks a run keeps no other waiting; the run raises it
            broke.append(error)


def _receive(books: Books, paths: Iterable[Path], check: Check) -> Iterator[Event]:
    """Take files into our keeping, each worked on before the next; one that cannot be read stays where it is."""
    for path in paths:
        check()
        try:
            received = receiving.receive(books.home, books.database, path)
        except UsageError as error:
            yield unreadable(path, error)
            continue
        if received is None:
            yield FileLeft(readable_name(path), "being-written")
        else:
            yield from work_on(books, received, check)


def requeue(books: Books, names: Iterable[str], by: str | None, check: Check = go_on) -> Iterator[Event]:
    """Work on quarantined files again: those named, as they lie in quarantine, or all of it where none is named.

    Raises LockedError as a run does, and UsageError, before anything is done, for a name that is not there or a file
    that is not what was received. Of all, such a file is told and stays as it is.
    """
    with books.home.locked():
        check_again(books.home)
        named = quarantine.quarantined_by_name(books.home, books.database, names)
        for row in named:
            quarantine.unchanged(books.home, row)
        keep_versions(books)
        for row in named or quarantine.quarantined(books.home, books.database):
            check()
            try:
                received = quarantine.take_back(books.home, books.database, row, by)
            except UsageError as error:
                yield unreadable(Path(row.name), error)
                continue
            yield from work_on(books, received, check)
        yield from reconsider(books, check)


def rehearse(books: Books, paths: Iterable[Path] | None, check: Check = go_on) -> Iterator[Event]:
    """The same, but nothing is kept: no row, no entry, no file moved."""
    with books.home.locked(), books.database.rehearsing():
        keep_versions(books)
        meant = files_to_read(books.home, paths)
        yield from meant.left
        for path in meant.files:
            check()
            try:
                source = examine_whole(path, books.home.keyring)
            except UsageError as error:
                yield unreadable(path, error)
                continue
            if source is None:
                yield FileLeft(readable_name(path), "being-written")
                continue
            with books.database.writing() as connection:
                same = files.files_with_content(connection, source.sha256)
                repeats = next((row for row in same if row.state == "archived"), None)
                row = files.receive_file(connection, books.home.identity, source, readable_name(path), None, now())
            yield from work_on(books, Received(row, source, repeats), check)
        yield from reconsider(books, check)
