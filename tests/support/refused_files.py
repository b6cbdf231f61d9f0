"""The files of tests/errors that are refused as they stand, each read the way the program reads it."""

import shutil
from contextlib import suppress
from pathlib import Path

from rule_folders import FILES, shipped_file
from where import ERRORS

from era_engine.bank.files import read_bank_file
from era_engine.foundation.errors import EraError
from era_engine.insurance.table import INSURANCE
from era_engine.practice.claims_837 import read_sent_claims
from era_engine.practice.claims_csv import read_claims
from era_engine.practice.fees_csv import read_fees
from era_engine.rulebook.loading import load_rule_set
from era_engine.settings.model import load_settings

FILE_CASES = sorted(
    path
    for folder in ("bank", "claims", "claims_837", "fees", "settings")
    for path in (ERRORS / folder).iterdir()
    if path.suffix != ".txt"
) + sorted(path for path in (ERRORS / "rules").iterdir() if path.is_dir())


def refused(case: Path, folder: Path) -> None:
    """Read a case and let it be refused; `folder` is an empty one to work in."""
    with suppress(EraError):
        match case.parent.name:
            case "bank":
                read_bank_file(case)
            case "claims":
                read_claims(case)
            case "claims_837":
                read_sent_claims(case)
            case "fees":
                read_fees(case, case.name)
            case "settings":
                shutil.copy(case, folder / "era.toml")
                load_settings(folder)
            case _:
                for name in FILES:
                    if (case / name).exists() or any(case.glob("*.yaml")) or name != "holds.yaml":
                        there = case / name
                        shutil.copy(there if there.exists() else shipped_file(name), folder)
                load_rule_set(folder, INSURANCE)
        raise AssertionError(f"{case} was not refused")
