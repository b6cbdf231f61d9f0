"""`era inspect`: a file as read, in a shape other programs depend on, with an exit code they can trust."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from remittance_text import (
    balanced_file,
    bare_claim,
    claim,
    group,
    interchange,
    payment,
    remittance_file,
    service_line,
    transaction_set,
    written,
)
from where import FIXTURES

from era_engine.foundation.errors import UsageError
from era_engine.questions.inspection import inspect_file

RICH = FIXTURES / "inspect" / "rich.835"

# The published shape: keys of each object, in order.
FILE = ["file", "interchanges", "remittances", "findings"]
REMITTANCE = [
    *("trace_number", "originator", "payer", "payee_npi", "payment_cents", "payment_method", "payment_date"),
    *("claims", "provider_adjustments"),
]
CLAIM = [
    *("claim_number", "status", "charge_cents", "paid_cents", "patient_responsibility_cents", "payer_claim_number"),
    *("patient", "adjustments", "lines", "remarks"),
]
LINE = [
    *("procedure", "qualifier", "submitted_procedure", "charge_cents", "paid_cents", "units", "control_number"),
    *("service_date", "adjustments", "remarks"),
]
ADJUSTMENT = ["group", "reason", "cents"]
PROVIDER_ADJUSTMENT = ["reason", "reference", "cents"]
FINDING = ["code", "severity", "message", "segment_number", "excerpt"]


def era(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command as a program of its own."""
    program = "from era_engine.cli import main; main()"
    command = [sys.executable, "-c", program, *map(str, arguments)]
    inherited: Mapping[str, str] = os.environ
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", env={**inherited, **environment}, check=False
    )


def put(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def inspected(folder: Path, text: str) -> dict[str, Any]:
    return inspect_file(put(folder, "remittance.835", text))


def test_every_value_of_a_rich_file_has_its_place() -> None:
    said = json.loads(era("inspect", "--json", RICH).stdout)
    said["findings"] = [each for each in said["findings"] if not each["code"].startswith("conformance")]
    assert said == json.loads(RICH.with_suffix(".json").read_text(encoding="utf-8"))


def test_the_shape_is_the_published_one() -> None:
    record = json.loads(era("inspect", "--json", RICH).stdout)
    remittances = record["remittances"]
    claims = [claim for remittance in remittances for claim in remittance["claims"]]
    lines = [line for claim in claims for line in claim["lines"]]
    adjustments = [each for holder in claims + lines for each in holder["adjustments"]]
    provider_adjustments = [each for remittance in remittances for each in remittance["provider_adjustments"]]
    for objects, keys in (
        ([record], FILE),
        (remittances, REMITTANCE),
        (claims, CLAIM),
        (lines, LINE),
        (adjustments, ADJUSTMENT),
        (provider_adjustments, PROVIDER_ADJUSTMENT),
        (record["findings"], FINDING),
    ):
        assert objects
        assert all(list(each) == keys for each in objects), keys


def test_what_is_not_known_is_null_and_never_zero(tmp_path: Path) -> None:
    bare = remittance_file(transaction_set(["BPR", "TRN", "LX*1", "CLP", "SVC", "CAS"]))
    (remittance,) = inspected(tmp_path, bare)["remittances"]
    (read_claim,) = remittance["claims"]
    (line,) = read_claim["lines"]
    assert {key for key, value in remittance.items() if value is None} == set(REMITTANCE[:7])
    unknown = {"charge_cents", "paid_cents", "patient_responsibility_cents", "payer_claim_number", "patient"}
    assert {key for key, value in read_claim.items() if value is None} == unknown
    unknown = {"submitted_procedure", "charge_cents", "paid_cents", "units", "control_number", "service_date"}
    assert {key for key, value in line.items() if value is None} == unknown


@pytest.mark.parametrize(
    ("units", "said"),
    [
        *[("1", 1), ("12", 12), ("007", 7), ("", None)],
        *[(text, text) for text in ("0.5", "-1", "٣", "1E2", "1 ", "9" * 5000)],
    ],
    ids=lambda value: str(value)[:8],
)
def test_units_are_whole_numbers_or_as_written(tmp_path: Path, units: str, said: object) -> None:
    record = inspected(tmp_path, balanced_file().replace("*90**1~", f"*90**{units}~"))
    assert record["remittances"][0]["claims"][0]["lines"][0]["units"] == said


@pytest.mark.parametrize(
    ("of_line", "of_claim", "said"),
    [
        (["DTM*472*20261005"], ["DTM*232*20261001"], "2026-10-05"),
        (["DTM*150*20261003", "DTM*151*20261004"], ["DTM*232*20261001"], "2026-10-03"),
        ([], ["DTM*232*20261001", "DTM*233*20261002"], "2026-10-01"),
        (["DTM*472*00000000"], ["DTM*232*20261001"], "2026-10-01"),
        (["DTM*472*19000101"], [], None),
        ([], [], None),
    ],
)
def test_a_line_has_its_own_date_before_the_claims(
    tmp_path: Path, of_line: list[str], of_claim: list[str], said: str | None
) -> None:
    segments = bare_claim("C1", "90", "90", *of_claim, "SVC*AD:D1*90*90", *of_line)
    (remittance,) = inspected(tmp_path, remittance_file(transaction_set(payment("90", segments))))["remittances"]
    assert remittance["claims"][0]["lines"][0]["service_date"] == said


def test_a_control_number_keeps_its_zeros_and_the_first_remark_does_not_hide_the_second(tmp_path: Path) -> None:
    line = service_line("D1", "90", "90", "REF*6R*000120", "LQ*HE*N1", "LQ*HE*N2")
    record = inspected(tmp_path, remittance_file(transaction_set(payment("90", bare_claim("C1", "90", "90", *line)))))
    said = record["remittances"][0]["claims"][0]["lines"][0]
    assert (said["control_number"], said["remarks"]) == ("000120", ["N1", "N2"])


def test_claims_of_a_payment_that_cannot_be_used_are_shown_and_each_is_named(tmp_path: Path) -> None:
    text = remittance_file(transaction_set(payment("180", claim("C1"), claim("C2"))))
    record = inspected(tmp_path, text[: text.index("SE*")])
    assert [each["claim_number"] for each in record["remittances"][0]["claims"]] == ["C1", "C2"]
    lost = [each["message"] for each in record["findings"] if each["code"] == "claim-not-used"]
    assert [message.split(",")[0] for message in lost] == ["Claim C1", "Claim C2"]


def test_findings_come_in_file_order_and_the_same_every_time(tmp_path: Path) -> None:
    text = balanced_file().replace("SE*16*0001", "SE*1*2").replace("GE*1*1", "GE*3*4").replace("*90**12", "*91**12")
    path = put(tmp_path, "remittance.835", text)
    said = [era("inspect", "--json", path, PYTHONHASHSEED=seed).stdout for seed in ("1", "2", "3")]
    assert said[0] == said[1] == said[2]
    places = [each["segment_number"] for each in json.loads(said[0])["findings"]]
    assert places == sorted(places)
    assert len(places) == 6


def test_several_files_give_a_line_each(tmp_path: Path) -> None:
    files = [put(tmp_path, "one.835", balanced_file()), put(tmp_path, "two.835", balanced_file() * 2)]
    done = era("inspect", "--json", *files)
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(each["file"], each["interchanges"], len(each["remittances"])) for each in records] == [
        ("one.835", 1, 1),
        ("two.835", 2, 2),
    ]
    assert (done.returncode, done.stderr) == (0, "")


