"""The disk is full, a folder is read-only, or another program holds the database; then it is mended."""

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from crash_ways import WAYS, Stage, moved, proven
from killing import disturbed_at
from practices import Ended, PracticeHome
from torture_server import told_with_a_remedy

WITHOUT_PRIVILEGE = [
    "setpriv",
    "--bounding-set=-dac_override,-dac_read_search",
    "--inh-caps=-dac_override,-dac_read_search",
]


def run_in(place: list[str], home: PracticeHome, *command: str | Path) -> Ended:
    """A command under a program that puts it into some place."""
    given = [*place, sys.executable, "-c", "from era_engine.cli import main; main()", *map(str, command)]
    ended = subprocess.run([*given, "--home", str(home.root)], capture_output=True, text=True, timeout=120)
    return Ended(ended.returncode, ended.stdout, ended.stderr)


# full


class Namespace:
    """Mounts of its own, in which a disk can be as small as a test wants it."""

    def __init__(self, pid: int, folder: Path) -> None:
        self._pid, self.disk = pid, folder
        self.enter = ["nsenter", "-m", "-t", str(pid)]

    def do(self, *command: str | Path) -> None:
        subprocess.run([*self.enter, *command], check=True, capture_output=True)

    @contextmanager
    def home_on_a_disk(self, home: PracticeHome, room: int) -> Iterator[PracticeHome]:
        """A copy of the home on a disk with so many KiB left."""
        self.disk.mkdir()
        self.do("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", self.disk)
        self.do("cp", "-a", f"{home.root}/.", self.disk)
        filler = self.disk / "filler"
        self.do("sh", "-c", f"cat /dev/zero > {filler} || truncate -s -{room}k {filler}")
        yield PracticeHome(self.disk, home.database_url)
        self.do("umount", self.disk)
        self.disk.rmdir()

    def make_room(self) -> None:
        self.do("rm", self.disk / "filler")

    def copy_out(self, target: Path) -> None:
        shutil.copytree(f"/proc/{self._pid}/root{self.disk}", target, symlinks=True)


@pytest.fixture
def namespace(tmp_path: Path) -> Iterator[Namespace]:
    command = ["unshare", "-m", "sh", "-c", "echo ready; exec sleep 3600"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        try:
            assert holder.stdout is not None
            if holder.stdout.readline() != b"ready\n":
                pytest.skip("no mount namespace may be made here; the limit on a file's size is tried all the same")
            yield Namespace(holder.pid, tmp_path / "disk")
        finally:
            holder.kill()


@pytest.mark.parametrize("name", ["from the inbox", "by path", "to quarantine"])
def test_the_disk_is_full(namespace: Namespace, tmp_path: Path, name: str) -> None:
    """A disk of the home's own, with ever more room left on it."""
    stage = Stage(tmp_path, None)
    way = WAYS[name]
    stopped = 0
    with stage.prepared(way) as before:
        for room in [*range(0, 120, 16), *range(120, 640, 80)]:
            with namespace.home_on_a_disk(before.home, room) as home:
                command = moved(before.command, before.home, home)
                ended = run_in(namespace.enter, home, *command)
                if ended.code not in (0, 3):
                    told_with_a_remedy(ended)
                    stopped += 1
                namespace.make_room()
                for each in (["run"], command, ["run"]):
                    assert run_in(namespace.enter, home, *each).code in (0, 3), room
                copy = tmp_path / "out"
                namespace.copy_out(copy)
            proven(PracticeHome(copy, before.home.database_url), way, before.books, f"{room} KiB")
            shutil.rmtree(copy)
    assert stopped >= 5, "the disk was to be full"


@pytest.mark.parametrize("largest", [0, 8, 40, 80, 160, 240, 280, 320])
def test_files_may_not_grow_any_further(tmp_path: Path, largest: int) -> None:
    """What a quota does, where no mount is allowed; in KiB."""
    stage = Stage(tmp_path, None)
    way = WAYS["from the inbox"]
    with stage.prepared(way) as before, stage.copy(before.home) as home:
        limit = ["prlimit", f"--fsize={largest * 1024}"]
        ended = run_in(limit, home, "run")
        if ended.code not in (0, 3):
            told_with_a_remedy(ended)
        for _ in range(2):
            assert home.era("run").code == 0
        proven(home, way, before.books, f"{largest} KiB")


# read-only


@pytest.mark.parametrize("name", ["from the inbox", "by path", "to quarantine"])
@pytest.mark.parametrize("folder", ["inbox", "archive", "quarantine", "."])
def test_a_folder_is_read_only(tmp_path: Path, name: str, folder: str) -> None:
    stage = Stage(tmp_path, None)
    way = WAYS[name]
    with stage.prepared(way) as before, stage.copy(before.home) as home:
        command = moved(before.command, before.home, home)
        (home.root / folder).chmod(0o500)
        ended = run_in(WITHOUT_PRIVILEGE if os.geteuid() == 0 else [], home, *command)
        (home.root / folder).chmod(0o700)
        needed = {"from the inbox": ("inbox", "archive", "."), "by path": ("archive", "."), "to quarantine": (folder,)}
        assert (ended.code == 1) == (folder in needed[name]), ended
        if ended.code == 1:
            told_with_a_remedy(ended)
        for each in (["run"], command, ["run"]):
            assert home.era(*each).code in (0, 3)
        proven(home, way, before.books, folder)


def test_the_database_is_read_only(tmp_path: Path) -> None:
    stage = Stage(tmp_path, None)
    way = WAYS["from the inbox"]
    with stage.prepared(way) as before, stage.copy(before.home) as home:
        for file in home.root.glob("era.db*"):
            file.chmod(0o400)
        told_with_a_remedy(run_in(WITHOUT_PRIVILEGE if os.geteuid() == 0 else [], home, "run"))
        for file in home.root.glob("era.db*"):
            file.chmod(0o600)
        for _ in range(2):
            assert home.era("run").code == 0
        proven(home, way, before.books, "era.db")


# held by another program


def test_another_program_holds_the_database_for_longer_than_a_run_waits(tmp_path: Path) -> None:
    stage = Stage(tmp_path, None)
    way = WAYS["from the inbox"]
    with stage.prepared(way) as before, stage.copy(before.home) as home:
        held = []

        def hold() -> None:
            other = sqlite3.connect(home.root / "era.db", isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            held.append(other)

        # after the fourth commit the first payment is safe, and the second cannot begin
        ended = disturbed_at(4, hold, "run", "--home", home.root, named=("after commit",))
        told_with_a_remedy(ended)
        assert "T1" in ended.out
        for _ in range(2):
            assert home.era("run").code == 0
        proven(home, way, before.books, "held")


def test_another_program_holds_the_database_for_a_moment(tmp_path: Path) -> None:
    stage = Stage(tmp_path, None)
    way = WAYS["from the inbox"]
    with stage.prepared(way) as before, stage.copy(before.home) as home:
        other = sqlite3.connect(home.root / "era.db", isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(3, other.rollback)
        release.start()
        began = time.monotonic()
        assert home.era("run").code == 0
        assert time.monotonic() - began > 2
        release.join()
        other.close()
        home.era("run")
        proven(home, way, before.books, "held for a moment")
