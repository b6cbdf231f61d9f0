"""Killing a command, as by kill -9, or breaking something under it, at any step on the disk or in the database.

A step has two sides, before and after; a copy has a middle as well. The real calls are made: only a word is said
around each.
"""

import json
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from unittest.mock import patch

from practices import Ended, era
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.engine.default import DefaultDialect

from era_engine.foundation import disk

Say = Callable[[str], None]
_ON_DISK = {"replace": "rename", "rename": "rename", "link": "link", "unlink": "unlink", "fsync": "fsync"}
Named = tuple[str, ...] | None
MAIN_STEPS = ("before commit", "before rename", "before copy", "before unlink")
IN_TRANSACTION = "in a transaction"  # after a statement, of which there are many more than of all else

KILLS: Counter[tuple[str, str]] = Counter()  # carried out in this session, by database and step


class Child(NamedTuple):
    """A command carried out in a child: its steps, and how it ended; None: it was killed."""

    steps: list[str]
    ended: Ended | None


def steps_of(*arguments: str | Path) -> list[str]:
    """The names of all steps of a command, which is carried out to its end."""
    child = _in_child(0, _die, *arguments)
    assert child.ended is not None, arguments
    assert child.ended.code in (0, 3), child.ended
    return child.steps


def killed_at(step: int, *arguments: str | Path, named: Named = None) -> str | None:
    """Run a command that dies at its n-th step (of that name, or those), from 1.

    Returns the step's name; None: it came to its end before.
    """
    child = _in_child(step, _die, *arguments, named=named)
    if child.ended is None:
        return child.steps[-1]
    assert child.ended.code in (0, 3), child.ended
    return None


def killed_at_step(step: int, *arguments: str | Path) -> bool:
    """The same at one of the few steps that count most. False: it came to its end before."""
    return killed_at(step, *arguments, named=MAIN_STEPS) is not None


def disturbed_at(step: int, disturb: Callable[[], object], *arguments: str | Path, named: Named = None) -> Ended:
    """Run a command under which something breaks at its n-th step (of that name), from 1."""
    ended = _in_child(step, disturb, *arguments, named=named).ended
    assert ended is not None, arguments
    return ended


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _in_child(last: int, act: Callable[[], object], *arguments: str | Path, named: Named = None) -> Child:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        steps = count(1)

        def say(name: str) -> None:
            os.write(writing, f"{name}\n".encode())
            if (named is None or name in named) and next(steps) == last:
                act()

        try:
            with _saying(say):
                ended = era(*arguments)
            os.write(writing, json.dumps(ended).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        *names, end = told.read().split("\n")
    _, status = os.waitpid(child, 0)
    assert bool(end) != os.WIFSIGNALED(status), (arguments, status)
    return Child(names, Ended(*json.loads(end)) if end else None)


@contextmanager
def _saying(say: Say) -> Iterator[None]:
    """Within, every step is told before and after it is taken."""
    real_write = disk.write

    def write(target: Path, put: Callable[[BinaryIO], object]) -> None:
        def put_some(writing: BinaryIO) -> None:
            put(writing)
            say("in the middle of a copy")  # what was written last is not on the disk yet

        say("before copy")
        real_write(target, put_some)
        say("after copy")

    with patch.object(disk, "write", write):
        for attribute, name in _ON_DISK.items():
            setattr(os, attribute, _told(getattr(os, attribute), name, say))
        DefaultDialect.do_commit = _told(DefaultDialect.do_commit, "commit", say)
        event.listen(Engine, "after_cursor_execute", lambda *_: say(IN_TRANSACTION))
        yield  # the child ends here: nothing need be put back


def _told(real: Callable[..., Any], name: str, say: Say) -> Callable[..., Any]:
    def told(*given: Any, **named: Any) -> Any:
        say(f"before {name}")
        result = real(*given, **named)
        say(f"after {name}")
        return result

    return told
