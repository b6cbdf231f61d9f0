"""Which procedure of the practice's claim does each service line of a claim payment answer? In doubt none.

Pairs are right also where procedures were bundled, unbundled, split or down-coded: every such line lands on the
procedure that was submitted. Whether the answer may post by itself is another question: then they do not match.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from era_engine.practice.model import Claim, ProcedureLine
from era_engine.remittance.model import REVERSAL, ClaimPayment, ServiceLine


class LineMatch(NamedTuple):
    """How a claim payment's service lines pair with the procedures of the practice's claim.

    pairs: for each service line its index on the claim payment, and the line number on the claim or None; several
    service lines may stand for one procedure.
    procedures_match: every line of either side is paired one to one, and none was adjudicated as another procedure.
    charges_match: the claim's charge is the practice's, and what is charged on the lines paired with a procedure is its
    fee.
    """

    pairs: tuple[tuple[int, int | None], ...]
    procedures_match: bool
    charges_match: bool


def match_lines(payment: ClaimPayment, claim: Claim) -> LineMatch:
    """Pair each service line with the procedure the practice submitted.

    A line is compared by the code submitted, which SVC06 repeats where another was adjudicated (RFI 2320). The
    practice's line control number (REF*6R) is the surest witness, then code and charge, then code alone. Lines of one
    control number or code whose charges sum to a fee are that procedure, split or unbundled (RFI 2283). Where the code
    is none of the claim's (RFI 2375) the control number counts, then charge and position.
    """
    lines, procedures = payment.lines, claim.lines
    sign = -1 if payment.status == REVERSAL else 1
    same_charge = payment.charge_cents == sign * claim.charge_cents
    if sign == 1 and _same_in_order(lines, procedures):
        return LineMatch(tuple(enumerate([own.line_number for own in procedures])), True, same_charge)
    paired = _Pairing(lines, procedures, sign).found()
    one_to_one = len(paired) == len(lines) == len(procedures) == len(set(paired.values()))
    return LineMatch(
        tuple(
            (index, procedures[paired[index]].line_number if index in paired else None) for index in range(len(lines))
        ),
        not lines or (one_to_one and all(_answers(lines[at], procedures[own]) for at, own in paired.items())),
        same_charge
        and all(_charged(lines, paired, own) == sign * procedures[own].fee_cents for own in set(paired.values())),
    )


def charges_unlike(payment: ClaimPayment, claim: Claim, lines: LineMatch) -> list[tuple[int, int | None, int]]:
    """(line number, cents charged on the remittance, the practice's fee) of each line where the two differ."""
    paired = {at: number for at, number in lines.pairs if number is not None}
    charged = {own: _charged(payment.lines, paired, own) for own in set(paired.values())}
    return [
        (own.line_number, charged[own.line_number], own.fee_cents)
        for own in claim.lines
        if own.line_number in charged and charged[own.line_number] != own.fee_cents
    ]


def controls(line: ServiceLine) -> list[str]:
    """The line control numbers a service line carries (REF*6R), as sent: leading zeros count (RFI 2224)."""
    return [reference.value for reference in line.references if reference.qualifier == "6R"]


def control_number(own: ProcedureLine) -> str:
    """The line control number the practice sent; without one of its own a line goes by its number."""
    return own.control_number or str(own.line_number)


def submitted_code(line: ServiceLine) -> str:
    """The procedure submitted: SVC06 where another was adjudicated, else SVC01; in small letters."""
    return (same_code(line.submitted.code) if line.submitted else "") or same_code(line.procedure.code)


@lru_cache(maxsize=4096)
def same_code(text: str) -> str:
    """A procedure code as it is compared."""
    return text.strip().casefold()


def answered_exactly(payment: ClaimPayment, lines: LineMatch, claim: Claim) -> frozenset[int] | None:
    """The line numbers this claim payment answers, each by one service line of its code and fee; None in any doubt."""
    procedures = {own.line_number: own for own in claim.lines}
    answered = set()
    for at, number in lines.pairs:
        line = payment.lines[at]
        if number is None or number in answered or not _answers(line, procedures[number]):
            return None
        if line.charge_cents != procedures[number].fee_cents:
            return None
        answered.add(number)
    return frozenset(answered)


def _same_in_order(lines: Sequence[ServiceLine], procedures: Sequence[ProcedureLine]) -> bool:
    """The ordinary remittance: what `_Pairing` would find, seen at a glance."""
    if len(lines) != len(procedures):
        return False
    for line, own in zip(lines, procedures, strict=True):
        code = line.procedure.code
        if line.charge_cents != own.fee_cents or (line.submitted is not None and line.submitted.code != code):
            return False
        if code != own.procedure_code and same_code(code) != same_code(own.procedure_code):
            return False
        for reference in line.references:
            if (
                reference.qualifier == "6R"
                and reference.value != control_number(own)
                and reference.value in [control_number(other) for other in procedures]
            ):
                return False  # a number that is none of the claim's says nothing
    return True


def _answers(line: ServiceLine, own: ProcedureLine) -> bool:
    """Adjudicated as submitted, and submitted as the practice has it."""
    code = same_code(line.procedure.code)
    return code == submitted_code(line) == same_code(own.procedure_code)


def _charged(lines: Sequence[ServiceLine], paired: dict[int, int], own: int) -> int | None:
    return _sum(lines[at].charge_cents for at, other in paired.items() if other == own)


def _sum(charges: Iterable[int | None]) -> int | None:
    total = 0
    for charge in charges:
        if charge is None:
            return None
        total += charge
    return total


class _Pairing:
    """Pairs by the index of service line and procedure; the surest ground first, for all lines, then the next."""

    def __init__(self, lines: Sequence[ServiceLine], procedures: Sequence[ProcedureLine], sign: int) -> None:
        self._lines, self._procedures = lines, procedures
        self._fees = [sign * own.fee_cents for own in procedures]
        self._codes = [submitted_code(line) for line in lines]
        self._controls = [controls(line) for line in lines]
        self._own_codes = [same_code(own.procedure_code) for own in procedures]
        self._own_controls = [control_number(own) for own in procedures]
        self._paired: dict[int, int] = {}
        self._free = list(range(len(procedures)))

    def found(self) -> dict[int, int]:
        same, controlled, charged = self._same_code, self._controlled, self._same_charge
        self._one_to_one(lambda at, own: same(at, own) and controlled(at, own) and charged(at, own))
        self._together(controlled)
        self._one_to_one(lambda at, own: same(at, own) and controlled(at, own))
        self._one_to_one(lambda at, own: same(at, own) and charged(at, own), spare_named=True)
        self._one_to_one(lambda at, own: same(at, own) and charged(at, own))
        self._together(same)
        self._without_charge()
        self._one_to_one(same, spare_named=True)
        self._one_to_one(same)
        self._one_to_one(lambda at, own: controlled(at, own) and (charged(at, own) or self._is_unknown(at)))
        self._unknown_codes()
        return self._paired

    def _same_code(self, at: int, own: int) -> bool:
        return self._codes[at] == self._own_codes[own]

    def _controlled(self, at: int, own: int) -> bool:
        return self._own_controls[own] in self._controls[at]

    def _same_charge(self, at: int, own: int) -> bool:
        return self._lines[at].charge_cents == self._fees[own]

    def _is_unknown(self, at: int) -> bool:
        return self._codes[at] not in self._own_codes

    def _left(self) -> list[int]:
        return [at for at in range(len(self._lines)) if at not in self._paired]

    def _pair(self, some: Iterable[int], own: int) -> None:
        self._paired.update(dict.fromkeys(some, own))
        self._free.remove(own)

    def _one_to_one(self, agree: Callable[[int, int], bool], spare_named: bool = False) -> None:
        """spare_named: a procedure that a line left over names by its control number is not given to another."""
        named = {number for at in self._left() for number in self._controls[at]} if spare_named else ()
        for at in self._left():
            for own in self._free:
                if self._own_controls[own] not in named and agree(at, own):
                    self._pair([at], own)
                    break

    def _together(self, agree: Callable[[int, int], bool]) -> None:
        """One procedure answered by several lines: those that come next and whose charges sum to its fee."""
        for own in list(self._free):
            some: list[int] = []
            total = 0
            for at in self._left():
                if not agree(at, own):
                    continue
                some.append(at)
                total += self._lines[at].charge_cents or 0
                if len(some) > 1 and total == self._fees[own]:
                    self._pair(some, own)
                    break

    def _without_charge(self) -> None:
        """Of an unbundled procedure the first line repeats the charge, the others have none (RFI 2283)."""
        for at in self._left():
            if self._lines[at].charge_cents != 0:
                continue
            like = [other for other in self._paired if self._belong_together(at, other)]
            if like:
                before = [other for other in like if other < at]
                self._paired[at] = self._paired[max(before) if before else min(like)]

    def _belong_together(self, at: int, other: int) -> bool:
        """Same line control number; without one, the same code submitted, and this line adjudicated as another."""
        if self._controls[at]:
            return self._controlled(at, self._paired[other])
        code = self._codes[at]
        return code == self._codes[other] and code != same_code(self._lines[at].procedure.code)

    def _unknown_codes(self) -> None:
        """Lines whose code is none of the claim's: by charge, in order, where as many lines as procedures are left."""
        left = [at for at in self._left() if self._codes[at] and self._is_unknown(at)]
        for fee in {self._fees[own] for own in self._free}:
            lines = [at for at in left if self._lines[at].charge_cents == fee]
            owns = [own for own in self._free if self._fees[own] == fee]
            if len(lines) == len(owns):
                for at, own in zip(lines, owns, strict=True):
                    self._pair([at], own)
