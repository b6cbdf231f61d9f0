"""Which line decides a setting, for everybody and for one claim."""

import json
import re
from pathlib import Path

import pytest
from practices import AUTO, PracticeHome, Record, expects

PERCENT, WRITE_OFFS = f"{AUTO}.minimum_percent", "ledger_options.auto_post_contracted_write_offs"
TOML = f"""\
database = "DATABASE"
conformance = "off"

[holds]
denied = "warn"

[era_payment_options.auto_post]
minimum_percent = 95

[[override]]
payer = "DDP71"
{PERCENT} = 90
holds.denied = "hold"

[[override]]
location = "LPFD"
{PERCENT} = 80
{WRITE_OFFS} = false

[[override]]
payer = "Delta Dental"
location = "LPFD"
[override.holds]
reversal = "warn"
"""


@pytest.fixture
def practice(home: PracticeHome) -> PracticeHome:
    (home.root / "era.toml").write_text(TOML.replace("DATABASE", home.database_url))
    home.expect(expects("C1"))
    return home


def decided(practice: PracticeHome, *words: str) -> dict[str, tuple[object, str]]:
    ended = practice.era("settings", "show", "--origin", "--json", *words)
    assert ended.code == 0, ended
    [record] = ended.records
    assert record.pop("hash") == practice.era("settings", "show", "--json").records[0]["hash"]
    return {key: (each["value"], each["origin"]) for key, each in record.items()}


def test_each_setting_tells_its_line_or_that_it_is_the_default(practice: PracticeHome) -> None:
    found = decided(practice)
    assert found["conformance"] == ("off", "era.toml:2")
    assert found["holds.denied"] == ("warn", "era.toml:5")
    assert found[PERCENT] == ("95", "era.toml:8")
    assert found[WRITE_OFFS] == (True, "default")
    assert found[f"{PERCENT} for payer DDP71"] == ("90", "era.toml:12, override for payer DDP71")
    assert found["holds.reversal for payer Delta Dental, location LPFD"] == (
        "warn",
        "era.toml:24, override for payer Delta Dental, location LPFD",
    )


@pytest.mark.parametrize("payer", ["DDP71", "ddp71", "delta dental", "Delta"])
def test_a_claim_has_what_its_overrides_give_however_its_payer_is_named(practice: PracticeHome, payer: str) -> None:
    found = decided(practice, "--payer", payer, "--location", "lpfd")
    assert found[PERCENT] == ("90", "era.toml:12, override for payer DDP71")
    assert found["holds.denied"] == ("hold", "era.toml:13, override for payer DDP71")
    assert found["holds.reversal"] == ("warn", "era.toml:24, override for payer Delta Dental, location LPFD")
    assert found[WRITE_OFFS] == (False, "era.toml:18, override for location LPFD")
    assert found["conformance"] == ("off", "era.toml:2")
    assert not [key for key in found if " for " in key]


def test_a_location_alone_and_a_payer_alone_have_theirs(practice: PracticeHome) -> None:
    assert decided(practice, "--location", "LPFD")[PERCENT] == ("80", "era.toml:17, override for location LPFD")
    payer = decided(practice, "--payer", "Delta Dental")
    assert payer[PERCENT] == ("90", "era.toml:12, override for payer DDP71")
    assert payer[WRITE_OFFS] == (True, "default")


def test_what_is_shown_for_a_claim_is_what_its_decision_goes_by(practice: PracticeHome) -> None:
    [shown] = practice.era("settings", "show", "--payer", "DDP71", "--location", "LPFD", "--json").records
    assert shown["era_payment_options"]["auto_post"] == {"enabled": True, "minimum_percent": "90"}
    assert shown["ledger_options"] == {"auto_post_contracted_write_offs": False}
    assert "override" not in shown


def test_a_table_tells_it_too(practice: PracticeHome) -> None:
    out = practice.era("settings", "show", "--origin", "--payer", "DDP71").out
    assert re.search(rf"^{re.escape(PERCENT)} +90  era\.toml:12, override for payer DDP71$", out, re.MULTILINE)
    assert re.search(rf"^{re.escape(WRITE_OFFS)} +true  default$", out, re.MULTILINE)
    assert "era.toml" not in practice.era("settings", "show").out


def test_who_was_never_sent_a_claim_is_told(practice: PracticeHome) -> None:
    ended = practice.era("settings", "show", "--payer", "Guardian", "--location", "AFD")
    assert ended.code == 0
    assert ended.err == (
        "Warning: no claim in the database has the location AFD.\n"
        "Warning: no claim in the database was sent to the payer Guardian.\n"
    )
    assert practice.era("settings", "show", "--payer", "DDP71", "--location", "LPFD").err == ""


def test_without_a_database_nobody_is_missed_and_none_is_made(sqlite_home: PracticeHome) -> None:
    (sqlite_home.root / "era.toml").write_text("")
    ended = sqlite_home.era("settings", "show", "--payer", "Guardian")
    assert (ended.code, ended.err) == (0, "")
    assert not (sqlite_home.root / "era.db").exists()


def test_a_database_that_is_away_is_told_and_the_settings_all_the_same(sqlite_home: PracticeHome) -> None:
    sqlite_home.set({"database": "postgresql+psycopg://practice:hunter2@127.0.0.1:1/era"})
    ended = sqlite_home.era("settings", "show", "--payer", "Guardian")
    assert (ended.code, "cannot be opened" in ended.err, "hunter2" in ended.err) == (0, True, False)


def sent(number: str, payer_id: str, payer_name: str) -> list[Record]:
    return [row | {"payer_id": payer_id, "payer_name": payer_name} for row in expects(number)]


def test_payers_that_share_a_word_are_told_apart_where_it_matters(sqlite_home: PracticeHome) -> None:
    sqlite_home.expect(sent("C1", "I1", "Delta Dental of Iowa"), sent("C2", "O1", "Delta Dental of Ohio"))
    assert sqlite_home.era("settings", "show", "--payer", "Delta").code == 0
    toml = sqlite_home.root / "era.toml"
    toml.write_text(f"{toml.read_text()}\n[[override]]\npayer = 'I1'\n{PERCENT} = 70\n")
    doubtful = sqlite_home.era("settings", "show", "--payer", "Delta")
    assert doubtful.code == 2
    assert "Delta Dental of Iowa (I1); Delta Dental of Ohio (O1)" in doubtful.err
    assert decided(sqlite_home, "--payer", "delta dental of ohio")[PERCENT][0] == "95"


def test_a_value_over_several_lines_is_where_it_begins(sqlite_home: PracticeHome) -> None:
    (sqlite_home.root / "era.toml").write_text('# c\r\nreview_reasons = [\r\n  "16",\r\n]\r\nconformance = "off"\r\n')
    found = decided(sqlite_home)
    assert (found["review_reasons"], found["conformance"]) == ((["16"], "era.toml:2"), ("off", "era.toml:5"))


def test_json_is_one_line(practice: PracticeHome) -> None:
    out = practice.era("settings", "show", "--json").out
    assert json.loads(out)["override"][0]["payer"] == "DDP71"
    assert Path(practice.root / "era.toml").read_text() == TOML.replace("DATABASE", practice.database_url)
