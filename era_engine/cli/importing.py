"""era import."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from era_engine.cli import options

if TYPE_CHECKING:
    from era_engine.acts.importing import ClaimsImport

_MOST_SHOWN = 20


@click.group(name="import", epilog="Example: era import claims claims.csv --home practice")
def command() -> None:
    """Load what the practice expects from insurers."""


@command.command(epilog="Example: era import claims claims.csv sent_today.837 --home practice")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@options.home
def claims(files: tuple[Path, ...], home: Path | None) -> None:
    """Load the claims the practice sent: from CSV with expected amounts, or from X12 837, dental or professional.

    The content shows which of the two a file is. Each file is imported whole or not at all, and every fault is listed.
    Importing a claim again updates it, as long as nothing is posted on it.

    CSV has one row for each procedure. Columns: claim_number, patient_id, last_name, first_name, birth_date,
    subscriber_id, plan_count, plan_ordinal, payer_id, payer_name, location, line_number, procedure_code, service_date,
    fee, expected_insurance, expected_write_off.

    Expected amounts for 837 claims come from `era import fees`, before or after. Voids (CLM05-3 = 8) and
    predeterminations (CLM19 = PB) add no claim. A void makes the claim's expected amount unknown.
    """
    from era_engine.acts.importing import import_claims
    from era_engine.books.opened import look_at_books
    from era_engine.cli.output import count

    with look_at_books(home) as (practice_home, _, database):
        for file in files:
            done = import_claims(practice_home, database, file)
            click.echo(f"{file}: {count(done.added, 'claim')} added, {done.updated:,} updated.")
            _tell_more(done)


def _tell_more(done: "ClaimsImport") -> None:
    """What did not simply become a claim, and why a payment on a claim will need review."""
    from era_engine.cli.output import count

    if beyond := done.beyond_plan_count:
        shown = ", ".join(beyond[:_MOST_SHOWN]) + (" …" if len(beyond) > _MOST_SHOWN else "")
        were = "was" if len(beyond) == 1 else "were"
        click.echo(f"  {count(len(beyond), 'claim')} {were} sent to a plan beyond the patient's plan_count: {shown}.")
    if done.without_expected:
        have = "has a line" if done.without_expected == 1 else "have a line"
        click.echo(f"  {count(done.without_expected, 'claim')} {have} with no expected amount: see era import fees.")
    for number, was_open in done.voids:
        known = "its expected amount is now unknown" if was_open else "no such open claim"
        click.echo(f"  Void of claim {number}: {known}.")
    if done.predeterminations:
        click.echo(f"  {count(done.predeterminations, 'predetermination')} skipped: it is an estimate, not a claim.")


@command.command(epilog="Example: era import fees fees.csv --home practice")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@options.home
def fees(files: tuple[Path, ...], home: Path | None) -> None:
    """Load payers' fee schedules from CSV, and set the expected amounts for claims from 837 files.

    Columns: payer (its id as on the claim, or its name), procedure, allowed (an amount like 120.00), percent (covered:
    80 for 80 %, not 0.8). A line's expected insurance is the allowed amount, or the charge if that is less, times the
    percentage, rounded half up to the cent. Each file is imported whole or not at all. Importing a fee again updates it
    and every open line it is for. Claims from CSV, and claims to a secondary or later plan, do not change.
    """
    from era_engine.acts.importing import import_fees
    from era_engine.books.opened import look_at_books
    from era_engine.cli.output import count

    with look_at_books(home) as (practice_home, _, database):
        for file in files:
            done = import_fees(practice_home, database, file)
            click.echo(f"{file}: {count(done.added, 'fee')} added, {done.updated:,} updated.")
            if done.lines_changed:
                click.echo(f"  The expected amount changed for {count(done.lines_changed, 'claim line')}.")


@command.command(epilog="Example: era import bank statement.ach --home practice")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@options.home
def bank(files: tuple[Path, ...], home: Path | None) -> None:
    """Load insurance deposits from the bank, for `era deposits` and the hold deposit-not-received.

    A file is a NACHA file, of which the health care claim payments are taken (CCD entries described HCCLAIMPMT), or a
    CSV with the columns date, amount, trace and perhaps payer, originator, or one that bank/NAME.yaml in the home
    describes. It is taken whole or not at all. What was loaded before, from a file of the same kind, is not loaded
    again: load each account from one kind of file.
    """
    from era_engine.acts.importing import import_deposits
    from era_engine.books.opened import look_at_books
    from era_engine.cli.output import count

    with look_at_books(home) as (practice_home, _, database):
        for file in files:
            done = import_deposits(practice_home, database, file)
            click.echo(
                f"{file}: {count(done.added, 'deposit')} added, {done.known:,} already known,"
                f" {done.other_money + done.without_money:,} skipped."
            )
            for what, number in (
                ("not a health care claim payment", done.other_money),
                ("without money", done.without_money),
                ("deposits without a trace number, which match no ERA", done.without_trace),
                ("negative deposits (money that went back to the payer)", done.taken_back),
                (
                    "deposits that differ from an earlier one only in payer or originator (perhaps a duplicate)",
                    done.alike,
                ),
            ):
                if number:
                    click.echo(f"  {what}: {number:,}")
