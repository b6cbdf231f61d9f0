"""What a reversal takes back: the one payment posted here for the same claim whose amounts it negates."""

from collections.abc import Sequence
from typing import NamedTuple

from era_engine.foundation.money import dollars
from era_engine.insurance.coordination import write_off_of
from era_engine.insurance.observation import ReversalEvidence
from era_engine.journal.accounts import CONTRACTED_WRITE_OFFS, INSURANCE_DEPOSITS
from era_engine.practice.splits import MOST_PARTS
from era_engine.remittance.model import REVERSAL
from era_engine.store.database import Connection
from era_engine.store.insurance import history
from era_engine.store.insurance.history import Earlier, PostedDecision
from era_engine.store.insurance.payments import ToJudge


class TakesBack(NamedTuple):
    """The posted claim payment that a reversal takes back."""

    claim_payment_id: int
    decision: PostedDecision


class Reversals:
    """Finds what the reversals of one payment take back; each posting is taken back once."""

    def __init__(self, connection: Connection, originator: str) -> None:
        self._connection, self._originator = connection, originator
        self._taken: set[int] = set()  # claim payments that a reversal of this payment takes back already

    def what_it_takes_back(
        self, reversal: ToJudge, together: Sequence[ToJudge], earlier: Sequence[Earlier]
    ) -> tuple[ReversalEvidence, TakesBack | None]:
        """Same claim, amounts negated; exact only under the same payer claim number.

        together: the claim payments of the batch for the claim, this one included; earlier: those in the books.
        """
        fitting = self._fitting(reversal, earlier)
        if not fitting:
            return ReversalEvidence(False, _why_nothing(reversal, together, earlier)), None
        if len(fitting) > 1:
            traces = ", ".join(dict.fromkeys(row.trace_number for row in fitting))
            return ReversalEvidence(False, f"It may reverse several payments: {traces}."), None
        [row] = fitting
        posted = history.posted_decision(self._connection, row.id) if row.state == "posted" else None
        if posted is None:
            return ReversalEvidence(False, f"The payment it reverses, {row.trace_number}, is not posted."), None
        doubt = self._doubt(reversal, row, posted)
        if doubt is None:
            self._taken.add(row.id)
            text = f"It reverses exactly what was posted from payment {row.trace_number}."
            return ReversalEvidence(True, text), TakesBack(row.id, posted)
        return ReversalEvidence(False, doubt), TakesBack(row.id, posted)

    def _fitting(self, reversal: ToJudge, earlier: Sequence[Earlier]) -> list[Earlier]:
        """The payments it may reverse: those under its payer claim number before others, posted before unposted."""
        fitting = [row for row in earlier if row.id not in self._taken and _negates(row, reversal)]
        fitting = [row for row in fitting if _same_number(row, reversal)] or fitting
        return [row for row in fitting if row.state == "posted"] or fitting

    def _doubt(self, reversal: ToJudge, row: Earlier, posted: PostedDecision) -> str | None:
        """Why it does not take back exactly what was posted for a payment; None where it does."""
        payment = reversal.payment
        written_off, reversed_off = posted.total(CONTRACTED_WRITE_OFFS), -write_off_of(payment)
        if not _negated(posted.total(INSURANCE_DEPOSITS), payment.paid_cents) or written_off != reversed_off:
            return (
                f"It reverses payment {row.trace_number}. {dollars(written_off)} was written off there, but the"
                f" reversal says {dollars(reversed_off)}."
            )
        matches = f"It matches payment {row.trace_number}, but"
        if row.originator != self._originator:
            return f"{matches} another payer paid that one."
        if not _same_number(row, reversal):
            both_named = bool(payment.payer_claim_number and row.payer_claim_number)
            but = "it names a different payer claim number" if both_named else "no payer claim number links the two"
            return f"{matches} {but}."
        return None


def _why_nothing(reversal: ToJudge, together: Sequence[ToJudge], earlier: Sequence[Earlier]) -> str:
    paid = reversal.payment.paid_cents
    if any(
        other.payment.status != REVERSAL and _negated(other.payment.paid_cents, paid) for other in together[:MOST_PARTS]
    ):
        return "The payment it reverses arrived with it and is not posted."
    if any(row.state == "posted" and row.status != REVERSAL for row in earlier):
        return "No posted payment matches its amounts."
    return "The payment it reverses is not posted here."


def reversal_before(claim_payment: ToJudge, earlier: Sequence[Earlier]) -> str | None:
    """Trace number of an open reversal that came before this payment and takes back it alone."""
    paid, charge = claim_payment.payment.paid_cents, claim_payment.payment.charge_cents
    alike = [row for row in earlier if row.status != REVERSAL and (row.paid_cents, row.charge_cents) == (paid, charge)]
    for row in earlier:
        reverses = row.status == REVERSAL and row.state == "open" and not alike
        if reverses and _negated(row.paid_cents, paid) and _negated(row.charge_cents, charge):
            return row.trace_number if claim_payment.id is None or row.id < claim_payment.id else None
    return None


def _same_number(row: Earlier, reversal: ToJudge) -> bool:
    number = reversal.payment.payer_claim_number
    return bool(number) and row.payer_claim_number == number


def _negates(row: Earlier, reversal: ToJudge) -> bool:
    payment = reversal.payment
    return (
        row.status != REVERSAL
        and _negated(row.paid_cents, payment.paid_cents)
        and _negated(row.charge_cents, payment.charge_cents)
    )


def _negated(cents: int | None, other: int | None) -> bool:
    return cents is not None and other is not None and cents == -other
