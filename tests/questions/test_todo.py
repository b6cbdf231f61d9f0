"""The open work (era todo): by reason, most money first, each with the next step."""

import time

import pytest
from own_rules import own_rules
from practices import AUTO, QUICK, WRITE_OFFS, PracticeHome, era, expects, remittance
from remittance_text import claim, payment, remittance_file, transaction_set

ANN = ("--by", "Ann")


@pytest.fixture
def monday(home: PracticeHome) -> PracticeHome:
    """Three claims below the minimum, one without a claim of ours, one estimate, and a fee of unknown reason."""
    home.expect(
        expects("C1", "100", patient="P1"),
        expects("C2", "100", patient="P2", location="MFD"),
        expects("C3", "100", patient="P3"),
        expects("C4", "100", patient="P4"),
    )
    claims = (
        claim("C1", "120", "20", "100"),
        claim("C2", "120", "92", "28"),
        claim("C3", "120", "50", "70"),
        claim("X9", "700", "500", "200"),
    )
    home.run(
        remittance("655", *claims, after=["PLB*1234567893*20261231*ZZ:X1*7"]),
        remittance("0", claim("C4", "120", "0", "120", status="25"), trace="EFT0002", method="NON"),
    )
    return home


def test_groups_and_items_stand_by_money(monday: PracticeHome) -> None:
    told = [(each["reason"], each["claim_number"], each["paid_cents"]) for each in monday.records("todo")]
    assert told == [
        ("no-matching-claim", "X9", 50000),
        ("single-plan-below-minimum-write-offs-on", "C2", 9200),
        ("single-plan-below-minimum-write-offs-on", "C3", 5000),
        ("single-plan-below-minimum-write-offs-on", "C1", 2000),
        ("provider-adjustment-left", None, -700),
        ("predetermination", "C4", 0),
    ]


def test_each_item_has_its_next_step(monday: PracticeHome) -> None:
    steps = {each["claim_number"]: each["command"] for each in monday.records("todo")}
    assert steps == {
        "X9": "era match EFT0001 X9 --to CLAIM --by NAME",
        "C2": "era quick-post EFT0001 --claim C2",
        "C3": "era post EFT0001 C3 --as-remitted --by NAME",
        "C1": "era post EFT0001 C1 --as-remitted --by NAME",
        None: "era post EFT0001 --provider-adjustments --by NAME",
        "C4": "era close EFT0002 C4 --by NAME --because TEXT",
    }


def test_an_item_says_what_is_known(monday: PracticeHome) -> None:
    [item] = [each for each in monday.records("todo") if each["claim_number"] == "C2"]
    ids = {key: item.pop(key) for key in ("payment_id", "claim_payment_id", "explanation", "remedy")}
    assert item == {
        "reason": "single-plan-below-minimum-write-offs-on",
        "trace_number": "EFT0001",
        "claim_number": "C2",
        "matched_claim": "C2",
        "payer": "DELTA DENTAL",
        "location": "MFD",
        "patient_id": "P2",
        "payment_date": "2026-11-01",
        "age_days": 0,
        "claim_status": "1",
        "paid_cents": 9200,
        "expected_cents": 10000,
        "short_cents": 800,
        "command": "era quick-post EFT0001 --claim C2",
        "file": None,
    }
    assert (ids["payment_id"], ids["claim_payment_id"]) == (1, 2)
    assert "short of 95 %" in ids["explanation"]


@pytest.mark.both_databases
def test_the_commands_work_and_the_list_grows_shorter(monday: PracticeHome) -> None:
    for item in monday.records("todo"):
        words = item["command"].replace("--to CLAIM", "--to C4").replace("NAME", "Ann").replace("TEXT", "filed").split()
        ended = monday.era(*words[1:])
        assert ended.code == 0, (item["command"], ended)
    assert monday.records("todo") == [item for item in monday.records("todo") if item["claim_number"] == "X9"]
    monday.verified()


