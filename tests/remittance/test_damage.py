"""Whatever happens to a file on its way: never an exception, and no claim goes missing without a word."""

import re
from pathlib import Path

from answers import read_back
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from reading import read
from remittance_text import claim, payment, remittance_file, transaction_set

from era_engine.custody.answers import hear
from era_engine.remittance.conformance import conformance_findings
from era_engine.remittance.survey import read_payments
from era_engine.x12.acknowledgement import answers
from era_engine.x12.acknowledgement_text import Stamp, written

SOUND = remittance_file(
    transaction_set(payment("180", claim("C1"), claim("C2"), trace="EFT1"), "0001"),
    transaction_set(payment("80", claim("C3"), trace="EFT2", after=["PLB*1*20261231*WO:C0*10"]), "0002"),
)
PIECES = [
    *("", "*", "~", ":", "\n", "\r\n", "\x00", "\x1a", " " * 100, "~~~", "é", "9" * 30, "-", "1E5", "NaN"),
    *("ISA*", "ISA~", "IEA~", "IEA*1*1~", "GS~", "GE~", "ST~", "ST*835*9~", "SE~", "CLP~", "CLP*C9*1*5*5~"),
    *("LX~", "PLB~", "CAS~", "SVC~", "NM1~", "ZZZ*1~", SOUND[:300]),
]
edits = st.lists(
    st.tuples(st.integers(0, len(SOUND)), st.integers(0, 40), st.sampled_from(PIECES)), min_size=1, max_size=6
)


def damaged(edits: list[tuple[int, int, str]]) -> str:
    text = SOUND
    for at, length, instead in edits:
        text = text[:at] + instead + text[at + length :]
    return text


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(edits)
@example([(0, 3, "Isa")])
@example([(SOUND.index("IEA"), 3, "IEA~ST*835*9~CLP*C9*1*5*5~")])
@example([(SOUND.index("IEA"), 0, " " * 100), (len(SOUND), 0, SOUND)])
@example([(SOUND.index("~"), 1, "C")])
def test_damage_is_found_and_never_fatal(tmp_path: Path, edits: list[tuple[int, int, str]]) -> None:
    text = damaged(edits)
    reading = read(tmp_path, text)
    begun = len(re.findall(r"~\s*CLP[*~]", text))
    if begun > len(reading.claims):
        assert any(finding.severity != "warn" for finding in reading.findings)
    for remittance in reading.remittances:
        assert remittance.rejected == any(finding.severity == "reject" for finding in remittance.findings)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(edits)
def test_whatever_was_damaged_its_sender_is_answered_in_good_form(
    tmp_path: Path, edits: list[tuple[int, int, str]]
) -> None:
    heard = hear(read(tmp_path, damaged(edits)).surveyed)
    advice = conformance_findings(heard.surveyed, "require")
    for (remittance, claims), conformance in zip(read_payments(heard.surveyed), advice, strict=True):
        assert list(heard.listen(remittance, conformance, claims)) is not None
    for answer in answers(heard.surveyed.interchanges, heard.findings, frozenset(heard.used)):
        text = written(answer, Stamp(1001, "20261102", "090000"))
        if text is None:
            continue
        path = tmp_path / "answer.999"
        path.write_text(text, encoding="ascii")
        accepted = [each.split("*")[1] for each in read_back(path).of("IK5")]
        assert len(accepted) == sum(len(each.sets) for each in answer.groups)
        assert ("R" in accepted) <= any(
            each.received.first not in heard.used for of in answer.groups for each in of.sets
        )
