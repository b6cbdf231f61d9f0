"""What README, tour and the guide for billers print is what their commands print, run in their order on the demo."""

import re
from contextlib import chdir

import pytest
from documents import COMMANDS, blocks_of, text_of
from practices import era
from where import ROOT

TOURS = ("README.md", "docs/tour.md", "docs/by-hand.md")
SHOWN = [(name, block) for name in TOURS for kind, block in blocks_of(text_of(name)) if kind == "text"]
NO_HOME = ("inspect",)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def lines_in(text: str) -> list[str]:
    """Lines without what changes from run to run or with the width of a column."""
    return [" ".join(_TIME.sub("TIME", line).split()) for line in text.splitlines() if line.strip()]


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What the commands of each tour print, in its order, in a demo home after its run."""
    printed = {}
    for tour in TOURS:
        demo = tmp_path_factory.mktemp("tour") / "demo-home"
        ended = [era("init", demo, "--demo"), era("run", "--home", demo)]
        assert [each.code for each in ended] == [0, 3]
        with chdir(ROOT):
            for words in [command.words for command in COMMANDS if command.whole and command.document == tour]:
                ended.append(era(*words, *([] if words[0] in NO_HOME else ["--home", str(demo)])))
                assert (words, ended[-1].code) == (words, 3 if words[0] == "inspect" else 0)
        printed[tour] = [line for each in ended for line in lines_in(each.out)]
    return printed


@pytest.mark.parametrize(
    ("tour", "block"), SHOWN, ids=[f"{name}: {block.splitlines()[0][:40]}" for name, block in SHOWN]
)
def test_what_a_tour_shows_is_what_its_commands_print(tour: str, block: str, printed: dict[str, list[str]]) -> None:
    shown = [line for line in lines_in(block) if line != "…"]
    assert [line for line in shown if line not in printed[tour]] == []


@pytest.mark.parametrize(("tour", "count"), [("README.md", 3), ("docs/tour.md", 9), ("docs/by-hand.md", 7)])
def test_a_tour_shows_what_its_commands_print(tour: str, count: int) -> None:
    assert len([block for name, block in SHOWN if name == tour]) == count
