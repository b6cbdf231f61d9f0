"""What a person sees for a decision, as the files of indicators say it: those of all tables, and those of one."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from era_engine.rulebook.files import Faults, Place, Source, take_id
from era_engine.rulebook.rule import Indicators
from era_engine.rulebook.schema import IndicatorsEntry, IndicatorsFile, MoreIndicators, checked


class IndicatorsRead(NamedTuple):
    """Indicators by their id, what is seen where nothing is said, and all of it as it is stored."""

    by_id: Mapping[str, Indicators]
    unshown: Indicators
    content: Mapping[str, Any]


def ids_of(sources: Sequence[Source | None]) -> list[str] | None:
    """The ids in these files, as far as they can be read; None where they cannot."""
    ids = []
    for source in sources:
        entries = source.data.get("indicators") if source is not None and isinstance(source.data, dict) else None
        if not isinstance(entries, list):
            return None
        ids += [entry["id"] for entry in entries if isinstance(entry, dict) and isinstance(entry.get("id"), str)]
    return ids


def read_indicators(whole: Source | None, more: Sequence[Source | None], faults: Faults) -> IndicatorsRead | None:
    """The indicators of a whole file, followed by those that others add; None where something is wrong with it."""
    taken: dict[str, Place] = {}
    file = _checked(IndicatorsFile, whole, taken, faults)
    added = [_checked(MoreIndicators, source, taken, faults) for source in more]
    if file is None:
        return None
    entries = [*file.indicators, *(entry for each in added if each is not None for entry in each.indicators)]
    nothing = IndicatorsEntry(id="nothing", page_message=None, claim_alert=False, patient_icon=None, hover=None)
    return IndicatorsRead(
        {entry.id: _indicators(entry, file) for entry in entries},
        _indicators(nothing, file),
        file.model_copy(update={"indicators": entries}).model_dump(),
    )


_File = TypeVar("_File", IndicatorsFile, MoreIndicators)


def _checked(kind: type[_File], source: Source | None, taken: dict[str, Place], faults: Faults) -> _File | None:
    if source is None:
        return None
    entries = source.data.get("indicators") if isinstance(source.data, dict) else None
    for position, entry in enumerate(entries if isinstance(entries, list) else ()):
        given = entry.get("id") if isinstance(entry, dict) else None
        take_id(given, source, ("indicators", position, "id"), taken, faults)
    return checked(kind, source.data, source, (), faults)


def _indicators(entry: IndicatorsEntry, file: IndicatorsFile) -> Indicators:
    page = getattr(file.page_messages, entry.page_message) if entry.page_message else None
    icon = getattr(file.icons, entry.patient_icon or "none")
    alert = file.claim_alert if entry.claim_alert else None
    return Indicators(
        id=entry.id,
        page_message=entry.page_message,
        page_message_place=page.place if page else None,
        page_message_colour=page.colour if page else None,
        claim_alert=entry.claim_alert,
        claim_alert_place=alert.place if alert else None,
        claim_alert_colour=alert.colour if alert else None,
        patient_icon=entry.patient_icon,
        icon_drawing=icon.drawing if entry.patient_icon else None,
        icon_colour=icon.colour,
        symbol=icon.symbol,
        word=icon.word,
        hover=entry.hover,
    )
