"""Look-ups for the cascade of `practice.matching`: a batch at a time, the ordinary claims by their number alone."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import TypeVar

from sqlalchemy import Connection, and_, bindparam, func, literal, select, union_all

from era_engine.practice.matching import (
    BY_HAND,
    FEW,
    PATIENT_AND_SERVICES,
    Candidates,
    Match,
    match_by_number,
    match_otherwise,
    padded_forms,
    says_something,
)
from era_engine.practice.model import Claim
from era_engine.practice.patients import as_near, named_to_the_letter
from era_engine.practice.services import claim_days, services_of, total_charge
from era_engine.practice.splits import PART_STATUSES
from era_engine.remittance.model import ClaimPayment
from era_engine.store.practice.claims import find_claims
from era_engine.store.schema import claim_payments, claims, patients, payments, procedure_lines

_AT_A_TIME = 500  # keys in one look-up
_BEGINNINGS = 50  # beginnings of a number in one look-up, each a query within it
_LAST = "\U0010ffff"
_ANSWERS = PART_STATUSES | {"4"}  # CLP02

_T = TypeVar("_T")
_Numbers = dict[str, set[str]]  # what the payer wrote -> claim numbers of the practice
_Line = tuple[date, str, int]  # service date, procedure, fee in cents


def match_claims(
    connection: Connection,
    originator: str,
    batch: Sequence[ClaimPayment],
    pinned: Mapping[int, str | None],
    stored_as: Collection[int] = (),
) -> list[Match]:
    """The match of every claim payment of a batch; claims that are looked at are locked until the transaction ends.

    originator: of the payment (TRN03). pinned: by index in the batch, the claim number a person matched it to, None
    for none of ours. stored_as: ids of those claim payments that are judged again; what they were matched to before
    proves nothing.
    """
    numbers = {payment.claim_number for payment in batch}
    numbers.update(number for number in pinned.values() if number is not None)
    found = find_claims(connection, numbers)
    matches: list[Match] = []
    unknown: list[int] = []
    for at, payment in enumerate(batch):
        claim = found.get(payment.claim_number)
        if at in pinned:
            by_hand = pinned[at]
            matches.append(Match(None if by_hand is None else found.get(by_hand), BY_HAND))
        elif claim is not None:
            matches.append(match_by_number(payment, claim))
        else:
            matches.append(Match(None, None))
            unknown.append(at)
    if unknown:
        _match_unknown(connection, originator, batch, matches, unknown, stored_as)
    return matches


def _match_unknown(
    connection: Connection,
    originator: str,
    batch: Sequence[ClaimPayment],
    matches: list[Match],
    unknown: Sequence[int],
    stored_as: Collection[int],
) -> None:
    """Replace the matches of claim payments whose number is none of the practice's, where a later step finds one."""
    wanted = [batch[at] for at in unknown]
    named = [(each, match.claim.claim_number) for each, match in zip(batch, matches, strict=True) if match.claim]
    by_number = _by_number(connection, {each.claim_number for each in wanted})
    payers_numbers = {each.payer_claim_number for each in wanted if says_something(each.payer_claim_number)}
    by_payers = _by_payer_claim_number(connection, originator, payers_numbers, named, stored_as)
    by_services = _by_services(connection, wanted)
    candidates = [
        Candidates(by_number[each.claim_number], by_payers[each.payer_claim_number], fitting)
        for each, fitting in zip(wanted, by_services, strict=True)
    ]
    claims_looked_at = find_claims(connection, {number for each in candidates for some in each for number in some})
    answered = {number for each, number in named if each.status in _ANSWERS}
    for at, payment, each in zip(unknown, wanted, candidates, strict=True):
        matches[at] = match_otherwise(payment, each, claims_looked_at, answered)
    slipped = {
        at: claim
        for at in unknown
        if (claim := matches[at].claim) is not None
        and matches[at].step == PATIENT_AND_SERVICES
        and not named_to_the_letter(batch[at], claim)
    }
    relatives = _relatives(connection, slipped.values())
    for at, claim in slipped.items():
        others = [each for each in relatives[claim.subscriber_id] if each[0] != claim.patient_id]
        near = as_near(batch[at], claim, [(last, first) for _, last, first in others])
        matches[at] = matches[at]._replace(relative=near)


def _relatives(connection: Connection, of: Collection[Claim]) -> dict[str, list[tuple[str, str, str]]]:
    """By member id of these claims: (patient id, last name, first name) of all who have a claim under it."""
    found: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for some in _slices(list({claim.subscriber_id for claim in of}), _AT_A_TIME):
        for member_id, *patient in connection.execute(_OF_MEMBERS, {"ids": some}):
            found[member_id].append((patient[0], patient[1], patient[2]))
    return found


def _by_number(connection: Connection, written: Collection[str]) -> _Numbers:
    """Claims whose number the payer may have cut or padded; none where more than FEW are longer than what is left."""
    found: _Numbers = defaultdict(set)
    forms: _Numbers = defaultdict(set)
    for number in written:
        for form in padded_forms(number):
            forms[form].add(number)
    for some in _slices(list(forms), _AT_A_TIME):
        for ours in connection.execute(_KNOWN, {"numbers": some}).scalars():
            for number in forms[ours]:
                found[number].add(ours)
    for number, longer in _longer(connection, [number for number in written if says_something(number)]).items():
        if len(longer) > FEW:
            found.pop(number, None)
        else:
            found[number] |= longer
    return found


