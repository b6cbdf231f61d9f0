"""The curve over every minimum percentage, checked against counting; and what is recommended from it."""

import csv
import io
import json
import xml.etree.ElementTree as ElementTree
from decimal import Decimal
from random import Random

import pytest
from practices import AUTO, PracticeHome, Record, expects, remittance
from remittance_text import claim
from test_replay import invented, replayed

from era_engine.trials.curve import Point, advise, wilson

MINIMUM = f"{AUTO}.minimum_percent"
NOW = Decimal(95)


def points(home: PracticeHome, *options: str) -> list[Record]:
    ended = home.era("tune", *options, "--format", "json")
    assert ended.code == 0, ended
    *found, _ = ended.records
    assert [each["minimum_percent"] for each in found] == list(range(101))
    return found


# counted


@pytest.mark.parametrize("partial", [True, False])
def test_every_point_is_what_a_replay_counts(home: PracticeHome, partial: bool) -> None:
    """Claims paid at many percentages, some of which depend on what is posted before them."""
    settings = {"era_payment_options.partial_payment.enabled": partial, "several_plans.post": "proven"}
    home.set(settings)
    random = Random(7)
    claims, files = invented(random)
    home.expect(*claims, *[expects(f"M{number}", "100") for number in range(12)])
    for file in files:
        home.run(file)
    paid = [str(random.randint(20, 110)) for _ in range(12)]
    some = [claim(f"M{number}", "120", each, str(120 - int(each))) for number, each in enumerate(paid)]
    home.run(remittance(str(sum(map(int, paid))), *some, trace="TM"))
    for point in points(home)[::7]:
        records, summary = replayed(home, "--set", f"{MINIMUM}={point['minimum_percent']}")
        assert (point["claims"], point["posted"]) == (summary["claims"], summary["posted_after"]["claims"])
        assert point["posted_cents"] == summary["posted_after"]["cents"]
        assert len([each for each in records if each["after"]["outcome"] == "post"]) == point["posted"]


def test_dollars_short_are_those_of_the_claims_that_post(home: PracticeHome) -> None:
    home.expect(*[expects(f"C{number}", "100") for number in (1, 2, 3)])
    home.run(remittance("275.5", claim("C1", paid="100", write_off="20"), claim("C2", paid="95", write_off="25"),
                        claim("C3", paid="80.50", write_off="39.50")))  # fmt: skip
    short = {each["minimum_percent"]: each["short_cents"] for each in points(home)}
    assert (short[100], short[96], short[95], short[81], short[80], short[0]) == (0, 0, 500, 500, 2450, 2450)


def test_an_override_does_not_keep_a_payer_from_being_tried(home: PracticeHome) -> None:
    file = home.root / "era.toml"
    file.write_text(f'{file.read_text()}\n[[override]]\npayer = "Delta"\n{MINIMUM} = 100\n')
    home.expect(expects("C1", "100"))
    home.run(remittance("90", claim("C1")))
    assert [each["posted"] for each in points(home)[89:92]] == [1, 1, 0]
    assert points(home, "--payer", "nobody")[90]["claims"] == 0


# regrets


@pytest.mark.both_databases
def test_a_regret_is_counted_where_its_claim_posts(home: PracticeHome) -> None:
    """Of three claims paid short a person posts one as remitted, another otherwise, and closes the third."""
    home.expect(*[expects(f"C{number}", "100") for number in (1, 2, 3, 4)])
    home.run(remittance("305", claim("C1", paid="85", write_off="35"), claim("C2", paid="80", write_off="40"),
                        claim("C3", paid="70", write_off="50"), claim("C4", paid="70", write_off="50")))  # fmt: skip
    assert home.era("post", "EFT0001", "C1", "--as-remitted", "--by", "Ann").code == 0
    assert home.era("post", "EFT0001", "C2", "--line", "1=80,10", "--by", "Ann").code == 0
    because = ("--by", "Ann", "--because", "a test")
    assert home.era("close", "EFT0001", "C3", "--even-with-money", *because).code == 0
    found = {each["minimum_percent"]: (each["posted"], each["settled"], each["regrets"]) for each in points(home)}
    assert (found[90], found[85], found[80], found[70]) == ((0, 0, 0), (1, 1, 0), (2, 2, 1), (4, 3, 2))


def test_undone_and_reversed_are_regrets(home: PracticeHome) -> None:
    home.expect(expects("C1"), expects("C2"), expects("C3"))
    home.run(remittance("270", claim("C1"), claim("C2"), claim("C3")))
    assert home.era("undo", "EFT0001", "--claim", "C1", "--by", "Ann", "--because", "a test").code == 0
    home.run(remittance("-90", claim("C2", "-120", "-90", "-30", status="22"), trace="T2"))
    regrets = {
        each["claim_number"]: each["regret"] for each in replayed(home)[0] if each["before"]["outcome"] == "post"
    }
    assert regrets == {"C1": "undone", "C2": "reversed", "C3": None}


def test_a_payment_that_a_person_matched_to_another_claim_is_a_regret(home: PracticeHome) -> None:
    home.expect(expects("C1", "100"), expects("C2", "100", procedure="D1110", last_name="Roe"), expects("C3"))
    home.run(remittance("170", claim("C1", paid="80", write_off="40"), claim("C3")))
    assert home.era("match", "EFT0001", "C1", "--to", "C2", "--by", "Ann").code == 0
    assert home.era("post", "EFT0001", "C1", "--line", "1=80,40", "--by", "Ann").code == 0
    regrets = {each["claim_number"]: each["regret"] for each in replayed(home, "--set", f"{MINIMUM}=50")[0]}
    assert regrets == {"C1": "matched-otherwise", "C3": None}


