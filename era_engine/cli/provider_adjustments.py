"""era provider-adjustments."""

from pathlib import Path
from typing import Any, NamedTuple

import click

from era_engine.cli import options

Record = dict[str, Any]


@click.command(epilog="Example: era provider-adjustments --open --payer delta")
@click.option("--open", "only_open", is_flag=True, help="Only what is open or not posted.")
@click.option("--payer", metavar="TEXT", help="Part of the payer's name, in any case.")
@options.output_format("table", "json", "csv")
@options.home
def command(only_open: bool, payer: str | None, form: str, home: Path | None) -> None:
    """Provider-level adjustments (PLB): money between practice and payer outside the claims, until it is settled.

    A positive amount was taken out of the payment, a negative one was added to it. What settled an item is listed below
    it. In JSON, cents and its settlements add up to remaining_cents.

    Status: open, a later payment must settle it; settled; acknowledged, the payer confirms the practice's refund;
    posted, added or kept for good; not-posted, needs review or waits; closed, closed by a person without posting. The
    last act of a person is shown with name and note.
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


def _flat(record: Record) -> Record:
    settlements = [f"{each['trace_number']} {each['date']} {each['cents']}" for each in record["settlements"]]
    return record | {"settlements": "; ".join(settlements)}


def _by_whom(record: Record) -> str:
    """The person who acted on it last, and their note."""
    if record["by"] is None:
        return ""
    return f" ({record['by']}: {record['note']})" if record["note"] else f" ({record['by']})"


class _Line(NamedTuple):
    """An item, or one of its settlements below it."""

    item: Record
    settlement: Record | None = None

    @property
    def what_for(self) -> str:
        from era_engine.remittance.provider_reasons import provider_reason

        if self.settlement is not None:
            return f"  settled by {self.settlement['reason']}"
        meaning = str(self.item["meaning"])
        return f"{self.item['reason']} {meaning}" if provider_reason(self.item["reason"]) else meaning

    @property
    def state(self) -> str:
        if self.settlement is not None:
            return _by_whom(self.settlement).strip()
        return f"{self.item['in_words']}{_by_whom(self.item)}"

    def of_either(self, item_key: str, settlement_key: str) -> str:
        value = self.item[item_key] if self.settlement is None else self.settlement[settlement_key]
        return str(value or "")

    @property
    def cents(self) -> int | None:
        cents: int | None = (self.settlement or self.item)["cents"]
        return cents

    @property
    def colour(self) -> str | None:
        if self.settlement is not None:
            return None
        return "yellow" if self.item["status"] in ("open", "not-posted") else "green"


def _show(records: list[Record]) -> None:
    from era_engine.cli.output import Column, count, money, or_nothing, say, table
    from era_engine.posting.payer_items import balances_in_words

    columns: tuple[Column[_Line], ...] = (
        Column("date", lambda line: line.of_either("opened_on", "date")),
        Column("payer", lambda line: "" if line.settlement else or_nothing(line.item["payer"])),
        Column("for", lambda line: line.what_for),
        Column("reference", lambda line: line.of_either("reference", "reference")),
        Column("trace", lambda line: line.of_either("opened_by_trace", "trace_number")),
        Column("amount", lambda line: money(line.cents), right=True),
        Column("days", lambda line: "" if line.settlement else or_nothing(line.item["age_days"]), right=True),
        Column("state", lambda line: line.state),
    )
    lines = [line for item in records for line in (_Line(item), *(_Line(item, each) for each in item["settlements"]))]
    if not table(columns, lines, lambda line: line.colour):
        click.echo("No provider-level adjustments.")
        return
    click.echo(f"\n{count(len(records), 'provider-level adjustment')}.")
    for sentence in balances_in_words(records):
        say(sentence)
