"""era deposits."""

from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from era_engine.cli import options

if TYPE_CHECKING:
    from era_engine.cli.output import Column

Record = dict[str, Any]


class _Part(NamedTuple):
    title: str
    colour: str
    columns: tuple[str, ...]


_PARTS = {
    "matched": _Part("✔ Matched", "green", ("trace", "payer", "deposited", "ERA date", "days apart", "deposit")),
    "off": _Part(
        "⚠ Do not match",
        "yellow",
        ("trace", "payer", "deposited", "ERA date", "days apart", "deposit", "ERA", "off by", "why"),
    ),
    "ahead": _Part(
        "⚠ Deposits dated in the future",
        "yellow",
        ("trace", "payer", "deposited", "ERA date", "days apart", "deposit", "why"),
    ),
    "remittances": _Part(
        "⚠ ERAs without a deposit", "yellow", ("trace", "payer", "ERA date", "days old", "ERA", "file")
    ),
    "deposits": _Part(
        "⚠ Deposits without an ERA", "yellow", ("trace", "payer", "deposited", "days old", "deposit", "source")
    ),
}


@click.command(epilog="Example: era deposits --status waiting")
@click.option(
    "--status",
    type=click.Choice(["matched", "off", "waiting", "all"]),
    default="all",
    show_default=True,
    help="matched: trace number, amount and date agree; off: one of them differs; waiting: the deposit or the ERA"
    " is missing, or the deposit is dated in the future.",
)
@options.output_format("table", "json", "csv")
@options.home
def command(status: str, form: str, home: Path | None) -> None:
    """Bank deposits matched to ERAs.

    A deposit matches a payment when the trace number agrees, the amount agrees to the cent, and the dates are at most
    three US business days apart. If the bank names the originator, that must agree, too. Payments of no money are left
    out. `era import bank` loads the bank file.
    """
    from era_engine.bank.matching import match_deposits
    from era_engine.bank.records import deposit_records
    from era_engine.books.opened import look_at_books
    from era_engine.cli.output import csv_lines, json_line
    from era_engine.foundation.clock import today
    from era_engine.store.insurance.deposits import deposits_and_payments

    with look_at_books(home) as (_, _, database), database.reading() as connection:
        deposits, payments = deposits_and_payments(connection)
    now = today()
    records = deposit_records(match_deposits(deposits, payments, now), now)
    wanted = [record for record in records if status in ("all", record["status"])]
    if form == "json":
        for record in wanted:
            json_line(record)
    elif form == "csv":
        csv_lines(wanted)
    else:
        _print(wanted, now)


def _print(records: list[Record], today: date) -> None:
    from era_engine.cli.output import table

    if not records:
        click.echo("Nothing to show.")
        return
    columns = _columns()
    for part, (title, colour, names) in _PARTS.items():
        some = [record for record in records if _part(record) == part]
        if not some:
            continue
        side = "payment_cents" if part == "remittances" else "deposit_cents"
        click.echo(f"{title}: {len(some):,}, {_total(some, side)}")
        table([columns[name] for name in names], some, partial(_colour, colour))
        click.echo()
    to_come = [each for each in records if (each["deposit_date"] or "") > today.isoformat()]
    there = [each for each in records if (each["deposit_date"] or "") <= today.isoformat()]
    more = f"; {_total(to_come, 'deposit_cents')} is dated in the future" if to_come else ""
    click.echo(f"Deposits {_total(there, 'deposit_cents')}, ERAs {_total(records, 'payment_cents')}{more}.")


def _colour(colour: str, _: Record) -> str:
    return colour


def _total(records: list[Record], side: str) -> str:
    from era_engine.cli.output import count, money

    known = [record[side] for record in records if record[side] is not None]
    unknown = sum(record[side] is None and record["payment_id"] is not None for record in records)
    if side == "deposit_cents" or not unknown:
        return money(sum(known))
    return f"{money(sum(known))} and {count(unknown, 'unknown amount')}"


def _part(record: Record) -> str:
    if record["status"] != "waiting":
        return str(record["status"])
    if record["reason"] == "not-yet-there":
        return "ahead"
    return "deposits" if record["payment_id"] is None else "remittances"


def _columns() -> dict[str, "Column[Record]"]:
    """Every column that some part shows, by its title."""
    from era_engine.bank.records import WHY
    from era_engine.cli.output import Column, amount, or_nothing

    def number(days: int | None) -> str:
        return "" if days is None else f"{days:,}"

    every: tuple[Column[Record], ...] = (
        Column("trace", lambda record: record["trace_number"] or "(none)"),
        Column("payer", lambda record: or_nothing(record["payer"])),
        Column("deposited", lambda record: or_nothing(record["deposit_date"])),
        Column("ERA date", lambda record: or_nothing(record["payment_date"])),
        Column("days apart", lambda record: number(record["business_days_apart"]), right=True),
        Column("days old", lambda record: number(record["age_days"]), right=True),
        Column("deposit", lambda record: amount(record["deposit_cents"]), right=True),
        Column("ERA", lambda record: amount(record["payment_cents"]), right=True),
        Column("off by", lambda record: amount(record["off_by_cents"]), right=True),
        Column("why", lambda record: WHY.get(record["reason"], "")),
        Column("file", lambda record: or_nothing(record["file"])),
        Column("source", lambda record: or_nothing(record["deposit_source"])),
    )
    return {column.title: column for column in every}
