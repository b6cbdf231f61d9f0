"""The command line as people and other programs meet it: help, exit codes, what goes where, no colour where none is."""

import gc
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import click
import pytest
from practices import Ended, PracticeHome, era, expects, make_practice, remittance
from remittance_text import claim

from era_engine.cli import era as era_group
from era_engine.foundation.shipped import shipped
from era_engine.home.folder import Home


def commands(group: click.Group, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command and group of commands, by the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*above, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*above, name))


COMMANDS = [(), *commands(era_group)]


# help


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(["era", *words]))
def test_every_help_has_an_example_that_names_its_command(words: tuple[str, ...]) -> None:
    ended = era(*words, "--help")
    assert ended.code == 0
    assert ended.out.startswith(f"Usage: {' '.join(['era', *words])} ")
    example = ended.out[ended.out.index("Example") :]
    assert " ".join(["era", *words]) in example
    assert era(*words, "-h") == ended


def test_the_commands_of_the_contract_are_there() -> None:
    contract = (
        *("init", "import claims", "run", "inspect", "log", "explain", "quick-post", "ledger", "eras", "verify"),
        *("import fees", "import bank", "provider-adjustments", "deposits", "post", "undo", "match", "unmatch"),
        *("close", "todo"),
        *("settings show", "settings check", "rules show", "rules check", "rules test", "rules facts"),
    )
    assert {" ".join(words) for words in COMMANDS} >= set(contract)


