"""The claim loops of a transaction set, one at a time: 005010X221A1 loops 2000, 2100 and 2110.

What stands where the guide does not place it becomes a finding of the claim it stands in; nothing is skipped.
"""

from collections.abc import Callable, Iterable, Iterator

from era_engine.remittance import values
from era_engine.remittance.model import (
    Adjudication,
    Adjustment,
    ClaimPayment,
    Contact,
    Dated,
    Person,
    Procedure,
    ProviderSummary,
    QualifiedAmount,
    Quantity,
    Reference,
    ServiceLine,
)
from era_engine.remittance.values import PAD
from era_engine.x12.finding import Finding, Severity, Syntax, of_segment
from era_engine.x12.tokens import Separators

_GROUPS = frozenset(["CO", "PR", "OA", "PI"])


def read_claims(
    raw_segments: Iterable[str], separators: Separators, position: Callable[[], int]
) -> Iterator[ClaimPayment]:
    """Claim payments from the segments between ST and SE, in order.

    `position` gives the file position of the segment last taken. Header and provider adjustments (read by
    `survey`) are passed over.
    """
    loop = _ClaimLoop(separators, position)
    element = separators.element
    frequent = {start: take for tag, take in loop.frequent.items() for start in (tag, tag + element)}
    for raw in raw_segments:
        take = frequent.get(raw[:4])
        if take is not None and loop.is_open:
            loop.source.append(raw)
            take(raw)
            continue
        elements = raw.split(element)
        elements += PAD
        handler = loop.handlers.get(elements[0])
        if handler is not None and loop.is_open:
            loop.source.append(raw)
            handler(elements)
        elif elements[0] == "CLP":
            if loop.is_open:
                yield loop.close()
            loop.open(elements, raw)
        elif elements[0] in ("LX", "TS3", "TS2", "PLB"):
            if loop.is_open:
                yield loop.close()
            loop.summarise(elements)
        elif loop.is_open:
            loop.source.append(raw)
            loop.misplaced(elements)
    if loop.is_open:
        yield loop.close()


