"""Conformance findings: what is found where, how it is graded, and that nothing stops, leaks or is forgotten."""

import io
import json
import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyx12.map_walker import walk_tree
from pyx12.params import ParamsBase
from pyx12.x12n_document import x12n_document
from where import TESTS

from era_engine.x12.conformance import as_advice, check_all, check_transaction_set
from era_engine.x12.conformance_faults import grade
from era_engine.x12.finding import Finding
from era_engine.x12.reader import Reader
from era_engine.x12.source import examine

CORPUS = os.environ.get("ERA_CORPUS")

HEADER = [
    "BPR*I*192*C*ACH*CCP*01*999999992*DA*123456*1512345678**01*999988880*DA*98765*20261101",
    "TRN*1*EFT0001*1512345678",
    "DTM*405*20261031",
    "N1*PR*DELTA DENTAL",
    "N3*PO BOX 1",
    "N4*SACRAMENTO*CA*95814",
    "PER*BL*PROVIDER LINE*TE*8005550100",
    "N1*PE*BRIGHT DENTAL*XX*1234567893",
    "LX*1",
]
CLAIM = [
    "CLP*C0000001*1*300*192*48*17*ICN1*11*1",
    "NM1*QC*1*EXAMPLE*JANE****MI*SUB0001",
    "DTM*232*20261001",
    "SVC*AD:D0120*120*96**1",
    "DTM*472*20261001",
    "CAS*CO*45*24",
    "REF*6R*01",
    "SVC*AD:D1110*180*96**1",
    "DTM*472*20261001",
    "CAS*CO*45*36",
    "CAS*PR*2*48",
    "LQ*HE*N130",
]
REMITTANCE = HEADER + CLAIM


def document(
    body: list[str], *, separators: str = "*:~", line_end: str = "\n", version: str = "005010X221A1", kind: str = "835"
) -> str:
    """A transaction set with these segments in an interchange of its own; its BPR is segment 4."""
    lines = [
        "ISA*00*          *00*          *ZZ*DELTA          *ZZ*BRIGHT         *261101*0900*^*00501*000000001*0*P*:",
        f"GS*HP*DELTA*BRIGHT*20261101*0900*1*X*{version}",
        f"ST*{kind}*0001",
        *body,
        f"SE*{len(body) + 2}*0001",
        "GE*1*1",
        "IEA*1*000000001",
    ]
    text = "".join(f"{line}\0{line_end}" for line in lines)
    return text.translate(str.maketrans("*:\0", separators))


def changed(old: str, new: str | None) -> list[str]:
    """The sample remittance with one segment rewritten, or left out."""
    at = next(number for number, line in enumerate(REMITTANCE) if line.startswith(old))
    return REMITTANCE[:at] + ([] if new is None else [new]) + REMITTANCE[at + 1 :]


def found(body: list[str]) -> list[tuple[str, str, int | None]]:
    return [
        (finding.code.removeprefix("conformance-"), finding.severity, finding.segment_number)
        for finding in check_transaction_set(document(body))
    ]


def test_a_clean_remittance_has_no_findings() -> None:
    assert check_transaction_set(document(REMITTANCE)) == ()


