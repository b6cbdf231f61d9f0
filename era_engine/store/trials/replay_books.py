"""Books made again elsewhere: what claims, payments and people's acts were, without any decision of the engine."""

import json
from collections.abc import Collection, Iterator
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, Table, exists, func, literal, select, update

from era_engine.journal.entry import reversal_entry
from era_engine.store.bulk import insert_rows, stream
from era_engine.store.insurance.history import claim_payment_taken_back, posted_decision
from era_engine.store.insurance.judgments import reserve_ids, set_state
from era_engine.store.insurance.log import State
from era_engine.store.practice.claims import slices
from era_engine.store.schema import (
    audited_acts,
    claim_payments,
    claims,
    decisions,
    deposits,
    entries,
    files,
    matches,
    patients,
    payments,
    postings,
    procedure_lines,
    provider_adjustments,
    rule_sets,
    settings_versions,
)
from era_engine.store.trials.replay import PATIENTS_TOGETHER, TOGETHER, by_engine

_MANY = 5000


class Happened(NamedTuple):
    """One decision in the order they were made. first: the first on its claim payment, which came with it."""

    decision_id: int
    claim_payment_id: int
    payment_id: int
    mode: str
    act: str
    outcome: str
    first: bool


class Newest(NamedTuple):
    """The newest decision of the engine; `holds` as stored."""

    outcome: str
    rule: str | None
    holds: str
    explanation: str


def copy_books(live: Connection, copy: Connection, everything: bool) -> None:
    """Copy payments, deposits, and claims: all of them, or those of claim payments whose decisions depend on others.

    No claim payment is copied.
    """
    patients_meant = select(PATIENTS_TOGETHER.c.patient_id)
    of_patients = None if everything else patients.c.patient_id.in_(patients_meant)
    numbers = select(claims.c.claim_number).where(claims.c.patient_id.in_(patients_meant))
    _copy(live, copy, rule_sets, None)
    _copy(live, copy, settings_versions, None)
    _copy(live, copy, files, None, {"duplicate_of": None, "unpacked_from": None, "findings": "[]"})
    _copy(live, copy, payments, None)
    _copy(live, copy, provider_adjustments, None, {"state": "posted"})  # they are not played again
    _copy(live, copy, patients, of_patients)
    _copy(live, copy, claims, None if everything else claims.c.patient_id.in_(patients_meant))
    _copy(live, copy, procedure_lines, None if everything else procedure_lines.c.claim_number.in_(numbers))
    _copy(live, copy, deposits, None)


def _copy(live: Connection, copy: Connection, table: Table, meant: Any, instead: dict[str, Any] | None = None) -> None:
    columns = list(table.c.keys())
    wanted = [
        literal((instead or {})[name]).label(name) if name in (instead or {}) else table.c[name] for name in columns
    ]
    query: Select[Any] = select(*wanted)
    rows: list[tuple[Any, ...]] = []
    for row in stream(live, query if meant is None else query.where(meant)):
        rows.append(tuple(each.isoformat() if isinstance(each, date) else each for each in row))
        if len(rows) == _MANY:
            insert_rows(copy, table, columns, rows)
            rows = []
    insert_rows(copy, table, columns, rows)


def claim_payments_together(live: Connection, everything: bool) -> Iterator[int]:
    """The claim payments that are made again."""
    query = TOGETHER.distinct() if not everything else select(claim_payments.c.id)
    for (claim_payment_id,) in stream(live, query):
        yield claim_payment_id


def what_happened(live: Connection, everything: bool) -> Iterator[Happened]:
    """Every decision on the claim payments that are made again, engine's and people's, in the order they were made."""
    older = decisions.alias("older")
    first = ~exists().where(older.c.claim_payment_id == decisions.c.claim_payment_id, older.c.id < decisions.c.id)
    query = select(
        decisions.c.id,
        decisions.c.claim_payment_id,
        claim_payments.c.payment_id,
        decisions.c.mode,
        decisions.c.act,
        decisions.c.outcome,
        first,
    ).join(claim_payments, claim_payments.c.id == decisions.c.claim_payment_id)
    if not everything:
        query = query.where(decisions.c.claim_payment_id.in_(TOGETHER))
    for row in stream(live, query.order_by(decisions.c.id)):
        yield Happened._make(row)


class Runs(NamedTuple):
    """The run that brought each payment, as far as the audit log tells; came_last: one came after all people did."""

    of_payments: dict[int, tuple[str, int]]
    came_last: bool


_BY_PEOPLE = ("post", "undo", "match", "unmatch", "close", "quick-post")


def all_runs(live: Connection) -> Runs:
    """At the end of each run what waits is judged again."""
    row = audited_acts.c
    query = (
        select(row.office, row.seq, row.at, row.act, row.details)
        .where(row.act.in_(("run", "requeue", "payment", *_BY_PEOPLE)))
        .order_by(row.office, row.seq)
    )
    of_payments: dict[int, tuple[str, int]] = {}
    run = ("", 0)
    last: dict[str, tuple[str, bool]] = {}  # of each practice, when something last happened, and whether it was a run
    for home_id, seq, at, act, details in stream(live, query):
        last[home_id] = (at, act not in _BY_PEOPLE)
        if act in ("run", "requeue"):
            run = (home_id, seq)
        elif act == "payment" and (payment_id := json.loads(details).get("payment")) is not None:
            of_payments[payment_id] = run
    return Runs(of_payments, max(last.values(), default=("", True))[1])


