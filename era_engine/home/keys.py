"""Which key a home's files are sealed with, remembered in the home, and whether it is at hand.

Without a key at hand that the home needs nothing is opened: neither is a sealed file taken for a damaged one, nor is a
new file kept plain beside sealed ones.
"""

import json
import os
from pathlib import Path
from typing import NamedTuple

from era_engine.foundation.errors import SettingsError
from era_engine.foundation.keys import Key, key_file_given, keyring, keys_given
from era_engine.home.folder import Home, is_home
from era_engine.settings.model import Settings

_GIVE = "Name its file with key_file under [encryption] in era.toml, or with ERA_KEY_FILE."


class Sealed(NamedTuple):
    """`key` is the id of the key of new files; `earlier` those that files may still have, while a key is changed."""

    key: str
    earlier: tuple[str, ...]


def with_keys(home: Home, settings: Settings) -> Home:
    """The home with the keys it needs. Raises SettingsError where one is missing.

    A home that has no key yet takes the one given; its new files are sealed from now on.
    """
    sealed, keys = keys_needed(home, settings)
    if sealed is None:
        return home
    if remembered(home) is None:
        remember(home, sealed)
    return home._replace(keyring=keyring(next(key for key in keys if key.id == sealed.key), keys))


def keys_needed(home: Home, settings: Settings) -> tuple[Sealed | None, list[Key]]:
    """What the home is sealed with, or will be (None: with nothing), and the keys at hand; nothing is written.

    Raises SettingsError where a key is missing, or where several are given and none is known to be the home's.
    """
    keys = keys_at_hand(home.root, settings)
    sealed = remembered(home)
    if sealed is not None:
        check(home, sealed, keys)
    elif keys:
        if len({key.id for key in keys}) > 1:
            raise SettingsError(
                "Several keys were given, and the home does not know which one is its own.",
                "Give one with key_file in era.toml or ERA_KEY_FILE. Name a new one in `era encryption rotate --to`.",
            )
        sealed = Sealed(keys[0].id, ())
    return sealed, keys


def keys_at_hand(root: Path, settings: Settings) -> list[Key]:
    """The keys given by era.toml and the environment. Raises SettingsError for a key inside the home."""
    named = settings.encryption.key_file
    file = None if named is None else root / named
    for each in (file, key_file_given()):
        if each is not None:
            refuse_inside(root, each)
    return keys_given(file)


def refuse_inside(root: Path, file: Path) -> None:
    """Raises SettingsError for a key file in the home."""
    if file.resolve().is_relative_to(root.resolve()):
        raise SettingsError(
            f"{file}: a key inside the home does not protect the home.", "Keep it in a folder outside the home."
        )


def refuse_in_any_home(file: Path) -> None:
    """Raises SettingsError for a key file in a home, whichever it is."""
    for folder in file.resolve().parents:
        if is_home(folder):
            refuse_inside(folder, file)


def check(home: Home, sealed: Sealed, keys: list[Key]) -> None:
    """Raises SettingsError unless every key that files of the home may have is at hand."""
    at_hand = {key.id for key in keys}
    if sealed.earlier and not at_hand >= {sealed.key, *sealed.earlier}:
        missing = " and ".join(sorted({sealed.key, *sealed.earlier} - at_hand))
        raise SettingsError(
            f"The files of {home.root} are being re-sealed from key {' and '.join(sealed.earlier)} to {sealed.key},"
            f" but {missing} was not given.",
            "Finish with `era encryption rotate --to KEYFILE`, and give the old key as before.",
        )
    if sealed.key not in at_hand:
        given = f"what was given is {' and '.join(sorted(at_hand))}" if at_hand else "no key was given"
        raise SettingsError(f"The files of {home.root} are sealed with key {sealed.key}; {given}.", _GIVE)


def check_again(home: Home) -> None:
    """For who holds the home by now: raises SettingsError where its key was changed since it was opened."""
    sealed = remembered(home)
    if sealed is None:
        return
    sealing = home.keyring.sealing
    if sealing is None or sealing.id != sealed.key:
        raise SettingsError(f"The key of {home.root} was changed in the meantime. Nothing was done.", "Run again.")
    check(home, sealed, list(home.keyring.opening.values()))


def remembered(home: Home) -> Sealed | None:
    """None where no file of the home was ever sealed."""
    try:
        known = json.loads(home.sealed_with.read_text(encoding="ascii"))
        return Sealed(str(known["key"]), tuple(known["earlier"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"{home.sealed_with} is damaged.", "Restore it from a backup.") from error


def remember(home: Home, sealed: Sealed) -> None:
    partial = home.sealed_with.with_suffix(f".{os.getpid()}")
    with partial.open("w", encoding="ascii") as stream:
        json.dump(sealed._asdict(), stream)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(home.sealed_with)
    folder = os.open(home.root, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
