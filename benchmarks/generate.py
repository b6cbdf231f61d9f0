"""An invented remittance of any size, and the claims it answers: every claim matches, balances and posts.

The same seed makes the same bytes. Claims are drawn as they are written, so memory does not grow with their number.

    python benchmarks/generate.py FOLDER --claims 10000 --payments 10
"""

import argparse
import csv
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple, TextIO

LINES = 3  # procedures of each claim

_HEADER = [
    "claim_number",
    "patient_id",
    "last_name",
    "first_name",
    "birth_date",
    "subscriber_id",
    "plan_count",
    "plan_ordinal",
    "payer_id",
    "payer_name",
    "location",
    "line_number",
    "procedure_code",
    "service_date",
    "fee",
    "expected_insurance",
    "expected_write_off",
]
_PAYERS = (
    ("DDP71", "DELTA DENTAL", "1891204417", "PO BOX 90417", "HARROWGATE", "PA", "170900417"),
    ("65978", "METLIFE", "1135581829", "PO BOX 14093", "LEXHAM", "KY", "405120093"),
    ("62308", "CIGNA", "1591031071", "PO BOX 188037", "CHATHAM FALLS", "TN", "374220037"),
    ("64246", "GUARDIAN", "1135123390", "PO BOX 981572", "ELM PASS", "TX", "799980072"),
)
_OFFICES = ("LPFD", "MFD", "AFD", "RFD", "CFD")
_DENTISTS = (
    ("OKONJO", "ARDEN", "1482703653"),
    ("VARGA", "HEDDA", "1605938178"),
    ("LACHANCE", "TOBIN", "1850217948"),
    ("SATO", "MIREI", "1294675081"),
)
# procedure, fee in dollars, what the plan allows and then pays, both in percent
_PROCEDURES = (
    ("D0120", 62, 72, 100),
    ("D0140", 88, 74, 100),
    ("D0150", 104, 72, 100),
    ("D0210", 158, 72, 100),
    ("D0274", 74, 71, 100),
    ("D1110", 108, 73, 100),
    ("D1206", 46, 70, 100),
    ("D2391", 186, 72, 80),
    ("D2392", 236, 70, 80),
    ("D2740", 1240, 68, 50),
    ("D3330", 1165, 71, 80),
    ("D4341", 262, 69, 80),
    ("D7140", 205, 74, 80),
    ("D7210", 318, 70, 80),
)
_LAST_NAMES = [
    "ABARA",
    "BRANDT",
    "CASTELLANO",
    "DRURY",
    "EASTWICK",
    "FARROW",
    "GRANGER",
    "HOLLOWAY",
    "IBARRA",
    "JANSSEN",
    "KOWALSKI",
    "LINDQVIST",
    "MARLOWE",
    "NAKAGAWA",
    "OKAFOR",
    "PENHALLOW",
    "QUIGLEY",
    "ROSSI",
    "SANTANA",
    "THORNE",
    "UNDERHILL",
    "VANCE",
    "WHITLOCK",
    "XAVIER",
    "YARDLEY",
    "ZELENKA",
]
_SECOND_NAMES = ("", "", "", "", "", "-HALE", "-ORTEGA", " DE LUCA", "SON", "MAN")
_FIRST_NAMES = [
    "ADA",
    "BRUNO",
    "CHIDI",
    "DELIA",
    "EMIL",
    "FREYA",
    "GIDEON",
    "HANA",
    "IVO",
    "JORY",
    "KEIKO",
    "LEIF",
    "MARA",
    "NILS",
    "OTTILIE",
    "PIA",
    "QUINN",
    "RAUL",
    "SAGA",
    "TAMSIN",
    "ULRIKE",
    "VITO",
    "WREN",
    "XENIA",
    "YUSUF",
    "ZORA",
]


class Line(NamedTuple):
    """One procedure; money in cents. `share` is the patient's, as (reason, cents)."""

    procedure: str
    fee: int
    write_off: int
    share: tuple[tuple[str, int], ...]

    @property
    def paid(self) -> int:
        return self.fee - self.write_off - sum(cents for _, cents in self.share)


