"""No word of a patient leaves the decision log: not in logs, not in messages of our own faults, not in file names."""

import io
import json
import signal
import time
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest
from practices import Ended, PracticeHome, Record, claims_csv, era, expects, finished, make_practice
from remittance_text import Segments, payment, remittance_file, transaction_set

CANARY = "canary"
BIRTH_DATE = "1911-12-13"


def canaries() -> list[list[Record]]:
    """Claims in which everything about the patient is a canary."""
    own = {
        "patient_id": "CANARY-PATIENT",
        "last_name": "Canarylast",
        "first_name": "Canaryfirst",
        "subscriber_id": "CANARYSUB",
        "birth_date": BIRTH_DATE,
    }
    return [[{**row, **own} for row in expects(f"CANARY{number}", "100")] for number in (1, 2, 3)]


def claim(number: str, paid: str = "100", write_off: str = "20", *more: str) -> Segments:
    """A claim payment in which everything about the patient is a canary."""
    return [
        f"CLP*{number}*1*120*{paid}**12*CANARYICN*11*1",
        "NM1*QC*1*CANARYLAST*CANARYFIRST*CANARYMIDDLE***MI*CANARYSUB",
        "NM1*IL*1*CANARYHOLDER*CANARYFIRST****MI*CANARYSUB",
        "REF*1L*CANARYGROUP",
        "DTM*232*19111213",
        "SVC*AD:D0120*120*100**1" if paid == "100" else f"SVC*AD:D0120*120*{paid}**1",
        f"CAS*CO*45*{write_off}",
        "REF*6R*CANARYLINE",
        *more,
    ]


ORDINARY = remittance_file(
    transaction_set(payment("200", claim("CANARY1"), claim("CANARY2", "80", "40"), claim("CANARY9", "20", "100")))
)
STRANGE = remittance_file(
    transaction_set(
        payment(
            "100",
            claim("CANARY3", "100", "20", "NTE*ADD*CANARYNOTE", "DTM*472*CANARYDAY", "AMT*B6*CANARYAMOUNT"),
            ["CLP*CANARY4*CANARYSTATUS*1,2O*CANARY", "CAS*CANARY*CANARY*CANARY", "ZZZ*CANARYLAST"],
            trace="EFT0002",
            after=["PLB*1234567893*20261231*WO:CANARYREF*CANARY"],
        )
    )
)
CUT = ORDINARY.replace("EFT0001", "EFT0003")[:-180]
NO_X12 = "Dear Canaryfirst Canarylast,\n"


class Heard(NamedTuple):
    """Everything the commands said to machines, and to a person about faults."""

    ended: list[Ended]
    logged: list[Record]

    def said(self) -> str:
        return "\n".join([*(each.err for each in self.ended), *map(json.dumps, self.logged)])


def hear(home: PracticeHome, *commands: list[str | Path]) -> Heard:
    ended = [home.era(*command) for command in commands]
    log_file = home.root / "log.jsonl"
    lines = log_file.read_text().splitlines() if log_file.exists() else []
    logged = [json.loads(line) for line in lines]
    for each in ended:
        logged += [json.loads(line) for line in each.err.splitlines() if line.startswith("{")]
    return Heard(ended, logged)


def silent(text: str) -> bool:
    return CANARY not in text.casefold() and BIRTH_DATE not in text and BIRTH_DATE.replace("-", "") not in text


@pytest.fixture
def practice(home: PracticeHome) -> PracticeHome:
    home.expect(*canaries())
    return home


def fill(home: PracticeHome) -> None:
    for name, text in (("1.835", ORDINARY), ("2.835", STRANGE), ("3.835", CUT), ("4.835", NO_X12)):
        home.receive(text, name)


@pytest.mark.parametrize("conformance", ["off", "require"])
def test_no_run_logs_a_word_of_a_patient(practice: PracticeHome, conformance: str) -> None:
    practice.set({"conformance": conformance})
    fill(practice)
    log_file: list[str | Path] = ["--log-file", practice.root / "log.jsonl"]
    heard = hear(
        practice,
        ["run", "--dry-run"],
        ["run", "--dry-run", "--json", *log_file],
        ["run", *log_file],
        ["run", practice.root / "archive"],
        ["quick-post", "EFT0001"],
        ["quick-post", "EFT0002", "--json"],
        ["verify"],
    )
    assert [each.code for each in heard.ended] == [3, 3, 3, 0, 0, 0, 0]
    assert {each["event"] for each in heard.logged} == {"payment-decided", "file-done", "run-finished"}
    assert len(heard.logged) > 15
    assert silent(heard.said())
    assert not silent(practice.era("log").out)  # where a person looks, the names of claims are


