"""The rules of a table, and how its cases came out, in words for `era rules`."""

import re

import click

from era_engine.cli.output import Column, count, or_nothing, say, table
from era_engine.rulebook.reading import RulesRead
from era_engine.rulebook.rule import Rule
from era_engine.rulebook.rule_set import RuleSet
from era_engine.rulebook.trying import Tried
from era_engine.rulebook.vocabulary import Vocabulary
from era_engine.rulebook.wording import condition_words

_HOLDS = {"hold": "hold", "warn": "warning only"}


def counts(rules: RulesRead, rule_set: RuleSet) -> str:
    """`11 rows, 2 rows for reversals and 31 holds`."""
    rows = [count(len(rule_set.rows), "row")]
    for file in rule_set.vocabulary.files:
        if chosen := rule_set.chosen.get(file.chosen_by or ""):
            rows.append(f"{count(len(chosen), 'row')} {file.rows_for}")
    own = f", {len(rules.own)} of them the practice's own," if rules.own else ""
    return f"{', '.join(rows)} and {count(len(rule_set.holds), 'hold')}{own}"


def show_rules(rules: RulesRead, rule_set: RuleSet) -> None:
    """Every rule under the title of its file; what a practice adds follows the last."""
    titles = {file.name: file.title for file in rule_set.vocabulary.files}
    by_id = {rule.id: rule for rule in rule_set.rules}
    for name, (file, _) in rules.places.items():
        if title := titles.pop(file, None):
            click.echo(f"{title}\n")
        _show(by_id[name], rule_set.vocabulary, rules.place(name))
    click.echo(rule_set.content_hash)


def show_facts(vocabulary: Vocabulary) -> None:
    """Every fact with its kind, of what it is known, its usual value and its meaning."""
    facts = vocabulary.facts
    columns: tuple[Column[str], ...] = (
        Column("fact", str),
        Column("kind", lambda name: facts[name].kind),
        Column("known of", lambda name: facts[name].known),
        Column("usual", lambda name: or_nothing(facts[name].usual).lower()),
        Column("meaning", lambda name: facts[name].meaning),
    )
    table(columns, facts)


def show_tried(tried: Tried) -> None:
    """Each case that failed, with what was expected and what came; and how many were tried."""
    for case, by_engine, by_conditions in tried.failed:
        file, line = case.place
        say(f"✘ {file}:{line}: {case.name}\n    expected {case.expected}")
        if by_engine == by_conditions:
            say(f"    came     {by_engine}")
        else:
            say(f"    came     {by_engine} (by the rule engine), {by_conditions} (by the conditions)")
    if tried.failed:
        say(f"\n{count(len(tried.failed), 'case')} of {tried.cases} did not come out as expected.")
        return
    cases = count(tried.cases, "case")
    say(f"✔ {cases} came out as expected, for each of {tried.rules} rules one and a near miss.")


def _show(rule: Rule, vocabulary: Vocabulary, place: str) -> None:
    outcome = vocabulary.outcome(rule.then)
    end = _HOLDS[rule.then] if outcome is None else outcome.words
    click.echo(f"{rule.id}{'' if rule.enabled else ' (switched off)'} -> {end}  [{place}]")
    click.echo(f"  {rule.because} [{rule.reference}]")
    for condition in rule.when:
        meaning = vocabulary.facts[condition.fact].meaning
        click.echo(f"  when {meaning} ({condition.fact}): {condition_words(vocabulary, condition)}")
    if rule.message:
        click.echo(f"  says: {rule.message}")
    if rule.remedy:
        click.echo(f"  to do: {rule.remedy}")
    if rule.command:
        click.echo(f"  command: {re.sub('{(.*?)}', lambda filled_in: filled_in[1].upper(), rule.command)}")
    if rule.waits_for:
        click.echo(f"  waits for {rule.waits_for}: every run decides it again")
    if rule.fixed:
        click.echo("  always holds: [holds] in era.toml cannot make it a warning")
    click.echo("")
