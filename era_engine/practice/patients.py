"""Is the patient a claim payment names the patient of the office's claim? In doubt the answer is no.

Two checks: a strict one, for a claim found by a number; and one that forgives a slip or two of the keyboard, for a
claim found by patient and services, where the services vouch for it.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from era_engine.practice.model import Claim
from era_engine.remittance.model import ClaimPayment, Person

_SUFFIXES = {"jr", "sr", "ii", "iii", "iv"}
_SOCIAL_SECURITY_NUMBER = "34"  # NM108: not a member id
SLIPS = 2  # characters in all that name and member id may differ by
_FAR = SLIPS + 1


def patient_matches(payment: ClaimPayment, claim: Claim) -> bool:
    """Whether the remittance names the claim's patient.

    The patient must be named (QC) as on the claim; a name the payer corrects (74) must then be the claim's, too. One
    of the member ids given for patient or subscriber (IL) must be the claim's, where any is given.
    """
    named = identified = id_given = False
    for person in payment.people:
        role = person.role
        if role == "QC":
            if not _is_patient(person, claim) or not _corrected_is_patient(payment, person, claim):
                return False
            named = named or bool(_last_name(person.last_name))
        elif role != "IL":
            continue
        if person.identifier and person.id_qualifier != _SOCIAL_SECURITY_NUMBER:
            id_given = True
            identified = identified or _identifier(person.identifier) == _identifier(claim.subscriber_id)
    return named and (identified or not id_given)


def patient_resembles(payment: ClaimPayment, claim: Claim) -> bool:
    """Whether the remittance names the claim's patient but for one or two wrong characters in all.

    Last name, first name (or its initial) and a member id must all be given. Case, accents, punctuation and suffixes
    (Jr, III) count for nothing, unless both sides give a suffix and not the same: father and son share a member id.
    Short names and numbers forgive less. What the payer corrects (74) must resemble the claim's as well.
    """
    slips = _id_slips(payment, claim)
    if slips > SLIPS:
        return False
    people = [person for person in payment.people if person.role == "QC"]
    people += [corrected for person in people for corrected in _corrected(payment, person)]
    return bool(people) and all(slips + _name_slips(person, claim) <= SLIPS for person in people)


def _is_patient(person: Person, claim: Claim) -> bool:
    last, first = _last_name(person.last_name), _name(person.first_name)
    if last and last != _last_name(claim.last_name):
        return False
    ours = _name(claim.first_name)
    if not first or first == ours or first + _name(person.middle_name) == ours:
        return True
    return _is_initial(first, ours)


def _is_initial(first: str, other: str) -> bool:
    return 1 in (len(first), len(other)) and first[:1] == other[:1]


def _corrected_is_patient(payment: ClaimPayment, patient: Person, claim: Claim) -> bool:
    return all(_is_patient(person, claim) for person in _corrected(payment, patient))


def _corrected(payment: ClaimPayment, patient: Person) -> Iterator[Person]:
    """The payer gives only what it corrected; the rest of the name is as submitted."""
    for person in payment.people:
        if person.role == "74":
            yield patient._replace(
                last_name=person.last_name or patient.last_name,
                first_name=person.first_name or patient.first_name,
                middle_name=person.middle_name or patient.middle_name,
                suffix=person.suffix or patient.suffix,
            )


def _name_slips(person: Person, claim: Claim) -> int:
    theirs, ours = _surname(f"{person.last_name} {person.suffix}"), _surname(claim.last_name)
    if theirs.suffix and ours.suffix and theirs.suffix != ours.suffix:
        return _FAR
    first, own_first = _name(person.first_name), _name(claim.first_name)
    if not (theirs.name and ours.name and first and own_first):
        return _FAR
    if _is_initial(first, own_first):
        return _slips(theirs.name, ours.name)
    with_middle = _slips(first + _name(person.middle_name), own_first)
    return _slips(theirs.name, ours.name) + min(_slips(first, own_first), with_middle)


def _id_slips(payment: ClaimPayment, claim: Claim) -> int:
    """Of the member id that comes nearest; a social security number is none."""
    ours = _identifier(claim.subscriber_id)
    given = [
        _identifier(person.identifier)
        for person in payment.people
        if person.role in ("QC", "IL") and person.id_qualifier != _SOCIAL_SECURITY_NUMBER
    ]
    return min((_slips(each, ours) for each in given if each and ours), default=_FAR)


def _slips(one: str, other: str) -> int:
    """Characters added, left out, changed or swapped with their neighbour; more than a text of this length forgives
    counts as too many."""
    if one == other:
        return 0
    shorter = min(len(one), len(other))
    forgiven = 0 if shorter < 4 else 1 if shorter < 6 else SLIPS
    if abs(len(one) - len(other)) > forgiven:
        return _FAR
    slips = _distance(one, other)
    return slips if slips <= forgiven else _FAR


def _distance(one: str, other: str) -> int:
    """Edit distance with swapped neighbours (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        before, above, row = row, before, [i]
        for j, b in enumerate(other, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, above[j - 2] + 1)
            row.append(cost)
    return row[-1]


class _Surname(NamedTuple):
    name: str
    suffix: str


@lru_cache(maxsize=65536)
def _identifier(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


@lru_cache(maxsize=65536)
def _name(text: str) -> str:
    return "".join(_words(text))


@lru_cache(maxsize=65536)
def _last_name(text: str) -> str:
    return _surname(text).name


@lru_cache(maxsize=65536)
def _surname(text: str) -> _Surname:
    """Without the JR or III that one side keeps in the last name and the other in the suffix or nowhere."""
    words = _words(text)
    suffix = ""
    while len(words) > 1 and words[-1] in _SUFFIXES:
        suffix = words.pop()
    return _Surname("".join(words), suffix)


def _words(text: str) -> list[str]:
    """Small letters and digits without accents, split at blanks and punctuation: `O'Brién` is o, brien."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()
    return re.findall(r"[^\W_]+", plain)
