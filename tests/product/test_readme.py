"""What the documents say is so: their commands parse, what they print is printed, and what they name is there."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple

import click
import pytest
from decision_cases import ORDINARY
from practices import era
from where import ROOT

from era_engine.cli import era as era_command
from era_engine.foundation import errors
from era_engine.foundation.errors import EraError
from era_engine.insurance.table import INSURANCE
from era_engine.practice.claims_csv import COLUMNS
from era_engine.rulebook.decision import decide
from era_engine.rulebook.engine import Engine
from era_engine.rulebook.loading import load_rule_set

CHECKOUT = ROOT
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (CHECKOUT / "docs" / "architecture.md").read_text(encoding="utf-8")
BY_HAND = (CHECKOUT / "docs" / "by-hand.md").read_text(encoding="utf-8")
OFFICE = (CHECKOUT / "docs" / "office.md").read_text(encoding="utf-8")
DOCUMENTS = sorted(
    [
        *CHECKOUT.glob("*.md"),
        *CHECKOUT.glob("docs/**/*.md"),
        *CHECKOUT.glob("rules/*.md"),
        *CHECKOUT.glob("sample_835/*.md"),
        CHECKOUT / "scripts" / "after-demo.txt",
    ]
)
RULE_SET = load_rule_set(CHECKOUT / "rules", INSURANCE)
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


class Command(NamedTuple):
    """A command line of a document. `whole`: written to be run as it stands, not just to be talked about."""

    document: str
    words: tuple[str, ...]
    whole: bool


def prose_of(text: str) -> str:
    return _FENCE.sub("", text)


def spans_of(text: str) -> list[str]:
    return [" ".join(span.split()) for span in _SPAN.findall(prose_of(text))]


def era_words(line: str) -> tuple[str, ...] | None:
    """The words after `era` in a line of shell, up to the next redirection or command."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words = list(lexer)
    at = next((at for at, word in enumerate(words) if word == "era" or word.endswith("/era")), None)
    if at is None:
        return None
    end = next((end for end in range(at, len(words)) if set(words[end]) <= set(";<>|&")), len(words))
    return tuple(words[at + 1 : end])


def commands() -> Iterator[Command]:
    for document in DOCUMENTS:
        text, name = document.read_text(encoding="utf-8"), document.relative_to(CHECKOUT).as_posix()
        lines = [line for kind, block in _FENCE.findall(text) if kind in ("sh", "cron") for line in block.splitlines()]
        if document.suffix == ".txt":
            lines = [re.split(r" {2,}", line.strip())[0] for line in text.splitlines() if line.startswith("  era ")]
        for line in lines:
            words = era_words(line)
            if words is not None:
                yield Command(name, words, whole=True)
        for span in spans_of(text):
            if span.startswith("era ") and "`" not in span:
                yield Command(name, era_words(span) or (), whole=False)


COMMANDS = list(dict.fromkeys(commands()))


def parse(command: Command) -> None:
    """Raises a click.UsageError for a command, an option or a value that the program does not know."""
    found: click.Command = era_command
    words = list(command.words)
    context = click.Context(era_command, info_name="era")
    while isinstance(found, click.Group) and words and not words[0].startswith("-"):
        name = words.pop(0)
        inner = found.get_command(context, name)
        if inner is None:
            raise click.UsageError(f"no command {name}")
        found = inner
    if isinstance(found, click.Group) and not words:
        return  # a group that is talked about
    try:
        found.make_context(found.name, words, help_option_names=["-h", "--help"])  # click keeps what it is given first
    except click.MissingParameter:
        if command.whole:
            raise
    except click.exceptions.Exit:
        pass  # --help


@pytest.mark.parametrize("command", COMMANDS, ids=lambda each: f"{each.document}: {' '.join(each.words)}")
def test_every_era_command_in_the_documents_is_one_the_program_takes(command: Command) -> None:
    parse(command)


@pytest.mark.parametrize(
    "line", ["era forget", "era run --nothing", "era log --outcome perhaps", "era explain", "era rules burn"]
)
def test_a_command_the_program_does_not_take_would_be_noticed(line: str) -> None:
    words = era_words(line)
    assert words is not None
    with pytest.raises(click.UsageError):
        parse(Command("", words, whole=True))


