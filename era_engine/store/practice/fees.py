"""Fee schedules in the database, and the expected amounts of 837 claims that follow from them."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from era_engine.practice.expected import Fee, FeeSchedule, fee_key, with_expected
from era_engine.practice.model import Claim
from era_engine.store.practice.claims import find_claims, posted_claims, slices
from era_engine.store.schema import claims, fees, procedure_lines


class FeesImported(NamedTuple):
    """How many fees an import added and updated, and on how many lines of 837 claims the expected amount changed."""

    added: int
    updated: int
    lines_changed: int


def save_fees(connection: Connection, imported: Sequence[Fee]) -> FeesImported:
    """Add or update fees, and set anew what is expected for the lines they are for.

    Only lines of claims from 837 files are touched, and of these only claims nothing is posted against.
    """
    by_key = {fee_key(fee.payer, fee.procedure_code): fee for fee in imported}
    known = [key for key in by_key if key in fee_schedule(connection, (payer for payer, _ in by_key))]
    if known:
        is_known = (fees.c.payer_id == bindparam("payer")) & (fees.c.procedure_code == bindparam("code"))
        connection.execute(delete(fees).where(is_known), [{"payer": payer, "code": code} for payer, code in known])
    rows = [
        {
            "payer_id": payer,
            "procedure_code": code,
            "allowed_cents": fee.allowed_cents,
            "percent_covered": str(fee.percent),
            "source": fee.source,
        }
        for (payer, code), fee in by_key.items()
    ]
    connection.execute(insert(fees), rows)
    return FeesImported(len(by_key) - len(known), len(known), _expect_anew(connection, by_key))


def fee_schedule(connection: Connection, payers: Iterable[str]) -> FeeSchedule:
    """All fees of these payers, given by id or name."""
    wanted = {fee_key(payer, "")[0] for payer in payers}
    query = select(fees).where(fees.c.payer_id.in_(bindparam("payers", expanding=True)))
    found: dict[tuple[str, str], Fee] = {}
    for some in slices(wanted):
        for row in connection.execute(query, {"payers": some}):
            fee = Fee(row.payer_id, row.procedure_code, row.allowed_cents, Decimal(row.percent_covered), row.source)
            found[row.payer_id, row.procedure_code] = fee
    return found


def expected_amounts(connection: Connection, claim_number: str) -> list[tuple[int, str, int | None, str]]:
    """(line number, procedure, expected cents, where from) of a claim's lines whose amount does not stand in a CSV."""
    query = (
        select(
            procedure_lines.c.line_number,
            procedure_lines.c.procedure_code,
            procedure_lines.c.expected_insurance_cents,
            procedure_lines.c.expected_from,
        )
        .where(procedure_lines.c.claim_number == claim_number, procedure_lines.c.expected_from.is_not(None))
        .order_by(procedure_lines.c.line_number)
    )
    return [(line, code, cents, source) for line, code, cents, source in connection.execute(query)]


def _expect_anew(connection: Connection, changed: Iterable[tuple[str, str]]) -> int:
    """How many lines expect another amount than before."""
    payers = {payer for payer, _ in changed}
    query = select(claims.c.claim_number, claims.c.payer_id, claims.c.payer_name).where(
        claims.c.origin == "837", claims.c.plan_ordinal == 1
    )
    numbers = sorted(
        number
        for number, *of_payer in connection.execute(query).all()
        if any(fee_key(payer, "")[0] in payers for payer in of_payer)
    )
    lines = 0
    for some in slices(numbers):
        found = find_claims(connection, some)  # locked, so that none of them is posted from here on
        posted = posted_claims(connection, some)
        lines += _price(connection, [claim for number, claim in found.items() if number not in posted])
    return lines


def _price(connection: Connection, open_claims: Sequence[Claim]) -> int:
    schedule = fee_schedule(
        connection, (payer for claim in open_claims for payer in (claim.payer_id, claim.payer_name))
    )
    changed = [
        (claim.claim_number, before, after)
        for claim in open_claims
        for before, after in zip(claim.lines, with_expected(claim, schedule).lines, strict=True)
        if before != after
    ]
    if changed:
        rows = [
            {
                "number": number,
                "line": line.line_number,
                "cents": line.expected_insurance_cents,
                "source": line.expected_from,
            }
            for number, _, line in changed
        ]
        connection.execute(_SET_EXPECTED, rows)
    return sum(before.expected_insurance_cents != after.expected_insurance_cents for _, before, after in changed)


_SET_EXPECTED = (
    update(procedure_lines)
    .where(
        procedure_lines.c.claim_number == bindparam("number"),
        procedure_lines.c.line_number == bindparam("line"),
    )
    .values(expected_insurance_cents=bindparam("cents"), expected_from=bindparam("source"))
)