def test_no_file_or_folder_we_make_is_named_after_a_patient(practice: PracticeHome) -> None:
    fill(practice)
    hear(practice, ["run", "--log-file", practice.root / "log.jsonl"], ["run", practice.root / "quarantine"])
    names = [str(path.relative_to(practice.root)) for path in practice.root.rglob("*")]
    assert len(names) > 10
    assert silent("\n".join(names))


def test_no_note_in_quarantine_tells_who_is_in_the_file(practice: PracticeHome) -> None:
    fill(practice)
    damaged = io.BytesIO()
    with zipfile.ZipFile(damaged, "w") as file:
        file.writestr("CANARYLAST.835", ORDINARY)
    (practice.root / "inbox" / "5.zip").write_bytes(damaged.getvalue().replace(b"CANARYICN", b"CANARYICX"))
    practice.receive("CLP*CANARY1*1*1*1~" + ORDINARY + "CLP*CANARY2*1*1*1~", "6.835")
    practice.set({"conformance": "require"})
    practice.era("run")
    notes = [path.read_text() for path in (practice.root / "quarantine").glob("*.txt")]
    assert len(notes) == 4  # of 3.835 to 6.835
    assert [text for text in notes if not silent(text)] == []


def text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace")


def is_of_patients(path: Path) -> bool:
    """What a practice keeps of patients on purpose: the books, the files as received, its own claims."""
    return path.suffix == ".835" or path.name.startswith(("era.db", "claims.csv"))


def test_whatever_is_written_beside_the_files_and_the_books_is_silent(practice: PracticeHome, tmp_path: Path) -> None:
    """Answers to senders, notes, logs, the audit log; through requeue, backup, restore and purge as well."""
    fill(practice)
    backup = tmp_path / "practice.era"
    heard = hear(
        practice,
        ["run", "--log-file", practice.root / "log.jsonl"],
        ["requeue", "--all", "--by", "Ann", "--log-file", practice.root / "log.jsonl"],
        ["undo", "EFT0001", "--claim", "CANARY1", "--by", "Ann", "--because", "wrong day"],
        ["post", "EFT0001", "CANARY1", "--as-remitted", "--by", "Ann"],
        ["backup", backup],
        ["purge", "--before", "2026-01-01", "--by", "Ann"],
        ["audit", "verify"],
        ["verify"],
    )
    assert {each.code for each in heard.ended} == {0, 3}
    assert silent(heard.said())
    exported = practice.era("audit", "export").out
    assert exported.count("\n") > 10
    assert silent(exported)
    written = [path for path in practice.root.rglob("*") if path.is_file() and not is_of_patients(path)]
    assert {path.suffix for path in written} >= {".999", ".txt", ".jsonl", ".toml"}
    assert [str(path) for path in written if not silent(text_of(path))] == []
    target = "sqlite:///restored.db" if practice.database_url.startswith("sqlite") else None
    if target is not None:
        restored = era("restore", backup, tmp_path / "restored", "--database", target)
        assert restored.code == 0
        assert silent(restored.out + restored.err)


def test_a_watch_tells_nothing_of_a_patient(sqlite_home: PracticeHome) -> None:
    sqlite_home.expect(*canaries())
    fill(sqlite_home)
    log_file = sqlite_home.root / "log.jsonl"
    watch = sqlite_home.process("watch", "--log-file", log_file, "--health", "1")
    deadline = time.monotonic() + 30
    while list((sqlite_home.root / "inbox").iterdir()) and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(0.5)
    watch.send_signal(signal.SIGTERM)
    ended = finished(watch)
    assert ended.code == 0
    assert list((sqlite_home.root / "inbox").iterdir()) == []
    logged = log_file.read_text()
    assert '"event": "payment-decided"' in logged
    assert silent(ended.err)
    assert silent(logged)


def test_with_a_key_nothing_but_the_books_tells_of_a_patient(sqlite_home: PracticeHome, tmp_path: Path) -> None:
    key = tmp_path / "practice.key"
    assert era("encryption", "new-key", key).code == 0
    sqlite_home.set({"encryption.key_file": str(key)})
    sqlite_home.expect(*canaries())
    fill(sqlite_home)
    sqlite_home.era("run")
    assert sqlite_home.era("backup", tmp_path / "practice.era").code == 0
    books = ("era.db", "claims.csv")
    files = [path for path in sqlite_home.root.rglob("*") if path.is_file() and not path.name.startswith(books)]
    assert len(list((sqlite_home.root / "archive").iterdir())) == 2
    assert [str(path) for path in (*files, tmp_path / "practice.era") if not silent(text_of(path))] == []


