"""Proof that a rule set decides every claim exactly once, or the claim that shows where it does not.

Every question is asked of the solver over all claims there can be. A claim it finds is tried again on the conditions
themselves before it is told.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from era_engine.foundation.errors import EraError
from era_engine.insurance.facts import FACTS
from era_engine.rulebook.condition import Condition
from era_engine.rulebook.solver import Claims
from era_engine.rulebook.vocabulary import Facts
from era_engine.rulebook.wording import shown

if TYPE_CHECKING:
    from era_engine.rulebook.reading import Rule, RuleSet

_MOST_NEAREST = 3
_T = TypeVar("_T")


class Unsound(NamedTuple):
    """What is wrong with some rules, and a claim that shows it (None where the point is that there is none).

    `rules`: their ids, the one to look at first before the others; `problem` goes on after their places are named.
    """

    problem: str
    rules: tuple[str, ...]
    claim: Facts | None = None


def unsound(rule_set: "RuleSet", own: Iterable[str] = ()) -> Iterator[Unsound]:
    """Everything that is wrong with a rule set.

    Each claim that no hold with `fixed: true` catches must meet exactly one row; other holds may be set to warn, and
    the table has to decide then. `own`: ids of holds that a practice adds; a row all of whose claims they catch is
    no fault, since who adds a hold cannot change the table.
    """
    added = frozenset(own)
    rules = (*rule_set.rows, *rule_set.reversals, *rule_set.holds)
    claims = Claims(condition for rule in rules for condition in rule.when)
    caught = [hold for hold in rule_set.holds if _always_holds(hold) and hold.id not in added]
    for table, where in _tables(rule_set, claims):
        gets_there = (claims.is_claim, where, ~claims.any_met(hold.when for hold in caught))
        yield from _gap(rule_set, table, claims, gets_there, caught)
        for one, other in combinations(table, 2):
            yield from _overlap(one, other, claims, gets_there, caught)
        for row in table:
            yield from _dead_row(row, claims, where, caught)
    for hold in rule_set.holds:
        if not claims.can(claims.met(hold.when)):
            yield Unsound(f"no claim can meet this hold: {_contradiction(hold, claims)}", (hold.id,))
    yield from _contradictions([hold for hold in rule_set.holds if hold.enabled], claims)


def never_reached(rule_set: "RuleSet") -> Iterator[tuple["Rule", list["Rule"]]]:
    """Rows to which no claim gets while the holds are as they are, each with the holds in front of it.

    No fault, where not all of these holds are fixed: a row must be there for the day one of them is set to warn.
    """
    claims = Claims(c for rule in (*rule_set.rows, *rule_set.reversals, *rule_set.holds) for c in rule.when)
    holds = [hold for hold in rule_set.holds if hold.enabled and hold.then == "hold"]
    for table, where in _tables(rule_set, claims):
        for row in table:
            if front := _in_front(row, claims, where, holds):
                yield row, front


def _always_holds(hold: "Rule") -> bool:
    return hold.enabled and hold.fixed


def _tables(rule_set: "RuleSet", claims: Claims) -> Iterator[tuple[Sequence["Rule"], object]]:
    """Each table with the claims it is for, as `RuleSet.table` chooses it."""
    reversal = claims.known("reversal_posts")
    if rule_set.reversals:
        yield rule_set.reversals, reversal
        yield rule_set.rows, ~reversal
    else:
        yield rule_set.rows, claims.is_claim


def _gap(
    rule_set: "RuleSet", table: Sequence["Rule"], claims: Claims, gets_there: tuple[object, ...], caught: list["Rule"]
) -> Iterator[Unsound]:
    undecided = (*gets_there, ~claims.any_met(row.when for row in table))
    holds = [hold for hold in rule_set.holds if hold.enabled and hold.then == "hold"]
    claim = claims.example(*undecided, ~claims.any_met(hold.when for hold in holds)) or claims.example(*undecided)
    if claim is None:
        return
    _tried(not any(_fires(rule, claim) for rule in (*table, *caught)))
    nearest = sorted(table, key=lambda row: len(_unmet(row, claim)))
    fewest = len(_unmet(nearest[0], claim))
    nearest = [row for row in nearest if len(_unmet(row, claim)) == fewest][:_MOST_NEAREST]
    problem = f"no row decides {_told(claim, table)}; nearest: "
    problem += ", ".join(f"{{{row.id}}} ({_conditions(_unmet(row, claim))} not met)" for row in nearest)
    if loose := [hold for hold in holds if _fires(hold, claim)]:
        names = ", ".join(f"{{{hold.id}}}" for hold in loose)
        problem += f"; caught only by {names}, which era.toml may set to warn: write `fixed: true`, or add a row"
    yield Unsound(problem, tuple(row.id for row in nearest), claim)


def _overlap(
    one: "Rule", other: "Rule", claims: Claims, gets_there: tuple[object, ...], caught: list["Rule"]
) -> Iterator[Unsound]:
    claim = claims.example(*gets_there, claims.met(one.when), claims.met(other.when))
    if claim is None:
        return
    _tried(_fires(one, claim) and _fires(other, claim) and not any(_fires(hold, claim) for hold in caught))
    against = "" if one.then == other.then else f", one to {one.then} and one to {other.then},"
    told = _told(claim, (one, other))
    yield Unsound(f"rows {{{one.id}}} and {{{other.id}}} both decide{against} {told}", (other.id, one.id), claim)


def _dead_row(row: "Rule", claims: Claims, where: object, caught: list["Rule"]) -> Iterator[Unsound]:
    if not claims.can(claims.is_claim, where, claims.met(row.when)):
        yield Unsound(f"no claim can meet this row: {_contradiction(row, claims, where)}", (row.id,))
    elif front := _in_front(row, claims, where, caught):
        names = " and ".join(f"{{{hold.id}}}" for hold in front)
        yield Unsound(f"no claim gets to this row: {names} holds each that meets it", (row.id, *(h.id for h in front)))


def _in_front(row: "Rule", claims: Claims, where: object, holds: list["Rule"]) -> list["Rule"]:
    """The fewest of these holds that catch each claim which meets the row; none where one gets to it."""

    def catch_all(some: Sequence["Rule"]) -> bool:
        met = (claims.is_claim, where, claims.met(row.when))
        return not claims.can(*met, ~claims.any_met(hold.when for hold in some))

    return _fewest(holds, catch_all) if catch_all(holds) else []


def _contradictions(holds: Sequence["Rule"], claims: Claims) -> Iterator[Unsound]:
    """A hold and a warning with the same conditions, however they are written."""
    for one, other in combinations(holds, 2):
        if one.then == other.then:
            continue
        met, others = claims.met(one.when), claims.met(other.when)
        if claims.can(met != others) or (claim := claims.example(met, others)) is None:
            continue
        _tried(_fires(one, claim) and _fires(other, claim))
        problem = f"{{{one.id}}} is to {one.then} and {{{other.id}}} to {other.then} for the same claims, such as "
        yield Unsound(problem + _told(claim, (one, other)), (other.id, one.id), claim)


def _contradiction(rule: "Rule", claims: Claims, where: object = None) -> str:
    """The fewest conditions that no claim meets together."""
    here = () if where is None else (claims.is_claim, where)
    needed = _fewest(rule.when, lambda conditions: not claims.can(*here, claims.met(conditions)))
    together = " together" if len(needed) > 1 else ""
    return f"{_conditions(needed)} never holds{together}" if needed else "its table decides no such claim"


def _fewest(of: Sequence[_T], enough: Callable[[Sequence[_T]], bool]) -> list[_T]:
    """What remains when everything is left out that can be."""
    left = list(of)
    for each in of:
        without = [other for other in left if other is not each]
        if enough(without):
            left = without
    return left


def _fires(rule: "Rule", claim: Facts) -> bool:
    return all(condition.met(claim) for condition in rule.when)


def _unmet(rule: "Rule", claim: Facts) -> list[Condition]:
    return [condition for condition in rule.when if not condition.met(claim)]


def _tried(shows_it: bool) -> None:
    if not shows_it:
        raise EraError(
            "The solver found a claim that does not show what it should.", "This is a bug in era-engine: report it."
        )


def _conditions(conditions: Iterable[Condition]) -> str:
    """As a rule file writes them, amounts in dollars."""
    return ", ".join(f"`{each.fact}: {_written(each)}`" for each in conditions)


def _written(condition: Condition) -> str:
    wanted = condition.wanted if isinstance(condition.wanted, tuple) else (condition.wanted,)
    values = ", ".join(str(each).lower() if isinstance(each, bool) else shown(condition.fact, each) for each in wanted)
    values = f"[{values}]" if isinstance(condition.wanted, tuple) else values
    return values if condition.op == "is" else f"{{{condition.op}: {values}}}"


def _told(claim: Facts, rules: Iterable["Rule"]) -> str:
    """A claim by the facts these rules ask, and by whatever makes it another than an ordinary one."""
    asked = {name for rule in rules for c in rule.when for name in (c.fact, c.other_fact) if name}
    facts = [name for name in FACTS if name in asked or _strange(name, claim)]
    values = (f"{name} {shown(name, claim[name]) if name in claim else 'not known'}" for name in facts)
    return f"a claim with {', '.join(values)}"


def _strange(name: str, claim: Facts) -> bool:
    return name in claim and FACTS[name].kind != "cents" and claim[name] != FACTS[name].usual
