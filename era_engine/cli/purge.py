"""era purge."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from era_engine.cli import options

if TYPE_CHECKING:
    from era_engine.store.custody.retention import OldFile

_SHOWN = 50


@click.command(
    epilog='\b\nExamples:\n  era purge --before 2019-01-01 --by Ann --because "seven years" --dry-run\n'
    "  era purge --by Ann          everything older than [retention] in era.toml"
)
@click.option(
    "--before",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="Files received before this day (UTC).  [default: by the setting retention.archived_files_days]",
)
@click.option("--quarantine", is_flag=True, help="Also files in quarantine.")
@click.option("--dry-run", is_flag=True, help="Show what would be purged and what would stay. Nothing is removed.")
@options.by
@click.option("--because", metavar="TEXT", help="The reason; it is recorded in the audit log, so name no patient.")
@options.home
def command(
    before: datetime | None, quarantine: bool, dry_run: bool, name: str, because: str | None, home: Path | None
) -> None:
    """Delete old files for good. Payments, claims, decisions and entries stay.

    A file stays while a payment on it is not completed, or while a run has not finished it.
    """
    from era_engine.acts.purge import Wish, cut_off, purge, would_purge
    from era_engine.books.opened import look_at_books
    from era_engine.cli.output import Column, count, table
    from era_engine.foundation.errors import UsageError

    with look_at_books(home) as (found_home, settings, database):
        days = settings.retention.archived_files_days
        if before is None and days is None:
            raise UsageError(
                "No day was given, and no setting says how long files are kept.",
                "Give --before DATE, or set archived_files_days under [retention] in era.toml.",
            )
        wish = Wish(before.date() if before else cut_off(days or 0), quarantine, name, because)
        if dry_run:
            done = would_purge(found_home, database, wish)
        else:
            with found_home.locked():
                done = purge(found_home, database, wish)
    word = "would purge" if dry_run else "✔ purged"
    columns: tuple[Column[tuple[OldFile, str]], ...] = (
        Column("result", lambda row: "· stays" if row[1] else word),
        Column("file", lambda row: row[0].stored_as),
        Column("received", lambda row: row[0].received_at[:10]),
        Column("why", lambda row: row[1]),
    )
    some = [(file, "") for file in done.purged[:_SHOWN]] + done.left[:_SHOWN]
    more = len(done.purged) + len(done.left) - table(columns, some)
    if more:
        click.echo(f"… and {count(more, 'file')} more.")
    verb = "Would purge" if dry_run else "Purged"
    left = f"{count(len(done.left), 'file')} as old {'stays' if len(done.left) == 1 else 'stay'}"
    click.echo(f"{verb} {count(len(done.purged), 'file')} received before {wish.before}; {left}.")
