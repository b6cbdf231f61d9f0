"""Money is integer cents from the moment it is read; no float ever touches it."""

import re
from decimal import Decimal
from functools import lru_cache

# The 835 guide limits amounts to 99999999.99 (section 1.3). Ten times that is read, and the sum over any file still
# fits the database's 64 bits.
MOST_CENTS = 100_000_000_000

# X12 type R without exponent, with at most two decimals.
_AMOUNT = re.compile(r"(-?)([0-9]{0,12})(?:\.([0-9]{0,2}))?", re.ASCII)


@lru_cache(maxsize=65536)
def cents(text: str) -> int:
    """Exact cents of a decimal amount such as `120`, `120.5`, `-.05`.

    Raises ValueError for anything else: exponents, signs other than a leading minus, blanks, separators,
    more than two decimals, digits outside ASCII, more than a billion dollars. An empty text is absent, not zero, so
    it raises too.
    """
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise ValueError("not an amount in dollars and cents")
    sign, whole, fraction = match.groups("")
    if not whole and not fraction:
        raise ValueError("not an amount in dollars and cents")
    amount = int(whole or "0") * 100 + int(fraction.ljust(2, "0"))
    if amount > MOST_CENTS:
        raise ValueError("not an amount in dollars and cents")
    return -amount if sign else amount


_ratio = lru_cache(64)(Decimal.as_integer_ratio)


def minimum_cents(expected_cents: int, percent: Decimal) -> int:
    """Smallest whole cents that satisfy `paid * 100 >= expected * percent` (the rule table's "at least")."""
    numerator, denominator = _ratio(percent)
    return -(-expected_cents * numerator // (denominator * 100))


def dollars(amount: int) -> str:
    """Cents as people read them: `$1,234.50`, `-$0.05`."""
    sign = "-" if amount < 0 else ""
    whole, fraction = divmod(abs(amount), 100)
    return f"{sign}${whole:,}.{fraction:02d}"
