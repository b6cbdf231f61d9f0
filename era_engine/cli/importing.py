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

    Which of the two a file is shows its content. A file is taken whole or not at all; every fault is listed. A claim
    imported again is updated while nothing is posted against it.

    CSV has one row for each procedure. Columns: claim_number, patient_id, last_name, first_name, birth_date,
    subscriber_id, plan_count, plan_ordinal, payer_id, payer_name, location, line_number, procedure_code, service_date,
    fee, expected_insurance, expected_write_off.

    What is expected for an 837's claims follows from `era import fees`, before or after. Voids (CLM05-3 = 8) and
    predeterminations (CLM19 = PB) add no claim; a void makes what its claim expects unknown.
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
    """What did not simply become a claim, and what a payment on a claim will be left to a person for."""
    from era_engine.cli.output import count

    if beyond := done.beyond_plan_count:
        shown = ", ".join(beyond[:_MOST_SHOWN]) + (" …" if len(beyond) > _MOST_SHOWN else "")
        were = "was" if len(beyond) == 1 else "were"
        click.echo(f"  {count(len(beyond), 'claim')} {were} sent to a plan beyond the patient's plan_count: {shown}.")
    if done.without_expected:
        have = "has a line" if done.without_expected == 1 else "have a line"
        click.echo(f"  {count(done.without_expected, 'claim')} {have} without expected amount: see era import fees.")
    for number, was_open in done.voids:
        known = "nothing is expected for it now" if was_open else "not known as an open claim"
        click.echo(f"  Void of claim {number}: {known}.")
    if done.predeterminations:
        click.echo(f"  {count(done.predeterminations, 'predetermination')} passed over: nothing is paid on it.")


@command.command(epilog="Example: era import fees fees.csv --home practice")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@options.home
def fees(files: tuple[Path, ...], home: Path | None) -> None:
    """Load what payers allow for procedures, from CSV, and expect it for the claims of 837 files.

    Columns: payer (its id as in the claim, or its name), procedure, allowed (an amount like 120.00), percent (covered:
    80 for 80 %, not 0.8). A line's expected insurance is the allowed amount, but no more than was charged, times the
    percentage, rounded half up to the cent. A file is taken whole or not at all; a fee imported again is updated, and
    with it every open line it is for. Claims from CSV, and those to a second or later plan, are not touched.
    """
    from era_engine.acts.importing import import_fees
    from era_engine.books.opened import look_at_books
    from era_engine.cli.output import count

    with look_at_books(home) as (practice_home, _, database):
        for file in files:
            done = import_fees(practice_home, database, file)
            click.echo(f"{file}: {count(done.added, 'fee')} added, {done.updated:,} updated.")
            if done.lines_changed:
                click.echo(f"  Another amount is expected now for {count(done.lines_changed, 'claim line')}.")


@command.command(epilog="Example: era import bank statement.ach --home practice")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@options.home
def bank(files: tuple[Path, ...], home: Path | None) -> None:
    """Load insurance money that reached the bank, for `era deposits` and the hold deposit-not-received.

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
                f"{file}: {count(done.added, 'deposit')} added, {done.known:,} known already,"
                f" {done.other_money + done.without_money:,} passed over."
            )
            for what, number in (
                ("no health care claim payment", done.other_money),
                ("without money", done.without_money),
                ("deposits without a trace number, which no payment matches", done.without_trace),
                ("deposits that take money back", done.taken_back),
                ("deposits like one loaded before, but for payer or originator (perhaps the same money)", done.alike),
            ):
                if number:
                    click.echo(f"  {what}: {number:,}")
