"""Is the patient a claim payment names the patient of the practice's claim? In doubt the answer is no.

Two checks: a strict one, for a claim found by a number; and one that forgives a slip or two of the keyboard, for a
claim found by patient and services. What that one forgives may still be a brother or sister: only the last name may
have slips where the claim is to post by itself.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from era_engine.practice.model import Claim
from era_engine.practice.names import contradict, letters, surname
from era_engine.remittance.model import ClaimPayment, Person

_SOCIAL_SECURITY_NUMBER = "34"  # NM108: not a member id
SLIPS = 2  # characters in all that name and member id may differ by
_FAR = SLIPS + 1


def patient_matches(payment: ClaimPayment, claim: Claim) -> bool:
    """Whether the remittance names the claim's patient: there is no doubt (`patient_doubts`)."""
    return not patient_doubts(payment, claim)


def patient_doubts(payment: ClaimPayment, claim: Claim) -> tuple[str, ...]:
    """What is not the claim's patient on the remittance, in words; empty where nothing is.

    The patient must be named (QC) as on the claim; a name the payer corrects (74) must then be the claim's, too. One
    of the member ids given for patient or subscriber (IL) must be the claim's, where any is given.
    """
    doubts: dict[str, None] = {}
    patients = named = identified = id_given = False
    for person in payment.people:
        role = person.role
        if role == "QC":
            patients = True
            doubts.update(dict.fromkeys(_name_doubts(person, claim)))
            if any(any(_name_doubts(corrected, claim)) for corrected in _corrected(payment, person)):
                doubts["the payer corrected the name to a different one"] = None
            named = named or bool(surname(person.last_name).name)
        elif role != "IL":
            continue
        if person.identifier and person.id_qualifier != _SOCIAL_SECURITY_NUMBER:
            id_given = True
            identified = identified or _identifier(person.identifier) == _identifier(claim.subscriber_id)
    if not named:
        doubts["no last name" if patients else "no patient"] = None
    if id_given and not identified:
        doubts["the member ID differs"] = None
    return tuple(doubts)


def patient_resembles(payment: ClaimPayment, claim: Claim) -> bool:
    """Whether the remittance names the claim's patient but for one or two wrong characters in all.

    Last name, first name (or its initial) and a member id must all be given. Case, accents, punctuation and suffixes
    (Jr, III) count for nothing, unless both sides give a suffix and not the same: father and son share a member id.
    Short names and numbers forgive less. What the payer corrects (74) must resemble the claim's as well.
    """
    slips = _id_slips(payment, claim)
    if slips > SLIPS:
        return False
    people = _patients(payment)
    return bool(people) and all(
        slips + _name_slips(person, claim.last_name, claim.first_name) <= SLIPS for person in people
    )


def slip_doubts(payment: ClaimPayment, claim: Claim) -> tuple[str, ...]:
    """Of a remittance that names a patient who resembles the claim's: what may be another member of the family.

    A family shares last name and member id, so the first name must be the claim's, and the member id, too.
    """
    own = letters(claim.first_name)
    doubts: dict[str, None] = {}
    for person in _patients(payment):
        first = letters(person.first_name)
        if _is_initial(first, own):
            doubts["only an initial for the first name"] = None
        elif own not in (first, first + letters(person.middle_name)):
            doubts["the first name differs"] = None
    if _id_slips(payment, claim):
        doubts["the member ID differs"] = None
    return tuple(doubts)


def named_to_the_letter(payment: ClaimPayment, claim: Claim) -> bool:
    """Whether nobody's name can be nearer to the patient's on the remittance than that of the claim's patient."""
    return not any(any(_nearness(person, claim.last_name, claim.first_name)) for person in _patients(payment))


def as_near(payment: ClaimPayment, claim: Claim, relatives: Iterable[tuple[str, str]]) -> bool:
    """Whether a name (last, first) of the family is as near to the remittance's as that of the claim's patient.

    Nothing is as near as a name to the letter.
    """
    if named_to_the_letter(payment, claim):
        return False
    people = _patients(payment)
    return any(
        _nearness(person, last_name, first_name) <= _nearness(person, claim.last_name, claim.first_name)
        for last_name, first_name in relatives
        for person in people
    )


def _patients(payment: ClaimPayment) -> list[Person]:
    """As submitted, and as the payer corrects them."""
    people = [person for person in payment.people if person.role == "QC"]
    return people + [corrected for person in people for corrected in _corrected(payment, person)]


def _nearness(person: Person, last_name: str, first_name: str) -> tuple[int, bool, bool]:
    """Slips; whether there is only an initial; whether one side has a suffix and the other none. Less is nearer."""
    initial = _is_initial(letters(person.first_name), letters(first_name))
    suffixes = surname(person.last_name, person.suffix).suffix, surname(last_name).suffix
    return _name_slips(person, last_name, first_name), initial, suffixes[0] != suffixes[1]


def _name_doubts(person: Person, claim: Claim) -> Iterator[str]:
    theirs, ours = surname(person.last_name, person.suffix), surname(claim.last_name)
    if theirs.name and theirs.name != ours.name:
        yield "the last name differs"
    if contradict(theirs, ours):
        yield "the suffix differs (Jr, Sr)"
    first, own = letters(person.first_name), letters(claim.first_name)
    if first and own not in (first, first + letters(person.middle_name)) and not _is_initial(first, own):
        yield "the first name differs"


def _is_initial(first: str, other: str) -> bool:
    return 1 in (len(first), len(other)) and first[:1] == other[:1]


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


def _name_slips(person: Person, last_name: str, first_name: str) -> int:
    theirs, ours = surname(person.last_name, person.suffix), surname(last_name)
    if contradict(theirs, ours):
        return _FAR
    first, own_first = letters(person.first_name), letters(first_name)
    if not (theirs.name and ours.name and first and own_first):
        return _FAR
    if _is_initial(first, own_first):
        return _slips(theirs.name, ours.name)
    with_middle = _slips(first + letters(person.middle_name), own_first)
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


@lru_cache(maxsize=65536)
def _identifier(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
