"""Decisions that depend on what was posted before, made again in a copy of the books, in the order of the first time.

The copy holds the claims and payments concerned, and nothing posted. Claim payments come in as they came in, people do
what they did, each where it can still be done; what waits is judged again as every run does. All of it is taken back,
so that the same copy serves for the next proposal.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from era_engine.books.opened import Books
from era_engine.home.folder import COPY, Home
from era_engine.posting.judging import BATCH, Judge
from era_engine.posting.reconsidering import reconsider
from era_engine.remittance.model import ClaimPayment
from era_engine.store.database import Connection, Database
from era_engine.store.insurance import history
from era_engine.store.insurance.judgments import add_claim_payments, keep_versions
from era_engine.store.insurance.payments import ToJudge, claim_payments_of, stored_payment
from era_engine.store.trials.replay_books import (
    Happened,
    Newest,
    act_again,
    all_runs,
    claim_payments_together,
    copy_books,
    match_again,
    newest_by_engine,
    pins_of,
    state_of,
    what_happened,
)
from era_engine.trials.proposal import Proposal

_SOME_RUN = ("", 0)  # before there was an audit log


class Copy:
    """A copy of the books in which proposals are played. everything: all claim payments, not those that depend."""

    def __init__(self, home: Home, live: Connection, database: Database, everything: bool) -> None:
        self._home, self._live, self._database, self._everything = home, live, database, everything
        with database.writing() as copy:
            copy_books(live, copy, everything)
        self._ids = frozenset(claim_payments_together(live, everything))

    def holds(self, claim_payment_id: int) -> bool:
        """Whether a claim payment is played here."""
        return claim_payment_id in self._ids

    @contextmanager
    def played(self, proposal: Proposal) -> Iterator["Played"]:
        """The copy after everything happened again under a proposal."""
        books = Books(self._home, proposal.settings, proposal.rule_set, proposal.engine, self._database)
        with self._database.rehearsing():
            yield Played(books, self._live, self._everything)


class Played:
    """What came of it. A claim payment that is not in the copy, because it depends on no other, is not known here."""

    def __init__(self, books: Books, live: Connection, everything: bool) -> None:
        self._books, self._live = books, live
        self._ids: dict[int, int] = {}
        self._pins: Counter[int] = Counter()
        with books.database.writing() as copy:
            keep_versions(
                copy,
                (books.rule_set.content_hash, books.rule_set.to_json()),
                (books.settings.content_hash, books.settings.to_json()),
            )
        self._run: tuple[str, int] | None = None
        runs = all_runs(live)
        for (arrives, payment_id), together in groupby(what_happened(live, everything), key=_arrives):
            if arrives:
                self._begin_run(runs.of_payments.get(payment_id, self._run or _SOME_RUN))
                self._arrive(payment_id, [each.claim_payment_id for each in together])
                continue
            for each in together:
                if each.mode != "auto":  # nobody acts while a run is at work
                    self._begin_run(None)
                self._happen(each)
        self._begin_run(None)
        if runs.came_last:  # also one that brought nothing
            self._judge_what_waits()

    def decided(self, claim_payment_ids: Collection[int]) -> dict[int, Newest]:
        """The newest decisions of the engine, of those claim payments that are in the copy."""
        ours = {self._ids[each]: each for each in claim_payment_ids if each in self._ids}
        with self._books.database.reading() as copy:
            found = newest_by_engine(copy, ours)
        return {ours[new]: newest for new, newest in found.items()}

    def _arrive(self, payment_id: int, claim_payment_ids: list[int]) -> None:
        """Claim payments of one payment come in, in the batches in which a run takes them."""
        payment = stored_payment(self._live, payment_id, lock=False)
        remitted = history.as_remitted(self._live, claim_payment_ids)
        with self._books.database.writing() as copy:
            judge = Judge(self._books, copy, "auto", payment)
            for batch in _batches([(each, remitted[each]) for each in claim_payment_ids]):
                judged = judge.judge([ToJudge(each) for _, each in batch])
                new = add_claim_payments(copy, payment_id, judged)
                judge.record(new, judged)
                self._ids.update(zip((old for old, _ in batch), new, strict=True))

    def _begin_run(self, run: tuple[str, int] | None) -> None:
        """What waits is judged again at the end of the run before. None: no run is at work."""
        if self._run is not None and run != self._run:
            self._judge_what_waits()
        self._run = run

    def _judge_what_waits(self) -> None:
        for _ in reconsider(self._books):
            pass

    def _happen(self, each: Happened) -> None:
        """The engine judged it again, or a person did something."""
        if each.claim_payment_id not in self._ids:
            return
        with self._books.database.writing() as copy:
            if each.act == "decide":
                self._judge_again(copy, each)
                return
            ours = self._ids[each.claim_payment_id]
            if each.act in ("match", "unmatch") and state_of(copy, ours) == "open":
                pins = pins_of(self._live, each.claim_payment_id)
                pin = pins[min(self._pins[ours], len(pins) - 1)] if pins else None
                self._pins[ours] += 1
                match_again(copy, ours, pin)
            act_again(self._live, copy, each, self._ids)

    def _judge_again(self, copy: Connection, each: Happened) -> None:
        """By a run that came later, or because a person called quick-post."""
        payment = stored_payment(copy, each.payment_id, lock=False)
        waiting = claim_payments_of(copy, payment, ["open"], ids=[self._ids[each.claim_payment_id]])
        judge = Judge(self._books, copy, "quick" if each.mode == "quick" else "auto", payment)
        judge.record_again(waiting, judge.judge(waiting))


@contextmanager
def copy_of(home: Home, live: Connection, everything: bool) -> Iterator[Copy]:
    """A copy in the home, which holds patient data as the books do; deleted in the end, or by a run after a kill."""
    with TemporaryDirectory(prefix=COPY, dir=home.root) as folder:
        database = Database(f"sqlite:///{Path(folder) / 'copy.db'}")
        try:
            yield Copy(home, live, database, everything)
        finally:
            database.close()


def _arrives(each: Happened) -> tuple[bool, int]:
    return each.first, each.payment_id


def _batches(arriving: Sequence[tuple[int, ClaimPayment]]) -> Iterator[Sequence[tuple[int, ClaimPayment]]]:
    """As a run takes them: those that share a claim number last and together."""
    counts = Counter(payment.claim_number for _, payment in arriving)
    alone = [each for each in arriving if counts[each[1].claim_number] == 1]
    shared = [each for each in arriving if counts[each[1].claim_number] > 1]
    for at in range(0, len(alone), BATCH):
        yield alone[at : at + BATCH]
    if shared:
        yield shared
