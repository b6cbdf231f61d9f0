"""One practice's books, opened: home, settings, rules, engine and database together, and what keeps them trustworthy.

Knows: how a home is opened for deciding or for looking; versions of the settings; the audit log's proof; backups; keys.
Never knows: how a payment is decided, what a command prints.
Begin with: `opened.py`.

To change:
- which decision tables there are, and which rules of each are in force: `tables.py`
- what is opened and checked for every command: `opened.py`
- what `era audit verify` proves: `auditing.py`
- how a change of `era.toml` becomes a version: `settings_versions.py`; commands that change it: `settings_changes.py`
- changing the key: `encryption.py`
"""
