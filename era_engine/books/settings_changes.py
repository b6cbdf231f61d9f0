"""What an administrator does with era.toml: set, take out, bring back an earlier text; each with a name and a reason.

The file is written last before its version is committed. Killed between the two it leaves a file without a version,
which the next command finds like a change by hand; never a version without its file.
"""

import os
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from era_engine.books.settings_versions import keep, notice
from era_engine.books.tables import rule_sets_of
from era_engine.foundation import disk
from era_engine.foundation.errors import SettingsError, UsageError
from era_engine.home.folder import Home
from era_engine.home.keys import keys_needed
from era_engine.insurance.table import INSURANCE
from era_engine.settings.editing import (
    Selector,
    keys_of,
    readings,
    value_at,
    with_database,
    with_value,
    without_secrets,
    without_value,
)
from era_engine.settings.model import Settings, read_settings, settings_of
from era_engine.settings.shown import change_in_words
from era_engine.store.books import settings_texts
from era_engine.store.books.settings_texts import Origin, Version
from era_engine.store.database import Database

_NOW = "now"
_WHAT_IS_ALLOWED = "`era settings show` lists the settings."
_BOM = b"\xef\xbb\xbf"


class Compared(NamedTuple):
    """A version, and what it changed in words."""

    version: Version
    changed: str


class _Edited(NamedTuple):
    text: str
    settings: Settings
    ruleset: str


def set_value(
    home: Home, database: Database, key: str, value: str, selector: Selector, by: str, because: str
) -> Compared | None:
    """Give a setting a value, typed as TOML or as a plain word; None where the file gives it so already.

    Raises SettingsError where the new text is not valid, UsageError, LockedError; then nothing is written.
    """
    keys, meant = _changeable(key, selector), readings(value)

    def edit(text: str) -> _Edited | None:
        refused: SettingsError | None = None
        for reading in meant:
            there = value_at(text, keys, selector)
            if there == reading and isinstance(there, bool) == isinstance(reading, bool):
                return None
            try:
                return _checked(home, with_value(text, keys, reading, selector))
            except SettingsError as error:
                refused = refused or error
        assert refused is not None, "there is a reading"
        raise refused

    return _write(home, database, edit, Origin("set", by, because), {"key": _named(key, selector)})


def unset_value(home: Home, database: Database, key: str, selector: Selector, by: str, because: str) -> Compared | None:
    """Take a setting out of the file, so that the default, or what stands outside of the override, is in force.

    Raises as `set_value` does.
    """
    keys = _changeable(key, selector)
    origin = Origin("unset", by, because)
    return _write(
        home,
        database,
        lambda text: _checked(home, without_value(text, keys, selector)),
        origin,
        {"key": _named(key, selector)},
    )


def restore_version(home: Home, database: Database, version: int, by: str, because: str) -> Compared | None:
    """Bring the text of an earlier version back, as a new one; `database` stays. None where it is in force already.

    Raises as `set_value` does.
    """

    def edit(text: str) -> _Edited | None:
        kept = _version(_all(home, database), str(version)).text
        earlier = with_database(kept, tomllib.loads(text).get("database"))
        return None if earlier == text else _checked(home, earlier)

    return _write(home, database, edit, Origin("restore", by, because), {"restored": version})


def history(home: Home, database: Database, settings: Settings) -> list[Compared]:
    """Every version, oldest first, with what it changed. One changed by hand is found now at the latest."""
    _notice(home, database, settings)
    found = _all(home, database)
    before = [None, *found[:-1]]
    return [
        Compared(each, "first" if last is None else change_in_words(last.text, each.text))
        for last, each in zip(before, found, strict=True)
    ]


def text_of(home: Home, database: Database, settings: Settings, version: str) -> str:
    """The text of a version; `now` is the file as it is. Raises UsageError."""
    _notice(home, database, settings)
    found = _all(home, database)
    return found[-1].text if version == _NOW else _version(found, version).text


def _notice(home: Home, database: Database, settings: Settings) -> None:
    with database.writing() as connection:
        notice(connection, home, settings, {"settings": settings.content_hash})


def _all(home: Home, database: Database) -> list[Version]:
    with database.reading() as connection:
        return settings_texts.versions(connection, home.identity)


def _version(found: list[Version], number: str) -> Version:
    for each in found:
        if str(each.version) == number:
            return each
    raise UsageError(f"The settings have no version {number}.", "`era settings history` lists them.")


def _changeable(key: str, selector: Selector) -> tuple[str, ...]:
    keys = keys_of(key)
    if keys == ("database",):
        raise UsageError(
            "No command changes `database`. Others could read its password on the command line, and the new database"
            " would not have the old one's records.",
            "Change the line `database` in era.toml with an editor. To move the records: `era backup FILE`, then `era"
            " restore FILE DIR --database URL`.",
        )
    if keys[0] == "override" or (selector.given() and keys[0] in ("payer", "location")):
        raise UsageError(
            f"{key} cannot be set by that name.",
            "Name the setting itself. Say whom it is for with --payer and --location.",
        )
    return keys


def _named(key: str, selector: Selector) -> str:
    return f"{key} for {selector.label}" if selector.given() else key


def _checked(home: Home, text: str) -> _Edited:
    """A text proven valid with rules and keys. Raises SettingsError, whose words are about the change alone."""
    path = home.root / "era.toml"
    try:
        settings = settings_of(path, text)
        rule_set = rule_sets_of(home, settings)[INSURANCE.name]
        keys_needed(home, settings)
        return _Edited(text, settings, rule_set.content_hash)
    except SettingsError as error:
        problem = re.sub(rf"^{re.escape(str(path))}: (line \d+, )?", "", error.problem, flags=re.MULTILINE)
        remedy = error.remedy.replace("Correct era.toml and run the command again.", _WHAT_IS_ALLOWED)
    raise SettingsError(problem, f"Nothing was changed. {remedy}")


def _write(
    home: Home,
    database: Database,
    edit: Callable[[str], _Edited | None],
    origin: Origin,
    details: dict[str, Any],
) -> Compared | None:
    file = Path(os.path.realpath(home.root / "era.toml"))  # a link stays one
    with home.locked():
        text = read_settings(file)
        settings = settings_of(home.root / "era.toml", text)
        _notice(home, database, settings)
        edited = edit(text)
        if edited is None:
            return None
        new = without_secrets(edited.text, edited.settings.database_shown)
        in_force = {"settings": edited.settings.content_hash, "ruleset": edited.ruleset}
        with database.writing() as connection:
            version = keep(connection, home, origin, new, in_force, details)
            mark = _BOM if file.read_bytes().startswith(_BOM) else b""
            disk.write(file, lambda stream: stream.write(mark + edited.text.encode()))
        return Compared(version, change_in_words(without_secrets(text, settings.database_shown), new))
