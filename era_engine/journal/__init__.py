"""The shared ledger's form: balanced entries on accounts, made once and never changed.

Knows: an entry, its postings (cents, debit positive), that they sum to zero, the names of the accounts.
Never knows: why something is posted, insurers, patients, the database.
Begin with: `entry.py`.

To change:
- an account: `accounts.py`; its name is stored, and other programs read it
- what an entry is, or how one takes another back: `entry.py`
"""
