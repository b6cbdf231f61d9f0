"""One transaction set held against pyx12's map of the 835 implementation guide (005010X221A1).

Uses pyx12's map, walker and element checks piece by piece rather than `x12n_document`: the pieces return what they
find instead of logging it, the map can be kept, and the segments are those our own tokeniser saw, all of them.
Importing this module imports pyx12 (some 100 ms), so `conformance` does it only when there is something to check.
"""

import logging
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from pyx12.map_if import load_map_file
from pyx12.map_walker import walk_tree
from pyx12.params import ParamsBase
from pyx12.segment import Segment

from era_engine.x12 import conformance_faults
from era_engine.x12.conformance_faults import Fault
from era_engine.x12.tokens import Separators

_MAP = "835.5010.X221.A1.xml"
_ENVELOPE = (("/ISA_LOOP", "/ISA_LOOP/ISA"), ("/ISA_LOOP/GS_LOOP", "/ISA_LOOP/GS_LOOP/GS"))
_REMEMBERED = 20_000  # segments of one transaction set: the same adjustments, dates and procedures come again


class _Guide(NamedTuple):
    """The map's root, and for each segment tag the first elements (qualifiers) it may have."""

    root: Any
    qualifiers: dict[str, set[str]]


@lru_cache(maxsize=1)
def _guide() -> _Guide:
    """The map, loaded once in each process. Checking leaves no trace in it: occurrences are counted by the walker."""
    logger = logging.getLogger("pyx12")  # its messages quote the document
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    parameters = ParamsBase()  # not params(): that one reads a file in the user's home
    parameters.set("exclude_external_codes", "remark_code")  # the list ends at N734; new codes come three times a year
    root = load_map_file(_MAP, parameters)
    # A second PLB enters the footer anew, which the map allows only once; the guide repeats PLB without limit.
    root.getnodebypath("/ISA_LOOP/GS_LOOP/ST_LOOP/FOOTER").repeat = ">1"
    qualifiers: dict[str, set[str]] = {}
    for node in root.loop_segment_iterator():
        if node.is_segment():
            first = node.children[0].children[0] if node.children[0].is_composite() else node.children[0]
            qualifiers.setdefault(node.id, set()).update(first.valid_codes)
    return _Guide(root, qualifiers)


class _Counts:
    """Occurrences by path; as pyx12's NodeCounter, but hashes strings instead of path objects."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def reset_to_node(self, path: Any) -> None:
        below = f"{path}/"
        for key in [key for key in self._counts if key.startswith(below)]:
            del self._counts[key]

    def increment(self, path: Any) -> None:
        key = str(path)
        self._counts[key] = self._counts.get(key, 0) + 1

    def get_count(self, path: Any) -> int:
        return self._counts.get(str(path), 0)


class _Segment(Segment):  # type: ignore[misc]
    """pyx12's segment, but it does not parse a reference such as "05" or "01-2" anew for each look-up."""

    def get(self, reference: str) -> Any:
        index, component = _indices(reference)
        if index >= len(self.elements):
            return None
        element = self.elements[index]
        if component is None:
            return element
        return element[component] if component < len(element) else None


@lru_cache(maxsize=256)
def _indices(reference: str) -> tuple[int, int | None]:
    element, _, component = reference.partition("-")
    return int(element) - 1, int(component) - 1 if component else None


def faults(segments: Iterable[tuple[int, str]], separators: Separators) -> Iterator[Fault]:
    """Deviations of one transaction set, ST to SE, given as (position, raw segment).

    An exception inside pyx12 ends the check with a `check-failed` fault that names its type.
    """
    guide = _guide()
    walker = walk_tree()
    walker.counter = _Counts()
    for loop, first in _ENVELOPE:
        walker.forceWalkCounterToLoopStart(loop, first)
    node = guide.root.getnodebypath("/ISA_LOOP/GS_LOOP/GS")
    remembered: dict[tuple[int, str], list[Fault]] = {}
    without_place: list[Fault] = []
    last_placed = (0, "")
    for here in segments:
        position, raw = here
        segment = _Segment(raw, separators.terminator, separators.element, separators.component)
        try:
            found, _, _, misplaced = walker.walk_errors(node, segment, position, position, None)
            if found is not None and (id(found), raw) not in remembered:
                surplus = _trim(found, segment, raw)
                _, invalid = found.is_valid_errors(segment)
        except Exception as error:  # noqa: BLE001 - pyx12 trips over hostile input in many ways; none may stop a run
            yield conformance_faults.failed(error, position, raw)
            return
        if found is None:
            without_place.append(conformance_faults.unplaced(guide.qualifiers, node, segment, position, raw))
        else:
            if without_place:
                yield conformance_faults.run_of_unplaced(without_place)
                without_place = []
            for each in misplaced:
                yield conformance_faults.from_walk(each, last_placed, here)
            known = remembered.get((id(found), raw))
            if known is None:
                known = surplus + [conformance_faults.from_element(each, found, raw) for each in invalid]
                if raw.endswith(separators.element):
                    known.append(conformance_faults.trailing_separators(found, raw))
                if len(remembered) < _REMEMBERED:
                    remembered[id(found), raw] = known
            for fault in known:
                yield fault._replace(position=position)
            node, last_placed = found, here
    if without_place:
        yield conformance_faults.run_of_unplaced(without_place)


def _trim(node: Any, segment: Any, raw: str) -> list[Fault]:
    """Cut surplus components off, each time as a fault of our own: pyx12 raises IndexError over them."""
    surplus = []
    for child, element in zip(node.children, segment.elements, strict=False):
        if child.is_composite() and child.usage != "N" and len(element) > len(child.children):
            surplus.append(conformance_faults.surplus_components(child, len(element), raw))
            del element.elements[len(child.children) :]
    return surplus
