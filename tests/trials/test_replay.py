"""What other settings or rules would have done: the same as a fresh practice that had them from the start."""

import csv
import io
import json
import os
import shutil
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from killing import killed_at
from practices import AUTO, BOTH_POSTED, PracticeHome, Record, era, expects, make_practice, remittance
from remittance_text import claim
from where import RULES

from era_engine.settings.model import Settings

MINIMUM = f"{AUTO}.minimum_percent"
WRITE_OFFS = "ledger_options.auto_post_contracted_write_offs"
PARTIAL = "era_payment_options.partial_payment"
Decisions = list[tuple[Any, ...]]


def replayed(home: PracticeHome, *options: str) -> tuple[list[Record], Record]:
    """What `era replay` tells of each claim payment, and its summary."""
    ended = home.era("replay", *options, "--format", "json")
    assert ended.code == 0, ended
    *claims, last = ended.records
    return claims, last["summary"]


def after(home: PracticeHome, *options: str) -> Decisions:
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


def decided(home: PracticeHome) -> Decisions:
    """The newest decision by rules on each claim payment, in the order they were read."""
    newest = {each["claim_payment_id"]: each for each in home.records("log", "--mode", "auto")}
    return [
        (each["claim_number"], each["trace_number"], each["outcome"], each["rule"], each["holds"])
        for _, each in sorted(newest.items())
    ]


# compared with a fresh practice


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> PracticeHome:
    """The sample practice after a run under the settings it comes with."""
    return run_samples(tmp_path_factory.mktemp("samples") / "home", {})


def run_samples(root: Path, settings: dict[str, object]) -> PracticeHome:
    assert era("init", root, "--demo").code == 0
    home = PracticeHome(root, "sqlite:///era.db")
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
    "contractual write-offs reviewed": {"review_reasons": ["45"]},
    "holds that warn": {"holds.procedure-mismatch": "warn", "holds.denied": "warn"},
    "a doubt told once that warns": {"holds.charge-mismatch": "warn", "holds.adjustment-needs-review": "warn"},
    "another payee": {"practice.npi": "1982713408"},
    "several at once": {MINIMUM: 50, "several_plans.post": "proven", "reversals.post_exact": True, WRITE_OFFS: True},
}


@pytest.mark.parametrize("name", TRIED)
def test_a_replay_decides_as_a_fresh_practice_under_the_same_settings(
    samples: PracticeHome, tmp_path: Path, name: str
) -> None:
    settings = TRIED[name]
    fresh = run_samples(tmp_path / "fresh", settings)
    options = [option for key, value in settings.items() for option in ("--set", f"{key}={toml(value)}")]
    assert after(samples, *options) == decided(fresh)


def test_every_setting_that_decides_something_is_among_those_tried() -> None:
    """A new one must be known to `decisions.again`, or its replay would be wrong without a word."""
    deciding = set(_keys(json.loads(Settings().to_json())))
    of_reading = {"conformance", "files.largest_megabytes", "rules"}  # refused by --set, or tried by --rules
    of_people = {key for key in deciding if key.startswith("era_payment_options.quick_post.")}
    tried = {key for settings in TRIED.values() for key in settings if not key.startswith("holds.")}
    same_fact = {"practice.tax_id"}  # as practice.npi
    assert deciding - of_reading - of_people - same_fact - {"holds"} == tried


