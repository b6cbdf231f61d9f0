"""What a payer gets wrong within a payment: amounts, dates, and segments where the guide places none."""

from datetime import date
from pathlib import Path

import pytest
from reading import Reading, read
from remittance_text import Segments, bare_claim, claim, payment, remittance_file, transaction_set

from era_engine.foundation.money import cents
from era_engine.remittance.model import Dated, QualifiedAmount


def of_claim(folder: Path, segments: Segments, amount: str = "90") -> Reading:
    return read(folder, remittance_file(transaction_set(payment(amount, segments))))


@pytest.mark.parametrize(
    "text", ["00000000", "19000101", "20261301", "20260229", "261001", "2026-10-1", "٢٠٢٦١٠٠١", ""]
)
def test_a_date_that_is_none_is_unknown_with_a_warning(tmp_path: Path, text: str) -> None:
    reading = of_claim(tmp_path, claim("C1", "120", "90", "30", f"DTM*472*{text}"))
    assert reading.graded == [("warn", "unreadable-date")]
    assert reading.claim.lines[0].dates == (Dated("472", date(2026, 10, 5)), Dated("472", None))
    header = remittance_file(transaction_set(payment("90", claim()))).replace("DTM*405*20261031", f"DTM*405*{text}")
    assert read(tmp_path, header).graded == [("warn", "unreadable-date")]


MALFORMED = ["1E3", "NaN", "Infinity", "٣", "12.345", "+5", " 90", "90 ", "1,000", "$5", "--5", "-", ".", "1_0", "0x1"]
TOO_LARGE = ["1234567890123", "1000000000000000000", "9" * 5000, "-1000000000000000000.00"]


@pytest.mark.parametrize("amount", ["", *MALFORMED, *TOO_LARGE])
def test_an_amount_that_is_none_is_a_finding_and_never_zero(tmp_path: Path, amount: str) -> None:
    """In each place money stands that the practice's books depend on."""
    sets = transaction_set(payment("90", claim(), after=["PLB*1*20261231*WO:X*0"]))
    text = remittance_file(sets)
    right = {"BPR02": 9000, "CLP03": 12000, "CLP04": 9000, "SVC02": 12000, "SVC03": 9000, "CAS03": 3000, "PLB04": 0}
    places = {
        "BPR02": ("BPR*I*90*", f"BPR*I*{amount}*"),
        "CLP03": ("*1*120*90**", f"*1*{amount}*90**"),
        "CLP04": ("*1*120*90**", f"*1*120*{amount}**"),
        "SVC02": ("D0120*120*90", f"D0120*{amount}*90"),
        "SVC03": ("D0120*120*90", f"D0120*120*{amount}"),
        "CAS03": ("CAS*CO*45*30", f"CAS*CO*45*{amount}"),
        "PLB04": ("WO:X*0", f"WO:X*{amount}"),
    }
    for element, (old, new) in places.items():
        assert old in text
        reading = read(tmp_path, text.replace(old, new))
        (message,) = reading.messages("malformed-amount")
        assert message.startswith(f"{element},")
        assert all(each.severity == "hold" for each in reading.findings), element
        read_claim, line, remittance = reading.claim, reading.claim.lines[0], reading.remittance
        amounts = {
            "BPR02": remittance.payment.payment_cents,
            "CLP03": read_claim.charge_cents,
            "CLP04": read_claim.paid_cents,
            "SVC02": line.charge_cents,
            "SVC03": line.paid_cents,
            "CAS03": line.adjustments[0].cents,
            "PLB04": remittance.provider_adjustments[0].cents,
        }
        assert amounts == {**right, element: None}


def test_patient_responsibility_may_be_absent_but_not_unreadable(tmp_path: Path) -> None:
    assert of_claim(tmp_path, claim()).claim.patient_responsibility_cents is None
    reading = of_claim(tmp_path, claim(responsibility="1O"))
    assert reading.graded == [("hold", "malformed-amount")]
    assert reading.messages("malformed-amount")[0].startswith("CLP05, patient responsibility, '1O'")


@pytest.mark.parametrize(("text", "amount"), [("90.", 9000), (".5", 50), ("-0.05", -5), ("0", 0), ("0000090.10", 9010)])
def test_amounts_are_exact(text: str, amount: int) -> None:
    assert cents(text) == amount


