"""From a file to the ledger: the table through the commands, to the cent, and a payment posted whole or not at all."""

from decimal import Decimal
from random import Random

import pytest
from practices import AUTO, BOTH_POSTED, WRITE_OFFS, PracticeHome, Sent, cents, expects, one_payment, remittance
from remittance_text import claim, payment, remittance_file, transaction_set

ROWS = {  # plans, switch, paid, write-offs
    ("one", "on", "at least", "on"): BOTH_POSTED,
    ("one", "on", "at least", "off"): "single-plan-at-least-minimum-write-offs-off",
    ("one", "on", "below", "on"): "single-plan-below-minimum-write-offs-on",
    ("one", "on", "below", "off"): "single-plan-below-minimum-write-offs-off",
    ("one", "off", "at least", "on"): "single-plan-posting-off",
    ("one", "off", "at least", "off"): "single-plan-posting-off",
    ("one", "off", "below", "on"): "single-plan-posting-off",
    ("one", "off", "below", "off"): "single-plan-posting-off",
    ("several", "on", "at least", "on"): "several-plans-write-offs-on",
    ("several", "on", "below", "on"): "several-plans-write-offs-on",
    ("several", "on", "at least", "off"): "several-plans-write-offs-off",
    ("several", "on", "below", "off"): "several-plans-write-offs-off",
    ("several", "off", "at least", "on"): "several-plans-posting-off",
    ("several", "off", "at least", "off"): "several-plans-posting-off",
    ("several", "off", "below", "on"): "several-plans-posting-off",
    ("several", "off", "below", "off"): "several-plans-posting-off",
}
SHOWN = {  # indicators, icon, hover, page message, alert
    BOTH_POSTED: ("posted", "success", "Payment successfully posted", "success", False),
    **dict.fromkeys(
        [
            "single-plan-at-least-minimum-write-offs-off",
            "single-plan-below-minimum-write-offs-on",
            "several-plans-write-offs-on",
        ],
        ("criteria-not-met", "alert", "Matched but did not meet auto posting criteria", "warning", True),
    ),
    **dict.fromkeys(
        [
            "single-plan-below-minimum-write-offs-off",
            "single-plan-posting-off",
            "several-plans-write-offs-off",
            "several-plans-posting-off",
        ],
        ("quiet", None, None, None, False),
    ),
}
SWITCHES = [("on", "on"), ("on", "off"), ("off", "on"), ("off", "off")]


def practice_of(random: Random, percent: str) -> list[Sent]:
    """Forty claims, most of them paid within a cent of the minimum."""
    practice = []
    for number in range(40):
        expected = random.choice([0, 1, 3, random.randrange(1, 5_000), random.randrange(5_000, 300_000)])
        near = expected * Decimal(percent) / 100
        paid = max(0, int(near) + random.choice([-1, 0, 0, 1, 1, 2]))
        charge = max(expected, paid) + random.randrange(1, 9_000)
        practice.append(Sent(f"C{number:03d}", random.choice([1, 1, 1, 2, 3]), charge, expected, paid))
    return practice


# the table


@pytest.mark.parametrize(("posting", "write_offs"), SWITCHES)
@pytest.mark.parametrize("percent", ["87.5", "33.3"])
def test_every_row_of_the_table_decides_to_the_cent(
    home: PracticeHome, posting: str, write_offs: str, percent: str
) -> None:
    home.set(
        {
            f"{AUTO}.enabled": posting == "on",
            f"{AUTO}.minimum_percent": Decimal(percent),
            WRITE_OFFS: write_offs == "on",
        }
    )
    practice = practice_of(Random(f"{posting} {write_offs} {percent}"), percent)
    home.expect(*(each.rows() for each in practice))

    decided = {each["claim_number"]: each for each in home.run(one_payment(practice))}

    posted = []
    for each in practice:
        enough = Decimal(each.paid) * 100 >= Decimal(each.expected) * Decimal(percent)
        row = ROWS["one" if each.plans == 1 else "several", posting, "at least" if enough else "below", write_offs]
        found = decided[each.number]
        assert (found["rule"], found["holds"]) == (row, []), each
        assert found["outcome"] == ("post" if row == BOTH_POSTED else "manual")
        assert SHOWN[row] == tuple(
            found[key] for key in ("indicators", "patient_icon", "hover", "page_message", "claim_alert")
        )
        if row == BOTH_POSTED:
            posted.append(each)
    assert len(decided) == len(practice)
    assert bool(posted) == (posting == write_offs == "on")
    paid, written_off = sum(each.paid for each in posted), sum(each.charge - each.paid for each in posted)
    ledger = home.posted()
    assert ledger.get("insurance_deposits", 0) == paid
    assert ledger.get("contracted_write_offs", 0) == written_off
    assert ledger.get("accounts_receivable", 0) == -paid - written_off
    home.verified()


