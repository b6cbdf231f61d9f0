"""Printing: tables with colour on a terminal, plain columns when piped, JSON lines, CSV."""

import csv
import json
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import click

from era_engine.foundation.money import dollars


class Column(NamedTuple):
    """A column of a table. Money and counts stand right."""

    title: str
    right: bool = False


def on_terminal() -> bool:
    return sys.stdout.isatty()


def plain(text: str) -> str:
    """Without control characters, which a payer may have sent and a terminal would obey."""
    return text if text.isprintable() else "".join(each if each.isprintable() else "�" for each in text)


def say(text: str, err: bool = False) -> None:
    """Print lines for people, each made plain."""
    click.echo("\n".join(map(plain, text.split("\n"))), err=err)


def narrow() -> bool:
    """Whether a wide table would be squeezed on this terminal."""
    return on_terminal() and shutil.get_terminal_size().columns < 140


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]], colours: Sequence[str | None] = ()) -> None:
    """Rows of text under their titles. `colours`: one for each row, on a terminal that shows colours."""
    rows = [tuple(map(plain, row)) for row in rows]
    if on_terminal() and not os.environ.get("NO_COLOR"):
        _rich_table(columns, rows, colours)
        return
    widths = [max(len(each) for each in cells) for cells in zip(*([c.title for c in columns], *rows), strict=True)]
    for row in ([column.title for column in columns], *rows):
        cells = [
            cell.rjust(width) if column.right else cell.ljust(width)
            for cell, width, column in zip(row, widths, columns, strict=True)
        ]
        click.echo("  ".join(cells).rstrip())


def _rich_table(columns: Sequence[Column], rows: Sequence[Sequence[str]], colours: Sequence[str | None]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        drawn.add_column(column.title, justify="right" if column.right else "left", overflow="fold")
    for at, row in enumerate(rows):
        style = (colours[at] if at < len(colours) else None) or ""
        first, *rest = row
        drawn.add_row(Text(first, style=style), *map(Text, rest))
    Console().print(drawn)


def json_line(record: dict[str, Any]) -> None:
    """One object on one line, whatever line ends or commands for a terminal a payer put into it: those are escaped."""
    text = json.dumps(record, ensure_ascii=False)
    if not text.isprintable():
        text = "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in text)
    click.echo(text)


def csv_lines(records: Iterable[dict[str, Any]]) -> None:
    """A header and one line for each record; lists are joined with blanks. Nothing is printed for no records."""
    writer: csv.DictWriter[str] | None = None
    for record in records:
        if writer is None:
            writer = csv.DictWriter(sys.stdout, list(record))
            writer.writeheader()
        writer.writerow({key: _cell(value) for key, value in record.items()})


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        value = " ".join(map(str, value))
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value  # a spreadsheet must not take it for a formula
    return value


def money(cents: int | None) -> str:
    return "unknown" if cents is None else dollars(cents)


def warn(text: str | None) -> None:
    """What is worth knowing and stops nothing, on stderr; None: nothing is."""
    if text is not None:
        click.echo(f"Warning: {text}", err=True)


def count(number: int, noun: str) -> str:
    """`1 claim`, `2 claims`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
