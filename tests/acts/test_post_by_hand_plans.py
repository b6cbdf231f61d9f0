"""Posting by hand for patients with several plans: nothing is paid or written off twice (RFI 1696)."""

import pytest
from by_hand import ANN, post, refused
from practices import PracticeHome, Record, expects, remittance
from remittance_text import claim

# RFI 1696: charge 500; the primary pays 300, writes off 125, leaves 75; the secondary pays 65 and states CO-45 435.

PRIMARY = ("500", "300", "125", "CAS*PR*2*75")


@pytest.mark.parametrize("secondary", ["C1", "C2"], ids=["one claim for both plans", "a claim for each plan"])
def test_what_another_plan_paid_and_wrote_off_is_not_written_off_again(home: PracticeHome, secondary: str) -> None:
    both = [
        expects("C1", "300", "500", plans=2, patient="P1"),
        expects("C2", "75", "500", plans=2, ordinal=2, patient="P1"),
    ]
    home.expect(*(both if secondary == "C2" else both[:1]))
    home.run(remittance("300", claim("C1", *PRIMARY, responsibility="75")))
    home.run(
        remittance("65", claim(secondary, "500", "65", "435", status="2", payer_claim_number="B1"), trace="EFT0002")
    )
    assert home.posted() == {}
    post(home, "EFT0001", "C1")
    ended = post(home, "EFT0002", secondary)
    assert "Posted $65.00 and wrote off $10.00 by hand." in ended.out
    assert "The payer states a write-off of $435.00; $425.00 of it was paid or written off before." in ended.out
    assert home.posted() == {"insurance_deposits": 36500, "contracted_write_offs": 13500, "accounts_receivable": -50000}


@pytest.fixture
def two_plans(home: PracticeHome) -> PracticeHome:
    """The primary's answer of RFI 1696 is posted."""
    home.expect(
        expects("C1", "300", "500", plans=2, patient="P1"),
        expects("C2", "75", "500", plans=2, ordinal=2, patient="P1"),
    )
    home.run(remittance("300", claim("C1", *PRIMARY, responsibility="75")))
    post(home, "EFT0001", "C1")
    return home


def secondary(paid: str, write_off: str, *more: str) -> str:
    return remittance(paid, claim("C2", "500", paid, write_off, *more, status="2"), trace="EFT0002")


def test_by_line_a_write_off_of_another_plan_is_refused_with_the_numbers(two_plans: PracticeHome) -> None:
    two_plans.run(secondary("65", "435"))
    error = refused(two_plans, "EFT0002", "C2", "--line", "1=65,10.01")
    assert "Write-offs would total $135.01, but at most $135.00 can be written off" in error
    assert "charge $500.00 - payments $365.00 - patient responsibility $0.00. $125.00 is already written off." in error
    post(two_plans, "EFT0002", "C2", "--line", "1=65,10")
    assert two_plans.posted()["accounts_receivable"] == -50000


def test_the_last_plans_share_is_the_patients(two_plans: PracticeHome) -> None:
    two_plans.run(secondary("65", "425", "CAS*PR*2*10"))
    assert "Posted $65.00 by hand." in post(two_plans, "EFT0002", "C2").out
    assert two_plans.posted()["accounts_receivable"] == -49000


def test_two_plans_never_pay_more_than_the_charge(two_plans: PracticeHome) -> None:
    two_plans.run(secondary("201", "299"))
    assert "Payments would total $501.00, $1.00 above" in refused(two_plans, "EFT0002", "C2")


