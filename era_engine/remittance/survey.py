"""The first reading of a file: every payment as a whole, before any claim of it is believed.

Envelope, header, provider adjustments, totals and the payment balance are known when this is done; the claims
themselves are streamed by the second reading (`read_claims`), so that memory does not grow with them.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from era_engine.foundation.money import dollars
from era_engine.remittance import values
from era_engine.remittance.claims import read_claims
from era_engine.remittance.header import HeaderReader
from era_engine.remittance.model import ClaimPayment, Payment, Remittance
from era_engine.x12.finding import Finding, Syntax
from era_engine.x12.reader import Group, Interchange, Reader, TransactionSet
from era_engine.x12.received import ReceivedInterchange
from era_engine.x12.source import CHUNK, Source
from era_engine.x12.tokens import Separators

VERSIONS = ("005010X221A1", "005010X221")
_WITHIN_A_CLAIM = frozenset(["SVC", "CAS", "DTM", "REF", "AMT", "NM1"])
_TOO_LONG = "claim-too-long"
# Of one claim, of a header, or after the claims, which are kept in memory together.
MOST_SEGMENTS, MOST_CHARACTERS = 1 << 17, 8 * CHUNK


class Survey(NamedTuple):
    """What a file holds: its payments in order, and the findings that belong to none of them."""

    source: Source
    interchanges: tuple[ReceivedInterchange, ...]
    remittances: tuple[Remittance, ...]
    findings: tuple[Finding, ...]

    @property
    def rejected(self) -> bool:
        """Whether some part of the file could not be used at all."""
        return any(each.severity == "reject" for each in self.all_findings())

    def all_findings(self) -> list[Finding]:
        """Of the file and of its payments (claims have their own), in file order."""
        everything = list(self.findings)
        for remittance in self.remittances:
            everything += remittance.findings
        return sorted(dict.fromkeys(everything), key=lambda each: each.segment_number or 0)


def survey(source: Source) -> Survey:
    """Read a file once. Never raises for what a payer got wrong; all of it is in the findings."""
    reader = Reader(source.chunks())
    pending: list[tuple[TransactionSet, Remittance]] = []
    refused: list[Finding] = []
    for transaction in reader:
        refusal = _refusal(transaction)
        if refusal is None:
            pending.append((transaction, _survey_set(transaction)))
        else:
            refused.append(refusal._replace(message=refusal.message + _count_claims(transaction)))
    of_the_file = (*reader.findings, *_of_empty_envelopes(reader, pending))
    doubts = tuple(each for each in of_the_file if each.severity == "hold")
    remittances = []
    for transaction, remittance in pending:
        group = tuple(transaction.group.findings) if transaction.group else ()
        inherited = group + tuple(transaction.interchange.findings) + doubts
        remittances.append(remittance._replace(findings=remittance.findings + inherited))
    outside = tuple(each for each in of_the_file if each.severity != "hold" or not remittances) + tuple(refused)
    empty = _nothing_inside(reader, remittances, outside)
    return Survey(source, tuple(each.received() for each in reader.interchanges), tuple(remittances), outside + empty)


def read_payments(surveyed: Survey) -> Iterator[tuple[Remittance, Iterator[ClaimPayment]]]:
    """The second reading: each payment with its claims, which must be taken before the next payment is asked for."""
    remittances = iter(surveyed.remittances)
    for transaction in Reader(surveyed.source.chunks()):
        if _refusal(transaction) is None:
            remittance, raw_segments = next(remittances), transaction.raw_segments()
            if any(each.code == _TOO_LONG for each in remittance.findings):
                raw_segments = _shortened(raw_segments, transaction.separators)
            yield remittance, read_claims(raw_segments, transaction.separators, transaction.position_now)


def claims_again(surveyed: Survey, remittance: Remittance) -> Iterator[ClaimPayment]:
    """The claims of one of the payments, read once more."""
    for each, claims in read_payments(surveyed):
        if each is remittance:
            yield from claims
            return


def not_used(claim: ClaimPayment) -> Finding:
    """Names a claim whose transaction set cannot be used, so that it is not lost without a word."""
    paid = "an unreadable amount" if claim.paid_cents is None else dollars(claim.paid_cents)
    return Finding(
        "claim-not-used",
        "reject",
        f"Claim {claim.claim_number}, paid {paid}, is in a transaction set that cannot be used. It is not posted.",
        claim.segment_number,
    )


def documents(surveyed: Survey) -> Iterator[tuple[Remittance, str]]:
    """Each payment's transaction set as an interchange of its own, for the check against the implementation guide."""
    remittances = iter(surveyed.remittances)
    for transaction in Reader(surveyed.source.chunks()):
        if _refusal(transaction) is None:
            yield next(remittances), transaction.document()