HELD = balanced_file().replace("BPR*I*90*", "BPR*I*91*")
OTHER = written(interchange(group(transaction_set(["AK1*HP*1"], kind="999"), kind="FA", version="005010X231A1")))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (balanced_file(), 0),
        (HELD, 0),
        (balanced_file().rstrip("~\n"), 0),
        (balanced_file()[:-40], 3),
        (balanced_file() + "CLP*C2*1*5*5~", 3),
        (OTHER, 3),
        (balanced_file() + OTHER, 3),
        ("", 3),
        ("\x00\x01\x02\x1b[31m" * 50, 3),
    ],
    ids=["sound", "out of balance", "no terminator", "cut", "claim after", "no 835", "some no 835", "empty", "binary"],
)
@pytest.mark.parametrize("as_json", [True, False], ids=["json", "text"])
def test_the_exit_code_says_whether_anything_was_refused(tmp_path: Path, text: str, code: int, as_json: bool) -> None:
    path = put(tmp_path, "remittance.835", text)
    done = era("inspect", *(["--json"] if as_json else []), path)
    assert (done.returncode, done.stderr) == (code, "")
    assert "remittance.835" in done.stdout


@pytest.mark.parametrize("name", ["missing.835", "folder"])
def test_what_cannot_be_read_is_a_usage_error_with_a_remedy(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    done = era("inspect", tmp_path / name)
    assert (done.returncode, done.stdout) == (2, "")
    assert str(tmp_path / name) in done.stderr
    assert "Remedy: " in done.stderr
    assert "Traceback" not in done.stderr
    with pytest.raises(UsageError):
        inspect_file(tmp_path / name)


def test_no_file_at_all_is_a_usage_error() -> None:
    assert era("inspect").returncode == 2


def test_the_text_shows_payments_claims_and_findings(tmp_path: Path) -> None:
    done = era("inspect", put(tmp_path, "held.835", HELD), NO_COLOR="1")
    for word in ("held.835", "DELTA DENTAL", "EFT0001", "$91.00", "C1", "$120.00", "CO-45", "D0120", "hold: segment 3"):
        assert word in done.stdout