def test_the_table_is_for_people(monday: PracticeHome) -> None:
    out = monday.era("todo").out
    assert "single-plan-below-minimum-write-offs-on: 3 items, $162.00" in out
    assert "Find the claim by patient and date of service and match it by hand, or import it." in out
    assert "$8.00  era quick-post EFT0001 --claim C2" in out
    assert "5 claims and 1 other item, $669.00 to review." in out
    assert "era deposits" in out


def test_a_part_of_it_by_payer_or_location(monday: PracticeHome) -> None:
    assert [each["claim_number"] for each in monday.records("todo", "--location", "MFD")] == ["C2"]
    assert len(monday.records("todo", "--payer", "delta")) == 6
    assert monday.records("todo", "--payer", "metlife") == []
    assert monday.era("todo", "--payer", "metlife").out == "Nothing needs review.\n"


def test_csv_has_a_line_for_each_item(monday: PracticeHome) -> None:
    lines = monday.era("todo", "--format", "csv").out.splitlines()
    assert lines[0].startswith("reason,")
    assert len(lines) == 7


def test_a_hold_that_waits_says_for_what(home: PracticeHome) -> None:
    home.expect(expects())
    home.run(remittance("90", claim()), remittance("90", claim(payer_claim_number="ICN2"), trace="EFT0002"))
    [item] = home.records("todo")
    assert item["reason"] == "already-posted"
    assert "Waits for the reversal of the payment posted before; every run decides it again." in item["remedy"]


def test_what_shares_a_name_is_named_by_its_id(home: PracticeHome) -> None:
    home.run(remittance("180", claim("X9"), claim("X9", payer_claim_number="ICN2")))
    home.run(remittance("90", claim("X8", payer_claim_number="ICN3"), originator="2999999999"))
    assert sorted(each["command"] for each in home.records("todo")) == [
        "era match id:1 id:1 --to CLAIM --by NAME",
        "era match id:1 id:2 --to CLAIM --by NAME",
        "era match id:2 X8 --to CLAIM --by NAME",
    ]


def test_a_trace_number_that_may_be_taken_for_an_id_is_named_by_its_own(home: PracticeHome) -> None:
    home.run(remittance("90", claim("X9"), trace="SAME"), remittance("90", claim("X8"), trace="SAME", date="20261102"))
    home.run(remittance("90", claim("X7"), trace="2"))
    assert sorted(each["command"] for each in home.records("todo")) == [
        "era match id:1 X9 --to CLAIM --by NAME",
        "era match id:2 X8 --to CLAIM --by NAME",
        "era match id:3 X7 --to CLAIM --by NAME",
    ]
    assert home.era("unmatch", "id:3", "X7", "--by", "Ann").code == 2  # found, and matched to nothing


def test_names_that_a_shell_would_take_apart_are_quoted(home: PracticeHome) -> None:
    home.run(remittance("180", claim("A;B 'C"), claim("", payer_claim_number="ICN2"), trace="E T1"))
    steps = sorted(each["command"] for each in home.records("todo"))
    assert steps == [
        "era match 'E T1' 'A;B '\"'\"'C' --to CLAIM --by NAME",
        "era match 'E T1' id:2 --to CLAIM --by NAME",
    ]


def test_a_claim_that_does_not_add_up_is_posted_by_line(home: PracticeHome) -> None:
    home.expect(expects())
    home.run(remittance("90", claim("C1", "120", "90", "20")))
    [item] = home.records("todo")
    assert item["command"] == "era post EFT0001 C1 --line N=PAID,WRITE_OFF --by NAME"


def test_a_write_off_beyond_what_was_sent_is_posted_by_line(home: PracticeHome) -> None:
    """The payer decided on 150.00 and writes off 60.00; of the 120.00 sent, 30.00 are left."""
    home.expect(expects())
    home.run(remittance("90", claim("C1", "150", "90", "60")))
    [item] = home.records("todo")
    assert (item["reason"], "--line N=PAID" in item["command"]) == ("charge-mismatch", True)
    assert home.era("post", "EFT0001", "C1", "--as-remitted", *ANN).code == 2


