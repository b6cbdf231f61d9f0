"""What is declared of the facts, held against those of decisions that were really made."""

from era_engine.insurance.table import INSURANCE
from era_engine.rulebook.condition import Condition
from era_engine.rulebook.facts import LARGEST, Facts


def undeclared(facts: Facts) -> list[str]:
    """What these facts have against the declarations; empty where nothing."""
    return [*_not_where_declared(facts), *_out_of_range(facts), *_against_axioms(facts)]


def _not_where_declared(facts: Facts) -> list[str]:
    wrong = []
    for name, fact in INSURANCE.facts.items():
        where = INSURANCE.where[fact.known]
        expected = where.of != "beside" and where.when is not None and _met(where.when, facts)
        if where.of == "beside" and name in facts:
            wrong.append(f"{name} is known of a claim")
        elif name not in facts and expected:
            wrong.append(f"{name} is not known")
        elif name in facts and not expected and not where.may:
            wrong.append(f"{name} is known")
    return wrong


def _out_of_range(facts: Facts) -> list[str]:
    wrong = []
    for name, value in facts.items():
        fact = INSURANCE.facts[name]
        if fact.values and value not in fact.values:
            wrong.append(f"{name} is {value}")
        if fact.kind in ("count", "cents"):
            least = fact.least if fact.least is not None else 0 if fact.kind == "count" else -LARGEST
            if not least <= int(value) <= LARGEST:
                wrong.append(f"{name} is {value}")
    return wrong


def _against_axioms(facts: Facts) -> list[str]:
    return [axiom.because for axiom in INSURANCE.axioms if _met(axiom.when, facts) and axiom.then.met(facts) is False]


def _met(conditions: tuple[Condition, ...], facts: Facts) -> bool:
    return all(condition.met(facts) for condition in conditions)
