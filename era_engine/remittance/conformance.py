"""The payments of a file held against the implementation guide, as far as the setting wants it."""

from collections.abc import Iterator
from typing import Literal

from era_engine.remittance.model import Remittance
from era_engine.remittance.survey import Survey, documents
from era_engine.x12.finding import Finding

Setting = Literal["off", "report", "require"]

_FIRST = 3  # in a document of one transaction set, ST is the third segment


def is_used(remittance: Remittance, conformance: tuple[Finding, ...]) -> bool:
    """Whether a payment is used at all, and does not stand in a transaction set that is rejected."""
    return not remittance.rejected and all(each.severity != "reject" for each in conformance)


def conformance_findings(surveyed: Survey, setting: Setting) -> Iterator[tuple[Finding, ...]]:
    """For each payment of the file, in order. `report`: all of it is advice (warn). `require`: the grades count."""
    if setting == "off":
        yield from (() for _ in surveyed.remittances)
        return
    from era_engine.x12.conformance import as_advice, check_all

    checked = check_all(text for _, text in documents(surveyed))
    for remittance, findings in zip(surveyed.remittances, checked, strict=True):
        shift = remittance.first_segment - _FIRST
        placed = tuple(
            each if each.segment_number is None else each._replace(segment_number=each.segment_number + shift)
            for each in findings
        )
        yield placed if setting == "require" else as_advice(placed)
