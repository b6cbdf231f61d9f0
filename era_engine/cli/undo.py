"""era undo."""

from pathlib import Path

import click

from era_engine.cli import options


@click.command(epilog="Example: era undo EFT0001 --claim C12 --by Ann --because 'posted to the wrong patient'")
@click.argument("trace", metavar="TRACE")
@click.option("--claim", metavar="CLAIM", help="Only this claim.  [default: all that is posted of the payment]")
@options.by
@options.because
@options.as_json
@options.home
def command(trace: str, claim: str | None, name: str, because: str, as_json: bool, home: Path | None) -> None:
    """Take postings back by compensating entries; nothing is deleted, and the claims are open again.

    Of a whole payment its provider-level adjustments are taken back, too. A closed claim payment is opened again.
    """
    from era_engine.acts.act import person
    from era_engine.acts.undoing import undo
    from era_engine.cli.acts import carry_out

    who = person(name, because)
    carry_out(home, as_json, lambda office: undo(office, trace, claim, who))
