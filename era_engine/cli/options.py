"""Options several commands share. This module is imported for --help, so it imports next to nothing."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click


class PlainNumber(click.FloatRange):
    """A number such as 300 or 1.5: float() takes NaN, which is in every range, and 1e3 and digits of any kind."""

    def __init__(self, what: str, example: str, least: float, most: float) -> None:
        super().__init__(least, most)
        self._what, self._example = what, example

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, str) and not (value.isascii() and value.replace(".", "", 1).isdigit()):
            self.fail(f"{value!r} is not {self._what}, such as {self._example}.", param, ctx)
        return super().convert(value, param, ctx)


DAY = click.DateTime(["%Y-%m-%d"])
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

home: Decorator = click.option(
    "--home",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The practice's home folder.  [default: ERA_HOME, else the current folder]",
)
as_json: Decorator = click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
log_file: Decorator = click.option(
    "--log-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Append JSON log lines to this file.  [default: stderr, unless it is a terminal]",
)
by: Decorator = click.option("--by", "name", required=True, metavar="NAME", help="Who does this; it is recorded.")
note: Decorator = click.option("--note", metavar="TEXT", help="A note recorded with it.")
payer: Decorator = click.option("--payer", metavar="P", help="For claims of this payer: its id, or its name.")
location: Decorator = click.option("--location", metavar="L", help="For claims of this location.")
because: Decorator = click.option("--because", required=True, metavar="TEXT", help="The reason; it is recorded.")


def days(since: datetime | None, until: datetime | None) -> tuple[str | None, str | None]:
    """First and last day as they stand in the books. Raises UsageError for a span that ends before it begins."""
    if since is not None and until is not None and until < since:
        from era_engine.foundation.errors import UsageError

        raise UsageError(
            f"No day is both {since.date()} or later and {until.date()} or earlier.",
            "Give the earlier day to --since and the later one to --until.",
        )
    first, last = (None if day is None else day.date().isoformat() for day in (since, until))
    return first, last


def output_format(*formats: str) -> Decorator:
    """`--format`, the first of `formats` by default."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="How to print; a table is plain text when piped.",
    )
