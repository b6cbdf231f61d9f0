"""What the documents say is so: their commands parse, what they name is there, and they use the glossary's words."""

import importlib
import re
import tomllib
from itertools import product
from pathlib import Path

import click
import pytest
from decision_cases import ORDINARY
from documents import COMMANDS, DOCUMENTS, Command, blocks_of, era_words, name_of, prose_of, spans_of, text_of, words_of
from where import ROOT, RULES

from era_engine.cli import era as era_command
from era_engine.foundation import errors
from era_engine.foundation.errors import EraError
from era_engine.insurance.table import INSURANCE
from era_engine.practice.claims_csv import COLUMNS
from era_engine.rulebook.decision import decide
from era_engine.rulebook.engine import Engine
from era_engine.rulebook.loading import load_rule_set
from era_engine.store.schema import metadata

DECIDING, BY_HAND, PRACTICE = (text_of(f"docs/{name}.md") for name in ("deciding", "by-hand", "practice"))
RULE_SET = load_rule_set(RULES, INSURANCE)


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


def test_tour_and_demo_name_the_commands_of_a_first_day() -> None:
    named = {command.words[0] for command in COMMANDS if command.document in ("docs/tour.md", "scripts/after-demo.txt")}
    first_day = {"run", "inspect", "log", "explain", "quick-post", "ledger", "verify"}
    assert named >= first_day | {"todo", "post", "undo"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_make_target_named_is_in_the_makefile(document: Path) -> None:
    targets = set(re.findall(r"^(\w+):", text_of("Makefile"), re.MULTILINE))
    text = document.read_text(encoding="utf-8")
    code = "\n".join((*(block for kind, block in blocks_of(text) if kind == "sh"), *spans_of(text)))
    assert set(re.findall(r"\bmake ([a-z]\w*)", code)) - targets == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_what_a_document_links_to_is_there(document: Path) -> None:
    links = re.findall(r"\]\(([^)#]*)(?:#([^)]*))?\)", prose_of(document.read_text(encoding="utf-8")))
    assert [link for link, _ in links if link and not (document.parent / link).exists()] == []
    places = [(document.parent / link if link else document, place) for link, place in links if place]
    assert [place for page, place in places if place not in headings_of(page)] == []


def headings_of(page: Path) -> set[str]:
    """The headings of a page as links name them: small letters, no punctuation, hyphens for spaces."""
    headings = re.findall(r"^#+ (.*)$", prose_of(page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


FILE_NAMES = (
    *("toml", "yaml", "yml", "md", "txt", "csv", "db", "json", "lock"),
    *("part", "tmp", "crdownload", "filepart", "gz", "zip"),
)


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_the_files_and_modules_a_document_names_are_there(document: Path) -> None:
    spans = spans_of(document.read_text(encoding="utf-8"))
    places = (ROOT, ROOT / "era_engine", document.parent)
    first_parts = {path.name for path in (*ROOT.iterdir(), *(ROOT / "era_engine").iterdir())}
    paths = [
        span
        for span in spans
        if re.fullmatch(r"[\w.-]+(/[\w.-]*)+", span)
        and span.split("/")[0] in first_parts
        and "/." not in span
        and "NAME" not in span  # what a person fills in, of a file in a home
    ]
    assert [path for path in paths if not any((place / path).exists() for place in places)] == []
    modules = [span for span in spans if re.fullmatch(r"\w+\.py", span)]
    assert [name for name in modules if not list((ROOT / "era_engine").rglob(name))] == []
    dotted = [span for span in spans if re.fullmatch(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+", span)]
    assert [name for name in dotted if not (name in modules or is_known(name) or is_in_code(name))] == []


SETTINGS = "\n".join(re.findall(r"^\| `([a-z._]+)` \|", text_of("docs/settings.md"), re.MULTILINE))


def is_known(name: str) -> bool:
    """A file, a key or table of the settings, a column of the database, or a detail of an act."""
    first, *rest = name.split(".")
    return (
        rest[-1] in FILE_NAMES
        or bool(re.search(rf"^{re.escape(name)}(\.|$)", SETTINGS, re.MULTILINE))
        or (first in metadata.tables and rest[-1] in metadata.tables[first].columns)
        or first == "details"
    )


def is_in_code(name: str) -> bool:
    """`package.module`, with names in it or without."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            value: object = importlib.import_module(".".join(("era_engine", *parts[:end])))
        except ImportError:
            continue
        for attribute in parts[end:]:
            if not hasattr(value, attribute):
                return False
            value = getattr(value, attribute)
        return True
    return False


@pytest.mark.parametrize(("name", "there"), [("x12.reader", True), ("x12.scribe", False), ("pipeline.run", False)])
def test_a_module_that_is_not_there_would_be_noticed(name: str, there: bool) -> None:
    assert is_in_code(name) is there
    assert not is_known(name)


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_no_document_sends_anybody_to_a_web_address(document: Path) -> None:
    assert re.findall(r"https?:|www\.", document.read_text(encoding="utf-8"), re.IGNORECASE) == []


OTHER_WORDS = {
    r"\boffices?\b": "the practice, or a location",
    r"\baside\b": "quarantined",
    r"\bleft (?:to|for) a person\b": "needs review",
    r"\bcheques?\b": "check",
}
ABOUT_WORDS = ("docs/glossary.md", "docs/decisions/36-words.md", "docs/errors.md", "sample_835/README.md")


@pytest.mark.parametrize(
    "document", [document for document in DOCUMENTS if name_of(document) not in ABOUT_WORDS], ids=name_of
)
def test_documents_use_the_words_of_the_glossary(document: Path) -> None:
    words = words_of(document.read_text(encoding="utf-8"))
    assert {word: better for word, better in OTHER_WORDS.items() if re.search(word, words, re.IGNORECASE)} == {}


PLANS = {"one": 1, "several": 2}
PAID = {"at least the minimum": [18240, 19200], "below": [0, 18239], "any": [0, 18239, 18240]}
SWITCH = {"on": [True], "off": [False], "any": [True, False]}
PEOPLE_SEE = {
    "green message and check mark": "posted",
    "yellow message, red alert and icon": "criteria-not-met",
    "nothing": "quiet",
}
THEN = {"**post** payment and write-off": "post", "needs review": "manual"}
TABLE = [
    [cell.strip() for cell in row.split("|")] for row in re.findall(r"^\| ((?:one|several) \|.*) \|$", DECIDING, re.M)
]


@pytest.mark.parametrize("row", TABLE, ids=" | ".join)
def test_the_table_in_the_documents_is_the_table_in_force(row: list[str]) -> None:
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


def test_the_documents_tell_every_row_and_how_many_holds_there_are() -> None:
    options = {row.id for row in RULE_SET.rows if row.id in spans_of(DECIDING)}  # off in a new home, named in the text
    assert options == {"single-plan-partial-payment", "several-plans-proven", "several-plans-proven-below-minimum"}
    assert len(TABLE) == len(RULE_SET.rows) - len(options)
    assert f"There are {len(RULE_SET.holds)} holds" in DECIDING


def test_the_guide_for_billers_explains_every_hold() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \|", BY_HAND, re.MULTILINE)
    assert sorted(rows) == sorted(hold.id for hold in RULE_SET.holds)


def test_the_page_of_commands_lists_every_command() -> None:
    listed = {span.split()[1] for span in spans_of(text_of("docs/commands.md")) if re.match(r"era [a-z]", span)}
    assert listed == set(era_command.list_commands(click.Context(era_command)))


def test_the_columns_of_the_claims_file_are_all_described() -> None:
    section = PRACTICE.split("| column | holds |")[1].split("\n\n")[0]
    first_cells = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    assert [name for cell in first_cells for name in re.findall(r"`([^`]+)`", cell)] == list(COLUMNS)


def test_every_exit_code_of_an_error_is_explained() -> None:
    explained = {int(code) for code in re.findall(r"^\| (\d) \|", PRACTICE, re.MULTILINE)}
    raised = {
        error.exit_code for error in vars(errors).values() if isinstance(error, type) and issubclass(error, EraError)
    }
    assert explained == raised | {0, 3}


def test_the_layers_of_the_architecture_are_those_that_are_held() -> None:
    held = tomllib.loads(text_of("pyproject.toml"))["tool"]["importlinter"]["contracts"][0]["layers"]
    layers = [{part.strip() for part in layer.split("|")} for layer in held]
    table = text_of("docs/architecture.md").split("| layer | what it knows |")[1].split("\n\n")[0].splitlines()[2:]
    assert [set(re.findall(r"`([^`]+)`", row.split("|")[1])) for row in table] == layers


def test_the_architecture_is_two_pages() -> None:
    assert len(text_of("docs/architecture.md").splitlines()) <= 110


def test_the_index_leads_to_every_document() -> None:
    linked = re.findall(r"\]\(([^)#]+)", text_of("docs/README.md"))
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert pages - set(linked) == set()


def test_what_the_glossary_calls_by_a_name_in_code_is_in_the_code() -> None:
    folders = {"era_engine": "*.py", "rules": "*.yaml"}
    files = [path for folder, kind in folders.items() for path in (ROOT / folder).rglob(kind)]
    code = set(re.findall(r"\w+", "\n".join(path.read_text(encoding="utf-8") for path in files)))
    rows = [row.split(" | ") for row in text_of("docs/glossary.md").splitlines() if row.startswith("| ")]
    named = [span for row in rows if len(row) == 4 for span in re.findall(r"`([^`]+)`", row[2])]
    assert len(named) > 100
    assert [name for name in named if not set(re.findall(r"[A-Za-z]\w+", name)) <= code] == []
