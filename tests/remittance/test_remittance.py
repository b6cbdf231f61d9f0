"""Transaction sets to payments, claims and lines: every value in its place, every oddity with a finding."""

from datetime import date
from pathlib import Path

import pytest
from reading import Reading, read
from remittance_text import Delimiters, Segments, bare_claim, claim, payment, remittance_file, transaction_set

from era_engine.remittance.adjustments import contracted_write_off
from era_engine.remittance.model import (
    Adjudication,
    Adjustment,
    Contact,
    Dated,
    Party,
    Payment,
    Person,
    Procedure,
    ProviderAdjustment,
    ProviderSummary,
    QualifiedAmount,
    Quantity,
    Reference,
)

HEADER = [
    "BPR*C*90*C*ACH*CCP*01*111*DA*222*1999999999**01*333*DA*444*20261101",
    "TRN*1*EFT77*1999999999*SUFFIX",
    "CUR*PR*USD",
    "REF*EV*RECEIVER",
    "REF*F2*V1",
    "DTM*405*20261031",
    "N1*PR*DELTA DENTAL*XV*PLAN1",
    "N3*1 PAYER STREET*SUITE 2",
    "N4*AUSTIN*TX*78701",
    "REF*2U*PAYER1",
    "PER*CX*CLAIMS*TE*8005550100*EX*12*FX*8005550101",
    "PER*BL*TECH*EM*EDI@DELTA.EXAMPLE",
    "PER*IC**UR*DELTA.EXAMPLE/RULES",
    "N1*PE*LINDEN DENTAL*XX*1234567893",
    "N3*2 PRACTICE ROAD",
    "N4*DALLAS*TX*75001",
    "REF*TJ*741234567",
    "RDM*BM*LINDEN",
]


def of_claim(folder: Path, segments: Segments, amount: str = "90") -> Reading:
    return read(folder, remittance_file(transaction_set(payment(amount, segments))))


def test_the_header_is_read_whole(tmp_path: Path) -> None:
    reading = read(tmp_path, remittance_file(transaction_set([*HEADER, "LX*1", *claim()])))
    assert reading.findings == []
    paid = reading.remittance
    assert paid.payment == Payment("C", 9000, "C", "ACH", date(2026, 11, 1), "EFT77", "1999999999")
    assert paid.payer == Party(
        "PR",
        "DELTA DENTAL",
        "XV",
        "PLAN1",
        ("1 PAYER STREET", "SUITE 2", "AUSTIN", "TX", "78701"),
        (Reference("2U", "PAYER1"),),
        (
            Contact("CX", "CLAIMS", (("TE", "8005550100"), ("EX", "12"), ("FX", "8005550101"))),
            Contact("BL", "TECH", (("EM", "EDI@DELTA.EXAMPLE"),)),
            Contact("IC", "", (("UR", "DELTA.EXAMPLE/RULES"),)),
        ),
    )
    assert paid.payee is not None
    assert (paid.payee.name, paid.payee.id_qualifier, paid.payee.identifier) == ("LINDEN DENTAL", "XX", "1234567893")
    assert paid.payee.references == (Reference("TJ", "741234567"),)
    assert paid.references == (Reference("EV", "RECEIVER"), Reference("F2", "V1"))
    assert paid.dates == (Dated("405", date(2026, 10, 31)),)
    assert (paid.claim_count, paid.claims_paid_cents, paid.control_number) == (1, 9000, "0001")


