"""What a quarantined file's `.txt` says: what is wrong, where, and what to do, for somebody who meets it at night.

Nothing of a file's content is in it, so no patient is: findings are told by their code, in the sentences below, and by
the number of their segment.
"""

import shlex
from collections.abc import Iterable
from pathlib import Path

from era_engine.x12.finding import Finding

# Findings about a file as such: their messages are made of numbers alone, so they are told as they are.
OF_THE_FILE = frozenset(
    [
        "file-too-large",
        "container-damaged",
        "container-document",
        "container-empty",
        "container-too-large",
        "container-in-container",
        "member-damaged",
        "member-encrypted",
    ]
)
_WRONG = {
    "no-interchange": "This is not an X12 file: it has no interchange header (ISA) at the start, or a damaged one."
    " It may be a letter, a PDF, a report, another kind of file, or an empty one.",
    "no-transaction-set": "The file has no ERA (no 835 transaction set).",
    "not-a-5010-remittance": "A transaction set cannot be read here: it is not an 835, or not version 005010X221A1.",
    "cut-transaction-set": "A payment (transaction set) is cut off: it has no end (SE). None of this payment is"
    " posted.",
    "cut-segment": "The file ends in the middle of a segment. It was cut off in transfer.",
    "missing-trailer": "The trailer (GE or IEA) is missing. The file was probably cut off here.",
    "text-outside-interchange": "There is text outside any interchange (ISA to IEA).",
    "segment-outside-transaction": "A claim payment is outside any payment (transaction set).",
    "segment-too-long": "A segment does not end. Nothing after this point was read.",
    "claim-not-used": "A claim payment belongs to a payment that cannot be used. It is not posted.",
}
_CONFORMANCE = "A payment breaks the X12 implementation guide so badly that none of it is used."
_UNKNOWN = "A part of the file cannot be used ({code})."
_ASK = "Ask the sender to resend the whole file, and put it into inbox/ unchanged. What was posted before is"
_REMEDY = {
    "no-interchange": "If it is not an ERA, there is nothing to do here. If it should be one, ask the sender for"
    " the 835 itself (X12, version 005010X221A1) and put it into inbox/.",
    "no-transaction-set": "If you expected money, ask the sender for the 835 that belongs to it.",
    "not-a-5010-remittance": "Ask the sender for an 835 in version 005010X221A1 and put it into inbox/.",
    "file-too-large": "If it is an ERA, raise largest_megabytes under [files] in era.toml, then try again.",
    "container-too-large": "If it has ERAs in it, raise largest_megabytes under [files] in era.toml, then try"
    " again. Or unpack it yourself and put the files into inbox/.",
    "container-document": "If it has an ERA in it, ask the sender for the 835 itself and put it into inbox/.",
    "container-in-container": "Unpack it yourself and put the files into inbox/.",
    "member-encrypted": "Unpack it yourself with its password and put the files into inbox/.",
    "container-empty": "Ask the sender for the file again, and put it into inbox/.",
}
_MOST_PLACES = 8


def note_name(name: str) -> str:
    """The name of the note beside a file of this name."""
    return f"{name}.txt"


def note(home: Path, name: str, size: int, findings: Iterable[Finding]) -> str:
    """The text beside `quarantine/name`, a file of `size` bytes; the same for the same file and findings."""
    rejects = [each for each in findings if each.severity == "reject"]
    path = shlex.quote(str(home / "quarantine" / name))
    again = f"era requeue {path} --home {shlex.quote(str(home))}"
    remedies = list(dict.fromkeys(_remedy(each.code) for each in rejects)) or [_remedy("")]
    lines = [
        f"{_on_one_line(name)} ({size:,} bytes) is quarantined: some or all of it could not be used.",
        "Nothing is lost: the file is next to this note, unchanged. Complete payments in it were still decided;",
        "`era eras` lists them.",
        "",
        "What is wrong",
        *(f"  - {sentence}" for sentence in _wrong(rejects)),
        "",
        "What to do",
        f"  - See the details (the output names patients):  era inspect {path}",
        *(f"  - {remedy}" for remedy in remedies),
        f"  - Try this file again, after you change settings, rules or program:  {again}",
        "  - Leave this file and this note where they are. `era run` never posts twice what it read before.",
    ]
    return "\n".join(lines) + "\n"


def _on_one_line(name: str) -> str:
    return "".join(each if each.isprintable() else "�" for each in name)


def _wrong(rejects: list[Finding]) -> list[str]:
    places: dict[str, list[int]] = {}
    for each in rejects:
        known = places.setdefault(_sentence(each), [])
        if each.segment_number is not None:
            known.append(each.segment_number)
    return [_at(numbers) + sentence for sentence, numbers in places.items()]


def _at(numbers: list[int]) -> str:
    if not numbers:
        return ""
    numbers = sorted(set(numbers))
    more = f" and {len(numbers) - _MOST_PLACES:,} more" if len(numbers) > _MOST_PLACES else ""
    return f"segment{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers[:_MOST_PLACES]))}{more}: "


def _sentence(finding: Finding) -> str:
    if finding.code in OF_THE_FILE:
        return finding.message
    if finding.code.startswith("conformance-"):
        return _CONFORMANCE
    return _WRONG.get(finding.code, _UNKNOWN.format(code=finding.code))


def _remedy(code: str) -> str:
    return _REMEDY.get(code, f"{_ASK} recognized; the rest is decided.")
