"""Everything one office's commands need, opened once: home, settings, rules, engine, database."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from era_engine.decisions.engine import Engine
from era_engine.decisions.rule_set import RuleSet, load_rule_set
from era_engine.home import Home, find_home
from era_engine.settings import Settings, load_settings
from era_engine.shipped import shipped
from era_engine.store import books
from era_engine.store.database import Database


class Office(NamedTuple):
    """An opened home."""

    home: Home
    settings: Settings
    rule_set: RuleSet
    engine: Engine
    database: Database


def rules_in_force(home: Home, settings: Settings) -> Path:
    """The home's own rules folder where era.toml names one, else the rules that came with era-engine."""
    return settings.rules_folder(home.root) or shipped("rules")


@contextmanager
def open_office(folder: Path | None) -> Iterator[Office]:
    """Open a home for deciding. Raises SettingsError or RulesError before the database is touched."""
    home = find_home(folder)
    settings = load_settings(home.root)
    rule_set = load_rule_set(rules_in_force(home, settings)).with_choices(settings.holds)
    engine = Engine(rule_set)
    database = Database(settings.database_url(home.root))
    try:
        yield Office(home, settings, rule_set, engine, database)
    finally:
        database.close()


@contextmanager
def open_books(folder: Path | None) -> Iterator[tuple[Home, Settings, Database]]:
    """Open a home for looking only: no rules are compiled."""
    home = find_home(folder)
    settings = load_settings(home.root)
    database = Database(settings.database_url(home.root))
    try:
        yield home, settings, database
    finally:
        database.close()


def keep_versions(office: Office) -> None:
    """Keep the rule set and settings every decision of this run will point to."""
    with office.database.writing() as connection:
        books.keep_versions(
            connection,
            (office.rule_set.content_hash, office.rule_set.to_json()),
            (office.settings.content_hash, office.settings.to_json()),
        )
