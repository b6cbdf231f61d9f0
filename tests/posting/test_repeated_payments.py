"""The same payment again, in whatever clothes: nothing of it is posted twice."""

import pytest
from practices import PracticeHome, expects, remittance
from remittance_text import (
    Delimiters,
    bare_claim,
    claim,
    group,
    interchange,
    payment,
    remittance_file,
    transaction_set,
    written,
)


@pytest.fixture
def practice(home: PracticeHome) -> PracticeHome:
    """A home that expects C1 to C3."""
    home.expect(expects("C1"), expects("C2"), expects("C3"))
    return home


@pytest.mark.parametrize(
    "delimiters",
    [Delimiters(line_end=""), Delimiters(line_end="\r\n"), Delimiters("|", ">", "{", "'"), Delimiters("\x1d", "\x1f")],
    ids=["one line", "CRLF", "others", "controls"],
)
def test_the_same_payment_in_another_envelope_is_recognised(practice: PracticeHome, delimiters: Delimiters) -> None:
    paid = payment("180", claim("C1"), claim("C2"))
    other = written(interchange(group(transaction_set(paid, "0815"), control="42"), control="000000777"), delimiters)
    practice.run(remittance_file(transaction_set(paid)))
    [repeated] = practice.run(other)
    assert (repeated["outcome"], repeated["trace_number"]) == ("duplicate", "EFT0001")
    assert (repeated["first_file"], repeated["payment_cents"]) == ("001.835", 18_000)
    assert practice.posted()["insurance_deposits"] == 18_000
    practice.verified()


def test_the_same_payment_twice_in_one_file_is_posted_once(practice: PracticeHome) -> None:
    paid = payment("90", claim("C1"))
    records = practice.run(remittance_file(transaction_set(paid, "0001"), transaction_set(paid, "0002")))
    assert [each["outcome"] for each in records] == ["post", "duplicate"]
    assert practice.posted()["insurance_deposits"] == 9_000
    practice.verified()


def test_a_repeated_payment_does_not_keep_a_new_one_beside_it_from_posting(practice: PracticeHome) -> None:
    old, new = payment("90", claim("C1")), payment("90", claim("C2"), trace="EFT0002")
    practice.run(remittance_file(transaction_set(old)))
    records = practice.run(remittance_file(transaction_set(old, "0001"), transaction_set(new, "0002")))
    assert [(each["outcome"], each["trace_number"]) for each in records] == [
        ("duplicate", "EFT0001"),
        ("post", "EFT0002"),
    ]
    practice.verified()


def test_the_same_trace_number_with_other_content_is_held(practice: PracticeHome) -> None:
    practice.run(remittance("90", claim("C1")))
    [changed] = practice.run(remittance("90", claim("C2")))
    assert (changed["outcome"], changed["holds"]) == ("manual", ["payment-changed"])
    assert practice.posted()["insurance_deposits"] == 9_000
    practice.verified()


@pytest.mark.parametrize(
    "header",
    [{"trace": "EFT0002"}, {"originator": "1888888888"}, {"date": "20261102"}],
    ids=["trace number", "originator", "date"],
)
def test_another_identity_is_another_payment(practice: PracticeHome, header: dict[str, str]) -> None:
    practice.run(remittance("90", claim("C1")))
    [other] = practice.run(remittance("90", claim("C2"), **header))
    assert other["outcome"] == "post"
    practice.verified()


def test_another_amount_is_another_payment(practice: PracticeHome) -> None:
    practice.run(remittance("90", claim("C1")))
    assert [each["outcome"] for each in practice.run(remittance("180", claim("C2"), claim("C3")))] == ["post", "post"]


def test_payers_repeat_trace_numbers_on_payments_of_nothing(practice: PracticeHome) -> None:
    """Each is decided for itself; only the very same content is a repetition."""
    first, second = bare_claim("C1", "120", "0", "CAS*PR*1*120"), bare_claim("C2", "120", "0", "CAS*PR*1*120")
    [decided] = practice.run(remittance("0", first, method="NON"))
    [other] = practice.run(remittance("0", second, method="NON"))
    assert (decided["claim_number"], other["claim_number"]) == ("C1", "C2")
    assert decided["holds"] == other["holds"] == []
    [repeated] = practice.run(remittance_file(transaction_set(payment("0", second, method="NON"), "0009")))
    assert repeated["outcome"] == "duplicate"
    practice.verified()


def test_a_second_payment_of_a_claim_is_held(practice: PracticeHome) -> None:
    practice.run(remittance("90", claim("C1")))
    [second] = practice.run(remittance("90", claim("C1"), trace="EFT0002"))
    assert second["holds"] == ["already-posted"]
    assert practice.posted()["insurance_deposits"] == 9_000


def test_a_claim_named_twice_in_one_payment_is_held_both_times(practice: PracticeHome) -> None:
    records = practice.run(remittance("180", claim("C1"), claim("C1")))
    assert [each["holds"] for each in records] == [["ambiguous-match"]] * 2
    assert practice.posted() == {}
    practice.verified()
