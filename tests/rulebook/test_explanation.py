"""Explanations: the sentence a biller reads, every rule and condition, and what would have posted the claim."""

import json
from dataclasses import asdict, replace
from typing import Any

import pytest
from decision_cases import ORDINARY, any_facts, cases, facts_of, nearly_ordinary_facts
from hypothesis import given, settings

from era_engine.foundation.shipped import shipped
from era_engine.insurance.table import INSURANCE
from era_engine.rulebook.decision import decide
from era_engine.rulebook.engine import Engine, EngineError
from era_engine.rulebook.explanation import ConditionTrace, explain
from era_engine.rulebook.facts import FactValue
from era_engine.rulebook.loading import load_rule_set

SHIPPED = load_rule_set(shipped("rules"), INSURANCE)
ENGINE = Engine(SHIPPED)


@pytest.mark.parametrize("case", cases("explanations"), ids=lambda case: case["name"])
def test_what_a_biller_reads(case: dict[str, Any]) -> None:
    facts = facts_of(case)
    explanation = explain(SHIPPED, facts)
    assert decide(ENGINE, facts).explanation == case["explanation"]
    assert explanation.sentence == case["explanation"]
    assert explanation.smallest_change == case.get("smallest_change")
    assert [change.words for change in explanation.changes] == case.get("changes", [])
    assert list(explanation.not_known) == case.get("not_known", [])
    assert explanation.margin == case.get("margin")


@settings(max_examples=300)
@given(nearly_ordinary_facts())
def test_an_explanation_agrees_with_the_decision(facts: dict[str, FactValue]) -> None:
    decision, explanation = decide(ENGINE, facts), explain(SHIPPED, facts)
    assert (explanation.outcome, explanation.rule, explanation.holds) == decision[:3]
    assert explanation.sentence == decision.explanation


@given(any_facts())
def test_whatever_is_known_is_explained(facts: dict[str, FactValue]) -> None:
    explanation = explain(SHIPPED, facts)
    assert json.loads(json.dumps(asdict(explanation)))["outcome"] == explanation.outcome
    if explanation.outcome is None:
        with pytest.raises(EngineError):
            decide(ENGINE, facts)


@settings(max_examples=300)
@given(nearly_ordinary_facts())
def test_the_changes_named_are_enough_to_post(facts: dict[str, FactValue]) -> None:
    """With each hold that fired remedied and each fact as needed, the claim posts."""
    explanation = explain(SHIPPED, facts)
    remedied = replace(SHIPPED, holds=tuple(hold for hold in SHIPPED.holds if hold.id not in explanation.holds))
    needed = {change.fact: change.needed for change in explanation.changes if change.fact and change.needed is not None}
    assert decide(Engine(remedied), facts | needed).outcome == "post"


@settings(max_examples=100)
@given(nearly_ordinary_facts())
def test_no_change_named_can_be_left_out(facts: dict[str, FactValue]) -> None:
    changes = explain(SHIPPED, facts).changes
    for left_out in changes:
        made = [change for change in changes if change != left_out]
        remedied = {change.hold for change in made}
        rules = replace(SHIPPED, holds=tuple(hold for hold in SHIPPED.holds if hold.id not in remedied))
        needed = {change.fact: change.needed for change in made if change.fact and change.needed is not None}
        assert explain(rules, facts | needed).outcome == "manual"


def test_each_rule_is_shown_with_its_reason_and_reference() -> None:
    traces = explain(SHIPPED, ORDINARY).rules
    assert [trace.id for trace in traces] == [rule.id for rule in (*SHIPPED.rows, *SHIPPED.holds)]
    assert [trace.id for trace in traces if trace.fired] == ["single-plan-at-least-minimum-write-offs-on"]
    assert all(trace.because and trace.reference and trace.conditions for trace in traces)


def test_each_condition_is_shown_with_its_values() -> None:
    trace = explain(SHIPPED, ORDINARY | {"paid_cents": 17820}).rules[0]
    assert [condition.result for condition in trace.conditions] == ["pass", "pass", "fail", "pass"]
    assert trace.conditions[2] == ConditionTrace(
        fact="paid_cents",
        meaning="what this remittance pays on this claim (CLP04)",
        op="at_least",
        wanted=18240,
        wanted_fact="minimum_cents",
        wanted_words="at least $182.40",
        actual=17820,
        actual_words="$178.20",
        result="fail",
    )


def test_a_condition_on_what_is_not_known_is_neither_pass_nor_fail() -> None:
    facts = {name: value for name, value in ORDINARY.items() if name != "minimum_cents"}
    payment = explain(SHIPPED, facts).rules[0].conditions[2]
    assert (payment.result, payment.wanted, payment.wanted_words) == ("unknown", None, "at least unknown")


def test_a_hold_switched_off_is_shown_and_does_not_fire() -> None:
    rules = replace(SHIPPED, holds=tuple(hold._replace(enabled=False) for hold in SHIPPED.holds))
    explanation = explain(rules, ORDINARY | {"denied": True})
    [trace] = [trace for trace in explanation.rules if trace.id == "denied"]
    assert (trace.enabled, trace.fired, trace.conditions[0].result) == (False, False, "pass")
    assert explanation.outcome == "post"


def test_a_practice_that_never_posts_still_gets_its_reason() -> None:
    rows = tuple(row._replace(then="manual") for row in SHIPPED.rows)
    explanation = explain(replace(SHIPPED, rows=rows), ORDINARY)
    assert explanation.sentence.startswith("Needs review: The payment meets the minimum")
    assert (explanation.smallest_change, explanation.changes) == (None, ())
