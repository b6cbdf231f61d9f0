"""Provider-level adjustments (PLB): kept with their payment, posted, closed, taken back, and read for their traces."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from typing import Literal, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Connection, exists, func, select, update

from era_engine.insurance.entries import memo_of_payment
from era_engine.insurance.open_items import Evidence, PostedPair
from era_engine.insurance.provider_adjustments import memo_of_pair, note_in, why_not_posted
from era_engine.journal.accounts import PAYER_BALANCES
from era_engine.journal.entry import Entry, Posting
from era_engine.remittance.model import ProviderAdjustment
from era_engine.store.bulk import insert_rows
from era_engine.store.insurance.judgments import NewEntry, add_entries, reserve_ids
from era_engine.store.schema import claim_payments, entries, payments, postings, provider_adjustments

_PAIR = ("id", "payment_id", "ordinal", "provider", "fiscal_date", "reason", "reference", "cents", "state")
PairState = Literal["open", "posted", "closed"]
_AT_A_TIME = 500  # values in one statement
_CLAIM = func.coalesce(claim_payments.c.office_claim, claim_payments.c.claim_number)  # the practice's, if it is matched
Value = TypeVar("Value")


def payer_key(originator: str, payer: str | None) -> str:
    """Who the money is between: the originator of the trace number (TRN03), else the payer's name."""
    return originator.strip() or (payer or "").strip().upper()


class StoredPair(NamedTuple):
    """A provider-level adjustment as stored, with its payment. `day`: the payment's, else the day it was posted;
    None where neither is known. `was_posted`: entered once, also where that was taken back since, or closed. `by` and
    `memo`: who made its newest entry (None: the engine), and what it says. `findings`: the payment's, JSON. Money in
    cents.
    """

    id: int
    payment_id: int
    originator: str
    payer: str | None
    trace_number: str
    day: date | None
    provider: str
    reason: str
    reference: str
    cents: int | None
    state: PairState
    was_posted: bool
    findings: str
    by: str | None
    memo: str | None

    @property
    def payer_key(self) -> str:
        return payer_key(self.originator, self.payer)

    @property
    def note(self) -> str | None:
        """What the person who acted on it last noted."""
        of_the_payment = memo_of_payment(self.payer, self.trace_number)
        return note_in(self.memo, of_the_payment, self.reason, self.reference) if self.by and self.memo else None

    def posted(self) -> PostedPair | None:
        """The pair as the open items see it; None while it is not posted."""
        if self.state != "posted" or self.cents is None or self.day is None:
            return None
        where = (self.id, self.payer_key, self.payment_id, self.trace_number, self.day)
        return PostedPair(*where, self.reason, self.reference, self.cents)


def add_provider_adjustments(connection: Connection, payment_id: int, pairs: Sequence[ProviderAdjustment]) -> list[int]:
    """Write the pairs of a payment down, open; returns their ids in order."""
    ids = reserve_ids(connection, provider_adjustments, len(pairs))
    rows = [
        (
            pair_id,
            payment_id,
            ordinal,
            pair.provider,
            pair.fiscal_date.isoformat() if pair.fiscal_date else None,
            pair.reason,
            pair.reference,
            pair.cents,
            "open",
        )
        for ordinal, (pair_id, pair) in enumerate(zip(ids, pairs, strict=True))
    ]
    insert_rows(connection, provider_adjustments, _PAIR, rows)
    return ids


def post_provider_adjustments(
    connection: Connection,
    payment_id: int,
    posted: Sequence[tuple[int, Entry]],
    memo: str,
    made_by: str | None = None,
) -> None:
    """Write the entry of each (pair id, entry) down; the pairs are posted from here on. `made_by` None: the engine."""
    _enter(connection, payment_id, posted, memo, made_by, "posted")


def close_provider_adjustments(
    connection: Connection, payment_id: int, closed: Sequence[tuple[int, Entry]], memo: str, made_by: str | None
) -> None:
    """The same for pairs that a person files without posting: they are closed from here on."""
    _enter(connection, payment_id, closed, memo, made_by, "closed")


def _enter(
    connection: Connection,
    payment_id: int,
    posted: Sequence[tuple[int, Entry]],
    memo: str,
    made_by: str | None,
    state: PairState,
) -> None:
    owed = [NewEntry(entry, None, pair_id, None) for pair_id, entry in posted]
    add_entries(connection, payment_id, owed, memo, made_by)
    _set_state(connection, [pair_id for pair_id, _ in posted], state)


def take_back_provider_adjustments(
    connection: Connection, pairs: Sequence[StoredPair], on: date, memo: str, note: str | None, made_by: str | None
) -> None:
    """Take back the entry of each pair, posted or closed, by one of kind `reversal`; they are open again.

    `memo`: of their payment.
    """
    taken_back = select(entries.c.reverses_entry).where(entries.c.reverses_entry.is_not(None))
    for pair in pairs:
        query = (
            select(entries.c.id, postings.c.account, postings.c.cents, postings.c.line)
            .join(postings)
            .where(
                entries.c.provider_adjustment_id == pair.id,
                entries.c.reverses_entry.is_(None),
                entries.c.id.not_in(taken_back),
            )
            .order_by(entries.c.id, postings.c.ordinal)
        )
        taken: dict[int, list[Posting]] = defaultdict(list)
        for entry_id, account, cents, line in connection.execute(query):
            taken[entry_id].append(Posting(account, -cents, line))
        owed = [
            NewEntry(Entry(on, "reversal", None, tuple(back)), None, pair.id, None, reverses_entry=entry_id)
            for entry_id, back in taken.items()
        ]
        about = memo_of_pair(memo, pair.reason, pair.reference, note)
        add_entries(connection, pair.payment_id, owed, about, made_by)
    _set_state(connection, [pair.id for pair in pairs], "open")


