"""Split claims: the payer answers one claim in parts, each a claim payment of its own.

A split claim's parts carry different payer claim numbers (CLP07); a correction repeats the number it corrects.
"""

from collections.abc import Sequence
from typing import NamedTuple

from era_engine.practice.lines import LineMatch, answered_exactly
from era_engine.practice.model import Claim
from era_engine.remittance.model import ClaimPayment

PART_STATUSES = frozenset(["1", "2", "3", "19", "20", "21"])  # CLP02: processed
MOST_PARTS = 20  # no payer splits a claim into more; so many claim payments of one claim are something else


class Split(NamedTuple):
    """Parts of one claim that do not contradict each other. Money in cents.

    complete: together they answer all procedures and charge what the practice charged; else the rest is awaited.
    """

    complete: bool
    paid_cents: int
    charge_cents: int
    parts: int


def split_of(parts: Sequence[tuple[ClaimPayment, LineMatch]], claim: Claim) -> Split | None:
    """Whether all live claim payments of a practice's claim are parts of it; None where they are not, or in doubt.

    Parts have different payer claim numbers, charge less than the claim, and answer different procedures, each by one
    line of its code and fee. Parts without service lines count where all charges sum to the claim's. One part alone
    is a split whose rest is awaited. Source: 835 guide, CLP07 and CLP03; RFI 227.
    """
    numbers = [payment.payer_claim_number for payment, _ in parts]
    if len(parts) > 1 and (len(set(numbers)) < len(numbers) or "" in numbers):
        return None
    paid = charged = 0
    answered: set[int] = set()
    for payment, lines in parts:
        if not _is_part(payment, claim) or payment.paid_cents is None or payment.charge_cents is None:
            return None
        these = answered_exactly(payment, lines, claim)
        if these is None or answered & these:
            return None
        if payment.lines and sum([line.charge_cents or 0 for line in payment.lines]) != payment.charge_cents:
            return None
        answered |= these
        paid += payment.paid_cents
        charged += payment.charge_cents
    all_itemised = all(payment.lines for payment, _ in parts)
    complete = charged == claim.charge_cents and (not all_itemised or len(answered) == len(claim.lines))
    return Split(complete, paid, charged, len(parts)) if parts and (complete or all_itemised) else None


def _is_part(payment: ClaimPayment, claim: Claim) -> bool:
    charge = payment.charge_cents
    return payment.status in PART_STATUSES and charge is not None and 0 < charge < claim.charge_cents
