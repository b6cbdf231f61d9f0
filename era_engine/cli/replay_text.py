"""A replay as tables in text."""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from era_engine.cli.output import Column, count, money, say, table
from era_engine.foundation.money import dollars
from era_engine.trials.replay import Change
from era_engine.trials.summary import CHANGES, Summary

WORDS = {"newly-posted": "newly posted", "newly-held": "newly needs review", "unchanged": "unchanged"}
REGRETS = {
    "undone": "a person undid the posting",
    "reversed": "the payer reversed the payment",
    "matched-otherwise": "a person matched it to another claim",
    "posted-otherwise": "a person posted different amounts",
    "closed": "a person closed it without posting",
}
PARTS = {"payer": "payer", "location": "location", "rule": "rule or hold"}


def headline(said: Sequence[str], summary: Summary) -> str:
    """What was tried, and what it comes to, in one sentence."""
    tried = " and ".join(said) or "the settings and rules in force"
    posted, held = summary.changed("newly-posted"), summary.changed("newly-held")
    return (
        f"With {tried}, of {count(summary.claims, 'claim payment')} {posted.claims:,} would newly post"
        f" ({dollars(posted.cents)}) and {held.claims:,} would newly need review ({dollars(held.cents)})."
        " Nothing was posted."
    )


def time_words(summary: Summary, minutes_by_hand: int) -> str:
    """The work by hand that is saved or needed besides."""
    saved = summary.minutes_saved(minutes_by_hand)
    each = f"at {count(minutes_by_hand, 'minute')} a claim (reports.minutes_by_hand)"
    return f"Work by hand: {count(abs(saved), 'minute')} {'more' if saved < 0 else 'saved'}, {each}."


def regret_words(summary: Summary) -> str:
    """How many claims would post that turned out to be no claims to post unseen."""
    if summary.regrets.claims == 0:
        return "Regrets: none. No claim that would post by itself was undone, posted differently, closed or reversed."
    return (
        f"Regrets: {count(summary.regrets.claims, 'claim')} ({dollars(summary.regrets.cents)}) would post that a"
        f" person undid, posted differently or closed, or that the payer reversed; {summary.new_regrets.claims:,} of"
        f" them newly."
    )


def parts(summary: Summary) -> list[tuple[str, list[list[str]]]]:
    """For payer, location and rule: the rows of a table of changes, those without one together."""
    found = []
    for part, title in PARTS.items():
        rows = []
        others = 0
        for value in summary.values(part):
            posted, held, same = (summary.changed(change, part, value) for change in CHANGES)
            if not posted.claims and not held.claims:
                others += same.claims
                continue
            sums = (str(posted.claims), dollars(posted.cents), str(held.claims), dollars(held.cents), str(same.claims))
            rows.append([value, *sums])
        if others:
            rows.append(["all others", "0", dollars(0), "0", dollars(0), str(others)])
        found.append((title, rows))
    return found


HEADINGS = ("newly posted", "", "newly to review", "", "unchanged")


def show(
    said: Sequence[str], summary: Summary, rows: Sequence[dict[str, Any]], left_out: int, minutes_by_hand: int
) -> None:
    """Print all of it."""
    say(f"{headline(said, summary)}\n")
    sums: tuple[Column[Change], ...] = (
        Column("", lambda change: WORDS[change]),
        Column("claims", lambda change: f"{summary.changed(change).claims:,}", right=True),
        Column("paid", lambda change: dollars(summary.changed(change).cents), right=True),
    )
    table(sums, CHANGES)
    say(f"\n{time_words(summary, minutes_by_hand)}\n{regret_words(summary)}")
    for title, lines in parts(summary):
        say("")
        heads = (f"by {title}", *HEADINGS)
        table([Column(head, itemgetter(at), right=at > 0) for at, head in enumerate(heads)], lines)
    if rows:
        say("\nClaims that would be decided differently:")
    for row in rows:
        mark = "✔" if row["change"] == "newly-posted" else "⚠"
        regret = f" REGRET: {REGRETS[row['regret']]}." if row["regret"] else ""
        say(
            f"{mark} {WORDS[row['change']]}: claim {row['claim_number']}, payment {row['trace_number']},"
            f" {row['payer'] or 'payer not named'}, {money(row['paid_cents'])}; before: {row['before_reason']}.{regret}"
        )
        say(f"    {row['explanation']}")
    if left_out:
        say(f"… and {count(left_out, 'more claim')}; --format csv lists all.")
