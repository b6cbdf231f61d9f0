"""What other settings or rules would have done: the same as a fresh office that had them from the start."""

import json
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from offices import AUTO, OfficeHome, Record, era, expects, make_office, remittance
from remittance_text import claim

MINIMUM = f"{AUTO}.minimum_percent"
WRITE_OFFS = "ledger_options.auto_post_contracted_write_offs"
PARTIAL = "era_payment_options.partial_payment"
Decisions = list[tuple[Any, ...]]


def replayed(home: OfficeHome, *options: str) -> tuple[list[Record], Record]:
    """What `era replay` tells of each claim payment, and its summary."""
    ended = home.era("replay", *options, "--format", "json")
    assert ended.code == 0, ended
    *claims, last = ended.records
    return claims, last["summary"]


def after(home: OfficeHome, *options: str) -> Decisions:
    return [
        (
            each["claim_number"],
            each["trace_number"],
            each["after"]["outcome"],
            each["after"]["rule"],
            each["after"]["holds"],
        )
        for each in replayed(home, *options)[0]
    ]


def decided(home: OfficeHome) -> Decisions:
    """The newest decision by rules on each claim payment, in the order they were read."""
    newest = {each["claim_payment_id"]: each for each in home.records("log", "--mode", "auto")}
    return [
        (each["claim_number"], each["trace_number"], each["outcome"], each["rule"], each["holds"])
        for _, each in sorted(newest.items())
    ]


# compared with a fresh office


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> OfficeHome:
    """The sample practice after a run under the settings it comes with."""
    return run_samples(tmp_path_factory.mktemp("samples") / "home", {})


def run_samples(root: Path, settings: dict[str, object]) -> OfficeHome:
    assert era("init", root, "--demo").code == 0
    home = OfficeHome(root, "sqlite:///era.db")
    home.set({"conformance": "report", **settings})
    assert home.era("run").code == 3
    return home


TRIED: dict[str, dict[str, object]] = {
    "all of it": {MINIMUM: 100},
    "nine tenths": {MINIMUM: 90},
    "a third exactly": {MINIMUM: Decimal("33.3")},
    "anything": {MINIMUM: 0},
    "posting off": {f"{AUTO}.enabled": False},
    "on trial": {f"{AUTO}.enabled": "shadow"},
    "write-offs off": {WRITE_OFFS: False},
    "partial payments": {f"{PARTIAL}.enabled": True, f"{PARTIAL}.minimum_amount": "20.00"},
    "several plans proven": {"several_plans.post": "proven"},
    "reversals": {"reversals.post_exact": True},
    "deposits": {"deposits.required": True},
    "no reviews": {"review_reasons": []},
    "contracted write-offs reviewed": {"review_reasons": ["45"]},
    "holds that warn": {"holds.procedure-mismatch": "warn", "holds.denied": "warn"},
    "a doubt told once that warns": {"holds.charge-mismatch": "warn", "holds.adjustment-needs-review": "warn"},
    "another payee": {"practice.npi": "1982713408"},
    "several at once": {MINIMUM: 50, "several_plans.post": "proven", "reversals.post_exact": True, WRITE_OFFS: True},
}


@pytest.mark.parametrize("name", TRIED)
def test_a_replay_decides_as_a_fresh_office_under_the_same_settings(
    samples: OfficeHome, tmp_path: Path, name: str
) -> None:
    settings = TRIED[name]
    fresh = run_samples(tmp_path / "fresh", settings)
    options = [option for key, value in settings.items() for option in ("--set", f"{key}={toml(value)}")]
    assert after(samples, *options) == decided(fresh)


def toml(value: object) -> str:
    return str(value) if isinstance(value, Decimal) else json.dumps(value)


def test_without_a_change_everything_stays(samples: OfficeHome) -> None:
    claims, summary = replayed(samples)
    assert [each for each in claims if each["before"] != each["after"] or each["change"] != "unchanged"] == []
    assert summary["claims"] == len(decided(samples)) == summary["unchanged"]["claims"]


