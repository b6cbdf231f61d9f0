"""era audit."""

from datetime import datetime
from pathlib import Path

import click

from era_engine.cli import options


@click.group(name="audit", epilog="Example: era audit verify --home practice")
def command() -> None:
    """Who did what and when, in a log that nobody can change unnoticed."""


@command.command(epilog="Example: era audit verify --expect 1204:9f2c…")
@click.option("--expect", metavar="SEQ:HASH", help="An end of the log noted elsewhere, which the log must still have.")
@options.home
def verify(expect: str | None, home: Path | None) -> int:
    """Prove the log: every row follows the row before it, and the books match the acts in the log.

    Prints where the log ends. Keep that somewhere else, and check it with --expect. Then nobody can cut off the end of
    the log unnoticed, not even someone who can write everything in the home. Exit code 1, and a list, if anything is
    wrong.
    """
    from era_engine.books.auditing import audit_verify, parse_head
    from era_engine.books.opened import look_at_books
    from era_engine.cli.output import count, say

    expected = None if expect is None else parse_head(expect)
    with look_at_books(home, remember=False) as (practice_home, _, database):
        proven = audit_verify(practice_home, database, expected)
    for problem in proven.problems:
        say(f"✘ {problem}")
    told = f"{count(proven.rows, 'act')} on {count(proven.payments, 'payment')}"
    if proven.problems:
        click.echo(f"\n{count(len(proven.problems), 'problem')} in {told}.")
        return 1
    click.echo(f"✔ The audit log is intact: {told}.")
    if proven.head is not None:
        click.echo(f"It ends at {proven.head.seq}:{proven.head.hash}")
    return 0


@command.command(epilog="Example: era audit export --act undo --since 2026-11-01 --format csv")
@click.option("--since", type=options.DAY, metavar="DATE", help="Acts from this day on (UTC).")
@click.option("--until", type=options.DAY, metavar="DATE", help="Acts up to and including this day (UTC).")
@click.option("--act", metavar="ACT", help="Acts of this kind, such as run, post, undo, settings.")
@click.option("--by", "name", metavar="NAME", help="Acts of this person.")
@options.output_format("json", "csv")
@options.home
def export(
    since: datetime | None, until: datetime | None, act: str | None, name: str | None, form: str, home: Path | None
) -> None:
    """Print every act of this practice, oldest first, with the hashes that chain them."""
    import json

    from era_engine.books.auditing import audit_log, known_act
    from era_engine.books.opened import look_at_books
    from era_engine.cli.output import csv_lines, json_line
    from era_engine.store.books.audit import AuditRow

    first, last = options.days(since, until)
    kind = None if act is None else known_act(act)

    def wanted(row: AuditRow) -> bool:
        day = row.at[:10]
        in_time = (first is None or day >= first) and (last is None or day <= last)
        return in_time and kind in (None, row.act) and name in (None, row.by)

    with look_at_books(home, remember=False) as (practice_home, _, database):
        rows = audit_log(practice_home, database, wanted)
        if form == "csv":
            csv_lines(row._asdict() for row in rows)
        else:
            for row in rows:
                json_line(row._asdict() | {"details": json.loads(row.details)})
