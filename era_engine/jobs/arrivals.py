"""Noticing files as they arrive in a folder: by the system's events, or by looking where it gives none."""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from watchfiles import watch

from era_engine.custody.intake import files_in
from era_engine.foundation.stopping import StopFlag

_WAKE = 1_000  # milliseconds at most between two looks at the clock
_POLL = 2_000  # milliseconds between two looks at the folder
_AT_REST = 2.0  # seconds since a file was last written to
# Of a disk that another machine writes to, the system gives no events.
_WITHOUT_EVENTS = ("nfs", "cifs", "smb", "9p", "fuse", "afs", "ceph", "glusterfs", "vboxsf", "prl_fs", "drvfs", "ncpfs")


def gives_events(folder: Path, mounts: Path = Path("/proc/self/mountinfo")) -> bool:
    """Whether the system tells of every file that arrives there, by the kind of disk it is on."""
    try:
        lines = mounts.read_text().splitlines()
    except OSError:
        return True  # no Linux; watchfiles knows what to do
    folder = folder.resolve()
    kinds: dict[Path, str] = {}
    for line in lines:
        before, _, after = line.partition(" - ")
        point = Path(before.split()[4].encode().decode("unicode_escape"))
        if folder.is_relative_to(point):
            kinds[point] = after.split()[0]
    on = max(kinds, key=lambda point: len(point.parts), default=None)
    return on is None or not kinds[on].startswith(_WITHOUT_EVENTS)


def files_at_rest(folder: Path) -> Iterator[Path]:
    """The files of a folder that nobody has written to just now."""
    now = time.time()
    for file in files_in(folder):
        with suppress(FileNotFoundError):  # taken by a run beside this one
            if not 0 <= now - file.stat().st_mtime < _AT_REST:
                yield file


def arrivals(folder: Path, polling: bool, stop: StopFlag) -> Iterator[bool]:
    """Whether something arrived and may be read, about every second, until somebody asks to stop.

    Ends when another folder stands in this one's place. Raises OSError where there is none, or it may not be read.
    """
    looked_at = _identity(folder)
    events = watch(
        folder,
        watch_filter=None,
        debounce=_WAKE,
        rust_timeout=_WAKE,
        yield_on_timeout=True,
        stop_event=stop,
        recursive=False,
        force_polling=polling or not gives_events(folder),
        poll_delay_ms=_POLL,
    )
    changed = False
    for changes in events:
        if _identity(folder) != looked_at:
            return  # of which these events do not tell
        changed = changed or bool(changes)
        yield changed and any(files_at_rest(folder))
        changed = changed and set(files_in(folder)) > set(files_at_rest(folder))  # they will be at rest without a word


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino
