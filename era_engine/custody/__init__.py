"""Files in our keeping, from the inbox to their end: archived, quarantined or duplicate.

Knows: which files are whole, where they lie, what is inside gzip and zip, the note beside a quarantined file, the
answers to senders.
Never knows: rules, claims, what is posted.
Begin with: `receiving.py`, which tells the order of steps that a kill cannot harm.

To change:
- which files are left alone: `intake.py`
- what the note beside a quarantined file says: the sentences in `notes.py`
- names and places in archive and quarantine: `places.py`; `era requeue`: `quarantine.py`
- what is taken out of gzip and zip files: `unpacking.py`
- what is counted as files in: `accounts.py`; the answers in acks: `answers.py`
"""
