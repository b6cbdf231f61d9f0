"""Several programs at once: on one home they take turns, on one PostgreSQL database they meet row by row."""

from pathlib import Path

import pytest
from practices import AUTO, Ended, PracticeHome, claims_csv, expects, finished, make_practice, remittance
from remittance_text import claim
from waiting import PostingsWait

from era_engine.home.folder import Home
from era_engine.posting.judging import BATCH


def posted_once(home: PracticeHome, *numbers: str) -> None:
    entries = [each["claim_number"] for each in home.records("ledger") if each["kind"] == "insurance_payment"]
    assert sorted(entries) == sorted(numbers)


# one home


def test_four_runs_at_once_on_one_home_post_everything_once(home: PracticeHome) -> None:
    numbers = [f"C{n}" for n in range(24)]
    home.expect(*(expects(number) for number in numbers))
    for at, number in enumerate(numbers):
        home.receive(remittance("90", claim(number), trace=number), f"{at:02d}.835")
    ended = [finished(process) for process in [home.process("run", "--json") for _ in range(4)]]
    assert {each.code for each in ended} <= {0, 5}
    assert 0 in [each.code for each in ended]
    decided = [record["claim_number"] for each in ended for record in each.records]
    assert sorted(decided) == sorted(numbers)
    for each in ended:
        if each.code == 5:
            assert each.out == ""
            assert "Another run is working" in each.err
    posted_once(home, *numbers)
    home.verified()


@pytest.mark.parametrize("command", [["run"], ["run", "--dry-run"], ["quick-post", "EFT0001"]])
def test_what_decides_waits_for_nobody_when_another_run_holds_the_home(home: PracticeHome, command: list[str]) -> None:
    home.expect(expects("C1", "100"), expects("C2"))
    home.run(remittance("90", claim("C1")))
    home.receive(remittance("90", claim("C2"), trace="EFT0002"))
    before = home.records("log")
    with Home(home.root).locked():
        refused = home.era(*command)
        assert (refused.code, refused.out) == (5, "")
        assert "Remedy: Wait until it has finished, then run again." in refused.err
        assert home.records("log") == before
    assert home.era(*command).code == 0


def test_what_only_looks_or_imports_needs_no_turn(home: PracticeHome) -> None:
    home.expect(expects("C1"))
    home.run(remittance("90", claim("C1")))
    with Home(home.root).locked():
        for command in (["log"], ["ledger"], ["eras"], ["explain", "C1"], ["verify"], ["settings", "check"]):
            assert home.era(*command).code == 0
        home.expect(expects("C2"))


def test_the_lock_goes_with_the_process_however_it_ends(sqlite_home: PracticeHome) -> None:
    with pytest.raises(ZeroDivisionError), Home(sqlite_home.root).locked():
        _ = 1 // 0
    assert sqlite_home.era("run").code == 0


# several homes on one PostgreSQL database


@pytest.fixture
def homes(postgresql_url: str, tmp_path: Path) -> list[PracticeHome]:
    made = [make_practice(tmp_path / f"home{number}", postgresql_url) for number in range(4)]
    made[0].expect(expects("C1"), expects("C2", "100"))
    return made


def test_four_homes_given_the_same_file_at_once_post_it_once(homes: list[PracticeHome]) -> None:
    text = remittance("90", claim("C1"))
    for home in homes:
        home.receive(text)
    ended = [finished(process) for process in [home.process("run", "--json") for home in homes]]
    assert [each.code for each in ended] == [0] * 4
    assert sorted(record["outcome"] for each in ended for record in each.records) == ["duplicate"] * 3 + ["post"]
    posted_once(homes[0], "C1")
    for home in homes:
        assert [path.read_text() for path in (home.root / "archive").iterdir() if path.suffix == ".835"] == [text]
        home.verified()


