"""What is true of every claim payment, whatever the rules say: when a fact is known, and what some facts say about
others.

The proof of the rules rests on this. The tests hold it against the facts of every decision on the samples.
"""

from collections.abc import Mapping

from era_engine.rulebook.condition import Condition
from era_engine.rulebook.vocabulary import Axiom, MustHold, Where

_FOUND = Condition("claim_found", "is", True)
_REVERSAL = Condition("claim_status", "is", "22")

WHERE: Mapping[str, Where] = {
    # every claim payment and every provider-level adjustment
    "payment": Where(of="both"),
    "claim payment": Where(),
    # a claim payment whose amounts can be read, perhaps another one as well
    "readable": Where((Condition("amounts_readable", "is", True),), may=True),
    # a claim payment for a claim of the practice; where the practice knows what to expect; that is no reversal
    "claim found": Where((_FOUND,)),
    "amount expected": Where((_FOUND, Condition("expected_known", "is", True))),
    "not reversed": Where((_FOUND, _REVERSAL._replace(op="is_not"))),
    "reversal": Where((_REVERSAL,)),
    # a provider-level adjustment alone, which no row decides
    "adjustment": Where(of="beside"),
    "sometimes": Where(None, may=True),
}


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

# What may be unknown of a claim: no row can decide then, so a hold has to, and must not be switched off. And what the
# books could not bear, whatever a practice's own rules say.
_CANNOT, _MUST_NOT = "no row can decide", "must never post by itself"
MUST_HOLD: tuple[MustHold, ...] = (
    MustHold("a claim payment with no matching claim", {"claim_found": False}, _CANNOT),
    MustHold(
        "a claim with an unknown expected amount",
        {"claim_found": True, "expected_known": False},
        _CANNOT,
    ),
    MustHold("a claim with an unreadable amount", {"amounts_readable": False}, _CANNOT),
    MustHold("a claim that already has a payment posted", {"already_posted": True}, _MUST_NOT),
    MustHold("a write-off above the amount left to write off", {"write_off_over_limit": True}, _MUST_NOT),
    MustHold("a posting that a person undid", {"taken_back": True}, _MUST_NOT),
)
