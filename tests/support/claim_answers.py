"""Answers to claims, line by line, and the practices that wait for them.

procedures("D0120", "D1110", expected="45")  -> rows of claim C1, each procedure at 60.00
part("D0120", "45", "ICN1", "CAS*CO*45*15")  -> one of them, answered alone
crown("C1", 1, "300"), crown_paid(…)         -> a crown of 500.00 for two plans, and a plan's answer
"""

from itertools import takewhile
from pathlib import Path

from practices import PracticeHome, Record, expects, make_practice
from remittance_text import Segments, service_line


def practice(folder: Path, *claims: list[Record], settings: Record | None = None) -> PracticeHome:
    made = make_practice(folder / "practice", settings=settings)
    made.expect(*claims)
    return made


def procedures(*codes: str, expected: str) -> list[Record]:
    """Claim C1 with several procedures of 60.00, each expected to be paid so much."""
    rows = []
    for number, code in enumerate(codes, start=1):
        [row] = expects("C1", expected, "60", procedure=code)
        rows.append(row | {"line_number": number})
    return rows


def answer(charge: str, paid: str, *more: str, status: str = "1", number: str = "C1", icn: str = "ICN1") -> Segments:
    """CLP and patient; `more` are the claim's adjustments, then its lines."""
    adjustments = list(takewhile(lambda segment: segment.startswith("CAS"), more))
    return [
        f"CLP*{number}*{status}*{charge}*{paid}**12*{icn}*11*1",
        *adjustments,
        "NM1*QC*1*DOE*JANE****MI*SUB1",
        *more[len(adjustments) :],
    ]


def part(procedure: str, paid: str, icn: str, *adjustments: str) -> Segments:
    """One procedure of 60.00 of claim C1, answered alone."""
    return answer("60", paid, *service_line(procedure, "60", paid, *adjustments), icn=icn)


def taken_back(
    procedure: str, charge: str, paid: str, *adjustments: str, number: str = "C1", icn: str = "ICN1"
) -> Segments:
    lines = service_line(procedure, f"-{charge}", f"-{paid}", *adjustments)
    return answer(f"-{charge}", f"-{paid}", *lines, status="22", number=number, icn=icn)


def crown(number: str, ordinal: int, expected: str) -> list[Record]:
    return expects(number, expected, "500", plans=2, ordinal=ordinal, patient="P1", procedure="D2740")


def crown_paid(number: str, status: str, paid: str, *adjustments: str) -> Segments:
    lines = service_line("D2740", "500", paid, *adjustments)
    return answer("500", paid, *lines, status=status, number=number, icn=f"ICN-{number}")


PRIMARY = crown_paid("C1", "1", "300", "CAS*PR*2*75", "CAS*CO*45*125")
SECONDARY = crown_paid("C2", "2", "65", "CAS*CO*45*435")
