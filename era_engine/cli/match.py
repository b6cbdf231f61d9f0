"""era match."""

from pathlib import Path

import click

from era_engine.cli import options


@click.command(epilog="Example: era match EFT0001 CX12 --to C12 --by Ann")
@click.argument("trace", metavar="TRACE")
@click.argument("claim", metavar="CLAIM_ON_ERA")
@click.option("--to", required=True, metavar="CLAIM", help="The practice's claim number.")
@options.by
@options.note
@options.as_json
@options.home
def command(trace: str, claim: str, to: str, name: str, note: str | None, as_json: bool, home: Path | None) -> None:
    """Match an open claim payment to a claim of the practice. The next run or quick-post decides it."""
    from era_engine.acts.act import person
    from era_engine.acts.matching import match_by_hand
    from era_engine.cli.acts import carry_out

    who = person(name, note)
    carry_out(home, as_json, lambda books: match_by_hand(books, trace, claim, to, who))