def test_a_claim_is_read_whole(tmp_path: Path) -> None:
    segments = [
        "CLP*C1*2*200*90*40*12*ICN7*22*7*X*DRG*1.5",
        "CAS*OA*23*50*1",
        "CAS*OA*94*-50",
        "NM1*QC*1*DOE*JANE*Q**JR*MI*SUB1",
        "NM1*IL*1*DOE*JOHN****MI*SUB0",
        "NM1*74*1*DOH",
        "NM1*82*1*VARGA*HEDDA****XX*1605938178",
        "NM1*TT*2*OTHER PLAN",
        "NM1*PR*2*FIRST PLAN*****PI*99",
        "NM1*GB*1*DOE*JIM",
        "MIA*2***4*N1***************N2*N3*N4*N5*9",
        "MOA*0.5*12*MA01*N6*N7*N8*N9*1*2",
        "REF*1L*GROUP9",
        "REF*0B*LIC5",
        "DTM*232*20261001",
        "DTM*233*20261003",
        "DTM*050*20261010",
        "PER*CX*CLAIMS*TE*8005550171",
        "AMT*AU*180",
        "AMT*I*0.25",
        "QTY*CA*3",
        "SVC*AD:D2740:AA:BB:CC:DD:CROWN*200*90*0250*1*AD:D2750*2",
        "DTM*150*20261001",
        "DTM*151*20261002",
        "CAS*PR*1*30**2*10",
        "CAS*CO*45*70",
        "REF*6R*0007",
        "REF*HPI*1234567893",
        "AMT*B6*170",
        "QTY*ZK*2",
        "LQ*HE*N130",
        "LQ*RX*70",
    ]
    reading = read(tmp_path, remittance_file(transaction_set(payment("90", ["TS3*1*11*20261231*1*200", *segments]))))
    assert reading.findings == []
    read_claim = reading.claim
    assert (read_claim.claim_number, read_claim.status, read_claim.payer_claim_number) == ("C1", "2", "ICN7")
    assert (read_claim.charge_cents, read_claim.paid_cents) == (20000, 9000)
    assert read_claim.patient_responsibility_cents == 4000
    assert (read_claim.filing_code, read_claim.facility_code, read_claim.frequency_code) == ("12", "22", "7")
    assert read_claim.adjustments == (Adjustment("OA", "23", 5000, "1"), Adjustment("OA", "94", -5000, None))
    assert [each.role for each in read_claim.people] == ["QC", "IL", "74", "82", "TT", "PR", "GB"]
    assert read_claim.people[0] == Person("QC", "1", "DOE", "JANE", "Q", "JR", "MI", "SUB1")
    inpatient, outpatient = read_claim.adjudications
    assert (inpatient.kind, inpatient.remarks) == ("MIA", ("N1", "N2", "N3", "N4", "N5"))
    assert outpatient.remarks == ("MA01", "N6", "N7", "N8", "N9")
    assert read_claim.references == (Reference("1L", "GROUP9"), Reference("0B", "LIC5"))
    assert [each.qualifier for each in read_claim.dates] == ["232", "233", "050"]
    assert read_claim.contacts == (Contact("CX", "CLAIMS", (("TE", "8005550171"),)),)
    assert read_claim.amounts == (QualifiedAmount("AU", 18000), QualifiedAmount("I", 25))
    assert read_claim.quantities == (Quantity("CA", "3"),)
    assert read_claim.summary is not None
    assert read_claim.summary.number == "1"
    assert read_claim.summary.totals[:5] == ("1", "11", "20261231", "1", "200")
    (line,) = read_claim.lines
    assert line.procedure == Procedure("AD", "D2740", ("AA", "BB", "CC", "DD"), "CROWN")
    assert line.submitted == Procedure("AD", "D2750", (), "")
    assert (line.charge_cents, line.paid_cents, line.revenue_code) == (20000, 9000, "0250")
    assert (line.units, line.submitted_units) == ("1", "2")
    assert line.adjustments == (
        Adjustment("PR", "1", 3000, None),
        Adjustment("PR", "2", 1000, None),
        Adjustment("CO", "45", 7000, None),
    )
    assert line.dates == (Dated("150", date(2026, 10, 1)), Dated("151", date(2026, 10, 2)))
    assert line.references == (Reference("6R", "0007"), Reference("HPI", "1234567893"))
    assert line.amounts == (QualifiedAmount("B6", 17000),)
    assert line.quantities == (Quantity("ZK", "2"),)
    assert line.remarks == ("N130", "70")
    assert read_claim.source.split("~") == segments


def test_a_remark_of_a_claim_may_stand_in_any_of_five_places(tmp_path: Path) -> None:
    reading = of_claim(tmp_path, bare_claim("C1", "90", "90", "MOA***N381*****"))
    assert reading.findings == []
    assert reading.claim.adjudications == (Adjudication("MOA", reading.claim.adjudications[0].elements, ("N381",)),)


def test_all_six_adjustments_of_a_segment_are_read(tmp_path: Path) -> None:
    six = "CAS*CO*45*1*1*29*2*2*97*3*3*253*4*4*96*5*5*16*6*6"
    reading = of_claim(tmp_path, bare_claim("C1", "111", "90", six))
    assert reading.findings == []
    assert [each[1:] for each in reading.claim.adjustments] == [
        ("45", 100, "1"),
        ("29", 200, "2"),
        ("97", 300, "3"),
        ("253", 400, "4"),
        ("96", 500, "5"),
        ("16", 600, "6"),
    ]
    assert contracted_write_off(reading.claim.adjustments) == 100


