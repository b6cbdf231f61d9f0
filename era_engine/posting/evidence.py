"""What the books say about a payment and its claims at this moment, claims gathered for a batch at a time."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from era_engine.insurance.coordination import Posted
from era_engine.insurance.entries import entries_for
from era_engine.insurance.observation import (
    BookEvidence,
    Mode,
    PaymentEvidence,
    payment_facts,
)
from era_engine.journal.entry import Posting
from era_engine.posting.coverages import NO_CLAIM_TO_PAY, over_coverages, pays
from era_engine.posting.reversals import Reversals, TakesBack, reversal_before
from era_engine.practice.coverages import Beside, plans_doubt
from era_engine.practice.lines import LineMatch, match_lines
from era_engine.practice.matching import PATIENT_AND_SERVICES, Match
from era_engine.practice.model import Claim
from era_engine.practice.splits import MOST_PARTS, PART_STATUSES, Split, split_of
from era_engine.remittance.model import REVERSAL
from era_engine.rulebook.facts import FactValue
from era_engine.settings.model import Settings
from era_engine.store.database import Connection
from era_engine.store.insurance import history
from era_engine.store.insurance.deposits import deposit_received
from era_engine.store.insurance.history import Earlier
from era_engine.store.insurance.matching import match_claims
from era_engine.store.insurance.payments import StoredPayment, ToJudge
from era_engine.store.practice import claims as stored_claims


def evidence_on_payment(
    settings: Settings, connection: Connection, payment: StoredPayment, only_looking: bool = False
) -> PaymentEvidence:
    """What is known of a payment as a whole at this moment.

    only_looking: nothing follows from it, so its deposit is not kept from other payments meanwhile.
    """
    return PaymentEvidence(
        payment.findings,
        payment.provider_adjustments,
        payment.payee_ids,
        deposit_received(connection, payment.id, lock=not only_looking) if settings.deposits.required else None,
    )


def facts_of_payment(
    settings: Settings, connection: Connection, payment: StoredPayment, mode: Mode, only_looking: bool = False
) -> dict[str, FactValue]:
    """What holds for a payment's provider-level adjustments: posting is on where it is for all of its claims, too."""
    facts = payment_facts(evidence_on_payment(settings, connection, payment, only_looking), settings, mode)
    of_claims = stored_claims.payers_and_locations(connection, payment.id) if settings.override else []
    if any(settings.for_claim(*each)[0].posting(mode).enabled is not True for each in of_claims):
        facts["posting_active"] = False
    return facts


class Dossier(NamedTuple):
    """Evidence on one claim payment. lines goes with the match's claim; takes_back is a reversal's alone."""

    evidence: BookEvidence
    lines: LineMatch | None
    takes_back: TakesBack | None


class _OfClaim(NamedTuple):
    """What is known of one claim of the practice. together: the claim payments of the batch for it; competing: how many
    of them are to pay it; earlier: those in the books, but for the batch's own.
    """

    claim: Claim
    together: list[ToJudge]
    competing: int
    earlier: list[Earlier]
    before_primary: bool
    posted: Posted
    doubt: str | None