class Claim(NamedTuple):
    """A claim and what came back for it. `short` is how much more than it got the practice expected, in per mille."""

    number: str
    patient: str
    last_name: str
    first_name: str
    birth_date: date
    member_id: str
    practice: str
    dentist: tuple[str, str, str]
    service_date: date
    payer_number: str
    short: int
    lines: tuple[Line, ...]

    @property
    def paid(self) -> int:
        return sum(line.paid for line in self.lines)


def write(remittance: Path, claims: Path, claim_count: int, payment_count: int, seed: int = 1) -> None:
    """Write the 835 and the claims CSV; the claims are spread evenly over the payments."""
    with remittance.open("w", encoding="ascii") as paid, claims.open("w", encoding="ascii", newline="") as sent:
        rows = csv.writer(sent, lineterminator="\n")
        rows.writerow(_HEADER)
        _segment(
            paid, "ISA*00*          *00*          *ZZ*CLEARINGHOUSE  *ZZ*LPDGROUP       ", *_SENT, "000004471*0*P*:"
        )
        _segment(paid, "GS*HP*CLEARINGHOUSE*LPDGROUP*20261101*0412*4471*X*005010X221A1")
        first = 0
        for payment in range(payment_count):
            count = claim_count // payment_count + (payment < claim_count % payment_count)
            _write_payment(paid, rows.writerows, payment, first, count, seed)
            first += count
        _segment(paid, f"GE*{payment_count}*4471")
        _segment(paid, "IEA*1*000004471")


_SENT = ("261101", "0412", "^", "00501")


def _write_payment(
    paid: TextIO,
    write_rows: Callable[[Iterable[Iterable[object]]], object],
    payment: int,
    first: int,
    count: int,
    seed: int,
) -> None:
    payer_id, payer, originator, street, city, state, zip_code = _PAYERS[payment % len(_PAYERS)]
    total = sum(claim.paid for claim in _claims(payment, first, count, seed))
    on = f"{date(2026, 11, 1) + timedelta(payment):%Y%m%d}"
    segments = 1
    header = (
        f"ST*835*{payment + 1:04d}",
        f"BPR*I*{_amount(total)}*C*ACH*CCP*01*991204410*DA*4400718265*{originator}**01*997001138*DA*0081734420*{on}",
        f"TRN*1*{4471820 + payment:010d}*{originator}",
        f"DTM*405*{on}",
        f"N1*PR*{payer}",
        f"N3*{street}",
        f"N4*{city}*{state}*{zip_code}",
        f"REF*2U*{payer_id}",
        "PER*BL*EDI SUPPORT DESK*TE*8005550173",
        "N1*PE*LINDEN PARK DENTAL GROUP PLLC*XX*1739048266",
        "N3*210 LINDEN PARK AVE",
        "N4*FERNWICK*OH*430990210",
        "REF*TJ*893041672",
    )
    for segment in header:
        segments += 1
        _segment(paid, segment)
    for at, claim in enumerate(_claims(payment, first, count, seed)):
        if at % 50 == 0:
            segments += 1
            _segment(paid, f"LX*{at // 50 + 1}")
        for segment in _claim_segments(claim):
            segments += 1
            _segment(paid, segment)
        write_rows(_claim_rows(claim, payer_id, payer.title()))
    _segment(paid, f"SE*{segments}*{payment + 1:04d}")


def _claims(payment: int, first: int, count: int, seed: int) -> Iterator[Claim]:
    """The claims of one payment, the same each time they are asked for."""
    draw = Random(f"{seed}/{payment}")
    last_name = first_name = member_id = ""
    born = date(1980, 1, 1)
    for at in range(count):
        if at % 3 != 1:  # every second patient comes with two claims
            last_name = draw.choice(_LAST_NAMES) + draw.choice(_SECOND_NAMES)
            first_name = draw.choice(_FIRST_NAMES)
            born = date(1940, 1, 1) + timedelta(draw.randrange(29_000))
            member_id = f"{draw.randrange(10**9, 10**11):011d}"
        yield Claim(
            f"C26{first + at:07d}",
            f"P{payment:03d}{at - (at + 2) // 3:06d}",
            last_name,
            first_name,
            born,
            member_id,
            draw.choice(_OFFICES),
            draw.choice(_DENTISTS),
            date(2026, 9, 1) + timedelta(draw.randrange(45)),
            f"2026{draw.randrange(10**10):010d}",
            draw.choice((0, 0, 0, 0, 0, 15, 30)),
            tuple(_lines(draw)),
        )


