"""The shape of the rule files: which keys an entry has and what may stand there."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo
from pydantic_core import PydanticKnownError

from era_engine.rulebook.files import Faults, Source, Steps, did_you_mean

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=100)]
Text = Annotated[str, Field(min_length=1)]


def _one_of_those_there(given: object, info: ValidationInfo[Sequence[str]]) -> object:
    """Which outcomes there are is the vocabulary's; see `checked`."""
    if given not in info.context:
        raise PydanticKnownError("literal_error", {"expected": " or ".join(info.context)})
    return given


EndName = Annotated[str, BeforeValidator(_one_of_those_there)]


class Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class RowEntry(Entry):
    """A row of a table."""

    id: Name
    because: Text
    reference: Text
    when: Annotated[dict[str, Any], Field(min_length=1)]
    then: EndName
    show: Text


class HoldEntry(Entry):
    """A hold, or a warning."""

    id: Name
    enabled: bool
    because: Text
    reference: Text
    when: Annotated[dict[str, Any], Field(min_length=1)]
    then: EndName
    show: Text
    message: Text
    remedy: Text
    command: Text | None = None
    fixed: bool = False
    waits_for: Text | None = None


class Icon(Entry):
    """An icon beside a person's name, and what a terminal shows for it."""

    symbol: Text
    word: Text
    colour: Text
    drawing: Text


class Icons(Entry):
    success: Icon
    alert: Icon
    none: Icon


class Placed(Entry):
    colour: Text
    place: Text


class PageMessages(Entry):
    success: Placed
    warning: Placed


class IndicatorsEntry(Entry):
    id: Name
    page_message: Literal["success", "warning", None]
    claim_alert: bool
    patient_icon: Literal["success", "alert", None]
    hover: Text | None


class MoreIndicators(Entry):
    """The indicators that a table adds to those of all tables."""

    indicators: Annotated[list[IndicatorsEntry], Field(min_length=1)]


class IndicatorsFile(Entry):
    """The whole of `indicators.yaml`."""

    icons: Icons
    page_messages: PageMessages
    claim_alert: Placed
    indicators: Annotated[list[IndicatorsEntry], Field(min_length=1)]


class ExpectedEntry(Entry):
    """What must come of a case: a rule, or else the holds that fire, in their order."""

    outcome: EndName
    rule: Name | None = None
    holds: list[Name] = []
    warnings: list[Name] = []
    indicators: Name | None = None


class CaseEntry(Entry):
    """A case of `cases/*.yaml`."""

    name: Text
    given: dict[str, Any]
    expect: ExpectedEntry


_Entry = TypeVar("_Entry", bound=Entry)


def checked(
    kind: type[_Entry], data: Any, source: Source, steps: Steps, faults: Faults, ends: Sequence[str] = ()
) -> _Entry | None:
    """The entry, or None where it has not the right shape; each fault is noted with its line.

    ends: the outcomes that may stand there, with hold and warn where those may.
    """
    try:
        return kind.model_validate(data, context=ends)
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            where = tuple(fault["loc"])
            problem, allowed = _in_words(fault["type"], where, fault["input"], fault.get("ctx", {}), fault["msg"])
            siblings = _keys_at(kind, where[:-1])
            if fault["type"] == "extra_forbidden":
                problem, allowed = problem + did_you_mean(str(where[-1]), siblings), siblings
            faults.at(source, (*steps, *where), problem, allowed)
        return None


def _in_words(kind: str, where: Steps, given: Any, context: dict[str, Any], message: str) -> tuple[str, Iterable[str]]:
    """What pydantic found, as a person who edits the file would say it, and what is allowed there."""
    key = f"`{where[-1]}`" if where else "what begins here"
    match kind:
        case "missing":
            return f"{key} is missing", ()
        case "extra_forbidden":
            return f"the key {key} is not known here", ()
        case "literal_error":
            expected = str(context["expected"]).replace("'", "").replace("None", "null").replace(" or ", ", ")
            return f"{key} is {as_written(given)}", expected.split(", ")
        case "bool_type":
            return f"{key} is {as_written(given)}", ("true", "false")
        case "string_type":
            return f"{key} is {as_written(given)}, but must be text", ()
        case "string_pattern_mismatch":
            return f"{key} is {as_written(given)}", ("lower case letters, digits and hyphens, a letter first",)
        case "dict_type" | "model_type":
            return f"{key} is {as_written(given)}, but must be pairs of `key: value`", ()
        case "list_type":
            return f"{key} is {as_written(given)}, but must be a list", ()
        case "too_short" | "string_too_short":
            return f"{key} is empty", ()
    return f"{key}: {message}", ()


def as_written(value: Any) -> str:
    """A value as a rule file writes it, cut where it is long."""
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 60 else f'"{value[:60]}…"'
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a group of keys"
    return "null" if value is None else str(value).lower()


def _keys_at(kind: type[Entry], where: Steps) -> list[str]:
    """The keys allowed in the part of an entry that `where` leads to."""
    for step in where:
        if isinstance(step, str) and step in kind.model_fields:
            annotation = kind.model_fields[step].annotation
            inner = [annotation, *getattr(annotation, "__args__", ())]
            kind = next((part for part in inner if isinstance(part, type) and issubclass(part, Entry)), kind)
    return list(kind.model_fields)
