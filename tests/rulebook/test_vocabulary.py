"""A vocabulary contradicts itself nowhere, and the rule book has none of its own."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from other_tables import ATTEMPTS

import era_engine.rulebook
from era_engine.insurance.table import INSURANCE
from era_engine.rulebook.condition import Condition
from era_engine.rulebook.facts import Fact
from era_engine.rulebook.solver import Situations
from era_engine.rulebook.vocabulary import Outcome, RuleFile, Where


def test_situations_of_a_table_without_anything_beside_it_are_all_decided() -> None:
    situations = Situations(ATTEMPTS, (Condition("due", "is", True),))
    assert not situations.can(~situations.is_decided)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"held": "sleep"}, "sleep is no outcome"),
        ({"where": {"attempt": Where()}}, "mandate_active is known of `active plan`, which `where` does not explain"),
        (
            {"facts": {**ATTEMPTS.facts, "due": Fact("flag", "due", "attempt", 1)}},
            "what is usual of due is no flag",
        ),
        (
            {"facts": {**ATTEMPTS.facts, "decline_class": Fact("code", "-", "attempt", "no", values=("yes",))}},
            "what is usual of decline_class is none of its values",
        ),
        (
            {"where": {**ATTEMPTS.where, "sometimes": Where((Condition("deu", "is", True),))}},
            "there is no fact deu",
        ),
        (
            {
                "facts": {**ATTEMPTS.facts, "due": Fact("flag", "due", "b", True)},
                "where": {**ATTEMPTS.where, "b": Where(of="beside")},
            },
            "due is usual, and not known of an attempt",
        ),
        ({"outcomes": (*ATTEMPTS.outcomes, Outcome("hold", False, "-", "-"))}, "outcomes are called alike, or hold or"),
        (
            {"files": (RuleFile("holds.yaml", "holds", "-"),)},
            "one file, and one alone, must have the rows that no fact",
        ),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "",
)
def test_a_vocabulary_that_contradicts_itself_cannot_be_made(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        replace(ATTEMPTS, **wrong)


# none of its own

PACKAGE = Path(era_engine.rulebook.__file__)  # which says, in words, where a newcomer finds the rules
SOURCES = sorted(path for path in PACKAGE.parent.glob("*.py") if path != PACKAGE)
SHOWN_TO_PEOPLE = ("claim_alert", "patient_icon")  # keys of indicators.yaml, which all tables have


def domain_words() -> set[str]:
    """Facts of the insurance table that are no everyday words, its files and the nouns of its business."""
    facts = {name for name in INSURANCE.facts if "_" in name}
    files = {file.name for file in INSURANCE.files}
    return facts | files | {"insurance", "claim", "claims", "payment", "payer", "remittance", "patient", "plan", "835"}


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_the_rule_book_names_no_fact_file_or_outcome_of_a_table(source: Path) -> None:
    text = source.read_text(encoding="utf-8")
    for key in SHOWN_TO_PEOPLE:
        text = text.replace(key, "")
    named = [word for word in sorted(domain_words()) if re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text)]
    assert named == []
    quoted = {name for name in (*INSURANCE.facts, *INSURANCE.outcome_names) if f'"{name}"' in text}
    assert quoted == set()
