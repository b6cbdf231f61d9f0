"""Patients with several plans: nothing is paid or written off twice (RFI 1696, 2143, 2535)."""

from pathlib import Path

import pytest
from practices import PracticeHome, expects, make_practice, remittance
from remittance_text import Segments

PROVEN: dict[str, object] = {"several_plans.post": "proven"}


def sent(number: str, ordinal: int, expected: str) -> list[dict[str, object]]:
    """The same 500.00 crown, sent to one of the patient's two plans."""
    return expects(number, expected, "500", plans=2, ordinal=ordinal, patient="P1", procedure="D2740")


def answer(number: str, status: str, paid: str, *adjustments: str) -> Segments:
    return [
        f"CLP*{number}*{status}*500*{paid}**12*ICN{number}*11*1",
        "NM1*QC*1*DOE*JANE****MI*SUB1",
        f"SVC*AD:D2740*500*{paid}**1",
        "DTM*472*20261005",
        *adjustments,
    ]


PRIMARY = answer("C1", "1", "300", "CAS*PR*2*75", "CAS*CO*45*125")
# The secondary puts all that it does not pay into CO-45 (RFI 1696).
SECONDARY = answer("C2", "2", "65", "CAS*CO*45*435")


@pytest.fixture
def practice(tmp_path: Path) -> PracticeHome:
    practice = make_practice(tmp_path / "practice", settings=PROVEN)
    practice.expect(sent("C1", 1, "300"), sent("C2", 2, "65"))
    return practice


def test_by_default_a_claim_of_several_plans_is_a_persons(tmp_path: Path) -> None:
    practice = make_practice(tmp_path / "practice")
    practice.expect(sent("C1", 1, "300"), sent("C2", 2, "65"))
    [first] = practice.run(remittance("300", PRIMARY))
    assert (first["outcome"], first["rule"]) == ("manual", "several-plans-write-offs-on")
    assert practice.posted() == {}


def test_the_secondary_of_rfi_1696_writes_off_what_is_left_and_the_balance_ends_at_zero(practice: PracticeHome) -> None:
    [first] = practice.run(remittance("300", PRIMARY))
    assert (first["outcome"], first["rule"]) == ("post", "several-plans-proven")
    assert (
        practice.posted()["accounts_receivable"] == -42500
    )  # 500.00 charged: the patient responsibility of 75.00 is left
    second = practice.run(remittance("65", SECONDARY, trace="EFT0002"))[0]
    assert (second["outcome"], second["write_off_cents"]) == ("post", 1000)
    assert practice.posted() == {
        "insurance_deposits": 36500,
        "contracted_write_offs": 13500,
        "accounts_receivable": -50000,
    }
    practice.verified()


def test_the_proof_is_kept_with_the_decision(practice: PracticeHome) -> None:
    practice.run(remittance("300", PRIMARY), remittance("65", SECONDARY, trace="EFT0002"))
    [told] = practice.records("explain", "C2")
    assert told["facts"]["proof"] == (
        "charge $500.00 - $425.00 paid and written off before - paid $65.00 - written off $10.00 = patient"
        " responsibility $0.00; the payer states a $435.00 write-off, and the rest of it was paid or written off before"
    )


def test_a_secondary_that_says_what_was_paid_before_posts_its_own_write_off(practice: PracticeHome) -> None:
    practice.run(remittance("300", PRIMARY))
    proper = answer("C2", "2", "65", "CAS*OA*23*425", "CAS*CO*45*10")
    [second] = practice.run(remittance("65", proper, trace="EFT0002"))
    assert (second["outcome"], second["write_off_cents"]) == ("post", 1000)
    assert practice.posted()["accounts_receivable"] == -50000
    practice.verified()


def test_what_the_secondary_leaves_to_the_patient_remains(practice: PracticeHome) -> None:
    practice.run(remittance("300", PRIMARY))
    shared = answer("C2", "2", "65", "CAS*OA*23*425", "CAS*PR*2*10")
    [second] = practice.run(remittance("65", shared, trace="EFT0002"))
    assert (second["outcome"], second["write_off_cents"]) == ("post", 0)
    assert practice.posted()["accounts_receivable"] == -49000
    practice.verified()


def test_a_first_claim_answered_as_a_later_plan_is_not_proven(practice: PracticeHome) -> None:
    """Another insurer may pay first; its write-off would then be posted beside this one's."""
    [left] = practice.run(remittance("290", answer("C1", "2", "290", "CAS*CO*45*210")))
    assert (left["outcome"], left["warnings"]) == ("manual", ["processed-as-later-plan"])
    assert practice.posted() == {}


