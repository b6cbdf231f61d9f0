"""A real PostgreSQL server for the tests, in a temporary folder, gone with the test session."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from era_engine.store.database import Database

HOW_TO_INSTALL = (
    "PostgreSQL is not installed here: on Debian or Ubuntu run `apt-get install postgresql`, elsewhere put initdb and"
    " postgres on the PATH."
)
_TEMPLATE = "migrated"


class Server:
    """A running server. Databases are reached through a socket in `folder`, so no port can be taken."""

    def __init__(self, folder: Path, command: Sequence[str | Path]) -> None:
        self._folder, self._command = folder, command
        self._numbers = count(1)
        self._has_template = False
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, or start it again; returns when it takes connections."""
        deadline = time.monotonic() + 30
        while True:
            if self._process is None or self._process.poll() is not None:  # one that was killed may still hold memory
                with (self._folder / "server.log").open("ab") as log:
                    self._process = subprocess.Popen(self._command, stdout=log, stderr=log, cwd=self._folder)
            try:
                self.connect("postgres").close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return

    def signal(self, number: signal.Signals) -> None:
        """SIGQUIT stops it at once, SIGKILL without its having a say; from any process."""
        assert self._process is not None
        os.kill(self._process.pid, number)

    def wait(self) -> None:
        """Returns when it has ended."""
        assert self._process is not None
        self._process.wait(timeout=30)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self._folder}"

    @contextmanager
    def database(self, empty: bool = False, like: str | None = None) -> Iterator[str]:
        """The URL of a database that is dropped at the end: with every table and no row, or without tables.

        like: the URL of another of this server's databases, to begin with what that holds.
        """
        template = database_name(like) if like else _TEMPLATE
        if not empty and not self._has_template:
            self._make_template()
        name = f"practice{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name}" + ("" if empty else f" TEMPLATE {template}"))
        try:
            yield self.url(name)
        finally:
            self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def _make_template(self) -> None:
        """Our own migrations take a while, so they are run once and copied."""
        self._run(f"CREATE DATABASE {_TEMPLATE}")
        Database(self.url(_TEMPLATE)).close()
        self._has_template = True

    def _run(self, statement: str) -> None:
        with self.connect("postgres") as connection:
            connection.execute(statement.encode())

    def connect(self, database: str) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(f"host={self._folder} user=postgres dbname={database}", autocommit=True)


def database_name(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


def binaries() -> Path | None:
    """The folder of initdb and postgres; Debian keeps one for each version, off the PATH."""
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(versions, key=lambda initdb: int(initdb.parts[-3]), default=None)
    if newest is not None:
        return newest.parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


@contextmanager
def running(programs: Path, durable: bool = False) -> Iterator[Server]:
    """Start a server, and stop it at the end; a `durable` one waits for the disk as a real one does.

    The server refuses to be root, so root becomes postgres for it.
    """
    folder = Path(tempfile.mkdtemp(prefix="era-postgresql-"))
    as_postgres: list[str] = []
    if os.geteuid() == 0:
        # pdeathsig: a test session that is killed takes its server along
        as_postgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=QUIT"]
        shutil.chown(folder, "postgres", "postgres")
        folder.chmod(0o755)
    data = folder / "data"
    try:
        initdb: list[str | Path] = [
            programs / "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
        ]
        subprocess.run([*as_postgres, *initdb, "--no-sync"], check=True, capture_output=True, cwd=folder)
        options: dict[str, object] = {
            "listen_addresses": "",
            "unix_socket_directories": folder,
            "max_connections": 60,
            "deadlock_timeout": "200ms",
        }
        if not durable:  # nobody pulls the plug: only processes die in the tests
            options |= {"fsync": "off", "full_page_writes": "off", "max_wal_size": "96MB", "shared_buffers": "32MB"}
        given = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        server = Server(folder, [*as_postgres, programs / "postgres", "-D", data, *given])
        try:
            server.start()
            yield server
        finally:
            server.signal(signal.SIGQUIT)  # nothing of it is needed any more
            server.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