def test_four_homes_given_four_payments_of_one_claim_at_once_post_one_of_them(homes: list[PracticeHome]) -> None:
    for number, home in enumerate(homes):
        home.receive(remittance("90", claim("C1"), trace=f"EFT{number}"))
    ended = [finished(process) for process in [home.process("run", "--json") for home in homes]]
    decided = [record for each in ended for record in each.records]  # also of claims judged again beside the others
    assert {record["trace_number"] for record in decided} == {"EFT0", "EFT1", "EFT2", "EFT3"}
    [posted] = [record["trace_number"] for record in decided if record["outcome"] == "post"]
    assert all(("already-posted" in record["holds"]) == (record["trace_number"] != posted) for record in decided)
    posted_once(homes[0], "C1")
    for home in homes:
        home.verified()


def test_a_file_one_home_has_read_is_another_homes_to_keep(homes: list[PracticeHome]) -> None:
    text = remittance("90", claim("C1"))
    first, second, *_ = homes
    first.receive(text, "monday.835")
    second.receive(text, "monday.835")
    assert [each["outcome"] for each in first.records("run")] == ["post"]
    assert [each["outcome"] for each in second.records("run")] == ["duplicate"]
    for home in (first, second):
        assert [path.name for path in (home.root / "archive").iterdir()] == ["monday.835"]
        home.verified()


def test_a_file_another_home_is_working_on_is_left_to_it(homes: list[PracticeHome]) -> None:
    """Homes with one name for two files, one of them interrupted."""
    first, second, *_ = homes
    first.receive(remittance("90", claim("C1"), trace="EFT0001"), "monday.835")
    second.receive(remittance("90", claim("C2"), trace="EFT0002"), "monday.835")
    first.era("run")
    first.change("UPDATE files SET state = 'received'")
    assert [each["claim_number"] for each in second.records("run")] == ["C2"]
    second.verified()
    assert "A run was interrupted with 1 file received; `era run` finishes it." in first.verified().out
    assert first.records("run") == []
    first.verified()


# meeting in the middle of a posting


def test_a_claim_being_posted_cannot_be_changed_by_an_import(
    homes: list[PracticeHome], postings_wait: PostingsWait
) -> None:
    home = homes[0]
    home.receive(remittance("90", claim("C1")))
    changed = home.root / "changed.csv"
    changed.write_text(claims_csv(expects("C1", "1000")), encoding="utf-8")
    with postings_wait(homes[0]) as until_waiting:
        run = home.process("run", "--json")
        until_waiting(1)
        importing = home.process("import", "claims", changed)
        until_waiting(2)
    assert [each["outcome"] for each in finished(run).records] == ["post"]
    refused = finished(importing)
    assert (refused.code, "Payments are posted on C1" in refused.err) == (2, True)
    assert home.rows("SELECT expected_insurance_cents FROM procedure_lines WHERE claim_number = 'C1'") == [(9_000,)]


def test_two_quick_posts_of_one_claim_at_once_post_it_once(
    homes: list[PracticeHome], postings_wait: PostingsWait
) -> None:
    homes[0].receive(remittance("90", claim("C2")))
    assert [each["outcome"] for each in homes[0].records("run")] == ["manual"]
    with postings_wait(homes[0]) as until_waiting:
        first = homes[0].process("quick-post", "EFT0001", "--json")
        until_waiting(1)
        second = homes[1].process("quick-post", "EFT0001", "--json")
        until_waiting(2)
    assert [each["outcome"] for each in finished(first).records] == ["post"]
    assert finished(second) == Ended(0, "", "")
    posted_once(homes[0], "C2")
    homes[0].verified()


def test_two_runs_that_release_one_waiting_claim_at_once_post_it_once(
    homes: list[PracticeHome], postings_wait: PostingsWait
) -> None:
    for home in homes:
        home.set({"deposits.required": True})
    assert [each["holds"] for each in homes[0].run(remittance("90", claim("C1")))] == [["deposit-not-received"]]
    deposit(homes[0], "2026-11-02,90.00,EFT0001")
    with postings_wait(homes[0]) as until_waiting:
        first = homes[0].process("run", "--json")
        until_waiting(1)
        second = homes[1].process("run", "--json")
        until_waiting(2)
    assert [each["outcome"] for each in finished(first).records] == ["post"]
    ended = finished(second)
    assert (ended.code, ended.out) == (0, "")
    posted_once(homes[0], "C1")
    homes[0].verified()


