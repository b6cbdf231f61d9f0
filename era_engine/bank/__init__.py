"""What reached the bank, and which remittance it belongs to. Pure: nothing is stored here.

Knows: the bank's files (NACHA, CSV), deposits, business days, how a deposit is matched.
Never knows: claims, rules, the database.
Begin with: `model.py`, then `matching.py`.

To change:
- a bank's own CSV: a YAML file in `dialects/`, or in `bank/` of a home; what such a file may say: `dialect.py`
- how a bank's file is read: `nacha.py`, `deposits_csv.py`, `cells.py`; which of them a file is: `files.py`
- which deposit is whose: `matching.py`; which days count: `business_days.py`
- what `era deposits --format json` tells: `records.py`
"""
