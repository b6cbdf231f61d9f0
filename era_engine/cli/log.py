"""era log."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from era_engine.cli import options

Record = dict[str, Any]
_ACTS = {"undo": "undone", "match": "matched", "unmatch": "unmatched", "close": "closed"}


@click.command(epilog="\b\nExamples:\n  era log --outcome manual\n  era log --since 2026-11-01 --format csv > log.csv")
@click.option("--since", type=options.DAY, metavar="YYYY-MM-DD", help="Decided on this day (UTC) or later.")
@click.option("--until", type=options.DAY, metavar="YYYY-MM-DD", help="Decided on this day (UTC) or earlier.")
@click.option("--outcome", type=click.Choice(["post", "manual"]))
@click.option("--open", is_flag=True, help="Only what still needs review: the newest decision on each open claim.")
@click.option("--rule", metavar="ID", help="The row of the table that decided.")
@click.option("--hold", metavar="ID", help="A hold that fired.")
@click.option("--trace", metavar="TRACE", help="Trace number, or id:N, the payment's id.")
@click.option("--claim", metavar="CLAIM", help="Claim number on the remittance, or the practice's.")
@click.option("--mode", type=click.Choice(["auto", "quick", "manual"]), help="manual: what people did by hand.")
@click.option("--by", metavar="NAME", help="The person who did it.")
@click.option("--payer", metavar="TEXT", help="Part of the payer's name, in any case.")
@click.option("--location", metavar="CODE", help="The location the claim belongs to.")
@click.option("--patient", metavar="ID", help="The practice's patient id.")
@options.output_format("table", "json", "csv")
@options.home
def command(form: str, since: datetime | None, until: datetime | None, home: Path | None, **wanted: Any) -> None:
    """The decision log: every claim payment decided, with outcome, reason and who or what decided."""
    from era_engine.books.opened import look_at_books
    from era_engine.cli.output import csv_lines, json_line
    from era_engine.questions.decisions import LogReader, filters

    first, last = options.days(since, until)
    with look_at_books(home) as (_, _, database), database.reading() as connection:
        records = LogReader(connection).records(filters(connection, since=first, until=last, **wanted))
        if form == "json":
            for record in records:
                json_line(record)
        elif form == "csv":
            csv_lines(records)
        else:
            _show(records)


def _show(records: Iterable[Record]) -> None:
    from era_engine.cli.output import Column, count, money, or_nothing, table

    columns: tuple[Column[Record], ...] = (  # the reason matters more than where the claim belongs
        Column("status", lambda record: _status(record)[0]),
        Column("claim", lambda record: record["claim_number"]),
        Column("patient", lambda record: or_nothing(record["patient_id"]), wide=True),
        Column("location", lambda record: or_nothing(record["location"]), wide=True),
        Column("payer", lambda record: or_nothing(record["payer"]), wide=True),
        Column("trace", lambda record: record["trace_number"]),
        Column("paid", lambda record: money(record["paid_cents"]), right=True),
        Column("expected", lambda record: money(record["expected_cents"]), right=True, wide=True),
        Column("why", _why),
    )
    shown = table(columns, records, lambda record: _status(record)[1])
    click.echo(f"\n{count(shown, 'decision')}." if shown else "No decisions.")


def _why(record: Record) -> str:
    """The explanation; of what a person did, also who and their note."""
    if record["by"] is None:
        return str(record["explanation"])
    note = f": {record['note']}" if record["note"] else ""
    return f"{record['explanation']} ({record['by']}{note})"


def _status(record: Record) -> tuple[str, str | None]:
    """Icon and word, and the colour they have on a terminal."""
    if record["outcome"] == "post":
        return "✔ posted A" if record["mode"] in ("auto", "quick") else "✔ posted", "green"
    if record["by"] is not None:
        return f"· {_ACTS.get(record['act'], record['act'])}", None
    return ("⚠ review", "red") if record["patient_icon"] == "alert" else ("· review", None)