def _refusal(transaction: TransactionSet) -> Finding | None:
    """Why this transaction set is none we can read: what was found and what was expected."""
    group = transaction.group
    not_supported = Syntax("ST", "1")
    if transaction.kind != "835":
        if group is not None and group.kind == "HP":
            not_supported = Syntax("ST", "18")  # it does not belong into this group
        found, expected = f"transaction {transaction.kind[:8]!r} (ST01)", "835, a remittance"
    elif group is None:
        found, expected = "a transaction set outside any group", "a GS header naming version 005010X221A1"
    elif group.version not in VERSIONS:
        found, expected = f"version {group.version[:16]!r} (GS08)", " or ".join(VERSIONS)
        not_supported = Syntax("ST", "I6")  # nor is its implementation convention
    elif group.kind != "HP":
        found, expected = f"group {group.kind[:8]!r} (GS01)", "HP, remittances"
    else:
        return None
    return Finding(
        "not-a-5010-remittance",
        "reject",
        f"Found {found}, expected {expected}. None of this transaction set is used.",
        transaction.position,
        transaction.header[:80],
        not_supported,
    )


def _shortened(raw_segments: Iterator[str], separators: Separators) -> Iterator[str]:
    """Each claim as far as it is kept in memory; its transaction set is rejected and nothing of it is posted."""
    tags, segments, characters = _claim_tags(separators), 0, 0
    for raw in raw_segments:
        if raw[:4] in tags:
            segments = characters = 0
        segments += 1
        characters += len(raw)
        if segments <= MOST_SEGMENTS and characters <= MOST_CHARACTERS:
            yield raw


def _claim_tags(separators: Separators) -> frozenset[str]:
    return frozenset(["CLP", "CLP" + separators.element])


def _count_claims(transaction: TransactionSet) -> str:
    tag = "CLP" + transaction.separators.element
    claims = sum(1 for raw in transaction.raw_segments() if raw.startswith(tag))
    return f" It has {claims} claim payment(s)." if claims else ""


def _of_empty_envelopes(reader: Reader, pending: list[tuple[TransactionSet, Remittance]]) -> Iterator[Finding]:
    """Findings of groups and interchanges that no payment inherits: their trailers count what is not there."""
    used = {id(level) for transaction, _ in pending for level in (transaction.group, transaction.interchange)}
    levels: list[Group | Interchange] = [*reader.groups, *reader.interchanges]
    for level in levels:
        if id(level) not in used:
            yield from level.findings


def _nothing_inside(reader: Reader, remittances: list[Remittance], outside: tuple[Finding, ...]) -> tuple[Finding, ...]:
    if remittances or any(each.severity == "reject" for each in outside):
        return ()
    message = "The file has no ERA: expected at least one 835 transaction set, found none."
    return (Finding("no-transaction-set", "reject", message, reader.position or 1),)


