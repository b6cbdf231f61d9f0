"""What is tried: settings and rules, ready to decide."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from era_engine.books.tables import rule_set_of
from era_engine.foundation.errors import SettingsError, UsageError
from era_engine.home.folder import Home
from era_engine.rulebook.engine import Engine
from era_engine.rulebook.rule_set import RuleSet
from era_engine.settings.editing import keys_of, readings
from era_engine.settings.model import Settings, read_settings, settings_with

# What a payment is read under, or how files are kept: nothing of it is decided again.
_NOT_TRIED = {
    "database": "says where the books are kept",
    "conformance": "says what is found when a file is read; a stored payment is not read again",
    "files": "says which files are read; a stored payment is not read again",
    "retention": "says how long files are kept",
    "encryption": "says how files are kept",
    "rules": "names a folder: give it by --rules",
}


class Proposal(NamedTuple):
    """Settings and rules to decide under. said: what differs from era.toml, for people."""

    settings: Settings
    rule_set: RuleSet
    engine: Engine
    said: tuple[str, ...]


def proposal(home: Home, changes: Sequence[str], rules: Path | None) -> Proposal:
    """What is in force with some keys set otherwise (`KEY=VALUE`) or under the rules in another folder.

    Raises UsageError for a change that is none or decides nothing; SettingsError and RulesError as a run does.
    """
    settings = settings_under(home, changes)
    rule_set = rule_set_of(home, settings, rules)
    said = tuple(changes) + (() if rules is None else (f"the rules in {rules}",))
    return Proposal(settings, rule_set, Engine(rule_set), said)


def settings_under(home: Home, changes: Sequence[str]) -> Settings:
    """era.toml with some keys set otherwise. Raises UsageError and SettingsError."""
    file = home.root / "era.toml"
    text, values = read_settings(file), dict(map(_change, changes))
    try:
        return settings_with(file, text, {key: given[0] for key, given in values.items()})
    except SettingsError:
        if all(len(given) == 1 for given in values.values()):
            raise
    return settings_with(file, text, {key: given[-1] for key, given in values.items()})


def _change(text: str) -> tuple[str, list[object]]:
    """A key, and what its value may mean: as TOML, and as a word without quotes."""
    key, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not key or not value:
        raise UsageError(
            f"{text!r} is not a setting.",
            "Write KEY=VALUE, such as era_payment_options.auto_post.minimum_percent=90 (`era settings show` has all).",
        )
    table = keys_of(key)[0]
    if key.startswith("era_payment_options.quick_post"):
        raise UsageError(
            f"{key} is for quick-post. A replay tries only what a run decides.",
            "Leave it out of --set.",
        )
    if table in _NOT_TRIED:
        raise UsageError(f"{key} {_NOT_TRIED[table]}.", "Leave it out of --set.")
    return key, readings(value)