def newest_by_engine(connection: Connection, claim_payment_ids: Collection[int]) -> dict[int, Newest]:
    """The engine's newest decision in mode auto on each of these claim payments."""
    found: dict[int, Newest] = {}
    for some in slices(claim_payment_ids):
        newest = (
            select(func.max(decisions.c.id))
            .where(decisions.c.claim_payment_id.in_(some), by_engine(decisions))
            .group_by(decisions.c.claim_payment_id)
        )
        query = select(
            decisions.c.claim_payment_id,
            decisions.c.outcome,
            decisions.c.rule,
            decisions.c.holds,
            decisions.c.explanation,
        ).where(decisions.c.id.in_(newest))
        for claim_payment_id, *decision in connection.execute(query):
            found[claim_payment_id] = Newest._make(decision)
    return found


def state_of(connection: Connection, claim_payment_id: int) -> State:
    """What a claim payment is now."""
    state: State = connection.execute(
        select(claim_payments.c.state).where(claim_payments.c.id == claim_payment_id)
    ).scalar_one()
    return state


def pins_of(live: Connection, claim_payment_id: int) -> list[str | None]:
    """The claims that people matched a claim payment to, oldest first; None: to none."""
    query = select(matches.c.claim_number).where(matches.c.claim_payment_id == claim_payment_id)
    return list(live.execute(query.order_by(matches.c.id)).scalars())


def match_again(copy: Connection, claim_payment_id: int, claim_number: str | None) -> None:
    """A person says which claim a claim payment is for."""
    [match_id] = reserve_ids(copy, matches, 1)
    row = (match_id, claim_payment_id, claim_number, "", "")
    insert_rows(copy, matches, ("id", "claim_payment_id", "claim_number", "matched_by", "matched_at"), [row])
    copy.execute(update(claim_payments).where(claim_payments.c.id == claim_payment_id), {"office_claim": claim_number})


def act_again(live: Connection, copy: Connection, happened: Happened, ids: dict[int, int]) -> None:
    """What a person did to a claim payment is done to the same one of the copy, where it can be done there.

    ids: claim payments of the copy by those of the live books.
    """
    ours = ids[happened.claim_payment_id]
    state = state_of(copy, ours)
    if happened.outcome == "post" and state == "open":
        taken = claim_payment_taken_back(live, happened.decision_id)
        if taken is None:
            decision_id = _decision_again(live, copy, happened.decision_id, ours)
            _entries_again(live, copy, happened.decision_id, decision_id)
            set_state(copy, ours, "posted")
        elif taken in ids and _take_back_again(live, copy, happened, ours, ids[taken]):
            set_state(copy, ids[taken], "reversed")
            set_state(copy, ours, "posted")
    elif happened.act == "undo" and state == "posted":
        standing = posted_decision(copy, ours)
        restored = None if standing is None else claim_payment_taken_back(copy, standing.decision_id)
        if _take_back_again(live, copy, happened, ours, ours):
            set_state(copy, ours, "open")
            if restored is not None:
                set_state(copy, restored, "posted")
    elif happened.act == "undo" and state == "closed":
        _decision_again(live, copy, happened.decision_id, ours)
        set_state(copy, ours, "open")
    elif happened.act == "close" and state == "open":
        _decision_again(live, copy, happened.decision_id, ours)
        set_state(copy, ours, "closed")
    elif happened.act in ("match", "unmatch") and state == "open":
        _decision_again(live, copy, happened.decision_id, ours)


def _decision_again(live: Connection, copy: Connection, decision_id: int, ours: int) -> int:
    columns = list(decisions.c.keys())
    row = dict(live.execute(select(decisions).where(decisions.c.id == decision_id)).mappings().one())
    [row["id"]] = reserve_ids(copy, decisions, 1)
    row["claim_payment_id"] = ours
    insert_rows(copy, decisions, columns, [tuple(row[name] for name in columns)])
    new: int = row["id"]
    return new


def _entries_again(live: Connection, copy: Connection, decision_id: int, new_decision_id: int) -> None:
    columns = list(entries.c.keys())
    rows = live.execute(select(entries).where(entries.c.decision_id == decision_id).order_by(entries.c.id)).mappings()
    for each in list(rows):
        [entry_id] = reserve_ids(copy, entries, 1)
        row = {**each, "id": entry_id, "decision_id": new_decision_id, "date": each["date"].isoformat()}
        insert_rows(copy, entries, columns, [tuple(row[name] for name in columns)])
        of_entry = live.execute(select(postings).where(postings.c.entry_id == each["id"])).mappings()
        lines = [tuple({**line, "entry_id": entry_id}.values()) for line in of_entry]
        insert_rows(copy, postings, list(postings.c.keys()), lines)


def _take_back_again(live: Connection, copy: Connection, happened: Happened, ours: int, taken: int) -> bool:
    """Take back what stands posted for `taken`, by a decision on `ours`; False where nothing does."""
    standing = posted_decision(copy, taken)
    if standing is None:
        return False
    decision_id = _decision_again(live, copy, happened.decision_id, ours)
    entry = reversal_entry(standing.postings, standing.decision_id, date.min, None)
    query = select(entries).where(entries.c.decision_id == standing.decision_id).limit(1)
    row = dict(copy.execute(query).mappings().one())
    [row["id"]] = reserve_ids(copy, entries, 1)
    row |= {"payment_id": happened.payment_id, "decision_id": decision_id, "kind": entry.kind, "mark": None}
    row |= {"reverses": standing.decision_id, "date": row["date"].isoformat()}
    insert_rows(copy, entries, list(row), [tuple(row.values())])
    lines = [(row["id"], ordinal, *posting) for ordinal, posting in enumerate(entry.postings)]
    insert_rows(copy, postings, ("entry_id", "ordinal", "account", "cents", "line"), lines)
    return True