def _set_state(connection: Connection, ids: Collection[int], state: PairState) -> None:
    for some in _slices(ids):
        statement = update(provider_adjustments).where(provider_adjustments.c.id.in_(some))
        connection.execute(statement, {"state": state})


def stored_pairs(connection: Connection, payment_id: int | None = None, only_open: bool = False) -> list[StoredPair]:
    """The pairs of one payment, or of all, in the order they were read; or only those that are open."""
    posted_on = (
        select(func.max(entries.c.date)).where(entries.c.provider_adjustment_id == provider_adjustments.c.id)
    ).scalar_subquery()
    newest, later = entries.alias(), entries.alias()
    last = (
        select(func.max(later.c.id))
        .where(later.c.provider_adjustment_id == provider_adjustments.c.id)
        .correlate(provider_adjustments)
        .scalar_subquery()
    )
    query = (
        select(
            provider_adjustments.c.id,
            payments.c.id,
            payments.c.originator,
            payments.c.payer,
            payments.c.trace_number,
            func.coalesce(payments.c.payment_date, posted_on),
            provider_adjustments.c.provider,
            provider_adjustments.c.reason,
            provider_adjustments.c.reference,
            provider_adjustments.c.cents,
            provider_adjustments.c.state,
            posted_on.is_not(None),
            payments.c.findings,
            newest.c.made_by,
            newest.c.memo,
        )
        .select_from(provider_adjustments)
        .join(payments)
        .join(newest, newest.c.id == last, isouter=True)
        .order_by(payments.c.id, provider_adjustments.c.ordinal)
    )
    if payment_id is not None:
        query = query.where(payments.c.id == payment_id)
    if only_open:
        query = query.where(provider_adjustments.c.state == "open")
    return [StoredPair._make(row) for row in connection.execute(query)]


def payments_with_pairs_to_judge(connection: Connection) -> list[int]:
    """Payments of which some pair is open that could be posted, and that no person took back."""
    pair = provider_adjustments.c
    query = (
        select(pair.payment_id, pair.reason, pair.cents)
        .where(pair.state == "open", ~exists().where(entries.c.provider_adjustment_id == pair.id))
        .distinct()
    )
    rows = connection.execute(query)
    return sorted({payment_id for payment_id, reason, cents in rows if why_not_posted(reason, cents) is None})


def payer_balances(connection: Connection) -> dict[str, int]:
    """Cents on the account payer_balances by payer (as in `StoredPair.payer_key`)."""
    query = (
        select(payments.c.originator, payments.c.payer, func.sum(postings.c.cents))
        .select_from(postings)
        .join(entries)
        .join(payments)
        .where(postings.c.account == PAYER_BALANCES)
        .group_by(payments.c.originator, payments.c.payer)
    )
    balances: dict[str, int] = defaultdict(int)
    for originator, payer, cents in connection.execute(query):
        balances[payer_key(originator, payer)] += int(cents)
    return dict(balances)


def evidence_about(connection: Connection, pairs: Iterable[PostedPair]) -> Evidence:
    """Which claims the pairs' references name, and which claims their payments reverse.

    A reference is read as a claim number, else as a payer claim number, of that payer's claim payments (RFI 2370).
    Some payers write several numbers into one reference (claim number, day, payer claim number, between blanks or #):
    where the whole names nothing, its parts are asked.
    """
    asked = list(pairs)
    wanted = {part for each in asked for part in _parts(each.reference)}
    by_claim_number = _claims_named(connection, wanted, claim_payments.c.claim_number)
    by_payers_number = _claims_named(connection, wanted, claim_payments.c.payer_claim_number)
    named = {}
    for each in asked:
        for part in _parts(each.reference):
            key = (each.payer, part)
            if claims := by_claim_number.get(key) or by_payers_number.get(key):
                named[each.payer, each.reference] = frozenset(claims)
                break
    return Evidence(named, _claims_reversed(connection, {each.payment_id for each in asked}))


def _parts(reference: str) -> list[str]:
    """The whole reference first, then its parts."""
    parts = [reference.strip(), *reference.replace("#", " ").split()]
    return [each for each in dict.fromkeys(parts) if each]


def _claims_named(
    connection: Connection, wanted: Collection[str], column: ColumnElement[str]
) -> dict[tuple[str, str], set[str]]:
    """(payer, number) -> claims; a claim is the practice's where it is matched, else as the payer wrote it."""
    named: dict[tuple[str, str], set[str]] = defaultdict(set)
    for some in _slices(wanted):
        query = (
            select(payments.c.originator, payments.c.payer, column, _CLAIM)
            .select_from(claim_payments)
            .join(payments)
            .where(column.in_(some))
        )
        for originator, payer, number, claim in connection.execute(query):
            named[payer_key(originator, payer), number].add(claim)
    return named


def _claims_reversed(connection: Connection, payment_ids: Collection[int]) -> dict[int, frozenset[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    for some in _slices(payment_ids):
        query = select(claim_payments.c.payment_id, _CLAIM).where(
            claim_payments.c.payment_id.in_(some), claim_payments.c.claim_status == "22"
        )
        for payment_id, claim in connection.execute(query):
            found[payment_id].add(claim)
    return {payment_id: frozenset(claims) for payment_id, claims in found.items()}


def _slices(values: Collection[Value]) -> Iterator[list[Value]]:
    everything = list(values)
    return (everything[at : at + _AT_A_TIME] for at in range(0, len(everything), _AT_A_TIME))
