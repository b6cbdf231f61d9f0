"""A home made of a backup, beside where it will be; it gets its name when all of it is there."""

import fcntl
import json
import os
import re
import shutil
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from era_engine.books.auditing import keep_head
from era_engine.books.backup.checking import Checked, check
from era_engine.books.backup.format import (
    DATABASE,
    HOME,
    Manifest,
    Reading,
    Told,
    flush_folder,
    is_manifest,
    read_members,
)
from era_engine.foundation.errors import LockedError, UsageError
from era_engine.foundation.keys import Key, Keyring, keyring, keys_given
from era_engine.foundation.sealed_files import Sealing, key_id_of, opened
from era_engine.home.folder import FOLDERS, Home
from era_engine.home.keys import Sealed, remember
from era_engine.settings.model import Settings, load_settings
from era_engine.store.books import audit
from era_engine.store.books.snapshot import Take, filling_postgresql, making_sqlite
from era_engine.store.database import Database

# era.toml: what comes before the first table, and the line of the database in it
_TOP = re.compile(r"(.*?)(^[ \t]*\[.*|\Z)", re.DOTALL | re.MULTILINE)
_DATABASE = re.compile(r"^[ \t]*(?:database|\"database\"|'database')[ \t]*=.*$", re.MULTILINE)


class Restored(NamedTuple):
    """`files` of the home were restored, as they and the database were at `made_at` (UTC).

    `key`: the id of the key that the backup is sealed with, and the home is, too; None where both are plain.
    """

    files: int
    made_at: str
    unreadable: list[str]
    missing: list[str]
    key: str | None


def restore(file: Path, folder: Path, database: str | None, told: Told) -> Restored:
    """Make the home `folder` of a backup; `database`, where given, takes the place of the one in era.toml.

    Every hash is checked before anything is made. Raises UsageError or BackupError, and then there is no home; a
    PostgreSQL database is filled in one transaction.
    """
    folder = Path(os.path.realpath(folder))  # a link stays, what it leads to becomes the home
    if folder.is_mount():
        raise UsageError(f"{folder} is a mounted disk.", "Name a folder on it that does not exist.")
    _refuse_in_use(folder)
    keys = keyring(None, keys_given())
    checked = check(file, keys, told)
    with _staging(folder) as staging:
        for name in FOLDERS:
            (staging / name).mkdir(mode=0o700)
        _make(file, checked, keys, staging, database, told)
        for path in (*(each for each in staging.rglob("*") if each.is_dir()), staging):
            flush_folder(path)
        os.rename(staging, folder)
    manifest = checked.manifest
    return Restored(manifest.kept, manifest.made_at, manifest.unreadable, manifest.missing, key_id_of(file))


