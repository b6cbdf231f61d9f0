"""Claim payments judged: matched, decided by the rules in force, with the entries that follow."""

from collections.abc import Sequence
from typing import NamedTuple

from era_engine.books.opened import Books
from era_engine.foundation.clock import now, today
from era_engine.insurance.again import Variant, Variants
from era_engine.insurance.entries import entries_for, memo_of_payment
from era_engine.insurance.holds import doubts_held, released_together
from era_engine.insurance.observation import Mode, PaymentEvidence, claim_facts, on_trial, payment_facts
from era_engine.journal.entry import Entry, reversal_entry
from era_engine.posting.evidence import ClaimEvidence, Dossier, evidence_on_payment, facts_of_payment
from era_engine.posting.provider_adjustments import AdjustmentsPosted, post_certain_adjustments
from era_engine.practice.model import Claim
from era_engine.remittance.balance import balance_findings
from era_engine.remittance.model import REVERSAL, ClaimPayment
from era_engine.rulebook.condition import Condition
from era_engine.rulebook.decision import Decision, decide
from era_engine.rulebook.facts import FactValue
from era_engine.store.database import Connection
from era_engine.store.insurance.judgments import add_decisions, judged_again
from era_engine.store.insurance.log import Circumstances, Judgment, State
from era_engine.store.insurance.payments import StoredPayment, ToJudge
from era_engine.x12.finding import Finding

BATCH = 500  # claims looked up, decided and written at a time


class InForce(NamedTuple):
    """What decides the claims with the same overrides. facts: their payment's; doubts_held: see `insurance.holds`."""

    variant: Variant
    facts: dict[str, FactValue]
    doubts_held: frozenset[Condition]


