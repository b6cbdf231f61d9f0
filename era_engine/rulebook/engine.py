"""The rules, compiled to durable_rules, which evaluates them. No other module imports it.

durable's C module is called directly, the way `durable.engine` calls it: no timer threads, and no actions whose
exceptions would vanish into a state. What else has to be minded is said where it matters.
"""

import json
import threading
import weakref
from collections.abc import Iterable
from json.encoder import encode_basestring_ascii
from types import ModuleType
from typing import Any

from era_engine.foundation.errors import EraError, InstallationError
from era_engine.rulebook.condition import Condition
from era_engine.rulebook.facts import LARGEST, TYPE_OF_KIND, Facts
from era_engine.rulebook.rule import Rule
from era_engine.rulebook.rule_set import RuleSet

_OPERATORS = {"at_least": "$gte", "at_most": "$lte", "more_than": "$gt", "less_than": "$lt", "is_not": "$neq"}
_READY = "READY"  # no fact and no rule is written in capitals


class EngineError(EraError):
    """Something could not be decided through our own fault; the run stops rather than guess."""

    def __init__(self, problem: str, remedy: str = "This is a bug in era-engine: report it. Nothing was done.") -> None:
        super().__init__(problem, remedy)


class Engine:
    """A rule set ready to decide. Cheap to use, some milliseconds to make; usable from several threads and after a
    fork, and pickled as its rule set. Raises InstallationError where durable_rules cannot be loaded.
    """

    def __init__(self, rule_set: RuleSet) -> None:
        self.rule_set = rule_set
        self._durable = _durable()
        declared = rule_set.vocabulary.facts
        self._declared = declared.keys()
        rules = [*rule_set.every_row, *(hold for hold in rule_set.holds if hold.enabled)]
        self._definition = json.dumps({_READY: {"all": [{"m": {_READY: 1}}]}, **{r.id: _compiled(r) for r in rules}})
        self._asked = [
            (name, declared[name].kind, TYPE_OF_KIND[declared[name].kind], f'"{name}":')
            for name in sorted(_facts_asked(rules))
        ]
        self._lock = threading.Lock()
        self._start()

    def __reduce__(self) -> tuple[type["Engine"], tuple[RuleSet]]:
        return Engine, (self.rule_set,)

    def fired(self, facts: Facts) -> frozenset[str]:
        """The ids of all rows and enabled holds whose conditions these facts meet.

        Raises EngineError for facts that are not declared or not of their declared type, and where durable fails.
        """
        message = self._message(facts)
        with self._lock:
            try:
                return frozenset(self._match(message))
            except BaseException as error:
                # A fact left behind, or an action left open, would falsify every later answer: start afresh.
                self._stop()
                self._start()
                if isinstance(error, self._durable.error):
                    raise EngineError(f"durable_rules could not evaluate the rules: {error}.") from error
                raise

    def _start(self) -> None:
        """Compile the rules, and fire one that is always there: durable may delete a state only after an action
        has run in it, because until then it would free memory it never set.
        """
        try:
            self._handle = self._durable.create_ruleset(self.rule_set.vocabulary.name, self._definition)
            self._match(f'{{"id":"1","{_READY}":1}}')
        except self._durable.error as error:
            raise EngineError(
                f"durable_rules cannot compile the rules: {error}.", "Write a rule with fewer lists, or split it."
            ) from error
        self._stop = weakref.finalize(self, _release, self._durable, self._handle)
        self._stop.atexit = False

    def _message(self, facts: Facts) -> str:
        """The facts that some rule asks about, as JSON, each checked: durable would take "5" or true for a number."""
        if not facts.keys() <= self._declared:
            raise EngineError(f"Facts that are not declared: {', '.join(sorted(facts.keys() - self._declared))}.")
        parts = ['"id":"1"']
        for name, kind, type_of_kind, key in self._asked:
            value = facts.get(name)
            if value is None:
                continue
            if type(value) is not type_of_kind:
                raise _wrong_fact(name, kind, value)
            if isinstance(value, bool):
                parts.append(f"{key}true" if value else f"{key}false")
            elif isinstance(value, str):
                parts.append(key + encode_basestring_ascii(value))
            elif -LARGEST <= value <= LARGEST:
                parts.append(f"{key}{value}")
            else:
                raise _wrong_fact(name, kind, value)
        return "{" + ",".join(parts) + "}"

    def _match(self, message: str) -> list[str]:
        """Assert the fact, collect the rules it fires, retract it. Retracting is twice as fast as a new state."""
        durable, handle = self._durable, self._handle
        outcome, state = durable.assert_fact(handle, message)
        if outcome == 1:  # no rule is met: the fact was not kept
            return []
        if outcome != 0:
            raise EngineError(f"durable_rules did not take the facts (outcome {outcome}).")
        fired = []
        started = durable.start_action_for_state(handle, state)
        action = started[1] if started else None
        while action is not None:
            fired.append(action[2 : action.index('"', 2)])  # {"rule-id":{"m":{…the fact…}}}
            action = durable.complete_and_start_action(handle, state)
        durable.retract_fact(handle, '{"id":"1"}')
        return fired


def _wrong_fact(name: str, kind: str, value: object) -> EngineError:
    return EngineError(f"The fact {name} must be a {kind}, not {type(value).__name__}, or it is too large.")


def _durable() -> ModuleType:
    """Loaded late, so that what does not decide runs, and starts, without it."""
    try:
        import durable_rules_engine  # type: ignore[import-not-found]
    except ImportError as error:
        raise InstallationError(
            f"durable_rules, which evaluates the rules, cannot be loaded: {error}.",
            "Use Python 3.11 or newer, make sure there is a C compiler (on Debian: apt-get install build-essential), "
            'and run `CC="cc -DPyEval_CallObject=PyObject_CallObject" pip install --force-reinstall --no-cache-dir '
            "--no-binary durable-rules durable-rules==2.0.28`.",
        ) from error
    module: ModuleType = durable_rules_engine
    return module


def _release(durable: ModuleType, handle: int) -> None:
    durable.delete_state(handle, "0")
    durable.delete_ruleset(handle)


def _facts_asked(rules: Iterable[Rule]) -> set[str]:
    conditions = [condition for rule in rules for condition in rule.when]
    return {name for condition in conditions for name in (condition.fact, condition.other_fact) if name}


def _compiled(rule: Rule) -> dict[str, Any]:
    terms = [term for condition in rule.when for term in _terms(condition)]
    return {"all": [{"m": {"$and": terms} if len(terms) > 1 else terms[0]}]}


def _terms(condition: Condition) -> list[dict[str, Any]]:
    fact, op, wanted, other = condition.fact, condition.op, condition.wanted, condition.other_fact
    if isinstance(wanted, tuple):
        if op == "one_of":
            return [{"$or": [{fact: value} for value in wanted]}]
        return [{"$neq": {fact: value}} for value in wanted]
    if op == "is":
        return [{fact: wanted}]
    if other is None:
        return [{_OPERATORS[op]: {fact: wanted}}]
    # Against a fact that is absent durable compares with whatever the memory holds, so ask first that it exists.
    return [{"$ex": {other: 1}}, {_OPERATORS[op]: {fact: {"$m": other}}}]
