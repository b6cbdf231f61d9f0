"""What the journal holds: balanced entries, made once and never changed; what takes one back is an entry as well.

Debits are positive, credits negative; the postings of an entry sum to zero.
"""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from era_engine.journal.accounts import ACCOUNTS_RECEIVABLE, INSURANCE_DEPOSITS


class Posting(NamedTuple):
    """cents: debit positive. line: the practice's line number, None where the amount belongs to no one line."""

    account: str
    cents: int
    line: int | None


class Entry(NamedTuple):
    """One kind of posting for one claim. mark: `A` when posted by the engine, None by a person.

    reverses: the id of the posting decision whose entries this one takes back.
    """

    date: date
    kind: str
    mark: str | None
    postings: tuple[Posting, ...]
    reverses: int | None = None


def reversal_entry(posted: Iterable[Posting], decision_id: int, on: date, mark: str | None) -> Entry:
    """Takes back all postings of a decision: payment and write-off, line by line (835 guide, section 1.10.2.8)."""
    totals: dict[tuple[str, int | None], int] = {}
    for account, cents, line in posted:
        totals[account, line] = totals.get((account, line), 0) - cents
    postings = [Posting(account, cents, line) for (account, line), cents in totals.items() if cents]
    if not postings:  # a payment of zero leaves a trace, too
        postings = [Posting(INSURANCE_DEPOSITS, 0, None), Posting(ACCOUNTS_RECEIVABLE, 0, None)]
    assert sum([each.cents for each in postings]) == 0, "an entry must balance"
    return Entry(on, "reversal", mark, tuple(postings), reverses=decision_id)