def test_readme_and_demo_name_the_commands_of_a_first_day() -> None:
    named = {command.words[0] for command in COMMANDS if command.document in ("README.md", "scripts/after-demo.txt")}
    first_day = {"init", "import", "run", "inspect", "log", "explain", "quick-post", "ledger", "eras", "verify"}
    assert named >= first_day | {"todo", "post", "undo"}
    assert len([command for command in COMMANDS if command.whole]) > 5


def test_every_make_target_named_is_in_the_makefile() -> None:
    targets = set(re.findall(r"^(\w+):", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    code = "\n".join(block for _, block in _FENCE.findall(README)) + "\n".join(spans_of(README))
    named = set(re.findall(r"\bmake (\w+)", code))
    assert {"demo", "test", "check", "bench"} <= named <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: each.relative_to(CHECKOUT).as_posix())
def test_what_a_document_links_to_and_names_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", prose_of(text))
    assert [link for link in links if not (document.parent / link).exists()] == []
    roots = (CHECKOUT, CHECKOUT / "era_engine")
    first_parts = {each.name for root in roots for each in root.iterdir()}
    paths = [
        span
        for span in spans_of(text)
        if re.fullmatch(r"[\w.-]+(/[\w.-]*)+", span) and span.split("/")[0] in first_parts
    ]
    assert [path for path in paths if not any((root / path).exists() for root in roots)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: each.relative_to(CHECKOUT).as_posix())
def test_no_document_sends_anybody_to_a_web_address(document: Path) -> None:
    assert re.findall(r"https?:|www\.", document.read_text(encoding="utf-8"), re.IGNORECASE) == []


def lines_in(text: str) -> list[str]:
    """Lines without what changes from run to run or with the width of a column."""
    return [" ".join(_TIME.sub("TIME", line).split()) for line in text.splitlines() if line.strip()]


def is_by_hand(command: Command) -> bool:
    """Of the tour's commands those that are run as they stand there: notes and reasons are shown again."""
    return command.document == "README.md" and "C26013" in command.words


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What the commands of the five-minute tour print, in its order."""
    folder = tmp_path_factory.mktemp("tour")
    demo, samples = folder / "demo-home", CHECKOUT / "sample_835"
    ended = [
        era("init", demo, "--demo"),
        era("run", "--home", demo),
        era("todo", "--home", demo),
        era("explain", "C26010", "--home", demo),
        era("quick-post", "261006CG0093317", "--home", demo),
        *(era(*command.words, "--home", demo) for command in COMMANDS if command.whole and is_by_hand(command)),
        era("ledger", "--claim", "C26010", "--home", demo),
        era("ledger", "--claim", "C26013", "--home", demo),
        era("verify", "--home", demo),
        era("inspect", samples / "26_metlife_cut_in_transfer.835"),
        era("replay", "--set", "era_payment_options.auto_post.minimum_percent=87.5", "--home", demo),
    ]
    assert [each.code for each in ended] == [0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0]
    return [line for each in ended for line in lines_in(each.out)]


TOUR = [block for kind, block in _FENCE.findall(README) if kind == "text"]


@pytest.mark.parametrize("block", TOUR, ids=lambda block: block.splitlines()[0][:40])
def test_what_the_tour_shows_is_what_the_commands_print(block: str, printed: list[str]) -> None:
    shown = [line for line in lines_in(block) if line != "…"]
    assert [line for line in shown if line not in printed] == []


def test_the_tour_shows_every_command_it_names() -> None:
    assert len(TOUR) == 9


@pytest.fixture(scope="module")
def printed_by_hand(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What the commands of the guide for billers print, in its order, in a demo home after its run."""
    demo = tmp_path_factory.mktemp("by-hand") / "demo-home"
    era("init", demo, "--demo")
    era("run", "--home", demo)
    wanted = [command.words for command in COMMANDS if command.whole and command.document == "docs/by-hand.md"]
    ended = [era(*words, "--home", demo) for words in wanted]
    assert [(words, each.code) for words, each in zip(wanted, ended, strict=True) if each.code] == []
    return [line for each in ended for line in lines_in(each.out)]


@pytest.mark.parametrize(
    "block",
    [block for kind, block in _FENCE.findall(BY_HAND) if kind == "text"],
    ids=lambda block: block.splitlines()[0][:40],
)
def test_what_the_guide_for_billers_shows_is_what_the_commands_print(block: str, printed_by_hand: list[str]) -> None:
    shown = [line for line in lines_in(block) if line != "…"]
    assert [line for line in shown if line not in printed_by_hand] == []


PLANS = {"one": 1, "several": 2}
PAID = {"at least the minimum": [18240, 19200], "below": [0, 18239], "any": [0, 18239, 18240]}
SWITCH = {"on": [True], "off": [False], "any": [True, False]}
PEOPLE_SEE = {
    "green message and check mark": "posted",
    "yellow message, red alert and icon": "criteria-not-met",
    "nothing": "quiet",
}
THEN = {"**post** payment and write-off": "post", "left to a person": "manual"}
TABLE = [
    [cell.strip() for cell in row.split("|")] for row in re.findall(r"^\| ((?:one|several) \|.*) \|$", README, re.M)
]


@pytest.mark.parametrize("row", TABLE, ids=" | ".join)
def test_the_table_in_the_readme_is_the_table_in_force(row: list[str]) -> None:
    plans, posting, paid, write_offs, then, people_see = row
    for posting_active, paid_cents, write_offs_active in product(SWITCH[posting], PAID[paid], SWITCH[write_offs]):
        facts = ORDINARY | {
            "plan_count": PLANS[plans],
            "posting_active": posting_active,
            "paid_cents": paid_cents,
            "write_offs_active": write_offs_active,
        }
        decision = decide(Engine(RULE_SET), facts)
        assert (decision.outcome, decision.indicators, decision.holds) == (THEN[then], PEOPLE_SEE[people_see], ())


def test_readme_and_changelog_name_as_many_rows_and_holds_as_there_are() -> None:
    options = {row.id for row in RULE_SET.rows if row.id in spans_of(README)}  # off in a new home, named in the text
    assert options == {"single-plan-partial-payment", "several-plans-proven", "several-plans-proven-below-minimum"}
    assert len(TABLE) == len(RULE_SET.rows) - len(options)
    assert f"stand {len(RULE_SET.holds)} holds" in README
    assert f"of {len(RULE_SET.holds)} fired" in README
    changes = spans_of((CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8"))
    rules = RULE_SET.rules
    assert [rule.id for rule in rules if rule.id not in changes] == []


def test_the_guide_for_billers_explains_every_hold() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \|", BY_HAND, re.MULTILINE)
    assert sorted(rows) == sorted(hold.id for hold in RULE_SET.holds)


def test_readme_and_changelog_tell_how_many_sample_remittances_there_are() -> None:
    samples = len(list((CHECKOUT / "sample_835").glob("*.835")))
    changes = (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8")
    told = re.findall(r"(\d+) (?:sample files|sample remittances|remittances|files are told)", README + changes)
    assert told == [str(samples)] * 4


def test_the_readme_lists_every_command() -> None:
    section = README.split("\n## Commands\n")[1].split("\n## ")[0]
    listed = {span.split()[1] for span in spans_of(section) if span.startswith("era ")}
    assert listed == set(era_command.list_commands(click.Context(era_command)))


def test_the_columns_of_the_claims_file_are_all_described() -> None:
    section = OFFICE.split("| column | holds |")[1].split("\n\n")[0]
    first_cells = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    assert [name for cell in first_cells for name in _SPAN.findall(cell)] == list(COLUMNS)


def test_every_exit_code_of_an_error_is_explained() -> None:
    explained = {int(code) for code in re.findall(r"^\| (\d) \|", OFFICE, re.MULTILINE)}
    raised = {each.exit_code for each in vars(errors).values() if isinstance(each, type) and issubclass(each, EraError)}
    assert explained == raised | {0, 3}


def test_the_layers_of_the_architecture_are_those_that_are_held() -> None:
    held = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = [{part.split(".")[1].strip() for part in layer.split("|")} for layer in held["contracts"][0]["layers"]]
    table = ARCHITECTURE.split("| layer | what it knows |")[1].split("\n\n")[0].splitlines()[2:]
    assert [set(_SPAN.findall(row.split("|")[1])) for row in table] == layers


def test_the_readme_can_be_read_in_one_sitting() -> None:
    assert len(README.splitlines()) <= 300
