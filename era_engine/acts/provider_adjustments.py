"""A person enters the provider-level adjustments of a payment that the engine left, files them, or takes that back."""

from collections.abc import Sequence

from era_engine.acts.act import Acting, ActResult, Person, acting
from era_engine.books.opened import Books
from era_engine.foundation.clock import today
from era_engine.foundation.errors import UsageError
from era_engine.foundation.money import dollars
from era_engine.insurance.provider_adjustments import entry_for_closing, entry_for_provider_adjustment, memo_of_pair
from era_engine.posting.evidence import facts_of_payment
from era_engine.posting.provider_adjustments import as_remitted, why_not_by_hand
from era_engine.questions.decisions import Record, ledger_records
from era_engine.store.insurance.payments import posted_version_of
from era_engine.store.insurance.provider_adjustments import (
    StoredPair,
    close_provider_adjustments,
    post_provider_adjustments,
    stored_pairs,
    take_back_provider_adjustments,
)

_CLOSE = "era close {trace} --provider-adjustments --by NAME --because TEXT"


def post_adjustments_by_hand(books: Books, trace: str, who: Person) -> ActResult:
    """Enter every open pair of a payment whose amount could be read, without the mark A; the others are named.

    Raises UsageError where none is open or none can be read, the payment is not made out to the practice, or another
    version of it is posted.
    """
    with acting(books, trace, "post", who) as at:
        pairs = _open_pairs(at, trace)
        never = _why_never(at)
        if never is not None:
            raise UsageError(
                f"Payment {trace} {never}.",
                f"Correct the settings, or undo the other version (era undo). If neither applies, close it:"
                f" `{_CLOSE.format(trace=at.name)}`.",
            )
        readable = [pair for pair in pairs if pair.cents is not None]
        unreadable = [pair for pair in pairs if pair.cents is None]
        if not readable:
            raise UsageError(
                f"The amount of {_named(unreadable[0])} could not be read. An unknown amount cannot be posted.",
                f"Ask the payer for a corrected remittance, and close this one: `{_CLOSE.format(trace=at.name)}`.",
            )
        before = _last_entry(at)
        for pair in readable:
            entry = entry_for_provider_adjustment(as_remitted(pair), at.on, None)
            post_provider_adjustments(at.connection, at.payment.id, [(pair.id, entry)], _memo(at, pair), who.name)
        told = [f"Entered {_named(pair)}: {dollars(pair.cents or 0)}." for pair in readable]
        told += [
            f"{_named(pair)} still needs review: its amount is unreadable. `{_CLOSE.format(trace=at.name)}` closes it."
            for pair in unreadable
        ]
        return ActResult((), tuple(told), _entries_since(at, before))


def close_adjustments(books: Books, trace: str, even_with_money: bool, who: Person) -> ActResult:
    """File every open pair of a payment without posting it.

    Raises UsageError where none is open, or one carries money that could be posted and it is not said to.
    """
    with acting(books, trace, "close", who) as at:
        pairs = _open_pairs(at, trace)
        money = [pair for pair in pairs if pair.cents]
        if money and not even_with_money and _why_never(at) is None:
            raise UsageError(
                f"{_named(money[0])} of payment {trace} is {dollars(money[0].cents or 0)}. Closing it would leave"
                f" that out of the ledger.",
                f"Enter it first: `era post {at.name} --provider-adjustments --by NAME`. If the money is entered"
                f" elsewhere or is not the practice's, add --even-with-money.",
            )
        before = _last_entry(at)
        for pair in pairs:
            close_provider_adjustments(
                at.connection, at.payment.id, [(pair.id, entry_for_closing(today()))], _memo(at, pair), who.name
            )
        told = tuple(f"Closed {_named(pair)} by hand without posting." for pair in pairs)
        return ActResult((), told, _entries_since(at, before))


def undo_adjustments(books: Books, trace: str, who: Person) -> ActResult:
    """Take back what is posted of a payment's pairs, and open again what is closed. Raises UsageError for neither."""
    with acting(books, trace, "undo", who) as at:
        pairs = [pair for pair in stored_pairs(at.connection, at.payment.id) if pair.state != "open"]
        if not pairs:
            raise UsageError(
                f"Payment {trace} has no posted or closed provider-level adjustment.", "era provider-adjustments"
            )
        before = _last_entry(at)
        return ActResult((), take_back(at, pairs), _entries_since(at, before))


def take_back(at: Acting, pairs: Sequence[StoredPair]) -> tuple[str, ...]:
    """Take the entries of these pairs back; returns what to tell, a line each."""
    take_back_provider_adjustments(at.connection, pairs, today(), at.under.memo, at.under.note, at.under.decided_by)
    return tuple(
        f"Reopened {_named(pair)}."
        if pair.state == "closed"
        else f"Undone: {_named(pair)}, {dollars(pair.cents or 0)}."
        for pair in pairs
    )


def _open_pairs(at: Acting, trace: str) -> list[StoredPair]:
    pairs = [pair for pair in stored_pairs(at.connection, at.payment.id) if pair.state == "open"]
    if not pairs:
        raise UsageError(f"Payment {trace} has no open provider-level adjustment.", "era provider-adjustments")
    return pairs


def _why_never(at: Acting) -> str | None:
    facts = facts_of_payment(at.books.settings, at.connection, at.payment, "auto")
    return why_not_by_hand(at.books.engine, facts, posted_version_of(at.connection, at.payment))


def _named(pair: StoredPair) -> str:
    return f"{pair.reason} {pair.reference}".strip()


def _memo(at: Acting, pair: StoredPair) -> str:
    return memo_of_pair(at.under.memo, pair.reason, pair.reference, at.under.note)


def _last_entry(at: Acting) -> int:
    return max((entry["entry_id"] for entry in ledger_records(at.connection, payment_id=at.payment.id)), default=0)


def _entries_since(at: Acting, before: int) -> tuple[Record, ...]:
    return tuple(
        entry for entry in ledger_records(at.connection, payment_id=at.payment.id) if entry["entry_id"] > before
    )
