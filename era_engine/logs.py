"""Logs for machines: JSON lines on stderr or in a file, and never anything of a patient.

Only keys of `ALLOWED` pass, whatever a caller gives; a key that is dropped is named by `dropped`. Claim numbers, names
and explanations are not among them: they belong in the decision log, which stays in the home.
"""

import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, TextIO

import structlog

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
    ]
)


def only_allowed(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: drop what is not allowed, and say which keys were dropped."""
    kept = {key: value for key, value in event.items() if key in ALLOWED}
    if dropped := sorted(event.keys() - ALLOWED):
        kept["dropped"] = dropped
    return kept


def log_to(stream: TextIO) -> structlog.typing.FilteringBoundLogger:
    """A logger that writes JSON lines to a stream."""
    logger: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(stream),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            only_allowed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
    )
    return logger


def database_trouble(error: Exception) -> str | None:
    """What to tell the user when the database cannot be used at all; None for any other error."""
    cause = getattr(error, "orig", None)
    if type(error).__name__ not in ("OperationalError", "InterfaceError") or cause is None:
        return None
    return (
        f"Error: the database cannot be used: {str(cause).splitlines()[0]}.\n"
        "Remedy: see that no other program holds it, that it runs and has room, then run again to go on."
    )


def report_internal_error(error: Exception, stream: TextIO | None = None) -> str:
    """Log an error of our own by its type and place, never by its text; returns what to tell the user."""
    at = [f"{Path(each.filename).name}:{each.lineno}" for each in traceback.extract_tb(error.__traceback__)][-6:]
    log_to(stream or sys.stderr).error("internal-error", error=type(error).__name__, at=at)
    return (
        f"Internal error: {type(error).__name__} at {at[-1] if at else 'an unknown place'}. This is our fault.\n"
        "What was reported done is safe; the payment at hand was not posted. Run `era verify`, then report this."
    )
