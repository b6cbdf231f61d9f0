"""Questions asked of the store, answered in the shapes of the outside contract (plain dicts, ready for JSON)."""

import json
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from era_engine.foundation.errors import UsageError
from era_engine.foundation.money import dollars
from era_engine.insurance.table import INSURANCE
from era_engine.rulebook.explanation import Explanation, explain
from era_engine.rulebook.reading import rule_set_from_json
from era_engine.rulebook.rule_set import RuleSet
from era_engine.settings.model import settings_from_json
from era_engine.store.database import Connection
from era_engine.store.insurance import decisions as stored_decisions
from era_engine.store.insurance.decisions import Filters
from era_engine.store.insurance.log import LOG, Decided
from era_engine.store.journal import entries

Record = dict[str, Any]

# What a record of the log tells beside the stored columns, after which of them: facts by their names, but for what
# the indicators say and whether it is a dry run. A fact more is one name here.
_BESIDE: Mapping[str, tuple[str, ...]] = {
    "mode": ("dry_run",),
    "indicators": ("patient_icon", "hover", "page_message", "claim_alert"),
    "paid_cents": ("expected_cents", "minimum_percent", "minimum_cents", "write_off_cents"),
    "patient_responsibility_cents": ("plan_count",),
    "note": ("shadow_outcome",),
}
_FROM_INDICATORS = _BESIDE["indicators"]
_FROM_FACTS = tuple(name for anchor in _BESIDE if anchor not in ("mode", "indicators") for name in _BESIDE[anchor])
_NOT_TOLD = ""
_TOLD_AS = [where.key or _NOT_TOLD for where in LOG.values()]
_KEYS = [key for name, where in LOG.items() if where.key for key in (where.key, *_BESIDE.get(name, ()))]
_IN_ANOTHER_FORM = [(where.key, where.told) for where in LOG.values() if where.key and where.told]
_NOT_KEPT: Mapping[str, None] = dict.fromkeys(("decision_id", "payment_id", "claim_payment_id"))  # by a dry run


class LogReader:
    """Reads decisions back with the indicators of the rule set each was made under."""

    def __init__(self, connection: Connection, dry_run: bool = False) -> None:
        self._connection, self._dry_run = connection, dry_run
        self._rule_sets = lru_cache(maxsize=32)(self._load_rule_set)

    def _load_rule_set(self, ruleset: str, settings: str, overrides: str | None) -> RuleSet:
        """The rule set, with the holds that the settings of the time let warn."""
        rule_set = rule_set_from_json(stored_decisions.rule_set_content(self._connection, ruleset), INSURANCE)
        at_the_time = settings_from_json(stored_decisions.settings_content(self._connection, settings))
        return rule_set.with_choices(at_the_time.with_overrides(overrides).holds)

    def records(self, wanted: Filters) -> Iterator[Record]:
        """One record for each decision, in the order they were made."""
        for decided in self.decisions(wanted):
            yield self._record(decided)

    def decisions(self, wanted: Filters) -> Iterator[Decided]:
        """The same as stored."""
        return stored_decisions.decisions_where(self._connection, wanted)

    def explained(self, decided: Decided) -> Explanation:
        """Every rule and condition as it stood when the decision was made."""
        return explain(self.rule_set(decided), json.loads(decided.facts))

    def record(self, decided: Decided) -> Record:
        return self._record(decided)

    def rule_set(self, decided: Decided) -> RuleSet:
        return self._rule_sets(decided.ruleset, decided.settings, json.loads(decided.facts).get("overrides"))

    def _record(self, decided: Decided) -> Record:
        facts = json.loads(decided.facts)
        rule_set = self._rule_sets(decided.ruleset, decided.settings, facts.get("overrides"))
        indicators = rule_set.shown(decided.indicators)
        record: Record = dict.fromkeys(_KEYS)
        record.update(zip(_TOLD_AS, decided, strict=True))
        del record[_NOT_TOLD]
        for key, told in _IN_ANOTHER_FORM:
            record[key] = told(record[key])
        for name in _FROM_FACTS:
            record[name] = facts.get(name)
        for name in _FROM_INDICATORS:
            record[name] = getattr(indicators, name)
        record["dry_run"] = self._dry_run
        if self._dry_run:
            record.update(_NOT_KEPT)
        return record


