"""Which adjustments a person sees, and holds that a practice lets only warn."""

from decimal import Decimal
from pathlib import Path

import pytest
from practices import AUTO, PracticeHome, expects, make_practice, remittance
from remittance_text import Segments

SPARE = {f"{AUTO}.minimum_percent": Decimal(50)}


def adjusted(*adjustments: str, paid: str = "90") -> Segments:
    """A claim of 120.00 with these adjustments on its only line."""
    return [
        f"CLP*C1*1*120*{paid}**12*ICN1*11*1",
        "NM1*QC*1*DOE*JANE****MI*SUB1",
        f"SVC*AD:D0120*120*{paid}**1",
        "DTM*472*20261005",
        *adjustments,
    ]


def practice(folder: Path, **settings: object) -> PracticeHome:
    made = make_practice(
        folder / "practice", settings=SPARE | {key.replace("__", "."): v for key, v in settings.items()}
    )
    made.expect(expects(expected="90"))
    return made


@pytest.mark.parametrize(
    ("adjustment", "told"),
    [
        ("CAS*CO*97*30", "CO-97 ("),
        ("CAS*PI*94*30", "PI-94 ("),
        ("CAS*PR*97*30", "PR-97 ("),
        ("CAS*PR*B7*30", "PR-B7 ("),
        ("CAS*OA*16*30", "OA-16 ("),
        ("CAS*CO*9999*30", "CO-9999 (reason code 9999, not in our list)"),
    ],
)
def test_a_reason_that_a_person_must_see_holds_and_is_told_in_words(tmp_path: Path, adjustment: str, told: str) -> None:
    [held] = practice(tmp_path).run(remittance("90", adjusted(adjustment)))
    assert held["holds"] == ["adjustment-needs-review"]
    assert told in held["explanation"]


@pytest.mark.parametrize("adjustment", ["CAS*CO*45*30", "CAS*PI*45*30", "CAS*PR*1*30", "CAS*PR*204*30"])
def test_contract_and_patient_share_post(tmp_path: Path, adjustment: str) -> None:
    home = practice(tmp_path)
    [posted] = home.run(remittance("90", adjusted(adjustment)))
    assert posted["outcome"] == "post"
    assert home.posted().get("contracted_write_offs", 0) == (3000 if "*45*" in adjustment else 0)
    home.verified()


def test_a_practice_lists_the_reasons_it_wants_to_see(tmp_path: Path) -> None:
    [held] = practice(tmp_path, review_reasons=["204"]).run(remittance("90", adjusted("CAS*PR*204*30")))
    assert held["holds"] == ["adjustment-needs-review"]


@pytest.mark.parametrize("adjustment", ["CAS*CO*45*30", "CAS*PI*45*30"])
def test_a_practice_may_want_to_see_every_contracted_write_off(tmp_path: Path, adjustment: str) -> None:
    [held] = practice(tmp_path, review_reasons=["45"]).run(remittance("90", adjusted(adjustment)))
    assert held["holds"] == ["adjustment-needs-review"]


def test_a_reversal_that_may_only_warn_is_still_a_persons_and_does_not_say_that_it_waits(tmp_path: Path) -> None:
    taken_back = [each.replace("CLP*C1*1*120*90", "CLP*C1*22*-120*-90") for each in adjusted("CAS*CO*45*-30")]
    taken_back[2] = "SVC*AD:D0120*-120*-90**1"
    [left] = practice(tmp_path, holds__reversal="warn").run(remittance("-90", taken_back))
    assert left["outcome"] == "manual"
    assert "Needs review: This reversal does not post by itself. The payer reversed" in left["explanation"]
    assert left["explanation"].endswith("The payment it reverses is not posted here.")


def test_what_is_no_longer_listed_is_still_seen_in_the_groups_co_and_pi(tmp_path: Path) -> None:
    [held] = practice(tmp_path, review_reasons=[]).run(remittance("90", adjusted("CAS*CO*97*20", "CAS*PR*16*10")))
    assert held["holds"] == ["adjustment-needs-review"]
    assert "CO-97 (" in held["explanation"]
    assert "PR-16" not in held["explanation"]


def test_a_hold_set_to_warn_posts_and_is_told(tmp_path: Path) -> None:
    home = practice(tmp_path, **{"holds__adjustment-needs-review": "warn"})
    [posted] = home.run(remittance("90", adjusted("CAS*CO*97*20", "CAS*CO*45*10")))
    assert (posted["outcome"], posted["holds"], posted["warnings"]) == ("post", [], ["adjustment-needs-review"])
    assert "Adjustments to review: CO-97 (" in posted["explanation"]
    assert home.posted()["contracted_write_offs"] == 1000
    explained = home.records("explain", "C1")[0]["explained"]
    assert (explained["outcome"], explained["warnings"]) == ("post", ["adjustment-needs-review"])
    home.verified()


def test_a_warning_can_be_set_to_hold(tmp_path: Path) -> None:
    forwarded = [segment.replace("CLP*C1*1*", "CLP*C1*19*") for segment in adjusted("CAS*CO*45*30")]
    forwarded.insert(2, "NM1*TT*2*OTHER DENTAL PLAN*****PI*77777")
    home = practice(tmp_path, **{"holds__forwarded-on": "hold"})
    [held] = home.run(remittance("90", forwarded))
    assert held["holds"] == ["forwarded-on"]
    assert "forwarded the claim to the next payer: OTHER DENTAL PLAN" in held["explanation"]


def test_a_forwarded_claim_posts_and_says_where_it_went(tmp_path: Path) -> None:
    forwarded = [segment.replace("CLP*C1*1*", "CLP*C1*19*") for segment in adjusted("CAS*CO*45*30")]
    forwarded.insert(2, "NM1*TT*2*OTHER DENTAL PLAN*****PI*77777")
    [posted] = practice(tmp_path).run(remittance("90", forwarded))
    assert (posted["outcome"], posted["warnings"]) == ("post", ["forwarded-on"])
    assert "OTHER DENTAL PLAN. Do not bill it again." in posted["explanation"]


@pytest.mark.parametrize(
    ("hold", "problem"),
    [
        ("denyed", "no hold has this id (did you mean denied?)"),
        ("predetermination", "this hold always holds; it cannot be set to warn"),
        ("no-matching-claim", "this hold always holds"),
        ("already-posted", "this hold always holds"),
    ],
)
@pytest.mark.parametrize("command", [("run",), ("settings", "check"), ("rules", "check")])
def test_a_hold_that_cannot_warn_is_refused(tmp_path: Path, hold: str, problem: str, command: tuple[str, ...]) -> None:
    refused = practice(tmp_path, **{f"holds__{hold}": "warn"}).era(*command)
    assert refused.code == 4
    assert f"key holds.{hold}: {problem}" in refused.err


def test_anything_else_than_hold_or_warn_is_refused(tmp_path: Path) -> None:
    home = make_practice(tmp_path / "practice", settings={"holds.denied": "off"})
    refused = home.era("run")
    assert refused.code == 4
    assert '"off" is not "hold" or "warn" for the id of a hold' in refused.err


def test_a_denial_is_told_in_plain_words(tmp_path: Path) -> None:
    [held] = practice(tmp_path).run(remittance("0", adjusted("CAS*CO*29*120", paid="0"), method="NON"))
    assert held["holds"][0] == "denied"
    assert "$0.00 paid of $90.00 expected. Reasons: CO-29 (" in held["explanation"]
