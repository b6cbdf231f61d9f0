"""How a watch is: counted as it works, told as one JSON line."""

import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from structlog.typing import FilteringBoundLogger

from era_engine.custody.intake import files_in
from era_engine.foundation.clock import now
from era_engine.foundation.service_manager import notify
from era_engine.jobs.one_file import FileDone
from era_engine.jobs.run import Event


class Health:
    """What was done since the start, and how it goes. It is told every so many seconds, and whenever asked."""

    def __init__(self, logger: FilteringBoundLogger, inbox: Path, seconds: float) -> None:
        self._logger, self._inbox, self._seconds = logger, inbox, seconds
        self._told = time.monotonic()
        self._done = self._quarantined = 0
        self._last_pass: str | None = None
        self._last_error: tuple[str, str] | None = None
        self._healthy = True

    def counted(self, events: Iterable[Event]) -> Iterator[Event]:
        """The same events, counted as they pass; in a long pass they keep the watch alive."""
        for event in events:
            if isinstance(event, FileDone):
                self._done += 1
                self._quarantined += event.state == "quarantined"
            self.alive()
            yield event

    def passed(self) -> None:
        """A pass came to its end."""
        self._last_pass, self._healthy = now(), True
        self.tell()

    def failed(self, problem: str) -> None:
        """A pass could not be made, or not to its end."""
        self._last_error, self._healthy = (now(), problem), False
        self.tell()

    def alive(self) -> None:
        """Called all the time: tells the service manager, and the health when it is due."""
        notify("WATCHDOG=1")
        if time.monotonic() - self._told >= self._seconds:
            self.tell()

    def tell(self) -> None:
        self._told = time.monotonic()
        at, problem = self._last_error or (None, None)
        self._logger.info(
            "health",
            healthy=self._healthy,
            files_done=self._done,
            files_waiting=self._waiting(),
            quarantined=self._quarantined,
            last_pass=self._last_pass,
            last_error=problem,
            last_error_at=at,
        )

    def _waiting(self) -> int | None:
        try:
            return len(files_in(self._inbox))
        except OSError:  # it is told by the pass that needs it
            return None
