"""docs/packages.md is what the docstrings of the packages make of it, and each says what a newcomer asks."""

import re
import runpy

import pytest
from where import ROOT

PAGE = runpy.run_path(str(ROOT / "scripts" / "packages_document.py"))
PACKAGE, PACKAGES = PAGE["PACKAGE"], dict(PAGE["packages"]())


def test_the_page_of_packages_is_made_of_their_docstrings() -> None:
    assert (ROOT / "docs" / "packages.md").read_text(encoding="utf-8") == PAGE["document"](), "run `make packages`"


def test_every_package_is_on_the_page() -> None:
    there = {path.parent.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("__init__.py")} - {"."}
    assert set(PACKAGES) == there
    assert set(PAGE["layers"]()) <= there


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_says_what_it_knows_where_to_begin_and_what_to_change_where(package: str) -> None:
    assert re.findall(r"^(Knows|Never knows|Begin with|To change):", PACKAGES[package], re.MULTILINE) == [
        "Knows",
        "Never knows",
        "Begin with",
        "To change",
    ]


@pytest.mark.parametrize("package", PACKAGES)
def test_the_files_a_package_names_are_there(package: str) -> None:
    named = [span for span in re.findall(r"`([^`]+)`", PACKAGES[package]) if re.fullmatch(r"[\w/*-]+(\.\w+)?", span)]
    paths = [path for path in named if "/" in path or path.endswith(".py")]
    places = (PACKAGE / package, PACKAGE, ROOT)
    assert [path for path in paths if not any(list(place.glob(path)) for place in places)] == []
    own = [path for path in paths if path.endswith(".py") and "/" not in path]
    assert [path for path in own if not (PACKAGE / package / path).exists()] == []
