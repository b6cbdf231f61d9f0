"""What is otherwise for the claims of a payer, of a location, or of both."""

from decimal import Decimal
from pathlib import Path

import pytest
from practices import AUTO, BOTH_POSTED, PracticeHome, expects, remittance
from remittance_text import claim

from era_engine.foundation.errors import SettingsError
from era_engine.settings.model import Settings, settings_from_json, settings_of

MINIMUM = "era_payment_options.auto_post.minimum_percent"


def settings(toml: str) -> Settings:
    return settings_of(Path("era.toml"), toml)


def override(home: PracticeHome, *lines: str) -> None:
    """Put an [[override]] behind what stands in era.toml."""
    file = home.root / "era.toml"
    file.write_text("\n".join([file.read_text(), "[[override]]", *lines, ""]))


# which one decides

NESTED = f"""
{MINIMUM} = 95
[[override]]
payer = "DELTA"
location = "LPFD"
{MINIMUM} = 80
[[override]]
payer = "DELTA"
{MINIMUM} = 85
ledger_options.auto_post_contracted_write_offs = false
[[override]]
location = "LPFD"
{MINIMUM} = 90
holds.denied = "warn"
"""


@pytest.mark.parametrize(
    ("payer", "location", "percent", "labels"),
    [
        ("Delta Dental", "LPFD", 80, "payer DELTA, location LPFD; payer DELTA; location LPFD"),
        ("Delta Dental", "AFD", 85, "payer DELTA"),
        ("MetLife", "lpfd", 90, "location LPFD"),
        ("MetLife", "AFD", 95, None),
        ("Deltacare", "AFD", 95, None),
        ("Dental of delta ", "AFD", 85, "payer DELTA"),
    ],
)
def test_payer_and_location_come_before_payer_before_location(
    payer: str, location: str, percent: int, labels: str | None
) -> None:
    found, told = settings(NESTED).for_claim("X1", payer, location)
    assert (found.posting("auto").minimum_percent, told) == (Decimal(percent), labels)


def test_each_key_is_decided_for_itself() -> None:
    found, _ = settings(NESTED).for_claim("X1", "Delta Dental", "LPFD")
    assert found.posting("quick").minimum_percent == 90
    assert found.ledger_options.auto_post_contracted_write_offs is False
    assert found.holds == {"denied": "warn"}


def test_a_payer_is_named_by_its_id_as_well() -> None:
    overridden = settings(f'[[override]]\npayer = "ddp71"\n{MINIMUM} = 70\n')
    assert overridden.for_claim("DDP71", "Delta", "A")[0].posting("auto").minimum_percent == 70
    assert overridden.for_claim("DDP7", "Delta", "A")[0].posting("auto").minimum_percent == 95


def test_of_two_for_one_claim_the_later_in_the_file_decides() -> None:
    both = settings(f'[[override]]\npayer = "DDP71"\n{MINIMUM} = 70\n[[override]]\npayer = "Delta"\n{MINIMUM} = 60\n')
    assert both.for_claim("DDP71", "Delta Dental", "A")[0].posting("auto").minimum_percent == 60


def test_settings_are_read_back_from_what_a_decision_keeps() -> None:
    kept = settings_from_json(settings(NESTED).to_json())
    assert kept.to_json() == settings(NESTED).to_json()
    assert kept.for_claim("X1", "Delta", "LPFD") == settings(NESTED).for_claim("X1", "Delta", "LPFD")


def test_without_an_override_the_hash_is_what_it_was_before_there_were_any() -> None:
    assert "override" not in Settings().to_json()
    assert settings(NESTED).content_hash != settings(f"{MINIMUM} = 95").content_hash