def test_where_the_plans_paid_more_the_earlier_one_is_posted_anew_with_less_written_off(
    two_plans: PracticeHome,
) -> None:
    two_plans.run(secondary("100", "400"))
    error = refused(two_plans, "EFT0002", "C2")
    assert "at most $100.00 can be written off" in error
    assert (
        "Remedy: Undo what is posted for claim C1, which has $125.00 written off (`era log --claim C1` names its"
        " payment). Post it again with a write-off of at most $100.00 (--line N=PAID,WRITE_OFF). Then post this one."
    ) in error
    assert "Write-offs on this claim would total -$25.00" in refused(two_plans, "EFT0002", "C2", "--line", "1=100,-25")
    two_plans.era("undo", "EFT0001", *ANN, "--because", "the secondary paid more")
    post(two_plans, "EFT0001", "C1", "--line", "1=300,100")
    assert "$400.00 of it was paid or written off before" in post(two_plans, "EFT0002", "C2").out
    assert two_plans.posted() == {
        "insurance_deposits": 40000,
        "contracted_write_offs": 10000,
        "accounts_receivable": -50000,
    }


def test_one_claim_for_both_plans_gives_back_by_line_what_it_had(home: PracticeHome) -> None:
    home.expect(expects("C1", "300", "500", plans=2, patient="P1"))
    home.run(remittance("300", claim("C1", *PRIMARY, responsibility="75")))
    post(home, "EFT0001", "C1")
    home.run(remittance("100", claim("C1", "500", "100", "400", status="2", payer_claim_number="B1"), trace="EFT0002"))
    assert "A negative write-off reverses what is written off on this claim" in refused(home, "EFT0002", "C1")
    post(home, "EFT0002", "C1", "--line", "1=100,-25")


def test_a_doubt_about_the_write_off_hides_no_write_off_that_stands_in_the_way(home: PracticeHome) -> None:
    """The tertiary may have the primary's write-off in its own, but no amount of it would be right anyway."""
    home.expect(crown_of("C1", 1, "300", 3), crown_of("C2", 2, "65", 3), crown_of("C3", 3, "5", 3))
    home.run(
        remittance("300", claim("C1", *PRIMARY, responsibility="75")),
        remittance("100", claim("C3", "500", "100", "400", status="3"), trace="EFT0003"),
    )
    post(home, "EFT0001", "C1")
    assert "Remedy: Undo what is posted for claim C1, " in refused(home, "EFT0003", "C3")


def test_a_later_plan_before_the_earlier_one_says_its_write_off_by_line(home: PracticeHome) -> None:
    home.expect(
        expects("C1", "300", "500", plans=2, patient="P1"),
        expects("C2", "75", "500", plans=2, ordinal=2, patient="P1"),
    )
    home.run(secondary("65", "435"))
    assert "claim C1 to an earlier plan is not posted" in refused(home, "EFT0002", "C2")
    post(home, "EFT0002", "C2", "--line", "1=65")
    home.run(remittance("300", claim("C1", *PRIMARY, responsibility="75")))
    post(home, "EFT0001", "C1")  # patient responsibility is the secondary's: nothing
    assert home.posted() == {"insurance_deposits": 36500, "contracted_write_offs": 12500, "accounts_receivable": -49000}


def test_a_claim_that_shares_some_services_leaves_the_write_off_in_doubt(home: PracticeHome) -> None:
    crown = {"line_number": 2, "procedure_code": "D2740"}
    home.expect(
        [
            *expects("C1", "300", "500", plans=2, patient="P1"),
            expects("C1", "1", "900", plans=2, patient="P1")[0] | crown,
        ],
        expects("C2", "75", "500", plans=2, ordinal=2, patient="P1"),
    )
    home.run(secondary("65", "435"))
    assert "claim C1 has some of these services, but not all" in refused(home, "EFT0002", "C2")


def crown_of(number: str, ordinal: int, expected: str, plans: int = 2) -> list[Record]:
    return expects(number, expected, "500", plans=plans, ordinal=ordinal, patient="P1")


