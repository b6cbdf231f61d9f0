"""The README is short, its first commands are right, and its figures are those of the program."""

import re
import tomllib

from documents import blocks_of, spans_of, text_of
from where import ROOT, RULES, SAMPLES

from era_engine.insurance.table import INSURANCE
from era_engine.rulebook.loading import load_rule_set

README = text_of("README.md")


def test_the_readme_can_be_read_in_one_sitting() -> None:
    assert len(README.encode("utf-8")) <= 6 * 1024


def test_the_readme_begins_with_two_commands() -> None:
    kind, first = blocks_of(README)[0]
    assert (kind, [line.split("#")[0].strip() for line in first.splitlines()]) == ("sh", ["make demo", "make test"])


def test_the_readme_has_a_door_for_each_who_comes() -> None:
    doors = README.split("\n## Three doors\n")[1]
    assert re.findall(r"^- \*\*(\w+): ", doors, re.MULTILINE) == ["Practice", "Rules", "Developer"]


def test_the_readme_names_the_versions_of_python_that_are_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    assert project["requires-python"] == f">={declared[0]}"
    assert f"Python {declared[0]} or newer" in README
    assert re.findall(r"3\.\d+", README.split("- **Python:** ")[1].split(" are tried")[0]) == declared


def test_readme_and_changelog_name_as_many_holds_and_rules_as_there_are() -> None:
    rules = load_rule_set(RULES, INSURANCE)
    assert f"of {len(rules.holds)} fired" in README
    changes = spans_of(text_of("CHANGELOG.md"))
    assert [rule.id for rule in rules.rules if rule.id not in changes] == []


def test_documents_tell_how_many_sample_remittances_there_are() -> None:
    samples = len(list(SAMPLES.glob("*.835")))
    told = re.findall(
        r"(\d+) (?:sample files|sample remittances|files are in)",
        "\n".join(text_of(name) for name in ("README.md", "CHANGELOG.md", "docs/tour.md")),
    )
    assert told == [str(samples)] * 3
