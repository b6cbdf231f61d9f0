"""What is wrong with a file the practice imports: all of it counted, the first so many told."""

from pathlib import Path

from era_engine.foundation.errors import ClaimsFileError

FAULTS_SHOWN = 50


class FileFaults:
    """The faults of one file, each with its place: `line 3, column fee`, `segment 41, CLM02`."""

    def __init__(self, path: Path, remedy: str = "Correct the file and import it again") -> None:
        self.path, self.remedy = path, remedy
        self.count = 0
        self.shown: list[str] = []

    def add(self, place: str, wrong: str) -> None:
        """`wrong` says what is wrong without a full stop, and nothing of a patient."""
        self.count += 1
        if self.count <= FAULTS_SHOWN:
            self.shown.append(f"{self.path}: {place}: {wrong}.")

    def error(self) -> ClaimsFileError:
        more = [f"and {self.count - FAULTS_SHOWN:,} more."] if self.count > FAULTS_SHOWN else []
        return ClaimsFileError("\n".join(self.shown + more), f"{self.remedy}. Nothing was imported.")
