"""A replay as one page of HTML that needs nothing else, readable in black and white and on paper."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from era_engine.cli.output import money
from era_engine.cli.replay_text import HEADINGS, REGRETS, WORDS, headline, parts, regret_words, time_words
from era_engine.foundation.money import dollars
from era_engine.trials.summary import CHANGES, Summary

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#111}"
    "table{border-collapse:collapse;margin:1rem 0}"
    "th,td{border-bottom:1px solid #bbb;padding:.3rem .8rem;text-align:left;vertical-align:top}"
    "td.n,th.n{text-align:right;white-space:nowrap}.regret{font-weight:bold}"
)


def page(
    said: Sequence[str], summary: Summary, rows: Sequence[dict[str, Any]], left_out: int, minutes_by_hand: int
) -> str:
    """The whole page. It names claims, so it belongs where the books are."""
    sums = [(WORDS[change], *summary.changed(change)) for change in CHANGES]
    pieces = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>era replay</title>',
        f"<style>{_STYLE}</style></head><body><h1>What would it have done?</h1>",
        f"<p>{escape(headline(said, summary))}</p>",
        _table(("", "claims", "paid"), [(words, f"{claims:,}", dollars(cents)) for words, claims, cents in sums]),
        f"<p>{escape(time_words(summary, minutes_by_hand))}</p><p>{escape(regret_words(summary))}</p>",
    ]
    for title, lines in parts(summary):
        pieces += [f"<h2>By {escape(title)}</h2>", _table((title, *HEADINGS), lines)]
    if rows:
        pieces += ["<h2>Claims that would be decided differently</h2>", _changed(rows)]
    if left_out:
        pieces.append(f"<p>… and {left_out:,} more; <code>--format csv</code> lists all.</p>")
    return "\n".join([*pieces, "</body></html>"])


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th{_number(at)}>{escape(each)}</th>" for at, each in enumerate(headings))
    lines = (
        "<tr>" + "".join(f"<td{_number(at)}>{escape(each)}</td>" for at, each in enumerate(row)) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def _number(at: int) -> str:
    return ' class="n"' if at else ""


def _changed(rows: Sequence[dict[str, Any]]) -> str:
    lines = []
    for row in rows:
        regret = f'<br><span class="regret">Regret: {escape(REGRETS[row["regret"]])}.</span>' if row["regret"] else ""
        cells = (row["claim_number"], row["trace_number"], row["payer"] or "", row["location"] or "")
        told = "".join(f"<td>{escape(each)}</td>" for each in cells)
        lines.append(
            f'<tr><td>{escape(WORDS[row["change"]])}</td>{told}<td class="n">{escape(money(row["paid_cents"]))}</td>'
            f"<td>{escape(row['before_reason'])}</td><td>{escape(row['explanation'] or '')}{regret}</td></tr>"
        )
    heads = ("change", "claim", "payment", "payer", "location", "paid", "before", "after, and why")
    head = "".join(f"<th>{escape(each)}</th>" for each in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
