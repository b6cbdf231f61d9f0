"""What a replay comes to: how many claim payments would be otherwise, how much money, and where."""

from collections import Counter, defaultdict
from typing import Any, NamedTuple

from era_engine.trials.replay import Change, Replayed

CHANGES: tuple[Change, ...] = ("newly-posted", "newly-held", "unchanged")
UNKNOWN = "not known"


class Sum(NamedTuple):
    """Claim payments and what was paid on them, in cents."""

    claims: int
    cents: int


class Summary:
    """Adds up as claim payments pass. Nothing is kept of a single one.

    by: for payer, location and rule, the sums by change. The rule is the first hold or else the row that leaves the
    claim to a person: before, where it is newly posted; after, where it is newly held; else as it is.
    """

    def __init__(self) -> None:
        self._claims: Counter[tuple[str, str, str]] = Counter()
        self._cents: Counter[tuple[str, str, str]] = Counter()
        self._values: dict[str, set[str]] = defaultdict(set)
        self.claims = 0
        self.posted_before = Sum(0, 0)
        self.posted_after = Sum(0, 0)
        self.regrets = Sum(0, 0)
        self.new_regrets = Sum(0, 0)

    def add(self, each: Replayed) -> None:
        cents = each.decided.paid_cents or 0
        self.claims += 1
        change = each.change
        rule = (each.before if change == "newly-posted" else each.after).reason
        for part, value in (
            ("all", ""),
            ("payer", each.decided.payer or UNKNOWN),
            ("location", each.decided.location or UNKNOWN),
            ("rule", rule),
        ):
            self._values[part].add(value)
            self._claims[part, value, change] += 1
            self._cents[part, value, change] += cents
        if each.before.outcome == "post":
            self.posted_before = _more(self.posted_before, cents)
        if each.after.outcome == "post":
            self.posted_after = _more(self.posted_after, cents)
        if each.regret is not None:
            self.regrets = _more(self.regrets, cents)
            if change == "newly-posted":
                self.new_regrets = _more(self.new_regrets, cents)

    def changed(self, change: Change, part: str = "all", value: str = "") -> Sum:
        """Claim payments of one change, of all or of one payer, location or rule."""
        return Sum(self._claims[part, value, change], self._cents[part, value, change])

    def values(self, part: str) -> list[str]:
        """The payers, locations or rules, those with most changes first."""
        return sorted(
            self._values[part],
            key=lambda value: (
                -self._claims[part, value, "newly-posted"] - self._claims[part, value, "newly-held"],
                value,
            ),
        )

    def minutes_saved(self, minutes_by_hand: int) -> int:
        """Minutes of work by hand that are not needed; below zero: that are needed besides."""
        return (self.posted_after.claims - self.posted_before.claims) * minutes_by_hand

    def record(self, said: tuple[str, ...], minutes_by_hand: int) -> dict[str, Any]:
        """As the last line of the JSON tells it."""
        return {
            "proposed": list(said),
            "claims": self.claims,
            **{change.replace("-", "_"): self.changed(change)._asdict() for change in CHANGES},
            "posted_before": self.posted_before._asdict(),
            "posted_after": self.posted_after._asdict(),
            "minutes_saved": self.minutes_saved(minutes_by_hand),
            "regrets": self.regrets._asdict(),
            "new_regrets": self.new_regrets._asdict(),
            **{
                f"by_{part}": {
                    value: {change.replace("-", "_"): self.changed(change, part, value)._asdict() for change in CHANGES}
                    for value in self.values(part)
                }
                for part in ("payer", "location", "rule")
            },
        }


def _more(total: Sum, cents: int) -> Sum:
    return Sum(total.claims + 1, total.cents + cents)
