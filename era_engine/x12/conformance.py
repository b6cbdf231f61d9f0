"""Implementation-guide conformance of transaction sets, by pyx12: graded findings, many sets in parallel.

The verdict is advice with grades, not a gate: pyx12 calls most real remittances faulty, usually for the payer's
address or telephone, and never looks at whether the money adds up. The envelope (ISA, GS, GE, IEA, all counts) is the
reader's to check. Codes, all beginning with `conformance-`:

missing-segment, missing-element, too-many-segments, too-many-elements, unexpected-segment, not-used, element-code,
element-format, element-length, element-date, element-condition, trailing-separators: deviations from the guide.
not-an-835, wrong-version: not a document of this guide. check-incomplete, check-failed: no full verdict was reached.
"""

import os
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING

from era_engine.x12.conformance_faults import Fault, failed
from era_engine.x12.finding import Finding
from era_engine.x12.tokens import Tokeniser

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

VERSIONS = ("005010X221A1", "005010X221")
_ENVELOPE = frozenset(["ISA", "GS", "ST", "SE", "GE", "IEA"])
_WORTH_A_POOL = 500_000  # characters, over a second's work; worker processes take half a second to start
_IN_FLIGHT = 8_000_000  # characters handed out at a time, so that memory stays flat

Findings = tuple[Finding, ...]


def check_transaction_set(text: str) -> Findings:
    """Deviations of the one transaction set in a document (ISA, GS, ST to SE, GE, IEA), in order.

    Segment numbers count from 1, the document's ISA. Excerpts may hold patient data, messages never do.
    Warnings that say the same are told once, with their number.
    """
    return _told_once(fault.finding() for fault in _faults(text))


def check_all(documents: Iterable[str], workers: int | None = None) -> Iterator[Findings]:
    """The findings of each document, in order; the documents are taken as they are needed.

    `workers`: processes at most; by default one for each processor. With 1, or with little to check, all happens in
    this process. A document that kills its worker yields `conformance-check-failed`.
    """
    workers = workers or os.cpu_count() or 1
    waiting = iter(documents)
    if workers == 1:
        yield from map(check_transaction_set, waiting)
        return
    first: list[str] = []
    size = 0
    for text in waiting:
        first.append(text)
        size += len(text)
        if len(first) > 1 and size > _WORTH_A_POOL:
            yield from _check_in_pool(chain(first, waiting), workers)
            return
    yield from map(check_transaction_set, first)


def as_advice(findings: Iterable[Finding]) -> Findings:
    """The same findings as mere warnings, for a practice that wants conformance reported but not enforced."""
    return _told_once(finding._replace(severity="warn") for finding in findings)


def _faults(text: str) -> Iterator[Fault]:
    batches = list(Tokeniser(iter([text])).batches())
    segments = [raw for batch in batches for raw in batch.segments]
    element = batches[0].separators.element if batches else "*"
    tags = [raw.split(element, 1)[0] for raw in segments]
    if "ST" not in tags:
        yield _incomplete("Nothing to check: there is no transaction set (ST) in an interchange (ISA).", 1, text)
        return
    start = tags.index("ST")
    version = segments[tags.index("GS")].split(element)[8:9] if "GS" in tags[:start] else []
    if version not in ([known] for known in VERSIONS):
        yield _refused("wrong-version", f"GS08 is not {VERSIONS[0]}, the guide this check knows", start, segments)
        return
    if segments[start].split(element)[1:2] != ["835"]:
        yield _refused("not-an-835", "ST01 is not 835: this transaction set is not an ERA", start, segments)
        return

    from era_engine.x12.conformance_guide import faults  # imports pyx12, which `--help` must not wait for

    end = next((at for at in range(start + 1, len(tags)) if tags[at] in _ENVELOPE), len(tags))
    whole = tags[end : end + 1] == ["SE"]
    end += whole
    yield from faults(enumerate(segments[start:end], start + 1), batches[0].separators)
    if not whole:
        yield _incomplete("The transaction set has no SE trailer, so its end was not checked.", end, segments[end - 1])
    unseen = [at for at in range(end, len(tags)) if tags[at] not in ("GE", "IEA")]
    if unseen:
        at = unseen[0]
        yield _incomplete(f"{len(unseen)} segments after the transaction set were not checked.", at + 1, segments[at])


def _incomplete(message: str, position: int, raw: str) -> Fault:
    return Fault("check-incomplete", "", message, position, raw)


def _refused(code: str, what: str, start: int, segments: list[str]) -> Fault:
    return Fault(code, "", f"{what}. It was not checked further.", start + 1, segments[start])


def _told_once(findings: Iterable[Finding]) -> Findings:
    """In file order; equal warnings only at their first place, with their number."""
    ordered = sorted(findings, key=lambda each: each.segment_number or 0)
    times = Counter(each[:3] for each in ordered)
    told: list[Finding] = []
    for each in ordered:
        if each.severity != "warn" or times[each[:3]] == 1:
            told.append(each)
        elif count := times.pop(each[:3], 0):
            told.append(each._replace(message=f"{each.message} Found {count} times."))
    return tuple(told)


def _check_in_pool(documents: Iterator[str], workers: int) -> Iterator[Findings]:
    from concurrent.futures.process import BrokenProcessPool

    pool = _new_pool(workers)
    flight: deque[tuple[str, Future[Findings]]] = deque()
    size = 0
    try:
        while True:
            while len(flight) < 4 * workers and size < _IN_FLIGHT and (text := next(documents, None)) is not None:
                flight.append((text, _submit(pool, text)))
                size += len(text)
            if not flight:
                return
            text, future = flight.popleft()
            size -= len(text)
            try:
                findings = future.result()
            except BrokenProcessPool:
                # One of those in flight killed a worker and took the pool along: try each by itself.
                pool.shutdown()
                lost = [text, *(each for each, _ in flight)]
                flight.clear()
                size = 0
                yield from map(_check_apart, lost)
                pool = _new_pool(workers)
            else:
                yield findings
    finally:
        pool.shutdown(cancel_futures=True)


def _check_apart(text: str) -> Findings:
    from concurrent.futures.process import BrokenProcessPool

    with _new_pool(1) as pool:
        try:
            return _submit(pool, text).result()
        except BrokenProcessPool as error:
            return (failed(error, 1, text).finding(),)


def _submit(pool: "ProcessPoolExecutor", text: str) -> "Future[Findings]":
    from concurrent.futures import Future
    from concurrent.futures.process import BrokenProcessPool

    try:
        return pool.submit(check_transaction_set, text)
    except BrokenProcessPool as error:
        future: Future[Findings] = Future()
        future.set_exception(error)
        return future


def _new_pool(workers: int) -> "ProcessPoolExecutor":
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    # Not forked: the caller may have threads and open database connections.
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _begin_worker)


def _begin_worker() -> None:
    """Leave Ctrl-C to the parent, and leave with the parent, even when it was killed."""
    import multiprocessing
    import signal
    import threading

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def leave_with_parent() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=leave_with_parent, daemon=True).start()