# advice


def curve(*posted: tuple[int, int, int, int]) -> list[Point]:
    """From (first percentage, posted, settled, regrets), each up to the next."""
    found = []
    for percent in range(101):
        _, claims, settled, regrets = max(each for each in posted if each[0] <= percent)
        found.append(Point(percent, 10_000, claims, claims * 100, 0, settled, regrets))
    return found


@pytest.mark.parametrize(
    ("points", "percent", "lowest"),
    [
        (curve((0, 9_000, 9_000, 900), (61, 8_000, 8_000, 40), (96, 7_000, 7_000, 0)), NOW, 61),
        (curve((0, 9_000, 9_000, 900), (61, 8_000, 8_000, 40), (91, 7_000, 7_000, 0)), Decimal(90), 61),
        (curve((0, 9_000, 9_000, 900), (61, 8_000, 8_000, 80), (96, 7_000, 7_000, 0)), Decimal(100), 96),
        (curve((0, 9_000, 7_100, 0), (96, 7_000, 7_000, 0)), Decimal(100), 96),
        (curve((0, 9_000, 9_000, 0)), NOW, 0),
        (curve((0, 200, 200, 0)), None, None),
        (curve((0, 9_000, 0, 0)), None, None),
        (curve((0, 9_000, 9_000, 200)), None, None),
    ],
    ids=["as it is", "lower", "sure only higher", "unsettled", "nobody pays short", "too few", "nothing known", "bad"],
)
def test_the_lowest_percentage_that_is_surely_under_the_bound(
    points: list[Point], percent: Decimal | None, lowest: int | None
) -> None:
    advice = advise(points, 0.01, NOW)
    assert (advice.percent, advice.lowest) == (percent, lowest)


@pytest.mark.parametrize(
    ("regrets", "settled", "low", "high"),
    [(0, 0, 0.0, 1.0), (0, 10, 0.0, 0.2775), (1, 100, 0.0018, 0.0545), (10, 100, 0.0552, 0.1744), (5, 5, 0.5655, 1.0)],
)
def test_the_interval_is_wilsons(regrets: int, settled: int, low: float, high: float) -> None:
    """Against a table of Wilson intervals."""
    assert wilson(regrets, settled) == pytest.approx((low, high), abs=0.00006)


def test_too_few_data_are_said_with_the_number_needed(home: PracticeHome) -> None:
    home.expect(expects("C1"))
    home.run(remittance("90", claim("C1")))
    out = home.era("tune").out
    assert "There is too little data to recommend a percentage" in out
    assert "0 regrets among 1 settled claims" in out
    assert "381 settled claims without a regret are needed" in out


# shown


def test_the_table_has_a_sparkline_and_marks_the_percentage_in_force(home: PracticeHome) -> None:
    home.expect(expects("C1", "100"), expects("C2", "100"))
    home.run(remittance("180", claim("C1"), claim("C2")))
    out = home.era("tune").out
    assert f"  {'█' * 46}{'▁' * 5}\n" in out
    assert "95 % now" in out


def test_the_csv_has_every_percentage(home: PracticeHome) -> None:
    home.expect(expects("C1"))
    home.run(remittance("90", claim("C1")))
    rows = list(csv.DictReader(io.StringIO(home.era("tune", "--format", "csv").out)))
    assert [row["minimum_percent"] for row in rows] == [str(percent) for percent in range(101)]
    assert {row["posted"] for row in rows} == {"1"}


@pytest.mark.parametrize("claims", [0, 3])
def test_the_picture_is_svg_with_labelled_axes_and_no_colour(home: PracticeHome, claims: int) -> None:
    numbers = [f"C{number}" for number in range(claims)]
    if claims:
        home.expect(*map(expects, numbers))
        home.run(remittance(str(90 * claims), *map(claim, numbers)))
    picture = ElementTree.fromstring(home.era("tune", "--format", "svg").out)
    texts = [each.text or "" for each in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert {"minimum percentage", "posted by themselves, % of claims", "100 %", "50"} <= set(texts)
    colours = {each.get(name) for each in picture.iter() for name in ("fill", "stroke")} - {None, "none"}
    assert all(len(set(str(colour)[1:])) == 1 for colour in colours)  # greys
    lines = [each.get("points", "") for each in picture.iter("{http://www.w3.org/2000/svg}polyline")]
    assert [len(line.split()) for line in lines] == [101] * 3


@pytest.mark.parametrize("bound", ["0", "nan", "inf", "1e-320", "-1", "101", "٣"])
def test_a_bound_that_is_none_is_refused(sqlite_home: PracticeHome, bound: str) -> None:
    refused = sqlite_home.era("tune", f"--regrets-under={bound}")
    assert (refused.code, refused.out) == (2, "")
    assert "Invalid value for '--regrets-under'" in refused.err


def test_the_json_ends_with_the_advice(home: PracticeHome) -> None:
    advice = json.loads(home.era("tune", "--format", "json").out.splitlines()[-1])["advice"]
    assert (advice["percent"], advice["bound_percent"]) == (None, 1.0)
    assert advice["words"].startswith("There is too little data")
