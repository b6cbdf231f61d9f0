"""A person files a claim payment without posting it: an estimate, a forwarded claim, money entered elsewhere."""

from era_engine.acts.act import ActResult, Person, acting, facts_by_hand, left_decision
from era_engine.books.opened import Books
from era_engine.foundation.errors import UsageError
from era_engine.foundation.money import dollars
from era_engine.store.insurance.log import Judgment


def close(books: Books, trace: str, claim: str, even_with_money: bool, who: Person) -> ActResult:
    """Close an open claim payment. Raises UsageError for one that is done, or that carries money and is not said to."""
    with acting(books, trace, "close", who) as at:
        target = at.claim_payment(claim)
        if target.state != "open":
            raise UsageError(
                f"Claim {claim} of payment {trace} is already {target.state}.", "`era log` shows the details."
            )
        paid = target.payment.paid_cents
        if paid != 0 and not even_with_money:
            amount = "an amount that could not be read" if paid is None else dollars(paid)
            raise UsageError(
                f"Claim {claim} of payment {trace} pays {amount}. Closing it would leave that out of the ledger.",
                "Post it with `era post`. If the money is entered elsewhere or is not the practice's, add"
                " --even-with-money.",
            )
        dossier = at.gather(target, as_matched=True)
        decision = left_decision("Closed by hand without posting.", facts_by_hand(target.payment, dossier))
        judgment = Judgment(target.payment, dossier.evidence.match, decision, (), target.payment.findings)
        decision_id = at.record(target, judgment, "closed")
    return ActResult((decision_id,), (decision.explanation,))
