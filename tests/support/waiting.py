"""Programs that meet in the middle of a posting: on PostgreSQL, every posting waits while a test holds a lock."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import psycopg
from practices import PracticeHome

PostingsWait = Callable[[PracticeHome], AbstractContextManager[Callable[[int], None]]]
_PAUSE = (
    "CREATE OR REPLACE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN PERFORM pg_advisory_xact_lock_shared(7); RETURN NEW; END $$",
    "CREATE OR REPLACE TRIGGER pause BEFORE INSERT ON postings FOR EACH ROW EXECUTE FUNCTION pause()",
)


@contextmanager
def postings_waiting(
    home: PracticeHome, look: psycopg.Connection[tuple[object, ...]]
) -> Iterator[Callable[[int], None]]:
    """Within, postings in the home's database wait. Yields a function that returns when so many programs wait.

    `look`: a connection of the test's own to that database.
    """

    def until_waiting(programs: int) -> None:
        deadline = time.monotonic() + 30
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        while look.execute(query).fetchone() != (programs,):
            assert time.monotonic() < deadline, f"{programs} programs were to wait by now"
            time.sleep(0.02)

    home.change(*_PAUSE)
    look.execute("SELECT pg_advisory_lock(7)")
    try:
        yield until_waiting
    finally:
        look.execute("SELECT pg_advisory_unlock(7)")
