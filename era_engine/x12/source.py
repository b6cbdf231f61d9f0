"""A file on disk as text: what it is byte for byte, and how its characters are to be read."""

import codecs
import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from era_engine.foundation.errors import UsageError
from era_engine.foundation.keys import NO_KEYS, Keyring
from era_engine.foundation.sealed_files import opened

CHUNK = 1 << 20  # bytes read at a time, so that memory does not grow with the file


class Source(NamedTuple):
    """A readable file; `sha256` is of its bytes, `encoding` what its characters were found to be."""

    path: Path
    sha256: str
    size: int
    encoding: str
    keyring: Keyring = NO_KEYS  # that opens it, where it is sealed

    def chunks(self) -> Iterator[str]:
        """The text in pieces of about a megabyte."""
        with io.TextIOWrapper(opened(self.path, self.keyring), encoding=self.encoding, newline="") as stream:
            while chunk := stream.read(CHUNK):
                yield chunk

    def binary(self) -> BinaryIO:
        """The bytes, to be read from anywhere; the caller closes it."""
        return opened(self.path, self.keyring)


def examine(path: Path, keyring: Keyring = NO_KEYS) -> Source:
    """Read a file once for its hash and encoding: UTF-8 (with or without a mark) where every byte fits, else Latin-1.

    A sealed file is read as what is in it. Raises UsageError when it is not a readable file.
    """
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    encoding, size = "utf-8", 0
    if path.exists() and not path.is_file():  # a pipe would be waited for without end
        raise UsageError(f"{path}: is not a file that can be read.", "Give the path of a regular file.")
    try:
        with opened(path, keyring) as stream:
            while block := stream.read(CHUNK):
                if size == 0 and block.startswith(codecs.BOM_UTF8):
                    encoding = "utf-8-sig"
                size += len(block)
                digest.update(block)
                if encoding != "latin-1":
                    try:
                        decoder.decode(block)
                    except UnicodeDecodeError:
                        encoding = "latin-1"
            if encoding != "latin-1":
                try:
                    decoder.decode(b"", final=True)
                except UnicodeDecodeError:
                    encoding = "latin-1"
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read ({error.strerror}).", "Give the path of a file this user may read."
        ) from error
    return Source(path, digest.hexdigest(), size, encoding, keyring)
