"""A rule file as plain values that remember their lines, and the list of everything wrong in it."""

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from era_engine.foundation.errors import RulesError

Steps = tuple[str | int, ...]  # the way to a value: keys and positions from the top of the file
Place = tuple[str, int | None]  # file and line

_SCALARS = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "bool", "float", "null")}
_WHOLE_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)", re.ASCII)


class Source(NamedTuple):
    """What a rule file says, on which line each of its values stands, and which of them could not be read."""

    name: str
    data: Any
    lines: Mapping[Steps, int]
    unreadable: AbstractSet[Steps] = frozenset()

    def line(self, steps: Steps) -> int | None:
        """The line of a value, or of the closest thing around it that has one."""
        while steps and steps not in self.lines:
            steps = steps[:-1]
        return self.lines.get(steps)


class Faults:
    """Everything wrong in a rule set, collected so that one reading shows all of it."""

    def __init__(self) -> None:
        self._found: list[tuple[str, int, str]] = []

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, file: str, line: int | None, problem: str, allowed: Iterable[str] = ()) -> None:
        listed = ", ".join(allowed)
        self._found.append((file, line or 0, f"{problem}; allowed: {listed}" if listed else problem))

    def at(self, source: Source, steps: Steps, problem: str, allowed: Iterable[str] = ()) -> None:
        """Note a fault of one value; one that could not be read has been noted already."""
        if steps not in source.unreadable:
            self.add(source.name, source.line(steps), problem, allowed)

    def raise_if_any(self, command: str = "era rules check") -> None:
        """Raise RulesError with one line for each fault, in the order of files and lines."""
        if self._found:
            lines = (
                f"{file}:{line}: {text}" if line else f"{file}: {text}" for file, line, text in sorted(self._found)
            )
            raise RulesError("\n".join(lines), f"Fix these lines, then try again with `{command}`.")


def did_you_mean(given: str, allowed: Iterable[str]) -> str:
    """` (did you mean …?)` where something allowed is close to what was given."""
    close = get_close_matches(given, list(allowed), n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def take_id(given: Any, source: Source, steps: Steps, taken: dict[str, Place], faults: Faults) -> None:
    """Ids name one thing each; `taken` remembers where each stands."""
    if not isinstance(given, str):
        return
    if given in taken:
        file, line = taken[given]
        faults.at(source, steps, f"the id `{given}` is taken by {file}{f':{line}' if line else ''}")
    else:
        taken[given] = (source.name, source.line(steps))


def read_rule_file(path: Path, faults: Faults, called: str | None = None) -> Source | None:
    """Read one YAML file; what is wrong with it as YAML goes to `faults`, and then there may be nothing to return.

    `called`: the name by which faults tell it, where that is not the file's alone.
    """
    name = called or path.name
    try:
        text = path.read_text(encoding="utf-8-sig")
        loader, node = _parsed(text)
    except FileNotFoundError:
        faults.add(name, None, f"not found in {path.parent}")
        return None
    except OSError as error:
        faults.add(name, None, f"cannot be read: {error.strerror}")
        return None
    except UnicodeDecodeError:
        faults.add(name, None, "is not UTF-8 text")
        return None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        faults.add(name, line, f"is not YAML: {error.problem or error.context}")
        return None
    except yaml.YAMLError as error:
        faults.add(name, None, f"is not YAML: {error}".splitlines()[0])
        return None
    if node is None:
        faults.add(name, None, "is empty")
        return None
    reading = _Reading(name, loader, faults)
    return Source(name, reading.value(node, ()), reading.lines, reading.unreadable)


def _parsed(text: str) -> tuple[Any, yaml.Node | None]:
    """libyaml is eight times as fast; what it refuses is read again by PyYAML, whose messages say more."""
    for kind in (getattr(yaml, "CSafeLoader", yaml.SafeLoader), yaml.SafeLoader):
        loader = kind(text)
        try:
            return loader, loader.get_single_node()
        except yaml.YAMLError:
            if kind is yaml.SafeLoader:
                raise
    raise AssertionError("not reached")


class _Reading:
    """One file being read: a node tree on one side, values and their lines on the other."""

    def __init__(self, name: str, loader: yaml.SafeLoader, faults: Faults) -> None:
        self.lines: dict[Steps, int] = {}
        self.unreadable: set[Steps] = set()
        self._name = name
        self._loader = loader
        self._faults = faults
        self._seen: set[int] = set()

    def value(self, node: yaml.Node, steps: Steps) -> Any:
        self.lines.setdefault(steps, node.start_mark.line + 1)
        if id(node) in self._seen:
            return self._refuse(steps, "repeats a part with `*name`; write it out instead")
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, steps)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*steps, position)) for position, item in enumerate(node.value)]
        kind = node.tag.rpartition(":")[2]
        if node.tag not in _SCALARS:
            return self._refuse(steps, f"`{node.value}` would be read as a {kind}; put it in quotes")
        if kind == "int" and not _WHOLE_NUMBER.fullmatch(node.value):
            return self._refuse(steps, f"`{node.value}` is not plain; write a whole number, or put it in quotes")
        return self._loader.construct_object(node)

    def _refuse(self, steps: Steps, problem: str) -> None:
        self._faults.add(self._name, self.lines[steps], problem)
        self.unreadable.add(steps)

    def _mapping(self, node: yaml.MappingNode, steps: Steps) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line, key = key_node.start_mark.line + 1, key_node.value
            if key_node.tag != "tag:yaml.org,2002:str":
                self._faults.add(self._name, line, "a key here is not text; put it in quotes")
            elif key in values:
                first = self.lines[(*steps, key)]
                self._faults.add(self._name, line, f"the key `{key}` is here twice, first on line {first}")
            else:
                self.lines[(*steps, key)] = line
                values[key] = self.value(value_node, (*steps, key))
        return values
