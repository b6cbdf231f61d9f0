"""Who a patient is, where the office's own number of the patient is not told.

Two claims are one patient's when last name, first name and a known birth date agree, whatever plan they went to;
without a birth date when the names and the member id agree. In doubt they are two patients, and each claim still
carries how many plans it names itself.
"""

import hashlib
import re
import unicodedata
from datetime import date


def name_key(last_name: str, first_name: str) -> str:
    """The same for two spellings of a name that differ in case, accents, blanks or punctuation only."""
    return f"{_letters(last_name)},{_letters(first_name)}"


def derived_patient_id(last_name: str, first_name: str, birth_date: date | None, subscriber_id: str) -> str:
    """A number for a patient whose number is not told: P and 12 hexadecimal digits, the same whenever it is asked."""
    known = birth_date.isoformat() if birth_date else f"member {_letters(subscriber_id)}"
    digest = hashlib.sha256(f"{name_key(last_name, first_name)},{known}".encode())
    return f"P{digest.hexdigest()[:12].upper()}"


def _letters(text: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()
    return "".join(re.findall(r"[^\W_]+", plain))