def test_two_quick_posts_of_one_provider_adjustment_at_once_enter_it_once(
    homes: list[PracticeHome], postings_wait: PostingsWait
) -> None:
    for home in homes:
        home.set({f"{AUTO}.enabled": False})
    homes[0].run(remittance("5", after=["PLB*1234567893*20261231*L6*-5"]))
    assert homes[0].posted() == {}
    with postings_wait(homes[0]) as until_waiting:
        first = homes[0].process("quick-post", "EFT0001")
        until_waiting(1)
        second = homes[1].process("quick-post", "EFT0001")
        until_waiting(2)
    assert [finished(each).code for each in (first, second)] == [0, 0]
    assert homes[0].posted() == {"insurance_deposits": 500, "interest_income": -500}
    homes[0].verified()


def test_a_quick_post_and_the_reversal_of_a_claim_beside_it_do_not_block_each_other(
    homes: list[PracticeHome], postings_wait: PostingsWait
) -> None:
    """C1 is posted and C2 open on the payment; the run takes C1 back and answers C2 again."""
    home = homes[0]
    home.set({"reversals.post_exact": True})
    home.run(remittance("180", claim("C1"), claim("C2")))
    back = claim("C1", "-120", "-90", "-30", status="22")
    home.receive(remittance("0", back, claim("C2"), trace="EFT0002"), "again.835")
    with postings_wait(homes[0]) as until_waiting:
        quick = homes[1].process("quick-post", "EFT0001", "--json")
        until_waiting(1)
        run = home.process("run", "--json")
        until_waiting(2)
    assert [each["outcome"] for each in finished(quick).records] == ["post"]
    assert [(each["claim_number"], each["outcome"]) for each in finished(run).records] == [
        ("C1", "post"),
        ("C2", "manual"),
    ]
    assert home.posted()["insurance_deposits"] == 9_000
    home.verified()


def test_two_runs_whose_payments_share_claims_in_opposite_order_both_come_through(
    homes: list[PracticeHome], postings_wait: PostingsWait
) -> None:
    """Each holds the claims of its first batch and asks for one of the other's in its second: PostgreSQL ends one."""
    some, others = ([f"{letter}{number:03d}" for number in range(BATCH)] for letter in "AB")
    homes[0].expect(*(expects(number) for number in some + others))
    for home, numbers in zip(homes, ([*some, others[0]], [*others, some[0]]), strict=False):
        home.receive(remittance(str(90 * len(numbers)), *map(claim, numbers), trace=f"T{numbers[0]}"))
    with postings_wait(homes[0]) as until_waiting:
        runs = [home.process("run", "--json") for home in homes[:2]]
        until_waiting(2)
    ended = [finished(run) for run in runs]
    assert [each.code for each in ended] == [0, 0], [each.err for each in ended]
    assert sorted(len(each.records) for each in ended) == [BATCH + 1, BATCH + 1]
    posted_once(homes[0], *some, *others)
    for home in homes[:2]:
        home.verified()
        assert home.era("audit", "verify").code == 0


def deposit(home: PracticeHome, row: str) -> None:
    """What the bank says it received."""
    file = home.root / "bank.csv"
    file.write_text(f"date,amount,trace\n{row}\n")
    assert home.era("import", "bank", file).code == 0


def test_whoever_reads_sees_none_of_a_payment_or_all_of_it(
    homes: list[PracticeHome], postings_wait: PostingsWait
) -> None:
    home = homes[0]
    home.receive(remittance("90", claim("C1")))
    with postings_wait(homes[0]) as until_waiting:
        run = home.process("run", "--json")
        until_waiting(1)
        assert [home.records(report) for report in ("log", "eras", "ledger")] == [[], [], []]
    finished(run)
    assert [len(home.records(report)) for report in ("log", "eras", "ledger")] == [1, 1, 2]
