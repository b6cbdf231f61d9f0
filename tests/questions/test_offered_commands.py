"""What the worklist offers can be done: no command it names as remitted is refused."""

import shutil
from pathlib import Path

from practices import era


def test_no_posting_as_remitted_that_the_worklist_offers_is_refused(tmp_path: Path) -> None:
    """On the sample practice, each on a home as the run left it: what one posts may be what keeps another back."""
    demo = tmp_path / "demo"
    assert era("init", demo, "--demo").code == 0
    assert era("run", "--home", demo).code == 3
    offered = [
        record["command"]
        for record in era("todo", "--format", "json", "--home", demo).records
        if record["command"] is not None and "--as-remitted" in record["command"]
    ]
    assert len(offered) > 10
    refused = []
    for number, command in enumerate(offered):
        home = tmp_path / f"{number}"
        shutil.copytree(demo, home)
        ended = era(*command.replace("NAME", "Ann").split()[1:], "--home", home)
        if ended.code:
            refused.append((command, ended.err))
        shutil.rmtree(home)
    assert refused == []
