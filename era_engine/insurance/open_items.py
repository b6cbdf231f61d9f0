"""What is open between the practice and a payer outside the claims, and which pairs settled what; pure.

A negative pair of a group that settles (WO, FB, 72, …) leaves money with the practice that is the payer's: an
overpayment not yet taken back, a debt carried forward. A positive one takes such money. Each pair first settles what
stands open in the other direction; what it does not settle stands open itself. The order of the search is that of the
guide's references: claim number, payer claim number, trace number (005010X221A1 section 1.10.2.17, RFI 2370). Where
in doubt nothing is settled: an item too many on the list costs a look, one too few costs the money.

The remaining amounts of a payer's items sum to what its pairs posted to the account payer_balances.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import NamedTuple

from era_engine.remittance.provider_reasons import provider_reason


class PostedPair(NamedTuple):
    """A posted pair and where it stands. `payer`: who the money is between, by the trace number's originator."""

    id: int
    payer: str
    payment_id: int
    trace_number: str
    day: date
    reason: str
    reference: str
    cents: int


class Evidence(NamedTuple):
    """What the claim payments say. `named`: (payer, reference) -> claims that a reference names, by the claim number,
    else by the payer's; `reversed`: payment id -> claims that the payment reverses (status 22).
    """

    named: Mapping[tuple[str, str], frozenset[str]]
    reversed: Mapping[int, frozenset[str]]


class Settlement(NamedTuple):
    """What a later pair took of an item; cents with that pair's sign, opposite to the item's."""

    by: PostedPair
    cents: int


class OpenItem(NamedTuple):
    """What a pair began: `cents` is the part of it that settled nothing, `cents` + settlements = `remaining_cents`.

    acknowledged: what remains is a refund the practice sent (72), which the payer confirms while taking the overpayment
    back; it stands against the refund in the practice's own bank account, and nobody owes it.
    """

    opened_by: PostedPair
    cents: int
    settlements: tuple[Settlement, ...]
    remaining_cents: int
    acknowledged: bool

    @property
    def open(self) -> bool:
        return self.remaining_cents != 0 and not self.acknowledged


class _Item:
    """An item while it is being followed."""

    def __init__(self, opened_by: PostedPair, cents: int) -> None:
        self.opened_by, self.cents, self.remaining = opened_by, cents, cents
        self.settlements: list[Settlement] = []
        self.acknowledged = False

    def frozen(self) -> OpenItem:
        return OpenItem(self.opened_by, self.cents, tuple(self.settlements), self.remaining, self.acknowledged)


_Fits = Callable[[PostedPair, int, _Item], bool]


def open_items(pairs: Iterable[PostedPair], evidence: Evidence) -> tuple[OpenItem, ...]:
    """Every item ever opened, settled ones too, by payer and then in the order of their payments' days.

    Pairs whose reason settles nothing, and pairs of zero, are passed over.
    """
    following = [each for each in pairs if each.cents and _group(each.reason)]
    following.sort(key=lambda each: (each.payer, each.day, each.payment_id, each.id))
    items: list[_Item] = []
    for _, of_payer in groupby(following, key=lambda each: each.payer):
        waiting: list[_Item] = []
        for _, of_payment in groupby(of_payer, key=lambda each: (each.day, each.payment_id)):
            opened = _follow(list(of_payment), waiting, evidence)
            items += opened
            waiting = [item for item in (*waiting, *opened) if item.remaining and not item.acknowledged]
    return tuple(item.frozen() for item in items)


def _follow(pairs: Sequence[PostedPair], earlier: Sequence[_Item], evidence: Evidence) -> list[_Item]:
    """One payment: settle what earlier payments opened, then what stands against each other within; the rest opens."""
    same_claim = _same_claim(evidence)
    steps = (_same_reason, _same_reference, same_claim, _trace, _exact, _carried)
    confirmed = _confirmed_refunds(pairs, same_claim)
    left = [(each, each.cents if each.id in confirmed else _settle(each, each.cents, earlier, steps)) for each in pairs]
    opened: list[_Item] = []
    for pair, cents in left:
        rest = _settle(pair, cents, opened, (_not_carried(_same_reference), _not_carried(same_claim), _refund_taken))
        if rest:
            opened.append(_Item(pair, rest))
    _acknowledge(pairs, opened, same_claim, evidence)
    return opened


