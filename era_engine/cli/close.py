"""era close."""

from pathlib import Path

import click

from era_engine.cli import options


@click.command(epilog="Example: era close EFT0001 C12 --by Ann --because 'estimate filed with the treatment plan'")
@click.argument("trace", metavar="TRACE")
@click.argument("claim", metavar="CLAIM")
@click.option("--even-with-money", is_flag=True, help="Close it though it pays money that no ledger entry will hold.")
@options.by
@options.because
@options.as_json
@options.home
def command(
    trace: str, claim: str, even_with_money: bool, name: str, because: str, as_json: bool, home: Path | None
) -> None:
    """File an open claim payment without posting it: an estimate, a forwarded claim, one entered elsewhere.

    `era undo` opens it again.
    """
    from era_engine.acts.act import person
    from era_engine.acts.closing import close
    from era_engine.cli.acts import carry_out

    who = person(name, because)
    carry_out(home, as_json, lambda office: close(office, trace, claim, even_with_money, who))
