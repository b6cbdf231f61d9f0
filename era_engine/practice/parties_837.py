"""Who a claim of an 837 is about and for: subscriber and plan, patient, payer, billing provider (2010 loops)."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple, TypeVar

from era_engine.practice.loops_837 import PATIENT, SUBSCRIBER, ClaimLoop, Level, element
from era_engine.practice.names import with_suffix
from era_engine.practice.values_837 import Values
from era_engine.x12.reader import Segment

_Read = TypeVar("_Read")
# SBR01, payer responsibility sequence number code
_ORDINALS = {"P": 1, "S": 2, "T": 3, **{letter: ordinal for ordinal, letter in enumerate("ABCDEFGH", start=4)}}
_PERSON = "1"  # NM102


class Person(NamedTuple):
    """A subscriber or patient."""

    last_name: str  # with the suffix (NM107: Jr, III) where there is one
    first_name: str  # empty for who has one name only
    birth_date: date | None


class Plan(NamedTuple):
    """The plan a claim was sent to, and its subscriber. plan_ordinal: 1 for the patient's primary plan."""

    subscriber: Person
    member_id: str
    plan_ordinal: int
    payer_id: str
    payer_name: str


class PartyReader:
    """Reads each level once, however many claims stand below it, so that its faults are told once."""

    def __init__(self, values: Values) -> None:
        self._values = values
        self._read: dict[tuple[Level, str], object] = {}

    def plan(self, level: Level) -> Plan | None:
        """Of a claim's level, or of the subscriber above a patient's level."""
        subscriber = level if level.code == SUBSCRIBER else level.parent
        assert subscriber is not None, "loops_837 gives no patient without a subscriber"
        return self._once(subscriber, "plan", self._plan)

    def patient(self, level: Level) -> Person | None:
        """The patient of the level; where it is the subscriber's, the subscriber is the patient."""
        if level.code == PATIENT:
            return self._once(level, "patient", lambda each: self._person(each, "QC", "the patient"))
        plan = self.plan(level)
        return plan.subscriber if plan else None

    def location(self, loop: ClaimLoop) -> str | None:
        """Name of the service facility (2310 NM1*77) where the claim has one, else of the billing provider (2010AA)."""
        facility = entity(loop.segments, "77")
        if facility and element(facility[0], 3):
            return self._name(facility[0], "the service facility's name")
        level: Level = loop.level
        while level.parent is not None:
            level = level.parent
        return self._once(level, "provider", self._provider)

    def _once(self, level: Level, what: str, read: Callable[[Level], _Read]) -> _Read:
        key = (level, what)
        if key not in self._read:
            self._read[key] = read(level)
        return self._read[key]  # type: ignore[return-value]

    def _provider(self, level: Level) -> str | None:
        nm1 = self._nm1(level, "85", "the billing provider")
        return self._name(nm1, "the billing provider's name") if nm1 else None

    def _plan(self, level: Level) -> Plan | None:
        subscriber = self._person(level, "IL", "the subscriber")
        ordinal = self._ordinal(level)
        member, payer = self._nm1(level, "IL"), self._nm1(level, "PR", "the payer")
        member_id = self._values.text(member, 9, "the member id") if member else None
        payer_name = self._values.text(payer, 3, "the payer's name") if payer else None
        payer_id = self._values.text(payer, 9, "the payer's id") if payer else None
        if None in (subscriber, member_id, ordinal, payer_id, payer_name):
            return None
        return Plan(subscriber, member_id, ordinal, payer_id, payer_name)  # type: ignore[arg-type]

    def _ordinal(self, level: Level) -> int | None:
        found = [segment for segment in level.segments if segment.tag == "SBR"]
        if len(found) != 1:
            self._of_level(level, f"has {len(found)} SBR segments; one must say which of the patient's plans this is")
            return None
        ordinal = _ORDINALS.get(element(found[0], 1))
        if ordinal is None:
            self._values.fault(found[0], 1, "must be P, S, T or A to H: which of the patient's plans the claim went to")
        return ordinal

    def _person(self, level: Level, code: str, what: str) -> Person | None:
        nm1 = self._nm1(level, code, what)
        if nm1 is None:
            return None
        last_name = self._values.text(nm1, 3, f"{what}'s last name")
        first_name = self._values.text(nm1, 4, f"{what}'s first name") if element(nm1, 4) else ""
        birth_date = None
        for segment in entity(level.segments, code):
            if segment.tag == "DMG":
                birth_date = self._values.birth_date(segment)
        if last_name is None or first_name is None:
            return None
        return Person(with_suffix(last_name, element(nm1, 7)), first_name, birth_date)

    def _nm1(self, level: Level, code: str, what: str = "") -> Segment | None:
        """The level's one NM1 of this kind. `what` it names, for the fault where there is none or more than one."""
        found = [each for each in level.segments if each.tag == "NM1" and element(each, 1) == code]
        if len(found) == 1:
            return found[0]
        if what:
            self._of_level(level, f"has {len(found)} NM1*{code} segments; one must name {what}")
        return None

    def _name(self, nm1: Segment, what: str) -> str | None:
        last = self._values.text(nm1, 3, what)
        if last is None or element(nm1, 2) != _PERSON or not element(nm1, 4):
            return last
        first = self._values.text(nm1, 4, what)
        return None if first is None else f"{first} {last}"

    def _of_level(self, level: Level, wrong: str) -> None:
        self._values.faults.add(f"segment {level.position}, HL", f"this level {wrong}")


def entity(segments: Sequence[Segment], code: str) -> list[Segment]:
    """The first NM1 of this kind and the segments that follow it, up to the next NM1; empty when there is none."""
    found: list[Segment] = []
    for segment in segments:
        if segment.tag == "NM1":
            if found:
                break
            found = [segment] if element(segment, 1) == code else []
        elif found:
            found.append(segment)
    return found