def _refuse_in_use(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not empty.", "Name a folder that is empty or does not exist.")


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """An empty folder beside `folder` for this restore alone, which is gone after a failure.

    Raises LockedError while another restore works there, UsageError where one has finished meanwhile.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = folder.with_name(f".{folder.name}.restoring")
    staging.mkdir(mode=0o700, exist_ok=True)
    with _held_folder(staging):  # which also lets go of it when this program is killed
        try:
            _refuse_in_use(folder)
            for left in staging.iterdir():  # by one that was killed
                if left.is_dir() and not left.is_symlink():
                    shutil.rmtree(left)
                else:
                    left.unlink()
            yield staging
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True)
            raise


@contextmanager
def _held_folder(staging: Path) -> Iterator[None]:
    with ExitStack() as stack:
        try:
            descriptor = os.open(staging, os.O_RDONLY | os.O_DIRECTORY)
            stack.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            mine = os.path.samestat(os.fstat(descriptor), os.stat(staging))
        except (BlockingIOError, FileNotFoundError):
            mine = False
        if not mine:  # the other one's, or just given its name
            raise LockedError(
                f"Another restore is using {staging}.",
                "Wait until it has finished, or restore into another folder.",
            )
        yield


def _make(file: Path, checked: Checked, keys: Keyring, staging: Path, database: str | None, told: Told) -> None:
    """Files and database in one pass; what era.toml says of the database comes before it.

    What we keep is sealed with the key of the backup, where that is sealed.
    """
    key_id = key_id_of(file)
    sealing = None if key_id is None else keys.opening[key_id]
    if sealing is not None:
        remember(Home(staging), Sealed(sealing.id, ()))
    manifest = checked.manifest
    size = file.stat().st_size
    with opened(file, keys) as stream:
        members = iter(read_members(stream))
        first: Reading | None = None
        for first in members:
            if first.name.startswith(DATABASE):
                break
            _write(first, staging, manifest, sealing)
        settings = _settings(staging, database)
        with _database(checked, settings, staging) as take:
            for member in _with(first, members):
                if member.name.startswith(DATABASE):
                    take(member.name, member.chunks)
                elif not is_manifest(member):
                    _write(member, staging, manifest, sealing)
                told("restoring", stream.tell(), size)


def _with(first: Reading | None, rest: Iterable[Reading]) -> Iterator[Reading]:
    if first is not None:
        yield first
    yield from rest


def _write(member: Reading, staging: Path, manifest: Manifest, sealing: Key | None) -> None:
    if member.name in manifest.unreadable:
        return
    path = staging / member.name.removeprefix(HOME)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = path.parent in (staging / "archive", staging / "quarantine") and member.name not in manifest.beside
    with path.open("xb") as stream:
        if sealing is not None and kept:
            with Sealing(stream, sealing) as sealed:
                for chunk in member.chunks:
                    sealed.write(chunk)
        else:
            stream.writelines(member.chunks)
        stream.flush()
        os.fsync(stream.fileno())
    os.utime(path, (member.modified, member.modified))


def _settings(staging: Path, database: str | None) -> Settings:
    """What era.toml says; another database is written into it, and nothing else is changed."""
    path = staging / "era.toml"
    if database is not None:
        text = path.read_text(encoding="utf-8-sig")
        found = _TOP.match(text)
        assert found is not None, "it matches any text"
        top, tables = found.groups()
        line = f"database = {json.dumps(database, ensure_ascii=False)}"
        top, there = _DATABASE.subn(lambda _: line, top)
        changed = (top if there else f"{line}\n{top}") + tables
        if tomllib.loads(changed) != tomllib.loads(text) | {"database": database}:
            raise UsageError(
                "The way the backup's era.toml is written, --database cannot change it.",
                "Restore it without --database.",
            )
        path.write_text(changed, encoding="utf-8")
    return load_settings(staging)


@contextmanager
def _database(checked: Checked, settings: Settings, staging: Path) -> Iterator[Take]:
    """Where the pieces of the database go; at the end it is opened, and the act of restoring written down."""
    manifest = checked.manifest
    url = settings.database_url(staging)
    kind = "sqlite" if url.startswith("sqlite") else "postgresql"
    if kind != manifest.kind:
        raise UsageError(
            f"The backup is of a {manifest.kind} database. It cannot be restored into a {kind} database.",
            "Give the URL of a database of the same kind with --database.",
        )
    if kind == "postgresql":
        with filling_postgresql(url, manifest.version, manifest.columns) as take:
            yield take
        _note(checked, staging, url)
        return
    final = Path(url.removeprefix("sqlite:///"))
    there = next((path for path in (final, *_logs_of(final)) if path.exists()), None)
    if there is not None:
        raise UsageError(
            f"{there} already exists.", "Name another file, such as --database sqlite:///era.db. Nothing was changed."
        )
    # Outside the folder that gets its name at the end, the database gets its own then, too.
    made = final if final.is_relative_to(staging) else final.with_name(f".{final.name}.restoring")
    made.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if made != final:
        _remove_database(made)
    try:
        with making_sqlite(made) as take:
            yield take
        _note(checked, staging, f"sqlite:///{made}")
        made.rename(final)
    except BaseException:
        _remove_database(made)
        raise


def _logs_of(database: Path) -> list[Path]:
    """SQLite's own files beside a database. Left by another one, they would be read into the one restored."""
    return [database.with_name(f"{database.name}{end}") for end in ("-wal", "-shm", "-journal")]


def _remove_database(file: Path) -> None:
    for path in (*_logs_of(file), file):
        path.unlink(missing_ok=True)


def _note(checked: Checked, staging: Path, url: str) -> None:
    home = Home(staging)
    done = {"sha256": checked.sha256, "made_at": checked.manifest.made_at}
    with closing(Database(url)) as database:
        with database.writing() as connection:
            audit.append(connection, home.identity, "restore", done)
        keep_head(home, database)
