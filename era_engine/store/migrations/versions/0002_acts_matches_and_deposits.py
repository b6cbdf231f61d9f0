"""What a person does, provider-level adjustments, fees and deposits; the state of every claim payment.

SQLite cannot loosen a column, so `entries` is made anew there; foreign keys are off while it is (`database._migrate`).
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_PAYMENT_OF_ENTRY = (
    "(SELECT claim_payments.payment_id FROM decisions JOIN claim_payments"
    " ON claim_payments.id = decisions.claim_payment_id WHERE decisions.id = entries.decision_id)"
)


def upgrade() -> None:
    _new_tables()
    _new_columns()
    _fill_claim_payments()
    _provider_adjustments()
    if op.get_bind().dialect.name == "sqlite":
        _entries_anew()
    else:
        _entries_in_place()
    for column in ("payment_id", "decision_id", "provider_adjustment_id", "claim_number", "patient_id"):
        op.create_index(op.f(f"ix_entries_{column}"), "entries", [column], unique=False, if_not_exists=True)


def _new_tables() -> None:
    op.create_table(
        "fees",
        sa.Column("payer_id", sa.Text(), nullable=False),
        sa.Column("procedure_code", sa.Text(), nullable=False),
        sa.Column("allowed_cents", sa.BigInteger(), nullable=False),
        sa.Column("percent_covered", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("payer_id", "procedure_code", name=op.f("pk_fees")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "deposits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("trace_number", sa.Text(), nullable=False),
        sa.Column("originator", sa.Text(), nullable=True),
        sa.Column("payer", sa.Text(), nullable=True),
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deposits")),
        sa.UniqueConstraint("identity", name=op.f("uq_deposits_identity")),
    )
    op.create_index(op.f("ix_deposits_trace_number"), "deposits", ["trace_number"], postgresql_using="hash")
    op.create_table(
        "matches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_payment_id", sa.Integer(), nullable=False),
        sa.Column("claim_number", sa.Text(), nullable=True),
        sa.Column("matched_by", sa.Text(), nullable=False),
        sa.Column("matched_at", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["claim_payment_id"], ["claim_payments.id"], name=op.f("fk_matches_claim_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matches")),
    )
    op.create_index(op.f("ix_matches_claim_payment_id"), "matches", ["claim_payment_id"], unique=False)
    _forbid_changes("matches")
    op.create_table(
        "provider_adjustments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("fiscal_date", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_provider_adjustments_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_adjustments")),
    )
    op.create_index(op.f("ix_provider_adjustments_payment_id"), "provider_adjustments", ["payment_id"], unique=False)


def _new_columns() -> None:
    for table, columns in {
        "claims": [sa.Column("origin", sa.String(length=4), nullable=False, server_default="csv")],
        "procedure_lines": [sa.Column("control_number", sa.Text()), sa.Column("expected_from", sa.Text())],
        "claim_payments": [
            sa.Column("state", sa.String(length=8), nullable=False, server_default="open"),
            sa.Column("office_claim", sa.Text()),
            sa.Column("match_step", sa.String(length=32)),
        ],
        "decisions": [
            sa.Column("act", sa.String(length=8), nullable=False, server_default="decide"),
            sa.Column("decided_by", sa.Text()),
            sa.Column("note", sa.Text()),
            sa.Column("warnings", sa.Text(), nullable=False, server_default="  "),
        ],
    }.items():
        for column in columns:
            op.add_column(table, column)
    op.add_column("procedure_lines", sa.Column("units", sa.Integer(), server_default="1"))


def _fill_claim_payments() -> None:
    op.execute(
        "UPDATE claim_payments SET state = 'posted' WHERE EXISTS (SELECT 1 FROM decisions"
        " WHERE decisions.claim_payment_id = claim_payments.id AND decisions.outcome = 'post')"
    )
    op.execute(
        "UPDATE claim_payments SET office_claim = claim_number, match_step = 'claim-number'"
        " WHERE EXISTS (SELECT 1 FROM claims WHERE claims.claim_number = claim_payments.claim_number)"
    )
    op.create_index("ix_procedure_lines_service_date", "procedure_lines", ["service_date", "procedure_code"])
    op.create_index(
        "ix_claims_claim_number_beginning",
        "claims",
        ["claim_number"],
        postgresql_ops={"claim_number": "text_pattern_ops"},
    )
    op.create_index(op.f("ix_claim_payments_office_claim"), "claim_payments", ["office_claim"])
    op.create_index(
        op.f("ix_claim_payments_payer_claim_number"),
        "claim_payments",
        ["payer_claim_number"],
        postgresql_using="hash",
    )
    still_open = sa.text("state = 'open'")
    op.create_index(
        op.f("ix_claim_payments_open"),
        "claim_payments",
        ["payment_id"],
        sqlite_where=still_open,
        postgresql_where=still_open,
    )


def _provider_adjustments() -> None:
    """Their JSON becomes rows; what version 0001 did not keep of them, provider and fiscal date, stays unknown."""
    connection = op.get_bind()
    table = sa.table(
        "provider_adjustments",
        *map(sa.column, ("payment_id", "ordinal", "provider", "reason", "reference", "cents", "state")),
    )
    rows = connection.execute(sa.text("SELECT id, provider_adjustments FROM payments ORDER BY id")).all()
    new = [
        {
            "payment_id": payment_id,
            "ordinal": ordinal,
            "provider": "",
            "reason": reason,
            "reference": reference,
            "cents": cents,
            "state": "open",
        }
        for payment_id, pairs in rows
        for ordinal, (reason, reference, cents) in enumerate(json.loads(pairs))
    ]
    if new:
        connection.execute(sa.insert(table), new)
    op.drop_column("payments", "provider_adjustments")


def _entries_in_place() -> None:
    op.execute("DROP TRIGGER entries_append_only ON entries")
    op.execute("DROP FUNCTION entries_append_only")
    for column in (
        sa.Column("payment_id", sa.Integer()),
        sa.Column("provider_adjustment_id", sa.Integer()),
        sa.Column("made_by", sa.Text()),
        sa.Column("reverses", sa.Integer()),
        sa.Column("reverses_entry", sa.Integer()),
    ):
        op.add_column("entries", column)
    op.execute(f"UPDATE entries SET payment_id = {_PAYMENT_OF_ENTRY}")
    op.alter_column("entries", "payment_id", nullable=False)
    for name in ("decision_id", "claim_number", "patient_id"):
        op.alter_column("entries", name, nullable=True)
    for name, other in (
        ("payment_id", "payments"),
        ("provider_adjustment_id", "provider_adjustments"),
        ("reverses", "decisions"),
        ("reverses_entry", "entries"),
    ):
        op.create_foreign_key(op.f(f"fk_entries_{name}"), "entries", other, [name], ["id"])
    for name in ("reverses", "reverses_entry"):
        op.create_unique_constraint(op.f(f"uq_entries_{name}"), "entries", [name])
    _forbid_changes("entries")


def _entries_anew() -> None:
    op.create_table(
        "entries_new",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=True),
        sa.Column("provider_adjustment_id", sa.Integer(), nullable=True),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("mark", sa.String(length=1), nullable=True),
        sa.Column("claim_number", sa.Text(), nullable=True),
        sa.Column("patient_id", sa.Text(), nullable=True),
        sa.Column("memo", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=True),
        sa.Column("reverses", sa.Integer(), nullable=True),
        sa.Column("reverses_entry", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_entries_payment_id")),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name=op.f("fk_entries_decision_id")),
        sa.ForeignKeyConstraint(
            ["provider_adjustment_id"], ["provider_adjustments.id"], name=op.f("fk_entries_provider_adjustment_id")
        ),
        sa.ForeignKeyConstraint(["reverses"], ["decisions.id"], name=op.f("fk_entries_reverses")),
        sa.ForeignKeyConstraint(["reverses_entry"], ["entries.id"], name=op.f("fk_entries_reverses_entry")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entries")),
        sa.UniqueConstraint("reverses", name=op.f("uq_entries_reverses")),
        sa.UniqueConstraint("reverses_entry", name=op.f("uq_entries_reverses_entry")),
    )
    kept = "decision_id, date, kind, mark, claim_number, patient_id, memo"
    op.execute(f"INSERT INTO entries_new (id, payment_id, {kept}) SELECT id, {_PAYMENT_OF_ENTRY}, {kept} FROM entries")
    op.execute("DROP TABLE entries")
    op.execute("ALTER TABLE entries_new RENAME TO entries")
    _forbid_changes("entries")


def _forbid_changes(table: str) -> None:
    problem = f"{table} are append-only"
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, '{problem}'); END"
            )
    else:
        op.execute(
            f"CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN RAISE EXCEPTION '{problem}'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()"
        )
