"""era ledger."""

from pathlib import Path
from typing import Any

import click

from era_engine.cli import options


@click.command(epilog="Example: era ledger --patient P1001")
@click.option("--patient", metavar="ID", help="Entries of this patient.")
@click.option("--claim", metavar="CLAIM", help="Entries of this claim.")
@click.option("--trace", metavar="TRACE", help="Entries of this payment: its trace number, or id:N, its id.")
@options.output_format("table", "json", "csv")
@options.home
def command(patient: str | None, claim: str | None, trace: str | None, form: str, home: Path | None) -> None:
    """Journal entries. The mark A is on what the engine posted by itself or by quick-post."""
    from era_engine.books.opened import look_at_books
    from era_engine.cli.output import csv_lines, json_line
    from era_engine.questions.decisions import ledger_records, payment_id_of

    with look_at_books(home) as (_, _, database), database.reading() as connection:
        payment_id = None if trace is None else payment_id_of(connection, trace)
        records = ledger_records(connection, patient, claim, payment_id)
        if form == "json":
            for record in records:
                json_line(record)
        elif form == "csv":
            csv_lines(_flat(record, posting) for record in records for posting in record["postings"])
        else:
            _show(records)


def _flat(record: dict[str, Any], posting: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key != "postings"} | posting


def _show(records: Any) -> None:
    from era_engine.cli.output import Column, count, money, table

    columns = (
        Column("date"),
        Column("mark"),
        Column("kind"),
        Column("claim"),
        Column("patient"),
        Column("account"),
        Column("line", right=True),
        Column("amount", right=True),
        Column("memo"),
    )
    rows: list[tuple[str, ...]] = []
    entries = 0
    for record in records:
        entries += 1
        head: tuple[str, ...] = (
            record["date"],
            record["mark"] or "",
            record["kind"].replace("_", " ").replace("write off", "write-off"),
            record["claim_number"] or "",
            record["patient_id"] or "",
        )
        memo = record["memo"]
        for posting in record["postings"]:
            line = "" if posting["line"] is None else str(posting["line"])
            rows.append((*head, posting["account"].replace("_", " "), line, money(posting["cents"]), memo))
            head, memo = ("",) * len(head), ""
    if rows:
        table(columns, rows)
    click.echo(f"\n{count(entries, 'entry').replace('entrys', 'entries')}." if rows else "No entries.")
