"""One decision: what the rules that fired mean together."""

from typing import NamedTuple

from era_engine.rulebook.engine import Engine, EngineError
from era_engine.rulebook.explanation import sentence
from era_engine.rulebook.facts import Facts
from era_engine.rulebook.rule import Rule
from era_engine.rulebook.rule_set import RuleSet
from era_engine.rulebook.vocabulary import HOLD


class Decision(NamedTuple):
    """`outcome` is one of the vocabulary's. `rule` is the row of the table that fired, None where holds make the table
    moot; `holds` are all that fired, in file order, the first of which gives the indicators (their id); `warnings` are
    those that hold nothing.
    """

    outcome: str
    rule: str | None
    holds: tuple[str, ...]
    indicators: str
    explanation: str
    facts: Facts
    warnings: tuple[str, ...] = ()


def decide(engine: Engine, facts: Facts, rule_set: RuleSet | None = None) -> Decision:
    """Decide by these facts. Any hold leaves it at the held outcome, whatever the table says; without one, the one row
    decides.

    rule_set: the engine's with the holds otherwise set to hold or warn; None: the engine's own.
    Raises EngineError where no hold and not exactly one row fires: that is our own fault and stops the run.
    """
    rule_set = rule_set or engine.rule_set
    row, holds, warnings = fired_rules(engine, facts, rule_set)
    return Decision(
        outcome=rule_set.vocabulary.held if row is None else row.then,
        rule=row.id if row is not None else None,
        holds=tuple(hold.id for hold in holds),
        indicators=holds[0].show if row is None else row.show,
        explanation=sentence(rule_set, row, holds, facts, warnings),
        facts=facts,
        warnings=tuple(warning.id for warning in warnings),
    )


def fired_rules(engine: Engine, facts: Facts, rule_set: RuleSet) -> tuple[Rule | None, list[Rule], list[Rule]]:
    """The row that decides, None where holds make the table moot; the holds; and the warnings. Raises EngineError."""
    fired = engine.fired(facts)
    rows = [row for row in rule_set.table(facts) if row.id in fired]
    holds: list[Rule] = []
    warnings: list[Rule] = []
    if len(rows) < len(fired):
        for hold in rule_set.holds:
            if hold.id in fired:
                (holds if hold.then == HOLD else warnings).append(hold)
    if holds:
        return None, holds, warnings
    if len(rows) != 1:
        raise EngineError(
            _undecided([row.id for row in rows], engine, facts), "Check the rules with `era rules check`."
        )
    return rows[0], holds, warnings


def _undecided(fired: list[str], engine: Engine, facts: Facts) -> str:
    vocabulary = engine.rule_set.vocabulary
    if fired:
        return f"Several rows of the table decide the same {vocabulary.subject}: {', '.join(fired)}."
    asked = {name for row in engine.rule_set.table(facts) for c in row.when for name in (c.fact, c.other_fact) if name}
    unknown = ", ".join(sorted(asked - facts.keys())) or "none"
    return (
        f"No hold and no row of the table decides {vocabulary.a_subject}."
        f" Facts the table asks about that are not known: {unknown}."
    )