def test_a_later_plans_write_off_is_posted_by_line(home: PracticeHome) -> None:
    home.expect(expects(plans=2))
    home.run(remittance("90", claim(status="2")))
    [item] = home.records("todo")
    assert "--line N=PAID" in item["command"]
    assert home.era("post", "EFT0001", "C1", "--as-remitted", *ANN).code == 2


def test_a_reversal_is_to_be_posted_only_while_what_it_takes_back_is(home: PracticeHome) -> None:
    """The original comes after its reversal and correction; then all is put in order, and undone again."""
    taken_back = [each.replace("*1*120*90*", "*22*-120*-90*") for each in claim("C1", responsibility="0")]
    taken_back = [each.replace("*120*90", "*-120*-90").replace("CAS*CO*45*30", "CAS*CO*45*-30") for each in taken_back]
    home.expect(expects("C1"))
    home.run(remittance("-2", taken_back, claim("C1", "120", "88", "32", payer_claim_number="I2"), trace="T2"))
    home.run(remittance("90", claim("C1"), trace="T1"))

    def next_steps() -> list[str]:
        return [each["command"] for each in home.records("todo") if each["claim_status"] == "22"]

    def do(*command: str) -> None:
        ended = home.era(*command, *ANN)
        assert ended.code == 0, ended

    assert next_steps() == ["era explain C1 --trace T2"]
    do("undo", "T2", "--claim", "id:2", "--because", "late")
    assert next_steps() == ["era explain C1 --trace T2"]
    do("post", "T1", "C1", "--as-remitted")
    assert next_steps() == ["era post T2 id:1 --as-remitted --by NAME"]
    do("post", "T2", "id:1", "--as-remitted")
    assert next_steps() == []
    do("undo", "T2", "--claim", "id:1", "--because", "the payer called")
    assert next_steps() == ["era post T2 id:1 --as-remitted --by NAME"]
    do("undo", "T1", "--claim", "C1", "--because", "the payer called")
    assert next_steps() == ["era explain C1 --trace T2"]
    assert home.era("explain", "C1", "--trace", "T2").code == 0


def test_money_without_a_claim_and_files_quarantined_are_work_too(home: PracticeHome) -> None:
    home.run(remittance("75", trace="EFT0009"))
    home.receive("ISA*this is no interchange", "bad.835")
    home.records("run")
    money, file = home.records("todo")
    assert (money["reason"], money["paid_cents"], money["trace_number"]) == ("payment-without-claims", 7500, "EFT0009")
    assert (file["reason"], file["file"]) == ("file-in-quarantine", "bad.835")
    assert file["command"] == f"era inspect {home.root / 'quarantine' / 'bad.835'}"
    assert era(*file["command"].split()[1:]).code == 3
    assert "0 claims and 2 other items, $75.00 to review." in home.era("todo").out


def test_what_a_person_matched_waits_for_the_next_run(home: PracticeHome) -> None:
    home.expect(expects("C1"))
    home.run(remittance("90", claim("X9")).replace("20261005", "20260105"))
    assert home.era("match", "EFT0001", "X9", "--to", "C1", *ANN).code == 0
    [item] = home.records("todo")
    assert (item["reason"], item["claim_number"], item["matched_claim"]) == ("matched-by-hand", "X9", "C1")
    assert item["command"] == "era quick-post EFT0001 --claim X9"
    assert "X9 (C1)" in home.era("todo").out


# whether quick-post would post it is asked of the rules in force


ROW_1, ROW_2 = "single-plan-at-least-minimum-write-offs-on", "single-plan-at-least-minimum-write-offs-off"
POSTS, LEAVES = ("then: post", "show: posted"), ("then: manual", "show: criteria-not-met")


