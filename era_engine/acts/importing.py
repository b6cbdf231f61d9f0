"""What a practice loads: claims it sent, what payers allow, what reached the bank. A file is taken whole or not at all.

Each import is an act of the audit log: the file's hash, and what came of it in numbers.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from era_engine.bank.dialect import OWN as DIALECTS
from era_engine.bank.files import read_bank_file
from era_engine.foundation.clock import now, today
from era_engine.home.folder import Home
from era_engine.practice.claims_837 import is_x12, read_sent_claims
from era_engine.practice.claims_csv import read_claims
from era_engine.practice.fees_csv import read_fees
from era_engine.store.books import audit
from era_engine.store.database import Connection, Database, until_unblocked
from era_engine.store.insurance.deposits import Added, add_deposits
from era_engine.store.practice.claims import save_claims
from era_engine.store.practice.fees import FeesImported, save_fees
from era_engine.store.practice.sent_claims import SentImported, save_sent_claims
from era_engine.x12.source import examine

_Numbers = TypeVar("_Numbers", bound=NamedTuple)


class ClaimsImport(NamedTuple):
    """What an import of claims did. beyond_plan_count: of a CSV, claims sent to a plan beyond those of the patient.

    Of an 837: without_expected: claims with a line whose expected amount is not known; voids: (claim number, whether
    nothing is expected for it from now on, or it was no open claim); predeterminations: passed over.
    """

    added: int
    updated: int
    beyond_plan_count: tuple[str, ...] = ()
    without_expected: int = 0
    voids: tuple[tuple[str, bool], ...] = ()
    predeterminations: int = 0


class DepositsImport(NamedTuple):
    """What an import of a bank's file did: deposits added and known before, and what it passed over.

    other_money: entries that are no insurance money. Of all deposits the file tells: without_trace, taken_back. alike:
    of those added, how many may be one that was there, told with or without its payer or originator.
    """

    added: int
    known: int
    other_money: int
    without_money: int
    without_trace: int
    taken_back: int
    alike: int


def import_claims(home: Home, database: Database, file: Path) -> ClaimsImport:
    """Load claims from CSV or X12 837, told apart by content. Raises ClaimsFileError with every fault."""
    if not is_x12(file):
        claims = read_claims(file)
        done = _carry_out(home, database, "import-claims", file, partial(save_claims, imported=claims))
        beyond = tuple(claim.claim_number for claim in claims if claim.plan_ordinal > claim.plan_count)
        return ClaimsImport(done.added, done.updated, beyond)
    sent = read_sent_claims(file)
    saved = _carry_out(home, database, "import-claims", file, partial(save_sent_claims, sent=sent, path=file))
    return ClaimsImport(
        saved.claims.added,
        saved.claims.updated,
        without_expected=saved.without_expected,
        voids=tuple((number, number in saved.voided) for number in sent.voided),
        predeterminations=sent.predeterminations,
    )


def import_fees(home: Home, database: Database, file: Path) -> FeesImported:
    """Load a fee schedule, from which expected amounts follow. Raises ClaimsFileError with every fault."""
    fees = read_fees(file, f"{file.name} of {today()}")
    return _carry_out(home, database, "import-fees", file, partial(save_fees, imported=fees))


def import_deposits(home: Home, database: Database, file: Path) -> DepositsImport:
    """Load what a bank's file tells. Raises ClaimsFileError with every fault, RulesError for a dialect of the home."""
    read = read_bank_file(file, home.root / DIALECTS)
    add = partial(add_deposits, found=read.deposits, source=file.name, imported_at=now())
    done: Added = _carry_out(home, database, "import-bank", file, add)
    return DepositsImport(
        added=done.added,
        known=done.known,
        other_money=read.passed_over,
        without_money=read.without_money,
        without_trace=sum(not deposit.trace_number for deposit in read.deposits),
        taken_back=sum(deposit.cents < 0 for deposit in read.deposits),
        alike=done.alike,
    )


def _carry_out(
    home: Home, database: Database, act: str, file: Path, save: Callable[[Connection], _Numbers]
) -> _Numbers:
    """Save what a file holds and write the import into the audit log, both or neither."""

    def once() -> _Numbers:
        with database.writing() as connection:
            done = save(connection)
            counted = done.claims if isinstance(done, SentImported) else done
            counts = {name: value for name, value in counted._asdict().items() if isinstance(value, int)}
            audit.append(connection, home.identity, act, {"sha256": examine(file).sha256, **counts})
            return done

    return until_unblocked(once)
