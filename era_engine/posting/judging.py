"""One payment: its claims matched, decided and posted in one database transaction."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from era_engine.books.opened import Books
from era_engine.foundation.clock import now, today
from era_engine.insurance.entries import entries_for, memo_of_payment
from era_engine.insurance.holds import doubts_held, released_together
from era_engine.insurance.observation import Mode, PaymentEvidence, claim_facts, on_trial, payment_facts
from era_engine.journal.entry import Entry, reversal_entry
from era_engine.posting.evidence import ClaimEvidence, Gathered, evidence_on_payment, facts_of_payment
from era_engine.posting.provider_adjustments import AdjustmentsPosted, post_certain_adjustments
from era_engine.practice.model import Claim
from era_engine.remittance.balance import balance_findings
from era_engine.remittance.model import REVERSAL, ClaimPayment, Remittance
from era_engine.rulebook.condition import Condition
from era_engine.rulebook.decision import decide
from era_engine.rulebook.reading import RuleSet
from era_engine.rulebook.vocabulary import FactValue
from era_engine.settings.model import Settings
from era_engine.store.books import audit
from era_engine.store.custody import files
from era_engine.store.custody.files import FileRow
from era_engine.store.database import Connection
from era_engine.store.insurance.judgments import add_claim_payments, add_decisions, judged_again
from era_engine.store.insurance.log import Circumstances, Judgment, State
from era_engine.store.insurance.payments import StoredPayment, ToJudge
from era_engine.store.insurance.provider_adjustments import add_provider_adjustments
from era_engine.x12.finding import Finding

BATCH = 500  # claims looked up, decided and written at a time


class PaymentDone(NamedTuple):
    """A payment is decided and safe. Money in cents."""

    file: str
    payment_id: int
    trace_number: str
    payer: str | None
    payment_cents: int | None
    posted: int
    posted_cents: int
    left: int
    left_cents: int
    adjustments: AdjustmentsPosted
    findings: tuple[Finding, ...]


class PaymentRepeated(NamedTuple):
    """A payment was read before, in `first_file`; nothing of it is posted again."""

    file: str
    trace_number: str
    payer: str | None
    payment_cents: int | None
    first_file: str


def decide_payment(
    books: Books,
    file: FileRow,
    remittance: Remittance,
    conformance_findings: tuple[Finding, ...],
    claims: Iterator[ClaimPayment],
) -> PaymentDone | PaymentRepeated | None:
    """Decide and post a payment, whole or not at all. None when an interrupted run had done it already."""
    with books.database.writing() as connection:
        known = files.payment_with_content(connection, remittance)
        if known is not None:
            if (known.file_id, known.first_segment) == (file.id, remittance.first_segment):
                return None
            return _repeated(connection, file, remittance, known)
        findings = remittance.findings + conformance_findings
        if files.payment_with_identity(connection, remittance):
            findings += (_changed(remittance),)
        payment_id = files.add_payment(connection, file.id, remittance, findings)
        if payment_id is None:  # written down by another worker in the meantime
            other = files.payment_with_content(connection, remittance)
            assert other is not None
            return _repeated(connection, file, remittance, other)
        add_provider_adjustments(connection, payment_id, remittance.provider_adjustments)
        stored = StoredPayment(
            payment_id,
            file.name,
            remittance.payment.trace_number,
            remittance.payment.originator,
            remittance.payer.name if remittance.payer else None,
            remittance.payment.payment_date,
            remittance.payment.payment_cents,
            files.payee_ids(remittance),
            sum(1 for each in remittance.provider_adjustments if each.cents != 0),
            findings,
            remittance.separators,
        )
        judge = Judge(books, connection, "auto", stored)
        totals: Counter[str] = Counter()
        interest = _Interest()
        for batch in _batches(interest.noted(claims), remittance.claim_number_counts):
            judged = judge.judge([ToJudge(each) for each in batch])
            ids = add_claim_payments(connection, payment_id, judged)
            judge.record(ids, judged)
            for each in judged:
                totals[each.decision.outcome] += 1
                totals[f"{each.decision.outcome}_cents"] += each.payment.paid_cents or 0
        adjustments = judge.post_provider_adjustments(interest.cents)
        done = {"file": file.id, "posted": totals["post"], "left": totals["manual"], "pairs_posted": adjustments.posted}
        audit.append_on_payment(connection, payment_id, "payment", done)
    return PaymentDone(
        file.name,
        payment_id,
        stored.trace_number,
        stored.payer,
        stored.payment_cents,
        totals["post"],
        totals["post_cents"],
        totals["manual"],
        totals["manual_cents"],
        adjustments,
        findings,
    )


class InForce(NamedTuple):
    """What decides the claims with the same overrides. facts: their payment's; doubts_held: see `insurance.holds`."""

    settings: Settings
    rule_set: RuleSet
    facts: dict[str, FactValue]
    doubts_held: frozenset[Condition]


