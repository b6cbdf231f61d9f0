"""The text of an era.toml with one setting changed: comments, order and every other byte stay.

A text that comes out is proven: it stands for what the old one stood for, and the change. The text that is kept of an
era.toml holds no password.
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from copy import deepcopy
from decimal import Decimal
from typing import Any, NamedTuple

import tomlkit
from tomlkit.exceptions import TOMLKitError

from era_engine.foundation.errors import UsageError
from era_engine.settings.faults import Keys, key_lines

Document = dict[str, Any]
_PLAIN = re.compile(r"[\w./:+-]+")  # what may stand for a text without quotes
_USER = re.compile(r"://(?!USER:PASSWORD@)\S*@")  # but the words that stand for them in the file made by era init
_OPTIONS = re.compile(r"(://[^\s?]*)\?\S*")


class Selector(NamedTuple):
    """Whom an override is for."""

    payer: str | None = None
    location: str | None = None

    @property
    def label(self) -> str:
        return ", ".join(f"{name} {' '.join(value.split())}" for name, value in self.given().items())

    def given(self) -> dict[str, str]:
        return {name: value for name, value in self._asdict().items() if value is not None}


OUTSIDE = Selector()


def keys_of(key: str) -> Keys:
    """`a.b` as ("a", "b"). Raises UsageError for what is no key."""
    keys = tuple(key.split("."))
    if not all(re.fullmatch("[A-Za-z0-9_-]+", each) for each in keys):
        raise UsageError(
            f"{json.dumps(key)} is not a key of era.toml.",
            "Name one setting as `era settings show` does, such as era_payment_options.auto_post.minimum_percent.",
        )
    return keys


def readings(value: str) -> list[object]:
    """What a value typed on the command line may mean: TOML first, then a text where it could be one without quotes."""
    found: list[object] = []
    try:
        document = tomllib.loads(f"value = {value}", parse_float=Decimal)
        if document.keys() == {"value"} and document["value"] == document["value"]:  # nan is not
            found.append(document["value"])
    except (ValueError, ArithmeticError, RecursionError):
        pass  # no TOML: it may still be a text
    if _PLAIN.fullmatch(value) and value not in ("true", "false"):
        found.append(value)
    if not found:
        raise UsageError(
            "The value is not valid TOML and not a plain word.",
            "Give true, false, a number such as 33.3, a word, or within single quotes a text or list of TOML:"
            ' \'"warn"\', \'["16", "97"]\'.',
        )
    return found


def value_at(text: str, keys: Keys, selector: Selector = OUTSIDE) -> object:
    """What the file gives for a key, or for its override; None where it gives nothing."""
    table = _table(_read(text), selector)
    return None if table is None else _at(table, keys)


def with_value(text: str, keys: Keys, value: object, selector: Selector = OUTSIDE) -> str:
    """The text with this value in its place, or put in behind what stands in its table.

    Raises UsageError for a key that stands for a table, and where the file is written so that it cannot be done.
    """
    wanted = _read(text)
    table = _table(wanted, selector)
    if table is None:
        table = dict(selector.given())
        wanted.setdefault("override", []).append(table)
    if not _put(table, keys, value):
        raise UsageError(f"{'.'.join(keys)} is a table of settings.", "Name one setting in it.")
    literal = _literal(value)
    return _proven(wanted, _texts_with(text, keys, literal, selector))


def without_value(text: str, keys: Keys, selector: Selector = OUTSIDE) -> str:
    """The text without this key, and without an override that is left with nothing. Raises UsageError."""
    wanted = _read(text)
    table = _table(wanted, selector)
    value = None if table is None else _at(table, keys)
    if table is None or value is None or isinstance(value, dict):
        place = f"the [[override]] for {selector.label}" if selector.given() else "era.toml"
        raise UsageError(
            f"{'.'.join(keys)} is not given in {place}.", "`era settings show --origin` tells what gives each setting."
        )
    _take(table, keys)
    number = _override(_read(text), selector)
    if number is not None and _pruned(table).keys() <= {"payer", "location"}:
        wanted["override"].remove(table)
        return _proven(wanted, _texts_without_override(text, number))
    return _proven(wanted, _texts_without(text, _within(number, keys)))


def without_secrets(text: str, database_shown: str) -> str:
    """The text as it is kept: neither user nor password, in its value of `database` or in a comment."""
    if "database" in _read(text):
        try:
            text = with_value(text, ("database",), database_shown)
        except UsageError:  # better without its comments than not kept, or kept with a password
            text = tomlkit.dumps(tomllib.loads(text) | {"database": database_shown})
    return _OPTIONS.sub(r"\1?…", _USER.sub("://…@", text))


def with_database(text: str, database: str | None) -> str:
    """The text with another value of `database`; None: with none."""
    if database is not None and "database" not in _read(text):
        return f"database = {_literal(database)}\n{text}"
    if database is None:
        return without_value(text, ("database",)) if "database" in _read(text) else text
    return with_value(text, ("database",), database)


def _pruned(table: Any) -> Any:
    """Without the tables in which nothing is."""
    if isinstance(table, list):
        return [_pruned(each) for each in table]
    if not isinstance(table, dict):
        return table
    within = {key: _pruned(value) for key, value in table.items()}
    return {key: value for key, value in within.items() if value != {} and (key, value) != ("override", [])}


# what the text stands for


def _read(text: str) -> Document:
    return tomllib.loads(text, parse_float=Decimal)


def _override(document: Document, selector: Selector) -> int | None:
    """The number of the override that is for just these."""
    wanted = selector.label.casefold()
    for number, each in enumerate(document.get("override", ())):
        if wanted and Selector(each.get("payer"), each.get("location")).label.casefold() == wanted:
            return number
    return None


def _table(document: Document, selector: Selector) -> Document | None:
    if not selector.given():
        return document
    number = _override(document, selector)
    return None if number is None else document["override"][number]


def _at(table: Any, keys: Keys) -> object:
    for key in keys:
        if isinstance(table, list):
            table = dict(enumerate(table)).get(int(key)) if key.isdigit() else None
        elif isinstance(table, dict):
            table = table.get(key)
        else:
            return None
    return deepcopy(table)


def _put(table: Any, keys: Keys, value: object) -> bool:
    """False where a table would be put out, or a value taken for a table."""
    *above, last = keys
    for key in above:
        table = table.setdefault(key, {})
        if not isinstance(table, dict):
            return False
    if isinstance(table.get(last), dict):
        return False
    table[last] = value
    return True


def _take(table: Any, keys: Keys) -> None:
    for key in keys[:-1]:
        table = table[key]
    del table[keys[-1]]


def _proven(wanted: Document, texts: Iterator[str]) -> str:
    for text in texts:
        try:
            if _pruned(_read(text)) == _pruned(wanted):
                return text
        except (ValueError, ArithmeticError):
            continue  # not valid that way
    raise UsageError(
        "era.toml is written so that this cannot be changed in it by a command.", "Change it with an editor."
    )


# ways to write it


def _texts_with(text: str, keys: Keys, literal: str, selector: Selector) -> Iterator[str]:
    document = _read(text)
    number = _override(document, selector)
    if selector.given() and number is None:
        given = [f"{name} = {_literal(value)}" for name, value in selector.given().items()]
        yield _with_lines(text, None, ["", "[[override]]", *given, f"{'.'.join(keys)} = {literal}"])
        return
    inside = _within(number, keys)
    item = tomlkit.parse(f"value = {literal}")["value"]
    in_place = _statement_changed(text, inside, lambda table, key: table.__setitem__(key, item))
    if _at(document, inside) is not None:
        yield from in_place
        return
    lines = key_lines(text)
    for depth in range(len(keys) - 1, -1, -1):  # in its table; or by a key with dots in one around it
        table = _within(number, keys[:depth])
        header = lines.get(table, 0) if table else 0
        if (header == 0) == (table == ()) and (header == 0 or _is_header(text, header)):
            dotted = lines.get((*table, keys[depth]), 0)  # a table begun by a key with dots
            if depth == len(keys) - 1 or number is not None or (dotted and not _is_header(text, dotted)):
                yield _with_lines(text, _section_end(text, header), [f"{'.'.join(keys[depth:])} = {literal}"])
    if number is None:
        yield _with_lines(text, None, ["", f"[{'.'.join(keys[:-1])}]", f"{keys[-1]} = {literal}"])
    yield from in_place


def _texts_without(text: str, inside: Keys) -> Iterator[str]:
    found = _statement(text, inside)
    if found is not None:
        first, end = found
        lines = text.split("\n")
        yield "\n".join(lines[: first - 1] + lines[end:])
    yield from _statement_changed(text, inside, lambda table, key: table.__delitem__(key))


def _within(number: int | None, keys: Keys) -> Keys:
    return keys if number is None else ("override", str(number), *keys)


def _statement(text: str, inside: Keys) -> tuple[int, int] | None:
    """The first and the last line of the statement `key = value` in which a key is, or would be."""
    known, lines = key_lines(text), text.split("\n")
    for depth in range(len(inside), 0, -1):
        first = known.get(inside[:depth])
        if first is not None:
            break
    if first is None or _is_header(text, first):
        return None
    for end in range(first, len(lines) + 1):
        try:
            _read("\n".join(lines[first - 1 : end]).removesuffix("\r"))
            return first, end
        except ValueError:
            continue  # it goes on
    return None


def _statement_changed(text: str, inside: Keys, change: Callable[[Any, str], object]) -> Iterator[str]:
    """The text in which tomlkit changed that one statement; of a whole text it would put lists of tables together."""
    found = _statement(text, inside)
    if found is None:
        return
    first, end = found
    lines = text.split("\n")
    statement = "\n".join(lines[first - 1 : end])
    document = tomlkit.parse(statement.removesuffix("\r"))
    for depth in range(len(inside)):  # without the keys of the table that the statement is in
        table: Any = document
        try:
            for key in inside[depth:-1]:
                table = table[int(key) if isinstance(table, list) else key]
            change(table, inside[-1])
        except (KeyError, IndexError, TypeError, ValueError, TOMLKitError):
            continue
        changed = tomlkit.dumps(document) + ("\r" if statement.endswith("\r") else "")
        yield "\n".join([*lines[: first - 1], changed, *lines[end:]])
        return


def _is_header(text: str, number: int) -> bool:
    return text.split("\n")[number - 1].lstrip().startswith("[")


def _section_end(text: str, header: int) -> int:
    """The number of the last line before the next table, from that of a table's line; 0: from the top."""
    lines = text.split("\n")
    headers = sorted({number for number in key_lines(text).values() if _is_header(text, number)})
    end = next((number for number in headers if number > header), len(lines) + 1) - 1
    while end > header and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return end


