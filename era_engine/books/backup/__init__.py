"""Backups of a home: taken while it is at work, checked, and made a home again."""
