"""Small things without knowledge of the rest: money, time, files on a disk, keys, logs, errors.

Knows: cents and how they are written; how a file is written whole or not at all, and sealed; the clock; what a log line
may say; that somebody asked the program to stop.
Never knows: remittances, claims, rules, homes, settings, the database. It imports no other package.
Begin with: `money.py`, then `errors.py`, whose classes are the exit codes.

To change:
- an exit code, or how an error and its remedy look: `errors.py`
- what a log line may hold: `ALLOWED` in `logs.py`
- how a file is sealed: `sealed_files.py`; keys and their ids: `keys.py`
- how files are moved and copied so that a power cut does no harm: `disk.py`
"""
