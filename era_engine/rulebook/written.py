"""Conditions as a rule file writes them, and an example of the proof by its facts; amounts in dollars."""

from collections.abc import Iterable

from era_engine.rulebook.condition import Condition
from era_engine.rulebook.facts import Facts
from era_engine.rulebook.rule import Rule
from era_engine.rulebook.vocabulary import Vocabulary
from era_engine.rulebook.wording import shown


def conditions_written(vocabulary: Vocabulary, conditions: Iterable[Condition]) -> str:
    """`owed_cents: {more_than: $1.00}`, each in backticks, with commas between."""
    return ", ".join(f"`{condition.fact}: {_written(vocabulary, condition)}`" for condition in conditions)


def example_told(vocabulary: Vocabulary, example: Facts, rules: Iterable[Rule]) -> str:
    """An example by the facts these rules ask, and by whatever makes it another than an ordinary one."""
    asked = {name for rule in rules for c in rule.when for name in (c.fact, c.other_fact) if name}
    facts = [name for name in vocabulary.facts if name in asked or _strange(vocabulary, name, example)]
    values = (f"{name} {shown(vocabulary, name, example[name]) if name in example else 'not known'}" for name in facts)
    return f"{vocabulary.a_subject} with {', '.join(values)}"


def _written(vocabulary: Vocabulary, condition: Condition) -> str:
    wanted = condition.wanted if isinstance(condition.wanted, tuple) else (condition.wanted,)
    values = ", ".join(
        str(value).lower() if isinstance(value, bool) else shown(vocabulary, condition.fact, value) for value in wanted
    )
    values = f"[{values}]" if isinstance(condition.wanted, tuple) else values
    return values if condition.op == "is" else f"{{{condition.op}: {values}}}"


def _strange(vocabulary: Vocabulary, name: str, example: Facts) -> bool:
    fact = vocabulary.facts[name]
    return name in example and fact.kind != "cents" and example[name] != fact.usual
