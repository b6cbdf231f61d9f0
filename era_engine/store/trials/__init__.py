"""What a trial reads: stored claim payments with their decisions, regrets, posting on trial; and the copy it plays in.

Knows: what was decided, what people did afterwards.
Never knows: the settings that are tried.
Begin with: `replay.py`.

To change:
- what counts as a regret: `regrets.py`
- what is put into the copy of the books: `replay_books.py`
- what posting on trial is compared with: `shadow.py`
"""