class _ClaimLoop:
    """The claim being read. Lists named plainly belong to the line at hand, or to the claim before its first line."""

    def __init__(self, separators: Separators, position: Callable[[], int]) -> None:
        self._separators, self._position = separators, position
        self.is_open = False
        self.source: list[str] = []
        self._summary: ProviderSummary | None = None
        self._element = separators.element
        # the same few of these recur in every claim, so they are read once and kept whole
        self.frequent: dict[str, Callable[[str], None]] = {
            "CAS": self._adjust,
            "DTM": self._date,
            "REF": self._refer,
            "AMT": self._amount,
        }
        self.handlers: dict[str, Callable[[list[str]], None]] = {
            "CAS": self._adjust_oddly,
            "SVC": self._open_line,
            "NM1": self._person,
            "LQ": self._remark,
            "MOA": self._adjudicate,
            "MIA": self._adjudicate,
            "QTY": self._quantity,
            "PER": self._contact,
        }

    def open(self, elements: list[str], raw: str) -> None:
        self.is_open = True
        self.source = [raw]
        self._at = self._position()
        self._findings: list[Finding] = []
        self._clp = elements
        self._people: list[Person] = []
        self._adjudications: list[Adjudication] = []
        self._contacts: list[Contact] = []
        self._lines: list[ServiceLine] = []
        self._svc: list[str] | None = None
        self._fresh_lists()
        self._claim_lists = (self._adjustments, self._references, self._dates, self._amounts, self._quantities)
        self._charge = self._required_amount(elements, 3, "the claim's charge")
        self._paid = self._required_amount(elements, 4, "the claim's payment")
        self._responsibility = values.amount(elements[5])
        if elements[5] and self._responsibility is None:
            self._unreadable(elements, 5, "patient responsibility")
        if not elements[1] or not elements[2]:
            syntax = Syntax("2100/CLP02" if elements[1] else "2100/CLP01", "1")
            self._find("missing-element", "hold", "A claim payment has no claim number or no status.", elements, syntax)

    def summarise(self, elements: list[str]) -> None:
        number, totals, inpatient = self._summary or ("", (), ())
        if elements[0] == "LX":
            self._summary = ProviderSummary(elements[1], (), ())
        elif elements[0] == "TS3":
            self._summary = ProviderSummary(number, tuple(elements[1:25]), inpatient)
        elif elements[0] == "TS2":
            self._summary = ProviderSummary(number, totals, tuple(elements[1:20]))

    def close(self) -> ClaimPayment:
        self._close_line()
        self.is_open = False
        clp = self._clp
        adjustments, references, dates, amounts, quantities = self._claim_lists
        return ClaimPayment(
            clp[1].strip(),
            clp[2].strip(),
            self._charge,
            self._paid,
            self._responsibility,
            clp[6],
            clp[7].strip(),
            clp[8],
            clp[9],
            tuple(adjustments),
            tuple(self._people),
            tuple(self._adjudications),
            tuple(references),
            tuple(dates),
            tuple(self._contacts),
            tuple(amounts),
            tuple(quantities),
            tuple(self._lines),
            self._summary,
            tuple(self._findings),
            self._at,
            self._separators.terminator.join(self.source),
        )

    def _fresh_lists(self) -> None:
        self._adjustments: list[Adjustment] = []
        self._references: list[Reference] = []
        self._dates: list[Dated] = []
        self._amounts: list[QualifiedAmount] = []
        self._quantities: list[Quantity] = []
        self._remarks: list[str] = []

    def _open_line(self, elements: list[str]) -> None:
        self._close_line()
        self._svc = elements
        self._svc_at = self._position()
        self._fresh_lists()
        adjudicated = values.procedure(elements[1], self._separators.component)
        if adjudicated is None:
            syntax = Syntax("2110/SVC01", "1")
            self._find("missing-element", "hold", "A service line has no procedure.", elements, syntax)
        self._adjudicated = adjudicated or Procedure("", "", (), "")
        self._line_charge = self._required_amount(elements, 2, "the line's charge")
        self._line_paid = self._required_amount(elements, 3, "the line's payment")

    def _close_line(self) -> None:
        svc = self._svc
        if svc is None:
            return
        self._svc = None
        self._lines.append(
            ServiceLine(
                self._adjudicated,
                values.procedure(svc[6], self._separators.component),
                self._line_charge,
                self._line_paid,
                svc[4],
                svc[5] or None,
                svc[7] or None,
                tuple(self._adjustments),
                tuple(self._dates),
                tuple(self._references),
                tuple(self._amounts),
                tuple(self._quantities),
                tuple(self._remarks),
                self._svc_at,
            )
        )

    def _adjust(self, raw: str) -> None:
        adjustments = values.adjustments(raw, self._element)
        if adjustments is None:
            self._adjust_oddly([*raw.split(self._element), *PAD])
        else:
            self._adjustments += adjustments

    def _adjust_oddly(self, elements: list[str]) -> None:
        """Up to six (reason, amount, quantity) triplets."""
        group = elements[1]
        if not any(elements[2:20]):
            syntax = Syntax(f"{self._place('CAS')}02", "1")
            self._find("missing-element", "hold", "An adjustment (CAS) has no reason and no amount.", elements, syntax)
        for at in range(2, 20, 3):
            if not any(elements[at : at + 3]):
                continue
            if not elements[at]:
                syntax = Syntax(f"{self._place('CAS')}{at:02d}", "1" if at == 2 else "2")
                self._find("missing-element", "hold", "An adjustment (CAS) has no reason.", elements, syntax)
            adjustment = values.adjustment(group, elements[at], elements[at + 1], elements[at + 2])
            self._adjustments.append(adjustment)
            if adjustment.cents is None:
                self._unreadable(elements, at + 1, "the adjustment's amount")
        if any(elements[20:]):
            syntax = Syntax(f"{self._place('CAS')}20", "3")
            message = "An adjustment (CAS) has more than six triplets."
            self._find("unexpected-element", "hold", message, elements, syntax)
        if group not in _GROUPS:
            self._find(
                "unknown-adjustment-group",
                "warn",
                f"Adjustment group {group[:8]!r} is not one of CO, PR, OA, PI.",
                elements,
                Syntax(f"{self._place('CAS')}01", "7" if group else "1"),
            )

    def _date(self, raw: str) -> None:
        entry = values.dated(raw, self._element)
        self._dates.append(entry)
        if entry.day is None:
            elements = [*raw.split(self._element), *PAD]
            syntax = values.no_date(self._place("DTM"), 2, elements[2])
            message = f"DTM02 {elements[2][:12]!r} is not a date (CCYYMMDD)."
            self._find("unreadable-date", "warn", message, elements, syntax)

    def _refer(self, raw: str) -> None:
        self._references.append(values.reference(raw, self._element))

    def _amount(self, raw: str) -> None:
        entry = values.qualified_amount(raw, self._element)
        self._amounts.append(entry)
        if entry.cents is None:
            elements = [*raw.split(self._element), *PAD]
            self._find(
                "unreadable-information",
                "warn",
                f"AMT02 {elements[2][:20]!r} is not an amount. AMT is for information only.",
                elements,
                values.unreadable(self._place("AMT"), 2, elements[2]),
            )

    def _quantity(self, elements: list[str]) -> None:
        self._quantities.append(Quantity(elements[1], elements[2]))

    def _person(self, elements: list[str]) -> None:
        if self._svc is not None:
            self.misplaced(elements)
        self._people.append(values.person(elements))

    def _adjudicate(self, elements: list[str]) -> None:
        if self._svc is not None:
            self.misplaced(elements)
        self._adjudications.append(values.adjudication(elements))

    def _contact(self, elements: list[str]) -> None:
        if self._svc is not None:
            self.misplaced(elements)
        self._contacts.append(values.contact(elements))

    def _remark(self, elements: list[str]) -> None:
        if self._svc is None:
            self.misplaced(elements)
        self._remarks.append(elements[2])

    def misplaced(self, elements: list[str]) -> None:
        place = "a service line" if self._svc is not None else "a claim"
        message = f"The guide allows no {elements[0][:8]} segment in {place}. Review what it means."
        self._find("unexpected-segment", "hold", message, elements, of_segment(elements[0], "2"))

    def _required_amount(self, elements: list[str], at: int, meaning: str) -> int | None:
        value = values.amount(elements[at])
        if value is None:
            self._unreadable(elements, at, meaning)
        return value

    def _unreadable(self, elements: list[str], at: int, meaning: str) -> None:
        text = elements[at]
        found = f"{text[:24]!r} is not an amount in dollars and cents" if text else "is absent"
        required = elements[0] != "CAS" or at == 3
        syntax = values.unreadable(self._place(elements[0]), at, text, required)
        self._find("malformed-amount", "hold", f"{elements[0]}{at:02d}, {meaning}, {found}.", elements, syntax)

    def _place(self, tag: str) -> str:
        """The loop the claim or its line at hand is, and the segment."""
        return f"{'2100' if self._svc is None else '2110'}/{tag}"

    def _find(
        self, code: str, severity: Severity, message: str, elements: list[str], syntax: Syntax | None = None
    ) -> None:
        excerpt = self._separators.element.join(elements).rstrip(self._separators.element)[:80]
        self._findings.append(Finding(code, severity, message, self._position(), excerpt, syntax))
