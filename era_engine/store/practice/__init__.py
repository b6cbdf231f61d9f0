"""Rows about what the practice sent and expects: claims, fees.

Knows: claims and their procedures, patients, payers, fee schedules.
Never knows: claim payments, decisions.
Begin with: `claims.py`.

To change:
- how claims are added, updated or refused: `claims.py`; those of an 837: `sent_claims.py`
- how an expected amount follows from a fee: `fees.py`
"""
