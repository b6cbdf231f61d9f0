"""Backups of a home: taken while it is at work, checked, and made a home again.

Knows: the form of a backup, every hash in it, in which order things are taken.
Never knows: what is in the files it takes.
Begin with: `format.py`, then `taking.py`.

To change:
- what a backup holds: `taking.py`, and `REMEMBERED` and `FOLDERS` in `home/folder.py`
- what is checked before anything is made of one: `checking.py`
- how a home is made of one: `restoring.py`
"""
