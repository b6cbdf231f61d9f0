"""Days on which US banks settle: Monday to Friday without the holidays of the Federal Reserve Banks.

A holiday on a Sunday is kept on the Monday after; one on a Saturday is not moved (Federal Reserve, Standard Holiday
Schedule). That is the XFED calendar of the `holidays` library, which takes its time to import and is asked late.
"""

from datetime import date
from functools import lru_cache

_WEEKDAYS = 5
_MARKET = "XFED"
_FIRST_KNOWN, _LAST_KNOWN = 1999, 2100


@lru_cache(maxsize=256)
def bank_holidays(year: int) -> frozenset[date]:
    """The weekdays of a year on which the Federal Reserve Banks are closed; none before 1999 and after 2100."""
    if not _FIRST_KNOWN <= year <= _LAST_KNOWN:  # a remittance may be dated 9999; asking for each year takes a second
        return frozenset()
    from holidays import financial_holidays

    calendar = financial_holidays(_MARKET, years=year)
    return frozenset(day for day in calendar if day.year == year and day.weekday() < _WEEKDAYS)


@lru_cache(maxsize=4096)
def business_days_apart(one: date, other: date) -> int:
    """How many business days lie after the earlier day, up to and with the later one: Friday to Monday is 1."""
    first, last = min(one, other), max(one, other)
    closed = sum(first < day <= last for year in range(first.year, last.year + 1) for day in bank_holidays(year))
    return _weekdays_to(last) - _weekdays_to(first) - closed


def _weekdays_to(day: date) -> int:
    """Mondays to Fridays from the beginning of the calendar, whose first day is a Monday."""
    weeks, rest = divmod(day.toordinal(), 7)
    return weeks * _WEEKDAYS + min(rest, _WEEKDAYS)
