"""What people said about which claim a claim payment is for; append-only, the newest counts."""

from sqlalchemy import Connection, insert, select

from era_engine.store.insurance.judgments import reserve_ids
from era_engine.store.schema import claims, matches

_MOST = 50_000  # claim numbers looked at to find one that was mistyped


def add_match(
    connection: Connection, claim_payment_id: int, claim_number: str | None, by: str, at: str, note: str | None
) -> None:
    """Write down that a person matched a claim payment to this claim of the practice, or to none (None)."""
    [match_id] = reserve_ids(connection, matches, 1)
    row = {
        "id": match_id,
        "claim_payment_id": claim_payment_id,
        "claim_number": claim_number,
        "matched_by": by,
        "matched_at": at,
        "note": note,
    }
    connection.execute(insert(matches), row)


def claim_numbers(connection: Connection) -> list[str]:
    """Claim numbers of the practice, the highest first, as many as can be looked through for one that is close."""
    query = select(claims.c.claim_number).order_by(claims.c.claim_number.desc()).limit(_MOST)
    return list(connection.execute(query).scalars())