@pytest.mark.parametrize(
    ("percent", "expected", "minimum"),
    [
        ("87.5", "90.00", "78.75"),
        ("87.5", "103.60", "90.65"),
        ("87.5", "100.01", "87.51"),  # 87.50875
        ("33.3", "100.00", "33.30"),
        ("33.3", "61.41", "20.45"),  # 20.44953
        ("33.3", "0.03", "0.01"),  # 0.00999
        ("33.33333333333333333333", "3.00", "1.00"),  # not quite a third
        ("95", "61.41", "58.34"),  # 58.3395
        ("0.00000000000000000001", "900000000.00", "0.01"),
        ("100", "77.77", "77.77"),
    ],
)
def test_one_cent_decides(sqlite_home: PracticeHome, percent: str, expected: str, minimum: str) -> None:
    sqlite_home.set({f"{AUTO}.minimum_percent": Decimal(percent)})
    charge = cents(expected) + 500
    practice = [
        Sent(number, 1, charge, cents(expected), cents(minimum) + off)
        for number, off in (("SHORT", -1), ("EXACT", 0), ("OVER", 1))
    ]
    sqlite_home.expect(*(each.rows() for each in practice))
    decided = {each["claim_number"]: each for each in sqlite_home.run(one_payment(practice))}
    assert {number: each["outcome"] for number, each in decided.items() if not each["holds"]} == {
        "SHORT": "manual",
        "EXACT": "post",
        "OVER": "post",
    }
    assert {each["minimum_cents"] for each in decided.values()} == {cents(minimum)}
    assert {each["minimum_percent"] for each in decided.values()} == {percent}


@pytest.mark.parametrize(
    ("percent", "expected", "paid", "outcome"),
    [
        ("95", "0.00", "0.00", "post"),  # nothing expected, nothing paid
        ("95", "0.00", "12.00", "post"),
        ("100", "0.00", "0.00", "post"),
        ("0", "50.00", "0.00", "post"),  # the bar on the floor
        ("0", "0.00", "0.00", "post"),
        ("95", "50.00", "0.00", "manual"),
        ("0.01", "50.00", "0.00", "manual"),
    ],
)
def test_nothing_paid_or_nothing_expected_follows_the_table_to_the_letter(
    sqlite_home: PracticeHome, percent: str, expected: str, paid: str, outcome: str
) -> None:
    sqlite_home.set({f"{AUTO}.minimum_percent": Decimal(percent)})
    sent = Sent("C1", 1, 12_000, cents(expected), cents(paid))
    sqlite_home.expect(sent.rows())
    [decided] = sqlite_home.run(one_payment([sent]))
    assert (decided["outcome"], decided["holds"]) == (outcome, [])
    if outcome == "post":
        payment_entry, write_off = sqlite_home.records("ledger")
        assert (payment_entry["kind"], payment_entry["mark"]) == ("insurance_payment", "A")
        assert payment_entry["postings"][0] == {
            "account": "insurance_deposits",
            "cents": cents(paid),
            "line": None,
        }
        assert write_off["postings"][0]["cents"] == 12_000 - cents(paid)
    sqlite_home.verified()


def test_a_claim_of_no_charge_at_all_is_posted_without_a_write_off(sqlite_home: PracticeHome) -> None:
    sqlite_home.expect(expects("C1", "0", "0"))
    [decided] = sqlite_home.run(remittance("0", claim("C1", "0", "0", "0"), method="NON"))
    assert decided["outcome"] == "post"
    [entry] = sqlite_home.records("ledger")
    assert (entry["kind"], {each["cents"] for each in entry["postings"]}) == ("insurance_payment", {0})
    sqlite_home.verified()


# a payment is posted whole or not at all

FAILING_POSTINGS = {
    "sqlite": [
        "CREATE TRIGGER trouble BEFORE INSERT ON postings WHEN (SELECT count(*) FROM postings) >= 7"
        " BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
    ],
    "postgresql": [
        "CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF (SELECT count(*) FROM postings) >= 7 THEN RAISE EXCEPTION 'the disk is full'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER trouble BEFORE INSERT ON postings FOR EACH ROW EXECUTE FUNCTION trouble()",
    ],
}


@pytest.mark.both_databases
def test_a_failure_leaves_nothing_of_its_payment_and_all_of_those_before(home: PracticeHome) -> None:
    """Each claim makes four postings: the second claim of the second payment is where it breaks off."""
    home.expect(*(expects(f"C{n}") for n in range(1, 6)))
    sets = [
        transaction_set(payment("90", claim("C1"), trace="T1"), "0001"),
        transaction_set(payment("180", claim("C2"), claim("C3"), trace="T2"), "0002"),
        transaction_set(payment("180", claim("C4"), claim("C5"), trace="T3"), "0003"),
    ]
    kind = home.database_url.partition(":")[0].partition("+")[0]
    home.change(*FAILING_POSTINGS[kind])
    home.receive(remittance_file(*sets))

    broken = home.era("run", "--json")

    assert broken.code == 1
    assert [each["claim_number"] for each in broken.records] == ["C1"]
    assert "the disk is full" not in broken.err
    assert [each["claim_number"] for each in home.records("log")] == ["C1"]
    assert [each["trace_number"] for each in home.records("eras")] == ["T1"]
    assert home.posted()["insurance_deposits"] == 9_000
    assert "A run was interrupted with 1 file received; `era run` finishes it." in home.verified().out

    home.change("DROP TRIGGER trouble" + (" ON postings" if kind == "postgresql" else ""))
    assert [each["claim_number"] for each in home.records("run")] == ["C2", "C3", "C4", "C5"]
    assert home.posted()["insurance_deposits"] == 45_000
    home.verified()
