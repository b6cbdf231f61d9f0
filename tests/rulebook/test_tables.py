"""The rule book on tables the product does not have: whatever they are about is read, proven, tried and explained."""

import json
import pickle
import runpy
from dataclasses import asdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from other_tables import ATTEMPTS, MEMBERSHIP, TABLES, attempt
from where import ROOT

from era_engine.rulebook.decision import decide
from era_engine.rulebook.engine import Engine, EngineError
from era_engine.rulebook.explanation import explain
from era_engine.rulebook.facts import Fact, FactValue
from era_engine.rulebook.loading import load_rule_set
from era_engine.rulebook.reading import rule_set_from_json
from era_engine.rulebook.trying import try_cases
from era_engine.rulebook.vocabulary import Vocabulary, ordinary

BOTH = pytest.mark.parametrize("vocabulary", [ATTEMPTS, MEMBERSHIP], ids=lambda vocabulary: vocabulary.name)
RULE_SETS = {vocabulary.name: load_rule_set(TABLES, vocabulary) for vocabulary in (ATTEMPTS, MEMBERSHIP)}
ENGINES = {name: Engine(rule_set) for name, rule_set in RULE_SETS.items()}
MUTATING = runpy.run_path(str(ROOT / "scripts" / "mutate_rules.py"), run_name="mutating")


@BOTH
def test_every_case_comes_out_and_every_change_of_a_rule_is_noticed(vocabulary: Vocabulary) -> None:
    assert try_cases(TABLES, vocabulary).failed == ()
    ends = [(mutant.was.id, mutant.change, end) for mutant, end in MUTATING["tried"](TABLES, vocabulary)]
    assert [each for each in ends if each[2] == "survived"] == []
    assert {rule for rule, _, _ in ends} == {rule.id for rule in RULE_SETS[vocabulary.name].rules}


def test_every_other_outcome_of_a_row_is_tried() -> None:
    [row] = [row for row in RULE_SETS["attempts"].rows if row.id == "too-soon"]
    changes = [mutant.change for mutant in MUTATING["mutants"](row, ATTEMPTS)]
    assert changes[:3] == ["then: charge", "then: ask-for-card", "then: stop"]


@BOTH
def test_a_rule_set_is_stored_restored_and_pickled_whole(vocabulary: Vocabulary) -> None:
    rule_set = RULE_SETS[vocabulary.name]
    assert rule_set_from_json(rule_set.to_json(), vocabulary) == rule_set
    assert pickle.loads(pickle.dumps(rule_set)) == rule_set
    facts = ordinary(vocabulary, {})
    assert decide(pickle.loads(pickle.dumps(ENGINES[vocabulary.name])), facts) == decide(Engine(rule_set), facts)


def test_one_file_may_have_rows_and_holds() -> None:
    rule_set = RULE_SETS["attempts"]
    assert [hold.id for hold in rule_set.holds] == ["outcome-unknown", "paid-outside-plan"]
    assert list(json.loads(rule_set.to_json())) == ["attempts.yaml", "indicators.yaml"]


def test_a_table_adds_indicators_to_those_of_all() -> None:
    assert list(RULE_SETS["attempts"].indicators) == ["done", "look", "quiet"]
    assert list(RULE_SETS["membership"].indicators) == ["done", "look", "quiet", "office-mismatch"]
    assert RULE_SETS["membership"].shown("office-mismatch").icon_drawing == "triangle"
    assert RULE_SETS["membership"].shown("what a person did").word == "left"


# decided and explained


@pytest.mark.parametrize(
    ("given", "outcome", "sentence", "changes"),
    [
        ({}, "charge", "$128.58 to be charged: The instalment is due.", []),
        ({"due": False, "asked_by_person": True}, "charge", "$128.58 to be charged: Somebody asked to pay it now.", []),
        (
            {"due": False},
            "wait",
            "Not charged now: the instalment is due: no, must be yes.",
            ["the instalment is due: no, must be yes"],
        ),
        (
            {"attempts_in_30_days": 15, "decline_class": "later"},
            "ask-for-card",
            "Another card is needed: 15 of 15 attempts are made.",
            ["15 of 15 attempts are made"],
        ),
        (
            {"plan_active": False},
            "stop",
            "Not charged any more: The plan is not active.",
            [],
        ),
        (
            {"unknown_open": True},
            "wait",
            "An attempt is open whose outcome is not known.",
            ["Look the attempt up at the processor."],
        ),
        (
            {"paid_outside_cents": 5000},
            "charge",
            "$128.58 to be charged: The instalment is due. $50.00 were paid outside the plan.",
            [],
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_attempt_comes_to_one_of_four_outcomes_and_says_why(
    given: dict[str, FactValue | None], outcome: str, sentence: str, changes: list[str]
) -> None:
    facts = attempt(**given)
    decision, explained = decide(ENGINES["attempts"], facts), explain(RULE_SETS["attempts"], facts)
    assert (decision.outcome, decision.explanation) == (outcome, sentence)
    assert (explained.outcome, explained.sentence) == (outcome, sentence)
    assert [change.words for change in explained.changes] == changes


def test_what_is_not_charged_for_want_of_one_thing_says_which() -> None:
    explained = explain(RULE_SETS["attempts"], attempt(mandate_active=False))
    assert explained.smallest_change == "a card may be charged for the plan: no, must be yes"
    assert [(each.fact, each.needed) for each in explained.changes] == [("mandate_active", True)]
    assert explain(RULE_SETS["attempts"], attempt(plan_active=False)).not_known[:1] == ("mandate_active",)


def test_a_refund_is_decided_by_the_table_that_its_fact_chooses() -> None:
    membership = ENGINES["membership"]
    assert decide(membership, ordinary(MEMBERSHIP, {})).rule == "as-in-the-portal"
    assert decide(membership, ordinary(MEMBERSHIP, {"refund_fits": True})).rule == "refund-of-what-was-posted"
    left = decide(membership, ordinary(MEMBERSHIP, {"refund_fits": False}))
    assert (left.outcome, left.explanation) == (
        "manual",
        "Needs review: a refund of exactly what was posted: no, must be yes.",
    )


def any_facts(vocabulary: Vocabulary) -> st.SearchStrategy[dict[str, FactValue]]:
    def values(fact: Fact) -> st.SearchStrategy[FactValue]:
        if fact.kind == "flag":
            return st.booleans()
        return st.integers(0, 16) if fact.kind in ("count", "cents") else st.sampled_from(fact.values or ("A", "B"))

    return st.fixed_dictionaries({}, optional={name: values(fact) for name, fact in vocabulary.facts.items()})


@BOTH
@settings(max_examples=100)
@given(data=st.data())
def test_engine_and_explanation_agree_whatever_is_known(vocabulary: Vocabulary, data: st.DataObject) -> None:
    facts = data.draw(any_facts(vocabulary))
    explained = explain(RULE_SETS[vocabulary.name], facts)
    assert json.loads(json.dumps(asdict(explained)))["outcome"] == explained.outcome
    if explained.outcome is None:
        with pytest.raises(EngineError, match=f"the same {vocabulary.subject}|decides an? {vocabulary.subject}"):
            decide(ENGINES[vocabulary.name], facts)
    else:
        assert decide(ENGINES[vocabulary.name], facts)[:3] == (explained.outcome, explained.rule, explained.holds)


@BOTH
def test_facts_of_another_table_are_not_taken(vocabulary: Vocabulary) -> None:
    with pytest.raises(EngineError, match="not declared: plan_count"):
        decide(ENGINES[vocabulary.name], {"plan_count": 1})
