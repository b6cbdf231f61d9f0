"""Names as they are compared: without case, accents and punctuation; a suffix (Jr, III) apart from the last name."""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

# NM107 and last names: what is written, and what it is compared as
_SUFFIXES = {
    "jr": "jr",
    "junior": "jr",
    "sr": "sr",
    "senior": "sr",
    "ii": "ii",
    "2nd": "ii",
    "iii": "iii",
    "3rd": "iii",
    "iv": "iv",
    "4th": "iv",
    "v": "v",
    "5th": "v",
}


class Surname(NamedTuple):
    """A last name without its suffix; the suffix is empty where there is none."""

    name: str
    suffix: str


@lru_cache(maxsize=65536)
def letters(text: str) -> str:
    """Small letters and digits without accents, blanks and punctuation: `O'Brién` is obrien."""
    return "".join(_words(text))


@lru_cache(maxsize=65536)
def surname(last_name: str, suffix: str = "") -> Surname:
    """Name and suffix, which one side keeps in the last name and the other in a field of its own or nowhere."""
    words = _words(last_name)
    found = ""
    while len(words) > 1 and words[-1] in _SUFFIXES:
        found = _SUFFIXES[words.pop()]
    return Surname("".join(words), found or _SUFFIXES.get(letters(suffix), ""))


def contradict(one: Surname, other: Surname) -> bool:
    """Whether both have a suffix, and not the same: father and son."""
    return bool(one.suffix and other.suffix) and one.suffix != other.suffix


def with_suffix(last_name: str, suffix: str) -> str:
    """A last name with the suffix told beside it, where it has none yet and this is one (Esq or DDS is not)."""
    known = surname(last_name, suffix).suffix
    return f"{last_name} {suffix}" if known and not surname(last_name).suffix else last_name


def _words(text: str) -> list[str]:
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()
    return re.findall(r"[^\W_]+", plain)
