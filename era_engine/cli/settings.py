"""era settings."""

from pathlib import Path

import click

from era_engine.cli import options
from era_engine.cli.settings_changing import restore, set_, unset
from era_engine.cli.settings_history import diff, history


@click.group(name="settings", epilog="Example: era settings show --home practice")
def command() -> None:
    """The settings in force: which line decides, what they were, and how to change them."""


for each in (set_, unset, history, diff, restore):
    command.add_command(each)


@command.command(epilog="Example: era settings show --payer DDP71 --location LPFD --origin")
@options.payer
@options.location
@click.option("--origin", is_flag=True, help="Show which line of era.toml decides each value.")
@options.as_json
@options.home
def show(payer: str | None, location: str | None, origin: bool, as_json: bool, home: Path | None) -> None:
    """Print every setting with the value in force, including defaults.

    With --payer or --location, shows the values for a claim of that payer, by its id or name, at that location.
    """
    from era_engine.cli.output import Column, json_line, table
    from era_engine.home.folder import find_home
    from era_engine.settings.model import read_settings, settings_of
    from era_engine.settings.shown import Shown, in_words, shown, shown_for, values_of

    root = find_home(home).root
    text = read_settings(root / "era.toml")
    settings = settings_of(root / "era.toml", text)
    values, rows = values_of(settings), shown(text, settings)
    if payer or location:
        from era_engine.cli.claim_meant import claim_meant

        claim = claim_meant(root, settings, payer, location)
        values, rows = values_of(settings.for_claim(*claim)[0]), shown_for(text, settings, claim)
    if as_json:
        if origin:
            values = {each.key: {"value": each.value, "origin": each.origin} for each in rows}
        json_line(values | {"hash": settings.content_hash})
        return
    columns: list[Column[Shown]] = [
        Column("setting", lambda row: row.key),
        Column("value", lambda row: in_words(row.value), right=True),
    ]
    if origin:
        columns.append(Column("decided by", lambda row: row.origin))
    table(columns, rows)
    click.echo(f"\n{settings.content_hash}")


@command.command(epilog="Example: era settings check --home practice")
@options.home
def check(home: Path | None) -> None:
    """Say whether era.toml, its rules and bank files in the home are valid, and its key at hand.

    Exit code 4, and every fault, when not.
    """
    from era_engine.bank.dialect import OWN, read_dialects
    from era_engine.books.tables import rule_sets_of
    from era_engine.home.folder import find_home
    from era_engine.home.keys import keys_needed
    from era_engine.settings.model import load_settings

    practice_home = find_home(home)
    settings = load_settings(practice_home.root)
    rule_sets_of(practice_home, settings)
    keys_needed(practice_home, settings)
    read_dialects(practice_home.root / OWN)
    click.echo(f"✔ era.toml is valid. {settings.content_hash}")


@command.command(epilog="Example: era settings schema > era.schema.json")
@options.home
def schema(home: Path | None) -> None:
    """Print a JSON Schema of era.toml. An editor can use it to complete keys and underline faults.

    The holds are those of the home's rules, or, without a home, those of era-engine's own rules.
    """
    import json

    from era_engine.books.tables import TABLES, own_holds, rules_in_force
    from era_engine.foundation.errors import UsageError
    from era_engine.foundation.shipped import shipped
    from era_engine.home.folder import find_home
    from era_engine.rulebook.loading import load_rule_set
    from era_engine.settings.model import load_settings
    from era_engine.settings.schema import settings_schema

    try:
        practice_home = find_home(home)
    except UsageError:
        if home is not None:
            raise
        rule_sets = [load_rule_set(shipped("rules"), table) for table in TABLES.values()]
    else:
        settings = load_settings(practice_home.root)
        folders = {name: rules_in_force(practice_home, settings, table) for name, table in TABLES.items()}
        rule_sets = [
            load_rule_set(folders[name], table, own_holds(practice_home, folders[name], table))
            for name, table in TABLES.items()
        ]
    holds = {hold.id: not hold.fixed for rule_set in rule_sets for hold in rule_set.holds}
    click.echo(json.dumps(settings_schema(holds), indent=2, ensure_ascii=False))
