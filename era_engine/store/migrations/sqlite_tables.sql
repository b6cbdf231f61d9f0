-- Made by `make tables` from the migrations; a test holds it to them.

CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

CREATE TABLE files (
	id INTEGER NOT NULL, 
	home VARCHAR(32) NOT NULL, 
	name TEXT NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	size BIGINT NOT NULL, 
	state VARCHAR(12) NOT NULL, 
	received_at VARCHAR(20) NOT NULL, 
	stored_as TEXT, 
	duplicate_of INTEGER, 
	findings TEXT NOT NULL, unpacked_from INTEGER CONSTRAINT fk_files_unpacked_from REFERENCES files (id), purged_at VARCHAR(20), 
	CONSTRAINT pk_files PRIMARY KEY (id), 
	CONSTRAINT fk_files_duplicate_of FOREIGN KEY(duplicate_of) REFERENCES files (id)
);

CREATE INDEX ix_files_sha256 ON files (sha256);

CREATE TABLE patients (
	patient_id TEXT NOT NULL, 
	last_name TEXT NOT NULL, 
	first_name TEXT NOT NULL, 
	birth_date DATE, 
	plan_count INTEGER NOT NULL, 
	CONSTRAINT pk_patients PRIMARY KEY (patient_id)
);

CREATE TABLE rule_sets (
	hash VARCHAR(71) NOT NULL, 
	content TEXT NOT NULL, 
	CONSTRAINT pk_rule_sets PRIMARY KEY (hash)
);

CREATE TABLE settings_versions (
	hash VARCHAR(71) NOT NULL, 
	content TEXT NOT NULL, 
	CONSTRAINT pk_settings_versions PRIMARY KEY (hash)
);

CREATE TABLE claims (
	claim_number TEXT NOT NULL, 
	patient_id TEXT NOT NULL, 
	subscriber_id TEXT NOT NULL, 
	plan_ordinal INTEGER NOT NULL, 
	payer_id TEXT NOT NULL, 
	payer_name TEXT NOT NULL, 
	location TEXT NOT NULL, origin VARCHAR(4) DEFAULT 'csv' NOT NULL, 
	CONSTRAINT pk_claims PRIMARY KEY (claim_number), 
	CONSTRAINT fk_claims_patient_id FOREIGN KEY(patient_id) REFERENCES patients (patient_id)
);

CREATE INDEX ix_claims_patient_id ON claims (patient_id);

CREATE TABLE payments (
	id INTEGER NOT NULL, 
	file_id INTEGER NOT NULL, 
	first_segment INTEGER NOT NULL, 
	originator TEXT NOT NULL, 
	trace_number TEXT NOT NULL, 
	payment_date DATE, 
	payment_cents BIGINT, 
	method TEXT NOT NULL, 
	payer TEXT, 
	payee_ids TEXT NOT NULL, 
	separators VARCHAR(4) NOT NULL, 
	claims_paid_cents BIGINT, 
	fingerprint VARCHAR(64) NOT NULL, 
	findings TEXT NOT NULL, 
	CONSTRAINT pk_payments PRIMARY KEY (id), 
	CONSTRAINT fk_payments_file_id FOREIGN KEY(file_id) REFERENCES files (id), 
	CONSTRAINT uq_payments_fingerprint UNIQUE (fingerprint)
);

CREATE INDEX ix_payments_file_id ON payments (file_id);

CREATE INDEX ix_payments_trace_number ON payments (trace_number);

CREATE TABLE claim_payments (
	id INTEGER NOT NULL, 
	payment_id INTEGER NOT NULL, 
	claim_number TEXT NOT NULL, 
	payer_claim_number TEXT NOT NULL, 
	claim_status TEXT NOT NULL, 
	charge_cents BIGINT, 
	paid_cents BIGINT, 
	patient_responsibility_cents BIGINT, 
	source TEXT NOT NULL, 
	findings TEXT NOT NULL, state VARCHAR(8) DEFAULT 'open' NOT NULL, office_claim TEXT, match_step VARCHAR(32), 
	CONSTRAINT pk_claim_payments PRIMARY KEY (id), 
	CONSTRAINT fk_claim_payments_payment_id FOREIGN KEY(payment_id) REFERENCES payments (id)
);

CREATE INDEX ix_claim_payments_claim_number ON claim_payments (claim_number);

CREATE INDEX ix_claim_payments_payment_id ON claim_payments (payment_id);

CREATE TABLE procedure_lines (
	claim_number TEXT NOT NULL, 
	line_number INTEGER NOT NULL, 
	procedure_code TEXT NOT NULL, 
	service_date DATE NOT NULL, 
	fee_cents BIGINT NOT NULL, 
	expected_insurance_cents BIGINT, 
	expected_write_off_cents BIGINT, control_number TEXT, expected_from TEXT, units INTEGER DEFAULT '1', 
	CONSTRAINT pk_procedure_lines PRIMARY KEY (claim_number, line_number), 
	CONSTRAINT fk_procedure_lines_claim_number FOREIGN KEY(claim_number) REFERENCES claims (claim_number)
)
 WITHOUT ROWID

