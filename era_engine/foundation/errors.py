"""What the caller or the installation got wrong.

What a *payer* got wrong is not an error but a value: see `era_engine.x12.finding`.
Every error says what is wrong, where, and what to do; each class is one exit code of the command line.
"""


class EraError(Exception):
    """A fault a person can mend; `problem` says what and where, `remedy` what to do."""

    exit_code = 1

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem} Remedy: {self.remedy}"


class UsageError(EraError):
    """The command cannot be carried out as given: an unknown file, trace number or claim."""

    exit_code = 2


class ClaimsFileError(UsageError):
    """A claims file was refused whole; the problem lists every bad row by line and column."""


class SettingsError(EraError):
    """era.toml is invalid; nothing runs on a doubtful setting."""

    exit_code = 4


class RulesError(EraError):
    """The rule set is invalid; the problem lists every fault by file and line."""

    exit_code = 4


class LockedError(EraError):
    """Another run holds this home."""

    exit_code = 5


class BlockedError(EraError):
    """Two programs on one database waited for each other, and the database let the other go on.

    Nothing of the transaction is written; to do it again is all that is needed.
    """


class InstallationError(EraError):
    """Something this program needs is missing or broken on this machine."""
