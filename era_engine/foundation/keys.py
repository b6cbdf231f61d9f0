"""Keys that seal files: 32 random bytes, known to people by an id that gives nothing of them away."""

import hashlib
import os
import re
import secrets
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from era_engine.foundation.errors import SettingsError, UsageError

_SECRET = re.compile("[0-9a-f]{64}")
_HOW = "Make one with `era encryption new-key FILE`, and name it with key_file in era.toml or with ERA_KEY_FILE."


class Key:
    """The bytes are in `secret` and shown nowhere; `id` is 16 hex digits, made from them by a hash."""

    __slots__ = ("id", "secret")

    def __init__(self, secret: bytes) -> None:
        self.secret = secret
        self.id = hashlib.sha256(b"era-engine key id" + secret).hexdigest()[:16]

    def __repr__(self) -> str:
        return f"Key({self.id})"


class Keyring(NamedTuple):
    """`sealing` is the key of new files, None where they stay plain; `opening` are all keys at hand by their ids."""

    sealing: Key | None
    opening: dict[str, Key]


NO_KEYS = Keyring(None, {})


def keyring(sealing: Key | None, keys: Iterable[Key]) -> Keyring:
    return Keyring(sealing, {key.id: key for key in keys})


def keys_given(key_file: Path | None = None) -> list[Key]:
    """Every key at hand: of the file that the settings name, of ERA_KEY_FILE and of ERA_KEY.

    Raises SettingsError where one of them is none.
    """
    keys = [] if key_file is None else [read_key(key_file)]
    if (named := key_file_given()) is not None:
        keys.append(read_key(named))
    if text := os.environ.get("ERA_KEY"):
        keys.append(_key(text, "ERA_KEY"))
    return keys


def key_file_given() -> Path | None:
    """The file that the environment names."""
    named = os.environ.get("ERA_KEY_FILE")
    return Path(named) if named else None


def read_key(file: Path) -> Key:
    """The key in a file. Raises SettingsError where it holds none, or where others than its owner may read it."""
    try:
        with file.open("rb") as stream:
            if stat.S_IMODE(os.fstat(stream.fileno()).st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
                raise SettingsError(
                    f"Other users can read the key in {file}. Only one user should.", f"Run chmod 600 {file}"
                )
            text = stream.read(4096).decode("ascii", "replace")
    except OSError as error:
        raise SettingsError(f"The key file {file} cannot be read: {error.strerror}.", _HOW) from error
    return _key(text, str(file))


def _key(text: str, where: str) -> Key:
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if len(lines) != 1 or not _SECRET.fullmatch(lines[0]):
        raise SettingsError(f"{where} has no era-engine key.", _HOW)
    return Key(bytes.fromhex(lines[0]))


def new_key(file: Path) -> Key:
    """Make a key, and a file of it for this user alone. Raises UsageError where a file is there."""
    key = Key(secrets.token_bytes(32))
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise UsageError(
            f"{file} cannot be made: {error.strerror}.", "Name a new file in a folder you may write."
        ) from error
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(
            f"# Key {key.id} of era-engine. Whoever has it can read what is sealed with it. Without it, nobody can.\n"
        )
        stream.write(f"{key.secret.hex()}\n")
        stream.flush()
        os.fsync(stream.fileno())
    return key
