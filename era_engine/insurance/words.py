"""What the insurance table says in its own words: amounts paid and reversed, the minimum, switches and plans."""

from collections.abc import Sequence

from era_engine.foundation.money import dollars
from era_engine.rulebook.condition import Condition
from era_engine.rulebook.facts import Facts, FactValue
from era_engine.rulebook.rule import Rule
from era_engine.rulebook.vocabulary import Words
from era_engine.rulebook.wording import missing

_PAID_ENOUGH = Condition("paid_cents", "at_least", "minimum_cents")


def _decided(row: Rule, facts: Facts) -> str | None:
    if "reversal_posts" in facts:
        if row.then == "post":
            return f"Reversed: {_reversed(facts)}. {facts.get('reversal_of', row.because)}"
        return f"Needs review: {row.because}"  # never one number that a setting could change
    return _posted(row, facts) if row.then == "post" else None


def _posted(row: Rule, facts: Facts) -> str:
    paid, written_off = _amount(facts.get("paid_cents")), facts.get("write_off_cents")
    and_wrote_off = f" and wrote off {_amount(written_off)}" if written_off else ""
    if not facts.get("paid_cents") and facts.get("expected_cents") == 0:
        return f"Posted $0.00{and_wrote_off}: nothing was expected and nothing was paid."
    why = f"the payment is at least {_minimum(facts)}." if _PAID_ENOUGH in row.when else row.because
    if isinstance(parts := facts.get("parts"), int) and parts > 1:
        for_this_part = and_wrote_off and f"{and_wrote_off} for this part"
        return f"Posted 1 of {parts} parts ({paid} paid in total){for_this_part}: {why}"
    return f"Posted {paid}{and_wrote_off}: {why}"


def _besides(facts: Facts) -> str | None:
    """What posting on trial would have done."""
    if facts.get("shadow_outcome") != "post":
        return None
    if "reversal_posts" in facts:
        return f"On trial: it would have reversed {_amount(_negated(facts.get('paid_cents')))}."
    written_off = facts.get("write_off_cents")
    and_written_off = f" and written off {_amount(written_off)}" if written_off else ""
    return f"On trial: it would have posted {_amount(facts.get('paid_cents'))}{and_written_off}."


def _change(condition: Condition, facts: Facts) -> str | None:
    """The table's own switches, the patient's plans and the minimum have words of their own."""
    actual = facts.get(condition.fact)
    match condition.fact:
        case "plan_count":
            return f"the patient has {actual} active insurance plan{'' if actual == 1 else 's'}"
        case "several_plans_proven" if "proof" in facts:
            return f"the patient has {facts.get('plan_count', 'unknown')} active insurance plans, {facts['proof']}"
        case "posting_active":
            return f"{facts.get('mode', 'auto')} posting is {'on' if actual else 'off'}"
        case "write_offs_active":
            return f"automatic write-off posting is {'on' if actual else 'off'}"
    short = missing(condition, facts)
    if short is not None and condition.other_fact == "minimum_cents" and "minimum_percent" in facts:
        return f"{dollars(short)} short of {facts['minimum_percent']} %"
    return None


def _reason(condition: Condition, facts: Facts) -> str | None:
    short = missing(condition, facts) if condition == _PAID_ENOUGH else None
    if short is None:
        return None
    return f"paid {_amount(facts['paid_cents'])} is {dollars(short)} short of {_minimum(facts)}"


def _margin(row: Rule, facts: Facts) -> str | None:
    """How far the payment is above the minimum."""
    paid, minimum = facts.get("paid_cents"), facts.get("minimum_cents")
    if _PAID_ENOUGH not in row.when or not isinstance(paid, int) or not isinstance(minimum, int):
        return None
    return f"{dollars(paid - minimum)} above the minimum" if paid > minimum else "exactly the minimum"


def _counts_plans(unmet: Sequence[Condition], facts: Facts) -> bool:
    """Where a proof for several plans was asked for, it is what failed, not the number of plans."""
    return "proof" in facts and any(condition.fact == "plan_count" for condition in unmet)


def _minimum(facts: Facts) -> str:
    """The minimum payment: `95 % ($182.40) of the $192.00 expected`, as far as it is known."""
    minimum, percent, expected = (facts.get(name) for name in ("minimum_cents", "minimum_percent", "expected_cents"))
    if percent is None or expected is None:
        return f"the minimum of {_amount(minimum)}"
    return f"{percent} % ({_amount(minimum)}) of the {_amount(expected)} expected"


def _reversed(facts: Facts) -> str:
    """What a reversal reverses, whose own amounts are negated: `$90.65 payment and $79.35 write-off`."""
    payment = f"{_amount(_negated(facts.get('paid_cents')))} payment"
    write_off = _negated(facts.get("write_off_cents"))
    return f"{payment} and {_amount(write_off)} write-off" if write_off else payment


def _negated(cents: FactValue | None) -> int | None:
    return -cents if isinstance(cents, int) else None


def _amount(cents: FactValue | None) -> str:
    return dollars(cents) if isinstance(cents, int) else "unknown"


WORDS = Words(
    decided=_decided, besides=_besides, change=_change, reason=_reason, margin=_margin, beside_the_point=_counts_plans
)