@pytest.mark.parametrize(
    ("second", "paid", "why"),
    [
        (answer("C2", "2", "100", "CAS*CO*45*400"), "100", "posting it would exceed what is owed by $25.00"),
        (answer("C2", "2", "65", "CAS*OA*23*300", "CAS*CO*45*5", "CAS*PR*2*130"), "65", "would exceed what is owed"),
        (answer("C2", "2", "65", "CAS*OA*23*400", "CAS*CO*45*35"), "65", "the payer counts $400.00 as paid before"),
    ],
)
def test_what_is_not_proven_is_a_persons_and_says_why(
    practice: PracticeHome, second: Segments, paid: str, why: str
) -> None:
    practice.run(remittance("300", PRIMARY))
    [left] = practice.run(remittance(paid, second, trace="EFT0002"))
    assert (left["outcome"], left["rule"]) == ("manual", "several-plans-write-offs-on")
    [told] = practice.records("explain", "C2")
    assert why in told["facts"]["proof"]
    assert practice.posted()["accounts_receivable"] == -42500


def test_the_secondary_waits_for_the_primary_and_posts_after_it(practice: PracticeHome) -> None:
    [early] = practice.run(remittance("65", SECONDARY, trace="EFT0002"))
    assert early["holds"] == ["secondary-before-primary"]
    decided = practice.run(remittance("300", PRIMARY))
    assert [(each["claim_number"], each["outcome"]) for each in decided] == [("C1", "post"), ("C2", "post")]
    assert practice.posted()["accounts_receivable"] == -50000
    practice.verified()


def test_a_secondary_whose_primary_was_never_billed_is_not_proven(tmp_path: Path) -> None:
    practice = make_practice(tmp_path / "practice", settings=PROVEN)
    practice.expect(sent("C2", 2, "65"))
    [left] = practice.run(remittance("65", SECONDARY))
    assert left["outcome"] == "manual"
    assert practice.posted() == {}


def test_a_proven_claim_below_the_minimum_is_a_persons(tmp_path: Path) -> None:
    practice = make_practice(tmp_path / "practice", settings=PROVEN)
    practice.expect(sent("C1", 1, "400"))
    [left] = practice.run(remittance("300", PRIMARY))
    assert (left["outcome"], left["rule"]) == ("manual", "several-plans-proven-below-minimum")


def test_with_write_off_posting_off_nothing_is_posted_however_well_proven(tmp_path: Path) -> None:
    off = {"ledger_options.auto_post_contracted_write_offs": False}
    practice = make_practice(tmp_path / "practice", settings=PROVEN | off)
    practice.expect(sent("C1", 1, "300"))
    [left] = practice.run(remittance("300", PRIMARY))
    assert (left["outcome"], left["rule"]) == ("manual", "several-plans-write-offs-off")


# claim payments of one remittance see each other


def exam_too(number: str) -> list[dict[str, object]]:
    """A claim for the crown, and for an exam of 50.00 beside it."""
    [crown], [exam] = sent(number, 1, "300"), expects(number, "50", "50", plans=2, patient="P1")
    return [crown, exam | {"line_number": 2}]


def test_one_plan_paying_the_same_services_twice_on_one_remittance_is_a_persons(tmp_path: Path) -> None:
    practice = make_practice(tmp_path / "practice", settings=PROVEN)
    practice.expect(sent("C1", 1, "300"), sent("C9", 1, "300"))
    decided = practice.run(remittance("600", PRIMARY, answer("C9", "1", "300", "CAS*PR*2*75", "CAS*CO*45*125")))
    assert [each["outcome"] for each in decided] == ["manual", "manual"]
    assert practice.records("explain", "C1")[0]["facts"]["proof"] == (
        "not proven: claim C9 has the same services and went to this plan or a later one"
    )
    assert practice.posted() == {}


def test_a_later_plan_paying_twice_is_a_persons_also_when_one_of_them_is_asked_for_alone(
    practice: PracticeHome,
) -> None:
    practice.expect(sent("C9", 2, "65"))
    practice.run(remittance("300", PRIMARY))
    both = remittance("130", SECONDARY, answer("C9", "2", "65", "CAS*CO*45*435"), trace="EFT0002")
    assert [each["outcome"] for each in practice.run(both)] == ["manual", "manual"]
    assert practice.era("quick-post", "EFT0002", "--claim", "C2").code == 0
    assert practice.era("quick-post", "EFT0002").code == 0
    assert practice.posted()["accounts_receivable"] == -42500
    practice.verified()


