"""The homes in which tests/errors/commands are typed: one for each of its files."""

import json
from collections.abc import Callable
from pathlib import Path

from crash_ways import CUT
from practices import PracticeHome, claims_csv, expects, make_practice, remittance
from remittance_text import Segments, claim

KEY_FILE = "encryption.key_file"


def situation(name: str, root: Path) -> PracticeHome:
    """A home at `root` as the file of this name needs it."""
    home = make_practice(root)
    SITUATIONS.get(name, usual)(home)
    return home


def usual(home: PracticeHome) -> None:
    """C1 of T1 and C3 of T2 are posted; C2 of T1 is ten dollars short and left."""
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


def reversals(home: PracticeHome) -> None:
    """C1 of T1 reversed by T3 and posted again by T4; T2 reverses C2, which is not posted."""
    home.expect(expects("C1"), expects("C2"))
    home.run(remittance("90", claim("C1"), trace="T1"), remittance("-90", reversal("C2"), trace="T2"))
    home.run(remittance("-90", reversal("C1"), trace="T3"))
    assert home.era("post", "T3", "C1", "--by", "Ann").code == 0
    home.run(remittance("88", claim("C1", "120", "88", "32", payer_claim_number="ICN2"), trace="T4"))


def odd_claims(home: PracticeHome) -> None:
    """C1 is posted, T2 pays it again; T3 cannot be posted as it stands; T4 names C6 twice; T5 came twice, changed."""
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


def two_plans(home: PracticeHome) -> None:
    """The primary plan's answer to C1 is posted; T2 and T6 are the secondary's. T4 pays more on C3, T5 pays C4.

    RFI 1696: charge 500; the primary pays 300, writes off 125, leaves 75; the secondary pays 65 and states 435.
    """
    home.expect(
        expects("C1", "300", "500", plans=2, patient="P1"),
        expects("C2", "75", "500", plans=2, ordinal=2, patient="P1"),
        expects("C3"),
        [row | {"line_number": number} for number in (1, 2) for row in expects("C4")],
    )
    first = claim("C1", "500", "300", "125", "CAS*PR*2*75", responsibility="75")
    home.run(remittance("300", first, trace="T1"))
    assert home.era("post", "T1", "C1", "--by", "Ann").code == 0
    home.run(remittance("65", claim("C2", "500", "65", "435", status="2"), trace="T2"))
    home.run(remittance("100", claim("C3", "120", "100", "20", "CAS*PR*2*0"), trace="T3"))
    home.run(remittance("20", claim("C3", "120", "20", "10", "CAS*CO*97*90", payer_claim_number="I2"), trace="T4"))
    home.run(remittance("90", claim("C4", "240", "90", "150"), trace="T5"))
    home.run(remittance("100", claim("C2", "500", "100", "400", status="2", payer_claim_number="I3"), trace="T6"))


def adjustments(home: PracticeHome) -> None:
    """T1 holds a recovery nobody can read; T2 came twice, changed; T3 is left for its reason."""
    home.run(*(paired(each, trace) for each, trace in (("WO:K1*1x0", "T1"), ("WO:Q5*-10", "T2"), ("WO:Q6*-10", "T2"))))
    home.run(paired("ZZ:Q*-5", "T3", "5"))


def paired(pair: str, trace: str, amount: str = "10") -> str:
    return remittance(amount, trace=trace, after=[f"PLB*1234567893*20261231*{pair}"])


def matched(home: PracticeHome) -> None:
    """C1 of T1 is matched by hand to C7, C2 of T1 to no claim; both are open."""
    home.expect(expects("C1", "100"), expects("C2", "100"), expects("C7", "100"))
    home.run(remittance("180", claim("C1"), claim("C2"), trace="T1"))
    assert home.era("match", "T1", "C1", "--to", "C7", "--by", "Ann").code == 0
    assert home.era("unmatch", "T1", "C2", "--by", "Ann").code == 0


def imports(home: PracticeHome) -> None:
    """C1 is posted, and a claims file tells of it again; another home has a question mark in its name."""
    usual(home)
    make_practice(home.root.parent / "what?")
    (home.root / "again.csv").write_text(claims_csv(expects("C1", "100")), encoding="utf-8")


def quarantined_files(home: PracticeHome) -> None:
    """A file in quarantine was changed, and one is gone."""
    for name in ("changed.835", "gone.835"):
        home.receive(f"no remittance: {name}", name)
    assert home.era("run").code == 3
    (home.root / "quarantine" / "changed.835").write_text("something else")
    (home.root / "quarantine" / "gone.835").unlink()


def keys(home: PracticeHome) -> None:
    """Keys beside the home, one of them for all to read; the home is sealed with first.key, which is not given."""
    keys = {"first.key": "11" * 32, "second.key": "22" * 32, "open.key": "33" * 32}
    for name, secret in keys.items():
        (home.root.parent / name).write_text(secret)
        (home.root.parent / name).chmod(0o644 if name == "open.key" else 0o600)
    (home.root / "inside.key").write_text(keys["first.key"])
    (home.root / "inside.key").chmod(0o600)
    home.set({KEY_FILE: "../first.key"})
    home.receive(CUT, "cut.835")
    assert home.era("run").code == 3
    assert home.era("backup", home.root.parent / "sealed.era").code == 0
    sealed = (home.root / "quarantine" / "cut.835").read_bytes()
    (home.root / "damaged.835").write_bytes(sealed[:-1])
    (home.root / "newer.835").write_bytes(sealed.replace(b"sealed file 1", b"sealed file 2", 1))
    home.set({})


