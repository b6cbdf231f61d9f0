"""era post."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from era_engine.cli import options

if TYPE_CHECKING:
    from era_engine.acts.amounts import LineAmounts


@click.command(
    epilog="\b\nExamples:\n  era post EFT0001 C12 --as-remitted --by Ann\n"
    "  era post EFT0001 C12 --line 1=80,40 --line 2=0,35.50 --by Ann --note 'agreed on the phone'\n"
    "  era post EFT0001 --provider-adjustments --by Ann"
)
@click.argument("trace", metavar="TRACE")
@click.argument("claim", metavar="[CLAIM]", required=False)
@click.option("--as-remitted", is_flag=True, help="What the remittance says, line by line.  [default]")
@click.option("--line", "lines", multiple=True, metavar="N=PAID[,WRITE_OFF]", help="Amounts for line N of the claim.")
@click.option("--provider-adjustments", is_flag=True, help="The payment's provider-level adjustments (PLB), no claim.")
@options.by
@options.note
@options.as_json
@options.home
def command(
    trace: str,
    claim: str | None,
    as_remitted: bool,
    lines: tuple[str, ...],
    provider_adjustments: bool,
    name: str,
    note: str | None,
    as_json: bool,
    home: Path | None,
) -> None:
    """Post one claim payment by hand, without the mark A.

    TRACE is the payment's trace number, or id:N, its id. CLAIM is the payer's or the practice's claim number. If
    several claim payments share a number, use id:N, the claim payment's id. Refused if the amounts do not add up to
    what was paid, or if more would be paid or written off than is owed. A write-off as remitted is reduced to what is
    left to write off. Posting a reversal reverses the payment and its write-off.
    """
    from era_engine.acts.act import person
    from era_engine.acts.posting import post_by_hand
    from era_engine.acts.provider_adjustments import post_adjustments_by_hand
    from era_engine.cli.acts import carry_out

    who = person(name, note)
    if provider_adjustments:
        if claim is not None or as_remitted or lines:
            raise click.UsageError("Give --provider-adjustments with TRACE only.")
        carry_out(home, as_json, lambda books: post_adjustments_by_hand(books, trace, who))
        return
    if claim is None:
        raise click.UsageError("CLAIM is missing: which claim on the payment?")
    if as_remitted and lines:
        raise click.UsageError("Give either --as-remitted or --line, not both.")
    wanted = claim
    amounts = [_amounts(line) for line in lines] or None
    carry_out(home, as_json, lambda books: post_by_hand(books, trace, wanted, amounts, who))


def _amounts(text: str) -> "LineAmounts":
    """`2=80.00,40.00`: line, paid and written off."""
    from era_engine.acts.amounts import LineAmounts
    from era_engine.foundation.money import cents

    number, equals, amounts = text.partition("=")
    paid, comma, write_off = amounts.partition(",")
    try:
        if not equals or not (number.strip().isascii() and number.strip().isdigit()):
            raise ValueError
        return LineAmounts(int(number), cents(paid.strip()), cents(write_off.strip()) if comma else 0)
    except ValueError:
        raise click.UsageError(f"--line {text!r} is not N=PAID or N=PAID,WRITE_OFF, such as 1=80 or 1=80,40.") from None
