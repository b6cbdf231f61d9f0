"""era-engine: from an insurer's electronic remittance to a posted ledger and a decision log.

Knows: nothing by itself; each package below is one part of the work, and they import one another in one direction only.
Never knows: a module of its own: what is new goes into a package, and the layers in pyproject.toml say where it stands.
Begin with: `jobs/run.py`, which tells the story of a run, and `docs/architecture.md`.

To change:
- when a claim posts: `rules/*.yaml`, no code
- anything else: the package that knows about it
"""

__version__ = "0.1.0"
