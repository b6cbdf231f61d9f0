"""The JSON Schema of era.toml: an editor accepts what the program accepts, and underlines what it can see."""

import json
import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from practices import PracticeHome, era
from rule_folders import flat_rules
from test_overrides import NESTED
from where import ERRORS

from era_engine.foundation.shipped import shipped
from era_engine.insurance.table import INSURANCE
from era_engine.rulebook.loading import load_rule_set
from era_engine.settings.model import DEFAULT_TOML, Settings

BROKEN = sorted(ERRORS.glob("settings/*.toml"))
NO_TOML = {"flag_with_a_capital", "key_twice", "not_utf8", "number_beyond_reading"}
NOT_SEEN = {
    "rules_folder_missing": "a schema knows no folders",
    "percent_with_endless_decimals": "an editor reads it as 0",
}


@pytest.fixture(scope="module")
def schema() -> Any:
    """As printed far from any home."""
    ended = era("settings", "schema")
    assert ended.code == 0, ended
    return json.loads(ended.out)


def faults(schema: Any, toml: str) -> list[str]:
    return [each.json_path for each in Draft202012Validator(schema).iter_errors(tomllib.loads(toml))]


def test_it_is_a_schema(schema: Any) -> None:
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


UNCOMMENTED = re.sub(r"^# (?=[\w.-]+ = |\[)", "", DEFAULT_TOML, flags=re.MULTILINE)


@pytest.mark.parametrize(
    "toml",
    [
        "",
        DEFAULT_TOML,
        UNCOMMENTED,
        NESTED,
        '#:schema era.schema.json\ndatabase = "postgresql+psycopg://practice:hun%2Fter2@[::1]:5432/era?sslmode=require"\n',
        'database = "sqlite:////var/lib/era/era.db"\nholds.already-posted = "hold"\n',
        "era_payment_options = { auto_post = { enabled = 'shadow', minimum_percent = 33.3 } }\n",
        "era_payment_options.partial_payment.minimum_amount = '.5'\npractice.tax_id = '123-45-6789'\n",
    ],
)
def test_what_is_valid_passes(schema: Any, toml: str) -> None:
    assert faults(schema, toml) == []


@pytest.mark.parametrize(
    "broken", [each for each in BROKEN if each.stem not in NO_TOML | NOT_SEEN.keys()], ids=lambda path: path.stem
)
def test_what_is_refused_is_underlined(schema: Any, broken: Path) -> None:
    assert faults(schema, broken.read_text(encoding="utf-8")) != []


@pytest.mark.parametrize("name", NOT_SEEN)
def test_what_a_schema_cannot_see_is_named(schema: Any, name: str) -> None:
    [broken] = [each for each in BROKEN if each.stem == name]
    assert faults(schema, broken.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("toml", "where"),
    [
        ('holds.denied = "no"', "$.holds.denied"),
        ('holds.denide = "warn"', "$.holds"),
        ('holds.already-posted = "warn"', "$.holds['already-posted']"),
        ('[[override]]\nholds.denied = "warn"', "$.override[0]"),
        ('[[override]]\npayer = "D"\ndeposits.required = true', "$.override[0]"),
        ('[[override]]\npayer = "D;E"', "$.override[0].payer"),
        ("era_payment_options.auto_post.minimum_percent = 100.1", "$.era_payment_options.auto_post.minimum_percent"),
        (
            "era_payment_options.partial_payment.minimum_amount = '0.00'",
            "$.era_payment_options.partial_payment.minimum_amount",
        ),
        ("review_reasons = ['CO 45']", "$.review_reasons[0]"),
    ],
)
def test_a_fault_is_underlined_in_its_place(schema: Any, toml: str, where: str) -> None:
    assert [each.replace('"', "'") for each in faults(schema, toml)] == [where]


def leaves(schema: Any, table: Any, above: str = "") -> dict[str, Any]:
    found = {}
    for name, each in table["properties"].items():
        inner = schema["$defs"][each["$ref"].split("/")[-1]] if "$ref" in each else each
        found |= leaves(schema, inner, f"{above}{name}.") if "$ref" in each else {f"{above}{name}": inner}
    return found


def test_every_key_has_its_words_and_its_default(schema: Any) -> None:
    known = leaves(schema, schema)
    assert all(each["description"].startswith("Allowed: ") for each in known.values())
    assert known["era_payment_options.auto_post.minimum_percent"]["default"] == 95
    assert known["era_payment_options.partial_payment.minimum_amount"]["default"] == "50.00"
    given = {key: each["default"] for key, each in known.items() if "default" in each}
    toml = "".join(f"{key} = {json.dumps(value)}\n" for key, value in given.items())
    assert Settings.model_validate(tomllib.loads(toml, parse_float=Decimal)) == Settings()


def test_the_holds_are_those_of_the_rules_in_force(schema: Any, sqlite_home: PracticeHome) -> None:
    shipped_holds = [hold.id for hold in load_rule_set(shipped("rules"), INSURANCE).holds]
    assert list(schema["properties"]["holds"]["properties"]) == shipped_holds
    holds = flat_rules(sqlite_home.root / "rules") / "holds.yaml"
    holds.write_text(holds.read_text().replace("id: denied", "id: refused"))
    sqlite_home.set({"rules": "rules"})
    known = json.loads(sqlite_home.era("settings", "schema").out)["properties"]["holds"]["properties"]
    assert "refused" in known
    assert "denied" not in known


def test_a_home_that_is_none_is_told(tmp_path: Path) -> None:
    assert era("settings", "schema", "--home", tmp_path).code == 2
