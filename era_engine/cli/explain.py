"""era explain."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from era_engine.cli import options
from era_engine.cli.output import say

if TYPE_CHECKING:
    from era_engine.questions.explanation import WhyDecided
    from era_engine.rulebook.explanation import ConditionTrace, RuleTrace
    from era_engine.trials.what_if import WhatIf


@click.command(epilog="Example: era explain C0000012 --trace EFT0001")
@click.argument("claim", metavar="CLAIM")
@click.option("--trace", metavar="TRACE", help="The payment, if the claim was paid more than once.")
@click.option("--all", "all_rules", is_flag=True, help="Also show the holds that did not fire.")
@options.as_json
@options.home
def command(claim: str, trace: str | None, all_rules: bool, as_json: bool, home: Path | None) -> None:
    """Why a claim was posted or needs review: every rule, every condition with its value, and what would change the
    answer.

    Explains the newest decision on the claim, under the rules and settings it was made with.
    """
    from era_engine.books.opened import look_at_books
    from era_engine.cli.output import json_line
    from era_engine.questions.explanation import why_decided
    from era_engine.store.insurance.decisions import BY_ID

    with look_at_books(home) as (practice_home, settings, database), database.reading() as connection:
        why = why_decided(connection, practice_home, settings, claim, trace)
    if as_json:
        json_line(why.to_json())
        return
    _show(why, all_rules)
    if why.what_if is not None:
        _show_tried(why.what_if)
    if why.deposit_differs is not None:
        say(f"\n{why.deposit_differs} `era deposits` shows both. Another import will not help.")
    _show_expected(why.expected)
    for other_id, trace_number in why.other_payments:
        other = f"{BY_ID}{other_id}"
        say(f"Payment {other} ({trace_number}) has this claim, too. To explain it, add --trace {other}.")


def _show_tried(tried: "list[WhatIf]") -> None:
    """Under which settings it would post, and what the same change would post besides."""
    from shlex import quote

    from era_engine.cli.output import count
    from era_engine.foundation.money import dollars

    if not tried:
        say("\nNone of the settings tried would post it.")
        return
    if not tried[0].changes:
        say("\nIt would post under the settings and rules in force now. They have changed since it was decided.")
        return
    if tried[0].besides is None:
        say("\nOne of these settings may post it. The books are too large to try them here:")
    else:
        say("\nIt would post under these settings (tried on the books; nothing was posted):")
    for each in tried:
        command = f"era replay {' '.join(f'--set {quote(change)}' for change in each.changes)}"
        if each.besides is None:
            say(f"  - {command}")
            continue
        say(f"  - {' and '.join(each.changes)}")
        say(
            f"      would newly post {count(each.besides, 'other claim payment')} ({dollars(each.besides_cents)}),"
            f" {each.regrets:,} of them regrets, and hold {each.held:,} more for review: {command}"
        )


def _show_expected(amounts: list[tuple[int, str, int | None, str]]) -> None:
    """Where expected amounts come from that no CSV told."""
    from era_engine.cli.output import money

    if amounts:
        say("\nWhat the practice expects for this claim now:")
    for line, procedure, cents, source in amounts:
        say(f"  line {line}, {procedure}: {money(cents)}; {source}")


def _show(why: "WhyDecided", all_rules: bool) -> None:
    record, explanation = why.record, why.explanation
    status = "✔ posted" if record["outcome"] == "post" else "⚠ needs review"
    say(f"Claim {record['claim_number']}, {record['payer'] or 'unnamed payer'}, payment {record['trace_number']}")
    if record["match_step"]:
        say(f"Matched to claim {record['matched_claim']} by: {record['match_step']}")
    say(f"{status} ({record['mode']} mode, {record['decided_at']})")
    if record["by"]:
        note = f" Note: {record['note']}" if record["note"] else ""
        say(f"{record['explanation']} By {record['by']}.{note}")
    if explanation is None:
        return
    if record["by"]:
        say("\nBefore that, the rules said:")
    say(f"{explanation.sentence}\n")
    if why.facts.get("proof"):
        say(f"Coordination of benefits: {why.facts['proof']}.")
    if explanation.smallest_change:
        say(f"Only one thing kept it from posting: {explanation.smallest_change}")
    elif explanation.changes:
        say("What keeps it from posting, and what to do:")
        for change in explanation.changes:
            say(f"  - {change.hold}: {change.words}" if change.hold else f"  - {change.words}")
    elif explanation.margin:
        say(explanation.margin)
    if why.findings:
        say(f"\nFound in {record['file']}:")
    for finding in why.findings:
        where = f"segment {finding['segment_number']}: " if finding["segment_number"] else ""
        say(f"  {finding['severity']}: {where}{finding['message']}")
    holds = [rule for rule in explanation.rules if rule.then in ("hold", "warn")]
    say("\nThe table (▶ the row that applies" + ("; moot, because a hold fired)" if explanation.holds else ")"))
    for rule in explanation.rules:
        if rule.then not in ("hold", "warn"):
            _show_rule(rule)
    say(f"\nHolds: {len(explanation.holds)} of {len(holds)} fired" + ("." if all_rules else "; --all shows all."))
    for hold in holds:
        if hold.fired or all_rules:
            _show_rule(hold)


def _show_rule(rule: "RuleTrace") -> None:
    from era_engine.cli.output import Column, table

    mark = "▶" if rule.fired else " "
    switched_off = "" if rule.enabled else " (switched off)"
    say(f"{mark} {rule.id}: {rule.then}{switched_off}")
    marks = {"pass": "✔", "fail": "✘", "unknown": "?"}
    columns: tuple[Column[ConditionTrace], ...] = (
        Column("    ", lambda condition: f"    {marks[condition.result]}"),
        Column("fact", lambda condition: condition.fact),
        Column("must be", lambda condition: condition.wanted_words),
        Column("is", lambda condition: condition.actual_words),
    )
    table(columns, rule.conditions)