@pytest.mark.parametrize("seed", range(6))
def test_whatever_comes_in_whatever_order_a_replay_decides_as_a_fresh_office(tmp_path: Path, seed: int) -> None:
    """Short and second payments, reversals, later plans and split claims, over several runs."""
    random = Random(seed)
    settings = [
        {
            MINIMUM: random.choice([0, 80, 95, 100]),
            "several_plans.post": random.choice(["never", "proven"]),
            "reversals.post_exact": random.choice([True, False]),
            WRITE_OFFS: random.random() < 0.8,
            f"{PARTIAL}.enabled": random.random() < 0.3,
        }
        for _ in range(2)
    ]
    claims, files = invented(random)
    homes = [make_office(tmp_path / str(number), settings=each) for number, each in enumerate(settings)]
    for home in homes:
        home.expect(*claims)
        for file in files:
            home.run(file)
    for home, other, there in zip(homes, reversed(homes), reversed(settings), strict=True):
        options = [option for key, value in there.items() for option in ("--set", f"{key}={toml(value)}")]
        assert after(home, *options) == decided(other)
        assert [each[2:] for each in after(home)] == [each[2:] for each in decided(home)]


@pytest.mark.parametrize("seed", range(4))
def test_what_people_did_is_done_again_so_that_without_a_change_everything_stays(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    claims, files = invented(random)
    home = make_office(tmp_path / "home", settings={"several_plans.post": random.choice(["never", "proven"])})
    home.expect(*claims)
    done = 0
    for file in files:
        home.run(file)
        for each in home.records("eras", "--status", "all"):
            for left in home.records("log", "--trace", each["trace_number"]):
                done += act(home, random, left)
    assert done > 3
    home.verified()
    assert [each[2:] for each in after(home)] == [each[2:] for each in decided(home)]


def act(home: OfficeHome, random: Random, left: Record) -> bool:
    """Now and then a person does something with a claim payment, as far as it is not refused."""
    if random.random() < 0.8:
        return False
    named = (left["trace_number"], f"id:{left['claim_payment_id']}")
    because = ("--by", "Ann", "--because", "a test")
    command: tuple[str, ...] = random.choice(
        [
            ("post", *named, "--as-remitted", "--by", "Ann"),
            ("undo", named[0], "--claim", named[1], *because),
            ("close", *named, "--even-with-money", *because),
            ("match", *named, "--to", random.choice(["K0", "K1", "K2"]), "--by", "Ann"),
            ("quick-post", named[0]),
        ]
    )
    return home.era(*command).code == 0


def invented(random: Random) -> tuple[list[list[Record]], list[str]]:
    """Claims of patients with one or two plans, and files with payments on them, whatever they make of each other."""
    expected = []
    answers: list[tuple[str, list[str]]] = []
    for number in range(12):
        name, patient = f"K{number}", f"P{number}"
        plans = random.choice([1, 1, 1, 2])
        expected.append(expects(name, random.choice(["90", "95", "120"]), plans=plans, patient=patient))
        for _ in range(random.choice([1, 1, 2, 3])):
            paid = random.choice(["90", "60", "100"])
            rest = str(120 - int(paid))
            icn = random.choice(["A", "B"])
            if random.random() < 0.25:
                back = claim(name, "-120", f"-{paid}", f"-{rest}", status="22", payer_claim_number=icn)
                answers.append((f"-{paid}", back))
            else:
                answers.append((paid, claim(name, "120", paid, rest, payer_claim_number=icn)))
        if plans == 2:
            expected.append(expects(f"L{number}", "30", plans=2, ordinal=2, patient=patient))
            answers.append(("30", claim(f"L{number}", "120", "30", "90", status="2")))
    random.shuffle(answers)
    files = []
    while answers:
        some = [answers.pop() for _ in range(min(len(answers), random.randint(1, 7)))]
        total = sum(int(paid) for paid, _ in some)
        files.append(remittance(str(total), *[each for _, each in some], trace=f"T{len(files)}"))
    return expected, files