def _settle(pair: PostedPair, cents: int, items: Sequence[_Item], steps: Sequence[_Fits]) -> int:
    """Take what fits, step by step and oldest first; returns the cents of the pair that settled nothing."""
    for fits in steps:
        for item in items:
            if not cents:
                return 0
            opposite = (item.remaining > 0) != (cents > 0)
            if item.remaining and opposite and fits(pair, cents, item):
                part = min(abs(cents), abs(item.remaining))
                part = part if cents > 0 else -part
                item.settlements.append(Settlement(pair, part))
                item.remaining += part
                cents -= part
    return cents


def _group(reason: str) -> str | None:
    known = provider_reason(reason)
    return known.group if known else None


def _code(reason: str) -> str:
    return reason.strip().upper()


def _related(pair: PostedPair, item: _Item) -> bool:
    return _group(pair.reason) == _group(item.opened_by.reason)


def _reference(pair: PostedPair) -> str:
    return pair.reference.strip().upper()


def _same_reference(pair: PostedPair, _: int, item: _Item) -> bool:
    named = _reference(pair)
    return named != "" and named == _reference(item.opened_by) and _related(pair, item)


def _same_reason(pair: PostedPair, cents: int, item: _Item) -> bool:
    return _code(pair.reason) == _code(item.opened_by.reason) and _same_reference(pair, cents, item)


def _same_claim(evidence: Evidence) -> _Fits:
    """The two references name one claim: the one by its number, the other by the payer's, say."""

    def fits(pair: PostedPair, _: int, item: _Item) -> bool:
        mine = evidence.named.get((pair.payer, pair.reference), frozenset())
        other = evidence.named.get((item.opened_by.payer, item.opened_by.reference), frozenset())
        return bool(mine & other) and _related(pair, item)

    return fits


def _trace(pair: PostedPair, _: int, item: _Item) -> bool:
    """The reference is the trace number of the payment that opened the item."""
    opened = item.opened_by.trace_number.strip().upper()
    return opened != "" and _reference(pair) == opened and _related(pair, item)


def _carried(pair: PostedPair, _: int, item: _Item) -> bool:
    """A balance carried in is one carried forward before, whatever the reference says: oldest first."""
    return _code(pair.reason) == _code(item.opened_by.reason) == "FB"


def _exact(pair: PostedPair, cents: int, item: _Item) -> bool:
    return _carried(pair, cents, item) and item.remaining == -cents


def _not_carried(fits: _Fits) -> _Fits:
    """Within one payment a balance carried in and one carried forward are two balances."""

    def except_carried(pair: PostedPair, cents: int, item: _Item) -> bool:
        return not _carried(pair, cents, item) and fits(pair, cents, item)

    return except_carried


def _refund_taken(pair: PostedPair, cents: int, item: _Item) -> bool:
    """The guide's way to confirm a refund: 72 adds it, WO takes the same amount back."""
    return {_code(pair.reason), _code(item.opened_by.reason)} == {"72", "WO"} and item.remaining == -cents


def _confirmed_refunds(pairs: Sequence[PostedPair], same_claim: _Fits) -> set[int]:
    """Refunds (72) beside an equal recovery (WO) of the same reference or claim: ids. They pay for that one, and for
    nothing that was taken before.
    """
    takings = [each for each in pairs if _code(each.reason) == "WO" and each.cents > 0]
    confirmed = set()
    for refund in [each for each in pairs if _code(each.reason) == "72"]:
        item = _Item(refund, refund.cents)
        for taking in [each for each in takings if each.cents == -refund.cents]:
            if _same_reference(taking, 0, item) or same_claim(taking, 0, item):
                takings.remove(taking)
                confirmed.add(refund.id)
                break
    return confirmed


def _acknowledge(pairs: Sequence[PostedPair], opened: Sequence[_Item], same_claim: _Fits, evidence: Evidence) -> None:
    """A refund (72) beside the taking it pays for, or beside the reversal of its claim, leaves nothing to settle."""
    takings = [each for each in pairs if _code(each.reason) == "WO" and each.cents > 0]
    for item in opened:
        refund = item.opened_by
        if _code(refund.reason) != "72" or item.remaining >= 0:
            continue
        claims = evidence.named.get((refund.payer, refund.reference), frozenset())
        for taking in takings:
            named = _same_reference(taking, 0, item) or same_claim(taking, 0, item)
            if taking.cents == -item.remaining or (named and taking.cents > -item.remaining):
                takings.remove(taking)
                item.acknowledged = True
                break
        else:
            item.acknowledged = bool(claims & evidence.reversed.get(refund.payment_id, frozenset()))
