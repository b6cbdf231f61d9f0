"""The command line. Commands are loaded when they are called, so that every --help answers at once.

Knows: commands, options, tables, JSON lines, CSV, progress, colors.
Never knows: SQL, or how something is decided or posted. It parses, calls, and shows.
Begin with: `run.py` and `running.py`, then the list of commands below.

To change:
- a command: a module here, and one line in the list below
- an option several commands share: `options.py`; it is imported for --help, so it imports next to nothing
- how tables, JSON and CSV look: `output.py`; progress bars: `progress.py`
- how `era watch` goes on after a fault: `watching.py`
"""

import atexit
import gc
import os
import sys
from io import TextIOWrapper

import click

from era_engine.cli.lazy import LazyGroup
from era_engine.foundation.errors import EraError

_COMMANDS = {
    "init": ("era_engine.cli.init", "Make a practice's home folder."),
    "import": ("era_engine.cli.importing", "Load what the practice expects from insurers."),
    "run": ("era_engine.cli.run", "Read, decide and post remittance files."),
    "requeue": ("era_engine.cli.requeue", "Read quarantined files again."),
    "watch": ("era_engine.cli.watch", "Keep running, and read files as they arrive."),
    "inspect": ("era_engine.cli.inspect", "Show what is in ERA files, with every finding."),
    "log": ("era_engine.cli.log", "The decision log: what was posted, what needs review, and why."),
    "explain": ("era_engine.cli.explain", "Why a claim was posted or needs review, rule by rule."),
    "quick-post": ("era_engine.cli.quick_post", "Decide one claim, or all claims on an ERA, now."),
    "todo": ("era_engine.cli.todo", "What needs review, most money first, and how to finish it."),
    "post": ("era_engine.cli.post", "Post a claim by hand."),
    "undo": ("era_engine.cli.undo", "Undo a posting."),
    "match": ("era_engine.cli.match", "Match a claim payment to a claim."),
    "unmatch": ("era_engine.cli.unmatch", "Unmatch a claim payment from every claim."),
    "close": ("era_engine.cli.close", "Close a claim payment without posting it."),
    "ledger": ("era_engine.cli.ledger", "Ledger entries."),
    "provider-adjustments": (
        "era_engine.cli.provider_adjustments",
        "Provider-level adjustments (PLB): money outside the claims.",
    ),
    "deposits": ("era_engine.cli.deposits", "Bank deposits matched to ERAs, and what does not match."),
    "eras": ("era_engine.cli.eras", "Payments received, open and completed."),
    "verify": ("era_engine.cli.verify", "Prove the books."),
    "audit": ("era_engine.cli.audit", "The audit log: who did what and when."),
    "backup": ("era_engine.cli.backup", "Back up the whole home into one file."),
    "restore": ("era_engine.cli.restore", "Restore a home from a backup."),
    "purge": ("era_engine.cli.purge", "Delete old files for good; the books stay."),
    "encryption": ("era_engine.cli.encryption", "The key that seals archive, quarantine and backups."),
    "settings": ("era_engine.cli.settings", "The settings in force."),
    "rules": ("era_engine.cli.rules", "The rules in force."),
    "replay": ("era_engine.cli.replay", "What other settings or rules would have done; posts nothing."),
    "tune": ("era_engine.cli.tune", "What each minimum percentage would post, and which one to use."),
    "shadow": ("era_engine.cli.shadow", "Posting on trial, compared with what people did."),
}


@click.group(
    cls=LazyGroup,
    commands_at=_COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: era init demo --demo && era run --home demo && era log --home demo",
)
@click.version_option(package_name="era-engine", prog_name="era")
def era() -> None:
    """Read insurers' remittances (X12 835 ERAs), decide each claim by rules, and post it or hold it for review.

    Exit codes: 0 finished, 1 internal error or verify failed, 2 usage, 3 some file quarantined,
    4 settings or rules invalid, 5 another run is working on the home.
    """


def main() -> None:
    """Run the command line; every way out of it is an exit code of the contract."""
    gc.set_threshold(200_000, 20, 20)  # a run makes millions of small tuples and hardly a cycle
    atexit.register(gc.freeze)  # the interpreter need not look for cycles on its way out: a fifth of a short command
    os.umask(0o077)  # what we write holds patient data: for this user alone
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without ✔ still gets its answer
    try:
        code = era.main(prog_name="era", standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("Stopped. What was reported done is done. Run again to continue.", err=True)
        code = 1
    except click.ClickException as error:
        error.show()
        code = 2
    except SystemExit:  # click's way of saying that the reader of our output has gone, which is its good right
        code = 0
    except Exception as error:  # noqa: BLE001 - told, those of our own without a text that may hold patient data
        from era_engine.cli.output import say
        from era_engine.foundation.logs import what_to_tell

        say(what_to_tell(error).text, err=True)
        code = error.exit_code if isinstance(error, EraError) else 1
    sys.exit(code if isinstance(code, int) else 0)