def _with_lines(text: str, behind: int | None, more: list[str]) -> str:
    """With lines behind one of this number, None: at the end. Comments below belong to what follows them."""
    end = _line_end(text)
    if behind is None or behind == len(text.split("\n")):  # the last line may not end
        whole = text if not text or text.endswith("\n") else text + end
        return whole + "".join(line + end for line in (more if whole else more[more[:1] == [""] :]))
    lines = text.split("\n")
    lines[behind:behind] = [line + end[:-1] for line in more]
    return "\n".join(lines)


def _extent(text: str, number: int) -> tuple[int, int] | None:
    """First and last line of an override with all its tables; None for one that is written on a line."""
    known = key_lines(text)
    first = known.get(("override", str(number)))
    if first is None:
        return None
    last = max(at for keys, at in known.items() if keys[:2] == ("override", str(number)))
    header = max(at for at in known.values() if at <= last and _is_header(text, at))
    return first, _section_end(text, header)


def _texts_without_override(text: str, number: int) -> Iterator[str]:
    extent = _extent(text, number)
    if extent is not None:
        first, end = extent
        lines = text.split("\n")
        if first > 1 and not lines[first - 2].strip():
            first -= 1
        yield "\n".join(lines[: first - 1] + lines[end:])


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, dict):
        raise UsageError("The value is a table.", "Set one key of it at a time.")
    text = str(value)
    return {"Infinity": "inf", "-Infinity": "-inf"}.get(text, text)
