"""Money that reached the bank, as its files tell it."""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import date
from hashlib import sha256
from string import ascii_lowercase, ascii_uppercase
from typing import NamedTuple

_CAPITALS = str.maketrans(ascii_lowercase, ascii_uppercase)


class Deposit(NamedTuple):
    """One movement of insurance money in a bank's file.

    cents: negative where money was taken back. trace_number: in capitals without blanks around it, "" where the bank
    gave none. originator: who issued it (TRN03). place: where it stands in its file. identity: the same whenever the
    bank tells the same movement again. number: the how-manieth of equal ones in its file. formerly: what its identity
    was made of before payer and originator belonged to it; None where it is made of the same as ever.
    """

    date: date
    cents: int
    trace_number: str
    originator: str | None
    payer: str | None
    place: str
    identity: str
    number: int = 1
    formerly: tuple[str, ...] | None = None


class BankFile(NamedTuple):
    """The insurance money of one file; how many entries are none, and how many carry no money."""

    deposits: tuple[Deposit, ...]
    passed_over: int = 0
    without_money: int = 0


def identified(told: Iterable[tuple[tuple[str, ...], Deposit]], number_at: int | None = None) -> tuple[Deposit, ...]:
    """Deposits with their identities, made of what the bank wrote of each.

    Equal ones are counted apart: a payer that pays twice has paid twice. But where the bank numbers them (the number
    stands at `number_at`), equal ones are one, told twice.
    """
    before: Counter[tuple[str, ...]] = Counter()
    deposits = []
    for written, deposit in told:
        numbered = number_at is not None and written[number_at].strip("0") != ""
        before[written] += 1
        number = 1 if numbered else before[written]
        deposits.append(deposit._replace(identity=identity_of(written, number), number=number))
    return tuple(deposits)


def identity_of(written: tuple[str, ...], number: int) -> str:
    """The identity of the deposit of which the bank wrote this, the how-manieth of equal ones."""
    return sha256(json.dumps([*written, number]).encode()).hexdigest()


def name_key(name: str | None) -> str:
    """A name as it is compared: in capitals, single blanks between its words; "" for none."""
    return " ".join((name or "").upper().split())


def trace_number(written: str) -> str:
    """A trace number as it is compared: without blanks around it, A to Z in capitals, as a database writes them too."""
    return written.strip().translate(_CAPITALS)
