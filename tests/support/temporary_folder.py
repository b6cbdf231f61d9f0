"""Where tests keep what is gone afterwards: in memory where there is room, because SQLite waits for the disk."""

import os
import tempfile
from collections.abc import MutableMapping
from pathlib import Path

IN_MEMORY = Path("/dev/shm")
ROOM = 4 << 30  # bytes; a whole run of the tests has needed a tenth of it


def keep_in_memory(environment: MutableMapping[str, str], folder: Path = IN_MEMORY, room: int = ROOM) -> None:
    """Have this process, and all that it starts, keep temporary files in `folder`, unless TMPDIR says where already.

    Not where there is no such folder, less room than that many bytes, or no program may be run from.
    """
    if "TMPDIR" in environment or not os.access(folder, os.W_OK):
        return
    place = os.statvfs(folder)
    if place.f_bavail * place.f_frsize < room or place.f_flag & os.ST_NOEXEC:
        return
    environment["TMPDIR"] = str(folder)
    tempfile.tempdir = None  # asked for before this, it would be remembered
