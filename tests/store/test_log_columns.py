"""A column is written, read and told by its name: what is declared of it in one place is what the tables have."""

from contextlib import closing
from typing import Any

import pytest
from practices import PracticeHome, expects, remittance
from remittance_text import claim
from sqlalchemy import Table

from era_engine.questions.decisions import LogReader
from era_engine.store.database import Database
from era_engine.store.insurance.decisions import Filters, decisions_where
from era_engine.store.insurance.judgments import ClaimPaymentRow, EntryRow, PostingRow
from era_engine.store.insurance.log import LOG, WRITTEN, Decided
from era_engine.store.schema import claim_payments, decisions, entries, postings


def test_a_new_decision_fills_every_column_of_its_table() -> None:
    assert set(WRITTEN) == set(decisions.c.keys())


@pytest.mark.parametrize(
    ("row", "table"), [(ClaimPaymentRow, claim_payments), (EntryRow, entries), (PostingRow, postings)]
)
def test_a_row_names_every_column_of_its_table(row: Any, table: Table) -> None:
    assert set(row._fields) == set(table.c.keys())


def test_every_field_of_the_log_is_stored_somewhere_and_told_under_one_key() -> None:
    assert tuple(LOG) == Decided._fields
    told = [where.key for where in LOG.values() if where.key is not None]
    assert len(set(told)) == len(told)
    assert [name for name, where in LOG.items() if where.key is None] == ["facts"]


def test_what_is_written_of_a_decision_is_what_is_read_and_told(home: PracticeHome) -> None:
    home.expect(expects("C1"))
    home.run(remittance("90", claim("C1")))
    assert home.era("undo", "EFT0001", "--claim", "C1", "--by", "Ann", "--because", "wrong patient").code == 0
    columns = "act, decided_by, note, rule, holds, location, claim_payment_id"
    stored = home.rows(f"SELECT {columns} FROM decisions ORDER BY id")
    with closing(Database(home.url)) as database, database.reading() as connection:
        read = list(decisions_where(connection, Filters()))
        told = [LogReader(connection).record(decided) for decided in read]
    for row, decided, record in zip(stored, read, told, strict=True):
        at = decided.claim_payment_id
        assert row == (decided.act, decided.decided_by, decided.note, decided.rule, decided.holds, decided.location, at)
        assert (record["by"], record["holds"]) == (decided.decided_by, decided.holds.split())
        assert {key for key in record if key in Decided._fields} >= {"act", "note", "rule", "location", "state"}
