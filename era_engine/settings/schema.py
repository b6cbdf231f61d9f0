"""A JSON Schema of era.toml, made from the models that check it, for editors that complete and underline."""

from collections.abc import Mapping
from typing import Any, Literal

from era_engine.settings.model import Settings

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def settings_schema(holds: Mapping[str, bool]) -> dict[str, Any]:
    """Draft 2020-12. holds: the id of each hold of the rules, and whether it may be set to warn."""
    schema = Settings.model_json_schema(mode="validation")
    definitions = {name: _table(each) for name, each in schema.pop("$defs").items()}
    whole = _table(schema)
    for table in (whole, definitions["Override"]):
        table["properties"]["holds"] |= _holds(holds)
    definitions["Override"]["anyOf"] = [{"required": ["payer"]}, {"required": ["location"]}]
    return {
        "$schema": _DRAFT,
        "title": "era.toml",
        "description": "The settings of a practice, checked as `era settings check` does.",
        **{key: value for key, value in whole.items() if key not in ("title", "description")},
        "$defs": definitions,
    }


def _table(model: dict[str, Any]) -> dict[str, Any]:
    """A table as TOML has it: no null, and a default only where a key has one."""
    properties = {name: _key(each) for name, each in model["properties"].items()}
    kept = {key: value for key, value in model.items() if key in ("type", "additionalProperties")}
    if "description" in model:
        kept["description"] = " ".join(model["description"].partition("\n\n")[0].split())
    return kept | {"properties": properties}


def _key(field: dict[str, Any]) -> dict[str, Any]:
    kinds = [each for each in field.get("anyOf", ()) if each != {"type": "null"}]
    rest = {key: value for key, value in field.items() if key not in ("anyOf", "title", "default")}
    if kinds:
        rest |= kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    if "$ref" in field:
        del rest["description"]  # the table tells what it is for
    elif "description" in field:
        rest["description"] = f"Allowed: {field['description']}."
    default = field.get("default")
    if default not in (None, []) and not isinstance(default, dict):
        rest["default"] = _as_written(default, field)
    return rest


def _as_written(default: Any, field: dict[str, Any]) -> Any:
    """A default as it would stand in the file: a percentage is a number there, an amount in cents a text."""
    if field.get("type") == "number":
        return int(default) if default.isdigit() else float(default)
    if field.get("type") == "string" and isinstance(default, int):
        return f"{default // 100}.{default % 100:02d}"
    return default


def _holds(holds: Mapping[str, bool]) -> dict[str, Any]:
    both: list[Literal["hold", "warn"]] = ["hold", "warn"]
    properties = {name: {"enum": both if may_warn else ["hold"]} for name, may_warn in holds.items()}
    return {"properties": properties, "additionalProperties": False}