@pytest.mark.parametrize(
    ("toml", "refused"),
    [
        ('[[override]]\nholds.denied = "warn"\n', "line 1, key override: a list is not a list of tables"),
        ('[[override]]\npayer = "D"\n[[override]]\npayer = "d"\n', "no two for the same"),
        (
            f'[[override]]\npayer = "D"\n{MINIMUM} = 101\n',
            f"line 3, key override.{MINIMUM}: 101 is not a number from 0",
        ),
        ('[[override]]\npayer = "D"\ndeposits.required = true\n', "line 3, key override.deposits: there is no such"),
        ('[[override]]\npayer = " "\n', 'line 2, key override.payer: " " is not a text in quotes with a letter'),
        ('[[override]]\npayer = "D"\n[override.holds]\ndenied = "no"\n', 'line 4, key override.holds.denied: "no" is'),
    ],
)
def test_a_doubtful_override_is_refused_by_line_and_key(toml: str, refused: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        settings(toml)
    assert refused in str(refusal.value)


# what it decides


def two_short(home: PracticeHome) -> list[tuple[str, str, str | None]]:
    """Two claims paid at 90 %, of two locations."""
    home.expect(expects("C1", "100"), expects("C2", "100", location="AFD"))
    decided = home.run(remittance("180", claim("C1"), claim("C2")))
    return [(each["claim_number"], each["outcome"], each["rule"]) for each in decided]


def test_a_location_may_accept_less(home: PracticeHome) -> None:
    override(home, 'location = "AFD"', f"{MINIMUM} = 90")
    below = "single-plan-below-minimum-write-offs-on"
    assert two_short(home) == [("C1", "manual", below), ("C2", "post", BOTH_POSTED)]
    assert {each["minimum_percent"] for each in home.records("log")} == {"95", "90"}
    home.verified()


def test_a_payer_may_be_left_to_people(home: PracticeHome) -> None:
    override(home, 'payer = "Delta"', "era_payment_options.auto_post.enabled = false")
    assert {rule for _, _, rule in two_short(home)} == {"single-plan-posting-off"}


def test_a_hold_may_warn_for_one_location_alone(home: PracticeHome) -> None:
    override(home, 'location = "AFD"', 'holds.charge-mismatch = "warn"')
    home.expect(expects("C1", charge="121"), expects("C2", charge="121", location="AFD"))
    first, second = home.run(remittance("180", claim("C1"), claim("C2")))
    assert (first["holds"], second["holds"], second["warnings"]) == (["charge-mismatch"], [], ["charge-mismatch"])
    assert home.era("explain", "C1").out.startswith("Claim C1")
    assert "charge-mismatch: warn" in home.era("explain", "C2").out


def test_a_hold_that_must_stay_stays_for_everybody(home: PracticeHome) -> None:
    override(home, 'location = "AFD"', 'holds.malformed-amount = "warn"')
    refused = home.era("run")
    assert refused.code == 4
    assert "era.toml, [[override]] for location AFD, key holds.malformed-amount: this hold always holds" in refused.err


@pytest.mark.parametrize(("location", "entered"), [("AFD", None), ("MFD", -4_000)])
def test_provider_level_adjustments_wait_where_posting_is_off_for_one_of_the_claims(
    home: PracticeHome, location: str, entered: int | None
) -> None:
    override(home, 'location = "AFD"', "era_payment_options.auto_post.enabled = false")
    home.expect(expects("C1"), expects("C2", location=location))
    home.run(remittance("220", claim("C1"), claim("C2"), after=["PLB*1234567893*20261231*WO:X7*-40"]))
    assert home.posted().get("payer_balances") == entered


# posting on trial

SHADOW = {f"{AUTO}.enabled": "shadow"}


@pytest.mark.both_databases
def test_on_trial_nothing_is_posted_and_what_would_have_been_is_told(home: PracticeHome) -> None:
    home.set(SHADOW)
    home.expect(expects("C1"), expects("C2", "100"))
    good, short = home.run(remittance("180", claim("C1"), claim("C2")))
    assert (good["outcome"], good["rule"], good["shadow_outcome"]) == ("manual", "single-plan-posting-off", "post")
    assert good["explanation"].endswith("On trial: it would have posted $90.00 and written off $30.00.")
    assert (short["outcome"], short["shadow_outcome"]) == ("manual", "manual")
    assert "On trial" not in short["explanation"]
    assert home.posted() == {}
    assert "On trial: it would have posted $90.00" in home.era("explain", "C1").out
    home.verified()


def test_on_trial_holds_are_told_as_ever(home: PracticeHome) -> None:
    home.set(SHADOW)
    home.expect(expects("C1", charge="121"))
    (held,) = home.run(remittance("90", claim("C1")))
    assert (held["holds"], held["shadow_outcome"]) == (["charge-mismatch"], "manual")


def test_one_payer_may_be_on_trial(home: PracticeHome) -> None:
    override(home, 'location = "AFD"', 'era_payment_options.auto_post.enabled = "shadow"')
    home.expect(expects("C1"), expects("C2", location="AFD"))
    first, second = home.run(remittance("180", claim("C1"), claim("C2")))
    assert (first["outcome"], first["shadow_outcome"]) == ("post", None)
    assert (second["outcome"], second["shadow_outcome"]) == ("manual", "post")
    assert home.posted()["insurance_deposits"] == 9_000


def test_a_person_may_quick_post_what_is_on_trial(home: PracticeHome) -> None:
    home.set(SHADOW)
    home.expect(expects("C1"))
    home.run(remittance("90", claim("C1")))
    assert "era quick-post EFT0001" in home.era("todo").out
    assert home.era("quick-post", "EFT0001").code == 0
    assert home.posted()["insurance_deposits"] == 9_000


def test_a_split_claim_on_trial_is_tried_whole(home: PracticeHome) -> None:
    home.set(SHADOW)
    rows = [*expects("C1"), {**expects("C1", procedure="D1110")[0], "line_number": 2}]
    home.expect(rows)
    parts = [claim("C1"), [line.replace("D0120", "D1110") for line in claim("C1", payer_claim_number="ICN2")]]
    decided = home.run(remittance("180", *parts))
    assert [(each["outcome"], each["shadow_outcome"]) for each in decided] == [("manual", "post")] * 2
    home.verified()


def test_a_reversal_on_trial_takes_nothing_back(home: PracticeHome) -> None:
    home.set({"reversals.post_exact": True})
    home.expect(expects("C1"))
    home.run(remittance("90", claim("C1")))
    home.set({"reversals.post_exact": True, **SHADOW})
    (back,) = home.run(remittance("-90", claim("C1", "-120", "-90", "-30", status="22"), trace="T2"))
    assert (back["outcome"], back["shadow_outcome"]) == ("manual", "post")
    assert back["explanation"].endswith("On trial: it would have reversed $90.00.")
    assert home.posted()["insurance_deposits"] == 9_000
