"""`era.toml`: what a practice has chosen, checked before anything runs, shown, and changed line by line.

Knows: every key, its type, range and default; overrides for a payer or location; which line decides what.
Never knows: what a setting does, a home, the database.
Begin with: `model.py`, then `tables.py`.

To change:
- a setting: `tables.py`, the template in `model.py`, and `docs/settings.md`
- a setting that decides something: besides, its facts in `insurance/again.py`, the changes tried in
  `trials/what_if.py`, and a line in `TRIED` of `tests/trials/test_replay.py`, which compares it with a fresh practice
- the sentence about a fault: `faults.py`
- how one value is changed and all else stays byte for byte: `editing.py`
- what `era settings show` and `diff` tell: `shown.py`; what editors complete: `schema.py`
"""
