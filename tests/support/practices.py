"""A practice for a test: a home with the settings and claims the test names, and `era` run on it.

Claims and remittances fit together without a word: `expects("C1")` is answered by `claim("C1")` of remittance_text.
"""

import csv
import gc
import io
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import closing, redirect_stderr, redirect_stdout
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from known_facts import undeclared
from remittance_text import Segments, claim, payment, remittance_file, transaction_set

from era_engine.cli import main
from era_engine.home.folder import make_home
from era_engine.store.database import Database

Record = dict[str, Any]
AUTO, QUICK = "era_payment_options.auto_post", "era_payment_options.quick_post"
WRITE_OFFS = "ledger_options.auto_post_contracted_write_offs"
WITH_FORMAT = ("log", "ledger", "eras", "provider-adjustments", "deposits", "todo")
BOTH_POSTED = "single-plan-at-least-minimum-write-offs-on"


class Ended(NamedTuple):
    """How a command ended: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    @property
    def records(self) -> list[Record]:
        """stdout as JSON lines."""
        return [json.loads(line) for line in self.out.split("\n") if line]


class PracticeHome(NamedTuple):
    """A home and the `era` commands on it."""

    root: Path
    database_url: str

    @property
    def url(self) -> str:
        """The database for a program that runs elsewhere: a SQLite file by its whole path."""
        return self.database_url.replace(":///era.db", f":///{self.root}/era.db")

    def era(self, *arguments: str | Path) -> Ended:
        """Run a command here, in this process."""
        return era(*arguments, "--home", self.root)

    def process(self, *arguments: str | Path) -> "subprocess.Popen[str]":
        """Start a command here, as a process of its own."""
        return start_era(*arguments, "--home", self.root)

    def records(self, *arguments: str | Path) -> list[Record]:
        """What a command tells in JSON; it must finish, with or without a file put aside."""
        how = "--format=json" if arguments[0] in WITH_FORMAT else "--json"
        ended = self.era(*arguments, how)
        assert ended.code in (0, 3), ended
        return ended.records

    def expect(self, *claims: Iterable[Record]) -> Ended:
        """Import claims as made by `expects`."""
        file = self.root / "claims.csv"
        file.write_text(claims_csv(*claims), encoding="utf-8")
        ended = self.era("import", "claims", file)
        assert ended.code == 0, ended
        return ended

    def receive(self, text: str, name: str = "remittance.835") -> Path:
        """Put a remittance into the inbox, as if it had come a minute ago."""
        path = self.root / "inbox" / name
        path.write_bytes(text.encode())
        os.utime(path, (time.time() - 60,) * 2)
        return path

    def receive_file(self, file: Path) -> None:
        """Put a copy of a file into the inbox."""
        shutil.copy2(file, self.root / "inbox" / file.name)

    def run(self, *texts: str) -> list[Record]:
        """Put remittances into the inbox, run, and return what was decided."""
        kept = [path for folder in ("archive", "quarantine") for path in self.root.glob(f"{folder}/*.835")]
        for number, text in enumerate(texts, start=len(kept) + 1):
            self.receive(text, f"{number:03d}.835")
        return self.records("run")

    def set(self, settings: Mapping[str, object]) -> None:
        """Write era.toml: these settings, this database, and the implementation guide not asked."""
        lines = {"database": self.database_url, "conformance": "off", **settings}
        text = "".join(
            f"{key} = {value if isinstance(value, Decimal) else json.dumps(value)}\n" for key, value in lines.items()
        )
        (self.root / "era.toml").write_text(text, encoding="utf-8")

    def change(self, *statements: str) -> None:
        """Change the database behind the program's back, in one transaction."""
        with closing(Database(self.url)) as database, database.writing() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What stands in the database."""
        with closing(Database(self.url)) as database, database.reading() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]

    def posted(self) -> Record:
        """Cents of the whole ledger by account."""
        totals: Record = {}
        for entry in self.records("ledger"):
            for posting in entry["postings"]:
                totals[posting["account"]] = totals.get(posting["account"], 0) + posting["cents"]
        return totals

    def verified(self) -> Ended:
        """The books must hold, and all that the rules decided rest on facts as they are declared."""
        ended = self.era("verify")
        assert ended.code == 0, ended
        decided = self.rows("SELECT facts FROM decisions WHERE mode IN ('auto', 'quick')")
        assert [wrong for (facts,) in decided for wrong in undeclared(json.loads(facts))] == []
        return ended


def make_practice(
    root: Path, database_url: str = "sqlite:///era.db", settings: Mapping[str, object] | None = None
) -> PracticeHome:
    make_home(root)
    home = PracticeHome(root, database_url)
    home.set(settings or {})
    return home


def era(*arguments: str | Path) -> Ended:
    """Run the command line as the `era` program does, within this process."""
    out, err = io.StringIO(), io.StringIO()
    umask, threshold = os.umask(0o022), gc.get_threshold()
    with patch.object(sys, "argv", ["era", *map(str, arguments)]), redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as ended:
            code = ended.code
        finally:  # what the program changes for the rest of its life is not the tests' way of life
            os.umask(umask)
            gc.set_threshold(*threshold)
    assert isinstance(code, int)
    return Ended(code, out.getvalue(), err.getvalue())


def start_era(*arguments: str | Path, **environment: str) -> "subprocess.Popen[str]":
    """Start the command line as a process of its own; its output comes through pipes."""
    return subprocess.Popen(
        [sys.executable, "-c", "from era_engine.cli import main; main()", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    )


def finished(process: "subprocess.Popen[str]") -> Ended:
    """Wait for a process to end."""
    out, err = process.communicate(timeout=120)
    return Ended(process.returncode, out, err)


def expects(
    number: str = "C1",
    expected: str = "90",
    charge: str = "120",
    write_off: str = "",
    *,
    plans: int = 1,
    ordinal: int = 1,
    patient: str = "",
    location: str = "LPFD",
    procedure: str = "D0120",
    last_name: str = "Doe",
) -> list[Record]:
    """The rows of one claim the practice sent: one procedure for the patient whom `remittance_text.claim` names."""
    return [
        {
            "claim_number": number,
            "patient_id": patient or f"P-{number}",
            "last_name": last_name,
            "first_name": "Jane",
            "birth_date": "1980-02-29",
            "subscriber_id": "SUB1",
            "plan_count": plans,
            "plan_ordinal": ordinal,
            "payer_id": "DDP71",
            "payer_name": "Delta Dental",
            "location": location,
            "line_number": 1,
            "procedure_code": procedure,
            "service_date": "2026-10-05",
            "fee": charge,
            "expected_insurance": expected,
            "expected_write_off": write_off,
        }
    ]


def remittance(amount: str, *claims: Segments, trace: str = "EFT0001", after: Iterable[str] = (), **header: Any) -> str:
    """The usual file with one payment.

    No payment is below zero: such an amount is carried forward, here for a reason that the engine does not know and
    leaves, so that the ledger holds what becomes of the claims alone.
    """
    pairs = list(after)
    if amount.startswith("-"):
        pairs.append(f"PLB*1234567893*20261231*ZZ:{trace}*{amount}")
        amount = "0"
    return remittance_file(transaction_set(payment(amount, *claims, trace=trace, after=pairs, **header)))


def claims_csv(*claims: Iterable[Record]) -> str:
    """The text of a claims file."""
    rows = [row for claim in claims for row in claim]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def cents(amount: str) -> int:
    return int(Decimal(amount) * 100)


def dollars(amount: int) -> str:
    return str(Decimal(amount) / 100)


class Sent(NamedTuple):
    """A claim the practice sent and what is paid on it; amounts in cents."""

    number: str
    plans: int
    charge: int
    expected: int
    paid: int

    def rows(self) -> list[Record]:
        return expects(self.number, dollars(self.expected), dollars(self.charge), plans=self.plans)

    def claim(self) -> Segments:
        return claim(self.number, dollars(self.charge), dollars(self.paid), dollars(self.charge - self.paid))


def one_payment(practice: list[Sent], **header: Any) -> str:
    return remittance(dollars(sum(each.paid for each in practice)), *(each.claim() for each in practice), **header)
