"""The `when` and `message` of a rule, as written in a file, checked against the declared facts."""

from collections.abc import Iterator
from string import Formatter
from typing import Any

from era_engine.insurance.facts import FACTS
from era_engine.rulebook.condition import CHOICES, COMPARISONS, OPS_OF_KIND, Condition, Op
from era_engine.rulebook.files import Faults, Source, Steps, did_you_mean
from era_engine.rulebook.schema import as_written
from era_engine.rulebook.vocabulary import LARGEST, FactValue, Kind

TYPE_OF_KIND: dict[Kind, type[FactValue]] = {"flag": bool, "count": int, "cents": int, "code": str, "text": str}
_KINDS: dict[Kind, str] = {
    "flag": "a flag",
    "count": "a count",
    "cents": "an amount in cents",
    "code": "a code",
    "text": "text",
}
_ALLOWED_OF_KIND: dict[Kind, tuple[str, ...]] = {
    "flag": ("true", "false"),
    "count": ("a whole number",),
    "cents": ("a whole number of cents",),
    "code": ('text in quotes, like "22"',),
    "text": ("text in quotes",),
}


def read_conditions(when: Any, source: Source, steps: Steps, faults: Faults) -> tuple[Condition, ...]:
    """The conditions of one rule; what is wrong with any of them goes to `faults`.

    `fact: value` is equality; `fact: {op: operand, …}` one condition for each operator.
    """
    return tuple(_conditions(when, source, steps, faults)) if isinstance(when, dict) else ()


def _conditions(when: dict[str, Any], source: Source, steps: Steps, faults: Faults) -> Iterator[Condition]:
    for name, given in when.items():
        here = (*steps, name)
        if name not in FACTS:
            faults.at(source, here, f"there is no fact `{name}`{did_you_mean(name, FACTS)}", FACTS)
        elif not isinstance(given, dict):
            if is_literal(name, given, source, here, faults):
                yield Condition(name, "is", given)
        elif not given:
            faults.at(source, here, f"`{name}` has no condition", ("a value", *OPS_OF_KIND[FACTS[name].kind]))
        else:
            for op, operand in given.items():
                yield from _condition(name, op, operand, source, (*here, op), faults)


def _condition(
    name: str, written_op: str, operand: Any, source: Source, steps: Steps, faults: Faults
) -> Iterator[Condition]:
    kind = FACTS[name].kind
    ops = OPS_OF_KIND[kind]
    op: Op | None = next((op for op in ops if op == written_op), None)
    if op is None:
        known = any(written_op in others for others in OPS_OF_KIND.values())
        problem = (
            f"`{written_op}` cannot be asked of `{name}`, {_KINDS[kind]}"
            if known
            else f"there is no operator `{written_op}`"
        )
        faults.at(source, steps, problem + did_you_mean(written_op, ops), ("a value alone", *ops))
    elif op in CHOICES:
        yield from _choice(name, op, operand, source, steps, faults)
    elif op in COMPARISONS and isinstance(operand, str):
        same_kind = [other for other, fact in FACTS.items() if fact.kind == kind and other != name]
        if operand in same_kind:
            yield Condition(name, op, operand)
        else:
            problem = f"`{name}` is {_KINDS[kind]} and cannot be compared with `{operand}`"
            problem += did_you_mean(operand, same_kind)
            faults.at(source, steps, problem, (*_ALLOWED_OF_KIND[kind], *same_kind))
    elif is_literal(name, operand, source, steps, faults):
        yield Condition(name, op, operand)


def _choice(name: str, op: Op, operand: Any, source: Source, steps: Steps, faults: Faults) -> Iterator[Condition]:
    if not isinstance(operand, list) or not operand:
        faults.at(
            source, steps, f"`{op}` needs a list of values", (f"[{', '.join(_ALLOWED_OF_KIND[FACTS[name].kind])}, …]",)
        )
        return
    literal = [is_literal(name, value, source, (*steps, n), faults) for n, value in enumerate(operand)]
    if not all(literal):
        return
    # A value listed twice would let the rule fire twice for one claim.
    if len(set(operand)) < len(operand):
        faults.at(source, steps, f"`{op}` lists a value twice")
        return
    yield Condition(name, op, tuple(operand))


def is_literal(name: str, given: Any, source: Source, steps: Steps, faults: Faults) -> bool:
    """Whether what is written is a value of this fact; what is wrong with it goes to `faults`."""
    kind = FACTS[name].kind
    if type(given) is not TYPE_OF_KIND[kind]:
        faults.at(source, steps, f"`{name}` is {_KINDS[kind]}, not {as_written(given)}", _ALLOWED_OF_KIND[kind])
        return False
    if isinstance(given, int) and abs(given) > LARGEST:
        faults.at(source, steps, f"{given} is too large", (f"up to {LARGEST}",))
        return False
    return True


def check_message(message: Any, source: Source, steps: Steps, faults: Faults) -> None:
    """Every `{…}` in a message must be the plain name of a fact."""
    if not isinstance(message, str):
        return
    try:
        parts = list(Formatter().parse(message))
    except ValueError:
        faults.at(source, steps, "`message` has a brace without its partner", ("{fact_name}", "{{ for a brace itself"))
        return
    for _, name, form, conversion in parts:
        if name is None:
            continue
        if name not in FACTS:
            faults.at(
                source, steps, f"`message` shows `{{{name}}}`, which is no fact{did_you_mean(name, FACTS)}", FACTS
            )
        elif form or conversion:
            faults.at(source, steps, f"`message` shows `{{{name}}}` with a format", (f"{{{name}}} alone",))
