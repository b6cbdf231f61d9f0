"""Everything asked of the books and answered in the shapes of the JSON. Nothing here changes them.

Knows: the worklist with its next steps, the decision log, files as read, the proof of the books.
Never knows: tables and colors of a terminal, how something is posted.
Begin with: `decisions.py`, then `worklist.py`.

To change:
- a field of the JSON of decisions: `Decided` in `store/insurance/log.py`, what is told beside it: `decisions.py`
- a field of the JSON of entries and payments: `decisions.py`; of files: `inspection.py`
- what needs review and its order: `worklist.py`, `store/insurance/worklist.py`; the next step: `next_steps.py`
- what `era explain` tells: `explanation.py`
- what `era verify` says: `verification.py`; what is asked of the rows: `store/proofs`
"""
