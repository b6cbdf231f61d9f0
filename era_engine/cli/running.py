"""What `era run` shows while it works and when it has finished."""

import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from itertools import chain, islice
from typing import Any

import click
from structlog.typing import FilteringBoundLogger

from era_engine.cli.output import Column, count, json_line, money, table
from era_engine.judging import PaymentDone, PaymentRepeated
from era_engine.office import Office
from era_engine.pipeline import Event, FileDone, FileOpened
from era_engine.reconsidering import PaymentReconsidered
from era_engine.reports import LogReader
from era_engine.stopping import Stopped
from era_engine.store.log import Filters

_IDLE = "No remittance files to read. Put them into inbox/, or name them: era run PATH."
_SHOWN = 20  # claims listed after a run; `era log` has all


class JsonReport:
    """One JSON line for each claim decision, repeated payment or file, and quarantined file."""

    def __init__(self, office: Office, dry_run: bool) -> None:
        self._office, self._dry_run = office, dry_run

    def take(self, event: Event) -> None:
        match event:
            case PaymentDone():
                with self._office.database.reading() as connection:
                    for record in LogReader(connection, self._dry_run).records(Filters(payment_id=event.payment_id)):
                        json_line(record)
            case PaymentReconsidered():
                with self._office.database.reading() as connection:
                    reader = LogReader(connection, self._dry_run)
                    for decision_id in event.decision_ids:
                        for record in reader.records(Filters(decision_id=decision_id)):
                            json_line(record)
            case PaymentRepeated():
                json_line({"file": event.file, "outcome": "duplicate"} | event._asdict())
            case FileDone(state="quarantined"):
                findings = [each._asdict() for each in event.findings]
                json_line({"file": event.name, "outcome": "quarantined", "findings": findings})
            case FileDone(state="duplicate", duplicate_of=str(first)):
                json_line({"file": event.name, "outcome": "duplicate", "first_file": first})
            case _:
                pass

    def end(self, broken_off: bool = False) -> None:
        pass


