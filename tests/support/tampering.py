"""For tests of `era verify`: the books changed behind the program's back, and what it finds then."""

from practices import PracticeHome

_APPEND_ONLY = ("decisions", "entries", "postings", "matches", "audited_acts", "settings_texts")
_LOCKS = {
    "sqlite": [f"DROP TRIGGER {table}_no_{change}" for table in _APPEND_ONLY for change in ("update", "delete")],
    "postgresql": [f"DROP TRIGGER {table}_append_only ON {table}" for table in _APPEND_ONLY],
}


_LOCKED = {
    "sqlite": [
        f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table}"
        f" BEGIN SELECT RAISE(ABORT, '{table} are append-only'); END"
        for table in _APPEND_ONLY
        for change in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()"
        for table in _APPEND_ONLY
    ],
}


def pick_the_locks(home: PracticeHome) -> None:
    """From here on what was decided can be changed and deleted."""
    home.change(*_LOCKS[database_kind(home)])


def lock_again(home: PracticeHome) -> None:
    """As somebody does who wants nobody to see that he was there."""
    home.change(*_LOCKED[database_kind(home)])


def database_kind(home: PracticeHome) -> str:
    return home.database_url.partition(":")[0].partition("+")[0]


def problems(home: PracticeHome) -> list[str]:
    """The sentences of `era verify`, of which there must be some."""
    ended = home.era("verify")
    assert ended.code == 1, ended
    return [line.removeprefix("✘ ") for line in ended.out.splitlines() if line.startswith("✘ ")]
