"""What a file says of facts, checked against those there are: `when` and `message` of a rule, `given` of a case."""

from collections.abc import Iterator, Mapping
from string import Formatter
from typing import Any, NamedTuple

from era_engine.rulebook.condition import CHOICES, COMPARISONS, OPS_OF_KIND, Condition, Op
from era_engine.rulebook.facts import LARGEST, TYPE_OF_KIND, Fact, Kind
from era_engine.rulebook.files import Faults, Source, Steps, did_you_mean
from era_engine.rulebook.schema import as_written

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


class Written(NamedTuple):
    """A file that speaks of facts. What is wrong with anything read from it goes to `faults`."""

    source: Source
    facts: Mapping[str, Fact]
    faults: Faults

    def conditions(self, when: Any, steps: Steps) -> tuple[Condition, ...]:
        """The conditions of one rule: `fact: value` is equality; `fact: {op: operand, …}` one for each operator."""
        return tuple(self._conditions(when, steps)) if isinstance(when, dict) else ()

    def is_fact(self, name: str, steps: Steps) -> bool:
        """Whether there is such a fact."""
        if name not in self.facts:
            self._wrong(steps, f"there is no fact `{name}`{did_you_mean(name, self.facts)}", *self.facts)
        return name in self.facts

    def is_value(self, name: str, given: Any, steps: Steps) -> bool:
        """Whether what is written is a value of this fact."""
        kind = self.facts[name].kind
        if type(given) is not TYPE_OF_KIND[kind]:
            self._wrong(steps, f"`{name}` is {_KINDS[kind]}, not {as_written(given)}", *_ALLOWED_OF_KIND[kind])
            return False
        if isinstance(given, int) and abs(given) > LARGEST:
            self._wrong(steps, f"{given} is too large", f"up to {LARGEST}")
            return False
        return True

    def check_message(self, message: Any, steps: Steps) -> None:
        """Every `{…}` in a message must be the plain name of a fact."""
        if not isinstance(message, str):
            return
        try:
            parts = list(Formatter().parse(message))
        except ValueError:
            self._wrong(steps, "`message` has a brace without its partner", "{fact_name}", "{{ for a brace itself")
            return
        for _, name, form, conversion in parts:
            if name is None:
                continue
            if name not in self.facts:
                close = did_you_mean(name, self.facts)
                self._wrong(steps, f"`message` shows `{{{name}}}`, which is no fact{close}", *self.facts)
            elif form or conversion:
                self._wrong(steps, f"`message` shows `{{{name}}}` with a format", f"{{{name}}} alone")

    def _wrong(self, steps: Steps, problem: str, *allowed: str) -> None:
        self.faults.at(self.source, steps, problem, allowed)

    def _conditions(self, when: dict[str, Any], steps: Steps) -> Iterator[Condition]:
        for name, given in when.items():
            here = (*steps, name)
            if not self.is_fact(name, here):
                continue
            if not isinstance(given, dict):
                if self.is_value(name, given, here):
                    yield Condition(name, "is", given)
            elif not given:
                self._wrong(here, f"`{name}` has no condition", "a value", *OPS_OF_KIND[self.facts[name].kind])
            else:
                for op, operand in given.items():
                    yield from self._condition(name, op, operand, (*here, op))

    def _condition(self, name: str, written_op: str, operand: Any, steps: Steps) -> Iterator[Condition]:
        kind = self.facts[name].kind
        op: Op | None = next((op for op in OPS_OF_KIND[kind] if op == written_op), None)
        if op is None:
            self._unknown_op(name, written_op, steps)
        elif op in CHOICES:
            yield from self._choice(name, op, operand, steps)
        elif op in COMPARISONS and isinstance(operand, str):
            same_kind = [other for other, fact in self.facts.items() if fact.kind == kind and other != name]
            if operand in same_kind:
                yield Condition(name, op, operand)
            else:
                problem = f"`{name}` is {_KINDS[kind]} and cannot be compared with `{operand}`"
                problem += did_you_mean(operand, same_kind)
                self._wrong(steps, problem, *_ALLOWED_OF_KIND[kind], *same_kind)
        elif self.is_value(name, operand, steps):
            yield Condition(name, op, operand)

    def _unknown_op(self, name: str, written: str, steps: Steps) -> None:
        kind = self.facts[name].kind
        ops = OPS_OF_KIND[kind]
        known = any(written in others for others in OPS_OF_KIND.values())
        problem = (
            f"`{written}` cannot be asked of `{name}`, {_KINDS[kind]}" if known else f"there is no operator `{written}`"
        )
        self._wrong(steps, problem + did_you_mean(written, ops), "a value alone", *ops)

    def _choice(self, name: str, op: Op, operand: Any, steps: Steps) -> Iterator[Condition]:
        if not isinstance(operand, list) or not operand:
            allowed = ", ".join(_ALLOWED_OF_KIND[self.facts[name].kind])
            self._wrong(steps, f"`{op}` needs a list of values", f"[{allowed}, …]")
            return
        values = [self.is_value(name, value, (*steps, n)) for n, value in enumerate(operand)]
        if not all(values):
            return
        # A value listed twice would let the rule fire twice for one set of facts.
        if len(set(operand)) < len(operand):
            self._wrong(steps, f"`{op}` lists a value twice")
            return
        yield Condition(name, op, tuple(operand))
