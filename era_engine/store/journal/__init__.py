"""Rows about journal entries and their postings.

Knows: entries, postings, which entry reverses which.
Never knows: why something was posted.
Begin with: `entries.py`.

To change:
- what `era ledger` can be asked: `entries.py`
"""
