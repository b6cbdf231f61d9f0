"""The rules of any decision table read, proven, fired and explained. The only package with durable_rules and z3.

Knows: rules of conditions on declared facts; that exactly one row decides; holds, warnings, cases.
Never knows: the facts, outcomes, files and words of a table (a `Vocabulary` hands them in), where a fact comes from,
what is done, the database, the command line.
Begin with: `vocabulary.py` (what a table says of itself), then `loading.py` and `decision.py`.

To change:
- when a claim posts; a hold's condition, words or switch: `rules/insurance/*.yaml`, no code
- a new table: its vocabulary beside its facts (as `insurance/table.py`), a folder in `rules/`, a line in
  `books/tables.py`; nothing here
- where rule files lie: `sources.py`; what may stand in one: `schema.py`; how a condition is written: `conditions.py`
- what is proven, and how a gap is shown: `proof.py`, `written.py`; z3 itself: `solver.py`
- durable_rules: `engine.py`, and nowhere else
- what `era explain` says of rules and conditions: `explanation.py`, `wording.py`
- what a case may say: `cases.py`
"""
