"""Two tables that the product does not have, after what comes next: attempts to charge an instalment, with four
outcomes, and payments of a membership. Their rules are in tests/rulebook/tables.
"""

from pathlib import Path

from where import TESTS

from era_engine.foundation.money import dollars
from era_engine.rulebook.condition import Condition
from era_engine.rulebook.facts import Fact, Facts, FactValue
from era_engine.rulebook.rule import Rule
from era_engine.rulebook.vocabulary import Axiom, MustHold, Outcome, RuleFile, Vocabulary, Where, Words, ordinary

TABLES = TESTS / "rulebook" / "tables"


def _charged(rule: Rule, facts: Facts) -> str | None:
    owed = facts.get("owed_cents")
    return f"{dollars(owed)} to be charged: {rule.because}" if rule.then == "charge" and isinstance(owed, int) else None


def _standing_in_the_way(condition: Condition, facts: Facts) -> str | None:
    if condition.fact == "attempts_in_30_days":
        return f"{facts['attempts_in_30_days']} of {facts['most_attempts']} attempts are made"
    return None


ATTEMPTS = Vocabulary(
    name="attempts",
    subject="attempt",
    facts={
        "plan_active": Fact("flag", "the payment plan is active", "attempt", True),
        "unknown_open": Fact("flag", "an attempt is open whose outcome is not known", "attempt", False),
        "owed_cents": Fact("cents", "owed on the instalment", "attempt", 12858),
        "mandate_active": Fact("flag", "a card may be charged for the plan", "active plan", True),
        "decline_class": Fact(
            "code", "what the last decline means", "active plan", "none", values=("none", "later", "never", "expired")
        ),
        "attempts_in_30_days": Fact("count", "attempts on this card in 30 days", "active plan", 0),
        "most_attempts": Fact("count", "attempts the card networks allow", "active plan", 15, least=1),
        "wait_hours_left": Fact("count", "hours to wait after the last decline", "active plan", 0),
        "due": Fact("flag", "the instalment is due", "active plan", True),
        "asked_by_person": Fact("flag", "somebody asked to pay it now", "active plan", False),
        "paid_outside_cents": Fact("cents", "paid beside the plan since", "sometimes", least=0),
    },
    where={
        "attempt": Where(),
        "active plan": Where((Condition("plan_active", "is", True),)),
        "sometimes": Where(None, may=True),
    },
    axioms=(
        Axiom(
            (Condition("wait_hours_left", "more_than", 0),),
            Condition("attempts_in_30_days", "at_least", 1),
            "One waits after an attempt.",
        ),
    ),
    outcomes=(
        Outcome("charge", acts=True, words="charge it", told="Charged"),
        Outcome("wait", acts=False, words="wait", told="Not charged now"),
        Outcome("ask-for-card", acts=False, words="ask for another card", told="Another card is needed"),
        Outcome("stop", acts=False, words="never charge it", told="Not charged any more"),
    ),
    held="wait",
    must_hold=(MustHold("an attempt beside an unknown one", {"unknown_open": True}, "might charge twice"),),
    files=(RuleFile("attempts.yaml", "both", "What becomes of an attempt:"),),
    words=Words(decided=_charged, change=_standing_in_the_way),
)

MEMBERSHIP = Vocabulary(
    name="membership",
    subject="membership payment",
    facts={
        "posting_active": Fact("flag", "membership payments may post", "payment", True),
        "portal_found": Fact("flag", "the portal knows the payment", "payment", True),
        "amount_cents": Fact("cents", "amount entered", "payment", 46800, least=1),
        "portal_cents": Fact("cents", "amount collected as the portal says it", "in the portal", 46800, least=1),
        "amount_agrees": Fact("flag", "entered is what was collected", "in the portal", True),
        "offices_agree": Fact("flag", "payment and plan are of one location", "payment", True),
        "payment_office": Fact("text", "location of the payment", "payment", "LPFD"),
        "plan_office": Fact("text", "location of the plan", "payment", "LPFD"),
        "refund_fits": Fact("flag", "a refund of exactly what was posted", "refund"),
    },
    where={
        "payment": Where(),
        "in the portal": Where((Condition("portal_found", "is", True),)),
        "refund": Where(None, may=True),
    },
    outcomes=(
        Outcome("post", acts=True, words="post", told="Posted"),
        Outcome("manual", acts=False, words="needs review", told="Needs review"),
    ),
    held="manual",
    files=(
        RuleFile("membership.yaml", "rows", "The table:"),
        RuleFile("refunds.yaml", "rows", "Refunds:", chosen_by="refund_fits", rows_for="for refunds"),
        RuleFile("holds.yaml", "holds", "Holds:"),
    ),
)


def attempt(**given: FactValue | None) -> dict[str, FactValue]:
    """An instalment of $128.58 that is due, but for what is given."""
    return dict(ordinary(ATTEMPTS, given))


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
