"""Which of the practice's claims is a claim payment for? A cascade of steps, the surest first; ambiguous is no match.

A person's word goes before all. Then the claim number as the practice sent it (CLP01), with or without the line control
numbers. Only for what has no such number: a number the payer cut or padded, the payer's own number of an earlier
claim payment (CLP07), and at last patient and services. The step is kept with the decision.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from era_engine.practice.lines import control_number, controls
from era_engine.practice.model import Claim
from era_engine.practice.patients import patient_matches, patient_resembles
from era_engine.practice.services import days_agree, same_services
from era_engine.remittance.model import REVERSAL, ClaimPayment

BY_HAND = "by-hand"
LINE_CONTROL = "claim-number-and-line-control"
CLAIM_NUMBER = "claim-number"
CUT_OR_PADDED = "claim-number-cut-or-padded"
PAYER_CLAIM_NUMBER = "payer-claim-number"
PATIENT_AND_SERVICES = "patient-and-services"

FEW = 10  # a number that this many claims' begin with says nothing any more
_CORE = 5  # characters that must be left of a number for it to say anything: 10 is not 1 with a zero
_LONGEST = 50  # CLM01 has at most 38 characters in the guide
_USUAL_LENGTH = 20  # no practice fills its numbers with zeros beyond this


class Match(NamedTuple):
    """The practice's claim and the step that found it. candidates: claim numbers that may be meant, where none is sure.

    relative: another patient with the claim's member id may be meant as well. Step by-hand without a claim: a person
    said that it is none of ours.
    """

    claim: Claim | None
    step: str | None
    candidates: tuple[str, ...] = ()
    relative: bool = False


class Candidates(NamedTuple):
    """Claim numbers of the practice's claims that a claim payment without a known number may be for."""

    by_number: Collection[str] = ()  # numbers the payer may have cut or padded
    by_payer_claim_number: Collection[str] = ()  # of earlier claim payments of this payer with the same CLP07
    by_services: Collection[str] = ()  # with a procedure on that day, and that total charge


def match_by_number(payment: ClaimPayment, claim: Claim) -> Match:
    """The match with the claim that has exactly this claim number (CLP01; RFI 1684 and 2224 on REF*6R)."""
    named = [number for line in payment.lines if line.references for number in controls(line)]
    if named and {control_number(own) for own in claim.lines}.issuperset(named):
        return Match(claim, LINE_CONTROL)
    return Match(claim, CLAIM_NUMBER)


def match_otherwise(
    payment: ClaimPayment, candidates: Candidates, claims: Mapping[str, Claim], answered: Collection[str]
) -> Match:
    """The match of a claim payment whose claim number is none of the practice's; `claims` has every candidate.

    A step that finds several claims is passed over, and a later one may then not find another claim of the same
    patient. `answered`: claims that another claim payment of the same remittance names by their number; services alone
    do not give such a claim a second answer, except to reverse the first.
    """
    doubtful: set[str] = set()
    contradicting: set[str] = set()
    for step, found in (
        (CUT_OR_PADDED, _by_number(payment, candidates, claims)),
        (PAYER_CLAIM_NUMBER, candidates.by_payer_claim_number),
        (PATIENT_AND_SERVICES, _by_services(payment, candidates, claims)),
    ):
        if len(found) == 1:
            (number,) = found
            answers = step != PATIENT_AND_SERVICES or number not in answered or payment.status == REVERSAL
            if answers and (not contradicting or number in contradicting):
                return Match(claims[number], step)
        doubtful.update(found)
        contradicting.update(number for number in found if _is_patient(payment, claims[number]))
    return Match(None, None, tuple(sorted(doubtful)))


def padded_forms(claim_number: str) -> set[str]:
    """Claim numbers of the practice that a payer may have written like this.

    The payer put zeros, blanks, dashes or a prefix before ours, or a suffix behind it, or left our leading zeros out.
    """
    if len(claim_number) > _LONGEST or not says_something(claim_number):
        return set()
    bare = claim_number.lstrip(" -0")
    forms = {"0" * zeros + claim_number for zeros in range(1, _USUAL_LENGTH - len(claim_number) + 1)}
    forms |= {claim_number[at:] for at in range(1, len(claim_number))}
    forms |= {text[:end] for text in (claim_number, bare) for end in range(_CORE, len(text) + 1)}
    return {each for each in forms - {claim_number} if says_something(each)}


def says_something(claim_number: str) -> bool:
    """Whether enough is left of a claim number to look for the rest of it."""
    return _CORE <= len(claim_number.lstrip(" -0").rstrip(" -")) <= _LONGEST


def _by_number(payment: ClaimPayment, candidates: Candidates, claims: Mapping[str, Claim]) -> Collection[str]:
    """Number fitting alone is not enough: patient and days must be the claim's, or the one that fits does not."""
    found = candidates.by_number
    if len(found) == 1:
        (number,) = found
        if not (patient_matches(payment, claims[number]) and days_agree(payment, claims[number])):
            return ()
    return found


def _by_services(payment: ClaimPayment, candidates: Candidates, claims: Mapping[str, Claim]) -> Collection[str]:
    return [
        number
        for number in candidates.by_services
        if same_services(payment, claims[number]) and patient_resembles(payment, claims[number])
    ]


def _is_patient(payment: ClaimPayment, claim: Claim) -> bool:
    return patient_matches(payment, claim) or patient_resembles(payment, claim)
