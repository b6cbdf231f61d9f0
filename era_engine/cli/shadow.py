"""era shadow."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from era_engine.cli import options
from era_engine.cli.replay import in_scope

if TYPE_CHECKING:
    from era_engine.trials.trial import Agreement, Trial, Verdict

_NEEDED = 381  # claims without a difference, at least, for one in a hundred at 95 % confidence (Wilson)


@click.group(name="shadow", epilog="Example: era shadow report --payer delta")
def command() -> None:
    """Posting on trial: what it would have posted, compared with what people did."""


@command.command(epilog="\b\nExamples:\n  era shadow report\n  era shadow report --format csv > trial.csv")
@in_scope
@options.output_format("table", "json", "csv")
@options.home
def report(
    since: datetime | None,
    until: datetime | None,
    payer: str | None,
    location: str | None,
    form: str,
    home: Path | None,
) -> None:
    """Compare what would have been posted on trial with what people then posted, by payer.

    A claim agrees when a person posted exactly the payment and write-off that would have been posted. Says whether it
    is safe to switch posting on: when it is sure (at 95 % confidence) that no more than one posting in a hundred would
    differ. To try it: era_payment_options.auto_post.enabled = "shadow", also in an [[override]].
    """
    from era_engine.books.opened import look_at_books
    from era_engine.cli.output import csv_lines, json_line
    from era_engine.cli.replay import scope_of
    from era_engine.store.trials.shadow import tried_on_trial
    from era_engine.trials.trial import Trial

    trial = Trial()
    with look_at_books(home) as (_, _, database), database.reading() as connection:
        for tried in tried_on_trial(connection, scope_of(since, until, payer, location)):
            trial.add(tried)
    if form == "json":
        for each in trial.payers():
            json_line(trial.record(each))
        json_line({"summary": trial.record() | {"words": _advice(trial.agreement())}})
    elif form == "csv":
        csv_lines([trial.record(each) for each in trial.payers()])
    else:
        _show(trial)


def _advice(agreement: "Agreement") -> str:
    low, high = agreement.interval
    differ = agreement.judged - agreement.agreed
    seen = f"{differ:,} of {agreement.judged:,} differ ({100 * low:.2f} % to {100 * high:.2f} % at 95 % confidence)"
    if not agreement.judged:
        return "Not known yet: people have not finished any claim that would have posted."
    if agreement.safe:
        return f"Safe to switch on: {seen}."
    if differ / agreement.judged <= 0.01:
        return f"Too few to be sure: {seen}; {_NEEDED} finished claims without a difference are needed."
    return f"Not safe to switch on: {seen}. Look at the differences first."


def _safe(agreement: "Agreement") -> str:
    if agreement.safe:
        return "yes"
    return "not sure" if agreement.judged == agreement.agreed else "no"


def _show(trial: "Trial") -> None:
    from era_engine.cli.output import Column, count, money, say, table
    from era_engine.cli.replay_text import REGRETS
    from era_engine.foundation.money import dollars

    if not trial.claims:
        say('Nothing was decided on trial. Set era_payment_options.auto_post.enabled = "shadow", also for one payer.')
        return
    found = trial.verdicts()
    would = found["agreed"] + found["other-amounts"] + found["not-posted"]
    say(f"{count(trial.claims, 'claim payment')} decided on trial; {_advice(trial.agreement())}\n")

    def number(verdict: "Verdict") -> "Callable[[str], str]":
        return lambda payer: f"{trial.verdicts(payer)[verdict]:,}"

    columns: tuple[Column[str], ...] = (
        Column("payer", str),
        Column("agreed", number("agreed"), right=True),
        Column("other amounts", number("other-amounts"), right=True),
        Column("not posted", number("not-posted"), right=True),
        Column("differ by", lambda payer: dollars(trial.cents(payer)), right=True),
        Column("waiting", number("waiting"), right=True),
        Column("safe", lambda payer: _safe(trial.agreement(payer)), right=True),
    )
    table(columns, trial.payers())
    say(
        f"\nOf the claims it would have held for review, people posted {found['posted-by-people']:,} and closed"
        f" {found['left-by-both']:,}."
    )
    if trial.differences:
        say(f"\nDifferences ({len(trial.differences):,} of {would - found['agreed']:,}):")
    for tried, verdict, _ in trial.differences:
        would_be = f"would have posted {money(tried.paid_cents)} and written off {money(tried.write_off_cents or 0)}"
        did = (
            f"people posted {money(tried.posted_cents)} and wrote off {money(tried.written_off_cents)}"
            if verdict == "other-amounts"
            else REGRETS[tried.regret]
            if tried.regret in ("undone", "matched-otherwise")
            else f"it is {tried.state}"
        )
        named = f"claim {tried.claim_number}, payment {tried.trace_number}, {tried.payer or 'payer not named'}"
        say(f"  {named}: {would_be}; {did}.")
