"""Rule files read, proven, fired and explained. The only package with durable_rules and z3.

Knows: rules of conditions on declared facts; that every claim meets exactly one row; holds, warnings, cases.
Never knows: where a fact comes from, what is posted, the database, the command line.
Begin with: `reading.py` (the rule set in force), then `decision.py` (what the rules that fired mean together).

To change:
- when a claim posts; a hold's condition, words or switch: `rules/*.yaml`, no code
- what may stand in a rule file: `schema.py`; how a condition is written: `conditions.py`
- what is proven, and how a gap is shown: `proof.py`; z3 itself: `solver.py`
- durable_rules: `engine.py`, and nowhere else
- what `era explain` says of rules and conditions: `explanation.py`, `wording.py`
- what a case may say: `cases.py`
"""
