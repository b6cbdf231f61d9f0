"""A practice's home folder: its settings, its files, its database, and the lock that lets one run at a time in."""

import fcntl
import json
import os
import re
import shlex
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from era_engine.foundation.errors import InstallationError, LockedError, UsageError
from era_engine.foundation.keys import NO_KEYS, Keyring
from era_engine.settings.model import DEFAULT_TOML

FOLDERS = ("inbox", "archive", "quarantine", "acks")
REMEMBERED = (".home-id", ".audit-head", "era.toml")  # files of the home itself that a backup keeps
_PARTIAL = re.compile(r"\.(?:(?:audit-head|home-id)\.[a-z0-9_]{8}|sealed-with\.\d+)")
COPY = ".replay-"  # how a folder begins in which a replay keeps its copy of the books
_ABANDONED = 3600  # seconds
_GIVEN_UP = 600  # seconds after which nobody is still writing a small file


class Home(NamedTuple):
    """`root` is absolute; everything the practice has lies below it. `keyring`: the keys of its sealed files."""

    root: Path
    keyring: Keyring = NO_KEYS

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def archive(self) -> Path:
        return self.root / "archive"

    @property
    def quarantine(self) -> Path:
        return self.root / "quarantine"

    @property
    def acks(self) -> Path:
        return self.root / "acks"

    @property
    def audit_head(self) -> Path:
        """Where the home remembers how far its audit log goes, apart from the database."""
        return self.root / ".audit-head"

    @property
    def sealed_with(self) -> Path:
        """Where the home remembers the id of the key its files are sealed with."""
        return self.root / ".sealed-with"

    @property
    def identity(self) -> str:
        """What tells this home's files from those of another home on the same database; made on first use.

        Raises InstallationError where it was deleted: under another name the home would find nothing of its own.
        """
        file = self.root / ".home-id"
        had_one = self.audit_head.exists()  # which is written after it
        if not file.exists():
            if had_one:
                raise InstallationError(
                    f"{file} is missing. This home uses it to recognize its own books.", self._rename()
                )
            partial = _written(file, uuid4().hex)
            with suppress(FileExistsError):  # of two at once the first gives the name, and both use it
                os.link(partial, file)
            partial.unlink()
        return file.read_text(encoding="ascii")

    def _rename(self) -> str:
        try:
            home_id = json.loads(self.audit_head.read_text(encoding="ascii"))["office"]
        except (OSError, ValueError, KeyError, TypeError):
            return "Restore a backup of this home elsewhere (`era restore`), and copy .home-id from there."
        return f"Write it again: printf %s {shlex.quote(str(home_id))} > {shlex.quote(str(self.root / '.home-id'))}"

    def half_written(self) -> Iterator[Path]:
        """What a killed program left of the small files the home remembers; none that one may be writing just now."""
        for path in self.root.glob(".*"):
            if _PARTIAL.fullmatch(path.name):
                with suppress(FileNotFoundError):
                    if time.time() - path.stat().st_mtime > _GIVEN_UP:
                        yield path

    def abandoned_copies(self) -> Iterator[Path]:
        """Copies of the books that a killed replay left: it writes to its own all the time."""
        for folder in self.root.glob(f"{COPY}*"):
            with suppress(FileNotFoundError):
                newest = max(path.stat().st_mtime for path in (folder, *folder.iterdir()))
                if time.time() - newest > _ABANDONED:
                    yield folder

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the home for one run; the lock goes with the process, however it ends.

        Raises LockedError at once when another run holds it.
        """
        busy = f"Another run is working on {self.root}."
        with _held(self.root / ".lock", busy, "Wait until it has finished, then run again."):
            yield

    @contextmanager
    def being_watched(self) -> Iterator[None]:
        """Be the one that watches the home; runs may come between.

        Raises LockedError at once when another one watches it.
        """
        busy = f"Another `era watch` is working on {self.root}."
        remedy = "Nothing to do: it runs whenever files arrive. To use this one instead, stop that one first."
        with _held(self.root / ".watch-lock", busy, remedy):
            yield

    @contextmanager
    def keeping_files(self) -> Iterator[None]:
        """Hold what is kept in archive and quarantine: a backup, and what removes or rewrites files, take turns.

        A run may be at work meanwhile: it only adds files. Raises LockedError at once.
        """
        busy = f"A backup of {self.root} is in progress, or its files are being purged or re-sealed."
        with _held(self.root / ".files-lock", busy, "Wait until that has finished."):
            yield


@contextmanager
def _held(path: Path, busy: str, remedy: str) -> Iterator[None]:
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LockedError(busy, remedy) from error
        yield


def write_whole(file: Path, text: str) -> None:
    """Write a small file so that it is whole or what it was, also after a power cut."""
    _written(file, text).replace(file)


def _written(file: Path, text: str) -> Path:
    """The text on the disk, under a name of its own beside the one it is for."""
    number, partial = tempfile.mkstemp(prefix=f"{file.name}.", dir=file.parent)
    with os.fdopen(number, "w", encoding="ascii") as writing:
        writing.write(text)
        writing.flush()
        os.fsync(number)
    return Path(partial)


def is_home(folder: Path) -> bool:
    """Whether somebody made a home of this folder."""
    return (folder / "era.toml").is_file()


def find_home(folder: Path | None) -> Home:
    """The home at `folder`, else at ERA_HOME, else here. Raises UsageError when there is none."""
    root = (folder or Path(os.environ.get("ERA_HOME") or ".")).absolute()
    if not is_home(root):
        raise UsageError(
            f"{root} is not an era-engine home: it has no era.toml.",
            "Make one with `era init DIR`, or name yours with --home DIR or ERA_HOME.",
        )
    return Home(root)


def make_home(root: Path) -> Home:
    """Make the folders and a commented era.toml. Raises UsageError when a home is there already."""
    home = Home(root.absolute())
    if (home.root / "era.toml").exists():
        raise UsageError(f"{home.root} is already an era-engine home.", "Choose another folder. Nothing was changed.")
    try:
        home.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in FOLDERS:
            (home.root / name).mkdir(mode=0o700, exist_ok=True)
        toml = home.root / "era.toml"
        toml.touch(mode=0o600)
        toml.write_text(DEFAULT_TOML, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{home.root} cannot be made a home: {error.strerror}.", "Choose a folder you may write."
        ) from error
    return home
