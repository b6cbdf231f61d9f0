"""The audit log held against itself, against the books, and against what the home remembers of it."""

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from era_engine.foundation.errors import InstallationError, UsageError
from era_engine.home.folder import Home, write_whole
from era_engine.store.append_only import missing_triggers
from era_engine.store.books import audit, settings_texts
from era_engine.store.books.audit import GENESIS, AuditRow, Head
from era_engine.store.database import Connection, Database

BEGINNING = Head(0, GENESIS)  # what a home remembers before its first act, so that it never has nothing to remember
_MOST_TOLD = 20  # problems listed for each kind; a broken chain of a million rows is one problem, not a million


class Audited(NamedTuple):
    """`problems` is empty when every chain holds; `head` is the last row of this home's chain, if it has any."""

    problems: list[str]
    rows: int
    payments: int
    head: Head | None


def keep_head(home: Home, database: Database) -> None:
    """Remember outside the database how far the audit log goes, so that rows cut off its end are missed.

    Raises InstallationError where the log does not hold what is remembered; then nothing is remembered anew.
    """
    remembered = remembered_head(home)
    with database.reading() as connection:
        head = audit.heads(connection).get(home.identity, BEGINNING)
        if head == remembered:
            return
        if remembered is not None and not _holds(connection, home, remembered):
            raise InstallationError(
                f"Row {remembered.seq} of the audit log, which this home remembers, is gone.",
                "Check that `database` in era.toml names this practice's database, and that it exists. If it does,"
                " run `era audit verify`, and restore the last backup that passes it. If you replaced the database"
                " yourself, delete .audit-head.",
            )
    write_whole(home.audit_head, json.dumps(head._asdict() | {"office": home.identity}))


def _holds(connection: Connection, home: Home, place: Head) -> bool:
    """Whether the log of this home holds a row, or begins where the home says that it had none."""
    return place == BEGINNING or audit.hash_at(connection, home.identity, place.seq) == place.hash