class ClaimEvidence:
    """Gathers evidence for the batches of one payment, within the caller's transaction.

    proven: whether proof is asked that several coverages pay nothing twice, which costs more look-ups.
    released_together: ids of holds that a part of a split claim loses when the other parts are there.
    """

    def __init__(
        self,
        connection: Connection,
        originator: str,
        proven: bool,
        released_together: frozenset[str] = frozenset(),
    ) -> None:
        self._connection, self._originator, self._proven = connection, originator, proven
        self._released_together = released_together
        self._reversals = Reversals(connection, originator)

    def gather(self, batch: Sequence[ToJudge]) -> list[Dossier]:
        """Match a batch and look up what is known of its claims."""
        matches, earlier = self._matched(batch)
        of_claims = self._of_claims(batch, matches, earlier)
        dossiers = []
        for claim_payment, match in zip(batch, matches, strict=True):
            if match.claim is None:
                evidence = BookEvidence(match, taken_back=claim_payment.taken_back)
                dossiers.append(Dossier(evidence, None, None))
            else:
                dossiers.append(self._dossier(claim_payment, match, of_claims[match.claim.claim_number]))
        return dossiers

    def _matched(self, batch: Sequence[ToJudge]) -> tuple[list[Match], dict[str, list[Earlier]]]:
        """The match of each, and by claim number the claim payments in the books that are not of the batch."""
        pins = {at: claim_payment.pin for at, claim_payment in enumerate(batch) if claim_payment.pinned}
        own = {claim_payment.id for claim_payment in batch}
        stored = [claim_payment.id for claim_payment in batch if claim_payment.id is not None]
        payments = [claim_payment.payment for claim_payment in batch]
        matches = match_claims(self._connection, self._originator, payments, pins, stored)
        numbers = {match.claim.claim_number for match in matches if match.claim is not None}
        earlier = {
            number: [row for row in rows if row.id not in own]
            for number, rows in history.earlier_payments(self._connection, numbers).items()
        }
        matches = [
            _unless_answered(claim_payment, match, earlier.get(match.claim.claim_number, []) if match.claim else [])
            for claim_payment, match in zip(batch, matches, strict=True)
        ]
        return matches, earlier

    def _of_claims(
        self, batch: Sequence[ToJudge], matches: Sequence[Match], earlier: dict[str, list[Earlier]]
    ) -> dict[str, _OfClaim]:
        """What is known of each claim that the batch is matched to, by its number."""
        claims: dict[str, Claim] = {}
        together: dict[str, list[ToJudge]] = defaultdict(list)
        for claim_payment, match in zip(batch, matches, strict=True):
            if match.claim is not None:
                claims[match.claim.claim_number] = match.claim
                together[match.claim.claim_number].append(claim_payment)
        before_primary = stored_claims.claims_before_their_primary(self._connection, claims.values())
        paid_here = {
            number
            for number, some in together.items()
            if any(pays(each.payment.status, each.payment.paid_cents) for each in some)
        }
        over = over_coverages(self._connection, claims, earlier, paid_here, self._proven)
        return {
            number: _OfClaim(
                claim,
                together[number],
                sum(each.payment.status not in NO_CLAIM_TO_PAY for each in together[number]),
                earlier.get(number, []),
                number in before_primary,
                over.posted.get(number, Posted()),
                plans_doubt(claim, over.beside.get(number, Beside((), ()))),
            )
            for number, claim in claims.items()
        }

    def _dossier(self, claim_payment: ToJudge, match: Match, known: _OfClaim) -> Dossier:
        posted_before = any(row.state == "posted" and row.status != REVERSAL for row in known.earlier)
        evidence = BookEvidence(
            match,
            waiting=_waiting(claim_payment.payment.status, known.competing, known.earlier),
            posted_before=posted_before,
            secondary_before_primary=known.before_primary,
            posted=known.posted,
            plans_doubt=known.doubt,
            taken_back=claim_payment.taken_back,
        )
        lines = match_lines(claim_payment.payment, known.claim)
        if claim_payment.payment.status == REVERSAL:
            reversal, takes_back = self._reversals.what_it_takes_back(claim_payment, known.together, known.earlier)
            return Dossier(evidence._replace(reversal=reversal), lines, takes_back)
        if posted_before:
            evidence = evidence._replace(reversal_before=reversal_before(claim_payment, known.earlier))
        split = self._split(claim_payment, lines, known)
        if split is not None:  # the parts do not contradict each other
            stand = self._stand_as_remitted(known.claim, known.earlier)
            evidence = evidence._replace(split=split, waiting=1, parts_stand=stand)
        return Dossier(evidence, lines, None)

    def _split(self, claim_payment: ToJudge, lines: LineMatch, known: _OfClaim) -> Split | None:
        """All parts of the claim together, where it is split; a payment of the whole claim alone is none."""
        payment, claim = claim_payment.payment, known.claim
        if payment.status not in PART_STATUSES or len(known.together) + len(known.earlier) > MOST_PARTS:
            return None
        others = [
            other.payment
            for other in known.together
            if other is not claim_payment and other.payment.status in PART_STATUSES
        ]
        stored = [row.id for row in known.earlier if row.status in PART_STATUSES]
        if not others and not stored and (lines.charges_match or payment.charge_cents == claim.charge_cents):
            return None
        if stored:
            others += history.as_remitted(self._connection, stored).values()
        parts = [(payment, lines), *[(other, match_lines(other, claim)) for other in others]]
        split = split_of(parts, claim)
        left = [row.id for row in known.earlier if row.id in stored and row.state == "open"]
        if split is not None and history.newest_holds(self._connection, left) - self._released_together:
            return split._replace(complete=False)  # another part waits for a person, and this one with it
        return split

    def _stand_as_remitted(self, claim: Claim, earlier: Sequence[Earlier]) -> bool:
        """Whether the parts posted before stand in the books line by line as remitted, whoever posted them."""
        posted = [row.id for row in earlier if row.state == "posted" and row.status != REVERSAL]
        remitted = history.as_remitted(self._connection, posted) if posted else {}
        for claim_payment_id, payment in remitted.items():
            standing = history.posted_decision(self._connection, claim_payment_id)
            entries = entries_for(payment, match_lines(payment, claim), claim.fees, date.min, None)
            wanted = [posting for entry in entries for posting in entry.postings]
            if standing is None or _by_line(standing.postings) != _by_line(wanted):
                return False
        return True


def _by_line(postings: Iterable[Posting]) -> dict[tuple[str, int | None], int]:
    totals: Counter[tuple[str, int | None]] = Counter()
    for account, cents, line in postings:
        totals[account, line] += cents
    return {where: cents for where, cents in totals.items() if cents}


def _unless_answered(claim_payment: ToJudge, match: Match, earlier: Sequence[Earlier]) -> Match:
    """Patient and services alone do not give a claim a second answer; it is shown as what may be meant."""
    if match.step != PATIENT_AND_SERVICES or match.claim is None or claim_payment.payment.status == REVERSAL:
        return match
    answered = any(row.status not in NO_CLAIM_TO_PAY for row in earlier)
    return Match(None, None, (match.claim.claim_number,)) if answered else match


def _waiting(status: str, here: int, earlier: Sequence[Earlier]) -> int:
    """Claim payments that compete for a claim: `here` on this payment, and earlier ones with money, not posted."""
    if status in NO_CLAIM_TO_PAY:
        return 1
    before = sum(1 for row in earlier if row.state == "open" and row.paid_cents and row.status not in NO_CLAIM_TO_PAY)
    return here + before
