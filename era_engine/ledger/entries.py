"""A decision to post becomes balanced journal entries: what the insurer paid, and what the contract writes off.

Debits are positive, credits negative; the postings of an entry sum to zero. What remains on accounts receivable
is the patient's share.
"""

from datetime import date
from typing import NamedTuple

from era_engine.practice.matching import LineMatch
from era_engine.remittance.adjustments import contracted_write_off
from era_engine.remittance.model import ClaimPayment

INSURANCE_DEPOSITS = "insurance_deposits"
ACCOUNTS_RECEIVABLE = "accounts_receivable"
CONTRACTED_WRITE_OFFS = "contracted_write_offs"


class Posting(NamedTuple):
    """cents: debit positive. line: the office's line number, None where the amount belongs to no one line."""

    account: str
    cents: int
    line: int | None


class Entry(NamedTuple):
    """One kind of posting for one claim. mark: `A` when posted by the engine, None by a person."""

    date: date
    kind: str
    mark: str | None
    postings: tuple[Posting, ...]


def entries_for(payment: ClaimPayment, lines: LineMatch, on: date, mark: str | None) -> tuple[Entry, ...]:
    """Insurance payment (also of zero: it was received) and contracted write-off (only when there is one).

    Raises ValueError for a claim payment whose paid amount is unreadable: such a one is never posted.
    """
    if payment.paid_cents is None:
        raise ValueError("a claim payment without a readable amount cannot be posted")
    line_numbers = dict(lines.pairs)
    paid = []
    write_offs = []
    write_off = contracted_write_off(payment.adjustments)
    for at, line in enumerate(payment.lines):
        number = line_numbers.get(at)
        if line.paid_cents is not None:
            paid.append((number, line.paid_cents))
        written_off = contracted_write_off(line.adjustments)
        write_offs.append((number, written_off))
        write_off += written_off
    entries = [Entry(on, "insurance_payment", mark, _postings(INSURANCE_DEPOSITS, payment.paid_cents, paid))]
    if write_off:
        postings = _postings(CONTRACTED_WRITE_OFFS, write_off, write_offs)
        entries.append(Entry(on, "contracted_write_off", mark, postings))
    return tuple(entries)


def _postings(account: str, total: int, by_line: list[tuple[int | None, int]]) -> tuple[Posting, ...]:
    """A debit of the total, credits by line, and what the lines do not carry on no line (claim-level amounts)."""
    postings = [Posting(account, total, None)]
    rest = total
    for line, cents in by_line:
        if cents:
            postings.append(Posting(ACCOUNTS_RECEIVABLE, -cents, line))
            rest -= cents
    if rest or len(postings) == 1:
        postings.append(Posting(ACCOUNTS_RECEIVABLE, -rest, None))
    assert sum([each.cents for each in postings]) == 0, "an entry must balance"
    return tuple(postings)
