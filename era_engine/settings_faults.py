"""Sentences about what is wrong in era.toml: line, key, value, what is allowed, what was probably meant."""

import difflib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

Keys = tuple[str, ...]


def describe_faults(error: ValidationError, model: type[BaseModel], path: Path, text: str) -> str:
    """Every fault of the file `path`, whose content is `text`, a line each, in the order of the file.

    A field's description in `model` says what is allowed: it completes the sentence "VALUE is not …".
    The value of a key named database is never shown, nor any text that looks like a URL.
    """
    fields = dict(_fields(model, ()))
    lines = _key_lines(text)
    faults: list[tuple[int, str]] = []
    for fault in error.errors(include_url=False, include_context=False):
        keys = tuple(str(part) for part in fault["loc"])
        unknown = fault["type"] == "extra_forbidden"
        wrong = _unknown(keys, fields) if unknown else _not_allowed(keys, fault["input"], fields)
        place = f"line {lines[keys]}, " if keys in lines else ""
        faults.append((lines.get(keys, 0), f"{path}: {place}key {'.'.join(map(_key, keys))}: {wrong}"))
    return "\n".join(sentence for _, sentence in sorted(faults))


def _fields(model: type[BaseModel], above: Keys) -> Iterator[tuple[Keys, FieldInfo]]:
    for name, field in model.model_fields.items():
        yield (*above, name), field
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _fields(field.annotation, (*above, name))


def _not_allowed(keys: Keys, value: object, fields: Mapping[Keys, FieldInfo]) -> str:
    secret = keys[-1] == "database"
    shown = "the value (not shown, it may hold a password)" if secret else _shown(value)
    field = next(fields[keys[:depth]] for depth in range(len(keys), 0, -1) if keys[:depth] in fields)
    return f"{shown} is not {field.description}."


def _unknown(keys: Keys, fields: Mapping[Keys, FieldInfo]) -> str:
    siblings = [known for known in fields if known[:-1] == keys[:-1]]
    for candidates in (siblings, list(fields)):
        near = difflib.get_close_matches(keys[-1], {known[-1] for known in candidates}, n=1, cutoff=0.7)
        if near:
            meant = " or ".join(".".join(known) for known in candidates if known[-1] == near[0])
            return f"there is no such setting; did you mean {meant}?"
    return f"there is no such setting; known here: {', '.join(known[-1] for known in siblings)}."


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, int) and abs(value) > 10**18:
        return "a very large number"
    if not isinstance(value, str):
        return str(value)[:40]
    if "://" in value or "@" in value:
        return "the text (not shown, it looks like a URL)"
    return json.dumps(value if len(value) <= 40 else value[:40] + "…", ensure_ascii=False)


def _key(key: str) -> str:
    return key if re.fullmatch("[A-Za-z0-9_-]{1,60}", key) else _shown(key)


def _key_lines(text: str) -> dict[Keys, int]:
    """The line of each table, and of each key whose whole value stands on one line."""
    lines: dict[Keys, int] = {}
    if '"""' in text or "'''" in text:
        return lines  # a line inside such a text may look like a key
    table: Keys = ()
    for number, line in enumerate(text.split("\n"), start=1):
        try:
            parsed = tomllib.loads(line, parse_float=str)
        except ValueError:
            continue  # a line that makes sense only with its neighbours
        header = line.lstrip().startswith("[")
        for keys in _key_paths(parsed, () if header else table):
            lines.setdefault(keys, number)
            if header:
                table = keys
    return lines


def _key_paths(node: object, above: Keys) -> Iterator[Keys]:
    """Every key in a nested table, outer before inner."""
    if isinstance(node, list) and node:
        node = node[0]
    if isinstance(node, dict):
        for key, value in node.items():
            yield (*above, key)
            yield from _key_paths(value, (*above, key))