def remembered_head(home: Home) -> Head | None:
    """The last row this home remembers; None where it remembers none."""
    try:
        known = json.loads(home.audit_head.read_text(encoding="ascii"))
        return Head(int(known["seq"]), str(known["hash"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise InstallationError(
            f"{home.audit_head} is damaged.", "Run `era audit verify --expect SEQ:HASH`, then delete the file."
        ) from error


def parse_head(text: str) -> Head:
    """`SEQ:HASH`, as `era audit verify` prints it. Raises UsageError."""
    seq, _, last = text.partition(":")
    if not (seq.isascii() and seq.isdigit() and len(seq) < 19 and len(last) == 64):
        raise UsageError(f"{text} is not a place in an audit log.", "Give SEQ:HASH as `era audit verify` prints it.")
    return Head(int(seq), last)


def known_act(name: str) -> str:
    """The name of a kind of act. Raises UsageError for another: mistyped, it must not look like "never done"."""
    if name not in audit.ACTS:
        raise UsageError(f"There is no act {name}.", f"Give one of {', '.join(sorted(audit.ACTS))}.")
    return name


def audit_verify(home: Home, database: Database, expected: Head | None = None) -> Audited:
    """Prove every chain of the database row by row, and every sealed payment against the books.

    `expected`: a place of this home's chain noted elsewhere earlier, which must still be there.
    """
    chains = _Chains()
    with database.reading() as connection:
        for row in audit.audit_rows(connection):
            chains.take(row)
        problems = chains.problems()
        known = audit.heads(connection)
        problems += _heads(known, chains.ends)
        for place, what in ((remembered_head(home), "this home remembers"), (expected, "was expected")):
            if place and not _holds(connection, home, place):
                problems.append(
                    f"Row {place.seq}, which {what}, is not in this practice's log. The row was changed, or rows are"
                    f" missing from the end (the log ends at {_end(chains.ends, home)})."
                )
        problems += _unremembered(home, chains.ends)
        problems += [
            f"Trigger {each.name}, which protects {each.table} from changes, is missing or disabled. Restore it with"
            f" the database's own tool: {each.made_by}"
            for each in missing_triggers(connection)
        ]
        sealed = chains.seals
        wrong = []
        payments = 0
        for payment_id, seal in audit.seals(connection):
            payments += 1
            last = sealed.pop(payment_id, None)
            if last is None:
                wrong.append(f"Payment {payment_id} is in the books, but no act in the audit log put it there.")
            elif last != seal:
                wrong.append(f"The books' record of payment {payment_id} is not what its last act left.")
        problems += _texts(dict(settings_texts.hashes(connection)), chains.texts)
        wrong += [
            f"The audit log has acts on payment {each}, but the payment is not in the books." for each in sorted(sealed)
        ]
    return Audited(problems + _shortened(wrong), chains.rows, payments, chains.ends.get(home.identity))


def audit_log(home: Home, database: Database, wanted: Callable[[AuditRow], bool]) -> Iterator[AuditRow]:
    """The acts of this practice that are wanted, oldest first, streamed."""
    with database.reading() as connection:
        yield from filter(wanted, map(AuditRow._make, audit.audit_rows(connection, home.identity)))


class _Chains:
    """Walks rows in order of practice and number."""

    def __init__(self) -> None:
        self.rows = 0
        self.ends: dict[str, Head] = {}
        self.seals: dict[int, str] = {}
        self.texts: dict[tuple[str, int], str] = {}  # the hash of each version of era.toml
        self._wrong: list[str] = []

    def take(self, row: Any) -> None:
        self.rows += 1
        home_id, seq, at, account, by, act, details, previous, stated = row
        end = self.ends.get(home_id)
        last_seq, last_hash = end if end is not None else (0, GENESIS)
        if seq != last_seq + 1:
            gap = f"row {last_seq + 1} is" if seq == last_seq + 2 else f"rows {last_seq + 1} to {seq - 1} are"
            self._wrong.append(f"Home {home_id[:8]}: {gap} missing.")
        elif previous != last_hash:
            self._wrong.append(f"Home {home_id[:8]}: row {seq} does not follow the row before it.")
        if audit.chained_hash(previous, home_id, seq, at, account, by, act, details) != stated:
            self._wrong.append(f"Home {home_id[:8]}: row {seq} ({act}, {at}) is not what was written.")
        self.ends[home_id] = Head(seq, stated)
        if '"seal":' in details:
            self._seal(details)
        elif '"text":' in details:
            self._text(home_id, details)

    def problems(self) -> list[str]:
        return _shortened(self._wrong)

    def _seal(self, details: str) -> None:
        try:
            known = json.loads(details)
            self.seals[int(known["payment"])] = str(known["seal"])
        except (ValueError, KeyError, TypeError):
            pass  # such a row is not what was written, and told already

    def _text(self, home_id: str, details: str) -> None:
        try:
            known = json.loads(details)
            self.texts[home_id, int(known["version"])] = str(known["text"])
        except (ValueError, KeyError, TypeError):
            pass  # such a row is not what was written, and told already


def _texts(kept: dict[tuple[str, int], str], acts: dict[tuple[str, int], str]) -> list[str]:
    """Versions of era.toml that are not those which were kept."""
    wrong = [place for place in sorted(kept.keys() | acts.keys()) if kept.get(place) != acts.get(place)]
    return _shortened(
        [f"Home {home_id[:8]}: version {version} of its settings is not what was kept." for home_id, version in wrong]
    )


def _heads(known: dict[str, Head], ends: dict[str, Head]) -> list[str]:
    problems = []
    for home_id in sorted(known.keys() | ends.keys()):
        if known.get(home_id) != ends.get(home_id):
            kept = f"row {known[home_id].seq}" if home_id in known else "no row"
            there = f"row {ends[home_id].seq}" if home_id in ends else "no row"
            problems.append(f"Home {home_id[:8]}: its log should end at {kept}, and ends at {there}.")
    return problems


def _unremembered(home: Home, ends: dict[str, Head]) -> list[str]:
    if home.identity not in ends or home.audit_head.exists():
        return []
    return [
        f"{home.audit_head} is missing. Without it, rows missing from the end of the log go unnoticed. Check the log"
        f" against a place noted elsewhere (--expect SEQ:HASH). The next `era run` remembers the end again."
    ]


def _end(ends: dict[str, Head], home: Home) -> str:
    end = ends.get(home.identity)
    return f"row {end.seq}" if end else "no row"


def _shortened(problems: list[str]) -> list[str]:
    if len(problems) <= _MOST_TOLD:
        return problems
    return [*problems[:_MOST_TOLD], f"… and {len(problems) - _MOST_TOLD} more of this kind."]
