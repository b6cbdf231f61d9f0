"""A practice's home folder: its files, its lock, the key it needs, and whether others can look in.

Knows: names and places in the home; the lock that lets in one run at a time; the id of the key it was sealed with.
Never knows: what is in the files, the tables of the database.
Begin with: `folder.py`.

To change:
- a file or folder of the home, and what a backup holds: `REMEMBERED` and `FOLDERS` in `folder.py`
- which key, and what is refused without it: `keys.py`
- what counts as open to others: `permissions.py`
"""
