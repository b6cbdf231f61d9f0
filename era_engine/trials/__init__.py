"""What the books would be under other settings or rules: every decision made again, nothing posted.

Knows: replay, the curve over all percentages, posting on trial, regrets, which setting would post a claim.
Never knows: how its answers are printed; it writes nothing to the books.
Begin with: `proposal.py` (what is tried), then `replay.py`.

To change:
- what a replay counts: `summary.py`; the curve and what is recommended: `curve.py`
- which decisions are played in a copy of the books: `together.py`; which are made from their facts: `facts_suffice` in
  `replay.py`
- what `era explain` tries: `what_if.py`
- what `era shadow report` compares: `trial.py`
"""
