"""Under which settings a claim that was left to a person would post, and what else they would post."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import combinations
from typing import NamedTuple

from era_engine.books.tables import with_choices
from era_engine.foundation.errors import SettingsError
from era_engine.home.folder import Home
from era_engine.rulebook.engine import Engine
from era_engine.rulebook.facts import Facts
from era_engine.rulebook.rule_set import RuleSet
from era_engine.settings.model import Settings
from era_engine.settings.tables import percent_text
from era_engine.store.database import Connection
from era_engine.store.trials.replay import Scope, count_decided
from era_engine.trials.proposal import Proposal, settings_under
from era_engine.trials.replay import Replayed, replay

MOST = 20_000  # claim payments; beyond that trying every setting takes longer than a person waits
_AUTO = "era_payment_options.auto_post"
_PARTIAL = "era_payment_options.partial_payment"


class WhatIf(NamedTuple):
    """Settings, each `KEY=VALUE`, under which a claim payment would post; or may, where besides is None: not tried.

    No changes: it would post under what is in force now. besides: other claim payments that would newly post, and
    besides_cents what was paid on them; regrets: those of them that turned out to be mistakes; held: those that would
    newly be left to a person.
    """

    changes: tuple[str, ...]
    besides: int | None = None
    besides_cents: int = 0
    regrets: int = 0
    held: int = 0


class Left(NamedTuple):
    """A claim payment left to a person: facts and holds of the newest decision by rules."""

    claim_payment_id: int
    facts: Facts
    holds: Sequence[str]


def what_if(home: Home, live: Connection, settings: Settings, rule_set: RuleSet, left: Left) -> list[WhatIf]:
    """The single settings under which it would post, or else the fewest that would together; none where none do.

    Each is tried on the books, not reckoned from the facts; only named where the books are too long for that.
    """
    candidates = list(_candidates(settings, left.facts, left.holds))
    if count_decided(live, Scope()) > MOST:
        return [WhatIf(each) for each in candidates]
    trial = _Trial(home, live, rule_set)
    now = trial.posted(trial.in_force())
    if left.claim_payment_id in now:
        return [WhatIf((), 0)]
    for size in range(1, min(len(candidates), 3) + 1):
        found = []
        for some in combinations(candidates, size):
            changes = tuple(change for each in some for change in each)
            proposal = trial.proposal(changes)
            if proposal is not None and trial.posts(proposal, left.claim_payment_id):
                found.append(trial.besides(proposal, left.claim_payment_id, now))
        if found:
            return found
    return []


class _Trial:
    """Tries changes of era.toml. The rules stay the same, so one engine serves for all."""

    def __init__(self, home: Home, live: Connection, rule_set: RuleSet) -> None:
        self._home, self._live, self._rule_set = home, live, rule_set
        self._engine = Engine(rule_set)

    def proposal(self, changes: Sequence[str]) -> Proposal | None:
        """None where the changes are not allowed, such as a warning in place of a hold that must hold."""
        try:
            settings = settings_under(self._home, changes)
            rule_set = with_choices(self._home, self._rule_set, settings)
        except SettingsError:
            return None
        return Proposal(settings, rule_set, self._engine, tuple(changes))

    def posts(self, proposal: Proposal, claim_payment_id: int) -> bool:
        scope = Scope(claim_payment_id=claim_payment_id)
        replayed = replay(self._home, self._live, proposal, scope, lambda done: None)
        return any(each.after.outcome == "post" for each in replayed)

    def in_force(self) -> Proposal:
        """What is in force, without a change."""
        proposal = self.proposal(())
        assert proposal is not None, "the settings in force are valid"
        return proposal

    def posted(self, proposal: Proposal) -> dict[int, Replayed]:
        """Every claim payment that would post."""
        replayed = replay(self._home, self._live, proposal, Scope(), lambda done: None)
        return {each.decided.claim_payment_id: each for each in replayed if each.after.outcome == "post"}

    def besides(self, proposal: Proposal, claim_payment_id: int, now: dict[int, Replayed]) -> WhatIf:
        """What else it would do, compared with what is in force now."""
        then = self.posted(proposal)
        more = [each for number, each in then.items() if number not in now and number != claim_payment_id]
        cents = sum(each.decided.paid_cents or 0 for each in more)
        regrets = sum(each.regret is not None for each in more)
        return WhatIf(proposal.said, len(more), cents, regrets, len(now.keys() - then.keys()))


def _candidates(settings: Settings, facts: Facts, holds: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Changes that may let it post, each what an administrator would change at once."""
    auto_post, partial = settings.era_payment_options.auto_post, settings.era_payment_options.partial_payment
    paid, expected, minimum = (facts.get(name) for name in ("paid_cents", "expected_cents", "minimum_cents"))
    if isinstance(paid, int) and isinstance(expected, int) and isinstance(minimum, int) and 0 < paid < minimum:
        percent = Decimal(paid * 10_000 // expected) / 100
        yield (f"{_AUTO}.minimum_percent={percent_text(percent)}",)
        amount = f'{_PARTIAL}.minimum_amount="{paid // 100}.{paid % 100:02d}"'
        too_much = partial.minimum_amount > paid
        yield (f"{_PARTIAL}.enabled=true", *([amount] if too_much else []))
    if auto_post.enabled is not True:
        yield (f"{_AUTO}.enabled=true",)
    if not settings.ledger_options.auto_post_contracted_write_offs:
        yield ("ledger_options.auto_post_contracted_write_offs=true",)
    if isinstance(count := facts.get("plan_count"), int) and count > 1 and settings.several_plans.post == "never":
        yield ('several_plans.post="proven"',)
    if "reversal_posts" in facts and not settings.reversals.post_exact:
        yield ("reversals.post_exact=true",)
    if facts.get("deposit_received") is False:
        yield ("deposits.required=false",)
    for hold in holds:
        yield (f'holds.{hold}="warn"',)
