"""For every minimum percentage from 0 to 100: what would post by itself, how much short, and with how many regrets.

A claim's decision changes with the percentage only where its minimum payment passes an amount that a rule compares it
with, so each claim is decided once between two such places, not a hundred times.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from decimal import Decimal
from itertools import accumulate, islice
from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

from era_engine.home.folder import Home
from era_engine.rulebook.facts import FactValue
from era_engine.rulebook.rule_set import RuleSet
from era_engine.store.database import Connection
from era_engine.store.trials.regrets import regrets_of
from era_engine.store.trials.replay import Decided, Scope, any_together, decided_by_rules
from era_engine.trials.proposal import Proposal
from era_engine.trials.replay import AT_A_TIME, Again, facts_suffice
from era_engine.trials.together import Copy, copy_of

PERCENTS = range(101)
CONFIDENCE = 95  # percent
_Z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 200)
Told = Callable[[int], None]


class Point(NamedTuple):
    """At one minimum percentage: claims in all, those that post by themselves, and of these what they lack.

    Money in cents. short_cents: expected less paid, where less was paid. settled: those posted whose end is known,
    because they are posted, closed or reversed by now; regrets: those of the settled that were a mistake.
    """

    percent: int
    claims: int
    posted: int
    posted_cents: int
    short_cents: int
    settled: int
    regrets: int

    @property
    def share(self) -> float:
        """Of all claims, the part that posts by itself; 0 to 1."""
        return self.posted / self.claims if self.claims else 0.0

    @property
    def regret_share(self) -> float:
        """Of the settled claims, the part that is regretted; 0 to 1."""
        return self.regrets / self.settled if self.settled else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true share of regrets lies with 95 % confidence (Wilson's score interval); 0 to 1."""
        return wilson(self.regrets, self.settled)


class Advice(NamedTuple):
    """percent: the one to take, None where the data recommend none; lowest: the lowest that posts the same claims.

    point: of `lowest`, or where there is none of the percentage whose regrets are surest to be few. needed: settled
    claims without a regret that would do.
    """

    percent: Decimal | None
    lowest: int | None
    point: Point
    needed: int


def wilson(regrets: int, settled: int) -> tuple[float, float]:
    """Wilson's score interval at 95 % (E. B. Wilson 1927), which holds for small numbers and for none at all."""
    if settled == 0:
        return 0.0, 1.0
    share, z2 = regrets / settled, _Z * _Z
    middle = share + z2 / (2 * settled)
    width = _Z * sqrt(share * (1 - share) / settled + z2 / (4 * settled * settled))
    whole = 1 + z2 / settled
    return max(0.0, (middle - width) / whole), min(1.0, (middle + width) / whole)


def advise(points: Sequence[Point], bound: float, now: Decimal) -> Advice:
    """The lowest percentage of which it is sure, at 95 %, that the share of regrets is not above `bound` (0 to 1).

    Where no claim was paid between it and a higher percentage, both post the same; what is in force is taken then, or
    else the higher one, because nothing is known of claims in between. A percentage that lets claims paid short post of
    which most are not settled yet is not recommended: what became of them is not known.
    """
    needed = int(_Z * _Z * (1 - bound) / bound) + 1
    exact = points[-1]
    for each in points:
        short, known = each.posted - exact.posted, each.settled - exact.settled
        if each.settled and each.interval[1] <= bound and 2 * known >= short:
            highest = max(other.percent for other in points if other.posted == each.posted)
            taken = now if each.percent <= now <= highest else Decimal(highest)
            return Advice(taken, each.percent, each, needed)
    return Advice(None, None, min(points, key=lambda each: (each.interval[1], -each.percent)), needed)


def curve(home: Home, live: Connection, proposal: Proposal, scope: Scope, told: Told) -> list[Point]:
    """The point of every whole percentage, under the settings of the proposal but for the percentage.

    The percentage is that of every claim in scope, whatever an override says. told: with the number of claims done.
    """
    sums = _Sums()
    again = Again(live, proposal)
    compared = _compared_with_minimum(proposal.rule_set)
    everything = not facts_suffice(live, proposal, scope)
    with ExitStack() as stack:
        copy: Copy | None = None
        together: dict[int, _Known] = {}
        if everything or any_together(live):
            copy = stack.enter_context(copy_of(home, live, everything))
        rows = decided_by_rules(live, scope)
        while chunk := list(islice(rows, AT_A_TIME)):
            regretted = regrets_of(live, [each.claim_payment_id for each in chunk])
            for each in chunk:
                facts = again.facts(each)[0]
                known = _Known.of(each, facts, each.claim_payment_id in regretted)
                places = _places(facts, compared)
                if copy is not None and copy.holds(each.claim_payment_id):
                    alone = facts | ({} if each.paid_cents is None else {"paid_cents": each.paid_cents})
                    places |= _places(alone, compared)  # of a split claim the facts may tell of all parts, or of one
                    together[each.claim_payment_id] = known._replace(places=frozenset(places))
                    continue
                for first, last in _spans(places):
                    sums.add(known, first, last, again.outcome(each, Decimal(first)).outcome == "post")
            told(len(chunk))
        if copy is not None:
            _add_together(sums, copy, proposal, together)
    return sums.points()


