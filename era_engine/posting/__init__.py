"""One payment, judged with the books: its claims matched, decided and posted in one transaction.

Knows: what the books say about a claim at this moment; what waits and is judged again; which PLB is certain.
Never knows: files' bytes, the command line. A person's acts are in acts.
Begin with: `payment.py`, then `judging.py` and `evidence.py`.

To change:
- what a rule may know of the books: `evidence.py`; what a reversal reverses: `reversals.py`; what stands over several
  coverages: `coverages.py`
- when a waiting claim is tried again: `waits_for` in `rules/insurance/holds.yaml`; how: `reconsidering.py`
- which provider-level adjustments are entered by themselves: `provider_adjustments.py`
- what `era provider-adjustments` tells: `payer_items.py`
"""
