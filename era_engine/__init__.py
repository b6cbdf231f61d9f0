"""era-engine: from an insurer's electronic remittance to a posted ledger and a decision log.

Each package below is one part of the work. Its docstring says what it knows, where to begin and where to change what;
docs/packages.md gathers them. They import one another in one direction, that of the layers in pyproject.toml.

Begin with `jobs/run.py`, which tells the story of a run. When a claim posts is said in `rules/`, not here.
"""

__version__ = "0.1.0"