;

CREATE TABLE repeated_payments (
	file_id INTEGER NOT NULL, 
	first_segment INTEGER NOT NULL, 
	payment_id INTEGER NOT NULL, 
	CONSTRAINT pk_repeated_payments PRIMARY KEY (file_id, first_segment), 
	CONSTRAINT fk_repeated_payments_file_id FOREIGN KEY(file_id) REFERENCES files (id), 
	CONSTRAINT fk_repeated_payments_payment_id FOREIGN KEY(payment_id) REFERENCES payments (id)
);

CREATE TABLE decisions (
	id INTEGER NOT NULL, 
	claim_payment_id INTEGER NOT NULL, 
	decided_at VARCHAR(20) NOT NULL, 
	mode VARCHAR(8) NOT NULL, 
	outcome VARCHAR(8) NOT NULL, 
	rule TEXT, 
	holds TEXT NOT NULL, 
	indicators TEXT NOT NULL, 
	explanation TEXT NOT NULL, 
	facts TEXT NOT NULL, 
	patient_id TEXT, 
	location TEXT, 
	ruleset VARCHAR(71) NOT NULL, 
	settings VARCHAR(71) NOT NULL, act VARCHAR(8) DEFAULT 'decide' NOT NULL, decided_by TEXT, note TEXT, warnings TEXT DEFAULT '  ' NOT NULL, 
	CONSTRAINT pk_decisions PRIMARY KEY (id), 
	CONSTRAINT fk_decisions_claim_payment_id FOREIGN KEY(claim_payment_id) REFERENCES claim_payments (id), 
	CONSTRAINT fk_decisions_ruleset FOREIGN KEY(ruleset) REFERENCES rule_sets (hash), 
	CONSTRAINT fk_decisions_settings FOREIGN KEY(settings) REFERENCES settings_versions (hash)
);

CREATE INDEX ix_decisions_claim_payment_id ON decisions (claim_payment_id);

CREATE TABLE postings (
	entry_id INTEGER NOT NULL, 
	ordinal INTEGER NOT NULL, 
	account VARCHAR(32) NOT NULL, 
	cents BIGINT NOT NULL, 
	line INTEGER, 
	CONSTRAINT pk_postings PRIMARY KEY (entry_id, ordinal), 
	CONSTRAINT fk_postings_entry_id FOREIGN KEY(entry_id) REFERENCES entries (id)
)
 WITHOUT ROWID

;

CREATE TRIGGER decisions_no_update BEFORE UPDATE ON decisions BEGIN SELECT RAISE(ABORT, 'decisions are append-only'); END;

CREATE TRIGGER decisions_no_delete BEFORE DELETE ON decisions BEGIN SELECT RAISE(ABORT, 'decisions are append-only'); END;

CREATE TRIGGER postings_no_update BEFORE UPDATE ON postings BEGIN SELECT RAISE(ABORT, 'postings are append-only'); END;

CREATE TRIGGER postings_no_delete BEFORE DELETE ON postings BEGIN SELECT RAISE(ABORT, 'postings are append-only'); END;

CREATE TABLE fees (
	payer_id TEXT NOT NULL, 
	procedure_code TEXT NOT NULL, 
	allowed_cents BIGINT NOT NULL, 
	percent_covered TEXT NOT NULL, 
	source TEXT NOT NULL, 
	CONSTRAINT pk_fees PRIMARY KEY (payer_id, procedure_code)
)
 WITHOUT ROWID

;

CREATE TABLE deposits (
	id INTEGER NOT NULL, 
	date DATE NOT NULL, 
	cents BIGINT NOT NULL, 
	trace_number TEXT NOT NULL, 
	originator TEXT, 
	payer TEXT, 
	identity VARCHAR(64) NOT NULL, 
	source TEXT NOT NULL, 
	imported_at VARCHAR(20) NOT NULL, 
	CONSTRAINT pk_deposits PRIMARY KEY (id), 
	CONSTRAINT uq_deposits_identity UNIQUE (identity)
);

CREATE INDEX ix_deposits_trace_number ON deposits (trace_number);

CREATE TABLE matches (
	id INTEGER NOT NULL, 
	claim_payment_id INTEGER NOT NULL, 
	claim_number TEXT, 
	matched_by TEXT NOT NULL, 
	matched_at VARCHAR(20) NOT NULL, 
	note TEXT, 
	CONSTRAINT pk_matches PRIMARY KEY (id), 
	CONSTRAINT fk_matches_claim_payment_id FOREIGN KEY(claim_payment_id) REFERENCES claim_payments (id)
);

CREATE INDEX ix_matches_claim_payment_id ON matches (claim_payment_id);

CREATE TRIGGER matches_no_update BEFORE UPDATE ON matches BEGIN SELECT RAISE(ABORT, 'matches are append-only'); END;

CREATE TRIGGER matches_no_delete BEFORE DELETE ON matches BEGIN SELECT RAISE(ABORT, 'matches are append-only'); END;