def open_after_a_run(home: PracticeHome, paid: str, **sent: int) -> str:
    """The next step for a claim of 120.00, of which 100.00 is expected and this much was paid."""
    home.expect(expects("C1", "100", patient="P1", **sent))  # type: ignore[arg-type]
    home.run(remittance(paid, claim("C1", "120", paid, f"{120 - int(paid)}")))
    [item] = home.records("todo")
    return str(item["command"])


def test_quick_post_is_named_where_the_practices_own_table_posts(sqlite_home: PracticeHome) -> None:
    """92.00 is not enough for a run, but for quick-post; this practice posts such a claim without write-offs on."""
    home = sqlite_home
    home.set(own_rules(home, "auto_posting.yaml", ROW_2, *zip(LEAVES, POSTS, strict=True)) | {WRITE_OFFS: False})
    assert open_after_a_run(home, "92") == "era quick-post EFT0001 --claim C1"
    assert home.era("quick-post", "EFT0001", "--claim", "C1").code == 0
    assert home.records("todo") == []


def test_quick_post_is_not_named_where_the_practices_own_table_leaves_the_claim(sqlite_home: PracticeHome) -> None:
    home = sqlite_home
    home.set(own_rules(home, "auto_posting.yaml", ROW_1, *zip(POSTS, LEAVES, strict=True)))
    assert open_after_a_run(home, "92") == "era post EFT0001 C1 --as-remitted --by NAME"
    assert home.era("quick-post", "EFT0001", "--claim", "C1").code == 0
    assert len(home.records("todo")) == 1


def test_quick_post_is_not_named_where_a_hold_of_the_practices_own_keeps_it(sqlite_home: PracticeHome) -> None:
    home = sqlite_home
    (home.root / "rules").mkdir()
    (home.root / "rules" / "own.yaml").write_text(
        """
- id: large-quick-post
  enabled: true
  because: Whoever clicks looks at the small ones only.
  reference: the practice
  when: {mode: quick, paid_cents: {more_than: 5000}}
  then: hold
  show: criteria-not-met
  message: More than $50.00 is not for quick-post.
  remedy: Post it by hand.
""",
        "utf-8",
    )
    assert open_after_a_run(home, "92") == "era post EFT0001 C1 --as-remitted --by NAME"


def test_quick_post_is_named_for_a_partial_payment_that_it_would_accept(sqlite_home: PracticeHome) -> None:
    home = sqlite_home
    home.set({f"{AUTO}.enabled": False, "era_payment_options.partial_payment.enabled": True})
    assert open_after_a_run(home, "60") == "era quick-post EFT0001 --claim C1"


def test_quick_post_is_named_for_several_plans_that_are_proven(sqlite_home: PracticeHome) -> None:
    home = sqlite_home
    home.set({f"{AUTO}.enabled": False, "several_plans.post": "proven"})
    assert open_after_a_run(home, "100", plans=2) == "era quick-post EFT0001 --claim C1"


def test_an_override_that_came_since_counts_for_quick_post(sqlite_home: PracticeHome) -> None:
    home = sqlite_home
    home.set({f"{QUICK}.enabled": False})
    assert open_after_a_run(home, "92") == "era post EFT0001 C1 --as-remitted --by NAME"
    toml = home.root / "era.toml"
    text = toml.read_text("utf-8")
    toml.write_text(f'{text}[[override]]\nlocation = "LPFD"\n[override.{QUICK}]\nenabled = true\n', "utf-8")
    assert [each["command"] for each in home.records("todo")] == ["era quick-post EFT0001 --claim C1"]


def test_ten_thousand_open_items_are_listed_in_seconds(sqlite_home: PracticeHome) -> None:
    claims = [claim(f"X{number}", payer_claim_number=f"ICN{number}") for number in range(10_000)]
    sqlite_home.receive(remittance_file(transaction_set(payment("900000", *claims))))
    assert sqlite_home.era("run").code == 0
    began = time.monotonic()
    assert len(sqlite_home.records("todo")) == 10_000
    assert time.monotonic() - began < 10
