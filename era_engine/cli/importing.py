"""era import."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from era_engine.cli import options

if TYPE_CHECKING:
    from era_engine.practice.claims_837 import SentClaims
    from era_engine.practice.model import Claim
    from era_engine.store.practice.sent_claims import SentImported

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
    from era_engine.books.opened import carry_out_import, look_at_books
    from era_engine.cli.output import count
    from era_engine.practice.claims_837 import is_x12, read_sent_claims
    from era_engine.practice.claims_csv import read_claims
    from era_engine.store.practice.claims import save_claims
    from era_engine.store.practice.sent_claims import save_sent_claims

    with look_at_books(home) as (practice_home, _, database):
        for file in files:
            if is_x12(file):
                sent = read_sent_claims(file)
                saved = carry_out_import(
                    practice_home, database, "import-claims", file, partial(save_sent_claims, sent=sent, path=file)
                )
                click.echo(f"{file}: {count(saved.claims.added, 'claim')} added, {saved.claims.updated:,} updated.")
                _tell_more(sent, saved)
            else:
                found = read_claims(file)
                imported = carry_out_import(
                    practice_home, database, "import-claims", file, partial(save_claims, imported=found)
                )
                click.echo(f"{file}: {count(imported.added, 'claim')} added, {imported.updated:,} updated.")
                _tell_plans(found)


def _tell_plans(claims: "list[Claim]") -> None:
    """Claims of which plan_count and plan_ordinal do not go together; a payment on one is left to a person."""
    from era_engine.cli.output import count

    beyond = [claim.claim_number for claim in claims if claim.plan_ordinal > claim.plan_count]
    if beyond:
        shown = ", ".join(beyond[:_MOST_SHOWN]) + (" …" if len(beyond) > _MOST_SHOWN else "")
        were = "was" if len(beyond) == 1 else "were"
        click.echo(f"  {count(len(beyond), 'claim')} {were} sent to a plan beyond the patient's plan_count: {shown}.")


def _tell_more(sent: "SentClaims", saved: "SentImported") -> None:
    """What of an 837 did not simply become a claim."""
    from era_engine.cli.output import count

    if saved.without_expected:
        told = "has a line" if saved.without_expected == 1 else "have a line"
        click.echo(f"  {count(saved.without_expected, 'claim')} {told} with no expected amount: see era import fees.")
    for number in sent.voided:
        known = "its expected amount is now unknown" if number in saved.voided else "no such open claim"
        click.echo(f"  Void of claim {number}: {known}.")
    if sent.predeterminations:
        click.echo(f"  {count(sent.predeterminations, 'predetermination')} skipped: it is an estimate, not a claim.")


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
    from era_engine.books.opened import carry_out_import, look_at_books
    from era_engine.cli.output import count
    from era_engine.foundation.clock import today
    from era_engine.practice.fees_csv import read_fees
    from era_engine.store.practice.fees import save_fees

    with look_at_books(home) as (practice_home, _, database):
        for file in files:
            found = read_fees(file, f"{file.name} of {today()}")
            imported = carry_out_import(
                practice_home, database, "import-fees", file, partial(save_fees, imported=found)
            )
            click.echo(f"{file}: {count(imported.added, 'fee')} added, {imported.updated:,} updated.")
            if imported.lines_changed:
                click.echo(f"  The expected amount changed for {count(imported.lines_changed, 'claim line')}.")


@command.command(epilog="Example: era import bank statement.ach --home practice")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@options.home
def bank(files: tuple[Path, ...], home: Path | None) -> None:
    """Load insurance deposits from the bank, for `era deposits` and the hold deposit-not-received.

    A file is a NACHA file or a CSV. From a NACHA file, only health care claim payments are read (CCD entries described
    HCCLAIMPMT). A CSV has the columns date, amount, trace and optionally payer, originator. Each file is imported whole
    or not at all. Deposits loaded before from the same kind of file are not loaded again, so load each account from one
    kind of file.
    """
    from era_engine.bank.files import read_bank_file
    from era_engine.books.opened import carry_out_import, look_at_books
    from era_engine.cli.output import count
    from era_engine.foundation.clock import now
    from era_engine.store.insurance.deposits import add_deposits

    with look_at_books(home) as (practice_home, _, database):
        for file in files:
            found = read_bank_file(file)
            add = partial(add_deposits, found=found.deposits, source=file.name, imported_at=now())
            done = carry_out_import(practice_home, database, "import-bank", file, add)
            passed_over = found.passed_over + found.without_money
            click.echo(
                f"{file}: {count(done.added, 'deposit')} added, {done.known:,} already known, {passed_over:,} skipped."
            )
            for told, number in (
                ("not a health care claim payment", found.passed_over),
                ("without money", found.without_money),
                (
                    "deposits without a trace number, which match no ERA",
                    sum(not each.trace_number for each in found.deposits),
                ),
                (
                    "negative deposits (money that went back to the payer)",
                    sum(each.cents < 0 for each in found.deposits),
                ),
                (
                    "deposits that differ from an earlier one only in payer or originator (perhaps a duplicate)",
                    done.alike,
                ),
            ):
                if number:
                    click.echo(f"  {told}: {number:,}")
