"""Files moved, copied and written so that each is whole or not there, also after a power cut; for this user alone."""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

OURS_ALONE = 0o600


def copy(source: Path, target: Path) -> None:
    """Copy a file's bytes."""
    with source.open("rb") as reading:
        write(target, lambda writing: shutil.copyfileobj(reading, writing, 1 << 20))


def write(target: Path, put: Callable[[BinaryIO], object]) -> None:
    """Write a file anew: `put` is given the stream."""
    partial = target.with_name(f".{target.name.lstrip('.')}.part")
    try:
        with open(partial, "wb", opener=_for_this_user) as writing:
            put(writing)
            writing.flush()
            os.fsync(writing.fileno())
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    move(partial, target)


def move(source: Path, target: Path) -> None:
    """Move a file, in place of one that may be there."""
    try:
        os.replace(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        copy(source, target)  # the inbox may be a mount of its own
        source.unlink()
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _for_this_user(path: str, flags: int) -> int:
    return os.open(path, flags, OURS_ALONE)
