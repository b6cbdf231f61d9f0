"""Which deposit is the money of which payment: by trace number, amount to the cent, and date (CAQH CORE 370).

A deposit is the money of one payment at most, and the other way round. Surest ground first: the same trace number from
the same originator, the same trace number where the bank names no originator, and the same but for leading zeros, where
only one deposit and one payment come into question. Money of another originator is a doubt, and never a match. Nothing
here depends on the order in which deposits and payments are given.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date
from typing import Literal, NamedTuple

from era_engine.bank.business_days import business_days_apart
from era_engine.bank.model import trace_number

MOST_DAYS_APART = 3  # business days between the deposit's effective date and its remittance (CAQH CORE 370)

Status = Literal["matched", "off", "waiting"]
_OFF_ALONE = ("taken-back", "another-part")  # a deposit whose remittance stands elsewhere
Reason = Literal[
    "not-yet-there",
    "originator-differs",
    "amount-differs",
    "amount-unknown",
    "days-apart",
    "date-unknown",
    "trace-ambiguous",
    "taken-back",
    "another-part",
    "no-deposit",
    "no-remittance",
    "no-trace-number",
]


class KnownDeposit(NamedTuple):
    """A deposit as written down; `source`: the bank's file and the place in it. Money in cents."""

    id: int
    date: date
    cents: int
    trace_number: str
    originator: str | None
    payer: str | None
    source: str


class PaymentDue(NamedTuple):
    """A payment that needs a deposit. settled: something of it is posted, so its deposit is no other payment's."""

    id: int
    date: date | None
    cents: int | None
    trace_number: str
    originator: str
    payer: str | None
    file: str
    settled: bool


class Pairing(NamedTuple):
    """A deposit, a payment, or both, and why they do not match; `reason` is None where they do."""

    reason: Reason | None
    deposit: KnownDeposit | None
    payment: PaymentDue | None

    @property
    def status(self) -> Status:
        if self.reason is None:
            return "matched"
        if self.reason == "not-yet-there":
            return "waiting"
        alone = self.payment is None or self.deposit is None
        return "waiting" if alone and (self.deposit is None or self.reason not in _OFF_ALONE) else "off"

    @property
    def off_by_cents(self) -> int | None:
        """How much more reached the bank than the remittance says."""
        if self.deposit is None or self.payment is None or self.payment.cents is None:
            return None
        return self.deposit.cents - self.payment.cents

    @property
    def days_apart(self) -> int | None:
        """Business days."""
        return None if self.deposit is None or self.payment is None else _days(self.deposit, self.payment)


def trace_key(written: str) -> str:
    """What trace numbers have in common that differ in leading zeros at most; "" for one that tells nothing."""
    return trace_number(written).lstrip("0")


def match_deposits(deposits: Iterable[KnownDeposit], payments: Iterable[PaymentDue], today: date) -> list[Pairing]:
    """Every deposit and every payment once: together where they match or differ in one thing, else alone.

    What is dated after `today` is not there yet; it matches no payment, and waits with the one it will be the money of.
    """
    groups: dict[str, tuple[list[KnownDeposit], list[PaymentDue]]] = defaultdict(lambda: ([], []))
    for deposit in deposits:
        groups[trace_key(deposit.trace_number)][0].append(deposit)
    for payment in payments:
        groups[trace_key(payment.trace_number)][1].append(payment)
    pairings: list[Pairing] = []
    for key, (some_deposits, some_payments) in groups.items():
        if key:
            pairings += _match_group(some_deposits, some_payments, today)
        else:
            pairings += [Pairing("no-trace-number", deposit, None) for deposit in some_deposits]
            pairings += [Pairing("no-trace-number", None, payment) for payment in some_payments]
    return sorted(pairings, key=_order)


def _order(pairing: Pairing) -> tuple[date, int, int]:
    payment, deposit = pairing.payment, pairing.deposit
    day = (payment and payment.date) or (deposit and deposit.date) or date.min
    return day, payment.id if payment else 0, deposit.id if deposit else 0


_Ground = Callable[[KnownDeposit, PaymentDue], bool]


def _match_group(deposits: Sequence[KnownDeposit], payments: Sequence[PaymentDue], today: date) -> list[Pairing]:
    """Deposits and payments of one trace key."""
    credits, cancelled, taken = _without_taken_back(deposits)
    group = _Group(credits, sorted(payments, key=lambda payment: payment.id))
    if not taken:  # else some of this money has gone again, and whose is not known
        group.match_those([each for each in credits if each.date <= today], None)
        group.match_those([each for each in credits if each.date > today], "not-yet-there")
    group.pair_what_differs(bool(taken))
    return [
        *group.pairings,
        *(Pairing("taken-back", deposit, None) for deposit in (*cancelled, *taken)),
        *(Pairing(group.why_alone(deposit), deposit, None) for deposit in group.left),
        *(Pairing("taken-back" if cancelled else "no-deposit", None, payment) for payment in group.due),
    ]