def filters(connection: Connection, trace: str | None = None, **wanted: Any) -> Filters:
    """Filters as the command line gives them: `trace` is a trace number, or a payment's id."""
    for kind in ("rule", "hold"):
        if wanted.get(kind) is not None:
            _check_rule(connection, kind, wanted[kind])
    if trace is not None:
        found = stored_decisions.payments_named(connection, trace)
        if len(found) == 1:
            return Filters(payment_id=found[0].payment_id, **wanted)
    return Filters(trace=trace, **wanted)


def _check_rule(connection: Connection, kind: str, wanted: str) -> None:
    """A mistyped rule or hold must not look like "nothing to do"."""
    contents = [rule_set_from_json(content, INSURANCE) for content in stored_decisions.rules_ever_used(connection)]
    known = {rule.id for each in contents for rule in (each.every_row if kind == "rule" else each.holds)}
    if known and wanted not in known:
        close = get_close_matches(wanted, known, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise UsageError(f"There is no {kind} {wanted}.{hint}", "`era rules show` lists rules and holds.")


def payment_id_of(connection: Connection, trace: str) -> int:
    """The id of the one payment meant. Raises UsageError when there is none, or several (then it lists them)."""
    found = stored_decisions.payments_named(connection, trace)
    if len(found) == 1:
        return found[0].payment_id
    if not found:
        what = "" if trace.startswith(stored_decisions.BY_ID) else "trace number "
        raise UsageError(f"No payment has the {what}{trace}.", "`era eras` lists the payments received.")
    listed = "; ".join(
        f"{stored_decisions.BY_ID}{each.payment_id} {each.payer or 'unnamed payer'}, {each.payment_date or 'no date'},"
        f" {'amount unknown' if each.payment_cents is None else dollars(each.payment_cents)}"
        f" in {each.file}"
        for each in found
    )
    one_number = all(each.trace_number == trace for each in found)
    problem = (
        f"{len(found)} payments share the trace number {trace}"
        if one_number
        else f"{trace} is the trace number of one payment and the id of another"
    )
    raise UsageError(
        f"{problem}: {listed}.", f"Name the payment by its id, such as {stored_decisions.BY_ID}{found[0].payment_id}."
    )


def decision_to_explain(connection: Connection, claim: str, payment_id: int | None) -> Decided:
    """The newest decision on a claim. Raises UsageError when none was made."""
    found = stored_decisions.newest_decision(connection, claim, payment_id)
    if found is None:
        raise UsageError(
            f"The log has no decision on claim {claim}.",
            "`era log` lists them. Claim numbers are as the payer wrote them.",
        )
    return found


def ledger_records(
    connection: Connection, patient: str | None = None, claim: str | None = None, payment_id: int | None = None
) -> Iterator[Record]:
    """One record for each journal entry, in the order they were made."""
    for entry in entries.entries_where(connection, patient, claim, payment_id):
        yield {
            **entry._asdict(),
            "date": _iso(entry.date),
            "postings": [{"account": account, "cents": cents, "line": line} for account, cents, line in entry.postings],
        }


def payment_records(connection: Connection, status: str) -> Iterator[Record]:
    """One record for each payment: `completed` when every claim on it is posted, else `open`."""
    for summary in stored_decisions.payment_summaries(connection, only_open=status == "open"):
        done = summary.posted + summary.closed == summary.claims and summary.adjustments_left == 0
        # A payment of which nothing is in the books (no claim, no adjustment) still waits: nobody entered its money.
        state = "completed" if done and summary.claims + summary.adjustments > 0 else "open"
        if status in ("all", state):
            yield {**summary._asdict(), "payment_date": _iso(summary.payment_date), "status": state}


def _iso(day: object) -> str | None:
    return None if day is None else str(day)
