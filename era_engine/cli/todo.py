"""era todo."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from era_engine.cli import options

if TYPE_CHECKING:
    from era_engine.questions.worklist import Group


@click.command(epilog="\b\nExamples:\n  era todo\n  era todo --payer delta --format csv > todo.csv")
@click.option("--payer", metavar="TEXT", help="Part of the payer's name, in any case.")
@click.option("--location", metavar="CODE", help="The location the claim belongs to.")
@options.output_format("table", "json", "csv")
@options.home
def command(payer: str | None, location: str | None, form: str, home: Path | None) -> None:
    """What needs review: grouped by reason, most money first, each with the next step.

    era deposits shows ERAs without a deposit and deposits without an ERA.
    """
    from era_engine.books.opened import open_books
    from era_engine.cli.output import csv_lines, json_line
    from era_engine.foundation.clock import today
    from era_engine.questions.worklist import open_work

    with open_books(home) as books, books.database.reading() as connection:
        groups = open_work(connection, books, today(), payer, location)
    if form == "table":
        _show(groups)
        return
    records = [{"reason": group.reason, "remedy": group.remedy} | item for group in groups for item in group.items]
    if form == "json":
        for record in records:
            json_line(record)
    else:
        csv_lines(records)


def _show(groups: "list[Group]") -> None:
    from era_engine.cli.output import Column, amount, count, money, or_nothing, say, table

    if not groups:
        click.echo("Nothing needs review.")
        return
    columns: tuple[Column[dict[str, Any]], ...] = (
        Column("claim", _named),
        Column("trace", lambda item: or_nothing(item["trace_number"])),
        Column("payer", lambda item: or_nothing(item["payer"])),
        Column("days", lambda item: or_nothing(item["age_days"]), right=True),
        Column("paid", lambda item: amount(item["paid_cents"]), right=True),
        Column("expected", lambda item: amount(item["expected_cents"]), right=True),
        Column("short", lambda item: amount(item["short_cents"] or None), right=True),
        Column("next step", lambda item: or_nothing(item["command"])),
    )
    for group in groups:
        click.echo(f"{group.reason}: {count(len(group.items), 'item')}, {money(group.cents)}")
        click.echo(f"  {group.remedy}")
        table(columns, group.items)
        for item in group.items:
            if item["claim_payment_id"] in group.unproven:
                click.echo(f"  {_named(item)}: coordination of benefits, {group.unproven[item['claim_payment_id']]}.")
        for payment_id, trace in dict.fromkeys((item["payment_id"], item["trace_number"]) for item in group.items):
            if payment_id in group.off:
                say(f"  {trace}: {group.off[payment_id]}")
        click.echo("")
    every = [item for group in groups for item in group.items]
    claims = sum(1 for item in every if item["claim_payment_id"] is not None)
    others = f" and {count(len(every) - claims, 'other item')}" if len(every) > claims else ""
    total = sum(group.cents for group in groups)
    click.echo(
        f"{count(claims, 'claim')}{others}, {money(total)} to review. era explain CLAIM shows why. era deposits shows"
        f" deposits without an ERA."
    )


def _named(item: dict[str, Any]) -> str:
    """The claim as the payer wrote it, and the practice's where that is another one; else the file."""
    if item["claim_number"] is None:
        return str(item["file"] or "")
    ours = item["matched_claim"]
    return f"{item['claim_number']} ({ours})" if ours not in (None, item["claim_number"]) else str(item["claim_number"])
