"""The era.toml of a home as a version in the books: whoever changed it, by a command or with an editor."""

import hashlib
from typing import Any

from era_engine.foundation.errors import SettingsError
from era_engine.home.folder import Home
from era_engine.settings.editing import without_secrets
from era_engine.settings.model import Settings, read_settings, settings_of
from era_engine.store.books import audit, settings_texts
from era_engine.store.books.settings_texts import Origin, Version
from era_engine.store.database import Connection


def notice(connection: Connection, home: Home, settings: Settings, in_force: dict[str, str]) -> None:
    """Keep the file as a version where it is not the newest one; what changed, rules too, is one act `settings`.

    settings: as read from the file. in_force: the hashes of `settings`, and of the `ruleset` where it is known.
    """
    text = _text_of(home, settings)
    last = settings_texts.newest(connection, home.identity)
    if text is not None and (last is None or last.text != text):
        audit.hold(connection, home.identity)
        last = settings_texts.newest(connection, home.identity)  # another program may have been faster
        if last is None or last.text != text:
            keep(connection, home, Origin("first" if last is None else "hand"), text, in_force)
            return
    _write_act(connection, home, in_force, {}, None)


def keep(
    connection: Connection,
    home: Home,
    origin: Origin,
    text: str,
    in_force: dict[str, str],
    details: dict[str, Any] | None = None,
) -> Version:
    """Write a version and its act down. `text` has no secrets in it."""
    audit.hold(connection, home.identity)
    version = settings_texts.add(connection, home.identity, origin, in_force["settings"], text)
    done = {"how": origin.how, "version": version.version, "text": hashlib.sha256(text.encode()).hexdigest()}
    done |= {} if origin.because is None else {"because": origin.because}
    _write_act(connection, home, in_force, done | (details or {}), origin.by)
    return version


def _text_of(home: Home, settings: Settings) -> str | None:
    """The file's text without secrets; None where it was changed since `settings` were read: the next one notices."""
    path = home.root / "era.toml"
    try:
        text = read_settings(path)
        if settings_of(path, text) == settings:
            return without_secrets(text, settings.database_shown)
    except SettingsError:
        pass  # it is told by the next command
    return None


def _write_act(
    connection: Connection, home: Home, in_force: dict[str, str], details: dict[str, Any], by: str | None
) -> None:
    before = audit.newest_settings(connection, home.identity) or {}
    if not details and all(before.get(name) == value for name, value in in_force.items()):
        return
    known: dict[str, Any] = {name: before[name] for name in ("settings", "ruleset") if name in before}
    was = {f"{name}_before": value for name, value in known.items()}
    audit.append(connection, home.identity, "settings", {**known, **in_force, **was, **details}, by)
