"""Staying up: one run after the other, as files arrive and at an interval, whatever goes wrong in one of them."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import click

from era_engine.foundation.logs import what_to_tell
from era_engine.foundation.service_manager import notify
from era_engine.foundation.stopping import StopFlag, Stopped
from era_engine.jobs.arrivals import arrivals
from era_engine.jobs.health import Health

_FIRST_RETRY, _LONGEST_RETRY = 5.0, 300.0  # seconds


class AppendedFile:
    """A log file opened anew for every line, so that it may be rotated; where it cannot be written, stderr is."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, text: str) -> int:
        try:
            with self._path.open("a", encoding="utf-8") as file:
                return file.write(text)
        except OSError:
            return sys.stderr.write(text)

    def flush(self) -> None:
        """Every line is written when it is."""


class Watch:
    """Makes passes until somebody asks to stop. `make_pass` works on everything there is, opened anew."""

    def __init__(self, make_pass: Callable[[], None], health: Health, stop: StopFlag, every: float) -> None:
        self._make_pass, self._health, self._stop, self._every = make_pass, health, stop, every
        self._retry = 0.0
        self._due = 0.0

    def go_on(self, inbox: Path, polling: bool) -> None:
        """Returns when somebody asked to stop."""
        notify("READY=1")
        while not self._stop.is_set():
            try:
                for arrived in arrivals(inbox, polling, self._stop):
                    self._health.alive()
                    if time.monotonic() >= self._due or (arrived and not self._retry):
                        self._pass()
            except OSError as error:
                if isinstance(error, BrokenPipeError):
                    raise
                polling = polling or not isinstance(error, (FileNotFoundError, PermissionError))  # no more events
                self._failed(error)
                self._wait()
        notify("STOPPING=1")

    def _pass(self) -> None:
        try:
            self._make_pass()
        except (Stopped, BrokenPipeError):
            raise
        except Exception as error:  # noqa: BLE001 - told; the next pass may find it mended
            self._failed(error)
        else:
            self._retry = 0.0
            self._due = time.monotonic() + self._every
            self._health.passed()

    def _failed(self, error: Exception) -> None:
        told = what_to_tell(error)
        self._retry = min(self._retry * 2 or _FIRST_RETRY, _LONGEST_RETRY, self._every)
        self._due = time.monotonic() + self._retry
        click.echo(f"{told.text}\nTrying again in {self._retry:.0f} s.", err=True)
        self._health.failed(told.problem)

    def _wait(self) -> None:
        while time.monotonic() < self._due and not self._stop.is_set():
            time.sleep(0.2)
            self._health.alive()
