"""The time as the books write it."""

from datetime import UTC, date, datetime


def now() -> str:
    """This moment in UTC, to the second: 2026-11-02T09:00:00Z."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def today() -> date:
    """The date here, where the practice is."""
    return datetime.now().astimezone().date()