def _keys(values: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from _keys(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def toml(value: object) -> str:
    return str(value) if isinstance(value, Decimal) else json.dumps(value)


def test_without_a_change_everything_stays(samples: PracticeHome) -> None:
    claims, summary = replayed(samples)
    assert [each for each in claims if each["before"] != each["after"] or each["change"] != "unchanged"] == []
    assert summary["claims"] == len(decided(samples)) == summary["unchanged"]["claims"]


def test_rules_in_another_folder_are_tried(samples: PracticeHome, tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    shutil.copytree(RULES, rules)
    file = rules / "insurance" / "holds.yaml"
    denied = "- id: denied\n  enabled: true"
    assert denied in file.read_text()
    file.write_text(file.read_text().replace(denied, denied.replace("true", "false")))
    fresh = run_samples(tmp_path / "fresh", {"rules": str(rules)})
    assert after(samples, "--rules", str(rules)) == decided(fresh)
    assert after(samples, "--rules", str(rules)) != decided(samples)


@pytest.mark.parametrize("override", ['location = "AFD"', 'payer = "CGD62"', 'payer = "Delta"\nlocation = "LPFD"'])
def test_overrides_are_replayed(samples: PracticeHome, tmp_path: Path, override: str) -> None:
    """Those in era.toml, tried on decisions that were made without them."""
    text = f'conformance = "report"\n[[override]]\n{override}\n{MINIMUM} = 80\nholds.procedure-mismatch = "warn"\n'
    fresh = tmp_path / "fresh"
    assert era("init", fresh, "--demo").code == 0
    (fresh / "era.toml").write_text(text)
    assert era("run", "--home", fresh).code == 3
    changed = tmp_path / "changed"
    shutil.copytree(samples.root, changed)
    (changed / "era.toml").write_text(text)
    assert after(PracticeHome(changed, "sqlite:///era.db")) == decided(PracticeHome(fresh, "sqlite:///era.db"))


def test_nothing_is_written(samples: PracticeHome) -> None:
    kept = {
        path: path.read_bytes() for path in samples.root.rglob("*") if path.is_file() and "era.db-" not in path.name
    }
    replayed(samples, "--set", f"{MINIMUM}=50", "--set", "several_plans.post=proven")
    assert samples.era("tune").code == 0
    kept_now = {path: path.read_bytes() for path in kept}
    assert kept_now == kept


def test_the_copy_lies_in_the_home_and_goes_and_one_left_by_a_kill_goes_with_a_run(sqlite_home: PracticeHome) -> None:
    home = sqlite_home
    home.expect(expects("C1", plans=2))
    home.run(remittance("90", claim("C1")))
    step = 0
    while not (copies := list(home.root.glob(".replay-*"))):
        step += 1
        assert killed_at(step, "replay", "--home", home.root) is not None, "it was to be killed with a copy"
    [left] = copies
    assert left.stat().st_mode & 0o077 == 0
    assert home.era("run").code == 0
    assert left.exists()  # it might be of a replay at work
    for path in (left, *left.iterdir()):
        os.utime(path, (time.time() - 7200,) * 2)
    assert home.era("run").code == 0
    assert list(home.root.glob(".replay-*")) == []
    assert home.era("replay").code == 0
    assert list(home.root.glob(".replay-*")) == []


# what is told


@pytest.fixture
def short(home: PracticeHome) -> PracticeHome:
    """C1 and C2, paid 90 and 95 of 100; C3, whole, posted and undone."""
    home.expect(expects("C1", "100"), expects("C2", "100", location="AFD"), expects("C3"))
    paid_well = claim("C2", paid="95", write_off="25")
    home.run(remittance("275", claim("C1"), paid_well, claim("C3"), trace="T1"))
    assert home.era("undo", "T1", "--claim", "C3", "--by", "Ann", "--because", "a test").code == 0
    return home


@pytest.mark.both_databases
def test_a_line_for_each_claim_and_one_with_the_sums(short: PracticeHome) -> None:
    claims, summary = replayed(short, "--set", f"{MINIMUM}=90", "--set", "reports.minutes_by_hand=7")
    assert list(claims[0])[:4] == ["claim_number", "trace_number", "before", "after"]
    assert claims[0]["before"] == {"outcome": "manual", "rule": "single-plan-below-minimum-write-offs-on", "holds": []}
    assert claims[0]["after"] == {"outcome": "post", "rule": BOTH_POSTED, "holds": []}
    assert claims[0]["explanation"].startswith("Posted $90.00 and wrote off $30.00: the payment is at least 90 %")
    assert [(each["change"], each["regret"]) for each in claims] == [
        ("newly-posted", None),
        ("unchanged", None),
        ("unchanged", "undone"),
    ]
    assert summary["newly_posted"] == {"claims": 1, "cents": 9_000}
    assert summary["regrets"] == {"claims": 1, "cents": 9_000}
    assert summary["new_regrets"] == {"claims": 0, "cents": 0}
    assert summary["minutes_saved"] == 7
    assert summary["by_location"]["LPFD"]["newly_posted"] == {"claims": 1, "cents": 9_000}
    assert summary["by_rule"]["single-plan-below-minimum-write-offs-on"]["newly_posted"]["claims"] == 1


def test_what_is_newly_left_is_told_with_its_reason(short: PracticeHome) -> None:
    out = short.era("replay", "--set", f"{MINIMUM}=100").out
    assert "1 would newly need review ($95.00)" in out
    assert "⚠ newly needs review: claim C2, payment T1, DELTA DENTAL, $95.00; before: single-plan" in out
    assert "Needs review: paid $95.00 is $5.00 short of 100 % ($100.00) of the $100.00 expected." in out
    assert "Work by hand: 4 minutes more" in out


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        (["--location", "AFD"], ["C2"]),
        (["--payer", "delta"], ["C1", "C2", "C3"]),
        (["--payer", "cigna"], []),
        (["--since", "2020-01-01", "--until", "2099-12-31"], ["C1", "C2", "C3"]),
        (["--until", "2020-01-01"], []),
    ],
)
def test_only_what_is_asked_for_is_tried(short: PracticeHome, options: list[str], numbers: list[str]) -> None:
    assert [each["claim_number"] for each in replayed(short, *options)[0]] == numbers


def test_the_csv_has_a_row_for_each_claim(short: PracticeHome) -> None:
    rows = list(csv.DictReader(io.StringIO(short.era("replay", "--set", f"{MINIMUM}=90", "--format", "csv").out)))
    assert [(row["claim_number"], row["change"], row["after"]) for row in rows] == [
        ("C1", "newly-posted", "post"),
        ("C2", "unchanged", "post"),
        ("C3", "unchanged", "post"),
    ]


def test_the_page_stands_alone_and_takes_nothing_for_html(home: PracticeHome) -> None:
    home.expect(expects("C1", "100"))
    home.run(remittance("90", claim("C1"), trace="<b>T1"))
    page = home.era("replay", "--set", f"{MINIMUM}=90", "--format", "html").out
    assert page.startswith("<!doctype html>")
    assert "&lt;b&gt;T1" in page
    assert "<b>T1" not in page
    assert "http" not in page
    assert "1 would newly post ($90.00)" in page


@pytest.mark.parametrize(
    "key",
    [
        "database=x",
        "conformance=off",
        "files.largest_megabytes=1",
        "rules=r",
        "nonsense",
        "era_payment_options.quick_post.enabled=false",
    ],
)
def test_what_decides_nothing_is_not_tried(sqlite_home: PracticeHome, key: str) -> None:
    refused = sqlite_home.era("replay", "--set", key)
    assert (refused.code, refused.out) == (2, "")
    assert "Remedy: " in refused.err


def test_a_doubtful_change_is_refused_like_one_in_the_file(sqlite_home: PracticeHome) -> None:
    refused = sqlite_home.era("replay", "--set", "holds.already-posted=warn")
    assert (refused.code, refused.out) == (4, "")
    assert "this hold always holds" in refused.err


@pytest.mark.parametrize("seed", range(6))
def test_whatever_comes_in_whatever_order_a_replay_decides_as_a_fresh_practice(tmp_path: Path, seed: int) -> None:
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
    homes = [make_practice(tmp_path / str(number), settings=each) for number, each in enumerate(settings)]
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
    home = make_practice(tmp_path / "home", settings={"several_plans.post": random.choice(["never", "proven"])})
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


def act(home: PracticeHome, random: Random, left: Record) -> bool:
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
