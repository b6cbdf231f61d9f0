"""era settings."""

from pathlib import Path

import click

from era_engine.cli import options


@click.group(name="settings", epilog="Example: era settings show --home office")
def command() -> None:
    """The settings in force, and whether they are valid."""


@command.command(epilog="Example: era settings show --json")
@options.as_json
@options.home
def show(as_json: bool, home: Path | None) -> None:
    """Print every setting with the value in force, defaults included."""
    import json

    from era_engine.cli.output import Column, table
    from era_engine.home import find_home
    from era_engine.settings import load_settings

    settings = load_settings(find_home(home).root)
    values = {"database": settings.database_shown} | json.loads(settings.to_json()) | settings.keeping()
    if as_json:
        click.echo(json.dumps(values | {"hash": settings.content_hash}))
        return
    table((Column("setting"), Column("value", right=True)), _flat(values))
    click.echo(f"\n{settings.content_hash}")


@command.command(epilog="Example: era settings check --home office")
@options.home
def check(home: Path | None) -> None:
    """Say whether era.toml is valid, and its key at hand; exit code 4, and every fault, when not."""
    from era_engine.home import find_home
    from era_engine.home_keys import keys_needed
    from era_engine.office import rule_set_of
    from era_engine.settings import load_settings

    found = find_home(home)
    settings = load_settings(found.root)
    rule_set_of(found, settings)
    keys_needed(found, settings)
    click.echo(f"✔ era.toml is valid. {settings.content_hash}")


def _shown(value: object) -> str:
    if value is None:
        return "not given"
    if isinstance(value, bool):
        return str(value).lower()
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _flat(values: dict[str, object], prefix: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, value in values.items():
        if isinstance(value, dict):
            rows += _flat(value, f"{prefix}{key}.")
        else:
            rows.append((f"{prefix}{key}", _shown(value)))
    return rows
