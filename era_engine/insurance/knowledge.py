"""What is true of every claim, whatever the rules say: when a fact is known, and what some facts say about others.

The proof of a rule set rests on this. The tests hold it against the facts of every decision on the samples.
"""

from collections.abc import Mapping
from typing import NamedTuple

from era_engine.insurance.facts import FACTS
from era_engine.rulebook.condition import Condition
from era_engine.rulebook.vocabulary import Facts, FactValue

_FOUND = Condition("claim_found", "is", True)
REVERSAL = Condition("claim_status", "is", "22")


class Where(NamedTuple):
    """A fact is known where all of `when` are met; elsewhere it is not, unless it `may` be."""

    when: tuple[Condition, ...] = ()
    may: bool = False


WHERE: Mapping[str, Where] = {
    "payment": Where(),
    "claim payment": Where(),
    "readable": Where((Condition("amounts_readable", "is", True),), may=True),
    "claim found": Where((_FOUND,)),
    "amount expected": Where((_FOUND, Condition("expected_known", "is", True))),
    "not reversed": Where((_FOUND, REVERSAL._replace(op="is_not"))),
    "reversal": Where((REVERSAL,)),
    "adjustment": Where(may=True),  # `when` cannot say it; the solver and `ordinary_claim` know
    "sometimes": Where(may=True),
}


class Axiom(NamedTuple):
    """Where all of `when` are met, `then` is met as well, or its fact is not known."""

    when: tuple[Condition, ...]
    then: Condition
    because: str


AXIOMS: tuple[Axiom, ...] = (
    Axiom(
        (Condition("partial_payment_accepted", "is", True),),
        Condition("paid_cents", "less_than", "minimum_cents"),
        "A payment that reaches the minimum percentage is not a partial payment.",
    ),
    Axiom(
        (Condition("several_plans_proven", "is", True),),
        Condition("plan_count", "more_than", 1),
        "The proof is asked for only when the patient has several insurance plans.",
    ),
    Axiom(
        (Condition("reversal_posts", "is", True),),
        Condition("posting_active", "is", True),
        "A reversal posts by itself only when payments do.",
    ),
    Axiom(
        (Condition("reversal_posts", "is", True),),
        Condition("write_offs_active", "is", True),
        "A reversal reverses the write-off, too.",
    ),
    Axiom((), Condition("minimum_cents", "at_most", "expected_cents"), "A percentage is at most 100."),
    Axiom((_FOUND,), Condition("match_candidates", "at_least", 1), "The claim payment itself is open."),
)


def ordinary_claim(given: Mapping[str, FactValue | None]) -> Facts:
    """The facts of a claim that is ordinary but for what is given, None for what is not known.

    What is not known of such a claim is left out: of one the practice does not have, nobody knows the number of plans.
    What is given stands all the same.
    """
    facts = {name: fact.usual for name, fact in FACTS.items() if fact.usual is not None} | dict(given)
    known = {name: value for name, value in facts.items() if value is not None}
    return {
        name: value
        for name, value in known.items()
        if name in given or all(condition.met(known) for condition in WHERE[FACTS[name].known].when)
    }
