"""Quick-post: a person asks for one claim, or all open claims of a payment, under a switch and minimum of their own."""

from decimal import Decimal
from pathlib import Path

import pytest
from practices import (
    AUTO,
    BOTH_POSTED,
    QUICK,
    WRITE_OFFS,
    PracticeHome,
    era,
    expects,
    make_practice,
    remittance,
)
from remittance_text import Delimiters, claim, group, interchange, payment, remittance_file, transaction_set, written
from where import SAMPLES


@pytest.fixture
def left(home: PracticeHome) -> PracticeHome:
    """C1 was posted; C2 and C3 were left, for being paid 92 % and 90 % of what was expected."""
    home.expect(expects("C1", "90"), expects("C2", "100"), expects("C3", "100"))
    home.run(remittance("272", claim("C1"), claim("C2", paid="92", write_off="28"), claim("C3")))
    assert outcomes(home) == {"C1": "post", "C2": "manual", "C3": "manual"}
    return home


def outcomes(home: PracticeHome) -> dict[str, str]:
    """The last word on each claim."""
    return {each["claim_number"]: each["outcome"] for each in home.records("log")}


@pytest.mark.both_databases
def test_quick_post_has_a_minimum_of_its_own_and_takes_only_open_claims(left: PracticeHome) -> None:
    left.set({f"{QUICK}.minimum_percent": Decimal("91.5")})
    decided = left.records("quick-post", "EFT0001")
    assert [(each["claim_number"], each["outcome"], each["mode"]) for each in decided] == [
        ("C2", "post", "quick"),
        ("C3", "manual", "quick"),
    ]
    assert {each["minimum_percent"] for each in decided} == {"91.5"}
    assert {each["minimum_cents"] for each in decided} == {9_150}
    assert left.posted() == {
        "insurance_deposits": 9_000 + 9_200,
        "contracted_write_offs": 3_000 + 2_800,
        "accounts_receivable": -24_000,
    }
    left.verified()


@pytest.mark.parametrize(("percent", "outcome"), [("90", "post"), ("90.01", "manual")])
def test_one_cent_decides_in_quick_mode_too(left: PracticeHome, percent: str, outcome: str) -> None:
    left.set({f"{QUICK}.minimum_percent": Decimal(percent)})
    [decided] = left.records("quick-post", "EFT0001", "--claim", "C3")
    assert decided["outcome"] == outcome


@pytest.mark.parametrize(
    ("settings", "row", "indicators"),
    [
        ({}, BOTH_POSTED, "posted"),
        ({f"{AUTO}.enabled": False}, BOTH_POSTED, "posted"),
        ({f"{QUICK}.enabled": False}, "single-plan-posting-off", "quiet"),
        ({WRITE_OFFS: False}, "single-plan-at-least-minimum-write-offs-off", "criteria-not-met"),
        ({f"{QUICK}.minimum_percent": 100}, "single-plan-below-minimum-write-offs-on", "criteria-not-met"),
        (
            {WRITE_OFFS: False, f"{QUICK}.minimum_percent": 100},
            "single-plan-below-minimum-write-offs-off",
            "quiet",
        ),
    ],
)
def test_the_table_decides_by_the_switch_of_quick_mode(
    left: PracticeHome, settings: dict[str, object], row: str, indicators: str
) -> None:
    left.set(settings)
    [decided] = left.records("quick-post", "EFT0001", "--claim", "C2")
    assert (decided["rule"], decided["indicators"]) == (row, indicators)
    left.verified()


def test_several_plans_are_left_in_quick_mode_too(home: PracticeHome) -> None:
    home.expect(expects("C1", plans=2))
    home.run(remittance("90", claim("C1")))
    [decided] = home.records("quick-post", "EFT0001")
    assert decided["rule"] == "several-plans-write-offs-on"


def test_one_claim_alone_is_quick_posted_with_the_mark_a(left: PracticeHome) -> None:
    assert [each["claim_number"] for each in left.records("quick-post", "EFT0001", "--claim", "C3")] == ["C3"]
    assert outcomes(left) == {"C1": "post", "C2": "manual", "C3": "post"}
    entries = left.records("ledger", "--claim", "C3")
    assert [(each["kind"], each["mark"], each["date"]) for each in entries] == [
        ("insurance_payment", "A", "2026-11-01"),
        ("contracted_write_off", "A", "2026-11-01"),
    ]
    [era_open] = left.records("eras", "--status", "open")
    assert (era_open["claims"], era_open["posted"]) == (3, 2)
    left.records("quick-post", "EFT0001")
    assert left.records("eras", "--status", "open") == []
    assert [each["posted_cents"] for each in left.records("eras", "--status", "completed")] == [27_200]
    left.verified()


def test_quick_post_again_posts_nothing_more(left: PracticeHome) -> None:
    first = left.era("quick-post", "EFT0001")
    assert first.out.endswith("Posted 2 claims; 0 claims need review; 1 claim already posted.\n")
    ledger = left.records("ledger")
    again = left.era("quick-post", "EFT0001")
    assert (again.code, again.out.strip()) == (0, "Posted 0 claims; 0 claims need review; 3 claims already posted.")
    assert left.records("quick-post", "EFT0001", "--claim", "C3") == []
    assert left.records("ledger") == ledger
    left.verified()


