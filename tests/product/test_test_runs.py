"""How the tests themselves are run."""

import tempfile
from pathlib import Path

import pytest
from temporary_folder import keep_in_memory


@pytest.fixture(autouse=True)
def remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test has forgotten about the folder of temporary files is known again after it."""
    monkeypatch.setattr(tempfile, "tempdir", tempfile.gettempdir())


def test_temporary_files_are_kept_in_memory_where_there_is_room(tmp_path: Path) -> None:
    environment: dict[str, str] = {}
    keep_in_memory(environment, tmp_path, room=1)
    assert environment == {"TMPDIR": str(tmp_path)}


def test_temporary_files_are_kept_where_the_environment_says(tmp_path: Path) -> None:
    environment = {"TMPDIR": "/elsewhere"}
    keep_in_memory(environment, tmp_path, room=1)
    assert environment == {"TMPDIR": "/elsewhere"}


def test_temporary_files_stay_on_the_disk_where_memory_is_small_or_no_folder(tmp_path: Path) -> None:
    environment: dict[str, str] = {}
    keep_in_memory(environment, tmp_path, room=1 << 60)
    keep_in_memory(environment, tmp_path / "nowhere", room=1)
    assert environment == {}
