"""The files of a rule set: where they lie, which of them there are, and what each says as plain values.

A folder of rules holds one folder for each table, named like it, and `shared/indicators.yaml`. A table whose
vocabulary says `flat` may lie in the folder itself, together with a whole `indicators.yaml`.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from era_engine.rulebook.files import Faults, Source, read_rule_file
from era_engine.rulebook.vocabulary import RuleFile, Vocabulary

INDICATORS, SHARED = "indicators.yaml", "shared"
OWN = "rules/*.yaml"  # in a stored rule set: the holds a practice added, of all its files
IN_FORCE = 'to use a rule set of your own instead, write rules = "FOLDER" in era.toml'


class Sources(NamedTuple):
    """What the files say; None for one that cannot be read.

    rules: of the vocabulary's files those that are there. more: files that add indicators. added: the holds of a
    practice.
    """

    rules: tuple[tuple[RuleFile, Source | None], ...]
    indicators: Source | None
    more: tuple[Source | None, ...] = ()
    added: tuple[Source, ...] = ()


def table_folder(folder: Path, vocabulary: Vocabulary) -> Path:
    """Where in a folder of rules those of a table lie."""
    own = folder / vocabulary.name
    return folder if vocabulary.flat and not own.is_dir() else own


def read_sources(folder: Path, vocabulary: Vocabulary, own: Path | None, faults: Faults) -> Sources:
    """Read the files of a table in a folder of rules, and the holds that a practice adds in the folder `own`."""
    here = table_folder(folder, vocabulary)
    there = [file for file in vocabulary.files if not file.chosen_by or (here / file.name).exists()]
    rules = tuple((file, read_rule_file(here / file.name, faults)) for file in there)
    shared = folder / SHARED / INDICATORS
    if here != folder and shared.exists():
        indicators = read_rule_file(shared, faults, f"{SHARED}/{INDICATORS}")
        more: tuple[Source | None, ...] = ()
        if (here / INDICATORS).exists():
            more = (read_rule_file(here / INDICATORS, faults),)
    else:
        indicators, more = read_rule_file(here / INDICATORS, faults), ()
    names = [*(file.name for file in vocabulary.files), INDICATORS]
    _refuse(_yaml_in(here), names, faults)
    if vocabulary.flat and here != folder:
        _refuse(_yaml_in(folder), (), faults)
    return Sources(rules, indicators, more, _own_files(own, vocabulary, faults) if own is not None else ())


def stored_sources(files: object, vocabulary: Vocabulary) -> Sources:
    """The same from a stored rule set. Raises KeyError and TypeError where it is none."""
    if not isinstance(files, dict):
        raise TypeError
    there = [file for file in vocabulary.files if not file.chosen_by or file.name in files]
    rules = tuple((file, Source(file.name, files[file.name], {})) for file in there)
    added = (Source(OWN, files[OWN], {}),) if OWN in files else ()
    return Sources(rules, Source(INDICATORS, files[INDICATORS], {}), (), added)


def _refuse(paths: Iterable[Path], names: Iterable[str], faults: Faults) -> None:
    for path in paths:
        if path.name not in names:
            faults.add(path.name, None, "is not part of a rule set, and is not read", names)


def _own_files(folder: Path, vocabulary: Vocabulary, faults: Faults) -> tuple[Source, ...]:
    """The files in which a practice adds holds. A whole rule set in their place is told once, not by every rule."""
    called = vocabulary.own_folder
    with_rows = [file.name for file in vocabulary.files if file.has != "holds"]
    tables = [name for name in (*with_rows, INDICATORS) if (folder / name).exists()]
    if tables:
        problem = f"this folder adds holds to the rules in force; {IN_FORCE}"
        faults.add(f"{called}/{tables[0]}", None, problem)
        return ()
    sources: list[Source | None] = []
    for path in _yaml_in(folder):
        if path.suffix != ".yaml":
            faults.add(f"{called}/{path.name}", None, f"is not read under this name; rename it {path.stem}.yaml")
        else:
            sources.append(read_rule_file(path, faults, f"{called}/{path.name}"))
    for path in _yaml_in(folder / vocabulary.name):  # a folder of its name is for the other tables' holds alone
        name = f"{called}/{vocabulary.name}/{path.name}"
        faults.add(name, None, f"is not read here; put the {vocabulary.name} holds you add into {called}/")
    return tuple(source for source in sources if source is not None)


def _yaml_in(folder: Path) -> list[Path]:
    """What a person may take for a rule file; hidden ones are an editor's."""
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    return [path for path in files if path.suffix.lower() in (".yaml", ".yml") and not path.name.startswith(".")]