class _Group:
    """What is left to pair of one trace key: credits and payments, each in the order of their ids."""

    def __init__(self, left: list[KnownDeposit], due: list[PaymentDue]) -> None:
        self.left, self.due = left, due
        self.pairings: list[Pairing] = []

    def match_those(self, deposits: Iterable[KnownDeposit], reason: Reason | None) -> None:
        """Pair these deposits with the payments that are left, surest ground first; what is posted keeps its money."""
        some = set(deposits)
        settled = [payment for payment in self.due if payment.settled]
        others = [payment for payment in self.due if not payment.settled]
        for ground in (_same_originator, _same_trace, _same_key):
            self._match(some, settled, ground, reason)
        for ground in (_same_originator, _same_trace):
            self._match(some, others, ground, reason)
        self._match_the_only_one(some, reason)

    def _match(
        self, some: Collection[KnownDeposit], payments: Iterable[PaymentDue], ground: _Ground, reason: Reason | None
    ) -> None:
        """Each payment, earliest first, with the deposit nearest in time of those that fit."""
        for payment in payments:
            left = (each for each in self.left if each in some)
            fitting = [each for each in left if ground(each, payment) and _fits(each, payment)]
            if payment in self.due and fitting:
                self._pair(min(fitting, key=lambda each: _far(each, payment)), payment, reason)

    def _match_the_only_one(self, some: Collection[KnownDeposit], reason: Reason | None) -> None:
        """A payment and a deposit that fit each other and nothing else that is left."""
        fitting = [(deposit, payment) for deposit in self.left for payment in self.due if _fits(deposit, payment)]
        deposits, payments = Counter(each for each, _ in fitting), Counter(each for _, each in fitting)
        for deposit, payment in fitting:
            if deposit in some and deposits[deposit] == payments[payment] == 1:
                self._pair(deposit, payment, reason)

    def pair_what_differs(self, taken_back: bool) -> None:
        """The rest, not of another originator, the nearest in amount and then in time first."""
        both = [(deposit, payment) for deposit in self.left for payment in self.due]
        for deposit, payment in sorted(both, key=_how_different):
            if deposit in self.left and payment in self.due:
                self._pair(deposit, payment, _difference(deposit, payment, taken_back))

    def why_alone(self, deposit: KnownDeposit) -> Reason:
        """Money may come in parts: the remittance of such a deposit is paired with another that is not all of it."""
        paired = [each.payment for each in self.pairings if each.reason == "amount-differs" and each.payment]
        part = any(not _another_originator(deposit, each.originator) for each in paired)
        return "another-part" if part else "no-remittance"

    def _pair(self, deposit: KnownDeposit, payment: PaymentDue, reason: Reason | None) -> None:
        self.left.remove(deposit)
        self.due.remove(payment)
        self.pairings.append(Pairing(reason, deposit, payment))


def _without_taken_back(
    deposits: Sequence[KnownDeposit],
) -> tuple[list[KnownDeposit], list[KnownDeposit], list[KnownDeposit]]:
    """(credits that stand, credits and debits that cancel each other to the cent, debits that cancel nothing)."""
    standing = sorted((each for each in deposits if each.cents > 0), key=lambda each: each.id)
    cancelled, taken = [], []
    for debit in sorted((each for each in deposits if each.cents <= 0), key=lambda each: (each.date, each.id)):
        same = [each for each in standing if each.cents == -debit.cents and _same_money(each, debit)]
        if same:
            # the last credit before it: one that came after it makes good what was taken back
            credit = max(same, key=lambda each: (each.date <= debit.date, each.date, each.id))
            standing.remove(credit)
            cancelled += [credit, debit]
        else:
            taken.append(debit)
    return standing, cancelled, taken


def _same_money(credit: KnownDeposit, debit: KnownDeposit) -> bool:
    """Whether a debit may take this credit back; where one of the two names no originator, nothing speaks against."""
    other = debit.originator is not None and _another_originator(credit, debit.originator)
    return credit.trace_number == debit.trace_number and not other


def _same_originator(deposit: KnownDeposit, payment: PaymentDue) -> bool:
    return deposit.originator is not None and _same_trace(deposit, payment)  # _fits sees that it is the same


def _same_trace(deposit: KnownDeposit, payment: PaymentDue) -> bool:
    return trace_number(deposit.trace_number) == trace_number(payment.trace_number)


def _same_key(deposit: KnownDeposit, payment: PaymentDue) -> bool:
    return trace_key(deposit.trace_number) == trace_key(payment.trace_number)


def _another_originator(deposit: KnownDeposit, of: str | None) -> bool:
    """Whether the bank named an originator, and not this one."""
    return deposit.originator is not None and trace_number(deposit.originator) != trace_number(of or "")


def _fits(deposit: KnownDeposit, payment: PaymentDue) -> bool:
    days = _days(deposit, payment)
    near = days is not None and days <= MOST_DAYS_APART
    return deposit.cents == payment.cents and near and not _another_originator(deposit, payment.originator)


def _difference(deposit: KnownDeposit, payment: PaymentDue, taken_back: bool) -> Reason:
    days = _days(deposit, payment)
    if _another_originator(deposit, payment.originator):
        return "originator-differs"
    if payment.cents is None:
        return "amount-unknown"
    if deposit.cents != payment.cents:
        return "amount-differs"
    if days is None:
        return "date-unknown"
    if days > MOST_DAYS_APART:
        return "days-apart"
    return "taken-back" if taken_back else "trace-ambiguous"


def _how_different(pair: tuple[KnownDeposit, PaymentDue]) -> tuple[bool, int, int, int, int]:
    deposit, payment = pair
    another = _another_originator(deposit, payment.originator)
    return another, _off(deposit, payment), _far(deposit, payment), payment.id, deposit.id


def _off(deposit: KnownDeposit, payment: PaymentDue) -> int:
    return deposit.cents if payment.cents is None else abs(deposit.cents - payment.cents)


def _days(deposit: KnownDeposit, payment: PaymentDue) -> int | None:
    return None if payment.date is None else business_days_apart(deposit.date, payment.date)


def _far(deposit: KnownDeposit, payment: PaymentDue) -> int:
    days = _days(deposit, payment)
    return 1_000_000 if days is None else days
