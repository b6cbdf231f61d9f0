"""What must not get to the table, whatever a practice's own rules or settings say."""

from collections.abc import Iterator, Sequence

from era_engine.rulebook.condition import Condition
from era_engine.rulebook.vocabulary import MustHold


def uncaught(must_hold: Sequence[MustHold], holds: Sequence[Sequence[Condition]]) -> Iterator[str]:
    """What is wrong where no enabled hold, each given by its conditions, catches what must not get to the table."""
    for what, facts, why in must_hold:
        if not any(all(condition.met(facts) for condition in when) for when in holds):
            asked = ", ".join(f"{name}: {str(value).lower()}" for name, value in facts.items())
            yield f"no enabled hold catches {what} (when: {{{asked}}}), which {why}"
