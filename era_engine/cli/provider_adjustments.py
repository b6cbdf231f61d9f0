"""era provider-adjustments."""

from pathlib import Path
from typing import Any

import click

from era_engine.cli import options


@click.command(epilog="Example: era provider-adjustments --open --payer delta")
@click.option("--open", "only_open", is_flag=True, help="Only what is open or not posted.")
@click.option("--payer", metavar="TEXT", help="Part of the payer's name, in any case.")
@options.output_format("table", "json", "csv")
@options.home
def command(only_open: bool, payer: str | None, form: str, home: Path | None) -> None:
    """Money between the practice and the payers outside the claims (PLB), from its beginning to its recovery.

    A positive amount was taken out of the payment, a negative one was added to it. What settled an item stands below
    it; in JSON, cents and its settlements together are remaining_cents.

    Status: open, waits for a later payment to settle it; settled; acknowledged, a refund of the practice's that the
    payer confirms; posted, given or kept for good; not-posted, left to a person or waiting; closed, filed by a person
    without posting. What a person did last stands beside it, with name and note.
    """
    from era_engine.books.opened import open_books
    from era_engine.cli.output import csv_lines, json_line
    from era_engine.foundation.clock import today
    from era_engine.posting.payer_items import provider_adjustment_records

    with open_books(home) as books, books.database.reading() as connection:
        records = list(provider_adjustment_records(connection, books, today(), payer, only_open))
    if form == "json":
        for record in records:
            json_line(record)
    elif form == "csv":
        csv_lines(_flat(record) for record in records)
    else:
        _show(records)


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    settlements = [f"{each['trace_number']} {each['date']} {each['cents']}" for each in record["settlements"]]
    return record | {"settlements": "; ".join(settlements)}


def _by_whom(record: dict[str, Any]) -> str:
    """The person who acted on it last, and their note."""
    if record["by"] is None:
        return ""
    return f" ({record['by']}: {record['note']})" if record["note"] else f" ({record['by']})"


def _show(records: list[dict[str, Any]]) -> None:
    from era_engine.cli.output import Column, count, money, say, table
    from era_engine.posting.payer_items import balances_in_words
    from era_engine.remittance.provider_reasons import provider_reason

    columns = (
        Column("date"),
        Column("payer"),
        Column("for"),
        Column("reference"),
        Column("trace"),
        Column("amount", right=True),
        Column("days", right=True),
        Column("state"),
    )
    rows: list[tuple[str, ...]] = []
    colours: list[str | None] = []
    for record in records:
        rows.append(
            (
                record["opened_on"] or "",
                record["payer"] or "",
                f"{record['reason']} {record['meaning']}" if provider_reason(record["reason"]) else record["meaning"],
                record["reference"] or "",
                record["opened_by_trace"],
                money(record["cents"]),
                "" if record["age_days"] is None else str(record["age_days"]),
                record["in_words"] + _by_whom(record),
            )
        )
        colours.append("yellow" if record["status"] in ("open", "not-posted") else "green")
        for each in record["settlements"]:
            settled = (each["date"], "", f"  settled by {each['reason']}", each["reference"] or "")
            rows.append((*settled, each["trace_number"], money(each["cents"]), "", _by_whom(each).strip()))
            colours.append(None)
    if not rows:
        click.echo("No provider adjustments.")
        return
    table(columns, rows, colours)
    click.echo(f"\n{count(len(records), 'provider adjustment')}.")
    for sentence in balances_in_words(records):
        say(sentence)
