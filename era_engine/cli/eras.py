"""era eras."""

from pathlib import Path

import click

from era_engine.cli import options


@click.command(epilog="Example: era eras --status open")
@click.option("--status", type=click.Choice(["open", "completed", "all"]), default="all", show_default=True)
@options.output_format("table", "json", "csv")
@options.home
def command(status: str, form: str, home: Path | None) -> None:
    """Payments received. One is completed when every claim on it is posted, or closed by a person, and its
    provider-level adjustments are entered.
    """
    from era_engine.books.opened import look_at_books
    from era_engine.cli.output import Column, count, csv_lines, json_line, money, table
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
    columns = (
        Column("status"),
        Column("id", right=True),
        Column("trace"),
        Column("date"),
        Column("payer"),
        Column("payment", right=True),
        Column("posted", right=True),
        Column("done", right=True),
        Column("left", right=True),
        Column("file"),
    )
    rows = [
        (
            "✔ completed" if record["status"] == "completed" else "⚠ open",
            str(record["payment_id"]),
            record["trace_number"],
            record["payment_date"] or "",
            record["payer"] or "",
            money(record["payment_cents"]),
            money(record["posted_cents"]),
            f"{record['posted'] + record['closed']}/{record['claims']}",
            money(record["left_cents"]),
            record["file"],
        )
        for record in records
    ]
    if rows:
        table(columns, rows, ["green" if record["status"] == "completed" else "yellow" for record in records])
    left = money(sum(record["left_cents"] for record in records))
    click.echo(
        f"\n{count(len(rows), 'payment')}; claims paying {left} are left to a person." if rows else "No payments."
    )
