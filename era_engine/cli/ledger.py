"""era ledger."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click

from era_engine.cli import options


@click.command(epilog="Example: era ledger --patient P1001")
@click.option("--patient", metavar="ID", help="Entries of this patient.")
@click.option("--claim", metavar="CLAIM", help="Entries of this claim.")
@click.option("--trace", metavar="TRACE", help="Entries of this payment: its trace number, or id:N, its id.")
@options.output_format("table", "json", "csv")
@options.home
def command(patient: str | None, claim: str | None, trace: str | None, form: str, home: Path | None) -> None:
    """Ledger entries. The mark A is on what era-engine posted by itself or by quick-post."""
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


def _in_words(name: str) -> str:
    """A kind or an account as people read it: `contractual write-off`."""
    return name.replace("_", " ").replace("contracted write off", "contractual write-off")


class _Line(NamedTuple):
    """A posting as a line; what is of the whole entry stands on its first line alone."""

    entry: dict[str, Any] | None
    posting: dict[str, Any]

    def of_entry(self, key: str) -> str:
        return str(self.entry[key] or "") if self.entry is not None else ""


def _show(records: Iterable[dict[str, Any]]) -> None:
    from era_engine.cli.output import Column, count, money, or_nothing, table

    columns: tuple[Column[_Line], ...] = (
        Column("date", lambda line: line.of_entry("date")),
        Column("mark", lambda line: line.of_entry("mark")),
        Column("kind", lambda line: _in_words(line.of_entry("kind"))),
        Column("claim", lambda line: line.of_entry("claim_number")),
        Column("patient", lambda line: line.of_entry("patient_id")),
        Column("account", lambda line: _in_words(line.posting["account"])),
        Column("line", lambda line: or_nothing(line.posting["line"]), right=True),
        Column("amount", lambda line: money(line.posting["cents"]), right=True),
        Column("memo", lambda line: line.of_entry("memo")),
    )
    entries = 0

    def lines() -> Iterator[_Line]:
        nonlocal entries
        for entry in records:
            entries += 1
            for at, posting in enumerate(entry["postings"]):
                yield _Line(entry if at == 0 else None, posting)

    shown = table(columns, lines())
    click.echo(f"\n{count(entries, 'entry').replace('entrys', 'entries')}." if shown else "No entries.")
