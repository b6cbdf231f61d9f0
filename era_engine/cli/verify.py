"""era verify."""

from pathlib import Path

import click

from era_engine.cli import options


@click.command(epilog="Example: era verify --home practice")
@options.home
def command(home: Path | None) -> int:
    """Prove the books: every entry balances, every payment adds up, every file is accounted for.

    The sub-ledgers of claims, patients, payments and payers must agree with what was decided and with each other.

    Exit code 1, and a list, if anything is wrong.
    """
    from era_engine.books.opened import look_at_books
    from era_engine.cli.output import count, say, warn
    from era_engine.home.permissions import open_to_others
    from era_engine.questions.verification import verify

    with look_at_books(home, remember=False) as (practice_home, settings, database):
        warn(open_to_others(practice_home, settings))
        result = verify(practice_home, database)
    for problem in result.problems:
        say(f"✘ {problem}")
    told = {noun: count(number, noun) for noun, number in result.counts.items()}
    if result.counts["entry"] != 1:
        told["entry"] = f"{result.counts['entry']:,} entries"
    proven = ", ".join(told.values())
    if result.problems:
        click.echo(f"\n{count(len(result.problems), 'problem')} in {proven}.")
    else:
        click.echo(f"✔ The books are in balance: {proven}.")
    files = result.files
    click.echo(
        f"Files in: {files.came_in:,} = {files.archived:,} archived + {files.quarantined:,} quarantined"
        f" + {files.duplicate:,} duplicate + {files.waiting:,} waiting."
    )
    if files.interrupted:
        click.echo(f"A run was interrupted with {count(files.interrupted, 'file')} received; `era run` finishes it.")
    return 1 if result.problems else 0
