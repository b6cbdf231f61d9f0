"""era rules."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from era_engine.cli import options

if TYPE_CHECKING:
    from era_engine.decisions.rule_set import Rule, RuleSet

_rules = click.option(
    "--rules",
    "folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Another rule set than the one in force; needs no home.",
)


@click.group(name="rules", epilog="Example: era rules show")
def command() -> None:
    """The rules in force, and whether they are valid."""


@command.command(epilog="Example: era rules show --rules my-rules")
@_rules
@options.as_json
@options.home
def show(folder: Path | None, as_json: bool, home: Path | None) -> None:
    """Print every rule as a billing manager would read it."""
    rule_set = _load(folder, home)
    if as_json:
        click.echo(rule_set.to_json())
        return
    click.echo("The table: exactly one row applies to a claim that meets no hold.\n")
    for rule in rule_set.rows:
        _show(rule)
    click.echo("Reversals have a table of their own.\n")
    for rule in rule_set.reversals:
        _show(rule)
    click.echo("Holds: each keeps a claim from posting; a warning is only told.\n")
    for rule in rule_set.holds:
        _show(rule)
    click.echo(rule_set.content_hash)


@command.command(epilog="Example: era rules check --rules my-rules")
@_rules
@options.home
def check(folder: Path | None, home: Path | None) -> None:
    """Say whether the rules are valid; exit code 4, and every fault by file and line, when they are not."""
    rule_set = _load(folder, home)
    click.echo(f"✔ {len(rule_set.rows)} rows and {len(rule_set.holds)} holds are valid. {rule_set.content_hash}")


@command.command(epilog="Example: era rules facts")
def facts() -> None:
    """List every fact a rule may ask about: its name, kind and meaning."""
    from era_engine.cli.output import Column, table
    from era_engine.decisions.facts import FACTS

    columns = (Column("fact"), Column("kind"), Column("meaning"))
    table(columns, [(name, fact.kind, fact.meaning) for name, fact in FACTS.items()])


def _load(folder: Path | None, home: Path | None) -> "RuleSet":
    from era_engine.decisions.rule_set import load_rule_set
    from era_engine.home import find_home
    from era_engine.office import rule_set_of
    from era_engine.settings import load_settings

    if folder is not None:
        return load_rule_set(folder)
    found = find_home(home)
    settings = load_settings(found.root)
    return rule_set_of(found, settings)


def _show(rule: "Rule") -> None:
    from era_engine.decisions.facts import FACTS
    from era_engine.decisions.wording import condition_words

    outcome = {"post": "post", "manual": "leave to a person", "hold": "hold", "warn": "only a warning"}[rule.then]
    click.echo(f"{rule.id}{'' if rule.enabled else ' (switched off)'} -> {outcome}")
    click.echo(f"  {rule.because} [{rule.reference}]")
    for condition in rule.when:
        click.echo(f"  when {FACTS[condition.fact].meaning} ({condition.fact}): {condition_words(condition)}")
    if rule.message:
        click.echo(f"  says: {rule.message}")
    if rule.remedy:
        click.echo(f"  to do: {rule.remedy}")
    if rule.command:
        click.echo(f"  command: {rule.command.format(trace='TRACE', claim='CLAIM')}")
    if rule.waits_for:
        click.echo(f"  waits for {rule.waits_for}: every run judges it again")
    if rule.fixed:
        click.echo("  always holds: [holds] in era.toml cannot make it a warning")
    click.echo("")