def test_a_payment_or_claim_that_is_not_there_is_a_fault_of_the_command(left: PracticeHome) -> None:
    unknown = left.era("quick-post", "EFT0009")
    assert (unknown.code, "No payment has the trace number EFT0009" in unknown.err) == (2, True)
    unknown = left.era("quick-post", "EFT0001", "--claim", "C9")
    assert (unknown.code, "Payment EFT0001 has no claim C9" in unknown.err) == (2, True)
    assert len(left.records("log")) == 3


def test_interest_left_by_a_run_is_quick_posted_with_its_payment(home: PracticeHome) -> None:
    home.set({f"{AUTO}.enabled": False})
    home.run(remittance("8.41", after=["PLB*1234567893*20261231*L6:X*-8.41"]))
    assert home.posted() == {}
    assert home.era("quick-post", "EFT0001").code == 0
    assert home.posted() == {"insurance_deposits": 841, "interest_income": -841}
    home.verified()


def test_a_payment_without_claims_has_nothing_to_quick_post(home: PracticeHome) -> None:
    home.run(remittance("8.41"))
    refused = home.era("quick-post", "EFT0001")
    assert (refused.code, "Payment EFT0001 has no claims" in refused.err) == (2, True)


def test_payments_that_share_a_trace_number_are_named_by_their_id(home: PracticeHome) -> None:
    home.expect(expects("C1", "100"), expects("C2", "100"))
    for number, date in (("C1", "20261101"), ("C2", "20261102")):
        home.run(remittance("90", claim(number), date=date))
    refused = home.era("quick-post", "EFT0001")
    assert refused.code == 2
    ids = [each["payment_id"] for each in home.records("eras")]
    assert "2 payments share the trace number EFT0001: " in refused.err
    assert f"id:{ids[0]} DELTA DENTAL, 2026-11-01, $90.00" in refused.err
    assert f"id:{ids[1]} DELTA DENTAL, 2026-11-02, $90.00" in refused.err
    assert [each["claim_number"] for each in home.records("quick-post", str(ids[1]))] == ["C2"]
    assert outcomes(home) == {"C1": "manual", "C2": "post"}
    home.verified()


def test_a_trace_number_is_never_taken_for_an_id(home: PracticeHome) -> None:
    home.expect(expects("C1", "100"), expects("C2", "100"))
    home.run(remittance("90", claim("C1"), trace="FIRST"))
    [first] = home.records("eras")
    home.run(remittance("90", claim("C2"), trace=str(first["payment_id"])))
    assert [each["claim_number"] for each in home.records("quick-post", str(first["payment_id"]))] == ["C2"]


@pytest.fixture
def same_names(home: PracticeHome) -> PracticeHome:
    """Payments 1 and 2 share a trace number; the trace number of payment 3 is 2."""
    home.expect(*(expects(number, "100") for number in ("C1", "C2", "C3")))
    for number, trace, date in (("C1", "SAME", "20261101"), ("C2", "SAME", "20261102"), ("C3", "2", "20261103")):
        home.run(remittance("90", claim(number), trace=trace, date=date))
    assert [(each["payment_id"], each["trace_number"]) for each in home.records("eras")] == [
        (1, "SAME"),
        (2, "SAME"),
        (3, "2"),
    ]
    return home


def test_a_name_that_is_one_payments_trace_number_and_anothers_id_is_refused(same_names: PracticeHome) -> None:
    for command in (["quick-post", "2"], ["post", "2", "C2", "--by", "Ann"], ["ledger", "--trace", "2"]):
        refused = same_names.era(*command)
        assert refused.code == 2
        assert "2 is the trace number of one payment and the id of another: " in refused.err
        assert "id:2 DELTA DENTAL, 2026-11-02" in refused.err
        assert "id:3 DELTA DENTAL, 2026-11-03" in refused.err
        assert "such as id:2" in refused.err
    assert same_names.posted() == {}


def test_an_id_said_to_be_one_names_one_payment_everywhere(same_names: PracticeHome) -> None:
    assert [each["claim_number"] for each in same_names.records("quick-post", "id:2")] == ["C2"]
    assert same_names.era("post", "id:3", "C3", "--by", "Ann").code == 0
    for number, named in (("C2", "id:2"), ("C3", "id:3")):
        assert {each["claim_number"] for each in same_names.records("ledger", "--trace", named)} == {number}
        assert {each["claim_number"] for each in same_names.records("log", "--trace", named)} == {number}
        assert same_names.records("explain", number, "--trace", named)[0]["claim_number"] == number
    assert same_names.records("quick-post", "1")[0]["claim_number"] == "C1"
    refused = same_names.era("quick-post", "id:9")
    assert (refused.code, "No payment has the id:9" in refused.err) == (2, True)


