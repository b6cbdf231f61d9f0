"""A rule set of a practice's own: the one that comes with the program, with some words of it changed."""

import shutil

from practices import PracticeHome, Record

from era_engine.foundation.shipped import shipped


def own_rules(home: PracticeHome, file: str, rule: str, *changes: tuple[str, str]) -> Record:
    """Copy the rules into the home and change a rule there; returns the settings that put them in force."""
    folder = home.root / "my-rules"
    shutil.copytree(shipped("rules"), folder)
    [path] = [path for path in folder.rglob(file) if path.parent.name != "cases"]
    before, begin, rest = path.read_text("utf-8").partition(f"- id: {rule}\n")
    entry, end, after = (begin + rest).partition("\n\n")
    for old, new in changes:
        assert old in entry
        entry = entry.replace(old, new)
    path.write_text(before + entry + end + after, "utf-8")
    return {"rules": "my-rules"}
