"""era deposits."""

from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import click

from era_engine.cli import options

Record = dict[str, Any]


class _Part(NamedTuple):
    title: str
    colour: str
    columns: tuple[str, ...]


_PARTS = {
    "matched": _Part("✔ Matched", "green", ("trace", "payer", "deposited", "remitted", "days apart", "deposit")),
    "off": _Part(
        "⚠ Off",
        "yellow",
        ("trace", "payer", "deposited", "remitted", "days apart", "deposit", "remittance", "off by", "why"),
    ),
    "ahead": _Part(
        "⚠ Money still to come", "yellow", ("trace", "payer", "deposited", "remitted", "days apart", "deposit", "why")
    ),
    "remittances": _Part(
        "⚠ Remittances without money", "yellow", ("trace", "payer", "remitted", "days old", "remittance", "file")
    ),
    "deposits": _Part(
        "⚠ Money without remittance", "yellow", ("trace", "payer", "deposited", "days old", "deposit", "source")
    ),
}
_RIGHT = {"days apart", "days old", "deposit", "remittance", "off by"}


@click.command(epilog="Example: era deposits --status waiting")
@click.option(
    "--status",
    type=click.Choice(["matched", "off", "waiting", "all"]),
    default="all",
    show_default=True,
    help="matched: trace number, amount and date agree; off: one of them does not; waiting: one side is missing, or"
    " its day has not come.",
)
@options.output_format("table", "json", "csv")
@options.home
def command(status: str, form: str, home: Path | None) -> None:
    """Money in the bank beside the remittances it belongs to.

    A deposit and a payment match by trace number, amount to the cent, and dates at most three US business days apart;
    where the bank names the originator, by that as well. Payments of no money are left out. `era import bank` loads
    what the bank tells.
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
    from era_engine.cli.output import Column, table

    if not records:
        click.echo("Nothing to show.")
        return
    for part, (title, colour, names) in _PARTS.items():
        some = [record for record in records if _part(record) == part]
        if not some:
            continue
        side = "payment_cents" if part == "remittances" else "deposit_cents"
        click.echo(f"{title}: {len(some):,}, {_total(some, side)}")
        rows = [tuple(_cells(record)[name] for name in names) for record in some]
        table([Column(name, name in _RIGHT) for name in names], rows, [colour] * len(rows))
        click.echo()
    to_come = [each for each in records if (each["deposit_date"] or "") > today.isoformat()]
    there = [each for each in records if (each["deposit_date"] or "") <= today.isoformat()]
    more = f"; {_total(to_come, 'deposit_cents')} is dated in the future" if to_come else ""
    click.echo(f"Deposited {_total(there, 'deposit_cents')}, remitted {_total(records, 'payment_cents')}{more}.")


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


def _cells(record: Record) -> dict[str, str]:
    from era_engine.bank.records import WHY
    from era_engine.cli.output import money

    def amount(cents: int | None) -> str:
        return "" if cents is None else money(cents)

    def number(days: int | None) -> str:
        return "" if days is None else f"{days:,}"

    return {
        "trace": record["trace_number"] or "(none)",
        "payer": record["payer"] or "",
        "deposited": record["deposit_date"] or "",
        "remitted": record["payment_date"] or "",
        "days apart": number(record["business_days_apart"]),
        "days old": number(record["age_days"]),
        "deposit": amount(record["deposit_cents"]),
        "remittance": amount(record["payment_cents"]),
        "off by": amount(record["off_by_cents"]),
        "why": WHY.get(record["reason"], ""),
        "file": record["file"] or "",
        "source": record["deposit_source"] or "",
    }