@pytest.mark.parametrize("separators", ["|>\n", "*^~", "+:'"])
@pytest.mark.parametrize("line_end", ["", "\r\n"])
def test_separators_and_line_ends_make_no_difference(separators: str, line_end: str) -> None:
    assert check_transaction_set(document(REMITTANCE, separators=separators, line_end=line_end)) == ()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("BPR", None, [("missing-segment", "reject", 3), ("unexpected-segment", "reject", 4)]),
        ("TRN", None, [("missing-segment", "reject", 4)]),
        ("N1*PE", None, [("missing-segment", "reject", 10)]),
        ("BPR", "BPR*I**C*ACH************20261101", [("missing-element", "reject", 4)]),
        ("TRN", "TRN*1**1512345678", [("missing-element", "reject", 5)]),
        ("CLP", "CLP**1*300*192*48*17*ICN1", [("missing-element", "reject", 13)]),
        ("CLP", "CLP*C0000001*1*300**48*17*ICN1", [("missing-element", "reject", 13)]),
        ("LX", None, [("unexpected-segment", "reject", 12)]),
        ("BPR", "BPR*I*1,920*C*ACH************20261101", [("element-format", "hold", 4)]),
        ("BPR", "BPR*I*192*C*ACH************20261301", [("element-date", "hold", 4)]),
        ("TRN", "TRN*1*EFT0001*12345", [("element-length", "hold", 5)]),
        ("N1*PE", "N1*PE*BRIGHT DENTAL", [("missing-element", "hold", 11), ("missing-element", "hold", 11)]),
        ("CLP", "CLP*C0000001*99*300*192*48*17*ICN1", [("element-code", "hold", 13)]),
        ("CLP", "CLP*C0000001*1*300*192*48*17", [("missing-element", "hold", 13)]),
        ("CLP", "CLP*C0000001*1*300*192*48*17*ICN1*11*1*****1", [("not-used", "warn", 13)]),
        ("CLP", "CLP*C0000001*1*300*192*48*17*ICN1*11*1******1", [("too-many-elements", "hold", 13)]),
        ("NM1*QC", None, [("missing-segment", "hold", 13)]),
        ("NM1*QC", "NM1*QC*1*EXAMPLE*JANE****QQ*SUB0001", [("element-code", "hold", 14)]),
        ("NM1*QC", "NM1*QC*1*EXAMPLE*JANE*****SUB0001", [("element-condition", "hold", 14)]),
        ("SVC*AD:D0120", "SVC*AD:D0120*12O*96**1", [("element-format", "hold", 16)]),
        ("CAS*CO*45*24", "CAS*CO**24", [("missing-element", "hold", 18)]),
        ("CAS*CO*45*24", "CAS*CR*45*24", [("unexpected-segment", "hold", 18)]),
        ("CAS*CO*45*24", "CAS*CO*45*24**29", [("element-condition", "hold", 18)]),
        ("LQ", "PLB*1234567893*20261231*WO:ICN9*1O", [("element-format", "hold", 24)]),
        ("LQ", "PLB*1234567893*20261231*QQ:ICN9*10", [("element-code", "hold", 24)]),
        ("LX", "CAS*CO*45*1", [("unexpected-segment", "reject", 12)]),
        ("LQ", "N1*PR*DELTA DENTAL", [("unexpected-segment", "hold", 24)]),
        ("LQ", "TRN*1*EFT0002*1512345678", [("unexpected-segment", "reject", 24)]),
        ("N3", None, [("missing-segment", "warn", 7)]),
        ("N4", None, [("missing-segment", "warn", 8)]),
        ("PER", None, [("missing-segment", "warn", 9)]),
        ("BPR", "BPR*I*192*C*ACH*QQQ***********20261101", [("element-code", "warn", 4)]),
        ("CLP", "CLP*C0000001*1*300*192*48*QQ*ICN1", [("element-code", "warn", 13)]),
        ("DTM*472", "DTM*472*00000000", [("element-date", "warn", 17)]),
        ("REF*6R", "REF*QQ*01", [("unexpected-segment", "warn", 19)]),
        ("REF*6R", "REF*6R*01**", [("trailing-separators", "warn", 19)]),
        ("LQ", f"LQ*HE*{'N' * 40}", [("element-length", "warn", 24)]),
        ("LQ", "LQ*QQ*N130", [("unexpected-segment", "warn", 24)]),
        ("LQ", "ZZZ*1", [("unexpected-segment", "warn", 24)]),
    ],
)
def test_each_deviation_is_found_once_with_its_grade_and_place(
    old: str, new: str | None, expected: list[tuple[str, str, int]]
) -> None:
    assert found(changed(old, new)) == expected


def test_a_message_names_segment_and_element_and_leaves_values_to_the_excerpt() -> None:
    (finding,) = check_transaction_set(document(changed("CLP", "CLP*C0000001*99*300*192*48*17*ICN1")))
    assert finding.message == (
        "CLP02 (Claim Status Code) in loop 2100 holds a value that is not among the guide's codes."
    )
    assert finding.excerpt == "CLP*C0000001*99*300*192*48*17*ICN1"


