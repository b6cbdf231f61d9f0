"""The rules that decide: read, checked and proven."""

import hashlib
import json
from pathlib import Path

from era_engine.foundation.shipped import shipped
from era_engine.rulebook.files import Faults
from era_engine.rulebook.reading import RulesRead, read_rules
from era_engine.rulebook.rule_set import RuleSet
from era_engine.rulebook.sources import table_folder
from era_engine.rulebook.vocabulary import Vocabulary

PROVEN = "proven.txt"  # beside the shipped rules of a table: what of them is proven, as `proof_key` says it


def load_rule_set(folder: Path, vocabulary: Vocabulary, own: Path | None = None) -> RuleSet:
    """Read, check and prove the rules of a table, with the holds that a practice adds in `own`; see `read_rules`.

    Rules that decide as those shipped do are not proven again: a test proves them. Raises RulesError.
    """
    rules = read_rules(folder, vocabulary, own)
    if proof_key(rules.rule_set) != _proven_before(vocabulary):
        prove(rules)
    return rules.rule_set


def prove(rules: RulesRead) -> None:
    """Raise RulesError with the situations that show it where the rules do not decide everything exactly once.

    So it does for a rule whose indicators tell people another thing than happens.
    """
    from era_engine.rulebook.proof import unsound  # loads the solver, which most commands never need

    faults = Faults()
    for fault in unsound(rules.rule_set, rules.own):
        problem = fault.problem
        for rule in rules.places:
            named = rule if rule == fault.rules[0] else f"{rule} ({rules.place(rule)})"
            problem = problem.replace(f"{{{rule}}}", named)
        faults.add(*rules.places[fault.rules[0]], problem)
    _check_shown(rules, faults)
    faults.raise_if_any()


def proof_key(rule_set: RuleSet) -> str:
    """Everything the proof of a rule set rests on: what rules ask, decide and show, and not their words."""
    rules = [(r.id, r.when, r.then, r.show, r.enabled, r.fixed) for r in rule_set.rules]
    shown = [(i.id, i.page_message, i.claim_alert, i.patient_icon) for i in rule_set.indicators.values()]
    chosen = {fact: [row.id for row in rows] for fact, rows in rule_set.chosen.items()}
    text = json.dumps([rules, shown, chosen], separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _proven_before(vocabulary: Vocabulary) -> str | None:
    try:
        return (table_folder(shipped("rules"), vocabulary) / PROVEN).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None


def _check_shown(rules: RulesRead, faults: Faults) -> None:
    """What people see must be what happens."""
    for rule in rules.rule_set.rules:
        shown, acts = rules.rule_set.shown(rule.show), rules.rule_set.vocabulary.acts(rule)
        if "success" in (shown.page_message, shown.patient_icon) and not acts:
            problem = f"the indicators `{rule.show}` tell people of a success, and {rule.id} is to {rule.then}"
            faults.add(*rules.places[rule.id], problem)
        elif acts and (shown.claim_alert or shown.patient_icon == "alert"):
            faults.add(
                *rules.places[rule.id], f"the indicators `{rule.show}` raise an alert, and {rule.id} is to {rule.then}"
            )
