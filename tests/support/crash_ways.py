"""What a practice does, each in a home of its own that can be copied: to be killed in the middle and compared."""

import io
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from killing import KILLS, killed_at, steps_of
from postgresql_server import Server
from practices import PracticeHome, claims_csv, expects, make_practice, remittance
from remittance_text import claim, group, interchange, payment, transaction_set, written

Command = list[str | Path]

WHOLE = written(
    interchange(
        group(
            transaction_set(payment("180", claim("C1"), claim("C2"), trace="T1"), "0001"),
            transaction_set(payment("90", claim("C3"), trace="T2"), "0002"),
        )
    )
)
CUT = WHOLE[: WHOLE.index("CLP*C3")]
RESENT = written(interchange(group(transaction_set(payment("90", claim("C3"), trace="T2"), "0009"), control="7")))
BACK = remittance("-90", claim("C1", "-120", "-90", "-30", status="22"), trace="T9")
BY = ("--by", "Ann")
BECAUSE = (*BY, "--because", "a test")


class Way(NamedTuple):
    """`prepare` makes what is there before and returns the command that is killed. `posted`: insurance payments in
    cents, once it is carried out. `once`: carried out a second time, the command is refused.
    """

    prepare: Callable[[PracticeHome], Command]
    posted: int
    once: bool = False


def _inbox(*texts: str, settings: dict[str, object] | None = None) -> Callable[[PracticeHome], Command]:
    """All but the last text were read before."""

    def prepare(home: PracticeHome) -> Command:
        home.set(settings or {})
        for text in texts[:-1]:
            home.run(text)
        home.receive(texts[-1], "monday.835")
        return ["run"]

    return prepare


def _two_versions(home: PracticeHome) -> Command:
    """Which of them posts depends on their order: the first that was received."""
    home.receive(remittance("180", claim("C1"), claim("C2"), trace="T1"), "a.835")
    home.receive(remittance("180", claim("C2"), claim("C3"), trace="T1"), "b.835")
    return ["run"]


def _by_path(home: PracticeHome) -> Command:
    path = home.root / "mail.835"
    path.write_text(WHOLE)
    return ["run", path]


def _linked(home: PracticeHome) -> Command:
    path = home.root / "mail.835"
    path.write_text(WHOLE)
    (home.root / "inbox" / "link.835").symlink_to("../mail.835")
    return ["run"]


def _deposits(home: PracticeHome) -> Command:
    home.set({"deposits.required": True})
    home.run(WHOLE)
    assert home.era("import", "bank", _bank(home)).code == 0
    return ["run"]


def _bank(home: PracticeHome) -> Path:
    bank = home.root / "bank.csv"
    bank.write_text("date,amount,trace\n2026-11-02,180.00,T1\n2026-11-02,90.00,T2\n")
    return bank


def _import_bank(home: PracticeHome) -> Command:
    home.run(WHOLE)
    return ["import", "bank", _bank(home)]


def _import_claims(home: PracticeHome) -> Command:
    home.run(WHOLE)
    more = home.root / "more.csv"
    more.write_text(claims_csv(expects("C4"), expects("C5")))
    return ["import", "claims", more]


def _short(home: PracticeHome) -> None:
    """C2 is paid ten dollars short, and waits for a person."""
    home.expect(expects("C1"), expects("C2", "100"), expects("C3"))
    home.run(WHOLE)


def _after(first: Callable[[PracticeHome], object], *command: str) -> Callable[[PracticeHome], Command]:
    def prepare(home: PracticeHome) -> Command:
        first(home)
        return list(command)

    return prepare


def _unknown(home: PracticeHome) -> None:
    home.run(remittance("90", claim("XYZ", "130", "90", "40"), trace="T1"))


def _zipped(home: PracticeHome) -> Command:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name, text in (("cut.835", CUT), ("again.835", CUT), ("strange.835", "no remittance")):
            file.writestr(name, text)
    (home.root / "inbox" / "week.zip").write_bytes(packed.getvalue())
    return ["run"]


def _requeued(home: PracticeHome) -> Command:
    home.set({"files.largest_megabytes": 1})
    home.receive(WHOLE + "\n" * (1 << 20), "monday.835")
    assert home.era("run").code == 3
    home.set({})
    return ["requeue", "--all"]


def _interrupted(home: PracticeHome) -> Command:
    home.receive(WHOLE, "monday.835")
    name = killed_at(5, "run", "--home", home.root, named=("before commit",))  # the second payment is not committed
    assert name is not None
    assert [each["trace_number"] for each in home.records("eras", "--status", "all")] == ["T1"]
    return ["run"]


WAYS = {
    "from the inbox": Way(_inbox(WHOLE), 27_000),
    "by path": Way(_by_path, 27_000),
    "to quarantine": Way(_inbox(CUT), 18_000),
    "the same file again": Way(_inbox(WHOLE, WHOLE), 27_000),
    "two versions of a payment": Way(_two_versions, 18_000),
    "a payment in another envelope": Way(_inbox(WHOLE, RESENT), 27_000),
    "a reversal": Way(_inbox(WHOLE, BACK, settings={"reversals.post_exact": True}), 18_000),
    "a link in the inbox": Way(_linked, 27_000),
    "deposits that claims waited for": Way(_deposits, 27_000),
    "taking up an interrupted run": Way(_interrupted, 27_000),
    "a zip file": Way(_zipped, 18_000),
    "requeue": Way(_requeued, 27_000),
    "import bank": Way(_import_bank, 27_000),
    "import claims": Way(_import_claims, 27_000),
    "quick-post": Way(_after(_short, "quick-post", "T1"), 27_000),
    "post": Way(_after(_short, "post", "T1", "C2", "--as-remitted", *BY), 27_000, once=True),
    "undo": Way(_after(_short, "undo", "T1", *BECAUSE), 9_000, once=True),
    "close": Way(_after(_short, "close", "T1", "C2", "--even-with-money", *BECAUSE), 18_000, once=True),
    "match": Way(_after(_unknown, "match", "T1", "XYZ", "--to", "C2", *BY), 0, once=True),
}