class Judge:
    """Decides batches of claim payments of one payment, in one mode, within the caller's transaction."""

    def __init__(self, books: Books, connection: Connection, mode: Mode, payment: StoredPayment) -> None:
        self._books, self._connection, self._mode, self._payment = books, connection, mode, payment
        self._evidence = evidence_on_payment(books.settings, connection, payment)
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
        gathered = self._claim_evidence.gather(batch)
        judged = [self._judge_one(each.payment, found) for each, found in zip(batch, gathered, strict=True)]
        left = {_split_claim(each) for each in judged if not _would_post(each)} - {None}
        for at, each in enumerate(judged):
            if _would_post(each) and _split_claim(each) in left:
                judged[at] = self._judge_one(each.payment, _without_the_rest(gathered[at]))
        return judged

    def record(self, claim_payment_ids: Sequence[int], judged: Sequence[Judgment]) -> list[int]:
        """Write decisions and entries down; returns the decisions' ids."""
        return add_decisions(self._connection, claim_payment_ids, judged, self._circumstances)

    def record_again(self, waiting: Sequence[ToJudge], judged: Sequence[Judgment]) -> list[int]:
        """The same for claim payments that were written down before."""
        ids = [each.id for each in waiting if each.id is not None]
        judged_again(self._connection, ids, judged)
        return self.record(ids, judged)

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

    def _judge_one(self, payment: ClaimPayment, gathered: Gathered) -> Judgment:
        evidence, lines, takes_back = gathered
        findings = (*payment.findings, *balance_findings(payment))
        in_force = self._of_claim(evidence.match.claim)
        settings, engine, held = in_force.settings, self._books.engine, in_force.doubts_held
        facts = claim_facts(in_force.facts, payment, findings, lines, evidence, settings, self._mode, held)
        decision = decide(engine, facts, in_force.rule_set)
        if settings.posting(self._mode).enabled == "shadow":
            facts = on_trial(facts, decision.outcome, decision.rule)
            decision = decide(engine, facts, in_force.rule_set)
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
                write_off = facts["write_off_cents"]
                assert isinstance(write_off, int)
                assert evidence.match.claim is not None
                entries = entries_for(payment, lines, evidence.match.claim.fees, self._on, "A", write_off)
        return Judgment(payment, evidence.match, decision, entries, findings, taken_back)

    def _of_claim(self, claim: Claim | None) -> InForce:
        books, overrides = self._books, None
        if claim is not None:
            _, overrides = books.settings.for_claim(claim.payer_id, claim.payer_name, claim.location)
        known = self._in_force.get(overrides)
        if known is None:
            known = _in_force(books, overrides, self._evidence, self._mode)
            self._in_force[overrides] = known
        return known


def _in_force(books: Books, overrides: str | None, evidence: PaymentEvidence, mode: Mode) -> InForce:
    """What decides a claim with these overrides. On trial it is decided as if posting were on."""
    settings = books.settings.with_overrides(overrides)
    facts = payment_facts(evidence, settings, mode)
    if overrides is not None:
        facts["overrides"] = overrides
    if settings.posting(mode).enabled == "shadow":
        facts["posting_active"] = True
    rule_set = books.rule_set.with_choices(settings.holds)
    return InForce(settings, rule_set, facts, doubts_held(rule_set.holds))


def _would_post(judged: Judgment) -> bool:
    """Whether it posts, or would were posting not on trial."""
    return judged.decision.facts.get("shadow_outcome", judged.decision.outcome) == "post"


def _split_claim(judged: Judgment) -> str | None:
    """The claim of which this is one part of several; None where it is none."""
    claim = judged.match.claim
    parts = judged.decision.facts.get("parts")
    return claim.claim_number if claim is not None and isinstance(parts, int) and parts > 1 else None


def _without_the_rest(gathered: Gathered) -> Gathered:
    """A part of a split claim whose other part is left to a person waits with it: they are judged together."""
    evidence = gathered.evidence
    assert evidence.split is not None
    return gathered._replace(evidence=evidence._replace(split=evidence.split._replace(complete=False)))


class _Interest:
    """Sums the interest the claims state (AMT*I) as they pass; `cents` is None where none does."""

    def __init__(self) -> None:
        self.cents: int | None = None

    def noted(self, claims: Iterator[ClaimPayment]) -> Iterator[ClaimPayment]:
        for claim in claims:
            for qualifier, amount in claim.amounts:
                if qualifier == "I" and amount is not None:
                    self.cents = (self.cents or 0) + amount
            yield claim


def _batches(claims: Iterator[ClaimPayment], counts: dict[str, int]) -> Iterator[list[ClaimPayment]]:
    """Claims by the batch; those that share a claim number come last and together, so that each sees the others."""
    shared: list[ClaimPayment] = []

    def single() -> Iterator[ClaimPayment]:
        for claim in claims:
            if claim.claim_number in counts:
                shared.append(claim)
            else:
                yield claim

    alone = single() if counts else claims
    while batch := list(islice(alone, BATCH)):
        yield batch
    if shared:
        yield shared


def circumstances_of(books: Books, payment: StoredPayment, mode: str) -> Circumstances:
    """What all decisions made on a payment now have in common."""
    memo = memo_of_payment(payment.payer, payment.trace_number)
    rules, settings = books.rule_set.content_hash, books.settings.content_hash
    return Circumstances(payment.id, now(), mode, rules, settings, memo)


def _changed(remittance: Remittance) -> Finding:
    return Finding(
        "payment-changed",
        "hold",
        f"A payment with trace number {remittance.payment.trace_number} and the same payer, date and amount was read"
        f" before with different content.",
        remittance.first_segment,
    )


def _repeated(
    connection: Connection, file: FileRow, remittance: Remittance, known: files.PaymentRow
) -> PaymentRepeated:
    files.note_repeat(connection, file.id, remittance.first_segment, known.id)
    paid = remittance.payment
    payer = remittance.payer.name if remittance.payer else None
    return PaymentRepeated(file.name, paid.trace_number, payer, paid.payment_cents, known.file_name)