def _add_together(sums: "_Sums", copy: Copy, proposal: Proposal, together: "dict[int, _Known]") -> None:
    """Those that depend on each other, all of them anew wherever one of them changes."""
    places = {place for each in together.values() for place in each.places}
    for first, last in _spans(places):
        at = proposal._replace(settings=proposal.settings.with_minimum(Decimal(first)))
        with copy.played(at) as played:
            for some in _slices(together):
                for claim_payment_id, newest in played.decided(some).items():
                    sums.add(together[claim_payment_id], first, last, newest.outcome == "post")


def _slices(numbers: Iterable[int]) -> Iterator[list[int]]:
    some = iter(numbers)
    while piece := list(islice(some, AT_A_TIME)):
        yield piece


class _Known(NamedTuple):
    """What is counted of a claim payment. places: the percentages at which its own decision may change."""

    cents: int
    short_cents: int
    settled: bool
    regret: bool
    places: frozenset[int] = frozenset()

    @classmethod
    def of(cls, decided: Decided, facts: dict[str, FactValue], regret: bool) -> "_Known":
        paid, expected = facts.get("paid_cents"), facts.get("expected_cents")
        short = max(0, expected - paid) if isinstance(paid, int) and isinstance(expected, int) else 0
        return cls(decided.paid_cents or 0, short, regret or decided.state != "open", regret)


class _Sums:
    """Sums at every percentage, kept as the differences from one to the next."""

    def __init__(self) -> None:
        self._claims = [0] * 102
        self._differences = [[0] * 102 for _ in range(5)]

    def add(self, known: _Known, first: int, last: int, posts: bool) -> None:
        """A claim payment, at the percentages from `first` to `last`."""
        self._claims[first] += 1
        self._claims[last + 1] -= 1
        if not posts:
            return
        values = (1, known.cents, known.short_cents, int(known.settled), int(known.settled and known.regret))
        for differences, value in zip(self._differences, values, strict=True):
            differences[first] += value
            differences[last + 1] -= value

    def points(self) -> list[Point]:
        claims = list(accumulate(self._claims))
        sums = [list(accumulate(each)) for each in self._differences]
        return [Point(percent, claims[percent], *(each[percent] for each in sums)) for percent in PERCENTS]


def _compared_with_minimum(rule_set: RuleSet) -> list[int | str]:
    """Amounts, and facts, that some rule compares the minimum payment with; the payment always is, by the settings."""
    found: dict[int | str, None] = {"paid_cents": None}
    for rule in rule_set.rules:
        for condition in rule.when:
            if condition.other_fact == "minimum_cents":
                found[condition.fact] = None
            elif condition.fact == "minimum_cents":
                wanted = condition.wanted if isinstance(condition.wanted, tuple) else (condition.wanted,)
                found.update(dict.fromkeys(each for each in wanted if isinstance(each, int | str)))
    return list(found)


def _places(facts: dict[str, FactValue], compared: Sequence[int | str]) -> set[int]:
    """The whole percentages at which the minimum payment comes to, or passes, an amount it is compared with."""
    expected = facts.get("expected_cents")
    if not isinstance(expected, int) or expected <= 0:
        return set()
    found = set()
    for each in compared:
        amount = facts.get(each) if isinstance(each, str) else each
        if isinstance(amount, int):
            # minimum = expected * percent / 100, rounded up: at least `amount` from the first on, more from the second
            found |= {100 * (amount - 1) // expected + 1, 100 * amount // expected + 1}
    return {place for place in found if 0 < place <= 100}


def _spans(places: Iterable[int]) -> Iterator[tuple[int, int]]:
    """(first, last) percentage between two places."""
    begins = [0, *sorted(places)]
    ends = [*(place - 1 for place in begins[1:]), 100]
    return zip(begins, ends, strict=True)
