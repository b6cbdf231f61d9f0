"""The facts of a claim under other settings, or in the other mode, from those of a decision: no claim is read again.

That is exact where settings came into the facts in one step. Where they chose what is looked at (which adjustments a
person reviews, which doubts are told once), the claim has to be judged again.
"""

from decimal import Decimal
from typing import NamedTuple

from era_engine.foundation.money import minimum_cents
from era_engine.insurance.observation import Mode, add_partial_payment, payee_is_ours
from era_engine.rulebook.facts import FactValue
from era_engine.rulebook.rule_set import RuleSet
from era_engine.settings.model import Settings
from era_engine.settings.tables import percent_text

_PUT_ANEW = ("shadow_outcome", "shadow_rule", "overrides")


class Variant(NamedTuple):
    """What decides the claims with the same overrides."""

    settings: Settings
    overrides: str | None
    rule_set: RuleSet


class Variants:
    """Settings and rules for each set of overrides."""

    def __init__(self, settings: Settings, rule_set: RuleSet) -> None:
        self._settings, self._rule_set = settings, rule_set
        self._known: dict[str | None, Variant] = {}

    def of_claim(self, payer_id: str | None, payer_name: str | None, location: str | None) -> Variant:
        """What decides a claim of the practice; where there is none (all None), no override fits."""
        overrides = None
        if payer_id is not None and payer_name is not None and location is not None:
            _, overrides = self._settings.for_claim(payer_id, payer_name, location)
        known = self._known.get(overrides)
        if known is None:
            settings = self._settings.with_overrides(overrides)
            known = Variant(settings, overrides, self._rule_set.with_choices(settings.holds))
            self._known[overrides] = known
        return known


def under_settings(
    facts: dict[str, FactValue],
    settings: Settings,
    overrides: str | None,
    percent: Decimal | None = None,
    mode: Mode = "auto",
) -> dict[str, FactValue]:
    """Put `facts`, which are changed and returned, as they are in a mode under `settings`.

    percent: a minimum percentage in place of theirs. What a deposit or a payee says is not looked at here. On trial the
    facts are those of posting switched on. A reversal posts where it did, and posting and write-offs are on.
    """
    posting = settings.posting(mode)
    minimum = posting.minimum_percent if percent is None else percent
    for name in _PUT_ANEW:
        facts.pop(name, None)
    facts["mode"] = mode
    facts["posting_active"] = posting.enabled is not False
    facts["minimum_percent"] = percent_text(minimum)
    facts["write_offs_active"] = settings.ledger_options.auto_post_contracted_write_offs
    if overrides is not None:
        facts["overrides"] = overrides
    expected = facts.get("expected_cents")
    if isinstance(expected, int):
        facts["minimum_cents"] = minimum_cents(expected, minimum)
    if facts.get("reversal_posts") is True:
        facts["reversal_posts"] = facts["posting_active"] and facts["write_offs_active"]
    if "partial_payment_accepted" in facts:
        add_partial_payment(facts, settings)
    return facts


def with_payee(facts: dict[str, FactValue], payee_ids: tuple[tuple[str, str], ...], settings: Settings) -> None:
    """Say whether the payee is the practice of these settings."""
    facts.pop("payee_is_ours", None)
    ours = payee_is_ours(payee_ids, settings)
    if ours is not None:
        facts["payee_is_ours"] = ours
