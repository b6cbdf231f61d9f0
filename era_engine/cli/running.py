"""What `era run` shows while it works and when it has finished."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, nullcontext
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import click
from structlog.typing import FilteringBoundLogger

from era_engine.acts.purge import FilesPurged
from era_engine.books.opened import Books, open_books
from era_engine.cli.output import Column, amount, count, json_line, money, need_review, or_nothing, plain, table, warn
from era_engine.custody.intake import FileLeft, Reason
from era_engine.foundation.errors import UsageError
from era_engine.foundation.logs import log_to
from era_engine.foundation.stopping import Check, Stopped, stopped_by_signals
from era_engine.home.permissions import open_to_others
from era_engine.jobs.one_file import FileDone, FileOpened
from era_engine.jobs.run import Event
from era_engine.posting.payment import PaymentDone, PaymentRepeated
from era_engine.posting.reconsidering import DecidedAgain, PaymentReconsidered
from era_engine.questions.decisions import LogReader
from era_engine.store.insurance.decisions import Filters

_IDLE = "No ERA files to read. Put them into inbox/, or name them: era run PATH."
_SHOWN = 20  # claims listed after a run; `era log` has all
_LEFT: dict[Reason, str] = {
    "being-written": "is still being written; a later run reads it when it is complete",
    "folder": "is a folder; name it (era run FOLDER) to read what is in it",
    "no-file": "is a pipe, a socket or similar, not a file",
}


class JsonReport:
    """One JSON line for each claim decision, repeated payment or file, and quarantined file."""

    def __init__(self, books: Books, dry_run: bool) -> None:
        self._books, self._dry_run = books, dry_run

    def take(self, event: Event) -> None:
        match event:
            case PaymentDone():
                with self._books.database.reading() as connection:
                    for record in LogReader(connection, self._dry_run).records(Filters(payment_id=event.payment_id)):
                        json_line(record)
            case PaymentReconsidered():
                with self._books.database.reading() as connection:
                    reader = LogReader(connection, self._dry_run)
                    for each in event.decided:
                        for record in reader.records(Filters(decision_id=each.decision_id)):
                            json_line(record)
            case PaymentRepeated():
                json_line({"file": event.file, "outcome": "duplicate"} | event._asdict())
            case FileDone(state="quarantined"):
                findings = [each.record() for each in event.findings]
                json_line({"file": event.name, "outcome": "quarantined", "findings": findings})
            case FileDone(state="duplicate", duplicate_of=str(first)):
                json_line({"file": event.name, "outcome": "duplicate", "first_file": first})
            case _:
                pass

    def end(self, broken_off: bool = False) -> None:
        pass


class _Row(NamedTuple):
    """A payment, or a file of which no payment was read, as the table shows it. posted, left: of its claims."""

    result: str
    colour: str
    file: str
    posted: str
    left: str = ""
    trace: str = ""
    payer: str | None = None
    cents: int | None = None


_PAYMENTS: tuple[Column[_Row], ...] = (
    Column("result", lambda row: row.result),
    Column("file", lambda row: row.file),
    Column("trace", lambda row: row.trace),
    Column("payer", lambda row: or_nothing(row.payer)),
    Column("payment", lambda row: amount(row.cents), right=True),
    Column("posted", lambda row: row.posted, right=True),
    Column("needs review", lambda row: row.left, right=True),
)


class _Left(NamedTuple):
    """What needs review: a claim, or something else of a payment (then `claim` is empty)."""

    status: str
    claim: str
    paid: str
    why: str


_NEEDS_REVIEW: tuple[Column[_Left], ...] = (
    Column("status", lambda left: left.status),
    Column("claim", lambda left: left.claim),
    Column("paid", lambda left: left.paid, right=True),
    Column("why", lambda left: left.why),
)


class TableReport:
    """A table of payments, the claims that need review, and what to do next."""

    def __init__(self, books: Books, dry_run: bool, when_idle: str | None = _IDLE) -> None:
        """when_idle: what to say where nothing was done."""
        self._books, self._dry_run, self._when_idle = books, dry_run, when_idle
        self._rows: list[_Row] = []
        self._quarantined: list[FileDone] = []
        self._untouched: list[FileLeft] = []
        self._totals: Counter[str] = Counter()
        self._read: set[int] = set()  # payments of this run
        self._again: dict[int, DecidedAgain] = {}  # the last decision on each claim payment judged again
        self._payments: dict[int, PaymentDone | PaymentReconsidered] = {}  # the last that was told of each
        self._purged: FilesPurged | None = None

    def take(self, event: Event) -> None:
        match event:
            case PaymentDone():
                self._payment(event, event.file)
            case PaymentReconsidered():
                self._payment(event, f"{event.file}, again")
            case PaymentRepeated():
                again, money_of = f"already read in {event.first_file}", (event.trace_number, event.payer)
                row = _Row("· duplicate", "grey50", event.file, again, "", *money_of, event.payment_cents)
                self._rows.append(row)
            case FileDone(state="quarantined"):
                self._quarantined.append(event)
                self._rows.append(_Row("✘ quarantined", "red", event.name, ""))
            case FileDone(state="duplicate", duplicate_of=str(first)):
                self._rows.append(_Row("· duplicate", "grey50", event.name, f"same file as {first}"))
            case FileLeft():
                self._untouched.append(event)
            case FileDone(state="archived") if not event.findings:
                self._totals["files"] += 1
            case FilesPurged():
                self._purged = event
            case _:
                pass

    def end(self, broken_off: bool = False) -> None:
        try:
            if self._rows:
                table(_PAYMENTS, self._rows, lambda row: row.colour)
                if not broken_off:  # the database may be what broke it off
                    self._show_left()
        finally:  # or may be lost here: what was done is told all the same
            if self._rows:
                self._show_done()
            elif self._when_idle is not None and not broken_off:
                read = self._totals["files"]
                click.echo(f"Read {count(read, 'file')}. Nothing new." if read else self._when_idle)
                self._show_untouched()
            if self._purged is not None:
                click.echo(f"Purged {count(self._purged.purged, 'file')} received before {self._purged.before}.")

    def _show_done(self) -> None:
        for event in self._quarantined:
            self._show_quarantined(event)
        self._show_untouched()
        totals = self._totals
        verb = "would post" if self._dry_run else "posted"
        review = need_review(totals["left"], would=self._dry_run)
        click.echo(
            f"\n{verb.capitalize()} {count(totals['posted'], 'claim')}, {money(totals['posted_cents'])}; {review},"
            f" {money(totals['left_cents'])}."
        )
        if self._dry_run:
            click.echo("Dry run: nothing was kept or moved.")
        elif totals["left"]:
            click.echo("Next: era todo lists what needs review and how to finish it. era explain CLAIM shows why.")

    def _payment(self, event: PaymentDone | PaymentReconsidered, file: str) -> None:
        if isinstance(event, PaymentDone):
            self._read.add(event.payment_id)
            self._totals.update(
                posted=event.posted, posted_cents=event.posted_cents, left=event.left, left_cents=event.left_cents
            )
        else:
            for each in event.decided:
                self._count_again(each)
        self._payments[event.payment_id] = event
        done = not event.left and not event.adjustments.left and (event.posted or event.adjustments.posted)
        result, colour = ("✔ posted", "green") if done else ("⚠ review", "yellow")
        counts = (str(event.posted), str(event.left))
        self._rows.append(_Row(result, colour, file, *counts, event.trace_number, event.payer, event.payment_cents))

    def _count_again(self, now: DecidedAgain) -> None:
        """Each claim payment counts once, by its last decision."""
        before = self._again.get(now.claim_payment_id)
        if before is not None or now.payment_id in self._read:  # counted a moment ago, as left where it was just read
            was = "posted" if before is not None and before.posted else "left"
            self._totals.update({was: -1, f"{was}_cents": -now.cents})
        what = "posted" if now.posted else "left"
        self._totals.update({what: 1, f"{what}_cents": now.cents})
        self._again[now.claim_payment_id] = now

    def _show_left(self) -> None:
        """What needs review now that the run is over: of the payments it read, and what it judged again."""
        left: list[_Left] = []
        with self._books.database.reading() as connection:
            reader = LogReader(connection)
            for event in self._payments.values():
                left += self._left_of(event, reader)
                if len(left) > _SHOWN:
                    break
        if not left:
            return
        click.echo("\nNeeds review")
        table(_NEEDS_REVIEW, left[:_SHOWN])
        if len(left) > _SHOWN:
            click.echo("… and more. era todo lists all.")

    def _left_of(self, event: PaymentDone | PaymentReconsidered, reader: LogReader) -> Iterator[_Left]:
        again = isinstance(event, PaymentReconsidered)
        if event.adjustments.left:
            pairs = count(event.adjustments.left, "provider-level adjustment")
            why = f"{pairs} (PLB) of payment {event.trace_number} to review. era provider-adjustments shows why."
            yield _Left("⚠ review", "", "", why)
        elif not again and not event.posted + event.left + event.adjustments.posted:
            why = f"Payment {event.trace_number} has no claims and no provider-level adjustments."
            yield _Left("⚠ review", "", money(event.payment_cents), why)
        wanted = [Filters(payment_id=event.payment_id, open=True)]
        if event.payment_id not in self._read:
            ids = [each.decision_id for each in self._again.values() if each.payment_id == event.payment_id]
            wanted = [Filters(decision_id=each, open=True) for each in ids]
        for decided in islice(chain.from_iterable(map(reader.decisions, wanted)), _SHOWN + 1):
            indicators = reader.rule_set(decided).shown(decided.indicators)
            status = f"{indicators.symbol} {indicators.word}"
            yield _Left(status, decided.claim_number, money(decided.paid_cents), decided.explanation)

    def _show_quarantined(self, event: FileDone) -> None:
        left_in_place = any(each.code == "unreadable-file" for each in event.findings)
        ending = "could not be read and stays where it is" if left_in_place else "is quarantined (quarantine/)"
        click.echo(f"\n{event.name} {ending}:")
        for finding in [each for each in event.findings if each.severity == "reject"][:5]:
            where = f"segment {finding.segment_number}: " if finding.segment_number else ""
            click.echo(f"  {where}{finding.message}")

    def _show_untouched(self) -> None:
        if self._untouched:
            click.echo("\nNot read")
        for event in self._untouched:
            click.echo(f"  {plain(event.name)} {_LEFT[event.reason]}.")


def work(
    home: Path | None,
    what: Callable[[Books, Check], Iterable[Event]],
    as_json: bool,
    log_file: Path | None = None,
    dry_run: bool = False,
) -> int:
    """Do work on files in a practice and tell it; returns the exit code. SIGTERM or Ctrl-C makes the check raise."""
    with ExitStack() as stack:
        stop = stack.enter_context(stopped_by_signals())
        stream = stack.enter_context(_opened(log_file)) if log_file else sys.stderr
        logger = None if stream is sys.stderr and stream.isatty() else log_to(stream)
        books = stack.enter_context(open_books(home))
        warn(open_to_others(books.home, books.settings))
        report = (JsonReport if as_json else TableReport)(books, dry_run)
        try:
            quarantined = follow(what(books, stop.check), report, logger, dry_run)
        except Stopped:
            goes_on = "" if dry_run else " `era run` continues with the rest."
            click.echo(f"Stopped as asked, after the payment in progress.{goes_on}", err=True)
            return 1
    return 3 if quarantined else 0


def _opened(log_file: Path) -> TextIO:
    try:
        return log_file.open("a", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{log_file} cannot be written: {error.strerror}.", "Name a file you may write.") from error


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
        case FileLeft():
            logger.info("file-left", file=event.name, reason=event.reason, dry_run=dry_run)
        case FilesPurged():
            logger.info("files-purged", files=event.purged, before=event.before, left=event.left)
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
