"""An audit log of any length, as `python benchmarks/audit_log.py HOME ROWS`: for measuring `era audit verify`."""

import sys
from pathlib import Path

from era_engine.books.opened import looking
from era_engine.store.books.audit import AuditRow, chained_hash, heads
from era_engine.store.bulk import insert_rows
from era_engine.store.schema import audited_acts

_TOGETHER = 50_000


def lengthen(home: Path, count: int) -> None:
    """Add rows to the chain of a home that has one, as its runs would."""
    with looking(home) as (found, database):
        done = 0
        while done < count:
            more = min(_TOGETHER, count - done)
            with database.writing() as connection:
                seq, last = heads(connection)[found.identity]
                rows = []
                for number in range(seq + 1, seq + 1 + more):
                    values = (
                        found.identity,
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
                connection.exec_driver_sql(
                    f"UPDATE audit_heads SET seq = {seq + more}, hash = '{last}' WHERE practice = '{found.identity}'"
                )
            done += more


if __name__ == "__main__":
    lengthen(Path(sys.argv[1]), int(sys.argv[2]))
