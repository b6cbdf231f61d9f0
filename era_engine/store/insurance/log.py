"""The decision log, column by column: what is written with a decision, how it is read back, and how it is told.

To add a column to the log, write a migration (store/migrations, with the column in store/schema.py) and one line in
`Decided`. With

    class Decided(NamedTuple):
        …
        decided_on: str | None = stored(decisions.c.decided_on, lambda new: new.under.host)

every decision is written with `under.host` in that column, every query of the log reads it back as `decided_on`, and
`era log` tells it under this name, in JSON and CSV. A table on the terminal shows it where `cli/log.py` has a `Column`
for it. What is sealed of a decision (store/books/audit.py) stays as it is.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Select, select

from era_engine.journal.entry import Entry
from era_engine.practice.matching import Match
from era_engine.practice.model import Claim
from era_engine.remittance.model import ClaimPayment
from era_engine.rulebook.decision import Decision
from era_engine.store.schema import claim_payments, decisions, files, payments
from era_engine.x12.finding import Finding

State = Literal["open", "posted", "reversed", "closed"]
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Judgment(NamedTuple):
    """A claim payment with everything decided about it.

    takes_back: (id of the claim payment whose posting its entries take back, the state that leaves that one in).
    """

    payment: ClaimPayment
    match: Match
    decision: Decision
    entries: tuple[Entry, ...]
    findings: tuple[Finding, ...]
    takes_back: tuple[int, State] | None = None

    @property
    def state(self) -> State:
        """What the claim payment is when this is written down."""
        return "posted" if self.decision.outcome == "post" else "open"


class Circumstances(NamedTuple):
    """What all decisions made together on one payment share. `memo` goes on their entries.

    act: `decide`, or what a person did (then `decided_by` names who): post, undo, match, unmatch, close.
    """

    payment_id: int
    decided_at: str
    mode: str
    ruleset: str
    settings: str
    memo: str
    act: str = "decide"
    decided_by: str | None = None
    note: str | None = None


class NewDecision(NamedTuple):
    """A decision about to be written down, with its id and that of its claim payment."""

    id: int
    claim_payment_id: int
    judgment: Judgment
    under: Circumstances

    @property
    def claim(self) -> Claim | None:
        """The practice's claim that it is about."""
        return self.judgment.match.claim


class Stored(NamedTuple):
    """Where a field of the log is stored; written: what a new decision has there, None where another table has it.

    key: under which `era log` tells it, None where it does not; told: in which form, None: as it is stored.
    """

    column: ColumnElement[Any]
    written: Callable[[NewDecision], Any] | None
    key: str | None
    told: Callable[[Any], Any] | None


def stored(
    column: ColumnElement[Any],
    written: Callable[[NewDecision], Any] | None = None,
    key: str | None = "",
    told: Callable[[Any], Any] | None = None,
) -> Any:
    """A field of `Decided`. key "": told under the field's own name."""
    return Stored(column, written, key, told)


def _between_blanks(ids: tuple[str, ...]) -> str:
    return f" {' '.join(ids)} "


def _day(day: object) -> str | None:
    return None if day is None else str(day)


class Decided(NamedTuple):
    """A row of the decision log as stored; `facts` is JSON, `holds` and `warnings` are ids between blanks.

    What stands behind a field is where it is stored, and no value it may be left out for.
    """

    decision_id: int = stored(decisions.c.id, lambda new: new.id)
    decided_at: str = stored(decisions.c.decided_at, lambda new: new.under.decided_at)
    mode: str = stored(decisions.c.mode, lambda new: new.under.mode)
    file: str = stored(files.c.name)
    trace_number: str = stored(payments.c.trace_number)
    payer: str | None = stored(payments.c.payer)
    payment_date: object = stored(payments.c.payment_date, told=_day)
    claim_number: str = stored(claim_payments.c.claim_number)
    payer_claim_number: str = stored(claim_payments.c.payer_claim_number, told=lambda number: number or None)
    claim_status: str = stored(claim_payments.c.claim_status)
    patient_id: str | None = stored(decisions.c.patient_id, lambda new: new.claim.patient_id if new.claim else None)
    location: str | None = stored(decisions.c.location, lambda new: new.claim.location if new.claim else None)
    outcome: str = stored(decisions.c.outcome, lambda new: new.judgment.decision.outcome)
    rule: str | None = stored(decisions.c.rule, lambda new: new.judgment.decision.rule)
    holds: str = stored(decisions.c.holds, lambda new: _between_blanks(new.judgment.decision.holds), told=str.split)
    indicators: str = stored(decisions.c.indicators, lambda new: new.judgment.decision.indicators)
    charge_cents: int | None = stored(claim_payments.c.charge_cents)
    paid_cents: int | None = stored(claim_payments.c.paid_cents)
    patient_responsibility_cents: int | None = stored(claim_payments.c.patient_responsibility_cents)
    explanation: str = stored(decisions.c.explanation, lambda new: new.judgment.decision.explanation)
    facts: str = stored(decisions.c.facts, lambda new: _json(new.judgment.decision.facts), key=None)
    ruleset: str = stored(decisions.c.ruleset, lambda new: new.under.ruleset)
    settings: str = stored(decisions.c.settings, lambda new: new.under.settings)
    payment_id: int = stored(payments.c.id)
    claim_payment_id: int = stored(decisions.c.claim_payment_id, lambda new: new.claim_payment_id)
    state: str = stored(claim_payments.c.state)
    office_claim: str | None = stored(claim_payments.c.office_claim, key="matched_claim")
    match_step: str | None = stored(claim_payments.c.match_step)
    warnings: str = stored(
        decisions.c.warnings, lambda new: _between_blanks(new.judgment.decision.warnings), told=str.split
    )
    act: str = stored(decisions.c.act, lambda new: new.under.act)
    decided_by: str | None = stored(decisions.c.decided_by, lambda new: new.under.decided_by, key="by")
    note: str | None = stored(decisions.c.note, lambda new: new.under.note)


LOG: Mapping[str, Stored] = {
    name: where._replace(key=name) if where.key == "" else where for name, where in Decided._field_defaults.items()
}
# What a new decision is written with, by the name of its column.
WRITTEN: Mapping[str, Callable[[NewDecision], Any]] = {
    where.column.name: where.written for where in LOG.values() if where.written is not None
}
# Of each decision a row that `Decided._make` takes.
READ: Select[Any] = (
    select(*(where.column.label(name) for name, where in LOG.items()))
    .select_from(decisions)
    .join(claim_payments)
    .join(payments)
    .join(files)
)
