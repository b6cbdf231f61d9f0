"""A payment is recognised by its content: whatever it is wrapped in, and only when nothing in it differs."""

from pathlib import Path

import pytest
from reading import read
from remittance_text import Delimiters, claim, group, interchange, payment, remittance_file, transaction_set, written

CONTENT = payment("80", claim(), after=["PLB*1*20261231*WO:REF*10"])


def fingerprint(folder: Path, text: str) -> str:
    return read(folder, text).remittance.fingerprint


@pytest.mark.parametrize(
    "delimiters",
    [
        Delimiters(line_end=""),
        Delimiters(line_end="\r\n"),
        Delimiters("|", ">", "!", "'"),
        Delimiters("*", "\x1f", "^", "\x1c", ""),
        Delimiters("\x1d", "\x1f", "\x1c", "\x1e"),
        Delimiters("\x1e", "\x1f", "^", "~"),
        Delimiters("\x1f", "\x1e", "^", "~"),
        Delimiters(terminator="", line_end="\n"),
        Delimiters(":", "*", "^", "~"),
    ],
    ids=repr,
)
def test_the_same_content_has_the_same_fingerprint_whatever_the_delimiters(
    tmp_path: Path, delimiters: Delimiters
) -> None:
    usual = fingerprint(tmp_path, remittance_file(transaction_set(CONTENT)))
    assert fingerprint(tmp_path, remittance_file(transaction_set(CONTENT), delimiters=delimiters)) == usual


def test_the_same_content_has_the_same_fingerprint_in_another_envelope(tmp_path: Path) -> None:
    usual = fingerprint(tmp_path, remittance_file(transaction_set(CONTENT)))
    other = written(interchange(group(transaction_set(CONTENT, "4711"), control="99"), control="000000815"))
    assert fingerprint(tmp_path, other) == usual
    assert fingerprint(tmp_path, remittance_file(transaction_set(CONTENT)).lower()) == usual


@pytest.mark.parametrize("at", range(len(CONTENT)))
def test_one_digit_or_letter_makes_another_fingerprint(tmp_path: Path, at: int) -> None:
    segment = CONTENT[at]
    changed = segment[:-1] + ("8" if segment[-1] != "8" else "9")
    other = [*CONTENT[:at], changed, *CONTENT[at + 1 :]]
    usual = fingerprint(tmp_path, remittance_file(transaction_set(CONTENT)))
    assert fingerprint(tmp_path, remittance_file(transaction_set(other))) != usual


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("AD:D0120*120", "AD*D0120:120"),
        ("CLP*C1*1", "CLP*C11"),
        ("DTM*472*20261005~\nCAS*", "DTM*472*20261005*CAS*"),
        ("LX*1~\n", ""),
        ("N1*PE*LINDEN", "N1*PE* LINDEN"),
    ],
)
def test_another_structure_makes_another_fingerprint(tmp_path: Path, old: str, new: str) -> None:
    text = remittance_file(transaction_set(CONTENT))
    assert old in text
    assert fingerprint(tmp_path, text.replace(old, new)) != fingerprint(tmp_path, text)


def test_the_order_of_segments_makes_another_fingerprint(tmp_path: Path) -> None:
    both = [transaction_set(payment("180", *claims)) for claims in ([claim("A"), claim("B")], [claim("B"), claim("A")])]
    assert len({fingerprint(tmp_path, remittance_file(each)) for each in both}) == 2
