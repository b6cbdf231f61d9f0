"""Questions that prove the books: each gives back whatever does not hold.

Knows: what must be true between files, payments, claims, decisions and entries.
Never knows: how a violation is told; `questions/verification.py` has the sentences.
Begin with: `entries.py`.

To change:
- what is proven of entries, decisions, claims or payments: the file of that name
"""
