"""era run."""

from pathlib import Path

import click

from era_engine.cli import options


@click.command(
    epilog="\b\nExamples:\n  era run                     the inbox of this home\n"
    "  era run --dry-run mail/     what would happen, nothing kept"
)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@click.option("--dry-run", is_flag=True, help="Show what would be decided; nothing is kept or moved.")
@options.as_json
@options.log_file
@options.home
def command(paths: tuple[Path, ...], dry_run: bool, as_json: bool, log_file: Path | None, home: Path | None) -> int:
    """Read remittance files, decide every claim, and post or leave it.

    PATH is a file or a folder; without one the inbox is read. Files of the inbox move to archive/ or quarantine/,
    others stay and are copied. What is still being written is left to the next run. Exit code 3 when a file was
    quarantined, 5 when another run is at work. SIGTERM or Ctrl-C ends it after the payment at hand, with exit code 1;
    a second one ends it at once.
    """
    from era_engine.cli.running import work
    from era_engine.jobs.run import rehearse, run

    todo = rehearse if dry_run else run
    return work(home, lambda books, check: todo(books, paths or None, check), as_json, log_file, dry_run)
