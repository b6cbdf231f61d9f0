"""Every text that a practice's era.toml had, as versions 1, 2, … for each home; none holds a password."""

import hashlib
from collections.abc import Iterator
from typing import Literal, NamedTuple

from sqlalchemy import Connection, insert, select

from era_engine.foundation.clock import now
from era_engine.store.books import audit
from era_engine.store.bulk import stream
from era_engine.store.schema import settings_texts

How = Literal["first", "set", "unset", "restore", "hand"]


class Origin(NamedTuple):
    """How a version came to be. `by` and `because` are what a person gave; None: found in the file."""

    how: How
    by: str | None = None
    because: str | None = None


class Version(NamedTuple):
    """One text. `account`: of the operating system; `settings`: the hash that decisions carry."""

    version: int
    at: str
    account: str
    by: str | None
    because: str | None
    how: How
    settings: str
    text: str


_COLUMNS = tuple(settings_texts.c[name] for name in Version._fields)


def add(connection: Connection, home: str, origin: Origin, settings: str, text: str) -> Version:
    """Write the next version down. The caller holds the home's audit log, so that no number is given twice."""
    last = newest(connection, home)
    number = 1 if last is None else last.version + 1
    version = Version(
        number, now(), audit.account(), origin.by, origin.because, origin.how, settings=settings, text=text
    )
    connection.execute(insert(settings_texts), {"home": home, **version._asdict()})
    return version


def newest(connection: Connection, home: str) -> Version | None:
    """The last version; None where none was kept."""
    query = select(*_COLUMNS).where(settings_texts.c.home == home).order_by(settings_texts.c.version.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else Version(*row)


def versions(connection: Connection, home: str) -> list[Version]:
    """All of a home, oldest first."""
    query = select(*_COLUMNS).where(settings_texts.c.home == home).order_by(settings_texts.c.version)
    return [Version(*row) for row in connection.execute(query)]


def hashes(connection: Connection) -> Iterator[tuple[tuple[str, int], str]]:
    """(home, version) and the SHA-256 of its text, of every home in the database."""
    query = select(settings_texts.c.home, settings_texts.c.version, settings_texts.c.text)
    for home, version, text in stream(connection, query):
        yield (home, version), hashlib.sha256(text.encode()).hexdigest()
