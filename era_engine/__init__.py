"""era-engine: from an insurer's electronic remittance to a posted ledger and a decision log."""

__version__ = "0.1.0"
