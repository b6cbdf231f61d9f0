"""Proves the shipped rules of every table, and notes in `proven.txt` beside them what was proven.

A run proves rules again, for a second or two, unless they ask, decide and show what was noted: `make proven` after a
change of that. A change of words needs none.
"""

from era_engine.books.tables import TABLES
from era_engine.foundation.shipped import shipped
from era_engine.rulebook.loading import PROVEN, proof_key, prove
from era_engine.rulebook.reading import read_rules


def main() -> None:
    for table in TABLES.values():
        rules = read_rules(shipped("rules"), table)
        prove(rules)
        (rules.folder / PROVEN).write_text(f"{proof_key(rules.rule_set)}\n", encoding="ascii")
        print(f"✔ {table.name}: {proof_key(rules.rule_set)}")


if __name__ == "__main__":
    main()
