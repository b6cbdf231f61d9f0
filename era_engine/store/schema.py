"""Every table. Money is in cents; times are UTC texts like 2026-11-02T09:00:00Z, which sort as they read.

Decisions, entries and postings are append-only: the database itself refuses to change or delete them
(triggers in the first migration).
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

patients = Table(
    "patients",
    metadata,
    Column("patient_id", Text, primary_key=True),
    Column("last_name", Text, nullable=False),
    Column("first_name", Text, nullable=False),
    Column("birth_date", Date),
    Column("plan_count", Integer, nullable=False),
)

claims = Table(
    "claims",
    metadata,
    Column("claim_number", Text, primary_key=True),
    Column("patient_id", ForeignKey("patients.patient_id"), nullable=False, index=True),
    Column("subscriber_id", Text, nullable=False),
    Column("plan_ordinal", Integer, nullable=False),
    Column("payer_id", Text, nullable=False),
    Column("payer_name", Text, nullable=False),
    Column("location", Text, nullable=False),
)

procedure_lines = Table(
    "procedure_lines",
    metadata,
    Column("claim_number", ForeignKey("claims.claim_number"), primary_key=True),
    Column("line_number", Integer, primary_key=True, autoincrement=False),
    Column("procedure_code", Text, nullable=False),
    Column("service_date", Date, nullable=False),
    Column("fee_cents", BigInteger, nullable=False),
    Column("expected_insurance_cents", BigInteger),
    Column("expected_write_off_cents", BigInteger),
    sqlite_with_rowid=False,
)

# state: received, while it is being worked on; then archived, quarantined or duplicate
files = Table(
    "files",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("home", String(32), nullable=False),  # several homes may share a database
    Column("name", Text, nullable=False),
    Column("sha256", String(64), nullable=False, index=True),
    Column("size", BigInteger, nullable=False),
    Column("state", String(12), nullable=False),
    Column("received_at", String(20), nullable=False),
    Column("stored_as", Text),  # relative to the home; null where the same bytes were kept before
    Column("duplicate_of", ForeignKey("files.id")),
    Column("findings", Text, nullable=False),  # JSON list
)

payments = Table(
    "payments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("file_id", ForeignKey("files.id"), nullable=False, index=True),
    Column("first_segment", Integer, nullable=False),
    Column("originator", Text, nullable=False),
    Column("trace_number", Text, nullable=False),
    Column("payment_date", Date),
    Column("payment_cents", BigInteger),
    Column("method", Text, nullable=False),
    Column("payer", Text),
    Column("payee_ids", Text, nullable=False),  # JSON list of [qualifier, value]
    Column("separators", String(4), nullable=False),
    Column("claims_paid_cents", BigInteger),
    Column("provider_adjustments", Text, nullable=False),  # JSON list
    Column("fingerprint", String(64), nullable=False, unique=True),
    Column("findings", Text, nullable=False),  # JSON list
)

# a payment met again: nothing of it is posted, and this says where
repeated_payments = Table(
    "repeated_payments",
    metadata,
    Column("file_id", ForeignKey("files.id"), primary_key=True),
    Column("first_segment", Integer, primary_key=True, autoincrement=False),
    Column("payment_id", ForeignKey("payments.id"), nullable=False),
)

claim_payments = Table(
    "claim_payments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("payment_id", ForeignKey("payments.id"), nullable=False, index=True),
    Column("claim_number", Text, nullable=False),
    Column("payer_claim_number", Text, nullable=False),
    Column("claim_status", Text, nullable=False),
    Column("charge_cents", BigInteger),
    Column("paid_cents", BigInteger),
    Column("patient_responsibility_cents", BigInteger),
    Column("source", Text, nullable=False),  # the claim's own segments, verbatim
    Column("findings", Text, nullable=False),  # JSON list
)

rule_sets = Table(
    "rule_sets",
    metadata,
    Column("hash", String(71), primary_key=True),
    Column("content", Text, nullable=False),
)

settings_versions = Table(
    "settings_versions",
    metadata,
    Column("hash", String(71), primary_key=True),
    Column("content", Text, nullable=False),
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("claim_payment_id", ForeignKey("claim_payments.id"), nullable=False, index=True),
    Column("decided_at", String(20), nullable=False),
    Column("mode", String(8), nullable=False),
    Column("outcome", String(8), nullable=False),
    Column("rule", Text),
    Column("holds", Text, nullable=False),  # ids between blanks: " reversal denied "
    Column("indicators", Text, nullable=False),
    Column("explanation", Text, nullable=False),
    Column("facts", Text, nullable=False),  # JSON object
    Column("patient_id", Text),
    Column("location", Text),
    Column("ruleset", ForeignKey("rule_sets.hash"), nullable=False),
    Column("settings", ForeignKey("settings_versions.hash"), nullable=False),
)

entries = Table(
    "entries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("decision_id", ForeignKey("decisions.id"), nullable=False, index=True),
    Column("date", Date, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("mark", String(1)),
    Column("claim_number", Text, nullable=False, index=True),
    Column("patient_id", Text, nullable=False, index=True),
    Column("memo", Text, nullable=False),
)

postings = Table(
    "postings",
    metadata,
    Column("entry_id", ForeignKey("entries.id"), primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("account", String(32), nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("line", Integer),
    sqlite_with_rowid=False,
)

# What a payer wrote may be of any length, which PostgreSQL's ordinary index refuses; a hash does not mind.
Index("ix_payments_trace_number", payments.c.trace_number, postgresql_using="hash")
Index("ix_claim_payments_claim_number", claim_payments.c.claim_number, postgresql_using="hash")

APPEND_ONLY = (decisions, entries, postings)
