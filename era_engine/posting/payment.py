"""One payment: its claims matched, decided and posted in one database transaction."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from era_engine.books.opened import Books
from era_engine.posting.judging import BATCH, Judge
from era_engine.posting.provider_adjustments import AdjustmentsPosted
from era_engine.remittance.model import ClaimPayment, Remittance
from era_engine.store.books import audit
from era_engine.store.custody import files
from era_engine.store.custody.files import FileRow
from era_engine.store.database import Connection
from era_engine.store.insurance.judgments import add_claim_payments
from era_engine.store.insurance.payments import StoredPayment, ToJudge
from era_engine.store.insurance.provider_adjustments import add_provider_adjustments
from era_engine.x12.finding import Finding


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
    adjustments: AdjustmentsPosted
    findings: tuple[Finding, ...]


class PaymentRepeated(NamedTuple):
    """A payment was read before, in `first_file`; nothing of it is posted again."""

    file: str
    trace_number: str
    payer: str | None
    payment_cents: int | None
    first_file: str


def decide_payment(
    books: Books,
    file: FileRow,
    remittance: Remittance,
    conformance_findings: tuple[Finding, ...],
    claims: Iterator[ClaimPayment],
) -> PaymentDone | PaymentRepeated | None:
    """Decide and post a payment, whole or not at all. None when an interrupted run had done it already."""
    with books.database.writing() as connection:
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
        add_provider_adjustments(connection, payment_id, remittance.provider_adjustments)
        stored = _stored(payment_id, file, remittance, findings)
        judge = Judge(books, connection, "auto", stored)
        count, cents = Counter[str](), Counter[str]()
        interest = _Interest()
        for batch in _batches(interest.noted(claims), remittance.claim_number_counts):
            judgments = judge.judge([ToJudge(claim_payment) for claim_payment in batch])
            judge.record(add_claim_payments(connection, payment_id, judgments), judgments)
            for judgment in judgments:
                count[judgment.decision.outcome] += 1
                cents[judgment.decision.outcome] += judgment.payment.paid_cents or 0
        adjustments = judge.post_provider_adjustments(interest.cents)
        done = {"file": file.id, "posted": count["post"], "left": count["manual"], "pairs_posted": adjustments.posted}
        audit.append_on_payment(connection, payment_id, "payment", done)
    return PaymentDone(
        file=file.name,
        payment_id=payment_id,
        trace_number=stored.trace_number,
        payer=stored.payer,
        payment_cents=stored.payment_cents,
        posted=count["post"],
        posted_cents=cents["post"],
        left=count["manual"],
        left_cents=cents["manual"],
        adjustments=adjustments,
        findings=findings,
    )


def _stored(payment_id: int, file: FileRow, remittance: Remittance, findings: tuple[Finding, ...]) -> StoredPayment:
    """The payment as it was just written down."""
    paid = remittance.payment
    return StoredPayment(
        id=payment_id,
        file=file.name,
        trace_number=paid.trace_number,
        originator=paid.originator,
        payer=remittance.payer.name if remittance.payer else None,
        payment_date=paid.payment_date,
        payment_cents=paid.payment_cents,
        payee_ids=files.payee_ids(remittance),
        provider_adjustments=sum(1 for pair in remittance.provider_adjustments if pair.cents != 0),
        findings=findings,
        separators=remittance.separators,
    )


class _Interest:
    """Sums the interest the claims state (AMT*I) as they pass; `cents` is None where none does."""

    def __init__(self) -> None:
        self.cents: int | None = None

    def noted(self, claims: Iterator[ClaimPayment]) -> Iterator[ClaimPayment]:
        for claim in claims:
            for qualifier, amount in claim.amounts:
                if qualifier == "I" and amount is not None:
                    self.cents = (self.cents or 0) + amount
            yield claim


def _batches(claims: Iterator[ClaimPayment], counts: dict[str, int]) -> Iterator[list[ClaimPayment]]:
    """Claims by the batch; those that share a claim number come last and together, so that each sees the others."""
    shared: list[ClaimPayment] = []

    def single() -> Iterator[ClaimPayment]:
        for claim in claims:
            if claim.claim_number in counts:
                shared.append(claim)
            else:
                yield claim

    alone = single() if counts else claims
    while batch := list(islice(alone, BATCH)):
        yield batch
    if shared:
        yield shared


def _changed(remittance: Remittance) -> Finding:
    return Finding(
        "payment-changed",
        "hold",
        f"A payment with trace number {remittance.payment.trace_number} and the same payer, date and amount was read"
        f" before with different content.",
        remittance.first_segment,
    )


def _repeated(
    connection: Connection, file: FileRow, remittance: Remittance, known: files.PaymentRow
) -> PaymentRepeated:
    files.note_repeat(connection, file.id, remittance.first_segment, known.id)
    paid = remittance.payment
    payer = remittance.payer.name if remittance.payer else None
    return PaymentRepeated(file.name, paid.trace_number, payer, paid.payment_cents, known.file_name)
