"""Deciding: the table to the cent, every hold, and the engine that evaluates both."""

import gc
import multiprocessing
import pickle
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from decision_cases import ORDINARY, any_facts, cases, in_cents, nearly_ordinary_facts, values_of
from hypothesis import given, settings
from hypothesis import strategies as st

from era_engine.foundation.errors import InstallationError
from era_engine.foundation.shipped import shipped
from era_engine.insurance.facts import FACTS
from era_engine.insurance.table import INSURANCE
from era_engine.rulebook.cases import read_cases
from era_engine.rulebook.condition import COMPARISONS, OPS_OF_KIND, Condition
from era_engine.rulebook.decision import Decision, decide
from era_engine.rulebook.engine import Engine, EngineError
from era_engine.rulebook.facts import Facts, FactValue
from era_engine.rulebook.loading import load_rule_set
from era_engine.rulebook.reading import read_rules
from era_engine.rulebook.rule import Rule
from era_engine.rulebook.rule_set import RuleSet

SHIPPED = load_rule_set(shipped("rules"), INSURANCE)
ENGINE = Engine(SHIPPED)
TABLE_ALONE = Engine(replace(SHIPPED, holds=()))


def decided(facts: Facts) -> Decision:
    return decide(ENGINE, facts)


# the table


def test_every_claim_is_decided_by_the_row_the_practice_reads_in_the_table() -> None:
    """Each hand-worked minimum, one cent either side, with every number of plans and every switch."""
    table, switch = cases("table"), (True, False)
    claims = product(cases("minimums"), (1, 2, 3), switch, switch, (-1, 0, 1))
    for minimum, plans, posting, write_offs, cents_off in claims:
        rows = [
            row
            for row in table
            if row["plans"] == ("one" if plans == 1 else "several")
            and row["posting"] == posting
            and row["paid"] in ("any", "below" if cents_off < 0 else "at least")
            and row["write_offs"] in ("any", write_offs)
        ]
        assert len(rows) == 1
        facts = ORDINARY | {
            "plan_count": plans,
            "posting_active": posting,
            "write_offs_active": write_offs,
            "expected_cents": in_cents(minimum["expected"]),
            "minimum_percent": minimum["percent"],
            "minimum_cents": in_cents(minimum["minimum"]),
            "paid_cents": in_cents(minimum["minimum"]) + cents_off,
        }
        decision = decided(facts)
        found = (decision.outcome, decision.rule, decision.indicators)
        assert found == (rows[0]["outcome"], rows[0]["rule"], rows[0]["indicators"]), (minimum, facts)


def test_the_table_has_exactly_the_rows_the_practice_reads() -> None:
    assert [row["rule"] for row in cases("table")] == [row.id for row in SHIPPED.rows[:8]]


@pytest.mark.parametrize("case", cases("boundaries"), ids=lambda case: case["name"])
def test_a_claim_at_the_edge_of_the_table(case: dict[str, Any]) -> None:
    names = {
        "plans": "plan_count",
        "posting": "posting_active",
        "write_offs": "write_offs_active",
        "percent": "minimum_percent",
    }
    amounts = ("paid", "expected", "minimum")
    facts = dict(ORDINARY)
    for word, value in case["given"].items():
        facts[f"{word}_cents" if word in amounts else names[word]] = in_cents(value) if word in amounts else value
    decision = decided(facts)
    expected = case["expect"]
    assert (decision.outcome, decision.rule, decision.indicators) == (
        expected["outcome"],
        expected["rule"],
        expected["indicators"],
    )


@given(
    plans=st.integers(1, 9),
    posting=st.booleans(),
    write_offs=st.booleans(),
    paid=st.integers(-(10**18), 10**18),
    minimum=st.integers(0, 10**18),
)
def test_exactly_one_row_decides_whatever_the_table_facts_are(
    plans: int, posting: bool, write_offs: bool, paid: int, minimum: int
) -> None:
    facts = ORDINARY | {
        "plan_count": plans,
        "posting_active": posting,
        "write_offs_active": write_offs,
        "paid_cents": paid,
        "minimum_cents": minimum,
    }
    assert len(ENGINE.fired(facts)) == 1


