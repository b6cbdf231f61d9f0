"""era run."""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

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
    others stay and are copied. Exit code 3 when a file was quarantined, 5 when another run is at work.
    SIGTERM or Ctrl-C ends it after the payment at hand, with exit code 1; a second one ends it at once.
    """
    from era_engine.cli.running import JsonReport, TableReport, follow
    from era_engine.logs import log_to
    from era_engine.office import open_office
    from era_engine.pipeline import rehearse, run
    from era_engine.stopping import Stopped, stopped_by_signals

    with ExitStack() as stack:
        stop = stack.enter_context(stopped_by_signals())
        stream = stack.enter_context(_opened(log_file)) if log_file else sys.stderr
        logger = None if stream is sys.stderr and stream.isatty() else log_to(stream)
        office = stack.enter_context(open_office(home))
        events = (rehearse if dry_run else run)(office, paths or None, stop.check)
        report = (JsonReport if as_json else TableReport)(office, dry_run)
        try:
            quarantined = follow(events, report, logger, dry_run)
        except Stopped:
            goes_on = "" if dry_run else " `era run` goes on with the rest."
            click.echo(f"Stopped as asked, after the payment at hand.{goes_on}", err=True)
            return 1
    return 3 if quarantined else 0


def _opened(log_file: Path) -> TextIO:
    from era_engine.errors import UsageError

    try:
        return log_file.open("a", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{log_file} cannot be written: {error.strerror}.", "Name a file you may write.") from error
