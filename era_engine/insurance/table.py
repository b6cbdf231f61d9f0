"""The insurance table: which claim payments of a remittance (X12 835) post by themselves."""

from era_engine.insurance.facts import FACTS
from era_engine.insurance.knowledge import AXIOMS, MUST_HOLD, WHERE
from era_engine.insurance.words import WORDS
from era_engine.rulebook.vocabulary import Outcome, RuleFile, Vocabulary

INSURANCE = Vocabulary(
    name="insurance",
    subject="claim",
    facts=FACTS,
    where=WHERE,
    axioms=AXIOMS,
    outcomes=(
        Outcome("post", acts=True, words="post", told="Posted"),
        Outcome("manual", acts=False, words="needs review", told="Needs review"),
    ),
    held="manual",
    must_hold=MUST_HOLD,
    files=(
        RuleFile("auto_posting.yaml", "rows", "The table: exactly one row applies to a claim that meets no hold."),
        RuleFile(
            "reversals.yaml",
            "rows",
            "Reversals have a table of their own.",
            chosen_by="reversal_posts",
            rows_for="for reversals",
        ),
        RuleFile("holds.yaml", "holds", "Holds: each keeps a claim from posting. A warning only warns."),
    ),
    words=WORDS,
    flat=True,
)
