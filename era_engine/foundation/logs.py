"""Logs for machines: JSON lines on stderr or in a file, and never anything of a patient.

Only keys of `ALLOWED` pass, whatever a caller gives; a key that is dropped is named by `dropped`. Claim numbers, names
and explanations are not among them: they belong in the decision log, which stays in the home.
"""

import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TextIO, cast

import structlog

from era_engine.foundation.errors import EraError

ALLOWED = frozenset(
    [
        "event",
        "level",
        "timestamp",
        "file",
        "file_state",
        "reason",
        "sha256",
        "payment_id",
        "posted",
        "left",
        "posted_cents",
        "findings",
        "claims",
        "seconds",
        "dry_run",
        "mode",
        "ruleset",
        "settings",
        "error",
        "at",
        "dropped",
        "healthy",
        "files_done",
        "files_waiting",
        "quarantined",
        "last_pass",
        "last_error",
        "last_error_at",
    ]
)


class Writable(Protocol):
    """What a logger needs of a stream."""

    def write(self, text: str, /) -> int: ...
    def flush(self) -> None: ...


def only_allowed(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: drop what is not allowed, and say which keys were dropped."""
    kept = {key: value for key, value in event.items() if key in ALLOWED}
    if dropped := sorted(event.keys() - ALLOWED):
        kept["dropped"] = dropped
    return kept


def log_to(stream: Writable) -> structlog.typing.FilteringBoundLogger:
    """A logger that writes JSON lines to a stream."""
    logger: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(cast(TextIO, stream)),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            only_allowed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
    )
    return logger


class Told(NamedTuple):
    """An error as it is told: the problem in a line, and the text with what to do about it."""

    problem: str
    text: str


_DAMAGED = ("database disk image is malformed", "file is not a database")  # SQLite's words


def what_to_tell(error: Exception, stream: TextIO | None = None) -> Told:
    """What to tell the user of an error. One of our own is logged by its type and place, never by its text."""
    if isinstance(error, EraError):
        return Told(error.problem, _with_remedy(error.problem, error.remedy))
    if isinstance(error, OSError):
        named = f"{error.filename}: " if error.filename else ""
        problem = f"{named}{error.strerror or type(error).__name__}."
        remedy = "make sure that the disk has room and this user may write there, then run again to continue."
        return Told(problem, _with_remedy(problem, remedy))
    cause = getattr(error, "orig", None)
    if str(cause) in _DAMAGED:
        problem = f"the database is damaged: {cause}."
        return Told(
            problem, _with_remedy(problem, "keep the file, and restore the home from the last backup: era restore.")
        )
    if type(error).__name__ in ("OperationalError", "InterfaceError") and cause is not None:
        problem = f"the database cannot be used: {str(cause).splitlines()[0]}."
        remedy = (
            "make sure that no other program is using it, that it runs and that it has room, then run again to"
            " continue."
        )
        return Told(problem, _with_remedy(problem, remedy))
    at = [f"{Path(each.filename).name}:{each.lineno}" for each in traceback.extract_tb(error.__traceback__)][-6:]
    log_to(stream or sys.stderr).error("internal-error", error=type(error).__name__, at=at)
    problem = f"Internal error: {type(error).__name__} at {at[-1] if at else 'an unknown place'}."
    return Told(
        problem,
        f"{problem} This is a bug in era-engine.\n"
        "What was reported done is safe. The payment in progress was not posted. Run `era verify`, then report this.",
    )


def _with_remedy(problem: str, remedy: str) -> str:
    return f"Error: {problem}\nRemedy: {remedy}" if remedy else f"Error: {problem}"