def _longer(connection: Connection, written: Sequence[str]) -> _Numbers:
    """Claims whose number goes on where the one written ends, at most one more than FEW of each."""
    column = claims.c.claim_number
    # PostgreSQL's ordinary order is that of a language, in which a number and what begins with it do not lie together
    after, before = ("~>~", "~<~") if connection.dialect.name == "postgresql" else (">", "<")
    found: _Numbers = defaultdict(set)
    for some in _slices(written, _BEGINNINGS):
        beginnings = [
            select(column)
            .where(and_(column.op(after)(number), column.op(before)(number + _LAST)))
            .limit(FEW + 1)
            .subquery()
            for number in some
        ]
        query = union_all(
            *[
                select(literal(number), beginning.c.claim_number)
                for number, beginning in zip(some, beginnings, strict=True)
            ]
        )
        for number, ours in connection.execute(query):
            found[number].add(ours)
    return found


def _by_payer_claim_number(
    connection: Connection,
    originator: str,
    wanted: Collection[str],
    named: Sequence[tuple[ClaimPayment, str]],
    stored_as: Collection[int],
) -> _Numbers:
    """Claims that claim payments of this payer with the same number of its own are matched to, earlier or just now."""
    found: _Numbers = defaultdict(set)
    for payment, ours in named:
        if payment.payer_claim_number in wanted:
            found[payment.payer_claim_number].add(ours)
    passed_over = set(stored_as)
    for some in _slices(list(wanted), _AT_A_TIME):
        for row_id, number, ours in connection.execute(_EARLIER, {"originator": originator, "numbers": some}):
            if row_id not in passed_over:
                found[number].add(ours)
    return found


def _by_services(connection: Connection, wanted: Sequence[ClaimPayment]) -> list[set[str]]:
    """For each claim payment the claims with the same total charge and its first procedure, or at least its day."""
    by_line: dict[tuple[_Line, int], set[int]] = defaultdict(set)
    by_day: dict[tuple[date, int], set[int]] = defaultdict(set)
    for at, payment in enumerate(wanted):
        total, whole, services = total_charge(payment), claim_days(payment), services_of(payment)
        if total is None or services is None:
            continue
        exact = [each for each in services if each.days.first == each.days.last]
        if exact:
            code, days, cents = exact[0]
            by_line[(days.first, code.upper(), cents), total].add(at)
        elif whole is not None:
            by_day[whole.first, total].add(at)
    found: list[set[str]] = [set() for _ in wanted]
    codes = list({code for (_, code, _), _ in by_line})
    for some_days in _slices(list({day for (day, _, _), _ in by_line}), _AT_A_TIME):
        for some_codes in _slices(codes, _AT_A_TIME):
            rows = connection.execute(_BY_LINE, {"days": some_days, "codes": some_codes})
            for ours, day, code, cents, total in rows:
                for at in by_line.get(((day, code, cents), total), ()):
                    found[at].add(ours)
    for some_days in _slices(list({day for day, _ in by_day}), _AT_A_TIME):
        for ours, day, total in connection.execute(_BY_DAY, {"days": some_days}):
            for at in by_day.get((day, total), ()):
                found[at].add(ours)
    return found


_KNOWN = select(claims.c.claim_number).where(claims.c.claim_number.in_(bindparam("numbers", expanding=True)))
_EARLIER = (
    select(claim_payments.c.id, claim_payments.c.payer_claim_number, claim_payments.c.office_claim)
    .join(payments)
    .where(
        claim_payments.c.payer_claim_number.in_(bindparam("numbers", expanding=True)),
        claim_payments.c.office_claim.is_not(None),
        payments.c.originator == bindparam("originator"),
    )
)
_OF_MEMBERS = (
    select(claims.c.subscriber_id, patients.c.patient_id, patients.c.last_name, patients.c.first_name)
    .join(patients)
    .where(claims.c.subscriber_id.in_(bindparam("ids", expanding=True)))
    .distinct()
)
_of_the_claim = procedure_lines.alias()
_TOTAL = (
    select(func.sum(_of_the_claim.c.fee_cents))
    .where(_of_the_claim.c.claim_number == procedure_lines.c.claim_number)
    .scalar_subquery()
)
_DAY, _CODE = procedure_lines.c.service_date, procedure_lines.c.procedure_code
_BY_LINE = select(procedure_lines.c.claim_number, _DAY, _CODE, procedure_lines.c.fee_cents, _TOTAL).where(
    _DAY.in_(bindparam("days", expanding=True)),  # each by itself, as SQLite asks no index for several together
    _CODE.in_(bindparam("codes", expanding=True)),
)
_BY_DAY = (
    select(procedure_lines.c.claim_number, _DAY, _TOTAL).where(_DAY.in_(bindparam("days", expanding=True))).distinct()
)


def _slices(values: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    return (values[at : at + size] for at in range(0, len(values), size))
