"""Deposits and payments as they are told: plain dicts, ready for JSON."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from era_engine.bank.matching import Pairing
from era_engine.foundation.money import dollars

Record = dict[str, Any]
WHY: dict[str, str] = {
    "not-yet-there": "dated in the future",
    "originator-differs": "another originator",
    "amount-differs": "the amounts differ",
    "amount-unknown": "the ERA's amount is unreadable",
    "days-apart": "the dates are too far apart",
    "date-unknown": "the ERA's date is unreadable",
    "trace-ambiguous": "several could match",
    "taken-back": "the money went back to the payer",
    "another-part": "its ERA is matched to another deposit",
    "no-deposit": "no deposit",
    "no-remittance": "no remittance",
    "no-trace-number": "no trace number",
}


def what_differs(pairing: Pairing) -> str | None:
    """What the bank has shown where it is not just the payment's money; None where it has shown nothing of it."""
    if pairing.deposit is None or pairing.payment is None or pairing.reason is None:
        return None
    off = f", off by {dollars(pairing.off_by_cents)}" if pairing.off_by_cents else ""
    return (
        f"The bank shows a deposit of {dollars(pairing.deposit.cents)} on {pairing.deposit.date}{off}:"
        f" {WHY[pairing.reason]}."
    )


def deposit_records(pairings: Iterable[Pairing], today: date) -> list[Record]:
    """One record for each pairing. `age_days`: how long, in calendar days, one of the two has waited for the other."""
    return [_record(pairing, today) for pairing in pairings]


def _record(pairing: Pairing, today: date) -> Record:
    deposit, payment = pairing.deposit, pairing.payment
    deposit_date, payment_date = deposit and deposit.date, payment and payment.date
    since = deposit_date or payment_date
    return {
        "status": pairing.status,
        "reason": pairing.reason,
        "trace_number": (payment.trace_number if payment else deposit.trace_number if deposit else None) or None,
        "payer": (payment and payment.payer) or (deposit and deposit.payer),
        "originator": (payment and payment.originator) or (deposit and deposit.originator),
        "deposit_date": deposit_date and deposit_date.isoformat(),
        "deposit_cents": deposit and deposit.cents,
        "payment_date": payment_date and payment_date.isoformat(),
        "payment_cents": payment and payment.cents,
        "off_by_cents": pairing.off_by_cents,
        "business_days_apart": pairing.days_apart,
        "age_days": max((today - since).days, 0) if since and pairing.status == "waiting" else None,
        "payment_id": payment and payment.id,
        "file": payment and payment.file,
        "deposit_id": deposit and deposit.id,
        "deposit_source": deposit and deposit.source,
    }
