"""Every claim payment decided again under other settings or rules; nothing is posted.

Most decisions depend on their own claim payment alone: those are made from the facts that were kept with them. Those
that depend on what was posted before are made in a copy of the books.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from typing import Literal, NamedTuple

from era_engine.home.folder import Home
from era_engine.insurance.again import Variant, Variants, under_settings, with_payee
from era_engine.insurance.holds import doubts_held
from era_engine.insurance.observation import on_trial
from era_engine.insurance.table import INSURANCE
from era_engine.rulebook.condition import Condition
from era_engine.rulebook.decision import decide, fired_rules
from era_engine.rulebook.explanation import sentence
from era_engine.rulebook.facts import FactValue
from era_engine.rulebook.reading import rule_set_from_json
from era_engine.rulebook.rule import Rule
from era_engine.rulebook.rule_set import RuleSet
from era_engine.settings.model import Settings, settings_from_json
from era_engine.store.database import Connection
from era_engine.store.insurance import decisions as stored_decisions
from era_engine.store.insurance.deposits import deposit_received
from era_engine.store.trials.regrets import Regret, regrets_of
from era_engine.store.trials.replay import Decided, Scope, any_together, decided_by_rules, made_under
from era_engine.trials.proposal import Proposal
from era_engine.trials.together import Played, copy_of

AT_A_TIME = 1000
Change = Literal["newly-posted", "newly-held", "unchanged"]
Told = Callable[[int], None]


class Outcome(NamedTuple):
    """What a decision came to: `post` or `manual`, the row of the table or None, and the ids of the holds."""

    outcome: str
    rule: str | None
    holds: tuple[str, ...]

    @property
    def reason(self) -> str:
        """The first hold, else the row."""
        return next(iter(self.holds), None) or self.rule or "undecided"


class Replayed(NamedTuple):
    """One claim payment, before and after. explanation: of the decision after, None where nothing changed.

    regret: why posting it by itself was, or would be, a mistake; None where nothing speaks for that.
    """

    decided: Decided
    before: Outcome
    after: Outcome
    explanation: str | None
    regret: Regret | None

    @property
    def change(self) -> Change:
        if self.before.outcome == self.after.outcome:
            return "unchanged"
        return "newly-posted" if self.after.outcome == "post" else "newly-held"


def replay(home: Home, live: Connection, proposal: Proposal, scope: Scope, told: Told) -> Iterator[Replayed]:
    """Every claim payment in scope under the proposal, in the order in which they were written down.

    told: called with the number of claim payments that are done since.
    """
    again = Again(live, proposal)
    everything = not facts_suffice(live, proposal, scope)
    with ExitStack() as stack:
        played: Played | None = None
        if everything or any_together(live):
            copy = stack.enter_context(copy_of(home, live, everything))
            played = stack.enter_context(copy.played(proposal))
        rows = decided_by_rules(live, scope)
        while chunk := list(islice(rows, AT_A_TIME)):
            yield from _replayed(live, chunk, again, played)
            told(len(chunk))


def _replayed(live: Connection, chunk: Sequence[Decided], again: "Again", played: Played | None) -> Iterator[Replayed]:
    found = played.decided([each.claim_payment_id for each in chunk]) if played is not None else {}
    befores = [Outcome(each.outcome, each.rule, tuple(each.holds.split())) for each in chunk]
    afters = []
    for each, before in zip(chunk, befores, strict=True):
        newest = found.get(each.claim_payment_id)
        if newest is None:
            afters.append(again.explained(each, before))
        else:
            outcome = Outcome(newest.outcome, newest.rule, tuple(newest.holds.split()))
            afters.append((outcome, None if outcome == before else newest.explanation))
    posting = [each.claim_payment_id for each, (after, _) in zip(chunk, afters, strict=True) if after.outcome == "post"]
    regrets = regrets_of(live, posting)
    for each, before, (after, explanation) in zip(chunk, befores, afters, strict=True):
        yield Replayed(each, before, after, explanation, regrets.get(each.claim_payment_id))


class Again:
    """Decisions made again from their facts."""

    def __init__(self, live: Connection, proposal: Proposal) -> None:
        self._live, self._engine = live, proposal.engine
        self._variants = Variants(proposal.settings, proposal.rule_set)
        self._required = proposal.settings.deposits.required
        self._practice = proposal.settings.practice
        self._settings_then = lru_cache(maxsize=64)(self._load_settings)
        self._received = lru_cache(maxsize=16)(self._load_received)

    def outcome(self, decided: Decided, percent: Decimal | None = None) -> Outcome:
        """What it comes to under the proposal; percent: with another minimum percentage."""
        row, holds, _, _, _ = self._fired(decided, percent)
        return _outcome(row, holds)

    def explained(self, decided: Decided, before: Outcome) -> tuple[Outcome, str | None]:
        """The same with its explanation, where it is not what it was before."""
        row, holds, warnings, facts, variant = self._fired(decided, None)
        outcome = _outcome(row, holds)
        return outcome, None if outcome == before else sentence(variant.rule_set, row, holds, facts, warnings)

    def _fired(
        self, decided: Decided, percent: Decimal | None
    ) -> tuple[Rule | None, list[Rule], list[Rule], dict[str, FactValue], Variant]:
        facts, variant = self.facts(decided, percent)
        facts = self._trial(facts, variant)
        return *fired_rules(self._engine, facts, variant.rule_set), facts, variant

    def facts(self, decided: Decided, percent: Decimal | None = None) -> tuple[dict[str, FactValue], Variant]:
        """The facts under the proposal; on trial, as if posting were on."""
        variant = self._variants.of_claim(decided.payer_id, decided.payer_name, decided.location)
        facts = under_settings(json.loads(decided.facts), variant.settings, variant.overrides, percent)
        if not self._required:
            facts.pop("deposit_received", None)
        elif "deposit_received" not in facts:
            received = self._received(decided.payment_id)
            if received is not None:
                facts["deposit_received"] = received
        if self._practice != self._settings_then(decided.settings).practice:
            with_payee(facts, tuple((each[0], each[1]) for each in json.loads(decided.payee_ids)), variant.settings)
        return facts, variant

    def _trial(self, facts: dict[str, FactValue], variant: Variant) -> dict[str, FactValue]:
        if variant.settings.posting("auto").enabled != "shadow":
            return facts
        decision = decide(self._engine, facts, variant.rule_set)
        return on_trial(facts, decision.outcome, decision.rule)

    def _load_settings(self, content_hash: str) -> Settings:
        return settings_from_json(stored_decisions.settings_content(self._live, content_hash))

    def _load_received(self, payment_id: int) -> bool | None:
        return deposit_received(self._live, payment_id, lock=False)


def _outcome(row: Rule | None, holds: Sequence[Rule]) -> Outcome:
    outcome = "post" if row is not None and row.then == "post" else "manual"
    return Outcome(outcome, row.id if row is not None else None, tuple(hold.id for hold in holds))


def facts_suffice(live: Connection, proposal: Proposal, scope: Scope) -> bool:
    """Whether decisions that depend on no other can be made from their facts alone: see `decisions.again`."""
    after = _held_doubts(proposal.settings, proposal.rule_set)
    for ruleset, settings in made_under(live, scope):
        then = settings_from_json(stored_decisions.settings_content(live, settings))
        before = _held_doubts(then, rule_set_from_json(stored_decisions.rule_set_content(live, ruleset), INSURANCE))
        if before != after or len(after) > 1 or then.review_reasons != proposal.settings.review_reasons:
            return False
    return True


def _held_doubts(settings: Settings, rule_set: RuleSet) -> set[frozenset[Condition]]:
    """Which of the doubts that are told once hold, under these settings and each of their overrides."""
    every = (settings.with_overrides(None), *settings.all_in_force().values())
    return {doubts_held(rule_set.with_choices(overridden.holds).holds) for overridden in every}
