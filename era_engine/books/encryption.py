"""Changing the key of a home: every kept file is sealed anew, one after the other.

The home remembers first that files may have the old key or the new one; then each file is replaced by one that is
whole and opens with the new key; at last the old key is forgotten. Killed at any moment, it is finished by calling it
again with both keys.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from era_engine.custody.places import places_of
from era_engine.foundation.errors import InstallationError
from era_engine.foundation.keys import Key, Keyring, keyring
from era_engine.foundation.sealed_files import PIECE, SealedFileError, keep, key_id_of, opened
from era_engine.home.folder import Home
from era_engine.home.keys import Sealed, check, keys_at_hand, remember, remembered
from era_engine.settings.model import Settings
from era_engine.store.books import audit
from era_engine.store.custody.files import every_file
from era_engine.store.database import Database

Told = Callable[[str, int, int], None]  # (what is being done, bytes done, bytes in all)


class Rotated(NamedTuple):
    """`sealed` files have the new key now, `before` had it already; `problems` names those that could not be read."""

    sealed: int
    before: int
    problems: list[str]


def rotate(home: Home, settings: Settings, database: Database, to: Key, by: str, told: Told) -> Rotated:
    """Seal every kept file with the key `to`, plain ones as well.

    Raises SettingsError without the keys that files may have now, LockedError while a run or a backup is at work.
    """
    with home.locked(), home.keeping_files():
        before = remembered(home)
        keys = [*keys_at_hand(home.root, settings), to]
        earlier: set[str] = set()
        if before is not None:
            check(home, before, keys)
            earlier = {before.key, *before.earlier} - {to.id}
        remember(home, Sealed(to.id, tuple(sorted(earlier))))
        done = _seal_all(home, database, keyring(to, keys), told)
        if not done.problems:
            remember(home, Sealed(to.id, ()))
        if done.sealed or earlier:
            details = {"to": to.id, "from": sorted(earlier), "files": done.sealed, "left": len(done.problems)}
            with database.writing() as connection:
                audit.append(connection, home.identity, "rotate-key", details, by)
        return done


def _seal_all(home: Home, database: Database, keys: Keyring, told: Told) -> Rotated:
    assert keys.sealing is not None
    paths = list(dict.fromkeys(_kept(home, database)))
    total = sum(path.stat().st_size for path in paths)
    sealed = before = done = 0
    problems = []
    for path in paths:
        done += path.stat().st_size
        try:
            if key_id_of(path) == keys.sealing.id:
                before += 1
            else:
                _seal_anew(path, keys)
                sealed += 1
        except SealedFileError as error:
            problems.append(error.problem)
        told("sealing", done, total)
    return Rotated(sealed, before, problems)


def _kept(home: Home, database: Database) -> Iterator[Path]:
    """Where the bytes of the files in the books lie, and copies on their way into them."""
    with database.reading() as connection:
        rows = every_file(connection, home.identity)
    for row in rows:
        if row.stored_as is not None and row.purged_at is None:
            yield from (path for path in places_of(home, row)[::2] if path.is_file())
    yield from home.archive.glob(".*.incoming")


def _seal_anew(path: Path, keys: Keyring) -> None:
    """Replace a file by one of the same content; what takes its place was read back first."""
    partial = path.with_name(f".{path.name.lstrip('.')}.part")
    with partial.open("wb") as writing:
        content = keep(path, writing, keys)
        writing.flush()
        os.fsync(writing.fileno())
    if _content(partial, keys) != content:
        raise InstallationError(
            f"{path} could not be sealed: it reads back with different content.", "Check this disk."
        )
    partial.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _content(path: Path, keys: Keyring) -> str:
    digest = hashlib.sha256()
    with opened(path, keys) as stream:
        while piece := stream.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()
