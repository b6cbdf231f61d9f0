"""Where the files that travel with the program are: the rules and the sample remittances."""

from pathlib import Path
from typing import Literal

from era_engine.foundation.errors import InstallationError


def shipped(name: Literal["rules", "sample_835"]) -> Path:
    """The folder `name`: inside an installed package under `_shipped`, in a checkout at its top level.

    Raises InstallationError where neither is there.
    """
    package = Path(__file__).parent.parent
    for folder in (package / "_shipped" / name, package.parent / name):
        if folder.is_dir():
            return folder
    raise InstallationError(
        f"The folder {name}, part of era-engine, is missing from {package}.", "Install era-engine again."
    )