def test_the_largest_amounts_keep_every_cent(tmp_path: Path) -> None:
    large = "1000000000.00"
    reading = of_claim(tmp_path, bare_claim("C1", large, large), large)
    assert reading.findings == []
    assert reading.claim.paid_cents == 100_000_000_000


def test_an_unreadable_amount_that_is_mere_information_is_a_warning(tmp_path: Path) -> None:
    reading = of_claim(tmp_path, claim("C1", "120", "90", "30", "AMT*B6*N/A"))
    assert reading.graded == [("warn", "unreadable-information")]
    assert reading.claim.lines[0].amounts == (QualifiedAmount("B6", None),)


@pytest.mark.parametrize(
    ("after", "segment", "place"),
    [
        ("N4*AUSTIN*TX*78701", "ZZZ*1", "here in the header"),
        ("DTM*405*20261031", "N3*NOWHERE", "here in the header"),
        ("TRN*1*EFT0001*1999999999", "TRN*1*EFT0002*1999999999", "here in the header"),
        ("BPR*I*90*C*ACH************20261101", "BPR*I*90*C*ACH************20261101", "here in the header"),
        ("DTM*405*20261031", "SVC*AD:D1*1*1", "here in the header"),
        ("LX*1", "REF*XX*1", "between the claims"),
        ("LX*1", "CAS*CO*45*1", "between the claims"),
        ("NM1*QC*1*DOE*JANE****MI*SUB1", "ZZZ*1", "in a claim"),
        ("NM1*QC*1*DOE*JANE****MI*SUB1", "LQ*HE*N1", "in a claim"),
        ("NM1*QC*1*DOE*JANE****MI*SUB1", "BPR*I*1", "in a claim"),
        ("CAS*CO*45*30", "ZZZ*1", "in a service line"),
        ("CAS*CO*45*30", "NM1*82*1*X", "in a service line"),
        ("CAS*CO*45*30", "MOA***N1", "in a service line"),
        ("CAS*CO*45*30", "PER*CX*X", "in a service line"),
        ("CAS*CO*45*30", "N1*PR*X", "in a service line"),
        ("PLB*1*20261231*WO:X*0", "REF*XX*1", "between the claims"),
        ("PLB*1*20261231*WO:X*0", "LX*2", "after the provider adjustments (PLB)"),
        ("PLB*1*20261231*WO:X*0", "CLP*C2*1*0*0", "after the provider adjustments (PLB)"),
    ],
)
def test_a_segment_the_guide_does_not_place_there_holds(tmp_path: Path, after: str, segment: str, place: str) -> None:
    segments = payment("90", claim(), after=["PLB*1*20261231*WO:X*0"])
    segments.insert(segments.index(after) + 1, segment)
    reading = read(tmp_path, remittance_file(transaction_set(segments)))
    assert ("hold", "unexpected-segment") in reading.graded
    (finding, *_) = [each for each in reading.findings if each.code == "unexpected-segment"]
    assert place in finding.message
    assert finding.excerpt is not None
    assert segment.startswith(finding.excerpt)
    assert finding.segment_number == segments.index(after) + 2 + 3


@pytest.mark.parametrize("tag", ["LX", "TS3", "TS2"])
def test_what_follows_a_bare_loop_header_is_not_passed_over(tmp_path: Path, tag: str) -> None:
    reading = read(tmp_path, remittance_file(transaction_set(payment("180", claim(), [tag, "REF*XX*1"], claim("C2")))))
    assert reading.graded == [("hold", "unexpected-segment")]
    assert reading.claim_numbers == ["C1", "C2"]


