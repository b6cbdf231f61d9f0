"""era backup."""

from pathlib import Path

import click

from era_engine.cli import options


@click.command(epilog="Example: era backup /backups/practice-2026-11-30.era --home practice")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
@options.home
def command(file: Path, home: Path | None) -> int:
    """Back up the whole home into one file, even while a run is working.

    The backup has the database, era.toml, the files of inbox, archive, quarantine and acks, and the home's identity.
    The command reads the file back and checks every hash before it says it is done. It never overwrites a file. The
    backup holds patient data.

    Exit code 1, and a list, if a file could not be read or was not found; the backup has all others.
    """
    from era_engine.books.backup.taking import back_up
    from era_engine.books.opened import look_at_books
    from era_engine.cli.output import count
    from era_engine.cli.progress import bytes_done

    with look_at_books(home) as (found_home, settings, database), bytes_done() as told:
        done = back_up(found_home, settings, database, file, told)
    for problem in done.problems:
        click.echo(f"✘ {problem}")
    click.echo(
        f"Backed up {count(done.files, 'file')} and the database to {file} ({done.size:,} bytes) and verified it."
    )
    click.echo(f"SHA-256 {done.sha256}")
    return 1 if done.problems else 0