@pytest.mark.parametrize(
    ("code", "place", "severity"),
    [
        ("too-many-segments", "HEADER/BPR", "reject"),
        ("too-many-segments", "HEADER/TRN", "reject"),
        ("too-many-segments", "1000B/N1", "hold"),
        ("too-many-segments", "2100/NM1[QC]", "hold"),
        ("too-many-segments", "2110/SVC", "hold"),
        ("too-many-segments", "2100/REF[1L]", "warn"),
        ("missing-segment", "1000A/N1", "reject"),
        ("missing-segment", "2100/CLP", "hold"),
        ("missing-element", "2110/SVC01-2", "hold"),
        ("missing-element", "2100/NM1[IL]09", "warn"),
        ("element-code", "1000B/N103", "hold"),
        ("element-format", "1000A/N102", "warn"),
        ("element-format", "2100/NM1[QC]03", "warn"),
        ("element-length", "HEADER/BPR16", "hold"),
        ("element-length", "HEADER/BPR09", "warn"),
        ("element-length", "HEADER/TRN04", "warn"),
        ("element-length", "2100/CLP08", "warn"),
        ("element-length", "2110/CAS18", "hold"),
        ("unexpected-segment", "CLP", "reject"),
        ("unexpected-segment", "BPR*I", "reject"),
        ("unexpected-segment", "CAS*CO", "hold"),
        ("unexpected-segment", "NM1*QC", "hold"),
        ("unexpected-segment", "NM1*IL", "warn"),
        ("trailing-separators", "2100/CLP", "warn"),
        ("check-failed", "", "hold"),
        ("check-incomplete", "", "hold"),
    ],
)
def test_grades(code: str, place: str, severity: str) -> None:
    assert grade(code, place) == severity


def test_several_provider_adjustment_segments_are_as_the_guide_allows() -> None:
    plb = ["PLB*1234567893*20261231*WO:ICN7*10", "PLB*1987654321*20261231*FB:ICN8*-10", "PLB*1*20261231*L6*-1"]
    assert found(REMITTANCE + plb) == []


def test_remark_codes_younger_than_the_map_are_taken() -> None:
    assert found(changed("LQ", "LQ*HE*N900")) == []
    assert found(changed("DTM*232", "MOA***MA01*N900")) == []


def test_the_version_without_addendum_is_the_same_guide() -> None:
    assert check_transaction_set(document(REMITTANCE, version="005010X221")) == ()


@pytest.mark.parametrize(
    ("version", "kind", "code"),
    [("004010X091A1", "835", "wrong-version"), ("", "835", "wrong-version"), ("005010X221A1", "837", "not-an-835")],
)
def test_another_version_or_transaction_is_refused(version: str, kind: str, code: str) -> None:
    (finding,) = check_transaction_set(document(REMITTANCE, version=version, kind=kind))
    assert finding[:2] == (f"conformance-{code}", "reject")
    assert finding.segment_number == 3


@pytest.mark.parametrize("procedure", ["AD:D0120:1:2:3:4:5:6:7", "AD:D0120" + ":" * 60])
def test_too_many_components_are_a_finding_and_the_check_goes_on(procedure: str) -> None:
    body = changed("SVC*AD:D0120", f"SVC*{procedure}*120*96**1")
    body[-1] = "LQ*QQ*N130"
    findings = found(body)
    assert findings[0] == ("too-many-elements", "hold", 16)
    assert findings[-1] == ("unexpected-segment", "warn", 24)


def test_an_empty_or_a_very_long_segment_does_not_end_the_check() -> None:
    body = changed("LQ", "LQ*QQ*N130")
    assert found([*body[:-1], "", body[-1]]) == [("unexpected-segment", "warn", 24)]
    assert found([*body[:19], "CAS*CO*253*" + "1" * 40_000, *body[19:]]) == [
        ("element-length", "hold", 23),
        ("unexpected-segment", "warn", 25),
    ]


def test_segments_that_cannot_be_placed_in_a_row_are_one_finding() -> None:
    (finding,) = check_transaction_set(document(changed("LX", None)))
    assert finding.message.startswith("CLP does not belong here")
    assert finding.message.endswith("The next 11 could not be placed either.")


