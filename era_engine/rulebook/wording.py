"""Facts and conditions in words: those of the domain where it has some, else general ones."""

from era_engine.foundation.money import dollars
from era_engine.rulebook.condition import Condition, Op
from era_engine.rulebook.facts import Facts, FactValue
from era_engine.rulebook.vocabulary import Vocabulary

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


def shown(vocabulary: Vocabulary, fact: str, value: FactValue | tuple[FactValue, ...] | None) -> str:
    """A value as people read it: cents as `$1,234.50`, a flag as yes or no, what is not known as `unknown`."""
    if value is None:
        return "unknown"
    if isinstance(value, tuple):
        return ", ".join(shown(vocabulary, fact, one) for one in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return dollars(value) if vocabulary.facts[fact].kind == "cents" else str(value)
    return value


def wanted_words(vocabulary: Vocabulary, condition: Condition, facts: Facts) -> str:
    """What a condition asks for: `at least $182.40`, `yes`, `one of 1, 2`."""
    return _OPS[condition.op] + shown(vocabulary, condition.fact, condition.wanted_of(facts))


def condition_words(vocabulary: Vocabulary, condition: Condition) -> str:
    """The same whatever the facts, another fact by its meaning: `at least the smallest amount that …`."""
    other = condition.other_fact
    if other is not None:
        return _OPS[condition.op] + vocabulary.facts[other].meaning
    return _OPS[condition.op] + shown(vocabulary, condition.fact, condition.wanted)


def message_words(vocabulary: Vocabulary, message: str, facts: Facts) -> str:
    """A hold's message with its `{fact_name}` filled in."""
    return message.format_map(_Shown(vocabulary, facts))


class _Shown:
    def __init__(self, vocabulary: Vocabulary, facts: Facts) -> None:
        self._vocabulary, self._facts = vocabulary, facts

    def __getitem__(self, fact: str) -> str:
        return shown(self._vocabulary, fact, self._facts.get(fact))


def change_words(vocabulary: Vocabulary, condition: Condition, facts: Facts) -> str:
    """What stands in the way of a condition, in short, such as `$4.20 short of $182.40`."""
    for fact in (condition.fact, condition.other_fact):
        if fact is not None and fact not in facts:
            return f"{vocabulary.facts[fact].meaning}: not known"
    own = vocabulary.words.change(condition, facts)
    if own is not None:
        return own
    wanted, short = condition.wanted_of(facts), missing(condition, facts)
    if short is not None and vocabulary.facts[condition.fact].kind == "cents":
        return f"{dollars(short)} short of {shown(vocabulary, condition.fact, wanted)}"
    actual = shown(vocabulary, condition.fact, facts.get(condition.fact))
    return f"{vocabulary.facts[condition.fact].meaning}: {actual}, must be {wanted_words(vocabulary, condition, facts)}"


def reason_words(vocabulary: Vocabulary, condition: Condition, facts: Facts) -> str:
    """The same at length, as part of a sentence: `$178.20 is $4.20 short of …`."""
    return vocabulary.words.reason(condition, facts) or change_words(vocabulary, condition, facts)


def missing(condition: Condition, facts: Facts) -> int | None:
    """How much a number lacks to be `at least` another; None for any other condition, and where one is not known."""
    actual, wanted = facts.get(condition.fact), condition.wanted_of(facts)
    if condition.op != "at_least" or not isinstance(actual, int) or not isinstance(wanted, int):
        return None
    return wanted - actual