def _survey_set(transaction: TransactionSet) -> Remittance:
    separators = transaction.separators
    claim_tags, body_tags = _claim_tags(separators), _body_tags(separators.element)
    header = HeaderReader(separators, transaction.position_now)
    fingerprint = _Fingerprint(separators.element, separators.component)
    numbers: list[str] = []
    claims_paid: int | None = 0
    in_claim, in_header = False, True
    length = _Length(transaction.position)
    for piece in transaction.pieces():
        for raw in piece:
            fingerprint.add(raw)
            if in_claim and raw[:3] in _WITHIN_A_CLAIM:  # nearly all of the file
                continue
            length.now_at(transaction.position_now())
            if raw[:4] in claim_tags:
                length.begin()
                in_claim, in_header = True, False
                elements = raw.split(separators.element, 5)
                elements += values.PAD
                numbers.append(elements[1].strip())
                paid = values.amount(elements[4])
                claims_paid = None if claims_paid is None or paid is None else claims_paid + paid
                if header.provider_adjustments:
                    header.misplaced(raw, "after the provider adjustments (PLB)")
            elif length.too_much:
                continue  # such a transaction set is rejected
            elif in_header or not in_claim or raw[:3] == "PLB":
                area = header.read(raw, in_header)
                in_header = area == "header"
                in_claim = False
            elif raw[:3] in body_tags:
                in_claim = False
        length.characters += fingerprint.keep_small()
    findings = list(transaction.findings)
    length.now_at(transaction.last_position)
    if length.exceeded:
        findings.append(_claim_too_long(transaction))
    payment = header.payment()
    findings += header.findings
    provider_cents = _total([each.cents for each in header.provider_adjustments])
    findings += _payment_balance(transaction, payment, claims_paid, provider_cents)
    counts = Counter(numbers)
    return Remittance(
        payment,
        header.parties.get("PR"),
        header.parties.get("PE"),
        tuple(header.references),
        tuple(header.dates),
        tuple(header.provider_adjustments),
        len(numbers),
        claims_paid,
        {number: count for number, count in counts.items() if count > 1},
        transaction.control_number,
        separators,
        fingerprint.hexdigest(),
        tuple(findings),
        any(each.severity == "reject" for each in findings),
        transaction.position,
        transaction.last_position,
    )


def _claim_too_long(transaction: TransactionSet) -> Finding:
    return Finding(
        _TOO_LONG,
        "reject",
        f"A claim, or the part before or after the claims, has more than {MOST_SEGMENTS:,} segments or"
        f" {MOST_CHARACTERS:,} characters. None of this transaction set is used. Ask the payer to resend the file.",
        transaction.position,
    )


def _body_tags(element: str) -> frozenset[str]:
    return frozenset(["LX", "LX" + element, "TS3", "TS2"])


def _total(amounts: list[int | None]) -> int | None:
    known = [each for each in amounts if each is not None]
    return sum(known) if len(known) == len(amounts) else None


def _payment_balance(
    transaction: TransactionSet, payment: Payment, claims_paid: int | None, provider: int | None
) -> list[Finding]:
    """Claims paid less provider adjustments is the payment (005010X221A1 section 1.10.2.1.3)."""
    if not transaction.whole:
        return []
    paid = payment.payment_cents
    if claims_paid is None or provider is None or paid is None:
        message = "The payment's balance cannot be checked: an amount is unreadable."
    elif claims_paid - provider != paid:
        message = (
            f"Claims pay {dollars(claims_paid)}, minus provider-level adjustments {dollars(provider)} is"
            f" {dollars(claims_paid - provider)}. The payment (BPR02) is {dollars(paid)}, off by"
            f" {dollars(paid - claims_paid + provider)}."
        )
    else:
        return []
    return [Finding("payment-out-of-balance", "hold", message, transaction.position)]


class _Length:
    """How much of a transaction set stands together: from its beginning or a CLP on, up to the next CLP or its end."""

    def __init__(self, position: int) -> None:
        self._position, self._began, self._began_at = position, position, 0
        self.characters = 0  # as of the end of the piece before
        self.exceeded = False

    def now_at(self, position: int) -> None:
        self._position = position
        self.exceeded = self.exceeded or self.too_much

    def begin(self) -> None:
        self._began, self._began_at = self._position, self.characters

    @property
    def too_much(self) -> bool:
        segments, characters = self._position - self._began, self.characters - self._began_at
        return segments > MOST_SEGMENTS or characters > MOST_CHARACTERS


class _Fingerprint:
    """A hash of the content that is the same whatever the separators, so that a resent payment is recognised."""

    def __init__(self, element: str, component: str) -> None:
        self._neutral = str.maketrans({component: "\x1e", element: "\x1f"})  # at once: either may be \x1e or \x1f
        self._digest = hashlib.sha256()
        self.kept: list[str] = []
        self.add = self.kept.append

    def keep_small(self) -> int:
        """Hash what is kept, but for the last segment, so that what is left is never nothing; how many characters."""
        if len(self.kept) < 2:
            return 0
        last = self.kept.pop()
        characters = sum(map(len, self.kept))
        self._flush()
        self.kept.append(last)
        return characters

    def hexdigest(self) -> str:
        self._flush()
        return self._digest.hexdigest()

    def _flush(self) -> None:
        text = "\n".join(self.kept).translate(self._neutral)
        self._digest.update(f"{text}\n".encode())
        self.kept.clear()
