"""Every table. Money is in cents; times are UTC texts like 2026-11-02T09:00:00Z, which sort as they read.

Decisions, entries, postings, matches, the audit log and the texts of the settings are append-only: the database itself
refuses to change or delete them (triggers in the migrations).
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
    literal_column,
    text,
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
    Column("origin", String(4), nullable=False, server_default="csv"),  # csv or 837
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
    Column("control_number", Text),  # as sent to the payer (REF*6R); null where it is the line number
    Column("expected_from", Text),  # where the expected amount comes from, for people; null: the claims file
    Column("units", Integer, server_default="1"),  # null: no whole number
    sqlite_with_rowid=False,
)

# what a payer allows for a procedure, and how much of that it covers
fees = Table(
    "fees",
    metadata,
    Column("payer_id", Text, primary_key=True),
    Column("procedure_code", Text, primary_key=True),
    Column("allowed_cents", BigInteger, nullable=False),
    Column("percent_covered", Text, nullable=False),  # exact decimal
    Column("source", Text, nullable=False),  # the file it came from, and when
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
    Column("unpacked_from", ForeignKey("files.id")),  # the gzip or zip it came in
    Column("purged_at", String(20)),  # since when its bytes are gone by the practice's own wish
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

# one for each (reason, reference, amount) of a PLB; state: open until its entry is posted, then posted
provider_adjustments = Table(
    "provider_adjustments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("payment_id", ForeignKey("payments.id"), nullable=False, index=True),
    Column("ordinal", Integer, nullable=False),
    Column("provider", Text, nullable=False),
    Column("fiscal_date", Date),
    Column("reason", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("cents", BigInteger),
    Column("state", String(8), nullable=False),
)

# state: open, waiting for a person; posted; reversed, when a reversal took the posting back; closed, when a person
# filed it without posting. It says what the newest decision means; `era verify` holds one against the other.
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
    Column("state", String(8), nullable=False, server_default="open"),
    Column("office_claim", Text),  # the claim number of the practice's claim; null where none is found
    Column("match_step", String(32)),  # how it was found: a step of practice.matching, or by-hand
)

# what a person said about which claim a claim payment is for; the newest counts; claim_number null: for none
matches = Table(
    "matches",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("claim_payment_id", ForeignKey("claim_payments.id"), nullable=False, index=True),
    Column("claim_number", Text),
    Column("matched_by", Text, nullable=False),
    Column("matched_at", String(20), nullable=False),
    Column("note", Text),
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
    Column("act", String(8), nullable=False, server_default="decide"),  # or post, undo, match, unmatch, close
    Column("decided_by", Text),  # the person; null: the engine
    Column("note", Text),
    Column("warnings", Text, nullable=False, server_default="  "),  # like holds
)

# An entry belongs to the decision on a claim payment, or to a provider-level adjustment of the payment.
entries = Table(
    "entries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("payment_id", ForeignKey("payments.id"), nullable=False, index=True),
    Column("decision_id", ForeignKey("decisions.id"), index=True),
    Column("provider_adjustment_id", ForeignKey("provider_adjustments.id"), index=True),
    Column("date", Date, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("mark", String(1)),
    Column("claim_number", Text, index=True),
    Column("patient_id", Text, index=True),
    Column("memo", Text, nullable=False),
    Column("made_by", Text),  # the person; null: the engine
    Column("reverses", ForeignKey("decisions.id"), unique=True),  # the post whose entries this one takes back
    Column("reverses_entry", ForeignKey("entries.id"), unique=True),  # the entry it takes back, of a payment
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

# money that reached the bank, as the bank's files tell it
deposits = Table(
    "deposits",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("date", Date, nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("trace_number", Text, nullable=False),
    Column("originator", Text),
    Column("payer", Text),
    Column("identity", String(64), nullable=False, unique=True),  # so that a file imported again adds nothing
    Column("source", Text, nullable=False),  # the file and line it came from
    Column("imported_at", String(20), nullable=False),
)

# Every act of a practice, each row with the hash of the one before it; `details` is JSON without anything of a patient.
audited_acts = Table(
    "audited_acts",
    metadata,
    Column("office", String(32), primary_key=True),  # the home's identity
    Column("seq", BigInteger, primary_key=True, autoincrement=False),  # 1, 2, … without a gap
    Column("at", String(20), nullable=False),
    Column("account", Text, nullable=False),  # of the operating system
    Column("by", Text),  # the person who gave a name; null: none was given
    Column("act", String(24), nullable=False),
    Column("details", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    sqlite_with_rowid=False,
)

SETTINGS_ACT = text("act = 'settings'")  # literally, so that the index serves it
Index(
    "ix_audited_acts_settings",
    audited_acts.c.office,
    audited_acts.c.seq,
    sqlite_where=SETTINGS_ACT,
    postgresql_where=SETTINGS_ACT,
)

# Every text that the era.toml of a home had, without a password; `how`: first, set, unset, restore or hand.
settings_texts = Table(
    "settings_texts",
    metadata,
    Column("home", String(32), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),  # 1, 2, … of each home
    Column("at", String(20), nullable=False),
    Column("account", Text, nullable=False),  # of the operating system
    Column("by", Text),  # the person who gave a name; null: it was found in the file
    Column("because", Text),
    Column("how", String(8), nullable=False),
    Column("settings", String(71), nullable=False),  # the hash that decisions carry
    Column("text", Text, nullable=False),
    sqlite_with_rowid=False,
)

# the last row of each practice's audit log
audit_heads = Table(
    "audit_heads",
    metadata,
    Column("office", String(32), primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
    sqlite_with_rowid=False,
)

# What a payer wrote may be of any length, which PostgreSQL's ordinary index refuses; a hash does not mind.
Index("ix_payments_trace_number", payments.c.trace_number, postgresql_using="hash")
Index("ix_claim_payments_claim_number", claim_payments.c.claim_number, postgresql_using="hash")

# What a payer cut off or misread is looked for by the beginning of the claim number, or by day and procedure. On
# PostgreSQL an ordinary index is in the order of a language, which keeps no beginnings together.
Index(
    "ix_claims_claim_number_beginning",
    claims.c.claim_number,
    postgresql_ops={"claim_number": "text_pattern_ops"},
)
Index("ix_procedure_lines_service_date", procedure_lines.c.service_date, procedure_lines.c.procedure_code)
Index("ix_claim_payments_office_claim", claim_payments.c.office_claim)
Index("ix_claim_payments_payer_claim_number", claim_payments.c.payer_claim_number, postgresql_using="hash")
Index("ix_deposits_trace_number", deposits.c.trace_number, postgresql_using="hash")
# The worklist, which is short however long the history is. An index on some of the rows is used only by a query that
# says of which in the same words; a parameter in their place says nothing while the query is planned.
IS_OPEN = claim_payments.c.state == literal_column("'open'")
Index("ix_claim_payments_open", claim_payments.c.payment_id, sqlite_where=IS_OPEN, postgresql_where=IS_OPEN)

APPEND_ONLY = (decisions, entries, postings, matches, audited_acts, settings_texts)
