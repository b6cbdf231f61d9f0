"""era watch."""

from pathlib import Path

import click

from era_engine.cli import options


@click.command(
    epilog="\b\nExamples:\n  era watch --home practice                          until Ctrl-C\n"
    "  era watch --home practice --log-file practice/era.log --every 900    as a service: see docs/watch.md"
)
@click.option(
    "--every",
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    type=options.PlainNumber("a number of seconds", "300 or 1.5", 1, 86_400),
    help="Run at least this often: claims wait for deposits and other claims.",
)
@click.option(
    "--health",
    "health_seconds",
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    type=options.PlainNumber("a number of seconds", "300 or 1.5", 1, 86_400),
    help="Report health at least this often, as a JSON line in the log.",
)
@click.option("--poll", is_flag=True, help="Check the inbox every two seconds; automatic on a network disk.")
@options.as_json
@options.log_file
@options.home
def command(
    every: float, health_seconds: float, poll: bool, as_json: bool, log_file: Path | None, home: Path | None
) -> None:
    """Keep running, and read files as they arrive in the inbox.

    Each run is like `era run`, with settings, rules and database opened anew. Errors are reported, and the run is tried
    again. Exit code 5 if another watch is working on this home. SIGTERM or Ctrl-C ends it after the payment in
    progress, with exit code 0.
    """
    import sys
    from contextlib import suppress

    from era_engine.books.opened import open_books
    from era_engine.cli.running import JsonReport, TableReport, follow
    from era_engine.cli.watching import AppendedFile, Watch
    from era_engine.foundation.logs import log_to
    from era_engine.foundation.stopping import Stopped, stopped_by_signals
    from era_engine.home.folder import find_home
    from era_engine.jobs.arrivals import files_at_rest
    from era_engine.jobs.health import Health
    from era_engine.jobs.run import run

    watched = find_home(home)
    logger = log_to(AppendedFile(log_file) if log_file else sys.stderr)
    on_terminal = log_file is None and sys.stderr.isatty()
    health = Health(logger, watched.inbox, health_seconds)

    with stopped_by_signals() as stop, watched.being_watched():

        def make_pass() -> None:
            with open_books(watched.root) as books:
                report = JsonReport(books, False) if as_json else TableReport(books, False, when_idle=None)
                events = health.counted(run(books, files_at_rest(watched.inbox), stop.check))
                follow(events, report, None if on_terminal else logger, False)

        with suppress(Stopped):
            Watch(make_pass, health, stop, every).go_on(watched.inbox, poll)
        click.echo("Stopped as asked.", err=True)
