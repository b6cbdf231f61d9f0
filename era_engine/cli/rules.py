"""era rules."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from era_engine.cli import options

if TYPE_CHECKING:
    from era_engine.rulebook.reading import RulesRead
    from era_engine.rulebook.rule_set import RuleSet
    from era_engine.rulebook.vocabulary import Vocabulary

_rules = click.option(
    "--rules",
    "folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="A different folder of rules than the one in force; needs no home.",
)
_table = click.option("--table", metavar="NAME", help="Only this table.  [default: all tables]")


@click.group(name="rules", epilog="Example: era rules show")
def command() -> None:
    """The rules in force, and whether they are valid."""


@command.command(epilog="Example: era rules show --rules my-rules")
@_table
@_rules
@options.as_json
@options.home
def show(table: str | None, folder: Path | None, as_json: bool, home: Path | None) -> None:
    """Print every rule as a billing manager would read it."""
    from era_engine.cli.rules_shown import show_rules

    tables = _tables(table, folder)
    for vocabulary in tables:
        rules, rule_set = _proven(vocabulary, folder, home)
        if as_json:
            click.echo(rule_set.to_json())
        else:
            _head(vocabulary, tables)
            show_rules(rules, rule_set)


@command.command(epilog="Example: era rules check --rules my-rules")
@_table
@_rules
@options.home
def check(table: str | None, folder: Path | None, home: Path | None) -> None:
    """Prove the rules, over all claims there can be; exit code 4, and every fault by file and line, where they fail.

    Exactly one row decides each claim that no hold with `fixed: true` catches, each rule can be met, and no two
    contradict each other. If not, a claim shows it.
    """
    from time import perf_counter

    from era_engine.cli.output import say
    from era_engine.cli.rules_shown import counts
    from era_engine.rulebook.proof import never_reached

    began = perf_counter()
    tables = _tables(table, folder)
    for vocabulary in tables:
        rules, rule_set = _proven(vocabulary, folder, home)
        _head(vocabulary, tables)
        noun = vocabulary.subject
        click.echo(
            f"✔ {counts(rules, rule_set)} are valid and proven: one row for every {noun}, every rule can be met, no"
            f" two contradict each other. {rule_set.content_hash}"
        )
        for row, front in never_reached(rule_set):
            behind = ", ".join(f"{hold.id} ({rules.place(hold.id)})" for hold in front)
            place = rules.place(row.id)
            say(f"· {row.id} ({place}): no {noun} gets to this row, because {behind} holds every claim that meets it.")
    say(f"Proven in {perf_counter() - began:.1f} s.", err=True)


@command.command(epilog="Example: era rules test --rules my-rules")
@_table
@_rules
@options.home
def test(table: str | None, folder: Path | None, home: Path | None) -> int:
    """Try the cases beside the rules (cases/*.yaml), on the rule engine and on the conditions themselves.

    Every rule must have a case that meets it and a near miss. Exit code 1, with what was expected and what came, where
    a case fails; 4 where cases are missing or wrong. The cases of a rule set are tried as its files say, without a
    practice's own holds, whose cases are in rules/cases/ of the home, and without [holds] of era.toml.
    """
    from era_engine.cli.rules_shown import show_tried
    from era_engine.rulebook.trying import try_cases

    tables, code = _tables(table, folder), 0
    for vocabulary in tables:
        rules_folder, own_folder = _folders(vocabulary, folder, home)
        tried = try_cases(rules_folder, vocabulary, own_folder)
        _head(vocabulary, tables)
        show_tried(tried)
        code = 1 if tried.failed else code
    return code


@command.command(epilog="Example: era rules facts")
@_table
def facts(table: str | None) -> None:
    """List every fact a rule may ask about: name, kind, when it is known, usual value, meaning."""
    from era_engine.cli.rules_shown import show_facts

    tables = _tables(table, None)
    for vocabulary in tables:
        _head(vocabulary, tables)
        show_facts(vocabulary)


def _tables(name: str | None, folder: Path | None) -> "list[Vocabulary]":
    """The table of this name, or else all that are in a folder of rules."""
    from era_engine.books.tables import TABLES, has_table
    from era_engine.foundation.errors import UsageError
    from era_engine.rulebook.files import did_you_mean

    if name is None:
        return [table for table in TABLES.values() if folder is None or has_table(folder, table)]
    if name not in TABLES:
        raise UsageError(
            f"There is no table {name}{did_you_mean(name, TABLES)}.", f"The tables are: {', '.join(TABLES)}."
        )
    return [TABLES[name]]


def _head(vocabulary: "Vocabulary", tables: "list[Vocabulary]") -> None:
    """The name of a table, where several are shown."""
    if len(tables) > 1:
        click.echo(f"Table {vocabulary.name}\n")


def _proven(vocabulary: "Vocabulary", folder: Path | None, home: Path | None) -> "tuple[RulesRead, RuleSet]":
    """The rules as they stand in their files, and as they are in force."""
    from era_engine.books.tables import with_choices
    from era_engine.home.folder import find_home
    from era_engine.rulebook.loading import prove
    from era_engine.rulebook.reading import read_rules
    from era_engine.settings.model import load_settings

    rules_folder, own_folder = _folders(vocabulary, folder, home)
    rules = read_rules(rules_folder, vocabulary, own_folder)
    prove(rules)
    if folder is not None:
        return rules, rules.rule_set
    found = find_home(home)
    return rules, with_choices(found, rules.rule_set, load_settings(found.root))


def _folders(vocabulary: "Vocabulary", folder: Path | None, home: Path | None) -> tuple[Path, Path | None]:
    """Where the rules are, and where a practice's own holds; of a folder that is named, only itself."""
    from era_engine.books.tables import own_holds, rules_in_force
    from era_engine.home.folder import find_home
    from era_engine.settings.model import load_settings

    if folder is not None:
        return folder, None
    found = find_home(home)
    settings = load_settings(found.root)
    rules = rules_in_force(found, settings, vocabulary)
    return rules, own_holds(found, rules, vocabulary)