# holds


def test_all_holds_at_once_are_kept_in_file_order() -> None:
    contradictory = {"forwarded-unprocessed", "predetermination", "reversal", "unknown-claim-status"}
    contradictory |= {"no-matching-claim", "forwarded-on", "processed-as-later-plan"}
    rest = [hold.id for hold in SHIPPED.holds if hold.id not in contradictory]
    shipped_cases = read_cases(shipped("rules") / "insurance", read_rules(shipped("rules"), INSURANCE))
    one_each = [case for case in shipped_cases if case.expected.holds in [(name,) for name in rest]]
    facts = dict(ORDINARY)
    for case in reversed(one_each):
        facts |= {name: value for name, value in case.given.items() if value is not None}
    facts |= {"expected_known": False, "posting_active": True, "plan_count": 1}
    assert list(decided(facts).holds) == rest


def test_a_hold_switched_off_does_not_hold() -> None:
    holds = tuple(hold._replace(enabled=hold.id != "denied") for hold in SHIPPED.holds)
    engine = Engine(replace(SHIPPED, holds=holds))
    assert decide(engine, ORDINARY | {"denied": True}).outcome == "post"
    assert decide(engine, ORDINARY | {"denied": True, "already_posted": True}).holds == ("already-posted",)


@settings(max_examples=300)
@given(nearly_ordinary_facts())
def test_holds_only_ever_turn_a_post_into_a_hold(facts: dict[str, FactValue]) -> None:
    table_alone = decide(TABLE_ALONE, facts)
    decision = decided(facts)
    if decision.holds:
        assert decision.outcome == "manual"
    else:
        assert (decision.outcome, decision.rule) == (table_alone.outcome, table_alone.rule)


# our own faults stop the run


def test_a_claim_that_no_row_decides_stops_the_run_and_names_what_is_not_known() -> None:
    facts = {name: value for name, value in ORDINARY.items() if name != "minimum_cents"}
    with pytest.raises(EngineError, match=r"no row of the table .* not known: minimum_cents"):
        decided(facts)


def test_a_claim_that_two_rows_decide_stops_the_run_and_names_them() -> None:
    twin = SHIPPED.rows[0]._replace(id="twin")
    with pytest.raises(EngineError, match="single-plan-at-least-minimum-write-offs-on, twin"):
        decide(Engine(replace(SHIPPED, rows=(*SHIPPED.rows, twin))), ORDINARY)


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("plan_count", True),
        ("plan_count", "1"),
        ("plan_count", 1.0),
        ("denied", 0),
        ("claim_status", 22),
        ("paid_cents", 2**63),
        ("paid_cents", -(2**63)),
    ],
)
def test_a_fact_of_another_type_is_refused_rather_than_compared(fact: str, value: Any) -> None:
    with pytest.raises(EngineError, match=f"The fact {fact} must be a"):
        ENGINE.fired(ORDINARY | {fact: value})


def test_a_misspelt_fact_is_refused_rather_than_ignored() -> None:
    with pytest.raises(EngineError, match="not declared: already_postd"):
        ENGINE.fired(ORDINARY | {"already_postd": True})


# the engine


def conditions() -> st.SearchStrategy[Condition]:
    return st.sampled_from(sorted(FACTS)).flatmap(conditions_on)


def conditions_on(fact: str) -> st.SearchStrategy[Condition]:
    kind = FACTS[fact].kind
    several = st.lists(values_of(fact), min_size=1, max_size=3, unique=True).map(tuple)
    same_kind = [other for other in FACTS if FACTS[other].kind == kind and other != fact]

    def with_op(op: Any) -> st.SearchStrategy[Condition]:
        if op in ("one_of", "none_of"):
            return st.builds(Condition, st.just(fact), st.just(op), several)
        operand = values_of(fact)
        if op in COMPARISONS:
            operand = operand | st.sampled_from(same_kind)
        return st.builds(Condition, st.just(fact), st.just(op), operand)

    return st.sampled_from(["is", *OPS_OF_KIND[kind]]).flatmap(with_op)


