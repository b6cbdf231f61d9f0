"""Which files a run takes, and which it leaves where they are: what is still being written, and what is no file.

On Linux the kernel knows who has a file open for writing. Where it cannot be asked (another system, a network disk,
another user's file) a file must have been quiet for a second. In both cases it must be the same before and after its
first reading.
"""

import fcntl
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple

from era_engine.foundation.errors import UsageError
from era_engine.foundation.keys import NO_KEYS, Keyring
from era_engine.home.folder import Home
from era_engine.x12.source import Source, examine

# What browsers, WinSCP and other uploaders end a name in until the file is whole.
_UNFINISHED = (".tmp", ".part", ".filepart", ".crdownload")
_QUIET = 1  # second
_LONGEST_NAME = 220  # bytes; 255 is the most a disk takes, and the name of a copy or a note grows

Reason = Literal["being-written", "folder", "no-file"]


class FileLeft(NamedTuple):
    """Something a run leaves where it is: still being written, a folder, or no file at all (a pipe, a socket)."""

    name: str
    reason: Reason


class FilesToRead(NamedTuple):
    """What a command is to work on, and what it leaves."""

    files: list[Path]
    left: list[FileLeft]


def files_to_read(home: Home, given: Iterable[Path] | None) -> FilesToRead:
    """The files meant by paths: files themselves, folders' files by name; the inbox where none were asked for (None).

    A file named by its own path is the caller's word; in a folder what is unfinished or no file is left. Waits a
    second, once, for files just changed of which nobody can say that they are whole. Raises UsageError for a path
    that does not exist.
    """
    files: list[Path] = []
    left: list[FileLeft] = []
    for path in [home.inbox] if given is None else given:
        if not path.is_dir():
            if not path.exists():
                raise UsageError(
                    f"{path} does not exist.", "Name a file or a folder. Without one, era reads the inbox."
                )
            files.append(path)
            continue
        found = _in_folder(path)
        files += found.files
        left += found.left
    return FilesToRead(files, left)


def examine_whole(path: Path, keyring: Keyring = NO_KEYS) -> Source | None:
    """`examine`, but None for a file that somebody has open for writing, or that changed while it was read."""
    if _open_for_writing(path):
        return None
    before = _state(path)
    source = examine(path, keyring)
    return source if _state(path) == before and not _open_for_writing(path) else None


def readable_name(path: Path) -> str:
    """A file's name as text that any database keeps, and not longer than any disk allows."""
    name = os.fsencode(path.name).decode("utf-8", "replace")
    if len(name.encode()) <= _LONGEST_NAME:
        return name
    return Path(name).stem[:50] + Path(name).suffix[:10]


def files_in(folder: Path) -> list[Path]:
    """The files of a folder that are there to be read, by name."""
    found = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    return [path for path in found if _reason(path) is None]


def in_inbox(home: Home) -> list[Path]:
    """Every file in the inbox, whole or not."""
    found = sorted(path for path in home.inbox.iterdir() if not path.name.startswith("."))
    return [path for path in found if _reason(path) in (None, "being-written")]


def _in_folder(folder: Path) -> FilesToRead:
    files: list[Path] = []
    left: list[FileLeft] = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        reason = _reason(path)
        if reason is None:
            files.append(path)
        else:
            left.append(FileLeft(readable_name(path), reason))
    moving = _still_changing(files)
    left += [FileLeft(readable_name(path), "being-written") for path in moving]
    return FilesToRead([path for path in files if path not in moving], left)


def _reason(path: Path) -> Reason | None:
    """Why this is left by its name and kind alone. A link to nothing is a file that cannot be read, and told so."""
    if path.is_dir():
        return "folder"
    if path.exists() and not path.is_file():
        return "no-file"
    return "being-written" if path.suffix.lower() in _UNFINISHED else None


def _still_changing(files: list[Path]) -> set[Path]:
    """Of files just changed and of unknown writers, those that change within the next second."""
    quiet_since = time.time_ns() - _QUIET * 10**9
    states = {path: state for path in files if (state := _state(path)) is not None}
    recent = [path for path, (*_, modified) in states.items() if modified > quiet_since]
    unknown = [path for path in recent if _open_for_writing(path) is None]
    if unknown:
        time.sleep(_QUIET)
    return {path for path in unknown if _state(path) != states[path]}


def _state(path: Path) -> tuple[int, int, int] | None:
    """What changes when somebody writes; None where the file cannot be reached."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _open_for_writing(path: Path) -> bool | None:
    """Whether some process has the file open for writing; None where the system does not say.

    A lease to read is granted to a file that nobody has open for writing, and given back at once (fcntl(2)).
    """
    if not hasattr(fcntl, "F_SETLEASE") or not path.is_file():
        return None
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        fcntl.fcntl(file, fcntl.F_SETSIG, signal.SIGURG)  # a writer who comes now must not kill us, as SIGIO would
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except OSError:
        return None
    finally:
        os.close(file)
    return False
