"""How banks write days and amounts in a CSV: readers made from what a dialect says of them.

A reader takes a trimmed cell; its ValueError says what is allowed.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date

from era_engine.foundation.money import cents

_PARTS = {  # M and D: one digit or two
    "YYYY": ("(?P<year>[0-9]{4})", "2026"),
    "YY": ("(?P<year>[0-9]{2})", "26"),
    "MM": ("(?P<month>[0-9]{2})", "03"),
    "M": ("(?P<month>[0-9]{1,2})", "03"),
    "DD": ("(?P<day>[0-9]{2})", "31"),
    "D": ("(?P<day>[0-9]{1,2})", "31"),
}
_PART = re.compile("|".join(_PARTS))
_CENTURY = 2000
_YEARS = range(_CENTURY, _CENTURY + 100)
_GROUPED = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?", re.ASCII)


def is_day_pattern(pattern: str) -> bool:
    """Whether a text such as `M/D/YYYY` says year, month and day, each once, and where one ends and the next begins."""
    parts, between = _PART.findall(pattern), _PART.sub("", pattern)
    apart = len(between) >= len(parts) - 1 or not {"M", "D"} & set(parts)
    return sorted(part[0] for part in parts) == ["D", "M", "Y"] and apart and not re.search(r"[0-9A-Za-z]", between)


def day_reader(patterns: Sequence[str]) -> Callable[[str], date]:
    """Reads a day of this century, written in one of these ways."""
    ways = [re.compile(_filled(pattern, 0), re.ASCII) for pattern in patterns]
    allowed = f"a date of this century, written {' or '.join(_filled(pattern, 1) for pattern in patterns)}"

    def read(cell: str) -> date:
        match = next((match for way in ways if (match := way.fullmatch(cell))), None)
        if match is not None:
            year, month, day = (int(match[part]) for part in ("year", "month", "day"))
            year += _CENTURY if len(match["year"]) == 2 else 0
            try:
                written = date(year, month, day)
            except ValueError:  # such as February 30
                written = date.min
            if written.year in _YEARS:
                return written
        raise ValueError(allowed)

    return read


def _filled(pattern: str, which: int) -> str:
    """The pattern with each part replaced: 0 by an expression that finds it, 1 by an example of it."""
    filled, at = "", 0
    for part in _PART.finditer(pattern):
        between = pattern[at : part.start()]
        filled += (re.escape(between) if which == 0 else between) + _PARTS[part[0]][which]
        at = part.end()
    return filled + (re.escape(pattern[at:]) if which == 0 else pattern[at:])


def amount_reader(dollar_sign: bool, thousands: bool, brackets: bool, signed: bool = True) -> Callable[[str], int]:
    """Reads cents. dollar_sign: `$120.00`; thousands: `1,120.00`; brackets: `(120.00)` is negative.

    All of them may be there and need not be. signed: an amount may be negative.
    """
    example = f"{'$' if dollar_sign else ''}{'1,' if thousands else ''}120.00"
    negative = f"({example})" if brackets else f"-{example}"
    allowed = f"an amount up to 1000000000.00, like {example}"
    allowed += f", or {negative} for money that went back to the payer" if signed else ", without a sign"

    def read(cell: str) -> int:
        text, sign = cell, 1
        if brackets and text.startswith("(") and text.endswith(")"):
            text, sign = text[1:-1].strip(), -1
        elif text.startswith("-"):
            text, sign = text[1:], -1
        if dollar_sign:
            text = text.removeprefix("$")
        if thousands and _GROUPED.fullmatch(text):
            text = text.replace(",", "")
        try:
            amount = cents(text)
        except ValueError:
            raise ValueError(allowed) from None
        if amount < 0 or (sign < 0 and not signed):
            raise ValueError(allowed)
        return sign * amount

    return read
