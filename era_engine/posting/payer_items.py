"""Provider-level adjustments as people ask for them: what each began, what settled it, and who owes whom."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple

from era_engine.books.opened import Books
from era_engine.foundation.money import dollars
from era_engine.insurance.open_items import OpenItem, PostedPair, open_items
from era_engine.insurance.provider_adjustments import is_interest
from era_engine.posting.evidence import facts_of_payment
from era_engine.posting.provider_adjustments import WhyLeft, why_left, why_not_by_hand
from era_engine.remittance.provider_reasons import meaning_of_provider_reason, provider_reason
from era_engine.store.database import Connection
from era_engine.store.insurance.payments import posted_version_of, stored_payment
from era_engine.store.insurance.provider_adjustments import StoredPair, evidence_about, payer_balances, stored_pairs

Record = dict[str, Any]


class OpenPair(NamedTuple):
    """An open pair. left: why it is not entered by itself, None where the next run enters it. why_not_by_hand: what
    keeps even a person from entering it, None where nothing does.
    """

    pair: StoredPair
    left: WhyLeft | None
    why_not_by_hand: str | None


def open_pairs(connection: Connection, books: Books) -> Iterator[OpenPair]:
    """Every open pair, in the order they were read, judged as a run would judge it now."""
    stored = stored_pairs(connection, only_open=True)
    for payment_id, pairs in groupby(stored, key=lambda pair: pair.payment_id):
        payment = stored_payment(connection, payment_id, lock=False)
        facts = facts_of_payment(books.settings, connection, payment, "auto", only_looking=True)
        never = why_not_by_hand(books.engine, facts, posted_version_of(connection, payment))
        for pair in pairs:
            yield OpenPair(pair, why_left(books.engine, facts, pair), never)


def provider_adjustment_records(
    connection: Connection, books: Books, today: date, payer: str | None = None, only_open: bool = False
) -> Iterator[Record]:
    """One record for each item, and for each pair that began none and settled none, in the order they were read.

    `payer`: part of the payer's name, in any case. `only_open`: what a person must look at: `open` and `not-posted`.
    A pair that settled items stands below them, in their `settlements`; what of it settled nothing is an item.
    """
    stored = stored_pairs(connection)
    posted = {pair.id: each for pair in stored if (each := pair.posted()) is not None}
    items = {
        item.opened_by.id: item for item in open_items(posted.values(), evidence_about(connection, posted.values()))
    }
    waiting = {each.pair.id: each.left for each in open_pairs(connection, books)}
    by_id = {pair.id: pair for pair in stored}
    settling = {settlement.by.id for item in items.values() for settlement in item.settlements}
    for pair in stored:
        if payer is not None and payer.casefold() not in (pair.payer or "").casefold():
            continue
        item = items.get(pair.id)
        if item is None and pair.id in settling:
            continue
        record = _record(pair, item, _in_words(pair, item, waiting.get(pair.id)), by_id, today)
        if not only_open or record["status"] in ("open", "not-posted"):
            yield record


def balances_that_differ(connection: Connection) -> list[tuple[str, int, int]]:
    """(payer, cents its items leave, cents on the account payer_balances) where the two are not the same."""
    posted = [each for pair in stored_pairs(connection) if (each := pair.posted()) is not None]
    remaining: dict[str, int] = defaultdict(int)
    for item in open_items(posted, evidence_about(connection, posted)):
        remaining[item.opened_by.payer] += item.remaining_cents
    entered = payer_balances(connection)
    payers = sorted(remaining.keys() | entered.keys())
    both = [(payer, remaining.get(payer, 0), entered.get(payer, 0)) for payer in payers]
    return [(payer, left, balance) for payer, left, balance in both if left != balance]


def _record(
    pair: StoredPair, item: OpenItem | None, in_words: str, by_id: Mapping[int, StoredPair], today: date
) -> Record:
    status = _status(pair, item)
    return {
        "item_id": pair.id,
        "payer": pair.payer,
        "reason": pair.reason,
        "meaning": meaning_of_provider_reason(pair.reason),
        "reference": pair.reference or None,
        "opened_on": pair.day.isoformat() if pair.day else None,
        "opened_by_trace": pair.trace_number,
        "cents": item.cents if item else pair.cents,
        "remaining_cents": item.remaining_cents if item else None,
        "age_days": _age(pair, item, status, today),
        "status": status,
        "in_words": in_words,
        "by": pair.by,
        "note": pair.note,
        "settlements": [
            {
                "trace_number": each.by.trace_number,
                "date": each.by.day.isoformat(),
                "reason": each.by.reason,
                "reference": each.by.reference or None,
                "cents": each.cents,
                "by": by_id[each.by.id].by,
                "note": by_id[each.by.id].note,
            }
            for each in (item.settlements if item else ())
        ],
    }


def _status(pair: StoredPair, item: OpenItem | None) -> str:
    if item is not None:
        return "open" if item.open else "acknowledged" if item.acknowledged else "settled"
    return {"open": "not-posted", "posted": "posted", "closed": "closed"}[pair.state]


def _age(pair: StoredPair, item: OpenItem | None, status: str, today: date) -> int | None:
    """Days an item has been open, or was until the last pair settled it; days a pair has waited to be posted."""
    if pair.day is None or status in ("posted", "closed", "acknowledged"):
        return None
    until = max(each.by.day for each in item.settlements) if item and status == "settled" else today
    return max((until - pair.day).days, 0)


def _in_words(pair: StoredPair, item: OpenItem | None, left: WhyLeft | None) -> str:
    """Who owes whom, for people."""
    status = _status(pair, item)
    if status == "not-posted":
        return f"not posted: {left.why if left else 'the next run enters it (era run)'}"
    if status == "closed":
        return "closed without posting"
    if item is None:
        if not pair.cents:
            return "posted"
        if is_interest(pair.reason):
            return f"posted: interest {'income' if pair.cents < 0 else 'reversed'}"
        return f"posted: the payer {'added' if pair.cents < 0 else 'kept'} it for good"
    if status == "settled":
        return "settled"
    amount = dollars(abs(item.remaining_cents))
    if status == "acknowledged":
        return f"the payer confirms the practice's refund of {amount}; enter that refund against it"
    return _open_in_words(item.opened_by, item.remaining_cents < 0, amount)


def _open_in_words(pair: PostedPair, owed_to_payer: bool, amount: str) -> str:
    reason = provider_reason(pair.reason)
    code = pair.reason.strip().upper()
    if reason is not None and reason.group == "advance":
        return f"the payer advanced {amount}" if owed_to_payer else f"the payer recovered {amount} of an advance"
    if reason is not None and reason.group == "withholding":
        return f"the payer paid {amount} that it may recover" if owed_to_payer else f"the payer withheld {amount}"
    if not owed_to_payer:
        return f"the payer recovered {amount} for something not in these books"
    if code == "72":
        return f"the payer says the practice refunded {amount}; check it against the refund sent"
    return f"the practice owes the payer {amount}"


def balances_in_words(records: Iterable[Record]) -> list[str]:
    """One sentence for each payer with something open: what is owed to it, what it took."""
    owed: dict[str, list[int]] = {}
    for record in records:
        if record["status"] == "open":
            sums = owed.setdefault(record["payer"] or "unnamed payer", [0, 0])
            sums[record["remaining_cents"] > 0] += abs(record["remaining_cents"])
    sentences = []
    for payer, (ours, theirs) in owed.items():
        parts = [f"the practice holds {dollars(ours)} that it owes {payer}"] if ours else []
        parts += [f"{dollars(theirs)} that {payer} recovered is not accounted for"] if theirs else []
        sentences.append("; ".join(parts) + ".")
    return sentences