class Judge:
    """Decides batches of claim payments of one payment, in one mode, within the caller's transaction."""

    def __init__(self, books: Books, connection: Connection, mode: Mode, payment: StoredPayment) -> None:
        self._books, self._connection, self._mode, self._payment = books, connection, mode, payment
        self._evidence = evidence_on_payment(books.settings, connection, payment)
        self._variants = Variants(books.settings, books.rule_set)
        self._in_force: dict[str | None, InForce] = {}
        self._claim_evidence = ClaimEvidence(
            connection,
            payment.originator,
            books.settings.several_plans.post == "proven",
            released_together(books.rule_set.holds),
        )
        self._on = payment.payment_date or today()
        self._circumstances = circumstances_of(books, payment, mode)

    def judge(self, batch: Sequence[ToJudge]) -> list[Judgment]:
        """Decide a batch; nothing is written yet."""
        dossiers = self._claim_evidence.gather(batch)
        judgments = [self._judge_one(each.payment, dossier) for each, dossier in zip(batch, dossiers, strict=True)]
        left = {_split_claim(judgment) for judgment in judgments if not _would_post(judgment)} - {None}
        for at, judgment in enumerate(judgments):
            if _would_post(judgment) and _split_claim(judgment) in left:
                judgments[at] = self._judge_one(judgment.payment, _without_the_rest(dossiers[at]))
        return judgments

    def record(self, claim_payment_ids: Sequence[int], judgments: Sequence[Judgment]) -> list[int]:
        """Write decisions and entries down; returns the decisions' ids."""
        return add_decisions(self._connection, claim_payment_ids, judgments, self._circumstances)

    def record_again(self, waiting: Sequence[ToJudge], judgments: Sequence[Judgment]) -> list[int]:
        """The same for claim payments that were written down before."""
        ids = [claim_payment.id for claim_payment in waiting if claim_payment.id is not None]
        judged_again(self._connection, ids, judgments)
        return self.record(ids, judgments)

    def post_provider_adjustments(self, interest_cents: int | None) -> AdjustmentsPosted:
        """Enter what is certain of the payment's provider-level adjustments.

        `interest_cents`: the claims' interest (AMT*I), None where none is stated.
        """
        return post_certain_adjustments(
            self._connection,
            self._books.engine,
            self._circumstances,
            facts_of_payment(self._books.settings, self._connection, self._payment, self._mode),
            self._on,
            interest_cents,
        )

    def _judge_one(self, payment: ClaimPayment, dossier: Dossier) -> Judgment:
        evidence, lines, takes_back = dossier
        findings = (*payment.findings, *balance_findings(payment))
        decision = self._decide(payment, dossier, findings)
        entries: tuple[Entry, ...] = ()
        taken_back: tuple[int, State] | None = None
        if decision.outcome == "post":
            assert lines is not None, "only a claim of the practice is posted"
            if payment.status == REVERSAL:
                assert takes_back is not None, "a reversal posts only where it takes something back"
                posted = takes_back.decision
                entries = (reversal_entry(posted.postings, posted.decision_id, self._on, mark="A"),)
                taken_back = (takes_back.claim_payment_id, "reversed")
            else:
                write_off = decision.facts["write_off_cents"]
                assert isinstance(write_off, int)
                assert evidence.match.claim is not None
                entries = entries_for(payment, lines, evidence.match.claim.fees, self._on, "A", write_off)
        return Judgment(payment, evidence.match, decision, entries, findings, taken_back)

    def _decide(self, payment: ClaimPayment, dossier: Dossier, findings: Sequence[Finding]) -> Decision:
        """Decided by the rules; on trial as if posting were on, and then left with what would have come of it."""
        evidence, lines, _ = dossier
        variant, of_the_payment, held = self._of_claim(evidence.match.claim)
        settings, engine = variant.settings, self._books.engine
        facts = claim_facts(of_the_payment, payment, findings, lines, evidence, settings, self._mode, held)
        decision = decide(engine, facts, variant.rule_set)
        if settings.posting(self._mode).enabled == "shadow":
            facts = on_trial(facts, decision.outcome, decision.rule)
            decision = decide(engine, facts, variant.rule_set)
        return decision

    def _of_claim(self, claim: Claim | None) -> InForce:
        sent = (None, None, None) if claim is None else (claim.payer_id, claim.payer_name, claim.location)
        variant = self._variants.of_claim(*sent)
        known = self._in_force.get(variant.overrides)
        if known is None:
            known = _in_force(variant, self._evidence, self._mode)
            self._in_force[variant.overrides] = known
        return known


def _in_force(variant: Variant, evidence: PaymentEvidence, mode: Mode) -> InForce:
    """What decides a claim with these overrides. On trial it is decided as if posting were on."""
    facts = payment_facts(evidence, variant.settings, mode)
    if variant.overrides is not None:
        facts["overrides"] = variant.overrides
    if variant.settings.posting(mode).enabled == "shadow":
        facts["posting_active"] = True
    return InForce(variant, facts, doubts_held(variant.rule_set.holds))


def _would_post(judgment: Judgment) -> bool:
    """Whether it posts, or would were posting not on trial."""
    return judgment.decision.facts.get("shadow_outcome", judgment.decision.outcome) == "post"


def _split_claim(judgment: Judgment) -> str | None:
    """The claim of which this is one part of several; None where it is none."""
    claim = judgment.match.claim
    parts = judgment.decision.facts.get("parts")
    return claim.claim_number if claim is not None and isinstance(parts, int) and parts > 1 else None


def _without_the_rest(dossier: Dossier) -> Dossier:
    """A part of a split claim whose other part is left to a person waits with it: they are judged together."""
    evidence = dossier.evidence
    assert evidence.split is not None
    return dossier._replace(evidence=evidence._replace(split=evidence.split._replace(complete=False)))


def circumstances_of(books: Books, payment: StoredPayment, mode: str) -> Circumstances:
    """What all decisions made on a payment now have in common."""
    memo = memo_of_payment(payment.payer, payment.trace_number)
    rules, settings = books.rule_set.content_hash, books.settings.content_hash
    return Circumstances(payment.id, now(), mode, rules, settings, memo)
