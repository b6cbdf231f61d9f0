"""835 text for tests: say what matters to the test, get a whole file with right counts and any delimiters.

Segments are written with the usual characters (`*` element, `:` component, `^` repetition) and without terminator,
as lists of text; the last step sets the delimiters. From the inside out:

    claim(...)            -> segments of one claim payment that balances
    payment(...)          -> segments between ST and SE: header and claims
    transaction_set(...)  -> ST to SE
    group(...)            -> GS to GE
    interchange(...)      -> ISA to IEA
    written(...)          -> the text of a file

and, for the usual file of one interchange and one group:

    remittance_file(transaction_set(payment("90", claim("C1", charge="120", paid="90", write_off="30"))))
"""

from collections.abc import Iterable
from typing import NamedTuple

Segments = list[str]


class Delimiters(NamedTuple):
    """What an interchange is written with; `line_end` follows each terminator."""

    element: str = "*"
    component: str = ":"
    repetition: str = "^"
    terminator: str = "~"
    line_end: str = "\n"


USUAL = Delimiters()


def service_line(procedure: str = "D0120", charge: str = "120", paid: str = "90", *more: str) -> Segments:
    """SVC and what follows it. Adjustments are up to the caller."""
    return [f"SVC*AD:{procedure}*{charge}*{paid}**1", "DTM*472*20261005", *more]


def claim(
    number: str = "C1",
    charge: str = "120",
    paid: str = "90",
    write_off: str = "30",
    *more: str,
    status: str = "1",
    responsibility: str = "",
    payer_claim_number: str = "ICN1",
) -> Segments:
    """A claim payment of one service line whose only adjustment is CO-45; `more` follows as part of that line."""
    return [
        f"CLP*{number}*{status}*{charge}*{paid}*{responsibility}*12*{payer_claim_number}*11*1",
        "NM1*QC*1*DOE*JANE****MI*SUB1",
        *service_line("D0120", charge, paid, f"CAS*CO*45*{write_off}", *more),
    ]


def bare_claim(number: str, charge: str, paid: str, *more: str, status: str = "1") -> Segments:
    """A claim payment of its CLP and patient alone; `more` follows."""
    return [f"CLP*{number}*{status}*{charge}*{paid}**12*ICN{number}*11*1", "NM1*QC*1*DOE*JANE****MI*SUB1", *more]


def payment(
    amount: str,
    *claims: Segments,
    trace: str = "EFT0001",
    originator: str = "1999999999",
    date: str = "20261101",
    method: str = "ACH",
    after: Iterable[str] = (),
) -> Segments:
    """Header (payment, trace number, payer, payee), one LX with the claims, and what comes `after` them (PLB)."""
    return [
        f"BPR*I*{amount}*C*{method}************{date}",
        f"TRN*1*{trace}*{originator}",
        "DTM*405*20261031",
        "N1*PR*DELTA DENTAL",
        "N3*1 PAYER STREET",
        "N4*AUSTIN*TX*78701",
        "PER*BL*HELP DESK*TE*8005550100",
        "N1*PE*LINDEN DENTAL*XX*1234567893",
        "LX*1",
        *(segment for each in claims for segment in each),
        *after,
    ]


def transaction_set(segments: Segments, control: str = "0001", kind: str = "835") -> Segments:
    """ST to SE, counted."""
    return [f"ST*{kind}*{control}", *segments, f"SE*{len(segments) + 2}*{control}"]


def group(*sets: Segments, control: str = "1", version: str = "005010X221A1", kind: str = "HP") -> Segments:
    """GS to GE, counted."""
    return [
        f"GS*{kind}*PAYER*PRACTICE*20261101*0900*{control}*X*{version}",
        *(segment for each in sets for segment in each),
        f"GE*{len(sets)}*{control}",
    ]


def interchange(*groups: Segments, control: str = "000000001") -> Segments:
    """ISA to IEA, counted; the ISA has its 106 characters, the terminator included."""
    return [isa(control), *(segment for each in groups for segment in each), f"IEA*{len(groups)}*{control}"]


def isa(control: str = "000000001") -> str:
    """An interchange header."""
    sender, receiver = "PAYER".ljust(15), "PRACTICE".ljust(15)
    return f"ISA*00*{' ' * 10}*00*{' ' * 10}*ZZ*{sender}*ZZ*{receiver}*261101*0900*^*00501*{control}*0*P*:"


def written(segments: Segments, delimiters: Delimiters = USUAL) -> str:
    """The text of segments. Data may not hold the usual characters: they all become delimiters."""
    table = str.maketrans({"*": delimiters.element, ":": delimiters.component, "^": delimiters.repetition})
    end = delimiters.terminator + delimiters.line_end
    return "".join(segment.translate(table) + end for segment in segments)


def remittance_file(*sets: Segments, delimiters: Delimiters = USUAL) -> str:
    """The usual file: one interchange, one group, the sets given."""
    return written(interchange(group(*sets)), delimiters)


def balanced_file(delimiters: Delimiters = USUAL) -> str:
    """One payment of 90.00 with one claim C1 (charge 120.00, paid 90.00, written off 30.00): no findings."""
    return remittance_file(transaction_set(payment("90", claim())), delimiters=delimiters)