def rule_sets() -> st.SearchStrategy[RuleSet]:
    whens = st.lists(st.lists(conditions(), min_size=1, max_size=4).map(tuple), min_size=1, max_size=12)
    return whens.map(
        lambda many: replace(
            SHIPPED,
            rows=tuple(Rule(f"rule-{n}", "-", "-", when, "manual", "quiet") for n, when in enumerate(many)),
            holds=(),
            chosen={},
        )
    )


@settings(max_examples=150, deadline=None)
@given(rule_sets(), st.lists(any_facts(), min_size=1, max_size=6))
def test_durable_fires_the_rules_that_plain_python_finds_met(
    rules: RuleSet, claims: list[dict[str, FactValue]]
) -> None:
    engine = Engine(rules)
    for facts in claims:
        met = {row.id for row in rules.rows if all(condition.met(facts) for condition in row.when)}
        assert engine.fired(facts) == met


@settings(max_examples=300)
@given(any_facts())
def test_durable_fires_the_shipped_rules_that_plain_python_finds_met(facts: dict[str, FactValue]) -> None:
    rules = SHIPPED.rules
    assert ENGINE.fired(facts) == {rule.id for rule in rules if all(condition.met(facts) for condition in rule.when)}


def test_one_claim_leaves_nothing_behind_for_the_next() -> None:
    held = ORDINARY | {"denied": True, "claim_balances": False}
    assert [bool(decided(facts).holds) for facts in (ORDINARY, held, ORDINARY, held, ORDINARY)] == [0, 1, 0, 1, 0]


def test_after_a_failure_inside_durable_the_engine_decides_on() -> None:
    too_long = "9" * 2**24
    with pytest.raises(EngineError, match="durable_rules could not evaluate"):
        ENGINE.fired(ORDINARY | {"claim_status": too_long})
    assert decided(ORDINARY).outcome == "post"


def test_engines_of_different_rule_sets_stand_side_by_side() -> None:
    assert decide(TABLE_ALONE, ORDINARY | {"denied": True}).outcome == "post"
    assert decided(ORDINARY | {"denied": True}).outcome == "manual"


def test_threads_share_one_engine() -> None:
    claims = [ORDINARY | {"paid_cents": 18240 - n % 2, "denied": n % 3 == 0} for n in range(600)]
    alone = [decided(facts)[:3] for facts in claims]
    with ThreadPoolExecutor(4) as pool:
        assert [decision[:3] for decision in pool.map(decided, claims)] == alone


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_another_process_decides_the_same(method: str) -> None:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(method)) as pool:
        assert pool.submit(decide, ENGINE, ORDINARY).result() == decided(ORDINARY)


def test_an_engine_is_pickled_as_its_rule_set() -> None:
    assert decide(pickle.loads(pickle.dumps(ENGINE)), ORDINARY) == decided(ORDINARY)


@pytest.mark.skipif(sys.platform != "linux", reason="reads the memory in use from /proc")
def test_memory_stays_flat() -> None:
    """Over 100,000 decisions with and without holds, and over 50 engines made and dropped."""

    def pages() -> int:
        gc.collect()
        return int(Path("/proc/self/statm").read_text().split()[1])

    def decide_many(number: int) -> None:
        for n in range(number):
            ENGINE.fired(ORDINARY | {"paid_cents": 18000 + n % 500, "denied": n % 4 == 0, "conforms": n % 5 > 0})

    def make_engines(number: int) -> None:
        for _ in range(number):
            Engine(SHIPPED).fired(ORDINARY)

    decide_many(2_000)
    make_engines(5)
    before = pages()
    decide_many(100_000)
    make_engines(50)
    assert pages() - before < 1_000  # 4 MB


def test_a_missing_durable_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "durable_rules_engine", None)
    with pytest.raises(InstallationError, match="cannot be loaded") as error:
        Engine(SHIPPED)
    assert "Python 3.11 or newer" in error.value.remedy
    assert "C compiler" in error.value.remedy
