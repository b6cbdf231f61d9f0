"""Claims from X12 837 files: what is read of them, whose they are, and how a bad file is refused."""

from datetime import date
from pathlib import Path

import pytest
from remittance_text import Delimiters, Segments, group, interchange, isa, written
from sent_claims_text import (
    DENTAL,
    PROFESSIONAL,
    claim_file,
    dependent,
    line,
    other_plan,
    paid_by_other_plan,
    provider,
    sent,
    sent_file,
    sent_set,
    subscriber,
)
from where import ERRORS

from era_engine.foundation.errors import ClaimsFileError
from era_engine.practice.claims_837 import SentClaims, is_x12, read_sent_claims
from era_engine.practice.model import Claim, ProcedureLine

BROKEN = sorted(ERRORS.glob("claims_837/*.edi"))

EXAM = ProcedureLine(1, "D0120", date(2026, 10, 5), 12000, None, None)
JANES = Claim(
    claim_number="C1",
    patient_id="PC0FFEE000000",
    last_name="DOE",
    first_name="JANE",
    birth_date=date(1980, 2, 29),
    subscriber_id="SUB1",
    plan_count=1,
    plan_ordinal=1,
    payer_id="DDP71",
    payer_name="DELTA DENTAL",
    location="LINDEN DENTAL",
    lines=(EXAM,),
    origin="837",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "claims.edi"


def read(path: Path, text: str | bytes) -> SentClaims:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_sent_claims(path)


def only_claim(path: Path, text: str | bytes) -> Claim:
    (claim,) = read(path, text).claims
    return claim


def faults_of(path: Path, text: str | bytes) -> list[str]:
    with pytest.raises(ClaimsFileError) as refused:
        read(path, text)
    return refused.value.problem.replace(f"{path}: ", "").split("\n")


def same_but_for_the_patient_id(claim: Claim) -> Claim:
    return claim._replace(patient_id=JANES.patient_id)


# What is read


def test_a_subscriber_is_the_patient_of_claims_at_its_own_level(path: Path) -> None:
    assert same_but_for_the_patient_id(only_claim(path, claim_file())) == JANES


def test_a_dependent_is_the_patient_and_the_member_id_stays_the_subscribers(path: Path) -> None:
    text = sent_file(
        sent_set(
            provider(),
            subscriber(),
            dependent(sent("C1"), number=3, parent=2, name="DOE*TIM", born="20150401"),
            dependent(sent("C2"), sent("C3"), number=4, parent=2, name="ROE*UMA", born="20170809"),
        )
    )
    tims, umas, umas_too = read(path, text).claims
    assert [tims.last_name, tims.first_name, tims.birth_date] == ["DOE", "TIM", date(2015, 4, 1)]
    assert [umas.last_name, umas.first_name, umas.birth_date] == ["ROE", "UMA", date(2017, 8, 9)]
    assert {tims.subscriber_id, umas.subscriber_id} == {"SUB1"}
    assert tims.patient_id != umas.patient_id == umas_too.patient_id
    assert [tims.claim_number, umas.claim_number, umas_too.claim_number] == ["C1", "C2", "C3"]


def test_each_claim_has_the_subscriber_payer_and_provider_above_it(path: Path) -> None:
    text = sent_file(
        sent_set(
            provider(1, "LINDEN DENTAL"),
            subscriber(sent("C1"), number=2, parent=1),
            subscriber(sent("C2"), number=3, parent=1, member_id="M2", payer="METLIFE", payer_id="65978"),
            provider(4, "MILL DENTAL"),
            subscriber(number=5, parent=4, member_id="M3", payer="CIGNA", payer_id="62308"),
            dependent(sent("C3"), number=6, parent=5, name="ROE*UMA", born="20170809"),
            subscriber(sent("C4"), number=7, parent=4, member_id="M4"),
        )
    )
    assert [
        (claim.claim_number, claim.subscriber_id, claim.payer_id, claim.payer_name, claim.location)
        for claim in read(path, text).claims
    ] == [
        ("C1", "SUB1", "DDP71", "DELTA DENTAL", "LINDEN DENTAL"),
        ("C2", "M2", "65978", "METLIFE", "LINDEN DENTAL"),
        ("C3", "M3", "62308", "CIGNA", "MILL DENTAL"),
        ("C4", "M4", "DDP71", "DELTA DENTAL", "MILL DENTAL"),
    ]


def test_a_level_belongs_to_the_parent_it_names_wherever_that_stands(path: Path) -> None:
    text = sent_file(
        sent_set(
            provider(1, "LINDEN DENTAL"),
            provider(2, "MILL DENTAL"),
            subscriber(number=3, parent=1, member_id="M3"),
            subscriber(number=4, parent=2, member_id="M4"),
            dependent(sent("C1"), number=5, parent=3, name="ROE*UMA", born="20170809"),
        )
    )
    claim = only_claim(path, text)
    assert (claim.subscriber_id, claim.location) == ("M3", "LINDEN DENTAL")


def test_another_plans_subscriber_payer_dates_and_payments_are_not_the_claims(path: Path) -> None:
    secondary = sent("C1", "120", line(1, "D0120", "120", *paid_by_other_plan(), control="0007"), about=other_plan("P"))
    claim = only_claim(path, sent_file(sent_set(provider(), subscriber(secondary, ordinal="S"))))
    assert same_but_for_the_patient_id(claim) == JANES._replace(
        plan_count=2, plan_ordinal=2, lines=(EXAM._replace(control_number="0007"),)
    )


@pytest.mark.parametrize(
    ("ordinal", "others", "plan_ordinal", "plan_count"),
    [
        ("P", 0, 1, 1),
        ("P", 1, 1, 2),
        ("P", 2, 1, 3),
        ("S", 1, 2, 2),
        ("S", 0, 2, 2),  # a second plan there is none before: the first was forgotten
        ("T", 2, 3, 3),
        ("A", 3, 4, 4),
        ("H", 10, 11, 11),
    ],
)
def test_the_claim_says_which_plan_it_went_to_and_how_many_there_are(
    path: Path, ordinal: str, others: int, plan_ordinal: int, plan_count: int
) -> None:
    about = [segment for _ in range(others) for segment in other_plan()]
    claim = only_claim(path, sent_file(sent_set(provider(), subscriber(sent(about=about), ordinal=ordinal))))
    assert (claim.plan_ordinal, claim.plan_count) == (plan_ordinal, plan_count)


def test_lines_have_their_own_number_code_charge_date_and_control_number(path: Path) -> None:
    lines = (
        line(2, "D2740:::::CROWN", "1200.5", control="00012"),
        line(1, "D1110", ".95"),
    )
    claim = only_claim(path, claim_file(sent("C1", "1201.45", *lines)))
    assert claim.lines == (
        ProcedureLine(1, "D1110", date(2026, 10, 5), 95, None, None),
        ProcedureLine(2, "D2740", date(2026, 10, 5), 120050, None, None, control_number="00012"),
    )


def test_a_line_without_a_date_of_service_has_the_claims(path: Path) -> None:
    undated = [segment for segment in line(2, "D1110", "80") if not segment.startswith("DTP")]
    claim = only_claim(path, claim_file(sent("C1", "200", line(), undated, about=["DTP*472*D8*20261001"])))
    assert [each.service_date for each in claim.lines] == [date(2026, 10, 5), date(2026, 10, 1)]


def test_a_range_of_dates_counts_from_its_first_day(path: Path) -> None:
    text = claim_file().replace("DTP*472*D8*20261005", "DTP*472*RD8*20260930-20261005")
    assert only_claim(path, text).lines[0].service_date == date(2026, 9, 30)


def test_the_location_is_the_service_facility_where_the_claim_names_one(path: Path) -> None:
    facility = ["NM1*77*2*MILL STREET OFFICE*****XX*1222222221", "N3*5 MILL STREET"]
    assert only_claim(path, claim_file(sent(about=facility))).location == "MILL STREET OFFICE"
    person = claim_file().replace("NM1*85*2*LINDEN DENTAL*", "NM1*85*1*OLMOS*RITA")
    assert only_claim(path, person).location == "RITA OLMOS"


def test_professional_claims_are_read_too(path: Path) -> None:
    visit = ["LX*1", "SV1*HC:99213:25*120*UN*1***1", "DTP*472*D8*20261005", "REF*6R*7"]
    text = sent_file(sent_set(provider(), subscriber(sent("C1", "120", visit))), version=PROFESSIONAL)
    assert only_claim(path, text).lines == (
        ProcedureLine(1, "99213", date(2026, 10, 5), 12000, None, None, control_number="7"),
    )


def test_the_kind_of_claims_stands_in_the_set_or_else_in_its_group(path: Path) -> None:
    claims = sent_set(provider(), subscriber(sent()), version=DENTAL)
    assert len(read(path, sent_file(claims, version="")).claims) == 1
    assert len(read(path, sent_file(claims, version="005010X221A1")).claims) == 1


def test_a_birth_date_that_is_not_told_is_unknown(path: Path) -> None:
    for born in ("", "00000000", "19000101"):
        text = sent_file(sent_set(provider(), subscriber(sent(), born=born)))
        assert only_claim(path, text).birth_date is None


def test_a_patient_with_one_name_only_has_no_first_name(path: Path) -> None:
    claim = only_claim(path, sent_file(sent_set(provider(), subscriber(sent(), name="SUKARNO*"))))
    assert (claim.last_name, claim.first_name) == ("SUKARNO", "")


@pytest.mark.parametrize(
    ("last", "suffix", "kept"),
    [
        ("DOE", "JR", "DOE JR"),
        ("DOE", "Sr.", "DOE Sr."),
        ("DOE", "III", "DOE III"),
        ("DOE JR", "JR", "DOE JR"),
        ("DOE", "DDS", "DOE"),
    ],
)
def test_a_suffix_that_tells_father_and_son_apart_is_kept_in_the_last_name(
    path: Path, last: str, suffix: str, kept: str
) -> None:
    text = claim_file().replace("DOE*JANE****MI", f"{last}*JANE***{suffix}*MI")
    assert only_claim(path, text).last_name == kept
    son = sent_set(
        provider(),
        subscriber(),
        dependent(sent(), number=3, parent=2, name=f"{last}*TIM***{suffix}", born="20150401"),
    )
    assert only_claim(path, sent_file(son)).last_name == kept


# Whatever wrote the file


@pytest.mark.parametrize(
    "delimiters",
    [
        Delimiters(line_end=""),
        Delimiters(line_end="\r\n"),
        Delimiters(element="|", component=">", repetition="!", terminator="'"),
        Delimiters(terminator="\n", line_end=""),
    ],
)
def test_separators_and_line_ends_are_the_files_own(path: Path, delimiters: Delimiters) -> None:
    text = sent_file(sent_set(provider(), subscriber(sent())), delimiters=delimiters)
    assert same_but_for_the_patient_id(only_claim(path, text)) == JANES


def test_byte_order_marks_blanks_and_latin_1_are_read(path: Path) -> None:
    assert only_claim(path, b"\xef\xbb\xbf\r\n" + claim_file().encode()).claim_number == "C1"
    latin = sent_file(sent_set(provider(), subscriber(sent(), name="NÚÑEZ*RENÉE"))).encode("latin-1")
    assert only_claim(path, latin).last_name == "NÚÑEZ"


def test_several_interchanges_groups_and_sets_are_one_file(path: Path) -> None:
    def claims(number: str, control: str = "0001") -> Segments:
        return sent_set(provider(), subscriber(sent(number)), control=control)

    first = interchange(
        group(claims("C1"), claims("C2", "0002"), kind="HC", version=DENTAL),
        group(claims("C3"), control="2", kind="HC", version=DENTAL),
    )
    second = interchange(group(claims("C4"), kind="HC", version=DENTAL), control="000000002")
    found = read(path, written(first) + written(second, Delimiters(element="|")))
    assert [claim.claim_number for claim in found.claims] == ["C1", "C2", "C3", "C4"]


@pytest.mark.parametrize(
    ("start", "x12"),
    [
        (isa(), True),
        ("\ufeff \r\n" + isa(), True),
        (isa().lower(), True),
        ("claim_number,patient_id\n", False),
        ("ISA,claim_number\n", False),
        ("ISABEL,1\n", False),
        ("", False),
    ],
)
def test_a_file_shows_by_its_beginning_whether_it_is_x12(path: Path, start: str, x12: bool) -> None:
    path.write_bytes(start.encode())
    assert is_x12(path) is x12


# What is no claim to be paid


def test_a_void_and_a_predetermination_are_no_claims(path: Path) -> None:
    estimate = sent("C2")
    estimate[0] += "**********PB"
    estimate = [segment for segment in estimate if not segment.startswith("DTP")]
    found = read(path, claim_file(sent("C1"), estimate, sent("C3", frequency="8"), sent("C4", frequency="7")))
    assert [claim.claim_number for claim in found.claims] == ["C1", "C4"]
    assert (found.voided, found.predeterminations) == (("C3",), 1)


# How a bad file is refused


@pytest.mark.parametrize("broken", BROKEN, ids=lambda path: path.stem)
def test_a_broken_file_is_refused_in_these_words(broken: Path) -> None:
    with pytest.raises(ClaimsFileError) as refused:
        read_sent_claims(broken)
    expected = broken.with_suffix(".txt").read_text(encoding="utf-8")
    assert str(refused.value).replace(f"{broken.parent}/", "") + "\n" == expected


def test_the_broken_files_are_where_they_are_looked_for() -> None:
    assert len(BROKEN) > 20


def test_a_file_cut_anywhere_is_refused_whole(path: Path) -> None:
    text = sent_file(sent_set(provider(), subscriber(sent("C1"), sent("C2"))))
    whole = text.rstrip("\n").rstrip("~")
    for length in range(110, len(whole), 7):
        assert faults_of(path, text[:length]), length
    assert len(read(path, whole).claims) == 2


def test_no_fault_tells_who_the_patient_is(path: Path) -> None:
    who = {"name": "SECRETDOE*SECRETJANE", "member_id": "SECRET1", "born": "19800228"}
    text = sent_file(sent_set(provider(), subscriber(sent(), **who)))  # type: ignore[arg-type]
    for right, wrong in {
        "*120***11": "*SECRETJANE***11",
        "SV3*AD:D0120*120": "SV3*AD:D0120*SECRETJANE",
        "DTP*472*D8*20261005": "DTP*472*D8*SECRETJANE",
        "DMG*D8*19800228": "DMG*D8*1980SECRET",
        "LX*1": "LX*SECRETDOE",
        "SBR*P": "SBR*SECRETDOE",
        "CLM*C1": "CLM*SECRETDOESECRETJANESECRET",
        "HL*2*1*22": "HL*SECRET*SECRET*SECRET",
        "DDP71": "SECRET" * 50,
        "11:B:1": "SECRET:SECRET:SECRET",
    }.items():
        assert right in text
        told = "\n".join(faults_of(path, text.replace(right, wrong, 1)))
        assert "SECRET" not in told
        assert "1980" not in told
