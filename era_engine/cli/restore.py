"""era restore."""

from pathlib import Path

import click


@click.command(
    epilog="\b\nExamples:\n  era restore practice-2026-11-30.era practice2\n"
    "  era restore practice.era practice2 --database postgresql+psycopg://era@db/era2"
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--database", metavar="URL", help="A different database; it is written into era.toml.")
def command(file: Path, folder: Path, database: str | None) -> None:
    """Restore a backup as the home DIR. DIR must be empty or not exist, and so must the database.

    Checks every hash of the backup before it writes anything; a damaged backup restores nothing. A sealed backup needs
    its key in ERA_KEY_FILE or ERA_KEY.
    """
    from era_engine.books.backup.restoring import restore
    from era_engine.cli.output import count
    from era_engine.cli.progress import bytes_done

    with bytes_done() as told:
        done = restore(file, folder, database, told)
    for name in done.unreadable:
        click.echo(f"⚠ {name} could not be read for the backup, so it was not restored.")
    for name in done.missing:
        click.echo(f"⚠ {name} was not found for the backup, so it was not restored.")
    click.echo(f"Restored {count(done.files, 'file')} and the database as of {done.made_at} into {folder}.")
    if done.key is not None:
        click.echo(f"It is sealed with key {done.key}. Name its file with key_file in era.toml, or with ERA_KEY_FILE.")
    click.echo(f"Next: era verify --home {folder} and era audit verify --home {folder}")
