"""Proof that a table of rows decides every claim exactly once."""

from collections.abc import Iterator, Sequence
from itertools import islice, product

from era_engine.decisions.condition import Condition
from era_engine.decisions.facts import FACTS, Facts, FactValue

_MOST_CASES = 20_000  # beyond that the table is not tried; deciding still insists on exactly one row
_MOST_SHOWN = 3
_LEAST = {"plan_count": 1}  # a claim was sent to at least one plan
_BASE = 10_000


def table_faults(rows: Sequence[tuple[str, Sequence[Condition]]]) -> Iterator[tuple[int | None, str]]:
    """Try the rows, each an id and its conditions, on either side of every value they name.

    Yields (position of the row or None, what is wrong) for the first few cases that no row or several rows decide.
    """
    values = _values_to_try([condition for _, when in rows for condition in when])
    cases = 1
    for choices in values.values():
        cases *= len(choices)
    if cases > _MOST_CASES:
        return
    yield from islice(_wrong_cases(rows, values), _MOST_SHOWN)


# What may be unknown of a claim. No row can decide then, so a hold has to, and must not be switched off.
_CANNOT = "no row can decide"
_UNKNOWN: tuple[tuple[str, Facts, str], ...] = (
    ("a claim the office does not have", {"claim_found": False}, _CANNOT),
    ("a claim whose expected amount the office does not know", {"claim_found": True, "expected_known": False}, _CANNOT),
    ("a claim with an unreadable amount", {"amounts_readable": False}, _CANNOT),
)
# What the books could not bear, whatever an office's own rules say.
_MUST_NOT = "must never post by itself"
_NEVER: tuple[tuple[str, Facts, str], ...] = (
    ("a claim that a payment is posted against", {"already_posted": True}, _MUST_NOT),
    ("a write-off above what is left to write off", {"write_off_over_limit": True}, _MUST_NOT),
    ("a posting that a person took back", {"taken_back": True}, _MUST_NOT),
)


def uncaught_unknowns(holds: Sequence[Sequence[Condition]]) -> Iterator[str]:
    """What is wrong where no enabled hold, each given by its conditions, catches what must not get to the table."""
    for claim, facts, why in (*_UNKNOWN, *_NEVER):
        if not any(all(condition.met(facts) for condition in when) for when in holds):
            asked = ", ".join(f"{name}: {str(value).lower()}" for name, value in facts.items())
            yield f"no enabled hold catches {claim} (when: {{{asked}}}), which {why}"


def _wrong_cases(
    rows: Sequence[tuple[str, Sequence[Condition]]], values: dict[str, list[FactValue]]
) -> Iterator[tuple[int | None, str]]:
    several: set[tuple[int, ...]] = set()
    for combination in product(*values.values()):
        facts: Facts = dict(zip(values, combination, strict=True))
        fired = tuple(n for n, (_, when) in enumerate(rows) if all(condition.met(facts) for condition in when))
        if len(fired) == 1 or fired in several:
            continue
        case = ", ".join(f"{name} {str(value).lower()}" for name, value in facts.items())
        if not fired:
            yield None, f"no row decides {case}"
        else:
            several.add(fired)
            yield fired[-1], f"rows {' and '.join(rows[n][0] for n in fired)} both decide {case}"


def _values_to_try(conditions: Sequence[Condition]) -> dict[str, list[FactValue]]:
    """For each fact the rows ask about: the values they name, and the neighbours of each."""
    tried: dict[str, set[FactValue]] = {}
    for condition in conditions:
        own = tried.setdefault(condition.fact, set())
        if condition.other_fact is not None:
            tried.setdefault(condition.other_fact, set()).add(_BASE)
            own |= _around(condition.fact, _BASE)
            continue
        wanted = condition.wanted if isinstance(condition.wanted, tuple) else (condition.wanted,)
        for value in wanted:
            own |= _around(condition.fact, value)
    return {name: sorted(values, key=str) for name, values in tried.items()}


def _around(fact: str, value: FactValue) -> set[FactValue]:
    if isinstance(value, bool):
        return {True, False}
    if isinstance(value, str):
        return {value, value + "?"}
    least = _LEAST.get(fact, 0) if FACTS[fact].kind == "count" else value - 1
    return {near for near in (value - 1, value, value + 1) if near >= least}
