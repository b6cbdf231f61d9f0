"""What runs without a person at the keyboard: the run over files, noticing arrivals, health.

Knows: the order of a run: every file through every stage, then what waits.
Never knows: how progress is shown; how one payment is decided.
Begin with: `run.py`, which tells the story of a run.

To change:
- a step of the run: `run.py`; what is done with one file: `one_file.py`
- how arriving files are noticed: `arrivals.py`
- the health line of `era watch`: `health.py`
"""