def test_equal_warnings_are_told_once_but_every_hold_is_told() -> None:
    body = HEADER + [line.replace("472*20261001", "472*00000000").replace("*17*", "*QQ*") for line in CLAIM * 5]
    dates, plans = check_transaction_set(document(body))[1], check_transaction_set(document(body))[0]
    assert (plans.segment_number, dates.segment_number) == (13, 17)
    assert plans.message.endswith("Found 5 times.")
    assert dates.message.endswith("Found 10 times.")
    holds = found(HEADER + [line.replace("*300*", "*3OO*") for line in CLAIM * 5])
    assert holds == [("element-format", "hold", 13 + 12 * number) for number in range(5)]


def test_what_was_not_checked_is_said() -> None:
    text = document(REMITTANCE)
    cut, tail = text[: text.index("SE*23")], text[text.index("GE*1") :]
    for incomplete in (cut + tail, cut, text.replace("GE*1", "CLP*C2*1*5*5\n~GE*1"), text.replace("ST*835", "XX*835")):
        assert "conformance-check-incomplete" in [each.code for each in check_transaction_set(incomplete)]
    for nothing in ("", "JANE EXAMPLE", text[:40], "ISA"):
        assert [each.code for each in check_transaction_set(nothing)] == ["conformance-check-incomplete"]


def test_a_failure_inside_pyx12_is_a_finding_that_names_its_type_only(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = walk_tree.walk_errors

    def trip(self: walk_tree, node: object, segment: object, *place: object) -> object:
        if str(segment).startswith("NM1"):
            raise ZeroDivisionError("JANE EXAMPLE")
        return whole(self, node, segment, *place)

    monkeypatch.setattr(walk_tree, "walk_errors", trip)
    dates, failure = check_transaction_set(document(changed("DTM*405", "DTM*405*00000000")))
    assert dates.code == "conformance-element-date"
    assert failure[:2] == ("conformance-check-failed", "hold")
    assert failure.segment_number == 14
    assert "ZeroDivisionError" in failure.message
    assert "JANE" not in failure.message


def test_nothing_is_logged_or_printed(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    caplog.set_level(logging.DEBUG)
    check_transaction_set(document([line.replace("*", "*JANE*", 1) for line in REMITTANCE]))
    check_transaction_set(document([*REMITTANCE, "SVC*" + "JANE:" * 30]))
    assert not [record for record in caplog.records if record.name.startswith("pyx12")]
    assert capfd.readouterr() == ("", "")


@st.composite
def damaged(draw: st.DrawFn) -> list[str]:
    """The sample remittance with segments left out, repeated, moved, or with odd values."""
    body = list(REMITTANCE)
    values = st.sampled_from(["", "QQ", "0", "-", "1:2:3", "20261399", "EXAMPLE", "é", "9" * 60, ":::::::::::"])
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(body) - 1))
        match draw(st.integers(0, 4)):
            case 0:
                del body[at]
            case 1:
                body.insert(draw(st.integers(0, len(body))), body[at])
            case 2:
                body.insert(draw(st.integers(0, len(body) - 1)), body.pop(at))
            case _:
                elements = body[at].split("*")
                elements[draw(st.integers(1, len(elements) - 1))] = draw(values)
                body[at] = "*".join(elements)
    return body


@settings(max_examples=200, deadline=None)
@given(damaged())
def test_no_value_of_the_document_gets_into_a_message(body: list[str]) -> None:
    marked = [line.replace("EXAMPLE", "CANARY").replace("C0000001", "CANARY1").replace("QQ", "ZQ7") for line in body]
    for finding in check_transaction_set(document(marked)):
        assert "CANARY" not in finding.message
        assert "ZQ7" not in finding.message
        assert 1 <= (finding.segment_number or 0) <= len(marked) + 6
        assert finding.code.startswith("conformance-")
        assert finding.code != "conformance-check-failed"


@settings(max_examples=30, deadline=None)
@given(st.lists(damaged(), min_size=1, max_size=4))
def test_one_document_leaves_no_trace_in_the_next(bodies: list[list[str]]) -> None:
    first = [check_transaction_set(document(body)) for body in bodies]
    assert check_transaction_set(document(REMITTANCE)) == ()
    assert [check_transaction_set(document(body)) for body in reversed(bodies)] == first[::-1]


