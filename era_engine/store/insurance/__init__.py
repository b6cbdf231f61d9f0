"""Rows about insurers' money: claim payments, decisions, matches, provider-level adjustments, deposits, the worklist.

Knows: payments as they were read, what was decided on each claim payment, what people did, what is open.
Never knows: how a decision is made.
Begin with: `judgments.py` (what is written together), then `decisions.py` (the log).

To change:
- a column of the log, one line: `log.py`; which decisions are meant: `decisions.py`; what is written: `judgments.py`
- look-ups for matching: `matching.py`; a match by hand: `matches.py`
- what earlier remittances and the ledger say about a claim: `history.py`
- a stored payment read back: `payments.py`; PLB: `provider_adjustments.py`; deposits: `deposits.py`
- what is open: `worklist.py`; which claim payment a person means: `acts.py`
"""
