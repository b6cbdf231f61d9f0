"""What holds for every file whatever is in it, as one function for the property tests and for the fuzzer.

Nothing here reads a file the way the product does: claims are counted with a regular expression, and amounts are added
up with Decimal from a claim's own segments.
"""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from era_engine.remittance.balance import balance_findings
from era_engine.remittance.claims import read_claims
from era_engine.remittance.model import ClaimPayment, Remittance
from era_engine.remittance.survey import Survey, not_used, read_payments, survey
from era_engine.x12.finding import Finding
from era_engine.x12.tokens import Separators

MEGABYTE = 1 << 20
_TELLS_OF_CLAIMS = re.compile(r"(?:hold|holds) ([0-9]+) claim payment\(s\)")


class Text(NamedTuple):
    """What a file holds, handed out in pieces of `size` characters; stands where a Source does."""

    text: str
    size: int = MEGABYTE

    def chunks(self) -> Iterator[str]:
        for at in range(0, len(self.text), self.size):
            yield self.text[at : at + self.size]


def decoded(content: bytes) -> str:
    """As `x12.source.examine` finds it: UTF-8 where every byte fits, else Latin-1."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


class Whole(NamedTuple):
    """A file read to its end. `findings`: all of them. `claims`: each with its payment and its own findings."""

    surveyed: Survey
    findings: tuple[Finding, ...]
    claims: tuple[tuple[Remittance, ClaimPayment, tuple[Finding, ...]], ...]


def read_whole(text: str, size: int = MEGABYTE) -> Whole:
    surveyed = survey(Text(text, size))  # type: ignore[arg-type]
    findings = surveyed.all_findings()
    claims = []
    payments = 0
    for remittance, of_payment in read_payments(surveyed):
        assert remittance is surveyed.remittances[payments]
        payments += 1
        count, paid = 0, 0
        for claim in of_payment:
            own = (*claim.findings, *balance_findings(claim))
            claims.append((remittance, claim, own))
            findings += own
            findings += [not_used(claim)] if remittance.rejected else []
            count += 1
            paid = None if paid is None or claim.paid_cents is None else paid + claim.paid_cents
        assert count == remittance.claim_count, "the two readings count other claims"
        assert paid == remittance.claims_paid_cents, "the two readings add up to another payment"
    assert payments == len(surveyed.remittances)
    return Whole(surveyed, tuple(findings), tuple(claims))


def check(content: bytes, size: int | None = 97) -> Whole:
    """Raises AssertionError, with what does not hold, and whatever the reader should not have raised.

    size: read it again in pieces of so many characters; None: once is enough.
    """
    text = decoded(content)
    whole = read_whole(text)
    # Lines broken at a fixed width are put together piece by piece, so where one ends may matter to a damaged header.
    if size is not None:
        again = read_whole(text, MEGABYTE if "\n" in text else size)
        assert again[1:] == whole[1:], "what a file says depends on where it is cut into pieces, or on the day"
    _no_claim_is_lost(text, whole)
    for remittance in whole.surveyed.remittances:
        assert remittance.rejected == any(each.severity == "reject" for each in remittance.findings)
    for remittance, claim, own in whole.claims:
        _reads_the_same_from_the_books(remittance.separators, claim)
        if not _held((*own, *remittance.findings)):
            _adds_up(remittance, claim)
    _payments_add_up(whole)
    return whole


def may_post(whole: Whole) -> int:
    """Cents of the claims that nothing holds; nothing else of a file can ever post by itself."""
    return sum(claim.paid_cents or 0 for claim in _free(whole))


def _held(findings: Iterable[Finding]) -> bool:
    return any(each.severity != "warn" for each in findings)


def _free(whole: Whole) -> list[ClaimPayment]:
    """The claims that nothing holds."""
    return [claim for remittance, claim, own in whole.claims if not _held((*own, *remittance.findings))]


def _no_claim_is_lost(text: str, whole: Whole) -> None:
    """Every segment that begins like a claim payment is a claim, or a finding that is no mere warning tells of it."""
    lost = claims_begun(text, whole) - len(whole.claims)
    if lost <= 0:
        return
    told = sum(int(number) for each in whole.findings for number in _TELLS_OF_CLAIMS.findall(each.message))
    told += sum(1 for each in whole.findings if each.severity != "warn" and re.search(r"\bclp\b", each.message, re.I))
    heavy = [each.code for each in whole.findings if each.severity == "reject" or "may be lost" in each.message]
    assert told >= lost or heavy, f"{lost} claims lost, {told} told"


def claims_begun(text: str, whole: Whole) -> int:
    """Claim segments by the separators of the first interchange, counted in the bare text."""
    found = re.search(r"ISA([^A-Za-z0-9 \t\r\n])", text)
    if found is None or not whole.surveyed.interchanges:
        return 0
    kinds = {(each.separators.element, each.separators.terminator) for each in whole.surveyed.remittances}
    if len(kinds) != 1:
        return 0
    [(element, terminator)] = kinds
    blanks = "".join(each for each in " \t\r\n" if each != terminator)
    return len(re.findall(f"{re.escape(terminator)}[{blanks}]*CLP{re.escape(element)}", text))


def _reads_the_same_from_the_books(separators: Separators, claim: ClaimPayment) -> None:
    """What is kept of a claim is read again whenever a person asks; it must say what the file said."""
    segments = claim.source.split(separators.terminator)
    [kept] = read_claims(segments, separators, lambda: 0)
    same = ("claim_number", "status", "charge_cents", "paid_cents", "patient_responsibility_cents", "adjustments")
    same += ("payer_claim_number", "people", "references", "dates", "amounts")
    for name in same:
        assert getattr(kept, name) == getattr(claim, name), f"{name} is another one when read from the books"
    assert [each._replace(segment_number=0) for each in kept.lines] == [
        each._replace(segment_number=0) for each in claim.lines
    ]
    codes = [(each.code, each.severity) for each in claim.findings]
    assert [(each.code, each.severity) for each in kept.findings] == codes


def _adds_up(remittance: Remittance, claim: ClaimPayment) -> None:
    """Nothing holds this claim: then its own segments, added up by other means, come to what it is said to be paid."""
    element, terminator = remittance.separators.element, remittance.separators.terminator
    segments = [each.split(element) for each in claim.source.split(terminator)]
    clp = segments[0]
    charge, paid = exact(clp[3]), exact(clp[4])
    adjusted = sum(
        (exact(segment[at]) for segment in segments if segment[0] == "CAS" for at in range(3, len(segment), 3)
         if any(segment[at - 1 : at + 2])),
        Decimal(0),
    )  # fmt: skip
    assert charge - adjusted == paid, "a claim that nothing holds does not add up"
    assert (charge * 100, paid * 100) == (claim.charge_cents, claim.paid_cents)


def _payments_add_up(whole: Whole) -> None:
    """A payment that nothing holds is what its claims come to, less its provider-level adjustments."""
    for remittance in whole.surveyed.remittances:
        if _held(remittance.findings):
            continue
        claims = sum(claim.paid_cents or 0 for other, claim, _ in whole.claims if other is remittance)
        provider = sum(each.cents or 0 for each in remittance.provider_adjustments)
        assert claims - provider == remittance.payment.payment_cents, "a payment that nothing holds does not add up"


def exact(text: str) -> Decimal:
    """An amount that nothing was said against must be a plain decimal of at most two places."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise AssertionError("an amount that is none was let through") from None
    assert re.fullmatch(r"-?[0-9]*\.?[0-9]{0,2}", text, re.ASCII), "an amount of another spelling was let through"
    return amount
