"""Posting on trial, compared with what people then did by hand."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

from era_engine.store.trials.shadow import Tried
from era_engine.trials.curve import wilson

Verdict = Literal["agreed", "other-amounts", "not-posted", "posted-by-people", "left-by-both", "waiting"]
BOUND = 0.01  # of the postings that people finished, the most that may differ for posting to be called safe


class Difference(NamedTuple):
    """A claim payment where people did otherwise. cents: posted by people less what would have been posted."""

    tried: Tried
    verdict: Verdict
    cents: int


class Agreement(NamedTuple):
    """How posting on trial and people agree. judged: would have posted, and people are done with it; 0 to 1."""

    judged: int
    agreed: int
    interval: tuple[float, float]  # of the share that differs, 95 % confidence

    @property
    def safe(self) -> bool:
        """Whether it is sure that no more than one posting in a hundred differs."""
        return self.judged > 0 and self.interval[1] <= BOUND


def verdict_on(tried: Tried) -> Verdict:
    """What people made of a claim payment. What they have not finished is waiting."""
    would_post = tried.outcome == "post"
    if tried.state == "open":
        return "not-posted" if would_post and tried.regret in ("undone", "matched-otherwise") else "waiting"
    if would_post and tried.regret == "matched-otherwise":
        return "not-posted"  # not for the claim it would have been posted for
    if tried.posted_cents is not None:
        if not would_post:
            return "posted-by-people"
        same = (tried.posted_cents, tried.written_off_cents or 0) == (tried.paid_cents, tried.write_off_cents or 0)
        return "agreed" if same else "other-amounts"
    return "not-posted" if would_post else "left-by-both"


class Trial:
    """Counts as claim payments pass; the differences are kept up to `most`."""

    def __init__(self, most: int = 100) -> None:
        self._most = most
        self._verdicts: dict[str, Counter[Verdict]] = defaultdict(Counter)
        self._cents: Counter[str] = Counter()
        self.differences: list[Difference] = []
        self.claims = 0

    def add(self, tried: Tried) -> None:
        verdict = verdict_on(tried)
        payer = tried.payer or "not known"
        self.claims += 1
        self._verdicts[payer][verdict] += 1
        if verdict not in ("other-amounts", "not-posted"):
            return
        posted = (tried.posted_cents or 0) + (tried.written_off_cents or 0)
        cents = posted - (tried.paid_cents or 0) - (tried.write_off_cents or 0)
        self._cents[payer] += abs(cents)
        if len(self.differences) < self._most:
            self.differences.append(Difference(tried, verdict, cents))

    def payers(self) -> list[str]:
        """Those with most claim payments first."""
        return sorted(self._verdicts, key=lambda payer: (-self._verdicts[payer].total(), payer))

    def verdicts(self, payer: str | None = None) -> Counter[Verdict]:
        """How many claim payments of each verdict, of all payers or of one."""
        if payer is not None:
            return self._verdicts[payer]
        return sum(self._verdicts.values(), Counter())

    def cents(self, payer: str | None = None) -> int:
        """By how much amounts differ, all differences taken as positive."""
        return self._cents.total() if payer is None else self._cents[payer]

    def agreement(self, payer: str | None = None) -> Agreement:
        """Of what would have posted and people are done with."""
        found = self.verdicts(payer)
        judged = found["agreed"] + found["other-amounts"] + found["not-posted"]
        return Agreement(judged, found["agreed"], wilson(judged - found["agreed"], judged))

    def record(self, payer: str | None = None) -> dict[str, Any]:
        """As JSON and CSV tell it."""
        found, agreement = self.verdicts(payer), self.agreement(payer)
        kinds: Iterable[Verdict] = (
            "agreed",
            "other-amounts",
            "not-posted",
            "posted-by-people",
            "left-by-both",
            "waiting",
        )
        return {
            "payer": payer,
            **{kind.replace("-", "_"): found[kind] for kind in kinds},
            "difference_cents": self.cents(payer),
            "judged": agreement.judged,
            "differ_share_low": round(agreement.interval[0], 6),
            "differ_share_high": round(agreement.interval[1], 6),
            "safe": agreement.safe,
        }
