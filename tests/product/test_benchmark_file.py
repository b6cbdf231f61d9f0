"""The remittance `make bench` generates is what its figures claim: clean, answered by its claims, posted whole."""

import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from practices import PracticeHome, era
from where import ROOT

GENERATE = ROOT / "benchmarks" / "generate.py"


def generate(folder: Path, *options: str) -> tuple[Path, Path]:
    """The remittance and the claims, of 90 claims in 4 payments."""
    size = ("--claims", "90", "--payments", "4")
    subprocess.run([sys.executable, GENERATE, folder, *size, *options], check=True, stdout=subprocess.DEVNULL)
    return folder / "remittance.835", folder / "claims.csv"


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return generate(tmp_path_factory.mktemp("generated"))


def test_it_has_the_claims_lines_and_payments_asked_for(generated: tuple[Path, Path]) -> None:
    remittance, claims = (each.read_text(encoding="ascii") for each in generated)
    assert [len(re.findall(rf"^{tag}\*", remittance, re.MULTILINE)) for tag in ("ST", "CLP", "SVC")] == [4, 90, 270]
    assert len(claims.splitlines()) == 1 + 270


def test_inspect_finds_nothing_wrong_with_it(generated: tuple[Path, Path]) -> None:
    ended = era("inspect", "--json", generated[0])
    assert ended.code == 0
    (record,) = ended.records
    assert record["findings"] == []
    assert sum(len(each["claims"]) for each in record["remittances"]) == 90


def test_every_claim_of_it_posts_and_every_cent(generated: tuple[Path, Path], sqlite_home: PracticeHome) -> None:
    remittance, claims = generated
    assert sqlite_home.era("import", "claims", claims).code == 0
    decided = sqlite_home.records("run", remittance)
    assert [each["outcome"] for each in decided] == ["post"] * 90
    sqlite_home.verified()
    payments = re.findall(r"^BPR\*I\*([0-9.]+)\*", remittance.read_text(encoding="ascii"), re.MULTILINE)
    assert sqlite_home.posted()["insurance_deposits"] == sum(int(Decimal(each) * 100) for each in payments)


def test_it_is_varied_as_payers_are(generated: tuple[Path, Path]) -> None:
    """Else whatever is kept after the first reading would make every figure too good."""
    text = generated[0].read_text(encoding="ascii")
    amounts = set(re.findall(r"^SVC\*AD:D[0-9]{4}\*([0-9.]+\*[0-9.]+)\*", text, re.MULTILINE))
    patients = set(re.findall(r"^NM1\*QC\*1\*([^~]+)", text, re.MULTILINE))
    assert len(amounts) > 180
    assert len(patients) == 60  # of 90 claims: every second patient has two
    assert re.search(r"^CAS\*PR\*1\*50\*\*2\*", text, re.MULTILINE)  # deductible and coinsurance in one segment


def test_the_same_seed_makes_the_same_file(generated: tuple[Path, Path], tmp_path: Path) -> None:
    again, other = generate(tmp_path / "again"), generate(tmp_path / "other", "--seed", "2")
    assert [each.read_bytes() for each in again] == [each.read_bytes() for each in generated]
    assert other[0].read_bytes() != generated[0].read_bytes()
