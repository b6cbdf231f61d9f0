"""Books as the first version of the program (migration 0001) left them, for tests of the migrations that follow.

Payment 3 posted C1 (90.00, 30.00 written off). Payment 7 was held for its provider-level adjustments (WO 40.00 taken,
L6 5.00 of interest): C2 by its number, C9 is no claim of the practice.
"""

import hashlib
import json
from pathlib import Path

from alembic import command
from alembic.config import Config
from practices import PracticeHome, remittance
from remittance_text import claim
from sqlalchemy import Engine, create_engine, text
from where import FIXTURES

import era_engine.store
from era_engine.home.folder import Home

_ADJUSTMENTS = ["PLB*1234567893*20261231*WO:C1*40*L6*-5"]
FIRST_FILE = remittance("90", claim("C1"), trace="T1")
SECOND_FILE = remittance(
    "65", claim("C2", "120", "80", "40"), claim("C9", "20", "20", "0"), trace="T2", after=_ADJUSTMENTS
)
RULE_SET, _SETTINGS = (
    (FIXTURES / "first_version" / name).read_text(encoding="utf-8") for name in ("rule_set.json", "settings.json")
)
_TABLE_FACTS = {"plan_count": 1, "posting_active": True, "write_offs_active": True, "paid_cents": 9000,
                "expected_cents": 9000, "minimum_percent": "95", "minimum_cents": 8550}  # fmt: skip

# what is counted up by the database itself, and how far it came
_COUNTED = {"files": 2, "payments": 7, "claim_payments": 13, "decisions": 23, "entries": 32}


def make_first_version(home: PracticeHome) -> None:
    """Files and rows, in a database without tables."""
    engine = create_engine(home.url)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(era_engine.store.__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for statement in _rows(home):
            connection.execute(text(statement.replace(":", r"\:")))
    engine.dispose()


def tables(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    """Every table with its columns and rows."""
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            query = "SELECT name FROM sqlite_master WHERE type = 'table'"
        else:
            query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        names = sorted(connection.execute(text(query)).scalars())
        found = {}
        for name in names:
            rows = connection.execute(text(f"SELECT * FROM {name}"))
            found[name] = [tuple(rows.keys()), *sorted((tuple(row) for row in rows), key=repr)]
    return found


def _rows(home: PracticeHome) -> list[str]:
    rules, settings = ("sha256:" + _sha256(content) for content in (RULE_SET, _SETTINGS))
    quoted = RULE_SET.replace("'", "''")
    identity = Home(home.root).identity
    for name, content in (("1.835", FIRST_FILE), ("2.835", SECOND_FILE)):
        (home.root / "archive" / name).write_text(content)
    statements = [
        "INSERT INTO patients VALUES ('P1', 'Doe', 'Jane', '1980-02-29', 1), ('P2', 'Doe', 'Jane', NULL, 1)",
        "INSERT INTO claims VALUES ('C1', 'P1', 'SUB1', 1, 'DDP71', 'Delta Dental', 'LPFD'),"
        " ('C2', 'P2', 'SUB1', 1, 'DDP71', 'Delta Dental', 'LPFD')",
        "INSERT INTO procedure_lines VALUES ('C1', 1, 'D0120', '2026-10-05', 12000, 9000, NULL),"
        " ('C2', 1, 'D0120', '2026-10-05', 12000, 8000, NULL)",
        f"INSERT INTO rule_sets VALUES ('{rules}', '{quoted}')",
        f"INSERT INTO settings_versions VALUES ('{settings}', '{_SETTINGS}')",
        f"INSERT INTO files VALUES {_file(1, identity, FIRST_FILE)}, {_file(2, identity, SECOND_FILE)}",
        f"INSERT INTO payments VALUES {_payment(3, 1, 'T1', 9000, 9000, '[]')},"
        f""" {_payment(7, 2, "T2", 6500, 10000, '[["WO","C1",4000],["L6","",-500]]')}""",
        "INSERT INTO claim_payments VALUES"
        f" {_claim_payment(5, 3, 'C1', 9000, claim('C1'))},"
        f" {_claim_payment(12, 7, 'C2', 8000, claim('C2', '120', '80', '40'))},"
        f" {_claim_payment(13, 7, 'C9', 2000, claim('C9', '20', '20', '0'))}",
        "INSERT INTO decisions VALUES"
        f" {_decision(9, 5, 'post', 'NULL', '  ', 3000, 'P1', rules, settings)},"
        f" {_decision(22, 12, 'manual', 'NULL', ' provider-level-adjustment ', 4000, 'P2', rules, settings)},"
        f" {_decision(23, 13, 'manual', 'NULL', ' no-matching-claim ', 0, None, rules, settings)}",
        "INSERT INTO entries VALUES"
        " (31, 9, '2026-11-01', 'insurance_payment', 'A', 'C1', 'P1', 'DELTA DENTAL T1'),"
        " (32, 9, '2026-11-01', 'contracted_write_off', 'A', 'C1', 'P1', 'DELTA DENTAL T1')",
        "INSERT INTO postings VALUES"
        " (31, 0, 'insurance_deposits', 9000, NULL), (31, 1, 'accounts_receivable', -9000, 1),"
        " (32, 0, 'contracted_write_offs', 3000, NULL), (32, 1, 'accounts_receivable', -3000, 1)",
    ]
    if "postgresql" in home.url:
        statements += [
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {last})" for table, last in _COUNTED.items()
        ]
    return statements


def _sha256(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def _file(number: int, home: str, content: str) -> str:
    return (
        f"({number}, '{home}', '{number}.835', '{_sha256(content)}', {len(content)}, 'archived',"
        f" '2026-11-02T09:00:00Z', 'archive/{number}.835', NULL, '[]')"
    )


def _payment(number: int, file: int, trace: str, cents: int, claims_paid: int, adjustments: str) -> str:
    return (
        f"({number}, {file}, 3, '1999999999', '{trace}', '2026-11-01', {cents}, 'ACH', 'DELTA DENTAL',"
        f" '[[\"XX\",\"1234567893\"]]', '*:^~', {claims_paid}, '{adjustments}', 'fingerprint {number}', '[]')"
    )


def _claim_payment(number: int, payment: int, claim_number: str, paid: int, segments: list[str]) -> str:
    source = "~".join(segments)
    charge = 2000 if claim_number == "C9" else 12000
    return f"({number}, {payment}, '{claim_number}', 'ICN1', '1', {charge}, {paid}, NULL, '{source}', '[]')"


def _decision(
    number: int,
    claim_payment: int,
    outcome: str,
    rule: str,
    holds: str,
    write_off: int,
    patient: str | None,
    rules: str,
    settings: str,
) -> str:
    facts = json.dumps({"write_off_cents": write_off, **(_TABLE_FACTS if outcome == "post" else {})})
    of_patient = f"'{patient}', 'LPFD'" if patient else "NULL, NULL"
    return (
        f"({number}, {claim_payment}, '2026-11-02T09:00:00Z', 'auto', '{outcome}', {rule}, '{holds}', 'posted', 'So.',"
        f" '{facts}', {of_patient}, '{rules}', '{settings}')"
    )
