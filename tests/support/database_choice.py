"""Which tests run on both databases, and which on one of the two that changes from day to day.

ERA_DATABASES=both      each test on SQLite and on PostgreSQL: continuous integration, and before a release
ERA_DATABASES=2026-12-01  the choice of that day; today's where nothing is said

On both at all times: the tests of `tests/store`, those marked `both_databases`, and whatever is
named with `::` or -k, or failed last.
"""

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Literal, NamedTuple

import pytest

VARIABLE = "ERA_DATABASES"
BOTH = "both"
MARK = "both_databases"
Kind = Literal["sqlite", "postgresql"]


class Choice(NamedTuple):
    """day: whose choice it is, None where every test runs on both."""

    day: date | None

    def __str__(self) -> str:
        if self.day is None:
            return "each test on both databases"
        return f"most tests on one of the two databases, by the choice of {self.day} ({VARIABLE}={BOTH}: on both)"

    def of(self, test: str) -> Kind:
        """The database of a test, told by the id it has on either of them."""
        either = test.replace("postgresql", "sqlite")
        return "postgresql" if hashlib.sha256(f"{self.day} {either}".encode()).digest()[0] % 2 else "sqlite"


def choice_of(environment: Mapping[str, str]) -> Choice:
    """Raises UsageError where the variable is neither `both` nor a day."""
    said = environment[VARIABLE]
    try:
        return Choice(None if said == BOTH else date.fromisoformat(said))
    except ValueError:
        raise pytest.UsageError(f"{VARIABLE} is {BOTH} or a day such as 2026-12-01, not {said!r}") from None


def are_named(config: pytest.Config) -> bool:
    """Whether the caller named tests, or those that failed last, and wants them as they are."""
    return bool(config.option.keyword or config.getoption("lf", False)) or any(
        "::" in argument for argument in config.args
    )


def is_left_out(item: pytest.Item, choice: Choice, available: bool) -> bool:
    """Whether a test is left to the other database; to SQLite where PostgreSQL is not available."""
    database = item.callspec.params.get("database_url") if hasattr(item, "callspec") else None
    on_both = item.nodeid.startswith("tests/store/") or item.get_closest_marker(MARK)
    if choice.day is None or database is None or on_both:
        return False
    return bool(database != (choice.of(item.nodeid) if available else "sqlite"))
