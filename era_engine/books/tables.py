"""The decision tables there are, and which rules of each are in force in a home."""

from pathlib import Path

from era_engine.foundation.errors import SettingsError
from era_engine.foundation.shipped import shipped
from era_engine.home.folder import Home
from era_engine.insurance.table import INSURANCE
from era_engine.rulebook.loading import load_rule_set
from era_engine.rulebook.reading import read_rules
from era_engine.rulebook.rule_set import RuleSet
from era_engine.rulebook.sources import table_folder
from era_engine.rulebook.vocabulary import Vocabulary
from era_engine.settings.model import Settings

TABLES: dict[str, Vocabulary] = {table.name: table for table in (INSURANCE,)}


def rules_in_force(home: Home, settings: Settings, table: Vocabulary = INSURANCE) -> Path:
    """The home's own folder of rules where era.toml names one that has this table, else that of era-engine itself."""
    named = settings.rules_folder(home.root)
    return named if named is not None and has_table(named, table) else shipped("rules")


def has_table(folder: Path, table: Vocabulary) -> bool:
    """Whether a folder of rules is one for this table: it has a folder of its name; or the table is flat, and there is
    one of its files, or no folder of any table.
    """
    if (folder / table.name).is_dir() or not table.flat:
        return (folder / table.name).is_dir()
    has_files = any((folder / file.name).exists() for file in table.files)
    return has_files or not any((folder / name).is_dir() for name in TABLES)


def own_holds(home: Home, rules: Path, table: Vocabulary = INSURANCE) -> Path | None:
    """The folder of holds that a practice adds to those in `rules`, in its home; None where there is none."""
    folder = home.root / table.own_folder
    in_force = (rules, table_folder(rules, table))
    if not folder.is_dir() or any(f.exists() and folder.samefile(f) for f in in_force):
        return None
    return folder


def rule_set_of(home: Home, settings: Settings, rules: Path | None = None, table: Vocabulary = INSURANCE) -> RuleSet:
    """The rules in force, or those in another folder, with the holds that the practice adds and those it lets warn.

    Raises RulesError and SettingsError.
    """
    folder = rules or rules_in_force(home, settings, table)
    return with_choices(home, load_rule_set(folder, table, own_holds(home, folder, table)), settings)


def rule_sets_of(home: Home, settings: Settings) -> dict[str, RuleSet]:
    """The rules in force of every table. Raises RulesError and SettingsError."""
    return {name: rule_set_of(home, settings, table=table) for name, table in TABLES.items()}


def with_choices(home: Home, rule_set: RuleSet, settings: Settings) -> RuleSet:
    """The rule set with the holds that the practice lets warn. Raises SettingsError, also for those of an override."""
    wanted = {"": settings.holds}
    wanted |= {f", [[override]] for {label}": given.holds for label, given in settings.all_in_force().items()}
    other = {id for choices in wanted.values() for id in choices} - {hold.id for hold in rule_set.holds}
    elsewhere = _holds_elsewhere(home, rule_set, settings) if other else []
    for where, choices in wanted.items():
        if problems := [f"era.toml{where}{problem}." for problem in rule_set.wrong_choices(choices, elsewhere)]:
            raise SettingsError("\n".join(problems), "`era rules show` lists the holds and which of them may warn.")
    return rule_set.with_choices(settings.holds)


def _holds_elsewhere(home: Home, rule_set: RuleSet, settings: Settings) -> list[str]:
    """The ids of the holds of all other tables."""
    ids = []
    for table in TABLES.values():
        if table.name != rule_set.vocabulary.name:
            folder = rules_in_force(home, settings, table)
            read = read_rules(folder, table, own_holds(home, folder, table))
            ids += [hold.id for hold in read.rule_set.holds]
    return ids
