"""Taking a backup of a home, also while a run is at work on it.

The database goes first, as of one moment. A run only ever moves files forward (inbox, archive, quarantine), so
whatever that moment knew is found in one of these places afterwards. What came later is unknown to that moment and
goes to the inbox of the restored home, which reads it again.
"""

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from era_engine.bank.dialect import OWN as DIALECTS
from era_engine.books.backup.checking import check
from era_engine.books.backup.format import CHUNK, FORMAT, HOME, Manifest, Told, Writer, flush_folder
from era_engine.books.tables import own_holds, rules_in_force
from era_engine.custody.places import places_of
from era_engine.foundation.clock import now
from era_engine.foundation.errors import UsageError
from era_engine.foundation.sealed_files import SealedFileError, Sealing, opened
from era_engine.home.folder import FOLDERS, REMEMBERED, Home
from era_engine.home.keys import check_again
from era_engine.settings.model import Settings
from era_engine.store.books import audit
from era_engine.store.books.snapshot import Snapshot, snapshot
from era_engine.store.custody.files import FileRow
from era_engine.store.database import Database

_ROUNDS = 20  # looks at the folders, as long as something moved on under our eyes
_PATIENCE = 0.05  # seconds before looking again for a file on its way


class BackedUp(NamedTuple):
    """What a backup holds: `files` of the home, `size` bytes, `sha256` of the whole; `problems` is mostly empty."""

    files: int
    size: int
    sha256: str
    problems: list[str]


def back_up(home: Home, settings: Settings, database: Database, target: Path, told: Told) -> BackedUp:
    """Write a backup to `target`, check all of it, and only then give it its name.

    Raises UsageError when `target` is there already or would lie among the home's files, LockedError when another
    backup is being taken, SettingsError where the key was changed since the home was opened.
    """
    _refuse_existing(target)
    if any(target.resolve().is_relative_to((home.root / name).resolve()) for name in FOLDERS):
        raise UsageError(f"{target} is inside the home.", "Write the backup outside the home.")
    partial = target.with_name(f".{target.name}.part")
    with home.keeping_files():
        check_again(home)
        try:
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
                with ExitStack() as stack:
                    sealing = home.keyring.sealing
                    target_stream = stream if sealing is None else stack.enter_context(Sealing(stream, sealing))
                    changed = _write(home, settings, database, target_stream, told)
                stream.flush()
                os.fsync(stream.fileno())
            checked = check(partial, home.keyring, told)
            _refuse_existing(target)
            partial.rename(target)
        finally:
            partial.unlink(missing_ok=True)
        flush_folder(target.parent)
    manifest = checked.manifest
    done = {"sha256": checked.sha256, "files": manifest.kept}
    with database.writing() as connection:
        audit.append(connection, home.identity, "backup", done)
    problems = [
        f"{name.removeprefix(HOME)} could not be read and is not in the backup." for name in manifest.unreadable
    ]
    problems += [f"{name} has changed since it was received." for name in changed]
    problems += [f"{name} is in the books, but its file was not found." for name in manifest.missing]
    return BackedUp(manifest.kept, target.stat().st_size, checked.sha256, problems)


def _refuse_existing(target: Path) -> None:
    if target.exists() or target.is_symlink():
        raise UsageError(f"{target} already exists.", "Give the backup another name. Nothing was overwritten.")


def _write(home: Home, settings: Settings, database: Database, stream: Any, told: Told) -> list[str]:
    """Returns the names of files that are no longer what was received."""
    made_at = now()
    with Writer(stream) as writer:
        files = _Files(home, writer, told)
        # Before the database: what the home remembers of the audit log must be no newer than the log in the backup.
        files.add_remembered(settings)
        with snapshot(database, home.identity, home.root / ".snapshot.db") as moment:
            files.expect(moment.files)
            for piece in moment.pieces:
                writer.add(piece.name, piece.size, piece.stream, 0)
                files.advance(piece.size)
        missing = files.add_all(moment)
        of = (home.identity, moment.kind, moment.version, moment.columns)
        writer.finish(Manifest(FORMAT, made_at, *of, writer.members, writer.unreadable, missing, files.beside))
    return files.changed


