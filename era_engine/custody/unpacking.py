"""What is inside a gzip or zip file, written out member by member, and what is wrong with the file itself.

A member is written only if it is whole: its checksum agrees. What a container claims about itself (names, sizes,
counts) is believed nowhere: names are made flat, sizes and counts are limited, and nothing is read into memory whole.
One level only: a container in a container is not opened.
"""

import gzip
import io
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Literal, NamedTuple

from era_engine.custody.intake import readable_name
from era_engine.foundation import disk
from era_engine.x12.finding import Finding
from era_engine.x12.source import Source

MOST_MEMBERS = 2_000
_LARGEST_DIRECTORY = 4 << 20  # bytes of a zip's list of members; 2,000 members need a tenth of it
_PIECE = 1 << 16
_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, OverflowError, struct.error),
    *(NotImplementedError, RuntimeError),
)
_DOCUMENT = frozenset(["[Content_Types].xml", "mimetype", "META-INF/MANIFEST.MF"])  # Word, Excel, OpenOffice, Java

Kind = Literal["gzip", "zip"]


class Member(NamedTuple):
    """A whole member, as a file of its own; `name` is flat and safe, `path` where it was written."""

    name: str
    path: Path


def container_kind(source: Source) -> Kind | None:
    """What the first bytes say, whatever the name; None for a file that is no container."""
    with source.binary() as stream:
        first = stream.read(4)
    if first[:3] == b"\x1f\x8b\x08":
        return "gzip"
    return "zip" if first in (b"PK\x03\x04", b"PK\x05\x06") else None


def unpack(source: Source, name: str, folder: Path, largest: int) -> Iterator[Member | Finding]:
    """Every whole member, written into `folder` under a hidden name, and findings for what is not whole.

    `name` is the container's; `largest` is the most bytes all members together may have. The caller moves or deletes
    each member's file before asking for the next. Findings name members by number, never by name.
    """
    kind = container_kind(source)
    into = folder / f".{source.sha256}.member"
    with source.binary() as stream:
        if kind == "gzip":
            yield _gunzip(stream, name, into, largest)
        else:
            yield from _unzip(_Sparing(stream), into, largest)


def in_container() -> Finding:
    return _reject("container-in-container", "This is a compressed file inside a compressed file. It is not opened.")


def too_large(largest: int) -> Finding:
    """What is wrong with a file, or the members of a container together, of more than `largest` bytes."""
    return _reject("file-too-large", f"The file is larger than {_megabytes(largest)}, the limit in the settings.")


class _TooLargeError(Exception):
    """More came out than may."""


class _Sparing(io.RawIOBase):
    """A stream that refuses to be read into memory in one piece, as a lying list of members would have it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def read(self, size: int | None = -1, /) -> bytes:
        wanted = _LARGEST_DIRECTORY + 1 if size is None or size < 0 else size
        found = self._stream.read(min(wanted, _LARGEST_DIRECTORY + 1))
        if len(found) > _LARGEST_DIRECTORY:
            raise _TooLargeError
        return found

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        try:
            return self._stream.seek(offset, whence)
        except OSError as error:  # without its number: that a place is before the beginning is no fault of our disk
            raise OSError(error.strerror) from error

    def tell(self) -> int:
        return self._stream.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


def _gunzip(stream: IO[bytes], name: str, into: Path, largest: int) -> Member | Finding:
    try:
        with gzip.GzipFile(fileobj=stream) as packed:
            _write(packed, into, largest)
    except _TooLargeError:
        return _container_too_large(largest)
    except _DAMAGED as error:
        if _of_the_disk(error):
            raise
        return _reject("container-damaged", "The gzip file is cut off or damaged. None of it is used.")
    stem = name[:-3] if name.lower().endswith(".gz") else name
    return Member(_flat_name(stem, "unnamed"), into)


def _unzip(stream: _Sparing, into: Path, largest: int) -> Iterator[Member | Finding]:
    try:
        packed = zipfile.ZipFile(stream)
    except _TooLargeError:
        yield _too_many()
        return
    except _DAMAGED as error:
        if _of_the_disk(error):
            raise
        yield _reject("container-damaged", "The zip file is cut off or damaged: its file list is unreadable.")
        return
    with packed:
        members = [each for each in packed.infolist() if not _is_folder(each) and not _is_litter(each.filename)]
        if not members:
            yield _reject("container-empty", "The zip file is empty.")
        elif any(each.filename in _DOCUMENT for each in members):
            yield _reject(
                "container-document", "This is a document or a program (Word, Excel or the like), not a zip file."
            )
        elif len(members) > MOST_MEMBERS:
            yield _too_many()
        elif sum(each.file_size for each in members) > largest:
            yield _container_too_large(largest)
        else:
            for number, member in enumerate(members, start=1):
                yield _member(packed, member, f"File {number} of {len(members)} in it", into, largest)


def _member(packed: zipfile.ZipFile, member: zipfile.ZipInfo, which: str, into: Path, largest: int) -> Member | Finding:
    if member.flag_bits & 1:
        return _reject("member-encrypted", f"{which} is encrypted. None of it is used.")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return _reject("member-damaged", f"{which} is compressed in a way that cannot be read here.")
    try:
        with packed.open(member) as stream:
            _write(stream, into, largest)
    except (*_DAMAGED, _TooLargeError) as error:
        if _of_the_disk(error):
            raise
        return _reject("member-damaged", f"{which} is cut off or damaged. None of it is used.")
    return Member(_flat_name(member.filename, "unnamed"), into)


def _write(stream: IO[bytes] | gzip.GzipFile, into: Path, largest: int) -> None:
    def put(writing: IO[bytes]) -> None:
        left = largest
        while piece := stream.read(_PIECE):
            left -= len(piece)
            if left < 0:
                raise _TooLargeError
            writing.write(piece)

    disk.write(into, put)


def _of_the_disk(error: Exception) -> bool:
    """Whether it is our own disk that fails and not the container."""
    return isinstance(error, OSError) and error.errno is not None


def _flat_name(name: str, otherwise: str) -> str:
    """A member's path as one name: no folders, no way up, nothing hidden, nothing a terminal would obey."""
    parts = PurePosixPath(name.replace("\\", "/").replace(":", "/")).parts
    kept = [part for part in parts if part not in ("/", "//", "..")]
    flat = "".join(each if each.isprintable() else "_" for each in "_".join(kept)).lstrip(".")
    return readable_name(Path(flat)) if flat.strip() else otherwise


def _is_folder(member: zipfile.ZipInfo) -> bool:
    return member.filename.endswith("/") and not member.file_size


def _is_litter(name: str) -> bool:
    """What a Mac packs beside the files themselves."""
    parts = name.split("/")
    return parts[-1] == ".DS_Store" or (parts[0] == "__MACOSX" and parts[-1].startswith("._"))


def _too_many() -> Finding:
    return _reject("container-too-large", f"The zip file has more than {MOST_MEMBERS:,} files. None of them is used.")


def _container_too_large(largest: int) -> Finding:
    message = f"Unpacked, it is larger than {_megabytes(largest)}, the limit in the settings. None of it is used."
    return _reject("container-too-large", message)


def _reject(code: str, message: str) -> Finding:
    return Finding(code, "reject", message)


def _megabytes(size: int) -> str:
    return f"{size >> 20:,} MB"
