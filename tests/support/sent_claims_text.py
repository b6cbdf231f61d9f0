"""Builds the text of 837 files from segments written as people write them, with `*`, `:`, `^` and `~`.

Without a word these claims are answered by `remittance_text.claim`: Jane Doe, D0120 on 2026-10-05, charge 120.00.
"""

from collections.abc import Iterable

from remittance_text import USUAL, Delimiters, Segments, group, interchange, transaction_set, written

DENTAL, PROFESSIONAL = "005010X224A2", "005010X222A1"


def line(number: int = 1, procedure: str = "D0120", charge: str = "120", *more: str, control: str = "") -> Segments:
    """LX to the end of the line; its date of service and line control number where not empty."""
    return [
        f"LX*{number}",
        f"SV3*AD:{procedure}*{charge}****1",
        "TOO*JP*14*M:O",
        "DTP*472*D8*20261005",
        *([f"REF*6R*{control}"] if control else []),
        *more,
    ]


def sent(
    number: str = "C1", charge: str = "120", *lines: Segments, frequency: str = "1", about: Iterable[str] = ()
) -> Segments:
    """CLM and what follows it; one usual line where none is given."""
    body = [segment for each in (lines or (line(),)) for segment in each]
    return [
        f"CLM*{number}*{charge}***11:B:{frequency}*Y*A*Y*Y",
        f"REF*D9*CH{number}",
        "NM1*82*1*OLMOS*RITA****XX*1111111112",
        "PRV*PE*PXC*1223G0001X",
        *about,
        *body,
    ]


def provider(number: int = 1, name: str = "LINDEN DENTAL") -> Segments:
    return [
        f"HL*{number}**20*1",
        "PRV*BI*PXC*1223G0001X",
        f"NM1*85*2*{name}*****XX*1234567893",
        "N3*1 PRACTICE ROAD",
        "N4*AUSTIN*TX*78701",
        "REF*EI*123456789",
        "NM1*87*2",
        "N3*PO BOX 9",
        "N4*AUSTIN*TX*78702",
    ]


def subscriber(
    *claims: Segments,
    number: int = 2,
    parent: int = 1,
    ordinal: str = "P",
    name: str = "DOE*JANE",
    member_id: str = "SUB1",
    born: str = "19800229",
    payer: str = "DELTA DENTAL",
    payer_id: str = "DDP71",
) -> Segments:
    return [
        f"HL*{number}*{parent}*22*{0 if claims else 1}",
        f"SBR*{ordinal}*{'18' if claims else ''}*******CI",
        f"NM1*IL*1*{name}****MI*{member_id}",
        "N3*2 PATIENT LANE",
        "N4*AUSTIN*TX*78703",
        *([f"DMG*D8*{born}*F"] if born else []),
        f"NM1*PR*2*{payer}*****PI*{payer_id}",
        "N3*3 PAYER STREET",
        "REF*2U*000001",
        *(segment for each in claims for segment in each),
    ]


def dependent(*claims: Segments, number: int, parent: int, name: str, born: str) -> Segments:
    return [
        f"HL*{number}*{parent}*23*0",
        "PAT*19",
        f"NM1*QC*1*{name}",
        "N3*2 PATIENT LANE",
        f"DMG*D8*{born}*M",
        *(segment for each in claims for segment in each),
    ]


def other_plan(ordinal: str = "S", name: str = "ROE*RICHARD", born: str = "19790101") -> Segments:
    """Loops 2320 and 2330: another plan of the patient, with a subscriber and payer of its own."""
    return [
        f"SBR*{ordinal}*01*******CI",
        "CAS*CO*45*30",
        "AMT*D*90",
        f"DMG*D8*{born}*M",
        "OI***Y*B**Y",
        f"NM1*IL*1*{name}****MI*OTHER1",
        "N3*4 OTHER LANE",
        "NM1*PR*2*OTHER PAYER*****PI*OTHER",
        "DTP*573*D8*20261020",
        "NM1*77*2*ELSEWHERE*****XX*1999999994",
    ]


def paid_by_other_plan() -> Segments:
    """Loop 2430: what another plan paid on a line."""
    return ["SVD*OTHER*90*AD:D9999**1", "CAS*CO*45*30", "DTP*472*D8*20200101", "REF*6R*NOT-OURS", "DTP*573*D8*20261020"]


def sent_set(*levels: Segments, control: str = "0001", version: str = "") -> Segments:
    """One transaction set; `version` as its ST03."""
    header = [
        "BHT*0019*00*B1*20261006*0900*CH",
        "NM1*41*2*LINDEN DENTAL*****46*S1",
        "PER*IC*RITA OLMOS*TE*5125550100",
        "NM1*40*2*CLEARINGHOUSE*****46*R1",
    ]
    segments = transaction_set([*header, *(segment for each in levels for segment in each)], control, kind="837")
    segments[0] += f"*{version}" if version else ""
    return segments


def sent_file(*sets: Segments, delimiters: Delimiters = USUAL, version: str = DENTAL) -> str:
    """One interchange, one group, the sets given."""
    return written(interchange(group(*sets, kind="HC", version=version)), delimiters)


def claim_file(*claims: Segments) -> str:
    """The usual file: Jane Doe's claims to her one plan."""
    return sent_file(sent_set(provider(), subscriber(*claims or (sent(),))))
