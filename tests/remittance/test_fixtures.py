"""Files that read without a word, and damaged ones with all that is said of them.

Dropping a file into fixtures/pass makes a test; so does FILE.835 with FILE.json in fixtures/fail. The check against
the implementation guide has tests of its own and is left out here.
"""

import json
from pathlib import Path

import pytest
from reading import read_file
from where import FIXTURES

from era_engine.questions.inspection import inspect_file

PASS = sorted(FIXTURES.glob("pass/*.835"))
FAIL = sorted(FIXTURES.glob("fail/*.835"))


@pytest.mark.parametrize("path", PASS, ids=lambda path: path.stem)
def test_a_sound_file_is_read_without_a_finding(path: Path) -> None:
    reading = read_file(path)
    assert reading.findings == []
    assert reading.remittances
    text = path.read_bytes().decode("latin-1").replace("\r\n", "").upper()
    assert len(reading.claims) == text.count("CLP")
    assert sum(len(claim.lines) for claim in reading.claims) == text.count("SVC")


@pytest.mark.parametrize("path", FAIL, ids=lambda path: path.stem)
def test_a_damaged_file_is_read_with_all_its_findings(path: Path) -> None:
    found = [each for each in inspect_file(path)["findings"] if not each["code"].startswith("conformance")]
    assert found == json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
