"""Asking a run to stop: the payment at hand is finished, nothing further is begun."""

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

Check = Callable[[], None]
_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_HEARD = b"Stopping after the payment at hand; a second signal stops at once.\n"


class Stopped(Exception):  # noqa: N818 - nothing is wrong
    """Somebody asked to stop; what is done is committed, and the rest was not begun."""


class StopFlag:
    """Whether somebody asked to stop. Its `check` is what a run calls before it begins anything."""

    def __init__(self) -> None:
        self._asked = False

    def ask(self) -> None:
        self._asked = True

    def is_set(self) -> bool:
        return self._asked

    def check(self) -> None:
        """Raises Stopped when somebody asked to stop."""
        if self._asked:
            raise Stopped


def go_on() -> None:
    """The check of a run that nobody can ask to stop."""


@contextmanager
def stopped_by_signals() -> Iterator[StopFlag]:
    """Within, SIGTERM and Ctrl-C set the flag; a second one raises KeyboardInterrupt, a third ends the process.

    Only for the main thread, which is the one that Python hands signals to.
    """
    flag = StopFlag()
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    heeded = [number for number, handler in before.items() if handler is not signal.SIG_IGN]  # nohup and the like

    def second(_: int, __: FrameType | None) -> None:
        for number in heeded:
            signal.signal(number, signal.SIG_DFL)  # a third is obeyed also where the database's driver only waits
        raise KeyboardInterrupt

    def first(_: int, __: FrameType | None) -> None:
        flag.ask()
        for number in heeded:
            signal.signal(number, second)
        with contextlib.suppress(OSError):
            os.write(2, _HEARD)  # not through sys.stderr, which may be in the middle of a line

    for number in heeded:
        signal.signal(number, first)
    try:
        yield flag
    finally:
        for number in heeded:
            signal.signal(number, before[number])