def test_gaps_between_adjustments_hide_none(tmp_path: Path) -> None:
    reading = of_claim(tmp_path, bare_claim("C1", "111", "90", "CAS*CO****45*6***********29*15"))
    assert reading.findings == []
    assert reading.claim.adjustments == (Adjustment("CO", "45", 600, None), Adjustment("CO", "29", 1500, None))


def test_all_six_pairs_of_a_provider_adjustment_are_read_each_with_its_own_reference(tmp_path: Path) -> None:
    six = "PLB*1234567893*20261231*WO:C9*10*FB:*-20*72:REF3*30*L6*-4*CS:A B*5.05*J1:X:Y*-21.05"
    after = [six, "PLB*1234567893*00000000*50:LATE*1"]
    reading = read(tmp_path, remittance_file(transaction_set(payment("89", claim(), after=after))))
    assert reading.graded == [("warn", "unreadable-date")]  # the second has a placeholder
    year_end = date(2026, 12, 31)
    assert reading.remittance.provider_adjustments == (
        ProviderAdjustment("1234567893", year_end, "WO", "C9", 1000),
        ProviderAdjustment("1234567893", year_end, "FB", "", -2000),
        ProviderAdjustment("1234567893", year_end, "72", "REF3", 3000),
        ProviderAdjustment("1234567893", year_end, "L6", "", -400),
        ProviderAdjustment("1234567893", year_end, "CS", "A B", 505),
        ProviderAdjustment("1234567893", year_end, "J1", "X:Y", -2105),
        ProviderAdjustment("1234567893", None, "50", "LATE", 100),
    )


def test_composites_are_split_by_the_separator_of_the_interchange(tmp_path: Path) -> None:
    sets = transaction_set(payment("80", claim(), after=["PLB*1*20261231*WO:REF*10"]))
    reading = read(tmp_path, remittance_file(sets, delimiters=Delimiters("|", ">", "^", "\x1d")))
    assert reading.findings == []
    assert reading.remittance.provider_adjustments[0][2:] == ("WO", "REF", 1000)
    assert reading.claim.lines[0].procedure == Procedure("AD", "D0120", (), "")


@pytest.mark.parametrize(
    ("codec", "name"), [("utf-8", "MÜLLER-ŁUKASZ"), ("utf-8-sig", "NIÑO"), ("latin-1", "MÜLLER"), ("latin-1", "Ñ")]
)
def test_names_keep_their_accents_in_utf_8_and_latin_1(tmp_path: Path, codec: str, name: str) -> None:
    text = remittance_file(transaction_set(payment("90", claim()))).replace("DOE", name)
    reading = read(tmp_path, text.encode(codec))
    assert reading.findings == []
    assert reading.claim.people[0].last_name == name


def test_a_utf_8_mark_before_latin_1_is_no_text(tmp_path: Path) -> None:
    text = remittance_file(transaction_set(payment("90", claim()))).replace("DOE", "MÜLLER")
    reading = read(tmp_path, b"\xef\xbb\xbf" + text.encode("latin-1"))
    assert reading.findings == []
    assert reading.claim.people[0].last_name == "MÜLLER"


def test_claims_named_more_than_once_in_a_payment_are_counted(tmp_path: Path) -> None:
    claims = [claim("C1"), claim("C2"), claim(" C1 "), claim("C3"), claim("C2"), claim("C1")]
    reading = read(tmp_path, remittance_file(transaction_set(payment("540", *claims))))
    assert reading.remittance.claim_number_counts == {"C1": 3, "C2": 2}
    assert reading.remittance.claim_count == 6


def test_each_claim_keeps_the_loop_header_it_stands_under(tmp_path: Path) -> None:
    ts3, ts2 = "TS3*P1*11*20261231*2*240", "TS2*1*2"
    body = payment("270", claim("C1"), ["LX*2", ts3, ts2], claim("C2"), ["LX*3"], claim("C3"))
    first, second, third = read(tmp_path, remittance_file(transaction_set(body))).claims
    assert first.summary == ProviderSummary("1", (), ())
    assert second.summary is not None
    assert (second.summary.number, second.summary.totals[0], second.summary.inpatient_totals[:2]) == (
        "2",
        "P1",
        ("1", "2"),
    )
    assert third.summary == ProviderSummary("3", (), ())
