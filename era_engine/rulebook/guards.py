"""What must not get to the table, whatever a practice's own rules or settings say."""

from collections.abc import Iterator, Sequence

from era_engine.rulebook.condition import Condition
from era_engine.rulebook.vocabulary import Facts

# What may be unknown of a claim. No row can decide then, so a hold has to, and must not be switched off.
_CANNOT = "no row can decide"
_UNKNOWN: tuple[tuple[str, Facts, str], ...] = (
    ("a claim payment with no matching claim", {"claim_found": False}, _CANNOT),
    (
        "a claim with an unknown expected amount",
        {"claim_found": True, "expected_known": False},
        _CANNOT,
    ),
    ("a claim with an unreadable amount", {"amounts_readable": False}, _CANNOT),
)
# What the books could not bear, whatever a practice's own rules say.
_MUST_NOT = "must never post by itself"
_NEVER: tuple[tuple[str, Facts, str], ...] = (
    ("a claim that already has a payment posted", {"already_posted": True}, _MUST_NOT),
    ("a write-off above the amount left to write off", {"write_off_over_limit": True}, _MUST_NOT),
    ("a posting that a person undid", {"taken_back": True}, _MUST_NOT),
)


def uncaught_unknowns(holds: Sequence[Sequence[Condition]]) -> Iterator[str]:
    """What is wrong where no enabled hold, each given by its conditions, catches what must not get to the table."""
    for claim, facts, why in (*_UNKNOWN, *_NEVER):
        if not any(all(condition.met(facts) for condition in when) for when in holds):
            asked = ", ".join(f"{name}: {str(value).lower()}" for name, value in facts.items())
            yield f"no enabled hold catches {claim} (when: {{{asked}}}), which {why}"
