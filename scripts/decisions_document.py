"""docs/decisions/README.md, made of the records: each under its room, with its status.

python scripts/decisions_document.py          write it
"""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
RECORDS = ROOT / "docs" / "decisions"
DOCUMENT = RECORDS / "README.md"

HEAD = """# Decisions

What was decided, and why, by room: the package it is about. Numbers are in the order of time and stay. A record says
what was known that day. It is corrected only if it names a path that has moved; what replaces it is a record of its
own. Made by `make records`.
"""


class Record(NamedTuple):
    """A decision record as its own first lines tell it."""

    number: int
    file: str
    title: str
    room: str
    status: str


def records() -> list[Record]:
    """Every record, by number. Raises ValueError for one without title, room or status."""
    found = []
    for path in sorted(RECORDS.glob("[0-9]*.md")):
        told = re.match(r"# (\d+)\. (.+)\n\n- Room: (.+)\n- Status: (.+)\n\n", path.read_text(encoding="utf-8"))
        if told is None:
            raise ValueError(f"{path.name} does not begin with title, room and status")
        number, title, room, status = told.groups()
        found.append(Record(int(number), path.name, title, room.strip("`"), status))
    return found


def document() -> str:
    known, parts = records(), [HEAD]
    for room in ("all", *sorted({record.room for record in known} - {"all"})):
        parts.append(f"\n## {room if room != 'all' else 'The whole'}\n\n")
        for record in known:
            if record.room == room:
                replaced = "" if record.status == "in force" else f" ({record.status.split(';')[0]})"
                parts.append(f"- [{record.number}. {record.title}]({record.file}){replaced}\n")
    return "".join(parts)


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
