"""era undo."""

from pathlib import Path

import click

from era_engine.cli import options


@click.command(epilog="Example: era undo EFT0001 --claim C12 --by Ann --because 'posted to the wrong patient'")
@click.argument("trace", metavar="TRACE")
@click.option("--claim", metavar="CLAIM", help="Only this claim.  [default: everything posted from the payment]")
@click.option("--provider-adjustments", is_flag=True, help="Only the payment's provider-level adjustments (PLB).")
@options.by
@options.because
@options.as_json
@options.home
def command(
    trace: str,
    claim: str | None,
    provider_adjustments: bool,
    name: str,
    because: str,
    as_json: bool,
    home: Path | None,
) -> None:
    """Undo postings with compensating entries. Nothing is deleted, and the claims are open again.

    For a whole payment, its provider-level adjustments are undone, too. With --claim, a closed claim payment is
    reopened; with --provider-adjustments, closed adjustments are reopened.
    """
    from era_engine.acts.act import person
    from era_engine.acts.provider_adjustments import undo_adjustments
    from era_engine.acts.undoing import undo
    from era_engine.cli.acts import carry_out

    who = person(name, because)
    if provider_adjustments:
        if claim is not None:
            raise click.UsageError("Give either --claim or --provider-adjustments, not both.")
        carry_out(home, as_json, lambda books: undo_adjustments(books, trace, who))
        return
    carry_out(home, as_json, lambda books: undo(books, trace, claim, who))
