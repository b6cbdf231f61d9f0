"""A gallery of broken files: one for each thing the reader can say about a file, with all that it says beside it.

Dropping FILE.835 and FILE.txt into errors/reader makes a test. Findings of the check against the implementation guide
have tests of their own and are left out here.
"""

import ast
from pathlib import Path

import pytest
from where import ERRORS

import era_engine
from era_engine.questions.inspection import inspect_file

GALLERY = ERRORS / "reader"
BROKEN = sorted(GALLERY.glob("*.835"))
SEVERITIES = ("reject", "hold", "warn")
TOO_LARGE_FOR_THE_GALLERY = {"segment-too-long", "claim-too-long"}  # see test_tokens.py and test_big_files.py
READER = ("x12/text_faults.py", "x12/tokens.py", "x12/reader.py", "remittance/*.py", "inspection.py")


def said_of(path: Path) -> list[str]:
    """Findings as lines: severity, code, place, excerpt, message."""
    lines = []
    for finding in inspect_file(path)["findings"]:
        if finding["code"].startswith("conformance"):
            continue
        excerpt = f" ({finding['excerpt']})" if finding["excerpt"] else ""
        place = f"segment {finding['segment_number']}{excerpt}"
        lines.append(f"{finding['severity']} {finding['code']}, {place}: {finding['message']}")
    return lines


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_everything_wrong_with_a_file_is_said(path: Path) -> None:
    assert said_of(path) == path.with_suffix(".txt").read_text(encoding="utf-8").splitlines()


def test_the_gallery_has_a_file_for_every_code_the_reader_knows() -> None:
    lines = [line for path in GALLERY.glob("*.txt") for line in path.read_text(encoding="utf-8").splitlines()]
    shown = {line.split(",")[0].split(" ")[1] for line in lines}
    assert shown == codes_in_the_source() - TOO_LARGE_FOR_THE_GALLERY


def codes_in_the_source() -> set[str]:
    """First arguments of calls whose second argument is a severity: Finding(code, severity, …) and its short forms."""
    package = Path(era_engine.__file__).parent
    codes = set()
    for path in [file for pattern in READER for file in package.glob(pattern)]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or len(node.args) < 2:
                continue
            code, severity = node.args[:2]
            graded = any(isinstance(each, ast.Constant) and each.value in SEVERITIES for each in ast.walk(severity))
            if isinstance(code, ast.Constant) and isinstance(code.value, str) and graded:
                codes.add(code.value)
    return codes
