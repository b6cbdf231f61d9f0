"""Sentences about what is wrong in era.toml: line, key, value, what is allowed, what was probably meant."""

import difflib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

Keys = tuple[str, ...]


def describe_faults(error: ValidationError, model: type[BaseModel], path: Path, text: str) -> str:
    """Every fault of the file `path`, whose content is `text`, a line each, in the order of the file.

    A field's description in `model` says what is allowed: it completes the sentence "VALUE is not …".
    The value of a key named database is never shown, nor any text that looks like a URL.
    """
    fields = dict(_fields(model, ()))
    lines = key_lines(text)
    faults: list[tuple[int, str]] = []
    for fault in error.errors(include_url=False, include_context=False):
        keys = tuple(str(part) for part in fault["loc"])
        unknown = fault["type"] == "extra_forbidden"
        named = tuple(key for key in keys if not key.isdigit())  # without the numbers of tables in a list
        wrong = _unknown(named, fields) if unknown else _not_allowed(named, fault["input"], fields)
        line = next((lines[keys[:depth]] for depth in range(len(keys), 0, -1) if keys[:depth] in lines), 0)
        place = f"line {line}, " if line else ""
        faults.append((line, f"{path}: {place}key {'.'.join(map(_key, named))}: {wrong}"))
    return "\n".join(sentence for _, sentence in sorted(faults))


def _fields(model: type[BaseModel], above: Keys) -> Iterator[tuple[Keys, FieldInfo]]:
    for name, field in model.model_fields.items():
        yield (*above, name), field
        for kind in (field.annotation, *get_args(field.annotation)):  # a table, or a list of tables
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from _fields(kind, (*above, name))


def _not_allowed(keys: Keys, value: object, fields: Mapping[Keys, FieldInfo]) -> str:
    secret = keys[-1] == "database"
    shown = "the value (not shown, it may hold a password)" if secret else _shown(value)
    field = next(fields[keys[:depth]] for depth in range(len(keys), 0, -1) if keys[:depth] in fields)
    return f"{shown} is not {field.description}."


def _unknown(keys: Keys, fields: Mapping[Keys, FieldInfo]) -> str:
    siblings = [known for known in fields if known[:-1] == keys[:-1]]
    elsewhere = [known for known in fields if (known[0] == "override") == (keys[0] == "override")]
    for candidates in (siblings, elsewhere):
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


def key_lines(text: str) -> dict[Keys, int]:
    """The line where each table and each key of a valid file begins; of a list of tables, each by its number from 0."""
    lines: dict[Keys, int] = {}
    lists: dict[Keys, int] = {}
    table: Keys = ()
    begun: list[str] = []
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        begun.append(line)
        try:
            parsed = tomllib.loads("\n".join(begun), parse_float=str)
        except ValueError:
            continue  # a value that goes on over several lines
        first, begun = number - len(begun) + 1, []
        header = line.lstrip().startswith("[") and first == number
        if header:
            table = _header(parsed, lists)
            for depth in range(1, len(table) + 1):
                lines.setdefault(table[:depth], number)
        else:
            for keys in _key_paths(parsed, table):
                lines.setdefault(keys, first)
    return lines


def _header(parsed: object, lists: dict[Keys, int]) -> Keys:
    """The keys of `[a.b]` or `[[a]]`; `lists` counts the tables of each list."""
    keys: Keys = ()
    while isinstance(parsed, dict) and parsed:
        ((key, parsed),) = parsed.items()
        keys += (key,)
        if isinstance(parsed, list):
            lists[keys] = lists.get(keys, -1) + 1
            parsed = parsed[0]
        if keys in lists:
            keys += (str(lists[keys]),)
    return keys


def _key_paths(node: object, above: Keys) -> Iterator[Keys]:
    """Every key in a nested table, outer before inner."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield (*above, key)
            yield from _key_paths(value, (*above, key))
