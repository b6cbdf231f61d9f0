"""Why one claim was posted or left: its newest decision, and all that is known about what would change it."""

import json
from dataclasses import asdict
from typing import Any, NamedTuple

from era_engine.bank.records import what_differs
from era_engine.books.tables import rule_set_of
from era_engine.home.folder import Home
from era_engine.questions.decisions import LogReader, Record, decision_to_explain, payment_id_of
from era_engine.rulebook.explanation import Explanation
from era_engine.settings.model import Settings
from era_engine.store.database import Connection
from era_engine.store.insurance.decisions import findings_behind, newest_decision_by_rules, other_payments_of
from era_engine.store.insurance.deposits import pairing_of
from era_engine.store.insurance.log import Decided
from era_engine.store.practice.fees import expected_amounts
from era_engine.trials.what_if import Left, WhatIf, what_if


class WhyDecided(NamedTuple):
    """The newest decision on a claim, explained.

    record: as `era log` tells it; facts: it was made with. explanation: of the newest decision by rules, None where
    people alone decided. findings: of the claim, then of its payment. expected: (line, procedure, cents or None, where
    that comes from) for what no CSV told. what_if: settings under which an open claim would post, None where that was
    not tried. deposit_differs: what the bank shows in place of the money waited for. other_payments: (id, trace number)
    of those that name the claim, too.
    """

    record: Record
    facts: dict[str, Any]
    explanation: Explanation | None
    findings: list[Record]
    expected: list[tuple[int, str, int | None, str]]
    what_if: list[WhatIf] | None
    deposit_differs: str | None
    other_payments: list[tuple[int, str]]

    def to_json(self) -> Record:
        """In the shape of the contract."""
        line = ("line", "procedure", "expected_cents", "from")
        return self.record | {
            "explained": asdict(self.explanation) if self.explanation is not None else None,
            "facts": self.facts,
            "findings": self.findings,
            "expected_amounts": [dict(zip(line, amount, strict=True)) for amount in self.expected],
            "would_post_with": None if self.what_if is None else [each._asdict() for each in self.what_if],
        }


def why_decided(
    connection: Connection, home: Home, settings: Settings, claim: str, trace: str | None = None
) -> WhyDecided:
    """Explain the newest decision on a claim, of one payment where its trace number is given.

    Raises UsageError where there is none, or `trace` names no payment or several.
    """
    payment_id = None if trace is None else payment_id_of(connection, trace)
    decided = decision_to_explain(connection, claim, payment_id)
    by_rules = decided if decided.mode != "manual" else newest_decision_by_rules(connection, decided)
    reader, facts = LogReader(connection), json.loads(decided.facts)
    return WhyDecided(
        record=reader.record(decided),
        facts=facts,
        explanation=reader.explained(by_rules) if by_rules is not None else None,
        findings=findings_behind(connection, decided),
        expected=expected_amounts(connection, decided.office_claim or decided.claim_number),
        what_if=_tried(connection, home, settings, decided, by_rules),
        deposit_differs=_deposit_differs(connection, decided) if facts.get("deposit_received") is False else None,
        other_payments=other_payments_of(connection, decided),
    )


def _tried(
    connection: Connection, home: Home, settings: Settings, decided: Decided, by_rules: Decided | None
) -> list[WhatIf] | None:
    if by_rules is None or by_rules.outcome != "manual" or decided.state != "open":
        return None
    left = Left(decided.claim_payment_id, json.loads(by_rules.facts), by_rules.holds.split())
    return what_if(home, connection, settings, rule_set_of(home, settings), left)


def _deposit_differs(connection: Connection, decided: Decided) -> str | None:
    if decided.state != "open":
        return None
    pairing = pairing_of(connection, decided.payment_id, decided.trace_number)
    return what_differs(pairing) if pairing is not None else None
