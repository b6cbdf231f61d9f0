"""The form of a backup: a gzipped tar that `tar` lists, too; its last member is a manifest with every member's hash.

Members: `home/…` are the files of the home by their names there, `database/…` the pieces of the database. A backup
without its manifest is a cut one. The members are read in one pass, so memory does not grow with them.
"""

import gzip
import hashlib
import io
import json
import os
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Self

from era_engine.foundation.errors import EraError

FORMAT = 1
HOME, DATABASE = "home/", "database/"
CHUNK = 1 << 20  # bytes
_MANIFEST = "manifest.json"
_LONGEST_MANIFEST = 1 << 30  # bytes; a member costs about 150

Told = Callable[[str, int, int], None]  # (what is being done, bytes done, bytes in all)


class BackupError(EraError):
    """A backup that cannot be used: cut, damaged, or none at all."""

    exit_code = 2

    def __init__(self, problem: str) -> None:
        super().__init__(problem, "Use another backup. Nothing was restored.")


class Member(NamedTuple):
    """A file in a backup; `size` in bytes."""

    name: str
    size: int
    sha256: str


class Manifest(NamedTuple):
    """What a backup holds, and of what.

    `made_at` UTC; `home` the identity of the home; `kind` and `version` of its database, `columns` of each table;
    `unreadable` members are filled up with zeros and not to be restored; `missing` files were nowhere; `beside` are
    texts about kept files, which are never sealed.
    """

    format: int
    made_at: str
    home: str
    kind: str
    version: str
    columns: dict[str, list[str]]
    members: list[Member]
    unreadable: list[str]
    missing: list[str]
    beside: list[str]

    @property
    def kept(self) -> int:
        """How many files of the home there are to restore."""
        return sum(each.name.startswith(HOME) and each.name not in self.unreadable for each in self.members)


class Writer:
    """Writes members one after the other."""

    def __init__(self, stream: BinaryIO) -> None:
        self.members: list[Member] = []
        self.unreadable: list[str] = []
        self._stack = ExitStack()
        zipped = self._stack.enter_context(gzip.GzipFile("", "wb", compresslevel=1, fileobj=stream, mtime=0))
        tar = tarfile.open(fileobj=zipped, mode="w|", bufsize=CHUNK, format=tarfile.PAX_FORMAT)  # noqa: SIM115 - it is
        self._tar = self._stack.enter_context(tar)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def add(self, name: str, size: int, stream: Any, modified: float) -> Member:
        """Add `size` bytes of a stream. Where it breaks off, zeros take their place and the member is unreadable."""
        whole = _Measured(stream, size)
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode, entry.mtime = size, 0o600, modified
        self._tar.addfile(entry, whole)
        _forget(self._tar)
        member = Member(name, size, whole.digest.hexdigest())
        self.members.append(member)
        if whole.broken:
            self.unreadable.append(name)
        return member

    def finish(self, manifest: Manifest) -> None:
        text = json.dumps(manifest._asdict(), separators=(",", ":")).encode()
        entry = tarfile.TarInfo(_MANIFEST)
        entry.size, entry.mode = len(text), 0o600
        self._tar.addfile(entry, io.BytesIO(text))


def _forget(tar: Any) -> None:
    tar.members = []  # it would keep them all


class _Measured:
    """Exactly so many bytes, and their hash."""

    def __init__(self, stream: Any, size: int) -> None:
        self.digest = hashlib.sha256()
        self.broken = False
        self._stream, self._left = stream, size

    def read(self, size: int = -1) -> bytes:
        size = self._left if size < 0 else min(size, self._left)
        data = b""
        if not self.broken:
            try:
                data = self._stream.read(size)
            except (EraError, OSError):
                self.broken = True
        if len(data) < size:
            self.broken = True
            data += bytes(size - len(data))
        self._left -= size
        self.digest.update(data)
        return data


class Reading(NamedTuple):
    """A member as it comes: its name, size, time of last change, and its bytes, to be taken before the next."""

    name: str
    size: int
    modified: float
    chunks: Iterator[bytes]


def read_members(stream: BinaryIO) -> Iterator[Reading]:
    """Every member in order, the manifest last. Raises BackupError where they are cut or no such thing."""
    with (
        _told_as_damage(),
        gzip.GzipFile(fileobj=stream, mode="rb") as zipped,
        tarfile.open(fileobj=zipped, mode="r|", bufsize=CHUNK) as tar,
    ):
        for entry in tar:
            _forget(tar)
            file = tar.extractfile(entry) if entry.isreg() else None
            if file is None:
                raise BackupError("It has an entry that is not a file.")
            yield Reading(entry.name, entry.size, entry.mtime, _chunks(file))
        while zipped.read(CHUNK):  # to the check sum at the end
            pass


def _chunks(file: Any) -> Iterator[bytes]:
    with _told_as_damage():
        while chunk := file.read(CHUNK):
            yield chunk


@contextmanager
def _told_as_damage() -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error, UnicodeError, OverflowError) as error:
        raise BackupError("It is cut off or damaged.") from error


def read_manifest(text: bytes) -> Manifest:
    """Raises BackupError where it is none, or of a form this program does not know."""
    try:
        known = json.loads(text)
        if known["format"] != FORMAT:
            raise BackupError(f"It has format {known['format']}, which this version does not know.")
        manifest = Manifest(**known)
        return manifest._replace(members=[Member(*each) for each in manifest.members])
    except (ValueError, KeyError, TypeError) as error:
        raise BackupError("Its manifest is damaged.") from error


def is_manifest(member: Reading) -> bool:
    return member.name == _MANIFEST and member.size <= _LONGEST_MANIFEST


def flush_folder(folder: Path) -> None:
    """Have the names in a folder on the disk, as they are now."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
