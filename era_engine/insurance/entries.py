"""A decision to post becomes balanced journal entries: what the insurer paid, and what the contract writes off.

Debits are positive, credits negative; the postings of an entry sum to zero. What remains on accounts receivable
is the patient's share. What was posted is never changed: an entry of kind `reversal` takes it back.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from era_engine.journal.accounts import ACCOUNTS_RECEIVABLE, CONTRACTED_WRITE_OFFS, INSURANCE_DEPOSITS
from era_engine.journal.entry import Entry, Posting
from era_engine.practice.lines import LineMatch
from era_engine.remittance.adjustments import contracted_write_off
from era_engine.remittance.model import ClaimPayment

ByLine = Sequence[tuple[int | None, int]]  # (the practice's line number or None, cents)
_Lines = list[tuple[int | None, int]]


def memo_of_payment(payer: str | None, trace_number: str) -> str:
    """What the entries of a payment say where they come from."""
    return f"{payer or 'unnamed payer'} {trace_number}".strip()


def entries_for(
    payment: ClaimPayment,
    lines: LineMatch,
    room: Mapping[int, int],
    on: date,
    mark: str | None,
    write_off_cents: int | None = None,
) -> tuple[Entry, ...]:
    """Insurance payment (also of zero: it was received) and contracted write-off (only when there is one).

    `room`: the most that each of the practice's lines takes; what is more, as where the payer answers two lines with
    one, stands on no line. `write_off_cents`: less than the remittance's write-off where another plan wrote off a part
    of it before. Raises ValueError for a claim payment whose paid amount is unreadable: such a one is never posted.
    """
    if payment.paid_cents is None:
        raise ValueError("a claim payment without a readable amount cannot be posted")
    paid, write_offs, write_off = _credited(payment, lines, write_off_cents)
    full = _over(room, [*paid, *write_offs])
    paid = [(None if number in full else number, cents) for number, cents in paid]
    write_offs = [(None if number in full else number, cents) for number, cents in write_offs]
    return posted_entries(payment.paid_cents, paid, write_off, write_offs, on, mark)


def lines_over(
    payment: ClaimPayment, lines: LineMatch, room: Mapping[int, int], write_off_cents: int | None = None
) -> list[int]:
    """The practice's lines of which `entries_for` credits nothing, as the remittance has more for them than room."""
    paid, write_offs, _ = _credited(payment, lines, write_off_cents)
    return sorted(_over(room, [*paid, *write_offs]))


def _credited(payment: ClaimPayment, lines: LineMatch, write_off_cents: int | None) -> tuple[_Lines, _Lines, int]:
    """Paid and written off by line as the remittance has it, and the write-off in total."""
    line_numbers = dict(lines.pairs)
    paid: _Lines = []
    write_offs: _Lines = []
    remitted = contracted_write_off(payment.adjustments)
    for at, line in enumerate(payment.lines):
        number = line_numbers.get(at)
        if line.paid_cents is not None:
            paid.append((number, line.paid_cents))
        written_off = contracted_write_off(line.adjustments)
        write_offs.append((number, written_off))
        remitted += written_off
    write_off = remitted if write_off_cents is None else write_off_cents
    if write_off != remitted:  # which line has what is left of it is not known, unless there is one line
        write_offs = [(number, write_off) for number, _ in write_offs] if len(write_offs) == 1 else []
    return paid, write_offs, write_off


def _over(room: Mapping[int, int], credited: ByLine) -> set[int]:
    """The lines of which more would be credited than there is room for."""
    totals: dict[int, int] = {}
    for number, cents in credited:
        if number is not None:
            totals[number] = totals.get(number, 0) + cents
    return {number for number, cents in totals.items() if cents > max(room.get(number, 0), 0)}


def posted_entries(
    paid_cents: int, paid: ByLine, write_off_cents: int, write_offs: ByLine, on: date, mark: str | None
) -> tuple[Entry, ...]:
    """The entries of a claim that is posted; what the lines do not carry of the totals stands on no line."""
    entries = [Entry(on, "insurance_payment", mark, _postings(INSURANCE_DEPOSITS, paid_cents, paid))]
    if write_off_cents:
        postings = _postings(CONTRACTED_WRITE_OFFS, write_off_cents, write_offs)
        entries.append(Entry(on, "contracted_write_off", mark, postings))
    return tuple(entries)


def _postings(account: str, total: int, by_line: ByLine) -> tuple[Posting, ...]:
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
