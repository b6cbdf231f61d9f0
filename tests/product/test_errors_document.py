"""docs/errors.md is what the cases of tests/errors make of it."""

import runpy

from where import ROOT


def test_the_page_of_errors_is_made_of_the_cases() -> None:
    document = runpy.run_path(str(ROOT / "scripts" / "errors_document.py"))["document"]
    shown = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    assert shown == document(), "run `make errors`"


def test_every_folder_of_cases_is_on_it() -> None:
    sections = runpy.run_path(str(ROOT / "scripts" / "errors_document.py"))["SECTIONS"]
    folders = {path.name for path in (ROOT / "tests" / "errors").iterdir() if path.is_dir()}
    assert {folder for _, folder, _ in sections} == folders
