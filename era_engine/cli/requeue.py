"""era requeue."""

from pathlib import Path

import click

from era_engine.cli import options


@click.command(
    epilog="\b\nExamples:\n  era requeue march.835          one file of quarantine/\n"
    "  era requeue --all --by Ann     all of them"
)
@click.argument("names", nargs=-1, metavar="[FILE]...")
@click.option("--all", "every", is_flag=True, help="Every file in quarantine.")
@click.option("--by", "name", metavar="NAME", help="Who does this; it is recorded in the audit log.")
@options.as_json
@options.log_file
@options.home
def command(
    names: tuple[str, ...], every: bool, name: str | None, as_json: bool, log_file: Path | None, home: Path | None
) -> int:
    """Read quarantined files again, after you change settings, rules or program.

    FILE is a file's name in quarantine/. Each is read as `era run` reads it: what was posted before is recognized, what
    can be used now is decided, and the file moves to archive/ or stays. Exit code 3 if a file stays in quarantine.
    """
    from era_engine.cli.running import work
    from era_engine.foundation.errors import UsageError
    from era_engine.jobs.run import requeue

    if bool(names) == every:
        raise UsageError("No file was named, or both files and --all.", "Name files of quarantine/, or give --all.")
    who = None if name is None else _person(name)
    return work(home, lambda books, check: requeue(books, names, who, check), as_json, log_file)


def _person(name: str) -> str:
    from era_engine.acts.act import person

    return person(name).name
