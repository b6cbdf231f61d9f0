"""What has to be known of holds beyond whether they fire: by the facts they ask, whatever a practice calls them."""

from collections.abc import Collection, Iterable

from era_engine.rulebook.condition import Condition
from era_engine.rulebook.rule import Rule

# Doubts beside which a write-off over the limit is not told: it may be what they are about.
DOUBTS_TOLD_ONCE = (
    Condition("claim_balances", "is", False),
    Condition("charge_matches", "is", False),
    Condition("already_posted", "is", True),
    Condition("adjustments_to_review", "more_than", 0),
)

# What is asked of a claim as a whole, and answered anew when all parts of a split claim are there.
_ASKED_OF_THE_WHOLE = frozenset(
    ["rest_of_claim_awaited", "match_candidates", "already_posted", "charge_matches", "procedures_match"]
)


def asks(rule: Rule, facts: Collection[str]) -> bool:
    """Whether a condition of the rule is about one of these facts."""
    return any(condition.fact in facts for condition in rule.when)


def doubts_held(holds: Iterable[Rule]) -> frozenset[Condition]:
    """Which of the doubts that are told once surely keep a claim from posting: a hold in force asks nothing else."""
    in_force = {hold.when for hold in holds if hold.enabled and hold.then == "hold"}
    return frozenset(doubt for doubt in DOUBTS_TOLD_ONCE if (doubt,) in in_force)


def on_taking_back(holds: Iterable[Rule]) -> list[Rule]:
    """The holds in force that keep whatever a person took back, in their order."""
    taken_back = (Condition("taken_back", "is", True),)
    return [hold for hold in holds if hold.enabled and hold.then == "hold" and hold.when == taken_back]


def released_together(holds: Iterable[Rule]) -> frozenset[str]:
    """Ids of the holds that a part of a split claim loses when the other parts are there."""
    return frozenset(hold.id for hold in holds if asks(hold, _ASKED_OF_THE_WHOLE))
