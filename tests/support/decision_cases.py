"""The ordinary claim and the cases of tests/cases/decisions, which a biller can read and check."""

from typing import Any

import yaml
from hypothesis import strategies as st
from where import CASES

from era_engine.insurance.facts import FACTS
from era_engine.rulebook.facts import LARGEST, FactValue

# Matched, balanced, seen for the first time, paid as expected: posts.
ORDINARY: dict[str, FactValue] = {
    "plan_count": 1,
    "posting_active": True,
    "write_offs_active": True,
    "paid_cents": 19200,
    "minimum_cents": 18240,
    "mode": "auto",
    "minimum_percent": "95",
    "expected_cents": 19200,
    "charge_cents": 30000,
    "office_charge_cents": 30000,
    "write_off_cents": 6000,
    "patient_responsibility_cents": 4800,
    "claim_found": True,
    "claim_payments_for_claim": 1,
    "match_step": "claim-number",
    "match_candidates": 1,
    "partial_payment_accepted": False,
    "several_plans_proven": False,
    "plans_doubtful": False,
    "patient_matches": True,
    "charge_matches": True,
    "procedures_match": True,
    "expected_known": True,
    "already_posted": False,
    "secondary_before_primary": False,
    "claim_status": "1",
    "denied": False,
    "adjustments_to_review": 0,
    "review_reasons": "",
    "amounts_readable": True,
    "lines_balance": True,
    "claim_balances": True,
    "content_expected": True,
    "payment_balances": True,
    "provider_adjustments": 0,
    "write_off_over_limit": False,
    "processed_as_later_plan": False,
    "payee_is_ours": True,
    "payment_seen_with_other_content": False,
    "envelope_agrees": True,
    "conforms": True,
}


def cases(name: str) -> list[Any]:
    return list(yaml.safe_load((CASES / "decisions" / f"{name}.yaml").read_text(encoding="utf-8")))


def facts_of(case: dict[str, Any]) -> dict[str, FactValue]:
    """The ordinary claim with what a case changes and leaves out."""
    facts = ORDINARY | case.get("given", {})
    return {name: value for name, value in facts.items() if name not in case.get("without", ())}


def in_cents(amount: str) -> int:
    """`-$1,234.50` in cents, read digit by digit."""
    digits = int("".join(character for character in amount if character.isdigit()))
    return -digits if amount.startswith("-") else digits


def values_of(fact: str) -> st.SearchStrategy[FactValue]:
    """Any value a fact may have, small and equal ones often, so that conditions are met often."""
    match FACTS[fact].kind:
        case "flag":
            return st.booleans()
        case "count":
            return st.integers(0, 4)
        case "cents":
            return st.integers(-2, 2) | st.integers(-LARGEST, LARGEST)
        case "code" | "text":
            return st.sampled_from(["", "1", "2", "22", "25", "é", 'a"', "\\", "\n", "{x}"]) | st.text()


def any_facts() -> st.SearchStrategy[dict[str, FactValue]]:
    """Facts of every kind, any of them absent."""
    return st.fixed_dictionaries({}, optional={name: values_of(name) for name in FACTS})


def nearly_ordinary_facts() -> st.SearchStrategy[dict[str, FactValue]]:
    """The ordinary claim with a few facts changed."""
    changes = st.sets(st.sampled_from(sorted(ORDINARY)), max_size=4).flatmap(
        lambda names: st.fixed_dictionaries({name: values_of(name) for name in sorted(names)})
    )
    return changes.map(lambda changed: ORDINARY | changed).filter(lambda facts: facts["plan_count"] != 0)