def test_no_help_imports_what_takes_time() -> None:
    script = (
        "import sys\n"
        "from era_engine.cli import main\n"
        "for words in eval(sys.argv.pop()):\n"
        "    sys.argv[1:] = [*words, '--help']\n"
        "    try:\n"
        "        main()\n"
        "    except SystemExit as ended:\n"
        "        assert ended.code == 0\n"
        "slow = ('sqlalchemy', 'alembic', 'psycopg', 'pydantic', 'z3', 'durable_rules_engine', 'durable', 'pyx12',"
        " 'yaml', 'rich', 'structlog', 'sqlite3', 'cryptography', 'multiprocessing', 'holidays', 'dateutil',"
        " 'tomlkit')\n"
        "print([name for name in slow if name in sys.modules], file=sys.stderr)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script, repr(COMMANDS)], capture_output=True, text=True, check=True)
    assert ended.stderr == "[]\n"


def test_the_collector_sets_everything_aside_on_the_way_out_and_not_before() -> None:
    assert era("--version").code == 0
    assert gc.get_freeze_count() == 0  # a program that calls `main` again and again would never get memory back
    script = (
        "import atexit, gc\n"
        "atexit.register(lambda: print(gc.get_freeze_count() > 0))\n"  # the last to register is the first to be called
        "from era_engine.cli import main\n"
        "main()\n"
    )
    ended = subprocess.run([sys.executable, "-c", script, "--version"], capture_output=True, text=True, check=True)
    assert ended.stdout.endswith("True\n")


def test_era_alone_shows_its_help() -> None:
    assert "Usage: era " in era().err


def test_the_version_is_that_of_the_package() -> None:
    try:
        version = metadata.version("era-engine")
    except metadata.PackageNotFoundError:
        pytest.skip("era-engine runs from its sources here, uninstalled")
    assert era("--version").out == f"era, version {version}\n"


# the home


def test_init_makes_a_home_and_never_another_over_it(tmp_path: Path) -> None:
    made = era("init", tmp_path / "practice")
    assert made.code == 0
    assert "era import claims FILE --home" in made.out
    assert sorted(path.name for path in (tmp_path / "practice").iterdir() if path.is_dir()) == [
        "acks",
        "archive",
        "inbox",
        "quarantine",
    ]
    assert (tmp_path / "practice" / "era.db").exists()
    (tmp_path / "practice" / "era.toml").write_text("# mine\n")
    again = era("init", tmp_path / "practice")
    assert (again.code, "is already an era-engine home" in again.err) == (2, True)
    assert (tmp_path / "practice" / "era.toml").read_text() == "# mine\n"


def test_the_home_is_named_by_option_or_environment_or_is_here(sqlite_home: PracticeHome, tmp_path: Path) -> None:
    sqlite_home.expect(expects("C1"))
    sqlite_home.run(remittance("90", claim("C1")))
    told = sqlite_home.era("log", "--format", "json").out

    def told_by(folder: Path, **environment: str) -> Ended:
        variables = {key: value for key, value in os.environ.items() if key != "ERA_HOME"} | environment
        ended = subprocess.run(
            [sys.executable, "-c", "from era_engine.cli import main; main()", "log", "--format", "json"],
            cwd=folder,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    assert told_by(sqlite_home.root).out == told
    assert told_by(tmp_path, ERA_HOME=str(sqlite_home.root)).out == told
    nowhere = told_by(tmp_path)
    assert (nowhere.code, f"{tmp_path} is not an era-engine home" in nowhere.err) == (2, True)


# exit codes


def test_0_is_finished_and_manual_work_is_normal(sqlite_home: PracticeHome) -> None:
    sqlite_home.receive(remittance("90", claim("C1")))
    ended = sqlite_home.era("run")
    assert (ended.code, "1 claim needs review" in ended.out) == (0, True)


def test_1_is_a_book_that_does_not_hold(sqlite_home: PracticeHome) -> None:
    (sqlite_home.root / "archive" / "stranger.835").write_text("")
    ended = sqlite_home.era("verify")
    assert (ended.code, "✘ archive/stranger.835 is not in the books" in ended.out) == (1, True)


@pytest.mark.parametrize(
    "words",
    [
        ["no-such-command"],
        ["run", "--no-such-option"],
        ["run", "no-such-file.835"],
        ["import", "claims"],
        ["import", "claims", "no-such-file.csv"],
        ["inspect"],
        ["inspect", "no-such-file.835"],
        ["explain", "C1"],
        ["quick-post", "EFT0001"],
        ["ledger", "--trace", "EFT0001"],
        ["log", "--outcome", "perhaps"],
        ["log", "--format", "xml"],
        ["run", "--log-file", "no-such-folder/run.log"],
    ],
    ids=" ".join,
)
def test_2_is_a_command_that_cannot_be_carried_out(sqlite_home: PracticeHome, words: list[str]) -> None:
    ended = era(*words) if words[0] in ("inspect", "no-such-command") else sqlite_home.era(*words)
    assert (ended.code, ended.out) == (2, "")
    assert "Internal error" not in ended.err
    assert "Error: " in ended.err


def test_3_is_a_file_quarantined(sqlite_home: PracticeHome, tmp_path: Path) -> None:
    path = sqlite_home.receive("no remittance")
    assert era("inspect", path).code == 3
    assert sqlite_home.era("run").code == 3


def test_4_is_a_doubtful_setting_and_nothing_runs_on_it(sqlite_home: PracticeHome) -> None:
    sqlite_home.receive(remittance("90", claim("C1")))
    (sqlite_home.root / "era.toml").write_text("conformance = 'off'\n[ledger_options]\nauto_post = true\n")
    for words in (["settings", "check"], ["settings", "show"], ["run"], ["log"], ["verify"], ["rules", "check"]):
        ended = sqlite_home.era(*words)
        assert (ended.code, ended.out) == (4, ""), words
        assert "era.toml: line 3, key ledger_options.auto_post: there is no such setting" in ended.err
    assert not (sqlite_home.root / "era.db").exists()
    assert len(list((sqlite_home.root / "inbox").iterdir())) == 1


def test_4_is_a_doubtful_rule_too(sqlite_home: PracticeHome) -> None:
    rules = sqlite_home.root / "my-rules"
    shutil.copytree(shipped("rules"), rules)
    table = rules / "insurance" / "auto_posting.yaml"
    table.write_text(table.read_text().replace("plan_count: 1,", "plan_cuont: 1,", 1))
    sqlite_home.set({"rules": "my-rules"})
    for words in (["rules", "check"], ["rules", "show"], ["run"], ["quick-post", "EFT0001"]):
        ended = sqlite_home.era(*words)
        assert (ended.code, ended.out) == (4, ""), words
        assert re.search(r"auto_posting\.yaml:\d+.*plan_cuont|auto_posting\.yaml: line \d+.*plan_cuont", ended.err)
    assert sqlite_home.era("log").code == 0


def test_5_is_another_run_at_work(sqlite_home: PracticeHome) -> None:
    with Home(sqlite_home.root).locked():
        assert sqlite_home.era("run").code == 5


# settings and rules


def test_settings_are_shown_as_they_are_in_force(sqlite_home: PracticeHome) -> None:
    sqlite_home.set({"era_payment_options.quick_post.minimum_percent": 33.3})
    [shown] = sqlite_home.era("settings", "show", "--json").records
    assert shown["era_payment_options"] == {
        "auto_post": {"enabled": True, "minimum_percent": "95"},
        "quick_post": {"enabled": True, "minimum_percent": "33.3"},
        "partial_payment": {"enabled": False, "minimum_amount": "50.00"},
    }
    assert (shown["conformance"], shown["database"]) == ("off", "sqlite:///era.db")
    text = sqlite_home.era("settings", "show").out
    assert re.search(r"era_payment_options.quick_post.minimum_percent +33\.3\n", text)
    assert sqlite_home.era("settings", "check").out == f"✔ era.toml is valid. {shown['hash']}\n"


def test_a_password_is_shown_nowhere(tmp_path: Path) -> None:
    home = make_practice(tmp_path / "home", "postgresql+psycopg://practice:s3cret@127.0.0.1:1/era?sslpassword=s3cret")
    for words in (["settings", "show"], ["settings", "show", "--json"], ["settings", "check"], ["run"], ["verify"]):
        ended = home.era(*words)
        assert "s3cret" not in ended.out + ended.err, words


def test_another_rule_set_is_looked_at_without_a_home(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    shutil.copytree(shipped("rules"), rules)
    checked = era("rules", "check", "--rules", rules)
    assert checked.code == 0
    assert "✔ 11 rows, 2 rows for reversals and 31 holds are valid and proven: " in checked.out
    shown = era("rules", "show", "--rules", rules)
    assert "single-plan-at-least-minimum-write-offs-on -> post" in shown.out
    assert shown.out.splitlines()[-1] in checked.out
    [as_json] = era("rules", "show", "--rules", rules, "--json").records
    assert len(as_json["auto_posting.yaml"]) == 11
    (rules / "insurance" / "holds.yaml").unlink()
    assert era("rules", "check", "--rules", rules).code == 4


def test_the_rules_in_force_are_those_that_came_unless_the_home_has_its_own(sqlite_home: PracticeHome) -> None:
    shipped_rules = sqlite_home.era("rules", "check").out
    assert era("rules", "check", "--rules", shipped("rules")).out == shipped_rules
    rules = sqlite_home.root / "rules"
    shutil.copytree(shipped("rules"), rules)
    sqlite_home.set({"rules": "rules"})
    assert sqlite_home.era("rules", "check").out == shipped_rules
    holds = rules / "insurance" / "holds.yaml"
    holds.write_text(holds.read_text().replace("An amount on this claim could not be read.", "Illegible."))
    assert sqlite_home.era("rules", "check").out != shipped_rules
    assert era("rules", "check", "--rules", shipped("rules")).out == shipped_rules
