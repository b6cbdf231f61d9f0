"""era unmatch."""

from pathlib import Path

import click

from era_engine.cli import options


@click.command(epilog="Example: era unmatch EFT0001 CX12 --by Ann --note 'another patient of that name'")
@click.argument("trace", metavar="TRACE")
@click.argument("claim", metavar="CLAIM")
@options.by
@options.note
@options.as_json
@options.home
def command(trace: str, claim: str, name: str, note: str | None, as_json: bool, home: Path | None) -> None:
    """Unmatch an open claim payment: it is for none of the practice's claims, whatever the matching found."""
    from era_engine.acts.act import person
    from era_engine.acts.matching import unmatch_by_hand
    from era_engine.cli.acts import carry_out

    who = person(name, note)
    carry_out(home, as_json, lambda books: unmatch_by_hand(books, trace, claim, who))