def test_loops_of_neither_payer_nor_payee_and_second_ones_hold(tmp_path: Path) -> None:
    segments = payment("90", claim())
    at = segments.index("LX*1")
    segments[at:at] = ["N1*SJ*OTHER", "N3*3 ROAD", "N1*PE*SECOND"]
    reading = read(tmp_path, remittance_file(transaction_set(segments)))
    assert reading.graded == [("hold", "unexpected-segment")] * 2
    assert reading.remittance.payee is not None
    assert reading.remittance.payee.name == "LINDEN DENTAL"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("TRN*1*EFT0001*1999999999~\n", "", [("hold", "missing-segment")]),
        ("TRN*1*EFT0001*", "TRN*1* *", [("hold", "missing-element")]),
        ("N1*PE*LINDEN DENTAL*XX*1234567893~\n", "", [("warn", "missing-segment")]),
        ("*C*ACH", "*D*ACH", [("hold", "debit-payment")]),
        ("************20261101", "", [("warn", "unreadable-date")]),
        ("TRN*1", "CUR*PR*CAD~\nTRN*1", [("hold", "foreign-currency")]),
        ("CLP*C1*", "CLP**", [("hold", "missing-element")]),
        ("CLP*C1*1*", "CLP*C1**", [("hold", "missing-element")]),
        ("SVC*AD:D0120*", "SVC**", [("hold", "missing-element")]),
        ("CAS*CO*45*30", "CAS*CO*45*30~\nCAS*CO", [("hold", "missing-element")]),
        ("CAS*CO*45*30", "CAS*CO*45*30~\nCAS*CO***", [("hold", "missing-element")]),
        ("CAS*CO*45*30", "CAS*CO**30", [("hold", "missing-element")]),
        ("CAS*CO*45*30", "CAS*CO*45*30*****************29*5", [("hold", "unexpected-element")]),
        ("CAS*CO*45*30", "CAS*CO*45*30******************5", [("hold", "unexpected-element")]),
        ("CAS*CO*45*30", "CAS*XX*45*30", [("warn", "unknown-adjustment-group")]),
        ("CAS*CO*45*30", "CAS*CR*45*30", [("warn", "unknown-adjustment-group")]),
        ("SE*", "PLB*1*20261231~\nSE*", [("hold", "unexpected-element")]),
        ("SE*", "PLB*1*20261231*WO:X*0***********WO:Y*5~\nSE*", [("hold", "unexpected-element")]),
        ("SE*", "PLB*1*20261231*WO:X*0************5~\nSE*", [("hold", "unexpected-element")]),
    ],
)  # fmt: skip
def test_what_is_missing_or_too_much_is_named(
    tmp_path: Path, old: str, new: str, expected: list[tuple[str, str]]
) -> None:
    text = remittance_file(transaction_set(payment("90", claim())))
    assert old in text
    reading = read(tmp_path, text.replace(old, new, 1))
    assert sorted(each for each in reading.graded if each[1] != "envelope-mismatch") == expected


def test_a_payment_without_its_amount_or_payer_is_named(tmp_path: Path) -> None:
    reading = read(
        tmp_path, remittance_file(transaction_set(["TRN*1*EFT1*1999999999", "N1*PE*LINDEN DENTAL", "LX*1", *claim()]))
    )
    assert ("hold", "missing-segment") in reading.graded
    assert ("hold", "payment-out-of-balance") in reading.graded
    assert reading.messages("missing-segment") == [
        "The payment has no BPR segment.",
        "The remittance names no payer (N1*PR).",
    ]
    assert reading.remittance.payment.payment_cents is None
    assert reading.remittance.payer is None


def test_a_claim_without_elements_counts_as_a_claim(tmp_path: Path) -> None:
    reading = read(tmp_path, remittance_file(transaction_set(payment("90", claim(), ["CLP"]))))
    assert reading.claim_numbers == ["C1", ""]
    assert reading.remittance.claim_count == 2
    assert reading.remittance.claims_paid_cents is None
    assert ("hold", "payment-out-of-balance") in reading.graded


def test_a_payment_below_zero_is_a_doubt_of_the_whole_payment(tmp_path: Path) -> None:
    """What the practice owes is carried forward (PLB FB), and the payment is zero."""
    text = remittance_file(transaction_set(payment("-50", claim("C1"), after=["PLB*1*20261231*WO:OLD*140"])))
    reading = read(tmp_path, text)
    assert reading.graded == [("hold", "negative-payment")]
    (message,) = reading.messages("negative-payment")
    assert message == (
        "BPR02, the payment's amount, is -$50.00. A payment is never below zero; the payer carries the rest forward"
        " (PLB FB)."
    )