def test_claims_that_share_a_service_on_one_remittance_are_a_persons(tmp_path: Path) -> None:
    practice = make_practice(tmp_path / "practice", settings=PROVEN)
    practice.expect(sent("C1", 1, "300"), exam_too("C9"))
    more = [
        "CLP*C9*1*550*350**12*ICNC9*11*1",
        "NM1*QC*1*DOE*JANE****MI*SUB1",
        *PRIMARY[2:],
        "SVC*AD:D0120*50*50**1",
        "DTM*472*20261005",
    ]
    decided = practice.run(remittance("650", PRIMARY, more))
    assert [each["outcome"] for each in decided] == ["manual", "manual"]
    assert "claim C9 has some of these services, but not all" in practice.records("explain", "C1")[0]["facts"]["proof"]
    assert practice.posted() == {}


def test_both_plans_on_one_remittance_post_one_after_the_other(practice: PracticeHome) -> None:
    decided = practice.run(remittance("365", SECONDARY, PRIMARY))
    assert [(each["claim_number"], each["outcome"]) for each in decided][-1] == ("C2", "post")
    assert practice.posted()["accounts_receivable"] == -50000
    practice.verified()


# a plan the practice counts no more, or never counted


def exam_of_the_same_patient(plans: int) -> list[dict[str, object]]:
    """The last import says how many plans a patient has."""
    return expects("C3", "90", plans=plans, patient="P1")


def test_a_plan_dropped_since_does_not_let_the_secondary_write_off_the_primarys_money(tmp_path: Path) -> None:
    """RFI 1696: charge 500.00, the primary's 425.00 are posted; of the secondary's CO-45 435.00 only 10.00 is left."""
    practice = make_practice(tmp_path / "practice")
    practice.expect(sent("C1", 1, "300"), sent("C2", 2, "65"))
    practice.run(remittance("300", PRIMARY))
    assert practice.era("post", "EFT0001", "C1", "--by", "Ann").code == 0
    practice.expect(exam_of_the_same_patient(plans=1))
    [left] = practice.run(remittance("65", SECONDARY, trace="EFT0002"))
    assert (left["outcome"], left["holds"]) == ("manual", ["plans-in-doubt", "write-off-over-limit"])
    assert (
        "The patient's number of coverages is in doubt: 1 on file, but this claim went to plan 2."
        in (left["explanation"])
    )
    assert "The write-off of $435.00 is more than the $10.00 left to write off" in left["explanation"]
    assert practice.era("post", "EFT0002", "C2", "--by", "Ann").out.startswith("Posted $65.00 and wrote off $10.00")
    practice.verified()


@pytest.mark.parametrize("number", ["C1", "C2"])
def test_one_plan_and_claims_to_two_for_the_same_services_are_a_persons(tmp_path: Path, number: str) -> None:
    practice = make_practice(tmp_path / "practice")
    told = practice.expect(
        *[expects(each, "300", "500", ordinal=n, patient="P1", procedure="D2740") for n, each in ((1, "C1"), (2, "C2"))]
    ).out
    assert "1 claim was sent to a plan beyond the patient's plan_count: C2." in told
    paid = answer(number, "1", "300", "CAS*PR*2*75", "CAS*CO*45*125")
    [left] = practice.run(remittance("300", paid))
    assert left["outcome"] == "manual"
    assert "plans-in-doubt" in left["holds"]
    assert practice.posted() == {}


def test_what_is_told_right_at_last_is_judged_again(tmp_path: Path) -> None:
    practice = make_practice(tmp_path / "practice", settings=PROVEN)
    practice.expect(
        *[expects(each, "300", "500", ordinal=n, patient="P1", procedure="D2740") for n, each in ((1, "C1"), (2, "C2"))]
    )
    [left] = practice.run(remittance("300", PRIMARY))
    assert left["holds"] == ["plans-in-doubt"]
    practice.expect(exam_of_the_same_patient(plans=2))
    assert [(each["claim_number"], each["rule"]) for each in practice.run()] == [("C1", "several-plans-proven")]


def test_the_open_work_tells_why_a_proof_failed(practice: PracticeHome) -> None:
    practice.run(remittance("300", PRIMARY))
    [left] = practice.run(remittance("65", answer("C2", "2", "65", "CAS*OA*23*400", "CAS*CO*45*35"), trace="EFT0002"))
    doubt = "not proven: the payer counts $400.00 as paid before (OA-23), but the books do not"
    assert left["explanation"] == f"Needs review: the patient has 2 active insurance plans, {doubt}."
    assert f"  C2: coordination of benefits, {doubt}.\n" in practice.era("todo").out
    assert f"Coordination of benefits: {doubt}." in practice.era("explain", "C2").out
