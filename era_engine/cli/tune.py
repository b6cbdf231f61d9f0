"""era tune."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from era_engine.cli import options
from era_engine.cli.replay import changes, in_scope

if TYPE_CHECKING:
    from era_engine.trials.curve import Advice, Point

_BARS = "▁▂▃▄▅▆▇█"


@click.command(
    epilog="\b\nExamples:\n"
    "  era tune\n"
    "  era tune --payer delta --regrets-under 0.5\n"
    "  era tune --format svg > curve.svg"
)
@click.option(
    "--regrets-under",
    "bound",
    type=options.PlainNumber("a percentage", "1 or 0.5", 0.001, 100),
    default=1.0,
    show_default=True,
    metavar="PERCENT",
    help="The most regrets you accept, as a percentage of the claims posted by themselves.",
)
@changes
@in_scope
@options.output_format("table", "csv", "json", "svg")
@options.home
def command(
    bound: float,
    changes: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    payer: str | None,
    location: str | None,
    form: str,
    home: Path | None,
) -> None:
    """For every minimum percentage from 0 to 100: what would post by itself, how much short, with how many regrets.

    Recommends how low it may be: regrets surely (at 95 % confidence) stay under the bound, and claims were paid that
    low. Says so when there is too little data. Posts and changes nothing.
    """
    from era_engine.books.opened import look_at_books
    from era_engine.cli.output import csv_lines, json_line
    from era_engine.cli.progress import claims_done
    from era_engine.cli.replay import scope_of
    from era_engine.cli.tune_picture import picture
    from era_engine.settings.tables import percent_text
    from era_engine.store.trials.replay import count_decided
    from era_engine.trials.curve import advise, curve
    from era_engine.trials.proposal import proposal

    scope = scope_of(since, until, payer, location)
    with look_at_books(home) as (practice_home, settings, database), database.reading() as live:
        proposed = proposal(practice_home, changes, None)
        with claims_done("trying every percentage", count_decided(live, scope)) as told:
            points = curve(practice_home, live, proposed, scope, told)
    now = settings.posting("auto").minimum_percent
    advice = advise(points, bound / 100, now)
    if form == "csv":
        csv_lines(map(_record, points))
    elif form == "json":
        for point in points:
            json_line(_record(point))
        percent = None if advice.percent is None else percent_text(advice.percent)
        told_of = {"percent": percent, "lowest": advice.lowest, "bound_percent": bound}
        json_line({"advice": {**told_of, "words": advice_words(advice, bound)}})
    elif form == "svg":
        click.echo(picture(points, advice.percent, now))
    else:
        _show(points, advice, bound, now)
        if advice.percent is not None and advice.percent != now and (payer is not None or location is not None):
            click.echo("It uses only the claims you asked for. Give the same --payer and --location to era replay.")


def _record(point: "Point") -> dict[str, object]:
    low, high = point.interval
    return {
        "minimum_percent": point.percent,
        "claims": point.claims,
        "posted": point.posted,
        "posted_share": round(point.share, 6),
        "posted_cents": point.posted_cents,
        "short_cents": point.short_cents,
        "settled": point.settled,
        "regrets": point.regrets,
        "regret_share": round(point.regret_share, 6),
        "regret_share_low": round(low, 6),
        "regret_share_high": round(high, 6),
    }


def sparkline(points: "Sequence[Point]") -> str:
    """The share posted by itself at 0, 2, 4 … 100 %, as bars; a full one is all claims."""
    return "".join(_BARS[min(7, int(point.share * 8))] for point in points[::2])


def advice_words(advice: "Advice", bound: float) -> str:
    """What to do, with the number of claims it rests on and the confidence interval."""
    from era_engine.settings.tables import percent_text

    point = advice.point
    if not point.settled:
        return (
            "There is too little data: no claim that would post by itself has been posted, closed or reversed yet, so"
            " regrets are unknown."
        )
    low, high = point.interval
    seen = (
        f"{point.regrets:,} regrets among {point.settled:,} settled claims"
        f" ({100 * low:.2f} % to {100 * high:.2f} % at 95 % confidence)"
    )
    if advice.percent is not None:
        said = f"Recommended: {percent_text(advice.percent)} %. Regrets surely stay under {bound:g} %: {seen}."
        if advice.lowest is not None and advice.lowest < advice.percent:
            said += f" Down to {advice.lowest} % the same claims would post; none was paid in between."
        return said
    if high * 100 <= bound:
        return (
            f"There is too little data to recommend a percentage: most claims that were paid short are still open. Of"
            f" the others, at {point.percent} %, there are {seen}."
        )
    if point.regret_share * 100 <= bound:
        return (
            f"There is too little data to recommend a percentage: at best, at {point.percent} %, there are {seen}."
            f" To be sure of {bound:g} %, {advice.needed:,} settled claims without a regret are needed."
        )
    return f"No percentage keeps regrets under {bound:g} %: at best, at {point.percent} %, there are {seen}."


def _show(points: "Sequence[Point]", advice: "Advice", bound: float, now: Decimal) -> None:
    from era_engine.cli.output import Column, count, say, table
    from era_engine.foundation.money import dollars
    from era_engine.settings.tables import percent_text

    say(f"{count(points[0].claims, 'claim payment')}. Posted by themselves at a minimum of 0 to 100 %:")
    say(f"  {sparkline(points)}\n")
    marked = {int(now): " now"} | ({} if advice.percent is None else {int(advice.percent): " ◀"})
    columns: tuple[Column[Point], ...] = (
        Column("minimum", lambda point: f"{point.percent} %{marked.get(point.percent, '')}", right=True),
        Column("posted", lambda point: f"{point.posted:,}", right=True),
        Column("share", lambda point: f"{100 * point.share:.1f} %", right=True),
        Column("short by", lambda point: dollars(point.short_cents), right=True),
        Column("settled", lambda point: f"{point.settled:,}", right=True),
        Column("regrets", lambda point: f"{point.regrets:,}", right=True),
        Column("of settled", lambda point: f"{100 * point.regret_share:.2f} %", right=True),
    )
    table(columns, [point for point in points if point.percent % 5 == 0 or point.percent in marked])
    say(f"\n{advice_words(advice, bound)}")
    if now != int(now):
        say(f"The minimum percentage now is {percent_text(now)}.")
    if advice.percent is not None and advice.percent != now:
        say(f"What it would change: era replay --set era_payment_options.auto_post.minimum_percent={advice.percent}")