def damaged_file(home: PracticeHome) -> None:
    """The home is sealed and its key is given; a file of its quarantine lost its end."""
    keys(home)
    home.set({KEY_FILE: "../first.key"})
    (home.root / "quarantine" / "cut.835").write_bytes((home.root / "damaged.835").read_bytes())


def change_of_key(home: PracticeHome) -> None:
    """The files of the home were being sealed anew with another key, and only the new one is given."""
    keys(home)
    home.set({KEY_FILE: "../first.key"})
    remembered = json.loads((home.root / ".sealed-with").read_text())
    (home.root / ".sealed-with").write_text(json.dumps(remembered | {"earlier": ["0123456789abcdef"]}))


def restoring(home: PracticeHome) -> None:
    """A backup beside the home, a copy of it that is cut, and a folder and a database that are in use."""
    whole = home.root.parent / "whole.era"
    assert home.era("backup", whole).code == 0
    (home.root.parent / "cut.era").write_bytes(whole.read_bytes()[:-300])
    (home.root.parent / "full").mkdir()
    (home.root.parent / "full" / "notes.txt").write_text("mine")
    (home.root.parent / "books.db").write_text("")


def newer(home: PracticeHome) -> None:
    """A newer program used this database."""
    usual(home)
    home.change("UPDATE alembic_version SET version_num = '9999'")


def audit_log(home: PracticeHome) -> None:
    """What the home remembers of its audit log is no row of it."""
    usual(home)
    head = home.root / ".audit-head"
    head.write_text(json.dumps(json.loads(head.read_text()) | {"hash": "0" * 64}))


def audit_head(home: PracticeHome) -> None:
    """What the home remembers of its audit log cannot be read."""
    usual(home)
    (home.root / ".audit-head").write_text("{")


def home_id(home: PracticeHome) -> None:
    """Somebody deleted the identity of the home, of which an older program remembered no more."""
    usual(home)
    (home.root / ".home-id").unlink()
    head = home.root / ".audit-head"
    head.write_text(json.dumps({key: value for key, value in json.loads(head.read_text()).items() if key != "office"}))


def sealed_with(home: PracticeHome) -> None:
    """What the home remembers of its key cannot be read."""
    keys(home)
    (home.root / ".sealed-with").write_text("{")


def no_database(home: PracticeHome) -> None:
    """The server of the database does not answer."""
    home.set({"database": "postgresql+psycopg://era@127.0.0.1:1/era"})


def holds(home: PracticeHome) -> None:
    """A hold that may not warn is set to, and there is no hold of another name."""
    home.set({"holds.already-posted": "warn", "holds.reversed": "hold"})


def later_plan(home: PracticeHome) -> None:
    """The secondary plan answered C2, and the primary's answer to C1 is not posted."""
    home.expect(
        expects("C1", "300", "500", plans=2, patient="P1"), expects("C2", "75", "500", plans=2, ordinal=2, patient="P1")
    )
    home.run(remittance("65", claim("C2", "500", "65", "435", status="2"), trace="T2"))


def fillings(home: PracticeHome) -> None:
    """Two fillings on one day, each of 120; C1 is posted, and T2 pays for it again. T3 writes off too much of C3."""
    home.expect(expects("C1", plans=2, patient="P1"), expects("C2", plans=2, patient="P1"), expects("C3"))
    home.run(remittance("90", claim("C1"), trace="T1"))
    assert home.era("post", "T1", "C1", "--by", "Ann").code == 0
    home.run(remittance("40", claim("C1", "120", "40", "80", payer_claim_number="I2"), trace="T2"))
    more_than_owed = claim("C3", "120", "60", "90", "CAS*PR*2*30", "CAS*OA*94*-60", responsibility="30")
    home.run(remittance("60", more_than_owed, trace="T3"))


def thresholds(home: PracticeHome) -> None:
    """The only override is written on one line of era.toml, for one of two payers called Delta."""
    rows = [expects(number)[0] | {"payer_id": payer} for number, payer in (("C1", "DDP71"), ("C2", "DDP72"))]
    home.expect([rows[0]], [rows[1] | {"payer_name": "Delta Dental of Iowa"}])
    toml = home.root / "era.toml"
    toml.write_text(f'{toml.read_text()}override = [{{ payer = "DDP71", holds.denied = "warn" }}]\n')
    assert home.era("settings", "history").code == 0


SITUATIONS: dict[str, Callable[[PracticeHome], None]] = {
    each.__name__: each
    for each in (
        *(reversals, odd_claims, two_plans, adjustments, matched, imports, quarantined_files, keys, restoring, newer),
        *(
            audit_log,
            audit_head,
            home_id,
            sealed_with,
            no_database,
            damaged_file,
            change_of_key,
            holds,
            later_plan,
            fillings,
            thresholds,
        ),
    )
}
