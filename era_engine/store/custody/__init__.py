"""Rows about files: what came in, what became of it, what was purged.

Knows: files, the payments read from them, their end.
Never knows: where the bytes lie, or how they are moved.
Begin with: `files.py`.

To change:
- what is kept of a file: `files.py`
- which files are old enough to go, and what still stands in the way: `retention.py`
"""