def test_no_refused_claims_file_tells_who_is_in_it(practice: PracticeHome, tmp_path: Path) -> None:
    for number, wrong in enumerate(
        [
            {"birth_date": "CANARYDAY"},
            {"last_name": "CANARY\x07"},
            {"subscriber_id": ""},
            {"plan_count": "CANARY"},
            {"fee": "CANARY"},
            {"first_name": "Canaryother", "line_number": "2"},
        ]
    ):
        [[row], *_] = canaries()
        file = tmp_path / f"{number}.csv"
        file.write_text(claims_csv([row, {**row, "line_number": "2"} | wrong]), encoding="utf-8")
        ended = practice.era("import", "claims", file)
        assert ended.code == 2
        assert "line 3, column " in ended.err
        assert silent(ended.err)


TROUBLE = {
    "sqlite": [
        "CREATE TRIGGER trouble BEFORE INSERT ON entries BEGIN SELECT RAISE(ABORT, 'no room for CANARYLAST'); END"
    ],
    "postgresql": [
        "CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION USING MESSAGE = 'no room for ' || NEW.claim_number; END $$",
        "CREATE TRIGGER trouble BEFORE INSERT ON entries FOR EACH ROW EXECUTE FUNCTION trouble()",
    ],
}


def fault(ended: Ended) -> Record:
    """The one log line of an internal fault; the person is told its type and place alone."""
    assert ended.code == 1
    assert "Internal error: " in ended.err
    assert "Traceback" not in ended.err
    assert silent(ended.err)
    logged: Record
    [logged] = [
        record
        for record in map(json.loads, (line for line in ended.err.splitlines() if line.startswith("{")))
        if record["event"] == "internal-error"
    ]
    assert set(logged) == {"event", "level", "timestamp", "error", "at"}
    return logged


def test_a_fault_of_the_database_is_told_without_what_was_written(practice: PracticeHome) -> None:
    practice.change(*TROUBLE[practice.database_url.partition(":")[0].partition("+")[0]])
    fill(practice)
    for command in (["run", "--dry-run", "--json"], ["run"]):
        assert fault(practice.era(*command))["error"] in ("IntegrityError", "InternalError", "ProgrammingError")
    assert practice.posted() == {}


def test_a_fault_in_what_was_kept_is_told_without_what_it_was(practice: PracticeHome) -> None:
    fill(practice)
    practice.era("run")
    for column in ("payments SET findings", "claim_payments SET source", "rule_sets SET content"):
        practice.change(f"UPDATE {column} = 'CANARY'")
        faults = [practice.era(*command) for command in (["verify"], ["quick-post", "EFT0001"], ["log"])]
        assert max(each.code for each in faults) > 0
        for each in faults:
            assert "Traceback" not in each.err
            assert silent(each.err)


def test_a_connection_that_drops_is_told_without_what_was_under_way(postgresql_url: str, tmp_path: Path) -> None:
    home = make_practice(tmp_path / "home", postgresql_url)
    home.expect(*canaries())
    home.change(
        "CREATE FUNCTION hang_up() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$",
        "CREATE TRIGGER hang_up BEFORE INSERT ON entries FOR EACH ROW EXECUTE FUNCTION hang_up()",
    )
    home.receive(ORDINARY)
    ended = home.era("run")
    assert ended.code == 1
    assert "Traceback" not in ended.err
    assert silent(ended.out + ended.err)
    assert home.posted() == {}
    home.change("DROP TRIGGER hang_up ON entries")
    assert home.era("run").code == 0
    assert home.posted()["insurance_deposits"] == 10_000
    home.verified()


def test_a_program_of_its_own_says_no_more(practice: PracticeHome) -> None:
    """Through real processes, whose standard error is a pipe: one that finishes, one that meets trouble."""
    fill(practice)
    ended = finished(practice.process("run"))
    assert (ended.code, silent(ended.err)) == (3, True)
    practice.set({"era_payment_options.quick_post.minimum_percent": 50})
    practice.change(*TROUBLE[practice.database_url.partition(":")[0].partition("+")[0]])
    fault(finished(practice.process("quick-post", "EFT0001")))
