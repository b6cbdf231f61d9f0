"""The curve as a picture (SVG): three panels over the minimum percentage, told apart without colour."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from html import escape
from math import ceil, log10

from era_engine.trials.curve import Point

_WIDTH, _PANEL, _LEFT, _TOP, _GAP, _RIGHT = 760, 190, 90, 80, 60, 30
_ACROSS = _WIDTH - _LEFT - _RIGHT


def picture(points: Sequence[Point], advised: Decimal | None, now: Decimal) -> str:
    """An SVG document: share posted, dollars short, and regrets with their 95 % interval, each with labelled axes."""
    most_short = _round_up(max(point.short_cents for point in points) / 100)
    known = [point for point in points if point.settled]
    most_regrets = _round_up(100 * max((point.interval[1] for point in known), default=0.0))
    height = _TOP + 3 * (_PANEL + _GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
        ' font-family="sans-serif" font-size="13" fill="#000" role="img">',
        "<title>What each minimum percentage would post</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="{_LEFT}" y="24" font-size="16">{points[0].claims:,} claim payments, by minimum percentage</text>',
        f'<text x="{_LEFT}" y="44">{escape(_marks(advised, now))}</text>',
    ]
    panels: list[tuple[str, float, str, Callable[[Point], float]]] = [
        ("posted by themselves, % of claims", 100.0, "%", lambda point: 100 * point.share),
        ("paid short of expected, posted all the same, $", most_short, "$", lambda point: point.short_cents / 100),
        (
            "regrets, % of settled claims (grey: 95 % interval)",
            most_regrets,
            "%",
            lambda point: 100 * point.regret_share,
        ),
    ]
    for at, (title, most, unit, value) in enumerate(panels):
        top = _TOP + at * (_PANEL + _GAP)
        if at == 2:
            parts.append(_band(points, top, most))
        parts += _axes(top, title, most, unit)
        line = " ".join(f"{_x(point.percent):.1f},{_y(top, value(point), most):.1f}" for point in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="#000" stroke-width="2"/>')
        parts.append(_upright(top, float(now), "6 4"))
        if advised is not None:
            parts.append(_upright(top, float(advised), "1 0"))
    bottom = _TOP + 3 * _PANEL + 2 * _GAP + 40
    parts.append(f'<text x="{_LEFT + _ACROSS / 2}" y="{bottom}" text-anchor="middle">minimum percentage</text></svg>')
    return "\n".join(parts)


def _marks(advised: Decimal | None, now: Decimal) -> str:
    found = f"dashed: now ({now:f} %)"
    return found if advised is None else f"{found}; upright line: recommended ({advised:f} %)"


def _x(percent: float) -> float:
    return _LEFT + _ACROSS * percent / 100


def _y(top: int, value: float, most: float) -> float:
    return top + _PANEL * (1 - min(value / most, 1.0))


def _axes(top: int, title: str, most: float, unit: str) -> list[str]:
    bottom = top + _PANEL
    parts = [
        f'<text x="{_LEFT}" y="{top - 6}">{escape(title)}</text>',
        f'<path d="M{_LEFT} {top}V{bottom}H{_LEFT + _ACROSS}" fill="none" stroke="#000"/>',
    ]
    for step in range(5):
        value, y = most * step / 4, _y(top, most * step / 4, most)
        said = f"${value:,.0f}" if unit == "$" else f"{value:g} %"
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{said}</text>')
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{_LEFT + _ACROSS}" stroke="#ccc" stroke-width="0.5"/>')
    for percent in range(0, 101, 10):
        parts.append(f'<text x="{_x(percent):.1f}" y="{bottom + 18}" text-anchor="middle">{percent}</text>')
        parts.append(f'<path d="M{_x(percent):.1f} {bottom}v5" stroke="#000"/>')
    return parts


def _band(points: Sequence[Point], top: int, most: float) -> str:
    known = [point for point in points if point.settled]
    if not known:
        return ""
    upper = [f"{_x(point.percent):.1f},{_y(top, 100 * point.interval[1], most):.1f}" for point in known]
    lower = [f"{_x(point.percent):.1f},{_y(top, 100 * point.interval[0], most):.1f}" for point in reversed(known)]
    return f'<polygon points="{" ".join([*upper, *lower])}" fill="#ddd"/>'


def _upright(top: int, percent: float, dashes: str) -> str:
    x = _x(percent)
    return f'<path d="M{x:.1f} {top}V{top + _PANEL}" stroke="#000" stroke-dasharray="{dashes}"/>'


def _round_up(value: float) -> float:
    """To 1, 2 or 5 times a power of ten, so that the axis has plain numbers."""
    if value <= 0:
        return 1.0
    power: float = 10.0 ** (ceil(log10(value)) - 1)
    return next(step * power for step in (1, 2, 5, 10, 20) if step * power >= value)
