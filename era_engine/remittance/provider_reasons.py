"""What a provider-level adjustment is for (PLB03-1 and its fellows), in our own words.

The codes are those of the 835 guide (005010X221A1, PLB segment and section 1.10.2); the meanings are not its text.
A positive amount reduces the payment, a negative one adds to it.
"""

from typing import Literal, NamedTuple

Group = Literal["recovery", "advance", "withholding"]


class ProviderReason(NamedTuple):
    """meaning: for people. group: pairs of one group settle each other; None where nothing is left to settle."""

    meaning: str
    group: Group | None = None

    @property
    def opens_item(self) -> bool:
        """Whether a later pair settles what this one began (RFI 2370)."""
        return self.group is not None


INTEREST = "L6"

_REASONS = {
    "50": ProviderReason("late claim filing charge"),
    "51": ProviderReason("interest charged to the practice as a penalty"),
    "72": ProviderReason("practice's refund acknowledged", "recovery"),
    "90": ProviderReason("early payment discount"),
    "AH": ProviderReason("claim intake fee"),
    "AM": ProviderReason("applied to the practice's loan"),
    "AP": ProviderReason("advance payment, or recovery of an advance", "advance"),
    "B2": ProviderReason("rebate"),
    "B3": ProviderReason("allowance for an expected recovery", "recovery"),
    "BD": ProviderReason("bad debt repaid"),
    "BN": ProviderReason("bonus"),
    "C5": ProviderReason("temporary allowance", "withholding"),
    "CR": ProviderReason("interest on capitation"),
    "CS": ProviderReason("adjustment not otherwise named"),
    "CT": ProviderReason("capitation payment"),
    "CV": ProviderReason("capital costs passed through"),
    "CW": ProviderReason("nurse anesthetist's costs passed through"),
    "DM": ProviderReason("direct costs of teaching passed through"),
    "E3": ProviderReason("withheld by contract", "withholding"),
    "FB": ProviderReason("balance forward from one payment to another", "recovery"),
    "FC": ProviderReason("share of a fund"),
    "GO": ProviderReason("costs of graduate medical education"),
    "HM": ProviderReason("hemophilia clotting factor"),
    "IP": ProviderReason("incentive premium"),
    "IR": ProviderReason("withheld for the tax authority"),
    "IS": ProviderReason("interim settlement", "advance"),
    "J1": ProviderReason("not reimbursable"),
    "L3": ProviderReason("penalty"),
    INTEREST: ProviderReason("interest on a late payment"),
    "LE": ProviderReason("levy, seized by an authority"),
    "LS": ProviderReason("lump sum"),
    "OA": ProviderReason("organ acquisition costs passed through"),
    "OB": ProviderReason("offset for an affiliated provider", "recovery"),
    "PI": ProviderReason("periodic interim payment", "advance"),
    "PL": ProviderReason("final settlement", "advance"),
    "RA": ProviderReason("correction of an earlier period"),
    "RE": ProviderReason("return on equity"),
    "SL": ProviderReason("student loan repayment"),
    "TL": ProviderReason("another party is liable"),
    "WO": ProviderReason("recovery of an overpayment", "recovery"),
    "WU": ProviderReason("recovery without a named overpayment", "recovery"),
}


def provider_reason(code: str) -> ProviderReason | None:
    """What the code means; None for one that is not of the guide: such a pair is never posted by itself."""
    return _REASONS.get(code.strip().upper())


def meaning_of_provider_reason(code: str) -> str:
    """For people, also where the code is unknown."""
    known = provider_reason(code)
    return f"reason code {code.strip() or '(empty)'}, not in our list" if known is None else known.meaning
