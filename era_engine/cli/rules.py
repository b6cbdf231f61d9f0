"""era rules."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from era_engine.cli import options

if TYPE_CHECKING:
    from era_engine.rulebook.reading import Rule, RuleSet, RulesRead

_rules = click.option(
    "--rules",
    "folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="A different rule set than the one in force; needs no home.",
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
    rules, rule_set = _proven(folder, home)
    if as_json:
        click.echo(rule_set.to_json())
        return
    click.echo("The table: exactly one row applies to a claim that meets no hold.\n")
    for rule in rule_set.rows:
        _show(rule, rules.place(rule.id))
    click.echo("Reversals have a table of their own.\n")
    for rule in rule_set.reversals:
        _show(rule, rules.place(rule.id))
    click.echo("Holds: each keeps a claim from posting. A warning only warns.\n")
    for rule in rule_set.holds:
        _show(rule, rules.place(rule.id))
    click.echo(rule_set.content_hash)


@command.command(epilog="Example: era rules check --rules my-rules")
@_rules
@options.home
def check(folder: Path | None, home: Path | None) -> None:
    """Prove the rules over all possible claims. Exit code 4, with every fault by file and line, if they fail.

    Exactly one row decides each claim that no hold with `fixed: true` catches, each rule can be met, and no two
    contradict each other. If not, a claim shows it.
    """
    from time import perf_counter

    from era_engine.cli.output import count, say
    from era_engine.rulebook.proof import never_reached

    began = perf_counter()
    rules, rule_set = _proven(folder, home)
    reversals = f", {count(len(rule_set.reversals), 'row')} for reversals" if rule_set.reversals else ""
    own = f", {len(rules.own)} of them the practice's own," if rules.own else ""
    click.echo(
        f"✔ {count(len(rule_set.rows), 'row')}{reversals} and {count(len(rule_set.holds), 'hold')}{own} are valid and"
        " proven: one row for every claim, every rule can be met, no two contradict each other."
        f" {rule_set.content_hash}"
    )
    for row, front in never_reached(rule_set):
        behind = ", ".join(f"{hold.id} ({rules.place(hold.id)})" for hold in front)
        say(
            f"· {row.id} ({rules.place(row.id)}): no claim gets to this row, because {behind} holds every claim"
            " that meets it."
        )
    say(f"Proven in {perf_counter() - began:.1f} s.", err=True)


@command.command(epilog="Example: era rules test --rules my-rules")
@_rules
@options.home
def test(folder: Path | None, home: Path | None) -> int:
    """Try the cases beside the rules (cases/*.yaml), on the rule engine and on the conditions themselves.

    Every rule must have a case that meets it and a near miss. Exit code 1, with the expected and the actual result, if
    a case fails; 4 if cases are missing or wrong. The cases of a rule set are tried as its files say, without a
    practice's own holds, whose cases are in rules/cases/ of the home, and without [holds] of era.toml.
    """
    from era_engine.cli.output import count, say
    from era_engine.rulebook.cases import failures, read_cases, require_cases
    from era_engine.rulebook.reading import read_rules

    rules_folder, own_folder = _folders(folder, home)
    rules = read_rules(rules_folder)
    covered = [*rules.rule_set.rows, *rules.rule_set.reversals, *rules.rule_set.holds]
    cases = read_cases(rules_folder, rules)
    failed = list(failures(cases, rules.rule_set))
    with_own = read_rules(rules_folder, own_folder)
    own = [hold for hold in with_own.rule_set.holds if hold.id in with_own.own]
    own_cases = read_cases(own_folder, with_own, "rules/") if own_folder is not None and own else ()
    failed += failures(own_cases, with_own.rule_set)
    for each in failed:
        file, line = each.case.place
        say(f"✘ {file}:{line}: {each.case.name}\n    expected {each.case.expected}")
        if each.by_engine == each.by_conditions:
            say(f"    came     {each.by_engine}")
        else:
            say(f"    came     {each.by_engine} (by the rule engine), {each.by_conditions} (by the conditions)")
    if failed:
        say(f"\n{count(len(failed), 'case')} of {len(cases) + len(own_cases)} did not come out as expected.")
        return 1
    require_cases(cases, rules, covered)
    require_cases(own_cases, with_own, own, "rules/")
    covered, cases = covered + own, cases + own_cases
    say(f"✔ {count(len(cases), 'case')} came out as expected, for each of {len(covered)} rules one and a near miss.")
    return 0


@command.command(epilog="Example: era rules facts")
def facts() -> None:
    """List every fact a rule may ask about: name, kind, when it is known, usual value, meaning."""
    from era_engine.cli.output import Column, or_nothing, table
    from era_engine.insurance.facts import FACTS

    columns: tuple[Column[str], ...] = (
        Column("fact", str),
        Column("kind", lambda name: FACTS[name].kind),
        Column("known of", lambda name: FACTS[name].known),
        Column("usual", lambda name: or_nothing(FACTS[name].usual).lower()),
        Column("meaning", lambda name: FACTS[name].meaning),
    )
    table(columns, FACTS)


def _proven(folder: Path | None, home: Path | None) -> "tuple[RulesRead, RuleSet]":
    """The rules as they stand in their files, and as they are in force."""
    from era_engine.books.opened import with_choices
    from era_engine.home.folder import find_home
    from era_engine.rulebook.reading import prove, read_rules
    from era_engine.settings.model import load_settings

    rules = read_rules(*_folders(folder, home))
    prove(rules)
    if folder is not None:
        return rules, rules.rule_set
    return rules, with_choices(rules.rule_set, load_settings(find_home(home).root))


def _folders(folder: Path | None, home: Path | None) -> tuple[Path, Path | None]:
    """Where the rules are, and where a practice's own holds; of a folder that is named, only itself."""
    from era_engine.books.opened import own_holds, rules_in_force
    from era_engine.home.folder import find_home
    from era_engine.settings.model import load_settings

    if folder is not None:
        return folder, None
    found = find_home(home)
    settings = load_settings(found.root)
    rules = rules_in_force(found, settings)
    return rules, own_holds(found, rules)


def _show(rule: "Rule", place: str) -> None:
    from era_engine.insurance.facts import FACTS
    from era_engine.rulebook.wording import condition_words

    outcome = {"post": "post", "manual": "needs review", "hold": "hold", "warn": "warning only"}[rule.then]
    click.echo(f"{rule.id}{'' if rule.enabled else ' (switched off)'} -> {outcome}  [{place}]")
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
        click.echo(f"  waits for {rule.waits_for}: every run decides it again")
    if rule.fixed:
        click.echo("  always holds: [holds] in era.toml cannot make it a warning")
    click.echo("")
