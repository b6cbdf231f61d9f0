"""The accounts of the journal. Their names are stored, and other programs read them."""

INSURANCE_DEPOSITS = "insurance_deposits"
ACCOUNTS_RECEIVABLE = "accounts_receivable"
CONTRACTED_WRITE_OFFS = "contracted_write_offs"
INTEREST_INCOME = "interest_income"
PAYER_BALANCES = "payer_balances"  # money between the practice and the payer outside the claims
PROVIDER_ADJUSTMENTS = "provider_adjustments"  # what the payer charged or granted for good
