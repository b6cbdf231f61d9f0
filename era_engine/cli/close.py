"""era close."""

from pathlib import Path

import click

from era_engine.cli import options


@click.command(
    epilog="\b\nExamples:\n  era close EFT0001 C12 --by Ann --because 'estimate filed with the treatment plan'\n"
    "  era close EFT0001 --provider-adjustments --by Ann --because 'void copy'"
)
@click.argument("trace", metavar="TRACE")
@click.argument("claim", metavar="[CLAIM]", required=False)
@click.option("--provider-adjustments", is_flag=True, help="The payment's provider-level adjustments (PLB), no claim.")
@click.option("--even-with-money", is_flag=True, help="Close it although it pays money that no ledger entry will show.")
@options.by
@options.because
@options.as_json
@options.home
def command(
    trace: str,
    claim: str | None,
    provider_adjustments: bool,
    even_with_money: bool,
    name: str,
    because: str,
    as_json: bool,
    home: Path | None,
) -> None:
    """Close an open claim payment without posting it: an estimate, a forwarded claim, one entered elsewhere.

    With --provider-adjustments, closes the payment's open provider-level adjustments: an unreadable one, a void copy.
    `era undo` reopens it.
    """
    from era_engine.acts.act import person
    from era_engine.acts.closing import close
    from era_engine.acts.provider_adjustments import close_adjustments
    from era_engine.cli.acts import carry_out

    who = person(name, because)
    if provider_adjustments:
        if claim is not None:
            raise click.UsageError("Give --provider-adjustments with TRACE only.")
        carry_out(home, as_json, lambda books: close_adjustments(books, trace, even_with_money, who))
        return
    if claim is None:
        raise click.UsageError("CLAIM is missing: which claim on the payment?")
    wanted = claim
    carry_out(home, as_json, lambda books: close(books, trace, wanted, even_with_money, who))
