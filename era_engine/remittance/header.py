"""What stands before the claims of a transaction set and after them: payment, payer, payee, provider adjustments.

005010X221A1 header (BPR, TRN, CUR, REF, DTM), loops 1000A and 1000B (N1, N3, N4, REF, PER, RDM) and the summary (PLB).
"""

from collections.abc import Callable

from era_engine.foundation.money import dollars
from era_engine.remittance import values
from era_engine.remittance.model import Contact, Dated, Party, Payment, ProviderAdjustment, Reference
from era_engine.remittance.values import PAD
from era_engine.x12.finding import Finding, Severity, Syntax, of_segment
from era_engine.x12.tokens import Separators

_OF_A_PARTY = frozenset(["N2", "N3", "N4", "REF", "PER", "RDM"])


class HeaderReader:
    """Takes the segments that belong to no claim; what it has read is in its attributes."""

    def __init__(self, separators: Separators, position: Callable[[], int]) -> None:
        self._separators, self._position = separators, position
        self._bpr: list[str] | None = None
        self._trn: list[str] | None = None
        self._at = {"ST": position()}  # where the segments stood that are judged later
        self._n1: list[str] | None = None
        self._address: list[str] = []
        self._party_references: list[Reference] = []
        self._contacts: list[Contact] = []
        self.parties: dict[str, Party] = {}
        self.references: list[Reference] = []
        self.dates: list[Dated] = []
        self.provider_adjustments: list[ProviderAdjustment] = []
        self.findings: list[Finding] = []

    def read(self, raw: str, in_header: bool) -> str:
        """Take one segment; returns the area it ends in: `header`, `detail` or `summary`."""
        elements = raw.split(self._separators.element)
        elements += PAD
        tag = elements[0]
        if tag == "PLB":
            self._provider_adjustments(elements)
            return "summary"
        if tag in ("LX", "TS3", "TS2"):
            self._close_party()
            if self.provider_adjustments:
                self.misplaced(raw, "after the provider adjustments (PLB)")
            return "detail"
        if not in_header:
            self.misplaced(raw, "between the claims")
            return "detail"
        self._header_segment(tag, elements, raw)
        return "header"

    def payment(self) -> Payment:
        """BPR and TRN, with a finding for what the guide requires of them and is not there."""
        self._close_party()
        bpr = self._bpr or ["BPR", *PAD]
        trn = self._trn or ["TRN", *PAD]
        if self._bpr is None or self._trn is None:
            missing = [tag for tag, at in (("BPR", self._bpr), ("TRN", self._trn)) if at is None]
            text = f"The payment has no {' and '.join(missing)} segment."
            self._find("missing-segment", "hold", text, [], "ST", Syntax(f"HEADER/{missing[0]}", "3"))
        elif not trn[2].strip():
            text = "The payment has no trace number (TRN02)."
            self._find("missing-element", "hold", text, trn, "TRN", Syntax("HEADER/TRN02", "1"))
        for role, meaning, loop in (("PR", "payer", "1000A"), ("PE", "payee", "1000B")):
            if role not in self.parties:
                text = f"The remittance names no {meaning} (N1*{role})."
                self._find("missing-segment", "warn", text, [], "ST", Syntax(f"{loop}/N1", "3"))
        paid = values.amount(bpr[2])
        if self._bpr is not None and paid is None:
            found = f"{bpr[2][:24]!r} is not an amount" if bpr[2] else "is absent"
            syntax = values.unreadable("HEADER/BPR", 2, bpr[2])
            self._find("malformed-amount", "hold", f"BPR02, the payment's amount, {found}.", bpr, "BPR", syntax)
        if paid is not None and paid < 0:  # RFI 222, asked on 4010
            message = (
                f"BPR02, the payment's amount, is {dollars(paid)}. A payment is never below zero; the payer carries"
                f" the rest forward (PLB FB)."
            )
            self._find("negative-payment", "hold", message, bpr, "BPR")
        if self._bpr is not None and (bpr[1] == "P" or (bpr[4] == "NON" and paid)):
            what = (
                "BPR01 is P, a prenotification (test)"
                if bpr[1] == "P"
                else "BPR04 is NON, no payment, but BPR02 is not zero"
            )
            self._find("no-money-moves", "hold", f"{what}: no money comes with this ERA.", bpr, "BPR")
        if self._bpr is not None and bpr[3] != "C":
            self._find("debit-payment", "hold", f"BPR03 is {bpr[3][:8]!r}, but must be C, a credit.", bpr, "BPR")
        if self._bpr is not None and values.day(bpr[16]) is None:
            text = f"BPR16, the payment's date, is {bpr[16][:12]!r}."
            self._find("unreadable-date", "warn", text, bpr, "BPR", values.no_date("HEADER/BPR", 16, bpr[16]))
        return Payment(bpr[1], paid, bpr[3], bpr[4], values.day(bpr[16]), trn[2].strip(), trn[3].strip())

    def misplaced(self, raw: str, where: str) -> None:
        tag = raw.split(self._separators.element, 1)[0]
        message = f"The guide allows no {tag[:8]} segment {where}. Review what it means."
        self._find("unexpected-segment", "hold", message, [raw], syntax=of_segment(tag, "2"))

    def _header_segment(self, tag: str, elements: list[str], raw: str) -> None:
        if tag == "N1":
            self._close_party()
            self._n1 = elements
            self._at[tag] = self._position()
        elif tag in _OF_A_PARTY and self._n1 is not None:
            self._party_segment(tag, elements)
        elif tag == "REF":
            self.references.append(Reference(elements[1], elements[2]))
        elif tag == "DTM":
            self.dates.append(Dated(elements[1], values.day(elements[2])))
            if self.dates[-1].day is None:
                text = f"DTM02 {elements[2][:12]!r} is not a date (CCYYMMDD)."
                syntax = values.no_date("HEADER/DTM", 2, elements[2])
                self._find("unreadable-date", "warn", text, elements, syntax=syntax)
        elif tag == "BPR" and self._bpr is None:
            self._bpr = elements
            self._at[tag] = self._position()
        elif tag == "TRN" and self._trn is None:
            self._trn = elements
            self._at[tag] = self._position()
        elif tag == "CUR":
            if elements[2] not in ("", "USD"):
                self._find(
                    "foreign-currency", "hold", f"The payment is in {elements[2][:3]!r}, not in dollars.", elements
                )
        else:
            self.misplaced(raw, "here in the header")

    def _party_segment(self, tag: str, elements: list[str]) -> None:
        if tag == "REF":
            self._party_references.append(Reference(elements[1], elements[2]))
        elif tag == "PER":
            self._contacts.append(values.contact(elements))
        else:
            self._address += [each for each in elements[1:5] if each]

    def _close_party(self) -> None:
        n1, self._n1 = self._n1, None
        if n1 is None:
            return
        if n1[1] not in ("PR", "PE") or n1[1] in self.parties:
            text = f"The guide allows no N1*{n1[1][:3]} loop here."
            self._find("unexpected-segment", "hold", text, n1, "N1", Syntax("N1", "2"))
        else:
            self.parties[n1[1]] = Party(
                n1[1], n1[2], n1[3], n1[4], tuple(self._address), tuple(self._party_references), tuple(self._contacts)
            )
        self._address, self._party_references, self._contacts = [], [], []

    def _provider_adjustments(self, elements: list[str]) -> None:
        """Up to six (code:reference, amount) pairs, each with its own reference."""
        self._close_party()
        found = False
        if values.day(elements[2]) is None:
            text = f"PLB02, the fiscal date, is {elements[2][:12]!r}."
            syntax = values.no_date("FOOTER/PLB", 2, elements[2])
            self._find("unreadable-date", "warn", text, elements, syntax=syntax)
        for at in (3, 5, 7, 9, 11, 13):
            if not elements[at] and not elements[at + 1]:
                continue
            found = True
            reason, _, reference = elements[at].partition(self._separators.component)
            cents = values.amount(elements[at + 1])
            adjustment = ProviderAdjustment(elements[1], values.day(elements[2]), reason, reference, cents)
            self.provider_adjustments.append(adjustment)
            if cents is None:
                text = elements[at + 1][:24]
                message = f"PLB{at + 1:02d}, the provider-level adjustment's amount, {text!r} is not an amount."
                syntax = values.unreadable("FOOTER/PLB", at + 1, elements[at + 1], required=at == 3)
                self._find("malformed-amount", "hold", message, elements, syntax=syntax)
        if not found or any(elements[15:]):
            self._find(
                "unexpected-element",
                "hold",
                "A provider-level adjustment (PLB) has no pairs, or more than six.",
                elements,
                syntax=Syntax("FOOTER/PLB15", "3") if found else Syntax("FOOTER/PLB03", "1"),
            )

    def _find(
        self,
        code: str,
        severity: Severity,
        message: str,
        elements: list[str],
        at: str | None = None,
        syntax: Syntax | None = None,
    ) -> None:
        element = self._separators.element
        excerpt = element.join(elements).rstrip(element)[:80] or None
        position = self._position() if at is None else self._at[at]
        self.findings.append(Finding(code, severity, message, position, excerpt, syntax))
