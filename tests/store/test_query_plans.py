"""What is asked every day costs what it shows, not what the books hold: no query walks over all the claim payments."""

import json
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from practices import PracticeHome, expects, remittance
from remittance_text import claim
from sqlalchemy import event

from era_engine.store.database import Connection, Database
from era_engine.store.insurance.decisions import Filters, decisions_where, payment_summaries
from era_engine.store.insurance.payments import waiting_claim_payments
from era_engine.store.insurance.worklist import empty_payments, names_on_open_payments, open_claims

LOOKS: dict[str, Callable[[Connection], Any]] = {
    "the worklist": lambda connection: list(open_claims(connection)),
    "names beside the worklist": lambda connection: list(names_on_open_payments(connection)),
    "what every run judges again": lambda connection: waiting_claim_payments(connection, ["already-posted"]),
    "the open part of the log": lambda connection: list(decisions_where(connection, Filters(open=True))),
    "open payments": lambda connection: list(payment_summaries(connection, only_open=True)),
    "payments of nothing": lambda connection: empty_payments(connection),
}
WITHOUT_AN_OPEN_CLAIM = {"payments of nothing"}
BIG = ("claim_payments", "decisions", "entries", "postings")


def plans(home: PracticeHome, look: Callable[[Connection], Any]) -> list[str]:
    """The lines in which the database says how it carries out a look: SQLite's as they are, PostgreSQL's as JSON.

    PostgreSQL walks over a small table whatever indexes it has, unless it is told not to.
    """
    lines: list[str] = []
    with closing(Database(home.url)) as database, database.reading() as connection:
        on_sqlite = connection.dialect.name == "sqlite"
        explain = "EXPLAIN QUERY PLAN " if on_sqlite else "EXPLAIN (FORMAT JSON) "
        if not on_sqlite:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")

        beside = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]

        def keep(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
            rows = beside.execute(explain + statement, parameters).fetchall()
            lines.extend(row[3] for row in rows) if on_sqlite else lines.append(json.dumps(rows[0][0]))

        event.listen(connection, "before_cursor_execute", keep)
        look(connection)
    return lines


@pytest.fixture
def some_open(home: PracticeHome) -> PracticeHome:
    home.expect(expects("C1", "100"), expects("C2", "100"))
    home.run(remittance("190", claim("C1", "120", "100", "20"), claim("C2", "120", "90", "30")), remittance("5"))
    return home


@pytest.mark.parametrize("look", LOOKS)
def test_what_is_open_is_found_without_walking_over_the_history(some_open: PracticeHome, look: str) -> None:
    told = plans(some_open, LOOKS[look])
    assert told
    if look not in WITHOUT_AN_OPEN_CLAIM:
        assert any("ix_claim_payments_open" in line for line in told), told
    for line in told:
        if line.startswith("SCAN"):
            table = line.split()[1]
            assert table not in BIG or "ix_claim_payments_open" in line, told
        for table in BIG:
            assert f'"Node Type": "Seq Scan", "Parallel Aware": false, "Relation Name": "{table}"' not in line


def test_what_is_open_is_shown(some_open: PracticeHome) -> None:
    with closing(Database(some_open.url)) as database, database.reading() as connection:
        assert [each.claim_number for each in open_claims(connection)] == ["C2"]
        assert [each.payment_cents for each in empty_payments(connection)] == [500]
        every = list(payment_summaries(connection))
        assert list(payment_summaries(connection, only_open=True)) == every
        assert [(each.claims, each.posted, each.left_cents) for each in every] == [(2, 1, 9000), (0, 0, 0)]
