"""era import."""

from pathlib import Path

import click

from era_engine.cli import options


@click.group(name="import", epilog="Example: era import claims claims.csv --home office")
def command() -> None:
    """Load what the office expects from insurers."""


@command.command(epilog="Example: era import claims claims.csv --home office")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@options.home
def claims(files: tuple[Path, ...], home: Path | None) -> None:
    """Load claims with their expected amounts from CSV, one row for each procedure.

    A file is taken whole or not at all; every bad row is listed. A claim imported again is updated while nothing is
    posted against it. Columns: claim_number, patient_id, last_name, first_name, birth_date, subscriber_id, plan_count,
    plan_ordinal, payer_id, payer_name, location, line_number, procedure_code, service_date, fee, expected_insurance,
    expected_write_off.
    """
    from era_engine.cli.output import count
    from era_engine.office import open_books
    from era_engine.practice.claims_csv import read_claims
    from era_engine.store.practice import save_claims

    with open_books(home) as (_, _, database):
        for file in files:
            found = read_claims(file)
            with database.writing() as connection:
                imported = save_claims(connection, found)
            click.echo(f"{file}: {count(imported.added, 'claim')} added, {imported.updated:,} updated.")
