"""An audit log of any length, as `python benchmarks/audit_log.py HOME ROWS`: for measuring `era audit verify`."""

import sys
from pathlib import Path

from sqlalchemy import update

from era_engine.books.opened import look_at_books
from era_engine.store.books.audit import AuditRow, chained_hash, heads
from era_engine.store.bulk import insert_rows
from era_engine.store.schema import audit_heads, audited_acts

_TOGETHER = 50_000


def lengthen(home: Path, count: int) -> None:
    """Add rows to the chain of a home that has one, as its runs would."""
    with look_at_books(home, remember=False) as (practice_home, _, database):
        done = 0
        while done < count:
            more = min(_TOGETHER, count - done)
            with database.writing() as connection:
                seq, last = heads(connection)[practice_home.identity]
                rows = []
                for number in range(seq + 1, seq + 1 + more):
                    values = (
                        practice_home.identity,
                        number,
                        "2026-11-02T09:00:00Z",
                        "office",
                        None,
                        "run",
                        '{"files":12}',
                    )
                    row = AuditRow(*values, last, chained_hash(last, *values))
                    rows.append(tuple(row))
                    last = row.hash
                insert_rows(connection, audited_acts, AuditRow._fields, rows)
                there = audit_heads.c.office == practice_home.identity
                connection.execute(update(audit_heads).where(there), {"seq": seq + more, "hash": last})
            done += more


if __name__ == "__main__":
    lengthen(Path(sys.argv[1]), int(sys.argv[2]))
