"""Files sealed with a key (AES-256-GCM), written and read in pieces of a megabyte; plain files read the same way.

A sealed file is one line of text, which says what it is, the id of its key and a salt, then the pieces, each followed
by its tag. Each file has a key of its own, derived from key and salt (HKDF-SHA256), so the nonce of a piece can be its
number and whether it is the last. A piece changed, moved, left out, repeated or cut off does not open, nor does one
under another first line. The construction is that of age (age-encryption.org/v1), with AES-GCM.
"""

import hashlib
import io
import os
import re
import secrets
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, Self, cast

from era_engine.foundation.errors import UsageError
from era_engine.foundation.keys import Key, Keyring

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PIECE = 1 << 20  # bytes of content in every piece but the last
_TAG = 16
_ANY_VERSION = b"era-engine sealed file "
_INFO = b"era-engine sealed file 1"
_LINE = re.compile(
    rb"era-engine sealed file 1, key ([0-9a-f]{16}), salt ([0-9a-f]{64}), to be read with era encryption show\n"
)
_LINE_SIZE = len(b"era-engine sealed file 1, key , salt , to be read with era encryption show\n") + 16 + 64


class SealedFileError(UsageError):
    """A sealed file that cannot be opened."""


class KeyMissingError(SealedFileError):
    """The key of a sealed file is not at hand."""

    exit_code = 4


class DamagedFileError(SealedFileError):
    """A sealed file is not as it was written."""

    exit_code = 1


class _Line(NamedTuple):
    """The first line of a sealed file."""

    text: bytes
    key_id: str
    salt: bytes


def key_id_of(path: Path) -> str | None:
    """The id of the key a file is sealed with; None for a plain file."""
    with path.open("rb") as stream:
        line = _line(path, stream)
    return None if line is None else line.key_id


def opened(path: Path, keyring: Keyring) -> BinaryIO:
    """The content of a file, sealed or plain, to be read from anywhere; the caller closes it.

    Raises OSError as opening any file does, and KeyMissingError. Reading raises DamagedFileError.
    """
    stream = path.open("rb")
    try:
        line = _line(path, stream)
        if line is None:
            stream.seek(0)
            return stream
        key = keyring.opening.get(line.key_id)
        if key is None:
            raise KeyMissingError(
                f"{path} is sealed with key {line.key_id}, which was not given.",
                "Name that key's file with key_file under [encryption] in era.toml, or with ERA_KEY_FILE.",
            )
        return cast(BinaryIO, io.BufferedReader(_Content(path, stream, line, key), PIECE))
    except BaseException:
        stream.close()
        raise


def _line(path: Path, stream: BinaryIO) -> _Line | None:
    start = stream.read(_LINE_SIZE)
    if not start.startswith(_ANY_VERSION):
        return None
    found = _LINE.fullmatch(start)
    if found is None:
        raise DamagedFileError(
            f"{path} is sealed, but its first line is damaged or from a newer era-engine.", "Restore it from a backup."
        )
    return _Line(start, found[1].decode(), bytes.fromhex(found[2].decode()))


class Sealing:
    """Seals what is written to it, into `stream`. What it wrote is whole when its `with` block ended well."""

    def __init__(self, stream: BinaryIO, key: Key) -> None:
        salt = secrets.token_bytes(32)
        self._line = (
            f"era-engine sealed file 1, key {key.id}, salt {salt.hex()}, to be read with era encryption show\n"
        ).encode()
        self._cipher = _cipher(key, salt)
        self._stream = stream
        self._waiting = bytearray()
        self._pieces = 0
        stream.write(self._line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.finish()

    def write(self, data: bytes) -> int:
        self._waiting += data
        while len(self._waiting) > PIECE:  # a full one may be the last
            self._put(bytes(self._waiting[:PIECE]), last=False)
            del self._waiting[:PIECE]
        return len(data)

    def flush(self) -> None:
        """For those who expect of a stream that it can; a piece is written when it is full."""

    def finish(self) -> None:
        self._put(bytes(self._waiting), last=True)

    def _put(self, piece: bytes, last: bool) -> None:
        self._stream.write(self._cipher.encrypt(_nonce(self._pieces, last), piece, self._line))
        self._pieces += 1


def keep(source: Path, target: BinaryIO, keyring: Keyring) -> str:
    """Write the content of a file, sealed where there is a key for it. Returns the SHA-256 of the content."""
    digest = hashlib.sha256()
    with opened(source, keyring) as reading, ExitStack() as stack:
        sealing = None if keyring.sealing is None else stack.enter_context(Sealing(target, keyring.sealing))
        while piece := reading.read(PIECE):
            digest.update(piece)
            (sealing or target).write(piece)
    return digest.hexdigest()


class _Content(io.RawIOBase):
    """What is in a sealed file, one piece at a time."""

    def __init__(self, path: Path, stream: BinaryIO, line: _Line, key: Key) -> None:
        self._path, self._stream, self._line = path, stream, line
        self._cipher = _cipher(key, line.salt)
        body = os.fstat(stream.fileno()).st_size - _LINE_SIZE
        self._count = -(-body // (PIECE + _TAG))
        self._size = max(body - self._count * _TAG, 0)
        self._at = 0
        self._held: tuple[int, bytes] = (-1, b"")
        last = body - (self._count - 1) * (PIECE + _TAG)
        if self._count == 0 or last < _TAG or (last == _TAG and self._count > 1):  # no piece of ours ends it
            raise self._damaged()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def fileno(self) -> int:
        return self._stream.fileno()

    def readinto(self, buffer: Any) -> int:
        if self._at >= self._size and self._size:  # the only piece of an empty file is opened, too
            return 0
        number, offset = divmod(self._at, PIECE)
        content = self._piece(number)[offset : offset + len(buffer)]
        buffer[: len(content)] = content
        self._at += len(content)
        return len(content)

    def close(self) -> None:
        self._stream.close()
        super().close()

    def _piece(self, number: int) -> bytes:
        from cryptography.exceptions import InvalidTag

        if self._held[0] != number:
            self._stream.seek(_LINE_SIZE + number * (PIECE + _TAG))
            sealed = self._stream.read(PIECE + _TAG)
            try:
                content = self._cipher.decrypt(_nonce(number, number == self._count - 1), sealed, self._line.text)
            except (InvalidTag, ValueError) as error:
                raise self._damaged() from error
            self._held = (number, content)
        return self._held[1]

    def _damaged(self) -> DamagedFileError:
        return DamagedFileError(
            f"{self._path} is damaged: it changed after it was sealed.", "Restore it from a backup."
        )


def _cipher(key: Key, salt: bytes) -> "AESGCM":
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # these take a while to import
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=salt, info=_INFO).derive(key.secret))


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")
