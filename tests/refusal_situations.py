"""The homes in which tests/errors/commands are typed: one for each of its files."""

import json
from collections.abc import Callable
from pathlib import Path

from crash_ways import CUT
from offices import OfficeHome, era, expects, make_office, remittance
from remittance_text import Segments, claim

KEY_FILE = "encryption.key_file"


def situation(name: str, root: Path) -> OfficeHome:
    """A home at `root` as the file of this name needs it."""
    home = make_office(root)
    SITUATIONS.get(name, usual)(home)
    return home


def usual(home: OfficeHome) -> None:
    """C1 posted, C2 ten dollars short, C3 of another payment posted."""
    home.expect(expects("C1"), expects("C2", "100"), expects("C3"))
    home.run(remittance("180", claim("C1"), claim("C2"), trace="T1"), remittance("90", claim("C3"), trace="T2"))


def reversal(number: str) -> Segments:
    return [
        f"CLP*{number}*22*-120*-90**12*ICN1*11*1",
        "NM1*QC*1*DOE*JANE****MI*SUB1",
        "SVC*AD:D0120*-120*-90**1",
        "DTM*472*20261005",
        "CAS*CO*45*-30",
    ]


def reversals(home: OfficeHome) -> None:
    """C1 of T1 taken back by T3 and posted anew by T4; T2 takes back C2, which is not posted."""
    home.expect(expects("C1"), expects("C2"))
    home.run(remittance("90", claim("C1"), trace="T1"), remittance("-90", reversal("C2"), trace="T2"))
    home.run(remittance("-90", reversal("C1"), trace="T3"))
    assert home.era("post", "T3", "C1", "--by", "Ann").code == 0
    home.run(remittance("88", claim("C1", "120", "88", "32", payer_claim_number="ICN2"), trace="T4"))


def odd_claims(home: OfficeHome) -> None:
    """C1 posted and paid again by T2; T3 holds what cannot be posted as it stands; T4 came twice, with other content."""
    home.expect(expects("C1"), *(expects(f"C{number}") for number in range(3, 8)))
    home.run(remittance("90", claim("C1"), trace="T1"), remittance("90", claim("C1"), trace="T2"))
    estimate = claim("C3", "120", "0", "120", status="25")
    unbalanced = [each.replace("CAS*CO*45*30", "CAS*CO*45*20") for each in claim("C4")]
    unreadable = [each.replace("*120*90", "*120*NaN") for each in claim("C5")]
    home.run(remittance("270", estimate, unbalanced, unreadable, claim("C9"), trace="T3"))
    home.run(remittance("180", claim("C6"), claim("C6", payer_claim_number="ICN2"), trace="T4"))
    home.run(remittance("90", claim("C7"), trace="T5"), remittance("90", [*claim("C7"), "REF*EA*1"], trace="T5"))
    home.run(remittance("10", claim("C1", "120", "10", "0"), trace="T6"))
    home.run(remittance("0", trace="T7"))


SITUATIONS: dict[str, Callable[[OfficeHome], None]] = {"reversals": reversals, "odd_claims": odd_claims}