class Prepared(NamedTuple):
    """A home as it is before the command, and what it is after it, undisturbed."""

    home: PracticeHome
    command: Command
    steps: list[str]
    books: dict[str, Any]


class Stage:
    """Prepares ways on one kind of database, and gives copies of them."""

    def __init__(self, folder: Path, server: Server | None) -> None:
        self._folder, self._server = folder, server
        self.database = "SQLite" if server is None else "PostgreSQL"

    @contextmanager
    def prepared(self, way: Way) -> Iterator[Prepared]:
        with self._database("sqlite:///era.db") as url, _gone_afterwards(self._folder / "before") as root:
            home = make_practice(root, url)
            home.expect(expects("C1"), expects("C2"), expects("C3"))
            command = way.prepare(home)
            with self.copy(home) as twin:
                steps = steps_of(*moved(command, home, twin), "--home", twin.root)
                for _ in range(2):  # the second comes after every kill as well, and finds nothing left to do
                    twin.era("run")
                books = books_of(twin)
            yield Prepared(home, command, steps, books)

    @contextmanager
    def copy(self, home: PracticeHome) -> Iterator[PracticeHome]:
        with (
            _gone_afterwards(self._folder / "copy") as root,
            self._database(home.database_url, like=home.database_url) as url,
        ):
            shutil.copytree(home.root, root, symlinks=True)
            settings = root / "era.toml"
            settings.write_text(settings.read_text().replace(home.database_url, url))
            yield PracticeHome(root, url)

    @contextmanager
    def _database(self, sqlite: str, like: str | None = None) -> Iterator[str]:
        if self._server is None:
            yield sqlite
            return
        with self._server.database(like=like) as url:
            yield url


@contextmanager
def _gone_afterwards(folder: Path) -> Iterator[Path]:
    """What is made there does not stand in the way of the next, not even after a failure."""
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def moved(command: Command, home: PracticeHome, twin: PracticeHome) -> Command:
    """The same command on a copy of the home."""
    return [twin.root / each.relative_to(home.root) if isinstance(each, Path) else each for each in command]


def killed_and_taken_up(stage: Stage, before: Prepared, way: Way, *steps: int) -> None:
    """Kill the command at a step, then go on as a practice does, and compare with what comes of it undisturbed.

    With more steps, the runs that take it up are killed as well.
    """
    with stage.copy(before.home) as home:
        command = moved(before.command, before.home, home)
        names: list[str] = []
        for step in steps:
            name = killed_at(step, *(["run"] if names else command), "--home", home.root)
            assert name is not None, f"it came through before step {step}"
            KILLS[stage.database, name] += 1
            names.append(f"{name}, step {step}")
        where = "; ".join(names)
        ended = home.era("run")
        assert ended.code in (0, 3), (where, ended)
        if command != ["run"]:
            again = home.era(*command)
            assert again.code in ((0, 2) if way.once else (0, 3)), (where, again)
            home.era("run")
        proven(home, way, before.books, where)


def proven(home: PracticeHome, way: Way, undisturbed: dict[str, Any], where: str) -> None:
    books = books_of(home)
    for part, expected in undisturbed.items():
        assert books[part] == expected, (where, part)
    assert home.posted().get("insurance_deposits", 0) == way.posted, where
    home.verified()
    assert home.era("audit", "verify").code == 0, where


def _without_path(file: Path, home: Path) -> bytes:
    """A note names the home it lies in, which may since have come from a folder beside this one."""
    return re.sub(re.escape(str(home.parent)).encode() + rb"/\w+", b"HOME", file.read_bytes())


def books_of(home: PracticeHome) -> dict[str, Any]:
    """What a practice has, without ids and times."""
    queries = {
        "entries": "SELECT e.claim_number, e.kind, e.mark, e.made_by, p.account, sum(p.cents) FROM entries e"
        " JOIN postings p ON p.entry_id = e.id GROUP BY 1, 2, 3, 4, 5",
        "claim payments": "SELECT claim_number, state, office_claim, match_step, paid_cents FROM claim_payments",
        "decisions": "SELECT c.claim_number, d.mode, d.outcome, d.rule, d.holds, d.act, d.decided_by"
        " FROM decisions d JOIN claim_payments c ON c.id = d.claim_payment_id",
        "payments": "SELECT p.trace_number, p.payment_cents, f.name FROM payments p JOIN files f ON f.id = p.file_id",
        "repeated": "SELECT p.trace_number, r.first_segment FROM repeated_payments r"
        " JOIN payments p ON p.id = r.payment_id",
        "files": "SELECT DISTINCT sha256, state, stored_as FROM files WHERE stored_as IS NOT NULL",
        "practice": "SELECT claim_number FROM claims UNION ALL SELECT trace_number FROM deposits",
        "acts": "SELECT act, count(*) FROM audited_acts WHERE act IN ('payment', 'judge-again') GROUP BY act",
    }
    found: dict[str, Any] = {
        part: sorted(tuple(map(str, row)) for row in home.rows(query)) for part, query in queries.items()
    }
    found["on disk"] = sorted(
        (str(file.relative_to(home.root)), _without_path(file, home.root))
        for folder in ("inbox", "archive", "quarantine")
        for file in (home.root / folder).iterdir()
    )
    found["answers"] = len(list((home.root / "acks").iterdir()))
    return found
