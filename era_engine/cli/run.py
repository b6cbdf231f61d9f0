"""era run."""

from pathlib import Path

import click

from era_engine.cli import options


@click.command(
    epilog="\b\nExamples:\n  era run                     the inbox of this home\n"
    "  era run --dry-run mail/     what would happen; nothing is kept"
)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@click.option("--dry-run", is_flag=True, help="Show what would be decided; nothing is kept or moved.")
@options.as_json
@options.log_file
@options.home
def command(paths: tuple[Path, ...], dry_run: bool, as_json: bool, log_file: Path | None, home: Path | None) -> int:
    """Read ERA files, decide every claim, and post it or hold it for review.

    PATH is a file or a folder; without one, reads the inbox. Files in the inbox move to archive/ or quarantine/. Other
    files stay and are copied. A file still being written is left to the next run. Exit code 3 if a file was
    quarantined, 5 if another run is working. SIGTERM or Ctrl-C ends it after the payment in progress, with exit code 1;
    a second one ends it at once.
    """
    from era_engine.cli.running import work
    from era_engine.jobs.run import rehearse, run

    todo = rehearse if dry_run else run
    return work(home, lambda books, check: todo(books, paths or None, check), as_json, log_file, dry_run)
