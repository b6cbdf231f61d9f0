"""era eras."""

from pathlib import Path
from typing import Any

import click

from era_engine.cli import options


@click.command(epilog="Example: era eras --status open")
@click.option("--status", type=click.Choice(["open", "completed", "all"]), default="all", show_default=True)
@options.output_format("table", "json", "csv")
@options.home
def command(status: str, form: str, home: Path | None) -> None:
    """Payments received. A payment is completed when every claim on it is posted or closed, and its provider-level
    adjustments are entered.
    """
    from era_engine.books.opened import look_at_books
    from era_engine.cli.output import Column, count, csv_lines, json_line, money, or_nothing, table
    from era_engine.questions.decisions import payment_records

    with look_at_books(home) as (_, _, database), database.reading() as connection:
        records = list(payment_records(connection, status))
    if form == "json":
        for record in records:
            json_line(record)
        return
    if form == "csv":
        csv_lines(records)
        return
    columns: tuple[Column[dict[str, Any]], ...] = (
        Column("status", lambda payment: "✔ completed" if payment["status"] == "completed" else "⚠ open"),
        Column("id", lambda payment: str(payment["payment_id"]), right=True),
        Column("trace", lambda payment: payment["trace_number"]),
        Column("date", lambda payment: or_nothing(payment["payment_date"])),
        Column("payer", lambda payment: or_nothing(payment["payer"])),
        Column("payment", lambda payment: money(payment["payment_cents"]), right=True),
        Column("posted", lambda payment: money(payment["posted_cents"]), right=True),
        Column("done", lambda payment: f"{payment['posted'] + payment['closed']}/{payment['claims']}", right=True),
        Column("needs review", lambda payment: money(payment["left_cents"]), right=True),
        Column("file", lambda payment: payment["file"]),
    )
    shown = table(columns, records, lambda payment: "green" if payment["status"] == "completed" else "yellow")
    to_review = money(sum(record["left_cents"] for record in records))
    click.echo(f"\n{count(shown, 'payment')}. Claims paying {to_review} need review." if shown else "No payments.")