@settings(max_examples=25, deadline=None)
@given(damaged())
def test_the_verdict_is_that_of_pyx12_as_a_whole(body: list[str]) -> None:
    text = document(body)
    logging.getLogger("pyx12").propagate = False
    try:
        clean = x12n_document(ParamsBase(), io.StringIO(text), None, None)
    except IndexError:  # too many components
        clean = False
    assert (check_transaction_set(text) == ()) == clean


def remittances(count: int, claims: int) -> Iterator[str]:
    for number in range(count):
        lines = [line.replace("C0000001", f"C{number:07}") for line in CLAIM * claims]
        lines[-1] = f"LQ*{'QQ' if number % 3 else 'HE'}*N130"
        yield document(HEADER + lines)


def test_documents_are_checked_in_order_in_this_process_or_in_several() -> None:
    texts = list(remittances(30, 100))
    expected = [check_transaction_set(text) for text in texts]
    assert {len(findings) for findings in expected} == {0, 1}
    assert list(check_all(texts, workers=1)) == expected
    assert list(check_all(iter(texts), workers=2)) == expected
    assert list(check_all(texts[:3])) == expected[:3]
    assert list(check_all([])) == []


def test_documents_are_taken_as_they_are_needed_and_workers_end_with_the_reading() -> None:
    taken = 0

    def counted() -> Iterator[str]:
        nonlocal taken
        for text in remittances(200, 100):
            taken += 1
            yield text

    results = check_all(counted(), workers=2)
    for _ in range(10):
        next(results)
    assert taken < 50
    assert multiprocessing.active_children()
    results.close()  # type: ignore[attr-defined]
    assert not multiprocessing.active_children()


def test_a_worker_that_dies_costs_no_verdict() -> None:
    texts = list(remittances(30, 100))
    results = check_all(texts, workers=2)
    verdicts = [next(results)]
    for worker in multiprocessing.active_children():
        worker.kill()
    verdicts.extend(results)
    assert verdicts == [check_transaction_set(text) for text in texts]


SCRIPT = """
import sys
sys.path[:0] = {paths!r}
from test_conformance import remittances
from era_engine.x12.conformance import check_all
if __name__ == "__main__":
    import multiprocessing
    results = check_all(remittances(500, 100), workers=2)
    next(results)
    print(*[worker.pid for worker in multiprocessing.active_children()], flush=True)
    list(results)
"""


def test_workers_leave_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    script = tmp_path / "check.py"
    script.write_text(SCRIPT.format(paths=[str(TESTS / "support"), str(TESTS / "x12")]))
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        workers = [int(pid) for pid in parent.stdout.readline().split()]
        assert workers
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while any(running(pid) for pid in workers):
        assert time.monotonic() < deadline, "a worker outlived its parent"
        time.sleep(0.05)


def running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_advice_only_warns_and_tells_equal_things_once() -> None:
    findings = check_transaction_set(document(HEADER + [line.replace("*300*", "*3OO*") for line in CLAIM * 5]))
    (advice,) = as_advice(findings)
    assert advice[:2] == ("conformance-element-format", "warn")
    assert advice.segment_number == 13
    assert advice.message.endswith("Found 5 times.")
    reject = Finding("conformance-not-an-835", "reject", "Not a remittance.", 3)
    assert as_advice([reject]) == (reject._replace(severity="warn"),)


@pytest.mark.skipif(CORPUS is None, reason="ERA_CORPUS names no folder of public samples")
def test_every_public_sample_gets_a_verdict_and_the_clean_ones_a_clean_one() -> None:
    folder = Path(CORPUS or "")
    verdict = {each["file"]: each["pyx12"] for each in json.loads((folder / "index.json").read_text())}
    clean = 0
    for name in sorted(verdict):
        for transaction in Reader(examine(folder / name).chunks()):
            version = transaction.group.version if transaction.group else ""
            findings = check_transaction_set(transaction.document())
            codes = {finding.code for finding in findings}
            assert "conformance-check-failed" not in codes, name
            if not version.startswith("005010X221"):
                assert "conformance-wrong-version" in codes, name
            elif verdict[name] == "clean":
                clean += 1
                assert findings == (), name
    assert clean >= 5
