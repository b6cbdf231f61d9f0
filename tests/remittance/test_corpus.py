"""Files nobody here wrote: a folder of public samples named by ERA_CORPUS, with an independent balance in index.json.

index.json: a list of {file, oracle: {claims, lines, claim_unbalanced, line_unbalanced, tx_unbalanced}}; the oracle
tells how many lines, claims and payments there are and do not add up. Where it could not read the file's amounts it
says `oracle_error` instead.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from reading import read_file

from era_engine.questions.inspection import inspect_file

CORPUS = Path(os.environ.get("ERA_CORPUS", "")) if os.environ.get("ERA_CORPUS") else None
ABOUT_THE_CORPUS = (".json", ".md")
FILES = sorted(p for p in CORPUS.iterdir() if p.suffix not in ABOUT_THE_CORPUS) if CORPUS else []
INDEX = CORPUS / "index.json" if CORPUS else None
ORACLE: dict[str, dict[str, Any]] = (
    {each["file"]: each for each in json.loads(INDEX.read_text(encoding="utf-8"))} if INDEX and INDEX.exists() else {}
)

pytestmark = pytest.mark.skipif(CORPUS is None, reason="ERA_CORPUS names no folder of public samples")

# Where we say less than the oracle, and why.
EXCEPTIONS = {
    ("clawdgeorge-prog__sample_whitespace_irregular.edi", "claim_unbalanced"): (
        "Blanks stand within its amounts; the oracle reads on, we call them malformed and claim no balance."
    ),
}


def claims_counted_by(findings: list[dict[str, Any]]) -> int:
    """Claims that are not read but that a refusal names or counts."""
    counted = 0
    for finding in findings:
        if finding["severity"] != "reject":
            continue
        said = re.search(r"(\d+) claim payment\(s\)", finding["message"])
        if said:
            counted += int(said[1])
        elif finding["code"] == "segment-outside-transaction":
            counted += (finding["excerpt"] or "").startswith("CLP")
    return counted


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_claim_of_a_public_file_is_lost_without_a_finding(path: Path) -> None:
    record = inspect_file(path)
    read = [claim for remittance in record["remittances"] for claim in remittance["claims"]]
    in_the_file = len(re.findall(rb"(?<![A-Z0-9*|+\xd6])CLP[^A-Z0-9 ]", path.read_bytes()))
    assert len(read) + claims_counted_by(record["findings"]) == in_the_file
    refused = any(each["severity"] == "reject" for each in record["findings"])
    assert read or refused


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_public_file_is_surveyed_twice_alike_and_its_balance_is_the_oracles(path: Path) -> None:
    reading = read_file(path)
    assert read_file(path) == reading
    oracle = ORACLE.get(path.name, {}).get("oracle", {})
    if "oracle_error" in oracle or not reading.remittances:
        return
    codes = [code for _, code in reading.graded]
    ours = {
        "claims": len(reading.claims),
        "lines": sum(len(claim.lines) for claim in reading.claims),
        "claim_unbalanced": codes.count("claim-out-of-balance"),
        "line_unbalanced": codes.count("line-out-of-balance"),
        "tx_unbalanced": codes.count("payment-out-of-balance"),
    }
    for what, count in ours.items():
        if (path.name, what) in EXCEPTIONS:
            assert count != oracle[what], "an exception that is none any more"
            assert "malformed-amount" in codes
        elif what in oracle:
            assert count == oracle[what], what


def test_most_public_files_are_read() -> None:
    assert len(FILES) >= 20
    assert sum(bool(read_file(path).remittances) for path in FILES) > len(FILES) // 2
