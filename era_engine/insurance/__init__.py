"""What rules may ask about an insurer's payment, and what a decision to post means for the journal. Pure.

Knows: the facts, how each follows from claim payment, claim and settings; entries; open items with a payer.
Never knows: the database, files, people, the command line. What it needs of the books is handed in.
Begin with: `facts.py` (what a rule can ask), then `observation.py` (where each fact comes from).

To change:
- what a rule can ask: declare it in `facts.py`, work it out in `observation.py`; what is always true: `knowledge.py`
- the table itself (its outcomes, files, what must hold): `table.py`; sentences of its own: `words.py`
- what is posted for a claim: `entries.py`; for a PLB: `provider_adjustments.py`
- what settles what with a payer: `open_items.py`
- the proof for several coverages, and the write-off limit: `coordination.py`
- what is known of a hold beyond whether it fires, by the facts it asks: `holds.py`
- a fact that depends on a setting: its part in `again.py` as well
"""
