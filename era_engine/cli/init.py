"""era init."""

from pathlib import Path

import click

# Beside the inbox, for `era import claims`, `era import fees` and `era import bank`.
_TO_TRY = ("claims_2026-11-06.837", "fees.csv", "bank_2026-11.ach", "bank_2026-11.csv")


@click.command(epilog="Example: era init demo --demo && era run --home demo")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--demo", is_flag=True, help="Also load the sample practice and put sample files into the inbox.")
def command(folder: Path, demo: bool) -> None:
    """Make a practice's home folder: era.toml, inbox/, archive/, quarantine/, acks/ and the database."""
    import shutil

    from era_engine.books.opened import look_at_books
    from era_engine.foundation.shipped import shipped
    from era_engine.home.folder import make_home
    from era_engine.practice.claims_csv import read_claims
    from era_engine.store.books import audit
    from era_engine.store.practice.claims import save_claims

    home = make_home(folder)
    with look_at_books(home.root) as (practice_home, _, database):
        click.echo(f"Made {folder}. Settings are in {folder / 'era.toml'}. Put files to read into {folder / 'inbox'}.")
        if not demo:
            click.echo(f"Next: era import claims FILE --home {folder}, then era run --home {folder}")
            return
        samples = shipped("sample_835")
        with database.writing() as connection:
            imported = save_claims(connection, read_claims(samples / "claims.csv"))
            audit.append(connection, practice_home.identity, "import-claims", {"demo": True, "added": imported.added})
        files = sorted(samples.glob("*.835"))
        for file in files:
            shutil.copyfile(file, home.inbox / file.name)
    for name in _TO_TRY:
        shutil.copyfile(samples / name, home.root / name)
    click.echo(f"Loaded {imported.added} invented claims and put {len(files)} sample ERA files into the inbox.")
    click.echo(f"To try later, in {folder}: {', '.join(_TO_TRY)} (era import claims, fees, bank).")
    click.echo(f"Next: era run --home {folder}")