def test_an_id_is_written_without_zeros_and_a_trace_number_that_looks_like_one_is_said_by_its_id(
    home: PracticeHome,
) -> None:
    home.expect(expects("C1", "100"), expects("C2", "100"))
    home.run(remittance("90", claim("C1"), trace="FIRST"), remittance("90", claim("C2"), trace="id:1"))
    assert home.era("quick-post", "01").code == 2
    assert [each["claim_number"] for each in home.records("quick-post", "id:1")] == ["C1"]
    assert [each["claim_number"] for each in home.records("quick-post", "id:2")] == ["C2"]


def test_a_claim_that_two_payments_name_is_posted_from_neither(left: PracticeHome) -> None:
    left.run(remittance("100", claim("C2", paid="100", write_off="20"), trace="EFT0002"))
    for trace in ("EFT0001", "EFT0002"):
        [held] = left.records("quick-post", trace, "--claim", "C2")
        assert (held["outcome"], held["holds"]) == ("manual", ["ambiguous-match"])
    left.verified()


SETS = transaction_set(payment("90", claim("C1")))
DOUBTFUL = {
    "payment-out-of-balance": remittance("95", claim("C1")),
    "envelope-mismatch": remittance("90", claim("C1")).replace("IEA*1*000000001", "IEA*1*000000002"),
    "unexpected-content": remittance("90", claim("C1", "120", "90", "30", "NTE*ADD*SEE LETTER")),
    "malformed-amount": remittance("90", claim("C1", "120", "90", "30", "CAS*PR*2*1,00")),
    "line-out-of-balance": remittance("90", claim("C1", "120", "90", "20")),
    "patient-mismatch": remittance("90", claim("C1")).replace("*JANE*", "*JOHN*"),
    "procedure-mismatch": remittance("90", claim("C1")).replace("AD:D0120", "AD:D0140"),
    "ambiguous-match": remittance("180", claim("C1"), claim("C1")),
    "adjustment-needs-review": remittance("90", claim("C1")).replace("CAS*CO*45*", "CAS*CO*97*"),
    "reversal": remittance("90", claim("C1", status="22")),
    "not-our-payee": remittance("90", claim("C1")).replace("XX*1234567893", "XX*1739048266"),
}


@pytest.mark.parametrize("hold", DOUBTFUL)
def test_what_holds_a_claim_back_holds_it_in_quick_mode_too(sqlite_home: PracticeHome, hold: str) -> None:
    sqlite_home.set({"practice.npi": "1234567893"})
    sqlite_home.expect(expects("C1"))
    segments = DOUBTFUL[hold].rstrip("~\n").split("~\n")
    assert hold in sqlite_home.run(written(segments, Delimiters("|", ">", "{", "\n", "")))[0]["holds"]
    for _ in range(2):
        before = sqlite_home.records("log")[-1]["holds"]
        decided = sqlite_home.records("quick-post", "EFT0001")
        assert {tuple(each["holds"]) for each in decided} == {tuple(before)}
    assert sqlite_home.posted() == {}
    sqlite_home.verified()


def test_a_payment_that_changed_is_held_in_quick_mode_too(home: PracticeHome) -> None:
    home.expect(expects("C1"), expects("C2"))
    home.run(remittance("90", claim("C1")))
    home.run(remittance("90", claim("C2")))
    changed = home.records("eras")[1]["payment_id"]
    assert [each["holds"] for each in home.records("quick-post", str(changed))] == [["payment-changed"]]


def test_quick_post_decides_the_samples_as_the_run_did_but_for_the_minimum(tmp_path: Path) -> None:
    """What was read is judged again from what was kept of it: the same holds, for every payer's way of writing."""
    home = make_practice(tmp_path / "home", settings={"conformance": "report", f"{QUICK}.minimum_percent": 95})
    assert era("import", "claims", SAMPLES / "claims.csv", "--home", home.root).code == 0
    assert home.era("run", SAMPLES).code == 3
    open_before = home.records("log", "--open")
    with_claims = [each["payment_id"] for each in home.records("eras", "--status", "open") if each["claims"]]
    quick = [record for payment_id in with_claims for record in home.records("quick-post", str(payment_id))]
    # A later payment of the same claim, which the run did not know of yet, is one more reason to wait.
    later = ("ambiguous-match", "already-posted")
    compared = ("claim_number", "trace_number", "outcome", "write_off_cents")
    assert sorted(
        [*(each[key] for key in compared), *(hold for hold in each["holds"] if hold not in later)] for each in quick
    ) == sorted(
        [*(each[key] for key in compared), *(hold for hold in each["holds"] if hold not in later)]
        for each in open_before
    )
    assert len(quick) > 40
    home.verified()


def test_quick_post_knows_what_another_envelope_brought(home: PracticeHome) -> None:
    home.expect(expects("C1", "100"))
    text = written(interchange(group(SETS)), Delimiters("|", ">", "{", "'", "\r\n"))
    assert [each["outcome"] for each in home.run(text)] == ["manual"]
    home.run(remittance_file(SETS))
    assert [each["outcome"] for each in home.records("quick-post", "EFT0001")] == ["post"]
    home.verified()