def test_a_later_plan_does_not_write_off_what_the_plan_between_pays(home: PracticeHome) -> None:
    """Three plans: of the tertiary's CO-45 495.00 the secondary's 65.00 and write-off of 10.00 are a part."""
    home.expect(crown_of("C1", 1, "300", 3), crown_of("C2", 2, "65", 3), crown_of("C3", 3, "5", 3))
    home.run(
        remittance("300", claim("C1", *PRIMARY, responsibility="75")),
        remittance("65", claim("C2", "500", "65", "0", "CAS*OA*23*425", "CAS*PR*2*10", status="2"), trace="EFT0002"),
        remittance("5", claim("C3", "500", "5", "495", status="3"), trace="EFT0003"),
    )
    post(home, "EFT0001", "C1")
    error = refused(home, "EFT0003", "C3")
    assert "It is unknown how much of the $495.00 write-off another plan already paid or wrote off" in error
    assert "claim C2 to an earlier plan is not posted" in error
    assert "Give the amounts with --line" in error
    post(home, "EFT0002", "C2")
    assert "Posted $5.00 and wrote off $5.00 by hand." in post(home, "EFT0003", "C3").out
    assert home.posted()["accounts_receivable"] == -50000


@pytest.mark.parametrize(("earlier", "write_off", "posts"), [("365", "130", False), ("490", "5", True)])
def test_what_the_payer_takes_for_paid_before_tells_a_write_off_only_with_all_write_offs_in_it(
    home: PracticeHome, earlier: str, write_off: str, posts: bool
) -> None:
    """OA-23 of 365.00 is what both plans paid, so the CO-45 holds the primary's 125.00 again and 5.00 of its own."""
    home.expect(crown_of("C1", 1, "300", 3), crown_of("C2", 2, "65", 3), crown_of("C3", 3, "5", 3))
    third = claim("C3", "500", "5", write_off, f"CAS*OA*23*{earlier}", status="3")
    home.run(
        remittance("300", claim("C1", *PRIMARY, responsibility="75")),
        remittance("5", third, trace="EFT0003"),
    )
    post(home, "EFT0001", "C1")
    if posts:
        assert "Posted $5.00 and wrote off $5.00 by hand." in post(home, "EFT0003", "C3").out
    else:
        assert "claim C2 to an earlier plan is not posted" in refused(home, "EFT0003", "C3")


# Two fillings on one day, each a claim of its own to each of two plans


@pytest.fixture
def fillings(home: PracticeHome) -> PracticeHome:
    """150.00 each: the primary pays 100, writes off 30 and leaves 20; the secondary pays 15 and states CO-45 135."""
    for number, ordinal, expected in (("C1", 1, "100"), ("C2", 1, "100"), ("C3", 2, "15"), ("C4", 2, "15")):
        home.expect(expects(number, expected, "150", plans=2, ordinal=ordinal, patient="P1"))

    def paid(number: str, trace: str) -> str:
        return remittance("100", claim(number, "150", "100", "30", "CAS*PR*2*20", responsibility="20"), trace=trace)

    both = [claim(number, "150", "15", "135", status="2", payer_claim_number=number) for number in ("C3", "C4")]
    home.run(paid("C1", "EFT0001"), paid("C2", "EFT0002"), remittance("30", *both, trace="EFT0003"))
    return home


def test_a_later_plan_waits_until_both_fillings_are_posted(fillings: PracticeHome) -> None:
    post(fillings, "EFT0001", "C1")
    assert "claim C2 to an earlier plan is not posted" in refused(fillings, "EFT0003", "C3")


def test_of_two_fillings_a_person_says_what_the_later_plan_leaves_to_write_off(fillings: PracticeHome) -> None:
    post(fillings, "EFT0001", "C1")
    assert "Posted $100.00 and wrote off $30.00 by hand." in post(fillings, "EFT0002", "C2").out
    error = refused(fillings, "EFT0003", "C3")
    assert "the services were done 2 times, and it is unknown what was posted for each" in error
    post(fillings, "EFT0003", "C3", "--line", "1=15,5")
    post(fillings, "EFT0003", "C4", "--line", "1=15,5")
    assert fillings.posted()["accounts_receivable"] == -30000


def test_where_more_is_posted_than_was_charged_nothing_is_written_off_as_remitted(two_plans: PracticeHome) -> None:
    two_plans.run(secondary("80", "420"))
    assert "at most $120.00 can be written off" in refused(two_plans, "EFT0002", "C2")
