"""One payment: its claims matched, decided and posted in one database transaction."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Connection

from era_engine.clock import now, today
from era_engine.decisions.decision import decide
from era_engine.decisions.facts import FactValue
from era_engine.decisions.observation import BookEvidence, Mode, PaymentEvidence, claim_facts, payment_facts
from era_engine.ledger.entries import Entry, entries_for
from era_engine.office import Office
from era_engine.practice.matching import match_lines
from era_engine.practice.model import Claim
from era_engine.remittance.balance import balance_findings
from era_engine.remittance.model import ClaimPayment, Remittance
from era_engine.store import books, files, practice
from era_engine.store.books import Circumstances, Judged
from era_engine.store.files import FileRow
from era_engine.x12.finding import Finding

BATCH = 500  # claims looked up, decided and written at a time


class PaymentDone(NamedTuple):
    """A payment is decided and safe. Money in cents."""

    file: str
    payment_id: int
    trace_number: str
    payer: str | None
    payment_cents: int | None
    posted: int
    posted_cents: int
    left: int
    left_cents: int
    findings: tuple[Finding, ...]


class PaymentRepeated(NamedTuple):
    """A payment was read before, in `first_file`; nothing of it is posted again."""

    file: str
    trace_number: str
    payer: str | None
    payment_cents: int | None
    first_file: str


def decide_payment(
    office: Office,
    file: FileRow,
    remittance: Remittance,
    conformance_findings: tuple[Finding, ...],
    claims: Iterator[ClaimPayment],
) -> PaymentDone | PaymentRepeated | None:
    """Decide and post a payment, whole or not at all. None when an interrupted run had done it already."""
    with office.database.writing() as connection:
        known = files.payment_with_content(connection, remittance)
        if known is not None:
            if (known.file_id, known.first_segment) == (file.id, remittance.first_segment):
                return None
            return _repeated(connection, file, remittance, known)
        findings = remittance.findings + conformance_findings
        if files.payment_with_identity(connection, remittance):
            findings += (_changed(remittance),)
        payment_id = files.add_payment(connection, file.id, remittance, findings)
        if payment_id is None:  # written down by another worker in the meantime
            other = files.payment_with_content(connection, remittance)
            assert other is not None
            return _repeated(connection, file, remittance, other)
        adjustments = sum(1 for each in remittance.provider_adjustments if each.cents != 0)
        evidence = PaymentEvidence(findings, adjustments, files.payee_ids(remittance))
        on = remittance.payment.payment_date or today()
        memo = memo_of(remittance.payer.name if remittance.payer else None, remittance.payment.trace_number)
        judge = Judge(office, connection, "auto", payment_id, evidence, remittance.claim_number_counts, on, memo)
        totals: Counter[str] = Counter()
        while batch := list(islice(claims, BATCH)):
            judged = judge.judge(batch)
            ids = books.add_claim_payments(connection, payment_id, judged)
            judge.record(ids, judged)
            for each in judged:
                totals[each.decision.outcome] += 1
                totals[f"{each.decision.outcome}_cents"] += each.payment.paid_cents or 0
    paid = remittance.payment
    return PaymentDone(
        file.name,
        payment_id,
        paid.trace_number,
        remittance.payer.name if remittance.payer else None,
        paid.payment_cents,
        totals["post"],
        totals["post_cents"],
        totals["manual"],
        totals["manual_cents"],
        findings,
    )


class Judge:
    """Decides batches of claim payments of one payment, in one mode, within the caller's transaction."""

    def __init__(
        self,
        office: Office,
        connection: Connection,
        mode: Mode,
        payment_id: int,
        evidence: PaymentEvidence,
        claim_number_counts: dict[str, int],
        on: date,
        memo: str,
    ) -> None:
        self._office, self._connection, self._mode = office, connection, mode
        self._facts: dict[str, FactValue] = payment_facts(evidence, office.settings, mode)
        self._payment_id, self._counts = payment_id, claim_number_counts
        self._on = on
        self._circumstances = Circumstances(
            now(), mode, office.rule_set.content_hash, office.settings.content_hash, memo
        )

    def judge(self, batch: Sequence[ClaimPayment]) -> list[Judged]:
        """Decide a batch; nothing is written yet."""
        numbers = {payment.claim_number for payment in batch}
        known = practice.find_claims(self._connection, numbers)
        posted = practice.posted_claims(self._connection, known)
        elsewhere = practice.open_elsewhere(self._connection, known, self._payment_id)
        waiting = practice.claims_before_their_primary(self._connection, known.values())
        return [
            self._judge_one(
                payment,
                known.get(payment.claim_number),
                BookEvidence(
                    self._counts.get(payment.claim_number, 1) + elsewhere.get(payment.claim_number, 0),
                    payment.claim_number in posted,
                    payment.claim_number in waiting,
                ),
            )
            for payment in batch
        ]

    def record(self, claim_payment_ids: Sequence[int], judged: Sequence[Judged]) -> list[int]:
        """Write decisions and entries down; returns the decisions' ids."""
        return books.add_decisions(self._connection, claim_payment_ids, judged, self._circumstances)

    def _judge_one(self, payment: ClaimPayment, claim: Claim | None, evidence: BookEvidence) -> Judged:
        findings = (*payment.findings, *balance_findings(payment))
        lines = match_lines(payment, claim) if claim is not None else None
        facts = claim_facts(self._facts, payment, findings, claim, lines, evidence, self._office.settings, self._mode)
        decision = decide(self._office.engine, facts)
        entries: tuple[Entry, ...] = ()
        if decision.outcome == "post":
            assert lines is not None, "only a claim of the office is posted"
            entries = entries_for(payment, lines, self._on, mark="A")
        return Judged(payment, claim, decision, entries, findings)


def memo_of(payer: str | None, trace_number: str) -> str:
    """What the entries of a payment say about it."""
    return f"{payer or 'unnamed payer'} {trace_number}".strip()


def _changed(remittance: Remittance) -> Finding:
    return Finding(
        "payment-changed",
        "hold",
        f"A payment with trace number {remittance.payment.trace_number} of the same payer, date and amount was read"
        " before, with other content.",
        remittance.first_segment,
    )


def _repeated(
    connection: Connection, file: FileRow, remittance: Remittance, known: files.PaymentRow
) -> PaymentRepeated:
    files.note_repeat(connection, file.id, remittance.first_segment, known.id)
    paid = remittance.payment
    payer = remittance.payer.name if remittance.payer else None
    return PaymentRepeated(file.name, paid.trace_number, payer, paid.payment_cents, known.file_name)