class _Files:
    """The files of a home on their way into a backup, each once."""

    def __init__(self, home: Home, writer: Writer, told: Told) -> None:
        self._home, self._writer, self._told = home, writer, told
        self._names: set[str] = set()  # in the backup, without `home/`
        self._contents: set[str] = set()  # their hashes
        self._done = self._total = 0
        self.changed: list[str] = []  # known by another content
        self.beside: list[str] = []

    def expect(self, known: list[FileRow]) -> None:
        """How much there will be, for who watches."""
        paths = [self._home.root / row.stored_as for row in known if row.stored_as and not row.purged_at]
        paths += [path for folder in (self._home.inbox, self._home.acks) for path in _files_in(folder)]
        self._total += sum(path.stat().st_size for path in paths if path.exists())

    def advance(self, size: int) -> None:
        self._done += size
        self._told("writing", self._done, max(self._done, self._total))

    def add_remembered(self, settings: Settings) -> None:
        for name in REMEMBERED:
            self._add(self._home.root / name, name)
        root = self._home.root.resolve()
        added = own_holds(self._home, rules_in_force(self._home, settings))
        for folder in (settings.rules_folder(self._home.root), added, self._home.root / DIALECTS):
            if folder is not None and folder.resolve().is_relative_to(root):
                for path in _files_in(folder.resolve()):
                    self._add(path, str(path.relative_to(root)))

    def add_all(self, moment: Snapshot) -> list[str]:
        """Add everything of the folders; returns what the books know and no folder holds."""
        self._add_folder(self._home.inbox)
        missing = [row.stored_as for row in moment.files if row.stored_as and not row.purged_at and not self._find(row)]
        known = {row.stored_as for row in moment.files}
        for _ in range(_ROUNDS):
            still = self._add_folder(self._home.inbox)
            still &= self._add_later(known)
            if still:
                break
        self._add_folder(self._home.acks)
        return missing

    def _find(self, row: FileRow) -> bool:
        """Add a file the books know, wherever it is by now."""
        assert row.stored_as is not None
        places = [
            *places_of(self._home, row),
            self._home.archive / Path(row.stored_as).name,
        ]
        for attempt in range(3):
            time.sleep(_PATIENCE * attempt)
            for place in places:
                content = self._add(place, row.stored_as)
                if content is not None:
                    self.changed += [] if content in (row.sha256, "") else [row.stored_as]
                    return True
        return row.sha256 in self._contents  # received, and still in the inbox

    def _add_folder(self, folder: Path) -> bool:
        """Add what a folder holds; False when something was gone before it could be read."""
        still = True
        for path in _files_in(folder):
            name = str(path.relative_to(self._home.root))
            still &= name in self._names or self._add(path, name) is not None
        return still

    def _add_later(self, known: set[str | None]) -> bool:
        """Add what came into archive or quarantine after the database was read; it goes to the inbox again."""
        still = True
        for folder in (self._home.archive, self._home.quarantine):
            for path in _files_in(folder):
                name = str(path.relative_to(self._home.root))
                if name in known or name in self._names:
                    continue
                if name.removesuffix(".txt") in known:  # what people are told about a file stays beside it
                    still &= self._add(path, name) is not None
                    self.beside.append(HOME + name)
                    continue
                content = self._content(path)
                if content is None:
                    still = False
                elif content not in self._contents:
                    still &= self._add(path, f"inbox/{self._free(path, content)}") is not None
        return still

    def _free(self, path: Path, content: str) -> str:
        return path.name if f"inbox/{path.name}" not in self._names else f"{path.stem}.{content[:8]}{path.suffix}"

    def _add(self, path: Path, name: str) -> str | None:
        """Add the content of a file; returns its hash, "" where it cannot be read whole, None where no file is."""
        if not path.is_file():
            return None
        try:
            stream = self._opened(path)
        except FileNotFoundError:
            return None
        except SealedFileError:
            self._writer.unreadable.append(HOME + name)
            self._names.add(name)
            return ""
        with stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(0)
            member = self._writer.add(HOME + name, size, stream, int(os.fstat(stream.fileno()).st_mtime))
        self._names.add(name)
        self.advance(size)
        if member.name in self._writer.unreadable:
            return ""
        self._contents.add(member.sha256)
        return member.sha256

    def _opened(self, path: Path) -> BinaryIO:
        """What we keep is read through its seal; what lies elsewhere as it is."""
        kept = path.parent in (self._home.archive, self._home.quarantine)
        return opened(path, self._home.keyring) if kept else path.open("rb")

    def _content(self, path: Path) -> str | None:
        """The hash of what is in a file; None where it is gone by now."""
        digest = hashlib.sha256()
        try:
            with self._opened(path) as stream:
                while chunk := stream.read(CHUNK):
                    digest.update(chunk)
        except FileNotFoundError:
            return None
        except SealedFileError:
            return ""
        return digest.hexdigest()


def _files_in(folder: Path) -> Iterator[Path]:
    """Every file below a folder but hidden ones and those being written; they are no part of what is kept."""
    for above, folders, names in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        for name in sorted(names):
            path = Path(above, name)
            if not name.startswith(".") and path.suffix not in (".part", ".tmp"):
                yield path
