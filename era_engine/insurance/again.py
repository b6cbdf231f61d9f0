"""The facts of a claim under other settings, from the facts of a decision alone: no claim is read again.

That is exact where settings came into the facts in one step. Where they chose what is looked at (which adjustments a
person reviews, which doubts are told once), the claim has to be judged again.
"""

from decimal import Decimal

from era_engine.foundation.money import minimum_cents
from era_engine.insurance.observation import add_partial_payment, payee_is_ours
from era_engine.rulebook.facts import FactValue
from era_engine.settings.model import Settings
from era_engine.settings.tables import percent_text

_PUT_ANEW = ("shadow_outcome", "shadow_rule", "overrides")


def under_settings(
    facts: dict[str, FactValue],
    settings: Settings,
    overrides: str | None,
    percent: Decimal | None = None,
) -> dict[str, FactValue]:
    """Put `facts`, which are changed and returned, as they are in mode auto under `settings`.

    percent: a minimum percentage in place of theirs. What a deposit or a payee says is not looked at here. On trial the
    facts are those of posting switched on.
    """
    posting = settings.posting("auto")
    minimum = posting.minimum_percent if percent is None else percent
    for name in _PUT_ANEW:
        facts.pop(name, None)
    facts["posting_active"] = posting.enabled is not False
    facts["minimum_percent"] = percent_text(minimum)
    facts["write_offs_active"] = settings.ledger_options.auto_post_contracted_write_offs
    if overrides is not None:
        facts["overrides"] = overrides
    expected = facts.get("expected_cents")
    if isinstance(expected, int):
        facts["minimum_cents"] = minimum_cents(expected, minimum)
    if "partial_payment_accepted" in facts:
        add_partial_payment(facts, settings)
    return facts


def with_payee(facts: dict[str, FactValue], payee_ids: tuple[tuple[str, str], ...], settings: Settings) -> None:
    """Say whether the payee is the practice of these settings."""
    facts.pop("payee_is_ours", None)
    ours = payee_is_ours(payee_ids, settings)
    if ours is not None:
        facts["payee_is_ours"] = ours
