"""era inspect."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from era_engine.cli import options

if TYPE_CHECKING:
    from era_engine.cli.output import Column


@click.command(epilog="Example: era inspect march.835")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@options.as_json
@options.home
def command(files: tuple[Path, ...], as_json: bool, home: Path | None) -> int:
    """Show what is in ERA files, with every finding. Touches no database and needs no home.

    For a gzip or zip file, shows each file in it.
    A sealed file needs its key: that of the home, or of ERA_KEY_FILE or ERA_KEY.

    Exit code 3 if one of them is rejected. The output holds patient data.
    """
    from itertools import chain

    from era_engine.books.opened import keyring_for
    from era_engine.cli.output import json_line
    from era_engine.questions.inspection import inspect_path

    rejected = False
    for record in chain.from_iterable(inspect_path(file, keyring_for(file, home)) for file in files):
        rejected = rejected or any(each["severity"] == "reject" for each in record["findings"])
        if as_json:
            json_line(record)
        else:
            _show(record)
    return 3 if rejected else 0


def _show(record: dict[str, Any]) -> None:
    from era_engine.cli.output import count, money, say, table

    say(f"{record['file']}: {count(len(record['remittances']), 'payment')}")
    for remittance in record["remittances"]:
        header = (
            f"  {remittance['payer'] or 'unnamed payer'}  {remittance['trace_number'] or 'no trace number'}"
            f"  {remittance['payment_date'] or 'no date'}  {money(remittance['payment_cents'])}"
            f" ({remittance['payment_method'] or 'method unknown'})"
        )
        say(f"\n{header}")
        table(_claim_columns(), remittance["claims"])
        for each in remittance["provider_adjustments"]:
            say(f"  provider-level adjustment {each['reason']} {each['reference'] or ''}: {_effect(each['cents'])}")
    for finding in record["findings"]:
        where = f"segment {finding['segment_number']}" if finding["segment_number"] else "file"
        excerpt = f" ({finding['excerpt']})" if finding["excerpt"] else ""
        say(f"  {finding['severity']}: {where}{excerpt}: {finding['message']}")
    if not record["findings"]:
        say("  No findings.")


def _effect(cents: int | None) -> str:
    """What a provider-level adjustment does to the payment; a positive one reduces it."""
    from era_engine.cli.output import money

    if cents is None:
        return "an unreadable amount"
    return f"withholds {money(cents)}" if cents >= 0 else f"adds {money(-cents)}"


def _claim_columns() -> "tuple[Column[dict[str, Any]], ...]":
    from era_engine.cli.output import Column, amount, money

    return (
        Column("  claim", lambda claim: f"  {claim['claim_number']}"),
        Column("status", lambda claim: claim["status"]),
        Column("charge", lambda claim: money(claim["charge_cents"]), right=True),
        Column("paid", lambda claim: money(claim["paid_cents"]), right=True),
        Column("patient", lambda claim: amount(claim["patient_responsibility_cents"]), right=True),
        Column("adjustments", lambda claim: ", ".join(_adjustments(claim))),
        Column("procedures", lambda claim: ", ".join(line["procedure"] for line in claim["lines"])),
    )


def _adjustments(claim: dict[str, Any]) -> list[str]:
    from era_engine.cli.output import money

    every = claim["adjustments"] + [adjustment for line in claim["lines"] for adjustment in line["adjustments"]]
    return [f"{reason} {money(cents)}" for reason, cents in _by_reason(every).items()]


def _by_reason(adjustments: list[dict[str, Any]]) -> dict[str, int | None]:
    """Cents by group and reason over the claim and its lines; None where one of them is unreadable."""
    totals: dict[str, int | None] = {}
    for each in adjustments:
        reason = f"{each['group']}-{each['reason']}"
        before = totals.get(reason, 0)
        totals[reason] = None if before is None or each["cents"] is None else before + each["cents"]
    return totals
