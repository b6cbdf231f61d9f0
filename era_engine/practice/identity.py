"""Who a patient is, where the practice's own number of the patient is not told.

Two claims are one patient's when last name, first name and a known birth date agree, whatever plan they went to;
without a birth date when the names, with their suffixes, and the member id agree. In doubt they are two patients, and
each claim still carries how many plans it names itself.
"""

import hashlib
from datetime import date

from era_engine.practice.model import Claim
from era_engine.practice.names import contradict, letters, surname


def name_key(last_name: str, first_name: str, birth_date: date | None) -> str:
    """The same for two spellings of a name that differ in case, accents, blanks or punctuation only.

    A suffix, which not every claim repeats, counts only where no birth date tells father and son apart.
    """
    name, suffix = surname(last_name)
    return f"{name}{suffix if birth_date is None else ''},{letters(first_name)}"


def derived_patient_id(last_name: str, first_name: str, birth_date: date | None, subscriber_id: str) -> str:
    """A number for a patient whose number is not told: P and 12 hexadecimal digits, the same whenever it is asked."""
    known = birth_date.isoformat() if birth_date else f"member {letters(subscriber_id)}"
    digest = hashlib.sha256(f"{name_key(last_name, first_name, birth_date)},{known}".encode())
    return f"P{digest.hexdigest()[:12].upper()}"


def same_patient(one: Claim, other: Claim) -> bool:
    """Whether two claims of one claim number may be one patient's: names agree, and birth dates where both are told."""
    days = {one.birth_date, other.birth_date} - {None}
    if len(days) > 1 or contradict(surname(one.last_name), surname(other.last_name)):
        return False
    names = {(surname(each.last_name).name, letters(each.first_name)) for each in (one, other)}
    return len(names) == 1
