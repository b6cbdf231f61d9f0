"""The records of decisions: each says its room and whether it is in force, and the index follows from them."""

import re
import runpy

from where import ROOT

PAGE = runpy.run_path(str(ROOT / "scripts" / "decisions_document.py"))
RECORDS = PAGE["records"]()


def test_the_index_of_records_is_made_of_their_first_lines() -> None:
    shown = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    assert shown == PAGE["document"](), "run `make records`"


def test_the_room_of_a_record_is_a_package() -> None:
    packages = {path.parent.name for path in (ROOT / "era_engine").glob("*/__init__.py")}
    assert {record.room for record in RECORDS} - packages == {"all"}


def test_a_record_is_in_force_or_names_what_replaced_it() -> None:
    numbers = [record.number for record in RECORDS]
    assert len(numbers) == len(set(numbers))
    for record in RECORDS:
        later = [int(number) for number in re.findall(r"\d+", record.status.split(";")[0])]
        assert record.status == "in force" or (record.status.startswith("replaced by ") and later), record
        assert all(number in numbers and number > record.number for number in later), record


def test_a_record_is_named_after_its_number() -> None:
    assert [record for record in RECORDS if not record.file.startswith(f"{record.number:02}-")] == []
