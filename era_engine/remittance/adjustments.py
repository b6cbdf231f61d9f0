"""What adjustments mean for the books."""

from collections.abc import Iterable

from era_engine.remittance.model import Adjustment

# CO-45 is the contracted write-off; PI-45 occurs and means the same. No other reason is (CO-97, CO-29, CO-16 are not).
CONTRACTED = frozenset([("CO", "45"), ("PI", "45")])


def contracted_write_off(adjustments: Iterable[Adjustment]) -> int:
    """Cents written off by contract; unreadable amounts (a claim with one is never posted) count nothing."""
    total = 0
    for group, reason, cents, _ in adjustments:
        if reason == "45" and (group, reason) in CONTRACTED and cents is not None:
            total += cents
    return total
