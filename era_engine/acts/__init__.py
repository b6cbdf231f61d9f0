"""Everything that changes the books on somebody's word: one module an act, one transaction an act, always with a name.

Knows: post, undo, match, close, quick-post, import, purge; the limit on what may still be posted.
Never knows: how options are typed, how an answer is printed. Rules decide in posting.
Begin with: `act.py` (what all acts share), then `posting.py`.

To change:
- what a file that is imported does: `importing.py`
- what a person can do: one module here, and a command beside it in cli
- how much may be posted or written off: `guard.py`, `amounts.py`
- what may be purged: `purge.py`, `store/custody/retention.py`
"""