def _lines(draw: Random) -> Iterator[Line]:
    deductible = 50_00 if draw.random() < 0.15 else 0
    for procedure, dollars, allowed_percent, paid_percent in draw.sample(_PROCEDURES, LINES):
        fee = (dollars + draw.randrange(-4, 9)) * 100
        allowed = fee * (allowed_percent + draw.randrange(-3, 4)) // 100
        share: list[tuple[str, int]] = []
        rest = allowed
        if deductible and paid_percent < 100:
            share.append(("1", deductible))
            rest -= deductible
            deductible = 0
        if paid_percent < 100:
            share.append(("2", rest - rest * paid_percent // 100))
        elif draw.random() < 0.1:
            share.append(("3", 10_00))
        yield Line(procedure, fee, fee - allowed, tuple(share))


def _claim_segments(claim: Claim) -> Iterator[str]:
    last_name, first_name, npi = claim.dentist
    day = f"{claim.service_date:%Y%m%d}"
    charge = sum(line.fee for line in claim.lines)
    allowed = charge - sum(line.write_off for line in claim.lines)
    patient = allowed - claim.paid
    amounts = f"{_amount(charge)}*{_amount(claim.paid)}*{_amount(patient) if patient else ''}"
    yield f"CLP*{claim.number}*1*{amounts}*12*{claim.payer_number}*11*1"
    yield f"NM1*QC*1*{claim.last_name}*{claim.first_name}****MI*{claim.member_id}"
    yield f"NM1*82*1*{last_name}*{first_name}****XX*{npi}"
    if int(claim.payer_number) % 2:
        yield f"REF*1L*{int(claim.member_id) % 90 + 7000:05d}-0001"
    yield f"DTM*232*{day}"
    yield f"DTM*233*{day}"
    yield f"DTM*050*{claim.service_date + timedelta(6):%Y%m%d}"
    yield f"AMT*AU*{_amount(allowed)}"
    for number, line in enumerate(claim.lines, start=1):
        yield f"SVC*AD:{line.procedure}*{_amount(line.fee)}*{_amount(line.paid)}**1"
        yield f"DTM*472*{day}"
        yield f"CAS*CO*45*{_amount(line.write_off)}"
        if line.share:
            yield "CAS*PR*" + "**".join(f"{reason}*{_amount(cents)}" for reason, cents in line.share)
        yield f"REF*6R*{number}"
        yield f"AMT*B6*{_amount(line.fee - line.write_off)}"


def _claim_rows(claim: Claim, payer_id: str, payer: str) -> Iterable[tuple[object, ...]]:
    for number, line in enumerate(claim.lines, start=1):
        yield (
            *(claim.number, claim.patient, claim.last_name.title(), claim.first_name.title(), claim.birth_date),
            *(claim.member_id, 1, 1, payer_id, payer, claim.practice, number, line.procedure, claim.service_date),
            *(_dollars(line.fee), _dollars(line.paid * (1000 + claim.short) // 1000), _dollars(line.write_off)),
        )


def _segment(stream: TextIO, *elements: str) -> None:
    stream.write("*".join(elements) + "~\n")


def _dollars(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _amount(cents: int) -> str:
    """As X12 writes it: no zeros after the decimal point that say nothing."""
    return _dollars(cents).rstrip("0").rstrip(".")


def main() -> None:
    options = argparse.ArgumentParser(description="Write an invented remittance and its claims.")
    options.add_argument("folder", type=Path)
    options.add_argument("--claims", type=int, default=10_000)
    options.add_argument("--payments", type=int, default=10)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    remittance, claims = chosen.folder / "remittance.835", chosen.folder / "claims.csv"
    write(remittance, claims, chosen.claims, chosen.payments, chosen.seed)
    print(f"{remittance} and {claims}: {chosen.claims} claims in {chosen.payments} payments")


if __name__ == "__main__":
    main()
