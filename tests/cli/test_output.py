"""What the commands print, and where: data, logs, colour only where a terminal wants it."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from practices import Ended, PracticeHome, era, expects, finished, remittance, start_era
from remittance_text import claim
from where import SAMPLES

from era_engine.cli.output import Column, money, table

ESCAPE = "\x1b"


@pytest.fixture
def week(sqlite_home: PracticeHome) -> PracticeHome:
    sqlite_home.expect(expects("C1"), expects("C2", "100"))
    sqlite_home.run(remittance("180", claim("C1"), claim("C2")))
    sqlite_home.receive(remittance("90", claim("C9"), trace="EFT0002"), "next.835")
    return sqlite_home


LOOKING = [["log"], ["ledger"], ["eras"], ["explain", "C2"], ["verify"], ["settings", "show"], ["rules", "show"]]


def test_data_goes_to_stdout_and_logs_to_stderr(week: PracticeHome) -> None:
    ended = finished(week.process("run", "--json"))
    assert [each["claim_number"] for each in ended.records] == ["C9"]
    logged = Ended(0, ended.err, "").records
    assert [each["event"] for each in logged] == ["payment-decided", "file-done", "run-finished"]
    for words in LOOKING:
        assert week.era(*words).err == ""


def test_logs_go_to_a_file_when_one_is_named(week: PracticeHome, tmp_path: Path) -> None:
    log_file = tmp_path / "run.log"
    log_file.write_text('{"event": "kept"}\n')
    assert week.era("run", "--log-file", log_file).err == ""
    assert [each["event"] for each in Ended(0, log_file.read_text(), "").records] == [
        "kept",
        "payment-decided",
        "file-done",
        "run-finished",
    ]


def test_piped_output_has_no_colour_and_no_progress_bar(week: PracticeHome) -> None:
    processes = [week.process(*words) for words in (["run"], *LOOKING)]
    for ended in map(finished, processes):
        assert ended.code == 0
        assert ended.out
        assert ESCAPE not in ended.out + ended.err


def on_a_terminal(home: PracticeHome, *words: str, **environment: str) -> str:
    """stdout of a command that believes it writes to a terminal."""
    ours, its = pty.openpty()
    variables = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR")}
    process = subprocess.Popen(
        [sys.executable, "-c", "from era_engine.cli import main; main()", *words, "--home", home.root],
        stdout=its,
        stderr=subprocess.DEVNULL,
        env=variables | {"TERM": "xterm-256color", "COLUMNS": "160"} | environment,
    )
    os.close(its)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # what Linux says when the other side is closed
            break
        if not part:
            break
        shown += part
    os.close(ours)
    assert process.wait(timeout=60) == 0
    return shown.decode()


def test_a_terminal_has_colour_unless_it_wants_none(week: PracticeHome) -> None:
    assert "\x1b[3" in on_a_terminal(week, "log")
    for words in (["log"], ["eras"], ["ledger"], ["run", "--dry-run"], ["explain", "C2"]):
        assert ESCAPE not in on_a_terminal(week, *words, NO_COLOR="1"), words


def test_icon_and_word_come_together(week: PracticeHome) -> None:
    text = week.era("log").out
    assert re.search(r"^✔ posted A +C1 ", text, re.MULTILINE)
    assert re.search(r"^⚠ review +C2 ", text, re.MULTILINE)


def test_amounts_stand_right(week: PracticeHome) -> None:
    lines = week.era("eras").out.splitlines()
    ends = {line.index(amount) + len(amount) for line, amount in ((lines[0], "payment"), (lines[1], "$180.00"))}
    assert len(ends) == 1


@pytest.mark.parametrize("form", ["json", "csv", "table"])
def test_a_reader_that_goes_away_is_no_fault(week: PracticeHome, form: str) -> None:
    process = start_era("log", "--format", form, "--home", week.root)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert (process.wait(timeout=60), said) == (0, "")


def test_inspect_needs_no_home_and_shows_what_a_file_says() -> None:
    [record] = era("inspect", SAMPLES / "01_delta_weekly.835", "--json").records
    assert list(record) == ["file", "interchanges", "remittances", "findings"]
    [paid] = record["remittances"]
    assert (paid["trace_number"], paid["payment_cents"], len(paid["claims"])) == ("0004471820", 141_086, 5)
    assert "01_delta_weekly.835: 1 payment" in era("inspect", SAMPLES / "01_delta_weekly.835").out


@pytest.mark.parametrize(
    ("columns", "titles"),
    [
        ("160", "status claim patient location payer trace paid expected why"),
        ("100", "status claim trace paid why"),
    ],
)
def test_a_narrow_terminal_shows_what_matters_most(week: PracticeHome, columns: str, titles: str) -> None:
    shown = on_a_terminal(week, "log", NO_COLOR="1", COLUMNS=columns)
    head, first = shown.splitlines()[:2]
    assert head.split() == titles.split()
    assert ("LPFD" in first) == ("location" in titles)
    assert "$90.00" in first


def test_a_squeezed_title_breaks_between_its_words(week: PracticeHome) -> None:
    printed = on_a_terminal(week, "eras", COLUMNS="80", NO_COLOR="1")
    assert [word for word in ("status", "payment", "posted", "needs", "review") if word not in printed.split()] == []


def test_a_column_is_its_title_and_its_cells_wherever_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    columns: list[Column[int]] = [
        Column("new", lambda cents: "*"),
        Column("paid", lambda cents: money(cents), right=True),
        Column("where", lambda cents: "here", wide=True),
    ]
    assert table(columns, [100, 123450], lambda cents: "green") == 2
    assert capsys.readouterr().out == "new       paid  where\n*        $1.00  here\n*    $1,234.50  here\n"
    assert table(columns, []) == 0
    assert capsys.readouterr().out == ""
