"""What the commands of a person's acts share: opening the practice, telling what was done."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from era_engine.acts.act import ActResult
    from era_engine.books.opened import Books


def carry_out(home: Path | None, as_json: bool, act: "Callable[[Books], ActResult]") -> None:
    """Carry an act out and tell it, in words or as the decisions it made."""
    from era_engine.books.opened import open_books
    from era_engine.cli.output import json_line, say
    from era_engine.questions.decisions import LogReader
    from era_engine.store.database import until_unblocked
    from era_engine.store.insurance.decisions import Filters

    with open_books(home) as books:
        done = until_unblocked(lambda: act(books))
        if as_json:
            with books.database.reading() as connection:
                reader = LogReader(connection)
                for decision_id in done.decision_ids:
                    for record in reader.records(Filters(decision_id=decision_id)):
                        json_line(record)
            for entry in done.entries:
                json_line(entry)
            return
    for line in done.told:
        say(line)
