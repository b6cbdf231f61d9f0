"""Provider-level adjustments (PLB) as journal entries; pure.

Payment = sum of the claims less sum of the pairs (005010X221A1 section 1.10.2.1), so a positive amount takes money
from the deposit and a negative one adds to it.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from era_engine.foundation.money import dollars
from era_engine.journal.accounts import INSURANCE_DEPOSITS, INTEREST_INCOME, PAYER_BALANCES, PROVIDER_ADJUSTMENTS
from era_engine.journal.entry import Entry, Posting
from era_engine.remittance.model import ProviderAdjustment
from era_engine.remittance.provider_reasons import INTEREST, provider_reason
from era_engine.x12.finding import Finding

CLOSED = "closed_provider_adjustment"  # kind of the entry of a pair that a person filed without posting
INTEREST_DIFFERS = "interest-differs"


class Certainty(NamedTuple):
    """Places of the pairs in the remittance: to be posted now, and left to a person with the reason why."""

    post: tuple[int, ...]
    leave: tuple[tuple[int, str], ...]


def entry_for_provider_adjustment(pair: ProviderAdjustment, on: date, mark: str | None) -> Entry:
    """The entry of one pair, also of zero: it was received.

    Raises ValueError for a pair with an unreadable amount, and for one of an unknown reason that the engine would post
    (mark `A`); a person may enter such a one, which then counts as given or kept for good.
    """
    reason = provider_reason(pair.reason)
    if pair.cents is None or (reason is None and mark is not None):
        raise ValueError("a provider-level adjustment without a readable amount and known reason cannot be posted")
    kind, account = "provider_adjustment", PROVIDER_ADJUSTMENTS
    if is_interest(pair.reason):
        kind, account = "interest", INTEREST_INCOME
    elif reason is not None and reason.opens_item:
        account = PAYER_BALANCES
    postings = (Posting(INSURANCE_DEPOSITS, -pair.cents, None), Posting(account, pair.cents, None))
    return Entry(on, kind, mark, postings)


def entry_for_closing(on: date) -> Entry:
    """The entry that keeps who filed a pair without posting it, and why; it moves nothing."""
    postings = (Posting(INSURANCE_DEPOSITS, 0, None), Posting(PROVIDER_ADJUSTMENTS, 0, None))
    return Entry(on, CLOSED, None, postings)


def memo_of_pair(of_the_payment: str, reason: str, reference: str, note: str | None = None) -> str:
    """What the entries of a pair say: payment, reason, reference, and a person's note."""
    memo = f"{of_the_payment}, {reason} {reference}".strip()
    return f"{memo}: {note}" if note else memo


def note_in(memo: str, of_the_payment: str, reason: str, reference: str) -> str | None:
    """The note in a memo of `memo_of_pair`; the first versions left reason and reference out."""
    for before in (memo_of_pair(of_the_payment, reason, reference), of_the_payment):
        if memo.startswith(f"{before}: "):
            return memo.removeprefix(f"{before}: ")
    return None


def sort_provider_adjustments(pairs: Sequence[ProviderAdjustment], interest_differs: bool) -> Certainty:
    """Which pairs of a payment that balances post by themselves. `interest_differs`: see `interest_finding`."""
    post = []
    leave = []
    for at, pair in enumerate(pairs):
        why = why_not_posted(pair.reason, pair.cents)
        if why is None and interest_differs and is_interest(pair.reason):
            why = "the claims name a different amount of interest"
        if why is None:
            post.append(at)
        else:
            leave.append((at, why))
    return Certainty(tuple(post), tuple(leave))


def is_interest(reason: str) -> bool:
    return reason.strip().upper() == INTEREST


def why_not_posted(reason: str, cents: int | None) -> str | None:
    """What keeps a pair from being posted, whatever the payment it is on; None when nothing does."""
    if cents is None:
        return "its amount is unreadable"
    if provider_reason(reason) is None:
        return f"reason code {reason.strip()[:8] or '(empty)'} is not in our list"
    return None


def interest_finding(pairs: Sequence[ProviderAdjustment], interest_in_claims: int | None) -> Finding | None:
    """The doubt where the L6 pairs do not sum to minus the interest named on the claims (AMT*I), in cents.

    `interest_in_claims` is None where no claim names any: then there is nothing to check. None when all agrees, and
    when an L6 amount is unreadable, which `malformed-amount` has named already. Claims and other pairs post all the
    same, because AMT takes no part in balancing (RFI 2601).
    """
    if interest_in_claims is None:
        return None
    paid = 0
    for pair in pairs:
        if is_interest(pair.reason):
            if pair.cents is None:
                return None
            paid -= pair.cents
    if paid == interest_in_claims:
        return None
    message = (
        f"The payment adds {dollars(paid)} interest (PLB L6), but its claims name {dollars(interest_in_claims)}"
        f" (AMT*I)."
    )
    return Finding(INTEREST_DIFFERS, "warn", message)
