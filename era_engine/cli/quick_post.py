"""era quick-post."""

from pathlib import Path
from typing import Any

import click

from era_engine.cli import options


@click.command(
    name="quick-post",
    epilog="\b\nExamples:\n  era quick-post EFT0001                all open claims of the payment\n"
    "  era quick-post EFT0001 --claim C12    one of them",
)
@click.argument("trace", metavar="TRACE")
@click.option("--claim", metavar="CLAIM", help="Only this claim.  [default: every open claim of the payment]")
@options.as_json
@options.home
def command(trace: str, claim: str | None, as_json: bool, home: Path | None) -> None:
    """Decide one claim, or all open claims of a payment, under the quick-post settings, and post what may post.

    TRACE is the payment's trace number, or its id if several payments share one.
    """
    from era_engine.acts.quick_post import quick_post
    from era_engine.books.opened import keep_versions, open_books
    from era_engine.cli.output import Column, count, json_line, money, need_review, table
    from era_engine.questions.decisions import LogReader
    from era_engine.store.database import until_unblocked
    from era_engine.store.insurance.decisions import Filters

    with open_books(home) as books:
        keep_versions(books)
        done = until_unblocked(lambda: quick_post(books, trace, claim))
        with books.database.reading() as connection:
            reader = LogReader(connection)
            records = [record for each in done.decision_ids for record in reader.records(Filters(decision_id=each))]
    if as_json:
        for record in records:
            json_line(record)
        return
    columns: tuple[Column[dict[str, Any]], ...] = (
        Column("status", lambda record: "✔ posted A" if record["outcome"] == "post" else "⚠ review"),
        Column("claim", lambda record: record["claim_number"]),
        Column("paid", lambda record: money(record["paid_cents"]), right=True),
        Column("why", lambda record: record["explanation"]),
    )
    table(columns, records, lambda record: "green" if record["outcome"] == "post" else "red")
    posted = sum(1 for record in records if record["outcome"] == "post")
    before = f"; {count(done.posted_before, 'claim')} already posted" if done.posted_before else ""
    if done.adjustments.posted or done.adjustments.left:
        entered, left = done.adjustments
        click.echo(
            f"Provider-level adjustments (PLB): {entered} entered, {left} to review (era"
            " provider-adjustments shows why)."
        )
    click.echo(f"\nPosted {count(posted, 'claim')}; {need_review(len(records) - posted)}{before}.")
