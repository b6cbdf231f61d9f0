"""Everything asked of the books and answered in the shapes of the JSON. Nothing here changes them.

Knows: the worklist with its next steps, the decision log, files as read, the proof of the books.
Never knows: tables and colors of a terminal, how something is posted.
Begin with: `decisions.py`, then `worklist.py`.

To change:
- a field of the JSON of decisions, entries and payments: `decisions.py`; of files: `inspection.py`
- what needs review, its order, and the next step: `worklist.py`, `store/insurance/worklist.py`
- what `era verify` says: `verification.py`; what is asked of the rows: `store/proofs`
"""
