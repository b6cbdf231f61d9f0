"""Folders of rules to change in a test."""

import shutil
from pathlib import Path

from era_engine.foundation.shipped import shipped

FILES = ("auto_posting.yaml", "reversals.yaml", "holds.yaml", "indicators.yaml")


def shipped_file(name: str) -> Path:
    """One of the four files of the insurance table, where it lies among the shipped rules."""
    return shipped("rules") / ("shared" if name == "indicators.yaml" else "insurance") / name


def flat_rules(folder: Path, *, cases: bool = True) -> Path:
    """A copy of the shipped rules as a home of before there were several tables has them: all in the folder itself."""
    folder.mkdir(exist_ok=True)
    for name in FILES:
        shutil.copy(shipped_file(name), folder)
    if cases:
        shutil.copytree(shipped("rules") / "insurance" / "cases", folder / "cases")
    return folder
