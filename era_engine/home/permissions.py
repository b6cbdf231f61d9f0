"""Whether others than the practice's own user can get at what lies in a home, all of which is about patients."""

import shlex
import stat
from collections.abc import Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile

from era_engine.home.folder import FOLDERS, Home
from era_engine.settings.model import Settings

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def open_to_others(home: Home, settings: Settings) -> str | None:
    """What is open to others, and the command that closes it; None where nothing is, or where modes mean nothing."""
    found = [path for path in _private(home, settings) if _mode(path) & _OTHERS]
    if not found or not _modes_are_kept(home):
        return None
    shown = ", ".join(f"{path} ({_mode(path):04o})" for path in found)
    return f"other users can read patient data in {shown}.\nRemedy: chmod go-rwx {shlex.join(map(str, found))}"


def _private(home: Home, settings: Settings) -> Iterator[Path]:
    yield home.root
    yield from (home.root / name for name in (*FOLDERS, "era.toml"))
    database = settings.database_file(home.root)
    if database is not None:
        yield database


def _mode(path: Path) -> int:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:  # not there, or not ours to see
        return 0


def _modes_are_kept(home: Home) -> bool:
    """Not so on some network disks and foreign file systems, where everything seems open and cannot be closed."""
    try:
        with NamedTemporaryFile(dir=home.root, prefix=".mode-") as probe:
            return not _mode(Path(probe.name)) & _OTHERS
    except OSError:
        return True
