"""Lines, claims and payments that add up, and what is said when they do not."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reading import Reading, read
from remittance_text import Segments, bare_claim, claim, payment, remittance_file, service_line, transaction_set

from era_engine.remittance.balance import balance_findings
from era_engine.remittance.claims import read_claims
from era_engine.x12.tokens import Separators


def paid(folder: Path, amount: str, *claims: Segments, after: tuple[str, ...] = ()) -> Reading:
    return read(folder, remittance_file(transaction_set(payment(amount, *claims, after=after))))


def test_a_line_is_its_charge_less_its_adjustments(tmp_path: Path) -> None:
    line = service_line("D0120", "120", "70.05", "CAS*CO*45*30*1*29*9.95", "CAS*PR*1*10")
    assert paid(tmp_path, "70.05", bare_claim("C1", "120", "70.05", *line)).findings == []


@pytest.mark.parametrize(
    ("line_paid", "difference"), [("90.01", "$90.00, but $90.01"), ("89.99", "$90.00, but $89.99")]
)
def test_one_cent_puts_a_line_out_of_balance(tmp_path: Path, line_paid: str, difference: str) -> None:
    line = service_line("D0120", "120", line_paid, "CAS*CO*45*30")
    reading = paid(tmp_path, "90", bare_claim("C1", "120", "90", *line))
    assert reading.graded == [("hold", "line-out-of-balance")]
    assert reading.findings[0].message == (
        f"Line D0120: charge $120.00 minus adjustments $30.00 is {difference} was paid."
    )
    assert reading.findings[0].segment_number == 15


def test_a_claim_is_its_charge_less_the_adjustments_of_claim_and_lines_together(tmp_path: Path) -> None:
    lines = service_line("D1", "100", "80", "CAS*CO*45*20") + service_line("D2", "50", "50")
    reading = paid(tmp_path, "105", bare_claim("C1", "150", "105", "CAS*PR*1*25", *lines))
    assert reading.findings == []


def test_a_claim_without_lines_is_its_charge_less_its_own_adjustments(tmp_path: Path) -> None:
    assert paid(tmp_path, "60", bare_claim("C1", "100", "60", "CAS*CO*45*30", "CAS*PR*2*10")).findings == []


def test_a_claim_out_of_balance_is_told_from_its_lines(tmp_path: Path) -> None:
    lines = service_line("D1", "100", "80", "CAS*CO*45*20")
    reading = paid(tmp_path, "70", bare_claim("C1", "100", "70", *lines))
    assert reading.graded == [("hold", "claim-out-of-balance")]
    assert reading.findings[0].message == (
        "Claim C1: charge $100.00 minus adjustments $20.00 is $80.00, but $70.00 was paid."
    )


def test_the_same_adjustment_at_both_levels_is_out_of_balance(tmp_path: Path) -> None:
    lines = service_line("D1", "100", "80", "CAS*CO*45*20")
    reading = paid(tmp_path, "80", bare_claim("C1", "100", "80", "CAS*CO*45*20", *lines))
    assert reading.graded == [("hold", "claim-out-of-balance")]


def test_a_reversal_balances_with_every_sign_turned(tmp_path: Path) -> None:
    reversal = claim("C1", "-120", "-90", "-30", status="22")
    reading = paid(tmp_path, "0", reversal, claim("C1", "120", "90", "30"))
    assert reading.findings == []
    assert [each.paid_cents for each in reading.claims] == [-9000, 9000]


def test_a_negative_adjustment_raises_the_payment(tmp_path: Path) -> None:
    bundled = service_line("D1", "100", "150", "CAS*OA*94*-50") + service_line("D2", "50", "0", "CAS*CO*97*50")
    assert paid(tmp_path, "150", bare_claim("C1", "150", "150", *bundled)).findings == []


@pytest.mark.parametrize("information", ["AMT*I*5", "AMT*T*3.20", "AMT*AU*1", "AMT*B6*99999", "QTY*CA*5"])
def test_mere_information_takes_no_part_in_any_balance(tmp_path: Path, information: str) -> None:
    assert paid(tmp_path, "90", claim("C1", "120", "90", "30", information)).findings == []
    assert paid(tmp_path, "90", bare_claim("C1", "90", "90", information)).findings == []


def test_all_six_adjustments_take_part_whatever_the_gaps(tmp_path: Path) -> None:
    six = "CAS*CO*45*1**29*2**97*3**253*4**96*5**16*6"
    gaps = "CAS*CO*45*1*****97*20"
    assert paid(tmp_path, "79", bare_claim("C1", "100", "79", six)).findings == []
    assert paid(tmp_path, "79", bare_claim("C1", "100", "79", gaps)).findings == []


def test_claims_less_provider_adjustments_are_the_payment(tmp_path: Path) -> None:
    claims = [claim("C1"), claim("C2", "200", "150.50", "49.50")]
    assert paid(tmp_path, "240.50", *claims).findings == []
    assert paid(tmp_path, "190.50", *claims, after=("PLB*1*20261231*WO:C9*50",)).findings == []
    assert paid(tmp_path, "290.50", *claims, after=("PLB*1*20261231*FB:X*-50",)).findings == []
    after = ("PLB*1*20261231*WO:C9*50*L6*-1.25*72:R*10", "PLB*2*20261231*CS*0.75")
    assert paid(tmp_path, "181", *claims, after=after).findings == []


def test_a_payment_out_of_balance_shows_the_sum(tmp_path: Path) -> None:
    reading = paid(tmp_path, "100", claim("C1"), after=("PLB*1*20261231*WO:C9*10",))
    assert reading.graded == [("hold", "payment-out-of-balance")]
    assert reading.findings[0].message == (
        "Claims pay $90.00, minus provider-level adjustments $10.00 is $80.00. The payment (BPR02) is $100.00, off"
        " by $20.00."
    )
    assert reading.remittance.findings == tuple(reading.findings)


def test_a_payment_without_claims_balances_by_its_provider_adjustments(tmp_path: Path) -> None:
    reading = paid(tmp_path, "25", after=("PLB*1*20261231*72:R*-25",))
    assert reading.findings == []
    assert reading.remittance.claims_paid_cents == 0
    assert [code for _, code in paid(tmp_path, "25").graded] == ["payment-out-of-balance"]


@pytest.mark.parametrize("unreadable", ["", "1E2", "١٢"])
def test_where_an_amount_is_unreadable_no_balance_is_claimed(tmp_path: Path, unreadable: str) -> None:
    lines = service_line("D1", "100", "80", f"CAS*CO*45*{unreadable}")
    reading = paid(tmp_path, "80", bare_claim("C1", "100", "80", *lines))
    assert reading.graded == [("hold", "malformed-amount")]
    reading = paid(tmp_path, "80", bare_claim("C1", "100", unreadable))
    assert reading.graded == [("hold", "payment-out-of-balance"), ("hold", "malformed-amount")]
    assert reading.messages("payment-out-of-balance") == [
        "The payment's balance cannot be checked: an amount is unreadable."
    ]


def test_a_payment_that_is_cut_is_not_balanced(tmp_path: Path) -> None:
    text = remittance_file(transaction_set(payment("180", claim("C1"), claim("C2"))))
    reading = read(tmp_path, text[: text.index("CLP*C2")])
    assert "payment-out-of-balance" not in [code for _, code in reading.graded]


money = st.integers(-(10**10), 10**10)


def written_amount(amount: int) -> str:
    sign = "-" if amount < 0 else ""
    return f"{sign}{abs(amount) // 100}.{abs(amount) % 100:02d}"


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(money, st.lists(money, max_size=8)), max_size=4), st.lists(money, max_size=7), money)
def test_what_adds_up_has_no_findings_and_one_cent_more_has(
    lines: list[tuple[int, list[int]]], of_claim: list[int], off: int
) -> None:
    def adjustments(amounts: list[int]) -> list[str]:
        return [f"CAS*OA*94*{written_amount(amount)}" for amount in amounts]

    charge = sum(charge for charge, _ in lines)
    claim_paid = charge - sum(of_claim) - sum(sum(amounts) for _, amounts in lines)
    body = adjustments(of_claim)
    for line_charge, amounts in lines:
        line_paid = line_charge - sum(amounts)
        body += [f"SVC*AD:D1*{written_amount(line_charge)}*{written_amount(line_paid)}", *adjustments(amounts)]

    def findings(claim_paid: int) -> list[str]:
        segments = [f"CLP*C1*22*{written_amount(charge)}*{written_amount(claim_paid)}", *body]
        (read_claim,) = read_claims(segments, Separators("*", ":", "^", "~"), lambda: 1)
        return [each.code for each in (*read_claim.findings, *balance_findings(read_claim))]

    assert findings(claim_paid) == []
    assert findings(claim_paid + (off or 1)) == ["claim-out-of-balance"]
