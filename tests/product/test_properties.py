"""What holds for every payment: no cent is lost or posted twice, and the order of the claims does not matter."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from practices import PracticeHome, Sent, dollars, era, make_practice, one_payment, remittance


@st.composite
def practices(draw: st.DrawFn) -> list[Sent]:
    """Claims each paid more or less, some of them unknown to the practice (no plans)."""
    sent = []
    for number in range(draw(st.integers(1, 6))):
        expected, paid = draw(st.integers(0, 20_000)), draw(st.integers(0, 20_000))
        plans = draw(st.sampled_from([0, 1, 1, 1, 2]))
        sent.append(Sent(f"C{number}", plans, max(expected, paid) + draw(st.integers(0, 500)), expected, paid))
    return sent


def fresh_home(tmp_path_factory: pytest.TempPathFactory, practice: list[Sent]) -> PracticeHome:
    home = make_practice(tmp_path_factory.mktemp("practice") / "home")
    known = [each.rows() for each in practice if each.plans]
    if known:
        home.expect(*known)
    return home


few = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@few
@given(practice=practices(), withheld=st.sampled_from([0, 250]))
def test_every_cent_of_a_payment_is_posted_left_or_adjusted(
    practice: list[Sent], withheld: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = fresh_home(tmp_path_factory, practice)
    withheld = min(withheld, sum(each.paid for each in practice))  # the rest would be carried forward
    total = sum(each.paid for each in practice) - withheld
    after = [f"PLB*1234567893*20261231*WO:ABC*{dollars(withheld)}"] if withheld else []
    path = home.receive(remittance(dollars(total), *(each.claim() for each in practice), after=after))
    [inspected] = era("inspect", path, "--json").records
    [paid] = inspected["remittances"]
    home.records("run")
    log = home.records("log")
    posted = sum(each["paid_cents"] for each in log if each["outcome"] == "post")
    left = sum(each["paid_cents"] for each in log if each["outcome"] == "manual")
    adjusted = sum(each["cents"] for each in paid["provider_adjustments"])
    assert posted + left - adjusted == paid["payment_cents"] == total
    for entry in home.records("ledger"):
        assert sum(each["cents"] for each in entry["postings"]) == 0
    assert home.posted().get("insurance_deposits", 0) == posted - withheld
    assert home.posted().get("payer_balances", 0) == withheld
    assert [each["posted_cents"] for each in home.records("eras")] == [posted]
    home.verified()


@few
@given(practice=practices())
def test_running_twice_is_running_once(practice: list[Sent], tmp_path_factory: pytest.TempPathFactory) -> None:
    home = fresh_home(tmp_path_factory, practice)
    text = one_payment(practice)
    home.run(text)
    log, ledger = home.records("log"), home.records("ledger")
    assert home.run(text) == [{"file": "002.835", "outcome": "duplicate", "first_file": "001.835"}]
    assert home.era("run").code == 0
    assert (home.records("log"), home.records("ledger")) == (log, ledger)
    home.verified()


@few
@given(practice=practices(), data=st.data())
def test_the_order_of_the_claims_does_not_matter(
    practice: list[Sent], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shuffled = data.draw(st.permutations(practice))
    results = []
    for order in (practice, shuffled):
        home = fresh_home(tmp_path_factory, practice)
        decided = home.run(one_payment(order))
        results.append(
            (
                {each["claim_number"]: (each["outcome"], each["rule"], tuple(each["holds"])) for each in decided},
                home.posted(),
            )
        )
    assert results[0] == results[1]
