"""Facts and conditions in a biller's words."""

from era_engine.foundation.money import dollars
from era_engine.insurance.facts import FACTS
from era_engine.rulebook.condition import Condition, Op
from era_engine.rulebook.vocabulary import Facts, FactValue

_OPS: dict[Op, str] = {
    "is": "",
    "is_not": "anything but ",
    "at_least": "at least ",
    "at_most": "at most ",
    "more_than": "more than ",
    "less_than": "less than ",
    "one_of": "one of ",
    "none_of": "none of ",
}


def shown(fact: str, value: FactValue | tuple[FactValue, ...] | None) -> str:
    """A value as people read it: cents as `$1,234.50`, a flag as yes or no, what is not known as `unknown`."""
    if value is None:
        return "unknown"
    if isinstance(value, tuple):
        return ", ".join(shown(fact, one) for one in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return dollars(value) if FACTS[fact].kind == "cents" else str(value)
    return value


def wanted_words(condition: Condition, facts: Facts) -> str:
    """What a condition asks for: `at least $182.40`, `yes`, `one of 1, 2`."""
    return _OPS[condition.op] + shown(condition.fact, condition.wanted_of(facts))


def condition_words(condition: Condition) -> str:
    """The same for any claim, another fact by its meaning: `at least the smallest payment that …`."""
    other = condition.other_fact
    return _OPS[condition.op] + (shown(condition.fact, condition.wanted) if other is None else FACTS[other].meaning)


def message_words(message: str, facts: Facts) -> str:
    """A hold's message with its `{fact_name}` filled in."""
    return message.format_map(_Shown(facts))


class _Shown:
    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def __getitem__(self, fact: str) -> str:
        return shown(fact, self._facts.get(fact))


def minimum_words(facts: Facts) -> str:
    """The minimum payment: `95 % ($182.40) of the $192.00 expected`, as far as it is known."""
    minimum, percent, expected = (facts.get(name) for name in ("minimum_cents", "minimum_percent", "expected_cents"))
    amount = shown("minimum_cents", minimum)
    if percent is None or expected is None:
        return f"the minimum of {amount}"
    return f"{percent} % ({amount}) of the {shown('expected_cents', expected)} expected"


def change_words(condition: Condition, facts: Facts) -> str:
    """What stands in the way of a condition, in short: `$4.20 short of 95 %`, `write-off posting is off`."""
    known = _known_words(condition, facts)
    if known is not None:
        return known
    missing = _shortfall(condition, facts)
    if missing is not None and condition.other_fact == "minimum_cents" and "minimum_percent" in facts:
        return f"{dollars(missing)} short of {facts['minimum_percent']} %"
    if missing is not None:
        return f"{dollars(missing)} short of {shown(condition.fact, condition.wanted_of(facts))}"
    actual = shown(condition.fact, facts.get(condition.fact))
    return f"{FACTS[condition.fact].meaning}: {actual}, must be {wanted_words(condition, facts)}"


def reason_words(condition: Condition, facts: Facts) -> str:
    """The same at length, as part of a sentence: `paid $178.20 is $4.20 short of 95 % ($182.40) of the …`."""
    missing = _shortfall(condition, facts)
    if missing is None or (condition.fact, condition.other_fact) != ("paid_cents", "minimum_cents"):
        return change_words(condition, facts)
    return f"paid {shown('paid_cents', facts['paid_cents'])} is {dollars(missing)} short of {minimum_words(facts)}"


def _known_words(condition: Condition, facts: Facts) -> str | None:
    """The table's own switches and the patient's plans have words of their own."""
    actual = facts.get(condition.fact)
    for fact in (condition.fact, condition.other_fact):
        if fact is not None and fact not in facts:
            return f"{FACTS[fact].meaning}: not known"
    match condition.fact:
        case "plan_count":
            return f"the patient has {actual} active insurance plan{'' if actual == 1 else 's'}"
        case "several_plans_proven" if "proof" in facts:
            plans = shown("plan_count", facts.get("plan_count"))
            return f"the patient has {plans} active insurance plans, {facts['proof']}"
        case "posting_active":
            return f"{facts.get('mode', 'auto')} posting is {'on' if actual else 'off'}"
        case "write_offs_active":
            return f"automatic write-off posting is {'on' if actual else 'off'}"
    return None


def _shortfall(condition: Condition, facts: Facts) -> int | None:
    """Cents missing to reach `at least` some amount; None for any other condition."""
    actual, wanted = facts.get(condition.fact), condition.wanted_of(facts)
    if condition.op != "at_least" or FACTS[condition.fact].kind != "cents":
        return None
    return wanted - actual if isinstance(actual, int) and isinstance(wanted, int) else None
