"""Printing: tables with colour on a terminal, plain columns when piped, JSON lines, CSV."""

import csv
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, Literal, NamedTuple, TypeVar

import click

from era_engine.foundation.money import dollars

Row = TypeVar("Row")


class Column(NamedTuple, Generic[Row]):
    """A column of a table: its title, and what it shows of a row. Money and counts stand right.

    wide: it is left out where a wide table would be squeezed.
    """

    title: str
    cell: Callable[[Row], str]
    right: bool = False
    wide: bool = False


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


def table(
    columns: Sequence[Column[Row]], rows: Iterable[Row], colour: Callable[[Row], str | None] = lambda _: None
) -> int:
    """Print rows under the titles of their columns; returns how many, and prints nothing for none.

    colour: of a row's first cell, on a terminal that shows colours.
    """
    squeezed = narrow()
    columns = [column for column in columns if not (column.wide and squeezed)]
    cells, colours = [], []
    for row in rows:
        cells.append([plain(column.cell(row)) for column in columns])
        colours.append(colour(row))
    if not cells:
        return 0
    if on_terminal() and not os.environ.get("NO_COLOR"):
        _rich_table(columns, cells, colours)
    else:
        _plain_table(columns, cells)
    return len(cells)


def _plain_table(columns: Sequence[Column[Any]], cells: Sequence[Sequence[str]]) -> None:
    titles = [column.title for column in columns]
    widths = [max(map(len, of_column)) for of_column in zip(titles, *cells, strict=True)]
    for line in (titles, *cells):
        told = [
            text.rjust(width) if column.right else text.ljust(width)
            for text, width, column in zip(line, widths, columns, strict=True)
        ]
        click.echo("  ".join(told).rstrip())


def _rich_table(columns: Sequence[Column[Any]], cells: Sequence[Sequence[str]], colours: Sequence[str | None]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        whole_words = max(map(len, column.title.split()), default=0)  # a squeezed title breaks between its words
        justify: Literal["left", "right"] = "right" if column.right else "left"
        drawn.add_column(column.title, justify=justify, overflow="fold", min_width=whole_words)
    for (first, *rest), colour in zip(cells, colours, strict=True):
        drawn.add_row(Text(first, style=colour or ""), *map(Text, rest))
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


def need_review(claims: int, would: bool = False) -> str:
    """`1 claim needs review`, `2 claims need review`; would: as a dry run says it."""
    return f"{count(claims, 'claim')} {'would need' if would else 'needs' if claims == 1 else 'need'} review"


def money(cents: int | None) -> str:
    return "unknown" if cents is None else dollars(cents)


def amount(cents: int | None) -> str:
    """Money; nothing where there is none to tell."""
    return "" if cents is None else dollars(cents)


def or_nothing(value: object) -> str:
    """As text; nothing for what is not known."""
    return "" if value is None else str(value)


def warn(text: str | None) -> None:
    """What is worth knowing and stops nothing, on stderr; None: nothing is."""
    if text is not None:
        click.echo(f"Warning: {text}", err=True)


def count(number: int, noun: str) -> str:
    """`1 claim`, `2 claims`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
