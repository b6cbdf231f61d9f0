"""A backup read from end to end and held against its own manifest, before anything is made of it."""

import hashlib
import re
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from era_engine.books.backup.format import (
    CHUNK,
    DATABASE,
    HOME,
    BackupError,
    Manifest,
    Member,
    Told,
    is_manifest,
    read_manifest,
    read_members,
)
from era_engine.foundation.errors import UsageError
from era_engine.foundation.keys import Keyring
from era_engine.foundation.sealed_files import DamagedFileError, opened
from era_engine.store.books.snapshot import SQLITE_PIECE

_SETTINGS = "home/era.toml"


class Checked(NamedTuple):
    """A whole backup: what it holds, and the SHA-256 of its file."""

    manifest: Manifest
    sha256: str


def check(file: Path, keyring: Keyring, told: Told) -> Checked:
    """Read all of a backup. Raises BackupError where a byte is not what was written, UsageError without a file."""
    try:
        return Checked(_checked(file, keyring, told), _hash_of(file))
    except (BackupError, DamagedFileError) as error:
        raise BackupError(f"{file} is not a usable backup. {error.problem}") from error
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.", "Name a backup this user may read.") from error


def _checked(file: Path, keyring: Keyring, told: Told) -> Manifest:
    members: list[Member] = []
    manifest: Manifest | None = None
    size = file.stat().st_size
    with opened(file, keyring) as stream:
        for reading in read_members(stream):
            if manifest is not None:
                raise BackupError("It has data after its manifest.")
            if is_manifest(reading):
                manifest = read_manifest(b"".join(reading.chunks))
                continue
            digest = hashlib.sha256()
            for chunk in reading.chunks:
                digest.update(chunk)
                told("checking", stream.tell(), size)
            members.append(Member(reading.name, reading.size, digest.hexdigest()))
    if manifest is None:
        raise BackupError("It is cut off: its manifest is missing.")
    if members != manifest.members:
        wrong = next((a.name for a, b in zip(members, manifest.members, strict=False) if a != b), "its end")
        raise BackupError(f"It is damaged: {wrong} is not what was written.")
    _check_names(manifest)
    return manifest


def _check_names(manifest: Manifest) -> None:
    """Every name stays below the folder it is restored to, and is there once."""
    names = [each.name for each in manifest.members]
    if len(set(names)) != len(names):
        raise BackupError("It has the same file twice.")
    for name in names:
        parts = PurePosixPath(name).parts
        if not name.startswith((HOME, DATABASE)) or "/".join(parts) != name or ".." in parts or "\0" in name:
            raise BackupError("It has a file that would be written outside the folder.")
    pieces = [name for name in names if name.startswith(DATABASE)]
    if manifest.kind == "postgresql":
        of_tables = all(re.fullmatch("[^/]+/[0-9]{6}", each.removeprefix(DATABASE)) for each in pieces)
        whole = of_tables and {each.split("/")[1] for each in pieces} <= manifest.columns.keys()
    else:
        whole = pieces == [SQLITE_PIECE]
    if _SETTINGS not in names or not whole:
        raise BackupError("The settings or the database are missing.")


def _hash_of(file: Path) -> str:
    with file.open("rb") as stream:
        digest = hashlib.sha256()
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
