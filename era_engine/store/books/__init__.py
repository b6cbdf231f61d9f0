"""Rows about the books themselves: the audit log, the texts of the settings, a snapshot for a backup.

Knows: the chain of acts and its hashes, the seals, every version of `era.toml`.
Never knows: whether the chain should hold; that is proven in `books/auditing.py`.
Begin with: `audit.py`.

To change:
- what is an act, what is sealed: `audit.py`, and `append` where the act is carried out
- what is kept of a text of the settings: `settings_texts.py`
- how a database is taken into a backup and out of it: `snapshot.py`
"""
