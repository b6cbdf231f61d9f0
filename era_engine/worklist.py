"""The open work: grouped by reason, the group with most money first, each item with the next step."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection

from era_engine.decisions.rule_set import RuleSet
from era_engine.home import Home
from era_engine.payer_items import provider_adjustment_records
from era_engine.store import log
from era_engine.store.worklist import OpenClaim, open_claims, waiting_files

Record = dict[str, Any]
_BY_ROW = "era quick-post {trace} --claim {claim}, or era post {trace} {claim} --as-remitted --by NAME"


class Group(NamedTuple):
    """Work with one reason. `remedy`: what to do, in words. items: most money first."""

    reason: str
    remedy: str
    items: tuple[Record, ...]

    @property
    def cents(self) -> int:
        return sum(abs(each["paid_cents"] or 0) for each in self.items)


def open_work(
    connection: Connection, home: Home, rule_set: RuleSet, today: date, payer: str | None, location: str | None
) -> list[Group]:
    """Every open claim payment, provider-level adjustment left, payment without a claim, and file put aside.

    The reason of a claim is the first hold of its newest decision, else the row of the table.
    """
    remedies = {hold.id: hold.remedy for hold in rule_set.holds} | {
        row.id: row.because for row in (*rule_set.rows, *rule_set.reversals)
    }
    commands = {hold.id: hold.command for hold in rule_set.holds}
    items: dict[str, list[Record]] = defaultdict(list)
    waiting = list(open_claims(connection))
    payments_of = {each.payment_id: each.trace_number for each in waiting}
    traces = Counter(payments_of.values())
    numbers = Counter((each.payment_id, each.claim_number) for each in waiting)
    for each in waiting:
        trace = each.trace_number if traces[each.trace_number] == 1 else str(each.payment_id)
        named = numbers[each.payment_id, each.claim_number] == 1 and each.claim_number.strip()
        claim = each.claim_number if named else str(each.claim_payment_id)
        if location is not None and each.location != location:
            continue
        reason = next(iter(each.holds.split()), None) or each.rule or "matched-by-hand"
        command = (commands.get(reason) or _BY_ROW).format(trace=trace, claim=claim)
        items[reason].append(_claim(each, reason, command, today))
    remedies["matched-by-hand"] = "Matched by hand; the next run decides it, or quick-post now."
    if location is None:
        for record in _beside_claims(connection, home, today):
            items[record["reason"]].append(record)
    remedies |= _OTHER_REMEDIES
    groups = []
    for reason, all_items in items.items():
        found = [each for each in all_items if payer is None or payer.lower() in (each["payer"] or "").lower()]
        found.sort(key=lambda each: -abs(each["paid_cents"] or 0))
        if found:
            groups.append(Group(reason, remedies.get(reason, ""), tuple(found)))
    return sorted(groups, key=lambda group: (-group.cents, group.reason))


_OTHER_REMEDIES = {
    "provider-adjustment-left": "Ask the payer what it is, then enter it by hand.",
    "payment-without-claims": "Nothing on the remittance says what the money is for; ask the payer.",
    "file-in-quarantine": "See what was found (era inspect), ask the sender for a whole file, put it into the inbox.",
    "file-interrupted": "The next run finishes it.",
}


def _claim(each: OpenClaim, reason: str, command: str, today: date) -> Record:
    facts = json.loads(each.facts)
    return {
        "reason": reason,
        "trace_number": each.trace_number,
        "claim_number": each.claim_number,
        "matched_claim": each.office_claim,
        "payer": each.payer,
        "location": each.location,
        "patient_id": each.patient_id,
        "payment_date": None if each.payment_date is None else str(each.payment_date),
        "age_days": _age(each.received_at, today),
        "claim_status": each.claim_status,
        "paid_cents": each.paid_cents,
        "expected_cents": facts.get("expected_cents"),
        "explanation": each.explanation,
        "command": command,
        "payment_id": each.payment_id,
        "claim_payment_id": each.claim_payment_id,
        "file": None,
    }


def _beside_claims(connection: Connection, home: Home, today: date) -> Iterator[Record]:
    for pair in provider_adjustment_records(connection, today, None, only_open=False):
        if pair["status"] == "not-posted":
            yield _other(
                "provider-adjustment-left",
                trace_number=pair["opened_by_trace"],
                payer=pair["payer"],
                paid_cents=None if pair["cents"] is None else -pair["cents"],
                explanation=f"{pair['reason']} {pair['reference']}: {pair['in_words']}",
                command=f"era post {pair['opened_by_trace']} --provider-adjustments --by NAME",
            )
    for summary in log.payment_summaries(connection):
        if not summary.claims and not summary.adjustments and summary.payment_cents:
            yield _other(
                "payment-without-claims",
                trace_number=summary.trace_number,
                payer=summary.payer,
                payment_id=summary.payment_id,
                paid_cents=summary.payment_cents,
                explanation="The payment names no claim and no provider-level adjustment.",
                command="era inspect",
                file=summary.file,
            )
    for file in waiting_files(connection, home.identity):
        quarantined = file.state == "quarantined"
        yield _other(
            "file-in-quarantine" if quarantined else "file-interrupted",
            file=file.name,
            age_days=_age(file.received_at, today),
            explanation="Put aside in quarantine/." if quarantined else "A run was interrupted in the middle of it.",
            command="era inspect" if quarantined else "era run",
        )


def _other(reason: str, **known: Any) -> Record:
    unknown = dict.fromkeys(
        (
            *("reason", "trace_number", "claim_number", "matched_claim", "payer", "location", "patient_id"),
            *("payment_date", "age_days", "claim_status", "paid_cents", "expected_cents", "explanation", "command"),
            *("payment_id", "claim_payment_id", "file"),
        )
    )
    return unknown | known | {"reason": reason}


def _age(received_at: str, today: date) -> int:
    return (today - date.fromisoformat(received_at[:10])).days
