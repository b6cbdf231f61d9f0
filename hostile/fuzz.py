"""Fuzz what reads files of others, with atheris (libFuzzer): only findings and EraErrors, no claim lost, no hang.

    python hostile/fuzz.py TARGET [OPTION OF LIBFUZZER...]

TARGET is 835 (tokens, survey, claims, balance; the properties of tests/support/file_properties.py), 837, bank or
csv. The corpus starts from sample_835, tests/fixtures and tests/errors. An input that breaks a property is written to
hostile/work/TARGET-….; `python hostile/fuzz.py TARGET FILE` runs it again. Limits: ten seconds and 512 MiB an input.
"""

import random
import sys
from collections.abc import Callable
from pathlib import Path

import atheris

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

with atheris.instrument_imports(include=["era_engine"]):
    from file_properties import check

    from era_engine.bank.files import read_bank_file
    from era_engine.foundation.errors import EraError
    from era_engine.practice.claims_837 import read_sent_claims
    from era_engine.practice.claims_csv import read_claims
    from era_engine.practice.fees_csv import read_fees

WORK = HERE / "work"
SEEDS = {
    "835": ["sample_835/*.835", "tests/fixtures/*/*.835", "tests/errors/reader/*.835"],
    "837": ["sample_835/*.837", "tests/errors/claims_837/*.edi"],
    "bank": ["sample_835/*.ach", "tests/errors/bank/*.ach", "tests/errors/bank/*.csv"],
    "csv": ["sample_835/*.csv", "tests/errors/claims/*.csv", "tests/errors/fees/*.csv"],
}
# What breaks readers: delimiters, the beginnings of segments, numbers that are none.
PIECES = [
    *(b"*", b"~", b":", b"^", b"\n", b"\r\n", b"\x00", b"\x1a", b"\x1d", b"\xef\xbb\xbf", b"\xe2\x88\x92", b'"', b","),
    *(b"ISA*", b"IEA*1*000000001~", b"GS*", b"GE*1*1~", b"ST*835*0001~", b"SE*", b"CLP*C1*1*120*90**12~", b"LX*1~"),
    *(b"CLP~", b"SVC*AD:D0120*120*90~", b"CAS*CO*45*30~", b"CAS*CO*45*30**45*30~", b"PLB*1*20261231*WO:A*10~"),
    *(b"NM1*QC*1*DOE~", b"N1*PR*X~", b"BPR*I*90*C*ACH~", b"TRN*1*X~", b"REF*6R*1~", b"DTM*472*00000000~", b"AMT*B6*1~"),
    *(b"0", b"-0", b"-", b".", b"1E3", b"NaN", b"90.005", b"999999999999", b"\xd9\xa3", b"22", b"20260230", b" "),
    *(b"HL*1**20*1~", b"CLM*C1*120***11:B:1~", b"SV3*AD:D0120*120~", b"TRN*1*X*1\\", b"6", b"7", b"8", b"9" * 94),
]


def one_file(content: bytes) -> Path:
    """The input as a file, for readers that take a path."""
    path = Path("/dev/shm" if Path("/dev/shm").is_dir() else str(WORK)) / f"era-fuzz-{TARGET}-{RUN}"
    path.write_bytes(content)
    return path


def fuzz_835(content: bytes) -> None:
    size = 1 + len(content) // 3
    check(content, size=size if size % 4 == 0 else None)  # every fourth is read twice


def _refuses_or_reads(read: Callable[[Path], object]) -> Callable[[bytes], None]:
    def fuzz(content: bytes) -> None:
        path = one_file(content)
        assert _said(read, path) == _said(read, path), "a file says something else when it is read again"

    return fuzz


def _said(read: Callable[[Path], object], path: Path) -> object:
    try:
        return read(path)
    except EraError as error:
        return error.problem, error.remedy


TARGETS: dict[str, Callable[[bytes], None]] = {
    "835": fuzz_835,
    "837": _refuses_or_reads(read_sent_claims),
    "bank": _refuses_or_reads(read_bank_file),
    "csv": lambda content: (
        _refuses_or_reads(read_claims)(content),
        _refuses_or_reads(lambda path: read_fees(path, "fees.csv"))(content),
    )[1],
}


def mutated(content: bytes, most: int, seed: int) -> bytes:
    """Cut where segments or rows end, and moved about; or bytes changed the way libFuzzer does."""
    chance = random.Random(seed)
    if chance.random() < 0.3:
        return atheris.Mutate(content, most)
    end = b"~" if b"~" in content else b"\n"
    parts = content.split(end)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(parts))
        match chance.randrange(7):
            case 0:
                del parts[at]
            case 1:
                parts.insert(chance.randrange(len(parts) + 1), parts[at])
            case 2:
                other = chance.randrange(len(parts))
                parts[at], parts[other] = parts[other], parts[at]
            case 3:
                parts.insert(at, chance.choice(PIECES).rstrip(b"~"))
            case 4:
                cells = parts[at].split(b"*" if end == b"~" else b",")
                cells[chance.randrange(len(cells))] = chance.choice(PIECES)
                parts[at] = (b"*" if end == b"~" else b",").join(cells)
            case 5:
                where = chance.randrange(len(parts[at]) + 1)
                parts[at] = parts[at][:where] + chance.choice(PIECES) + parts[at][where:]
            case _:
                other = chance.randrange(len(parts))
                parts[at:] = parts[other:]
        parts = parts or [b""]
    return end.join(parts)[:most]


def crossed(one: bytes, other: bytes, most: int, seed: int) -> bytes:
    """The beginning of one file and the end of another."""
    chance = random.Random(seed)
    return (one[: chance.randrange(len(one) + 1)] + other[chance.randrange(len(other) + 1) :])[:most]


def seeds() -> Path:
    """The corpus to begin with, each file as it is."""
    folder = WORK / f"corpus-{TARGET}"
    folder.mkdir(parents=True, exist_ok=True)
    for pattern in SEEDS[TARGET]:
        for path in sorted(ROOT.glob(pattern)):
            content = path.read_bytes()
            if len(content) <= 4096:
                (folder / f"seed-{path.parent.name}-{path.name}").write_bytes(content)
    return folder


if __name__ == "__main__":
    TARGET, *options = sys.argv[1:]
    RUN = random.SystemRandom().randrange(10**9)
    files = [each for each in options if not each.startswith("-")]
    if files:
        for file in files:
            TARGETS[TARGET](Path(file).read_bytes())
        sys.exit()
    limits = ["-timeout=10", "-rss_limit_mb=512", "-max_len=4096", f"-artifact_prefix={WORK}/{TARGET}-"]
    atheris.Setup(
        [sys.argv[0], *limits, *options, str(seeds())],
        TARGETS[TARGET],
        custom_mutator=mutated,
        custom_crossover=crossed,
    )
    atheris.Fuzz()
