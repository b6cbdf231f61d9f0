"""Bytes to segments: separators, envelope, findings, conformance, and the answers to senders (999, TA1).

Knows: X12's form: ISA to IEA, GS to GE, ST to SE, counts, control numbers; the implementation guide, by pyx12.
Never knows: what a segment says about money or claims, the practice, the database. pyx12 is imported here alone.
Begin with: `tokens.py` (text to segments), then `reader.py` (segments to transaction sets).

To change:
- how separators and segments are cut: `tokens.py`; what is wrong with a file's text: `text_faults.py`
- what a finding is: `finding.py`; what the sender is told of one: its `Syntax`, where the finding is made
- how heavy a deviation from the guide is: `GRADES` in `conformance_faults.py`
- what is accepted, and how an answer looks: `acknowledgement.py`, `acknowledgement_text.py`
"""
