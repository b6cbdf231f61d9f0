"""era replay."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from era_engine.cli import options

if TYPE_CHECKING:
    from era_engine.store.trials.replay import Scope
    from era_engine.trials.replay import Replayed
    from era_engine.trials.summary import Summary

MOST_SHOWN = 100  # of changed claims in a table or on a page; CSV and JSON have all
Row = dict[str, Any]


def in_scope(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which claim payments are looked at."""
    for option in (
        click.option("--location", metavar="CODE", help="Of this location."),
        click.option("--payer", metavar="TEXT", help="Of payers with this in their name, in any case."),
        click.option("--until", type=options.DAY, metavar="YYYY-MM-DD", help="Decided on this day (UTC) or earlier."),
        click.option("--since", type=options.DAY, metavar="YYYY-MM-DD", help="Decided on this day (UTC) or later."),
    ):
        command = option(command)
    return command


changes = click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="KEY=VALUE",
    help="A setting to try; may be given several times.",
)
rules = click.option(
    "--rules",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Rules to try instead of those in force.",
)


@click.command(
    epilog="\b\nExamples:\n"
    "  era replay --set era_payment_options.auto_post.minimum_percent=90\n"
    "  era replay --set holds.procedure-mismatch=warn --payer delta --format html > replay.html\n"
    "  era replay --rules my-rules --since 2026-10-01 --format csv > replay.csv"
)
@changes
@rules
@in_scope
@options.output_format("table", "json", "csv", "html")
@options.home
def command(
    changes: tuple[str, ...],
    rules: Path | None,
    since: datetime | None,
    until: datetime | None,
    payer: str | None,
    location: str | None,
    form: str,
    home: Path | None,
) -> None:
    """What would it have done? Decides every claim payment again under other settings or rules. Posts nothing.

    Shows what would newly post, what would newly need review, and the regrets: claims that would post by themselves,
    but that a person undid, posted with different amounts or closed, or that the payer reversed. Without --set and
    --rules, tries the settings and rules in force on old decisions.
    """
    from era_engine.books.opened import look_at_books
    from era_engine.cli.output import csv_lines, json_line
    from era_engine.cli.progress import claims_done
    from era_engine.cli.replay_page import page
    from era_engine.cli.replay_text import show
    from era_engine.store.trials.replay import count_decided
    from era_engine.trials.proposal import proposal
    from era_engine.trials.replay import replay
    from era_engine.trials.summary import Summary

    scope = scope_of(since, until, payer, location)
    with look_at_books(home) as (practice_home, _, database), database.reading() as live:
        proposed = proposal(practice_home, changes, rules)
        minutes = proposed.settings.reports.minutes_by_hand
        summary, shown = Summary(), Shown()
        with claims_done("deciding again", count_decided(live, scope)) as told:
            replayed = _added(summary, replay(practice_home, live, proposed, scope, told))
            if form == "json":
                for each in replayed:
                    json_line(json_of(each))
            elif form == "csv":
                csv_lines(map(row_of, replayed))
            else:
                for each in replayed:
                    shown.keep(each)
    if form == "json":
        json_line({"summary": summary.record(proposed.said, minutes)})
    elif form == "html":
        click.echo(page(proposed.said, summary, shown.rows, shown.left_out, minutes))
    elif form == "table":
        show(proposed.said, summary, shown.rows, shown.left_out, minutes)


def scope_of(since: datetime | None, until: datetime | None, payer: str | None, location: str | None) -> "Scope":
    """Raises UsageError where the days are the wrong way round."""
    from era_engine.store.trials.replay import Scope

    return Scope(*options.days(since, until), payer, location)


class Shown:
    """The first claims of which something is to be told; of the others only how many there are."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.left_out = 0

    def keep(self, each: "Replayed") -> None:
        if each.change == "unchanged":
            return
        if len(self.rows) < MOST_SHOWN:
            self.rows.append(row_of(each))
        else:
            self.left_out += 1


def _added(summary: "Summary", replayed: "Iterator[Replayed]") -> "Iterator[Replayed]":
    for each in replayed:
        summary.add(each)
        yield each


def json_of(each: "Replayed") -> Row:
    """One claim payment as the contract tells it, and besides what explains it."""
    return {
        "claim_number": each.decided.claim_number,
        "trace_number": each.decided.trace_number,
        "before": {"outcome": each.before.outcome, "rule": each.before.rule, "holds": list(each.before.holds)},
        "after": {"outcome": each.after.outcome, "rule": each.after.rule, "holds": list(each.after.holds)},
        "change": each.change,
        "regret": each.regret,
        "explanation": each.explanation,
    }


def row_of(each: "Replayed") -> Row:
    """One claim payment as a row of a table."""
    return {
        "claim_number": each.decided.claim_number,
        "trace_number": each.decided.trace_number,
        "payer": each.decided.payer,
        "location": each.decided.location,
        "paid_cents": each.decided.paid_cents,
        "change": each.change,
        "before": each.before.outcome,
        "before_reason": each.before.reason,
        "after": each.after.outcome,
        "after_reason": each.after.reason,
        "regret": each.regret,
        "explanation": each.explanation,
    }
