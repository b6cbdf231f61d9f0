"""Questions that prove the sub-ledgers of claims and patients: each returns whatever does not hold. Money in cents."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Subquery, case, func, or_, select, union_all

from era_engine.journal.accounts import ACCOUNTS_RECEIVABLE, CONTRACTED_WRITE_OFFS, INSURANCE_DEPOSITS
from era_engine.practice.coverages import Service, several_coverages, times_done
from era_engine.store.bulk import stream
from era_engine.store.proofs.decisions import Row
from era_engine.store.schema import claim_payments, claims, decisions, entries, patients, postings, procedure_lines


def _claim_ledger() -> Subquery:
    """Payment and write-off that stand in the ledger for each claim."""
    return (
        select(
            entries.c.claim_number,
            _on(INSURANCE_DEPOSITS).label("paid"),
            _on(CONTRACTED_WRITE_OFFS).label("written_off"),
        )
        .join(postings)
        .where(entries.c.claim_number.is_not(None))
        .group_by(entries.c.claim_number)
        .subquery()
    )


class ClaimSums(NamedTuple):
    """A claim, or several for the same services: what was charged, and what the ledger holds."""

    claim_number: str
    charge_cents: int
    paid_cents: int
    written_off_cents: int

    @property
    def holds(self) -> bool:
        """Neither is below zero, and together they are no more than the charge."""
        used = self.paid_cents + self.written_off_cents
        return self.paid_cents >= 0 and self.written_off_cents >= 0 and used <= self.charge_cents


def overapplied_claims(connection: Connection) -> list[ClaimSums]:
    """Claims of which more is paid and written off than was charged, or less than nothing."""
    ledger = _claim_ledger()
    charged = (
        select(procedure_lines.c.claim_number, func.sum(procedure_lines.c.fee_cents).label("cents"))
        .group_by(procedure_lines.c.claim_number)
        .subquery()
    )
    query = (
        select(ledger.c.claim_number, charged.c.cents, ledger.c.paid, ledger.c.written_off)
        .join(charged, charged.c.claim_number == ledger.c.claim_number)
        .where(
            or_(
                ledger.c.paid < 0,
                ledger.c.written_off < 0,
                ledger.c.paid + ledger.c.written_off > charged.c.cents,
            )
        )
    )
    return [ClaimSums(number, *map(int, sums)) for number, *sums in connection.execute(query)]


def overapplied_services(connection: Connection) -> Iterator[ClaimSums]:
    """The same over all plans, for claims of the same services that several may have answered (RFI 1696).

    Services are the same by day, procedure and fee. A practice may send one plan several claims of the same services,
    two fillings on one day, say; the charge is of all of them. But for claims the engine posted by proof, which says
    that no other was paid for these services, it counts once.
    """
    ledger = _claim_ledger()
    with_later_plans = select(claims.c.patient_id).where(claims.c.plan_ordinal > 1)
    query = (
        select(
            claims.c.patient_id,
            claims.c.claim_number,
            claims.c.plan_ordinal,
            patients.c.plan_count,
            procedure_lines.c.service_date,
            procedure_lines.c.procedure_code,
            procedure_lines.c.fee_cents,
            func.coalesce(ledger.c.paid, 0),
            func.coalesce(ledger.c.written_off, 0),
        )
        .select_from(claims)
        .join(patients)
        .join(procedure_lines)
        .join(ledger, ledger.c.claim_number == claims.c.claim_number, isouter=True)
        .where(or_(patients.c.plan_count > 1, claims.c.patient_id.in_(with_later_plans)))
        .order_by(claims.c.patient_id, claims.c.claim_number)
    )
    proven = set(connection.execute(_POSTED_BY_PROOF).scalars())
    for _, of_patient in groupby(stream(connection, query), key=lambda row: row[0]):
        by_services: dict[tuple[Service, ...], list[_Answered]] = defaultdict(list)
        for number, rows in groupby(of_patient, key=lambda row: row[1]):
            lines = list(rows)
            _, _, ordinal, plan_count, *_, paid, written_off = lines[0]
            services = tuple(sorted((line[4], line[5], line[6]) for line in lines))
            answered = _Answered(number, ordinal, plan_count, int(paid), int(written_off), number in proven)
            by_services[services].append(answered)
        for services, same in by_services.items():
            together = _together(sum([fee for _, _, fee in services]), same)
            several = several_coverages(same[0].plan_count, [each.plan_ordinal for each in same])
            if len(same) > 1 and several and not together.holds:
                yield together


class _Answered(NamedTuple):
    """A claim, and what stands in the ledger for it."""

    claim_number: str
    plan_ordinal: int
    plan_count: int
    paid_cents: int
    written_off_cents: int
    proven: bool


def _together(charge_cents: int, same: list[_Answered]) -> ClaimSums:
    ordinals = [each.plan_ordinal for each in same]
    proven = sum(each.proven for each in same if each.plan_ordinal == min(ordinals))
    return ClaimSums(
        ", ".join(each.claim_number for each in same),
        charge_cents * (times_done(ordinals) - max(proven - 1, 0)),
        sum([each.paid_cents for each in same]),
        sum([each.written_off_cents for each in same]),
    )


_posting = decisions.alias()
_POSTED_BY_PROOF = (
    select(claim_payments.c.office_claim)
    .join(decisions)
    .where(
        claim_payments.c.state == "posted",
        decisions.c.mode != "manual",
        decisions.c.facts.contains('"several_plans_proven":true'),
        decisions.c.id
        == select(func.max(_posting.c.id))
        .where(_posting.c.claim_payment_id == claim_payments.c.id, _posting.c.outcome == "post")
        .scalar_subquery(),
    )
)


def patients_unlike_their_claims(connection: Connection) -> list[Row]:
    """(a claim of the patient, cents) where accounts receivable by patient and by the patient's claims differ."""
    receivable = postings.c.account == ACCOUNTS_RECEIVABLE
    by_patient = select(entries.c.patient_id.label("patient_id"), postings.c.cents.label("cents")).join(postings)
    by_claim = (
        select(claims.c.patient_id, -postings.c.cents)
        .select_from(entries)
        .join(postings)
        .join(claims, claims.c.claim_number == entries.c.claim_number)
    )
    both = union_all(by_patient.where(receivable), by_claim.where(receivable)).subquery()
    differ = select(both.c.patient_id, func.sum(both.c.cents).label("cents")).group_by(both.c.patient_id)
    differ = differ.having(func.sum(both.c.cents) != 0)
    different = differ.subquery()
    query = (
        select(func.min(claims.c.claim_number), different.c.cents)
        .select_from(different)
        .join(claims, claims.c.patient_id == different.c.patient_id, isouter=True)
        .group_by(different.c.patient_id, different.c.cents)
    )
    return [(number, int(cents)) for number, cents in connection.execute(query)]


def _on(account: str) -> ColumnElement[int]:
    return func.sum(case((postings.c.account == account, postings.c.cents), else_=0))
