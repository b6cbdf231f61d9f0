"""era settings history, diff."""

from pathlib import Path

import click

from era_engine.cli import options

_HOW = {"first": "found", "set": "set", "unset": "unset", "restore": "restored", "hand": "by hand"}


@click.command(epilog="Example: era settings history --format csv")
@options.output_format("table", "json", "csv")
@options.home
def history(form: str, home: Path | None) -> None:
    """Print every version of era.toml: when, by whom, why, and what it changed, including edits by hand."""
    from era_engine.books.opened import look_at_books
    from era_engine.books.settings_changes import Compared
    from era_engine.books.settings_changes import history as versions
    from era_engine.cli.output import Column, csv_lines, json_line, or_nothing, table

    with look_at_books(home) as (practice_home, settings, database):
        found = versions(practice_home, database, settings)
    if form == "table":
        columns: tuple[Column[Compared], ...] = (
            Column("version", lambda row: str(row.version.version), right=True),
            Column("at", lambda row: row.version.at),
            Column("how", lambda row: _HOW[row.version.how]),
            Column("by", lambda row: row.version.by or row.version.account),
            Column("changed", lambda row: row.changed),
            Column("because", lambda row: or_nothing(row.version.because)),
        )
        table(columns, found)
        return
    records = [
        {key: value for key, value in each._asdict().items() if key != "text"} | {"changed": changed}
        for each, changed in found
    ]
    if form == "csv":
        csv_lines(records)
    else:
        for record in records:
            json_line(record)


@click.command(epilog="Example: era settings diff 3 now")
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@options.as_json
@options.home
def diff(before: str, after: str, as_json: bool, home: Path | None) -> None:
    """Print the settings that differ between two versions; `now` is era.toml as it is.

    A setting that a version does not have has its default.
    """
    from era_engine.books.opened import look_at_books
    from era_engine.books.settings_changes import text_of
    from era_engine.cli.output import Column, json_line, table
    from era_engine.settings.shown import Change, change_in_words, changes, in_words

    with look_at_books(home) as (practice_home, settings, database):
        old, new = (text_of(practice_home, database, settings, each) for each in (before, after))
    found = changes(old, new)
    if as_json:
        for each in found:
            json_line(each._asdict())
    elif found:
        columns: tuple[Column[Change], ...] = (
            Column("setting", lambda change: change.key),
            Column("before", lambda change: in_words(change.before), right=True),
            Column("after", lambda change: in_words(change.after), right=True),
        )
        table(columns, found)
    else:
        click.echo("Nothing differs." if old == new else f"No value differs: {change_in_words(old, new)}.")
