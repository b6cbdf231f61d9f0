"""era verify."""

from pathlib import Path

import click

from era_engine.cli import options


@click.command(epilog="Example: era verify --home office")
@options.home
def command(home: Path | None) -> int:
    """Prove the books: every entry balances, every payment adds up, every file is accounted for.

    Exit code 1, and a list, when something does not hold.
    """
    from era_engine.cli.output import count
    from era_engine.office import open_books
    from era_engine.verification import verify

    with open_books(home) as (found_home, _, database):
        result = verify(found_home, database)
    for problem in result.problems:
        click.echo(f"✘ {problem}")
    proven = ", ".join(count(number, noun) for noun, number in result.counts.items())
    if result.problems:
        click.echo(f"\n{count(len(result.problems), 'problem')} in {proven}.")
        return 1
    click.echo(f"✔ The books hold: {proven}.")
    return 0
