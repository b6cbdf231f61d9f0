"""The database: every table and every SQL statement. One subfolder for each domain.

Knows: tables, migrations, triggers, locks, SQLite and PostgreSQL.
Never knows: rules, files' content, people's commands. It answers questions and writes rows; it decides nothing.
Begin with: `schema.py`, then the subfolder you need.

To change:
- a table or column: `schema.py`, a new migration in `store/migrations/versions`, `HEAD` in `database.py`; `make tables`
- what may never be changed or deleted: `append_only.py` and a migration
- how a database is opened and brought up to date: `database.py`; what is compiled, and kept of it: `engines.py`
- how many rows are written at once: `bulk.py`; a new column is a field of its caller's row, or a line of the log
"""
