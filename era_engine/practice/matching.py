"""Is a claim payment on a remittance the claim the office sent: the same patient, procedures and charges?

The claim is found by its claim number elsewhere; this is the cross-check. In doubt the answer is no.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from era_engine.practice.model import Claim, ProcedureLine
from era_engine.remittance.model import ClaimPayment, Person, ServiceLine

_SUFFIXES = {"jr", "sr", "ii", "iii", "iv"}
_SOCIAL_SECURITY_NUMBER = "34"  # NM108: not a member id


class LineMatch(NamedTuple):
    """How a claim payment's service lines pair with the procedures of the office's claim.

    pairs: for each service line its index on the claim payment, and the line number on the claim or None.
    procedures_match: every line of either side is paired, and none was adjudicated as another procedure.
    charges_match: the claim's charge and that of every paired line are the office's.
    """

    pairs: tuple[tuple[int, int | None], ...]
    procedures_match: bool
    charges_match: bool


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


def _is_patient(person: Person, claim: Claim) -> bool:
    last, first = _last_name(person.last_name), _name(person.first_name)
    if last and last != _last_name(claim.last_name):
        return False
    ours = _name(claim.first_name)
    if not first or first == ours or first + _name(person.middle_name) == ours:
        return True
    return 1 in (len(first), len(ours)) and first[:1] == ours[:1]  # a bare initial


def _corrected_is_patient(payment: ClaimPayment, patient: Person, claim: Claim) -> bool:
    """The payer gives only what it corrected; the rest of the name is as submitted."""
    return all(
        _is_patient(
            patient._replace(
                last_name=person.last_name or patient.last_name,
                first_name=person.first_name or patient.first_name,
                middle_name=person.middle_name or patient.middle_name,
            ),
            claim,
        )
        for person in payment.people
        if person.role == "74"
    )


def match_lines(payment: ClaimPayment, claim: Claim) -> LineMatch:
    """Pair each service line with the procedure the office submitted, every procedure once.

    A line is compared by the code submitted, which SVC06 repeats where another was adjudicated (RFI 2320).
    The office's line control number (REF*6R) is the surest witness, then code and charge, then code alone.
    """
    lines, procedures = payment.lines, claim.lines
    same_charge = payment.charge_cents == claim.charge_cents
    if _same_in_order(lines, procedures):
        return LineMatch(tuple(enumerate([own.line_number for own in procedures])), True, same_charge)
    paired = _paired(lines, procedures)
    all_paired = len(paired) == len(lines) == len(procedures)
    return LineMatch(
        tuple((index, paired[index].line_number if index in paired else None) for index in range(len(lines))),
        not lines or (all_paired and all(_adjudicated_as_submitted(line) for line in lines)),
        same_charge and all(lines[index].charge_cents == own.fee_cents for index, own in paired.items()),
    )


def _same_in_order(lines: Sequence[ServiceLine], procedures: Sequence[ProcedureLine]) -> bool:
    """The ordinary remittance: what `_paired` would find, seen at a glance."""
    if len(lines) != len(procedures):
        return False
    for line, own in zip(lines, procedures, strict=True):
        code = line.procedure.code
        if line.charge_cents != own.fee_cents or (line.submitted is not None and line.submitted.code != code):
            return False
        if code != own.procedure_code and _code(code) != _code(own.procedure_code):
            return False
        for reference in line.references:
            if (
                reference.qualifier == "6R"
                and reference.value != str(own.line_number)
                and reference.value in [str(other.line_number) for other in procedures]
            ):
                return False  # a number that is no line number of the claim says nothing
    return True


def _paired(lines: Sequence[ServiceLine], procedures: Sequence[ProcedureLine]) -> dict[int, ProcedureLine]:
    """Pairs by the index of the service line; the surest ground first, for all lines, then the next."""
    grounds: tuple[Callable[[ServiceLine, ProcedureLine], bool], ...] = (
        lambda line, own: _controlled(line, own) and line.charge_cents == own.fee_cents,
        _controlled,
        lambda line, own: line.charge_cents == own.fee_cents,
        lambda line, own: True,
    )
    paired: dict[int, ProcedureLine] = {}
    free = list(procedures)
    codes = [_submitted_code(line) for line in lines]
    for agree in grounds:
        for index, line in enumerate(lines):
            if index in paired:
                continue
            for own in free:
                if codes[index] == _code(own.procedure_code) and agree(line, own):
                    paired[index] = own
                    free.remove(own)
                    break
    return paired


def _controlled(line: ServiceLine, own: ProcedureLine) -> bool:
    return any(ref.qualifier == "6R" and ref.value == str(own.line_number) for ref in line.references)


def _submitted_code(line: ServiceLine) -> str:
    return (_code(line.submitted.code) if line.submitted else "") or _code(line.procedure.code)


def _adjudicated_as_submitted(line: ServiceLine) -> bool:
    return _submitted_code(line) == _code(line.procedure.code)


@lru_cache(maxsize=4096)
def _code(text: str) -> str:
    return text.strip().casefold()


@lru_cache(maxsize=65536)
def _identifier(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


@lru_cache(maxsize=65536)
def _name(text: str) -> str:
    return "".join(_words(text))


@lru_cache(maxsize=65536)
def _last_name(text: str) -> str:
    """Without the JR or III that one side keeps in the last name and the other in the suffix or nowhere."""
    words = _words(text)
    while len(words) > 1 and words[-1] in _SUFFIXES:
        words.pop()
    return "".join(words)


def _words(text: str) -> list[str]:
    """Small letters and digits without accents, split at blanks and punctuation: `O'Brién` is o, brien."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()
    return re.findall(r"[^\W_]+", plain)
