"""What the practice knows: the claims it sent, what it expects for them, whose they are, and which one is meant.

Knows: claims from CSV and 837, fee schedules, patients, plans; how a claim payment is matched to a claim.
Never knows: the bank, rules, settings, the database. What it needs of the books is handed in.
Begin with: `model.py`, then `matching.py` (the cascade).

To change:
- which of our claims it is: `matching.py` (steps), `patients.py`, `services.py`; look-ups: `store/practice` and
  `store/insurance`
- which procedure a line answers: `lines.py`; what a split claim is: `splits.py`; several coverages: `coverages.py`
- how claims and fees are read: `claims_csv.py`, `claims_837.py`, `fees_csv.py`; faults of a file: `file_faults.py`
- what is expected of an 837's claim: `expected.py`
"""
