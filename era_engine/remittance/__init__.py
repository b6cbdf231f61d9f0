"""What an 835 says, as frozen values. Segment names stop at this door.

Knows: payments, claim payments, service lines, adjustments, provider-level adjustments; whether they add up; what the
codes mean, in our own words.
Never knows: the practice's claims, rules, the database.
Begin with: `model.py`, then `survey.py` (first reading) and `claims.py` (second reading, claim by claim).

To change:
- how a segment is read, or a new finding: `claims.py` (claims and lines), `header.py` (the rest)
- what adds up to what: `balance.py`
- a reason in plain words: `reasons.py`; a provider-level reason: `provider_reasons.py`
- which adjustment is a contracted write-off: `adjustments.py`
"""
