"""Everything one practice's commands need, opened once: home, settings, rules, engine, database."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from era_engine.books.auditing import keep_head
from era_engine.books.settings_versions import notice
from era_engine.books.tables import rule_set_of
from era_engine.foundation.errors import UsageError
from era_engine.foundation.keys import NO_KEYS, Keyring, keyring, keys_given
from era_engine.foundation.sealed_files import key_id_of
from era_engine.home.folder import Home, find_home
from era_engine.home.keys import keys_at_hand, with_keys
from era_engine.rulebook.engine import Engine
from era_engine.rulebook.rule_set import RuleSet
from era_engine.settings.model import Settings, load_settings
from era_engine.store.books import audit
from era_engine.store.database import Database
from era_engine.store.insurance import judgments


class Books(NamedTuple):
    """An opened home."""

    home: Home
    settings: Settings
    rule_set: RuleSet
    engine: Engine
    database: Database


def _home_of(folder: Path | None, keys: bool = True) -> tuple[Home, Settings]:
    """A home with its settings; with the keys its files need, without which nothing of it is read, or as it is."""
    home = find_home(folder)
    settings = load_settings(home.root)
    return with_keys(home, settings) if keys else home, settings


@contextmanager
def _database_of(home: Home, settings: Settings, remember: bool = True) -> Iterator[Database]:
    """The home's database. remember: where all goes well, the home remembers how far its audit log goes by then."""
    with closing(Database(settings.database_url(home.root))) as database:
        yield database
        if remember:
            keep_head(home, database)


@contextmanager
def open_books(folder: Path | None) -> Iterator[Books]:
    """Open a home for deciding. Raises SettingsError or RulesError before the database is touched.

    Raises InstallationError where the database is not the one this home remembers: another one, or none that was
    there, would take the files in and know nothing of the claims.
    """
    home, settings = _home_of(folder)
    rule_set = rule_set_of(home, settings)
    engine = Engine(rule_set)
    with _database_of(home, settings) as database:
        keep_head(home, database)
        yield Books(home, settings, rule_set, engine, database)


@contextmanager
def look_at_books(
    folder: Path | None, keys: bool = True, remember: bool = True
) -> Iterator[tuple[Home, Settings, Database]]:
    """Open a home for looking only: no rules are compiled.

    keys: False to change them, whichever are at hand. remember: False to prove what is there before anything else is
    made of it.
    """
    home, settings = _home_of(folder, keys)
    with _database_of(home, settings, remember) as database:
        yield home, settings, database


def keyring_for(file: Path, folder: Path | None) -> Keyring:
    """What opens a file, wherever it lies: no key for a plain one, else all at hand, with or without a home."""
    if not file.is_file() or key_id_of(file) is None:
        return NO_KEYS
    try:
        home = find_home(folder)
    except UsageError:
        if folder is not None:
            raise
        return keyring(None, keys_given())
    return keyring(None, keys_at_hand(home.root, load_settings(home.root)))


def keep_versions(books: Books) -> None:
    """Keep the rule set and settings that the decisions of this run will point to; a change of them is an act.

    So is an era.toml that was changed by hand, of which a version is kept.
    """
    in_force = {"settings": books.settings.content_hash, "ruleset": books.rule_set.content_hash}
    with books.database.writing() as connection:
        judgments.keep_versions(
            connection,
            (books.rule_set.content_hash, books.rule_set.to_json()),
            (books.settings.content_hash, books.settings.to_json()),
        )
        notice(connection, books.home, books.settings, in_force)


def note_act(books: Books, act: str, details: dict[str, object], by: str | None = None) -> None:
    """Write an act that changes nothing else in the books into the audit log."""
    with books.database.writing() as connection:
        audit.append(connection, books.home.identity, act, details, by)
