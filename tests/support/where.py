"""Where things lie in this checkout."""

from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
ROOT = TESTS.parent
CASES, ERRORS, FIXTURES, GOLDEN = TESTS / "cases", TESTS / "errors", TESTS / "fixtures", TESTS / "golden"
RULES, SAMPLES = ROOT / "rules", ROOT / "sample_835"