class TableReport:
    """A table of payments, the claims left to a person, and what to do next."""

    _columns = (
        Column("result"),
        Column("file"),
        Column("trace"),
        Column("payer"),
        Column("payment", right=True),
        Column("posted", right=True),
        Column("left", right=True),
    )

    def __init__(self, office: Office, dry_run: bool, when_idle: str | None = _IDLE) -> None:
        """when_idle: what to say where nothing was done."""
        self._office, self._dry_run, self._when_idle = office, dry_run, when_idle
        self._rows: list[tuple[str, ...]] = []
        self._colours: list[str] = []
        self._quarantined: list[FileDone] = []
        self._totals: Counter[str] = Counter()
        self._payments: dict[int, PaymentDone | PaymentReconsidered] = {}

    def take(self, event: Event) -> None:
        match event:
            case PaymentDone():
                self._payment(event, event.file)
            case PaymentReconsidered():
                self._payment(event, f"{event.file}, again")
            case PaymentRepeated():
                again = f"read before in {event.first_file}"
                self._row(
                    "· repeated", "grey50", event.file, event.trace_number, event.payer, event.payment_cents, again
                )
            case FileDone(state="quarantined"):
                self._quarantined.append(event)
                self._row("✘ aside", "red", event.name, "", None, None, "quarantined")
            case FileDone(state="duplicate", duplicate_of=str(first)):
                self._row("· repeated", "grey50", event.name, "", None, None, f"same file as {first}")
            case FileDone(state="archived") if not event.findings:
                self._totals["files"] += 1
            case _:
                pass

    def end(self, broken_off: bool = False) -> None:
        if not self._rows:
            if self._when_idle is not None and not broken_off:
                click.echo(self._when_idle)
            return
        table(self._columns, self._rows, self._colours)
        if not broken_off:  # the database may be what broke it off
            self._show_left()
        for event in self._quarantined:
            self._show_quarantined(event)
        totals = self._totals
        verb = "would post" if self._dry_run else "posted"
        leave = "would leave" if self._dry_run else "left"
        click.echo(
            f"\n{verb.capitalize()} {count(totals['posted'], 'claim')}, {money(totals['posted_cents'])};"
            f" {leave} {count(totals['left'], 'claim')}, {money(totals['left_cents'])}, to a person."
        )
        if self._dry_run:
            click.echo("Dry run: nothing was kept or moved.")
        elif totals["left"]:
            click.echo(
                "Next: era todo lists what waits for a person and how to finish it; era explain CLAIM tells why."
            )

    def _payment(self, event: PaymentDone | PaymentReconsidered, file: str) -> None:
        totals = self._totals
        totals.update(posted=event.posted, posted_cents=event.posted_cents)
        if isinstance(self._payments.get(event.payment_id), PaymentDone):  # read, and counted as left, a moment ago
            totals.update(left=-event.posted, left_cents=-event.posted_cents)
        else:
            totals.update(left=event.left, left_cents=event.left_cents)
            self._payments[event.payment_id] = event
        done = not event.left and not event.adjustments.left and (event.posted or event.adjustments.posted)
        result, colour = ("✔ posted", "green") if done else ("⚠ review", "yellow")
        self._row(
            result,
            colour,
            file,
            event.trace_number,
            event.payer,
            event.payment_cents,
            str(event.posted),
            str(event.left),
        )

    def _row(
        self,
        result: str,
        colour: str,
        file: str,
        trace: str,
        payer: str | None,
        cents: int | None,
        posted: str,
        left: str = "",
    ) -> None:
        self._rows.append((result, file, trace, payer or "", "" if cents is None else money(cents), posted, left))
        self._colours.append(colour)

    def _show_left(self) -> None:
        """What waits for a person now that the run is over: of the payments it read, and what it judged again."""
        left: list[tuple[str, ...]] = []
        with self._office.database.reading() as connection:
            reader = LogReader(connection)
            for event in self._payments.values():
                left += self._left_of(event, reader)
                if len(left) > _SHOWN:
                    break
        if not left:
            return
        click.echo("\nLeft to a person")
        columns = (Column("status"), Column("claim"), Column("paid", right=True), Column("why"))
        table(columns, left[:_SHOWN])
        if len(left) > _SHOWN:
            click.echo("… and more; era todo lists all.")

    def _left_of(self, event: PaymentDone | PaymentReconsidered, reader: LogReader) -> Iterator[tuple[str, ...]]:
        if event.adjustments.left:
            pairs = count(event.adjustments.left, "provider-level adjustment")
            why = f"{pairs} of payment {event.trace_number} left; era provider-adjustments tells why."
            yield "⚠ review", "", "", why
        elif not event.posted + event.left + event.adjustments.posted:
            why = f"Payment {event.trace_number} names no claim and no provider-level adjustment."
            yield "⚠ review", "", money(event.payment_cents), why
        wanted = [Filters(payment_id=event.payment_id, open=True)]
        if isinstance(event, PaymentReconsidered):
            wanted = [Filters(decision_id=each, open=True) for each in event.decision_ids]
        for decided in islice(chain.from_iterable(map(reader.decisions, wanted)), _SHOWN + 1):
            indicators = reader.rule_set(decided).shown(decided.indicators)
            status = f"{indicators.symbol} {indicators.word}"
            yield status, decided.claim_number, money(decided.paid_cents), decided.explanation

    def _show_quarantined(self, event: FileDone) -> None:
        left_in_place = any(each.code == "unreadable-file" for each in event.findings)
        ending = "could not be opened and stays where it is" if left_in_place else "was put aside in quarantine/"
        click.echo(f"\n{event.name} {ending}:")
        for finding in [each for each in event.findings if each.severity == "reject"][:5]:
            where = f"segment {finding.segment_number}: " if finding.segment_number else ""
            click.echo(f"  {where}{finding.message}")


def follow(
    events: Iterable[Event], report: JsonReport | TableReport, logger: FilteringBoundLogger | None, dry_run: bool
) -> int:
    """Show and log events as they come; returns how many files were quarantined.

    Raises what the events raise, Stopped among it, once what is done is told.
    """
    quarantined = 0
    began = time.monotonic()
    try:
        with _progress() as bar:
            for event in events:
                report.take(event)
                if bar is not None:
                    _advance(bar, event)
                if logger is not None:
                    _log(event, logger, dry_run)
                quarantined += isinstance(event, FileDone) and event.state == "quarantined"
    except BaseException as error:
        if logger is not None and isinstance(error, Stopped):
            logger.info("run-stopped", seconds=round(time.monotonic() - began, 3), dry_run=dry_run)
        report.end(broken_off=True)
        raise
    if logger is not None:
        logger.info("run-finished", seconds=round(time.monotonic() - began, 3), dry_run=dry_run)
    report.end()
    return quarantined


def _log(event: Event, logger: FilteringBoundLogger, dry_run: bool) -> None:
    match event:
        case PaymentDone():
            logger.info(
                "payment-decided",
                file=event.file,
                payment_id=event.payment_id,
                posted=event.posted,
                left=event.left,
                posted_cents=event.posted_cents,
                dry_run=dry_run,
            )
        case FileDone():
            codes = Counter(each.code for each in event.findings)
            logger.info("file-done", file=event.name, file_state=event.state, findings=dict(codes), dry_run=dry_run)
        case _:
            pass


def _progress() -> Any:
    """A progress bar on stderr, on a terminal only."""
    if not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("claims"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def _advance(bar: Any, event: Event) -> None:
    match event:
        case FileOpened():
            bar.add_task(event.name, total=event.claim_count)
        case PaymentDone():
            bar.advance(bar.tasks[-1].id, event.posted + event.left)
        case _:
            pass
