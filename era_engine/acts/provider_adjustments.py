"""A person enters the provider-level adjustments of a payment that the engine left."""

from era_engine.acts.act import Done, Person, acting
from era_engine.errors import UsageError
from era_engine.ledger.provider_adjustments import entry_for_provider_adjustment
from era_engine.money import dollars
from era_engine.office import Office
from era_engine.provider_posting import as_remitted
from era_engine.reports import ledger_records
from era_engine.store.provider_adjustments import post_provider_adjustments, stored_pairs


def post_adjustments_by_hand(office: Office, trace: str, who: Person) -> Done:
    """Enter every open pair of a payment, without the mark A.

    Raises UsageError where none is open, or the amount of one could not be read.
    """
    with acting(office, trace, "post", who) as at:
        pairs = [each for each in stored_pairs(at.connection, at.payment.id) if each.state == "open"]
        if not pairs:
            raise UsageError(f"No provider-level adjustment of payment {trace} is left.", "era provider-adjustments")
        unreadable = [each for each in pairs if each.cents is None]
        if unreadable:
            raise UsageError(
                f"The amount of {unreadable[0].reason} {unreadable[0].reference} could not be read.",
                "Ask the payer for a corrected remittance; what is not known cannot be posted.",
            )
        last = max((each["entry_id"] for each in ledger_records(at.connection, payment_id=at.payment.id)), default=0)
        entries = [(each.id, entry_for_provider_adjustment(as_remitted(each), at.on, None)) for each in pairs]
        memo = f"{at.under.memo}: {who.note}" if who.note else at.under.memo
        post_provider_adjustments(at.connection, at.payment.id, entries, memo, who.name)
        entered = [each for each in ledger_records(at.connection, payment_id=at.payment.id) if each["entry_id"] > last]
        told = [f"Entered {each.reason} {each.reference}: {dollars(each.cents or 0)}." for each in pairs]
    return Done((), tuple(told), tuple(entered))