CREATE TABLE provider_adjustments (
	id INTEGER NOT NULL, 
	payment_id INTEGER NOT NULL, 
	ordinal INTEGER NOT NULL, 
	provider TEXT NOT NULL, 
	fiscal_date DATE, 
	reason TEXT NOT NULL, 
	reference TEXT NOT NULL, 
	cents BIGINT, 
	state VARCHAR(8) NOT NULL, 
	CONSTRAINT pk_provider_adjustments PRIMARY KEY (id), 
	CONSTRAINT fk_provider_adjustments_payment_id FOREIGN KEY(payment_id) REFERENCES payments (id)
);

CREATE INDEX ix_provider_adjustments_payment_id ON provider_adjustments (payment_id);

CREATE INDEX ix_procedure_lines_service_date ON procedure_lines (service_date, procedure_code);

CREATE INDEX ix_claims_claim_number_beginning ON claims (claim_number);

CREATE INDEX ix_claim_payments_office_claim ON claim_payments (office_claim);

CREATE INDEX ix_claim_payments_payer_claim_number ON claim_payments (payer_claim_number);

CREATE INDEX ix_claim_payments_open ON claim_payments (payment_id) WHERE state = 'open';

CREATE TABLE "entries" (
	id INTEGER NOT NULL, 
	payment_id INTEGER NOT NULL, 
	decision_id INTEGER, 
	provider_adjustment_id INTEGER, 
	date DATE NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	mark VARCHAR(1), 
	claim_number TEXT, 
	patient_id TEXT, 
	memo TEXT NOT NULL, 
	made_by TEXT, 
	reverses INTEGER, 
	reverses_entry INTEGER, 
	CONSTRAINT pk_entries PRIMARY KEY (id), 
	CONSTRAINT fk_entries_payment_id FOREIGN KEY(payment_id) REFERENCES payments (id), 
	CONSTRAINT fk_entries_decision_id FOREIGN KEY(decision_id) REFERENCES decisions (id), 
	CONSTRAINT fk_entries_provider_adjustment_id FOREIGN KEY(provider_adjustment_id) REFERENCES provider_adjustments (id), 
	CONSTRAINT fk_entries_reverses FOREIGN KEY(reverses) REFERENCES decisions (id), 
	CONSTRAINT fk_entries_reverses_entry FOREIGN KEY(reverses_entry) REFERENCES entries (id), 
	CONSTRAINT uq_entries_reverses UNIQUE (reverses), 
	CONSTRAINT uq_entries_reverses_entry UNIQUE (reverses_entry)
);

CREATE TRIGGER entries_no_update BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END;

CREATE TRIGGER entries_no_delete BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END;

CREATE INDEX ix_entries_payment_id ON entries (payment_id);

CREATE INDEX ix_entries_decision_id ON entries (decision_id);

CREATE INDEX ix_entries_provider_adjustment_id ON entries (provider_adjustment_id);

CREATE INDEX ix_entries_claim_number ON entries (claim_number);

CREATE INDEX ix_entries_patient_id ON entries (patient_id);

CREATE TABLE audited_acts (
	office VARCHAR(32) NOT NULL, 
	seq BIGINT NOT NULL, 
	at VARCHAR(20) NOT NULL, 
	account TEXT NOT NULL, 
	"by" TEXT, 
	act VARCHAR(24) NOT NULL, 
	details TEXT NOT NULL, 
	previous VARCHAR(64) NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_audited_acts PRIMARY KEY (office, seq)
)
 WITHOUT ROWID

;

CREATE TABLE audit_heads (
	office VARCHAR(32) NOT NULL, 
	seq BIGINT NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_audit_heads PRIMARY KEY (office)
)
 WITHOUT ROWID

;

CREATE INDEX ix_audited_acts_settings ON audited_acts (office, seq) WHERE act = 'settings';

CREATE TRIGGER audited_acts_no_update BEFORE UPDATE ON audited_acts BEGIN SELECT RAISE(ABORT, 'audited_acts are append-only'); END;

CREATE TRIGGER audited_acts_no_delete BEFORE DELETE ON audited_acts BEGIN SELECT RAISE(ABORT, 'audited_acts are append-only'); END;

CREATE TABLE settings_texts (
	home VARCHAR(32) NOT NULL, 
	version INTEGER NOT NULL, 
	at VARCHAR(20) NOT NULL, 
	account TEXT NOT NULL, 
	"by" TEXT, 
	because TEXT, 
	how VARCHAR(8) NOT NULL, 
	settings VARCHAR(71) NOT NULL, 
	text TEXT NOT NULL, 
	CONSTRAINT pk_settings_texts PRIMARY KEY (home, version)
)
 WITHOUT ROWID

;

CREATE TRIGGER settings_texts_no_update BEFORE UPDATE ON settings_texts BEGIN SELECT RAISE(ABORT, 'settings_texts are append-only'); END;

CREATE TRIGGER settings_texts_no_delete BEFORE DELETE ON settings_texts BEGIN SELECT RAISE(ABORT, 'settings_texts are append-only'); END;

INSERT INTO alembic_version VALUES ('0004');
