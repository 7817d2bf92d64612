"""A process that is paused in the middle of a statement keeps its locks until another process of the fleet ends its session."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from foundation.database.database import Database
from foundation.database.postgres.stuck_sessions import StuckSessions
from tests.databases.paused_clients import paused_amid
from tests.databases.postgres import Cluster

CHANGE = "UPDATE places SET taken = taken + 1"
_WAITING = text(
    "SELECT wait_event_type FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = :of"
)


@pytest.fixture(scope="module")
def url(cluster: Cluster) -> str:
    """A database with one row."""
    url = cluster.fresh()
    database = Database(url)
    with database.write() as connection:
        connection.execute(text("CREATE TABLE places AS SELECT 0 AS taken"))
    database.close()
    return url


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """The processes of a fleet."""
    opened = Database(url)
    yield opened
    opened.close()


@contextmanager
def looking(url: str, *, after_seconds: float = 0) -> Iterator[StuckSessions]:
    looker = StuckSessions(url, after_seconds=after_seconds)
    yield looker
    looker.close()


def change(database: Database, *before: str) -> None:
    with database.write() as connection:
        for statement in (*before, CHANGE):
            connection.execute(text(statement))


def until_somebody_waits(database: Database, of: str) -> None:
    """Wait until a session waits for a ``Lock`` or a ``Timeout``."""
    ends_at = time.monotonic() + 30
    while time.monotonic() < ends_at:
        with database.read() as connection:
            if connection.execute(_WAITING, {"of": of}).first():
                return
        time.sleep(0.01)
    raise AssertionError(f"nobody waits for a {of}")


@contextmanager
def held_up(database: Database) -> Iterator[Future[None]]:
    """Another process waits for the row, and gives up where nobody helps."""
    with ThreadPoolExecutor(1) as other:
        begun = other.submit(change, database, "SET LOCAL lock_timeout = '10s'")
        until_somebody_waits(database, "Lock")
        yield begun


def test_of_a_paused_process_is_ended_and_what_it_held_up_goes_on(url: str, database: Database) -> None:
    with looking(url) as looker, paused_amid(database, CHANGE), held_up(database) as other:
        assert looker.end() == 1
        assert other.exception() is None
        assert looker.end() == 0, "nobody is held up any more"


def test_of_a_process_that_does_not_read_a_long_answer_is_ended(url: str, database: Database) -> None:
    answer = f"WITH changed AS ({CHANGE} RETURNING taken) SELECT repeat('x', 10000000) FROM changed"
    with looking(url) as looker, paused_amid(database, answer), held_up(database) as other:
        assert looker.end() == 1
        assert other.exception() is None


def test_is_ended_only_after_a_while(url: str, database: Database) -> None:
    """As long as a worker may give no sign of life: it may be busy."""
    looks = looking(url, after_seconds=3600), looking(url)
    with looks[0] as patient, looks[1] as looker, paused_amid(database, CHANGE), held_up(database):
        assert patient.end() == 0
        assert looker.end() == 1


def test_that_holds_up_nobody_is_left_alone(url: str, database: Database) -> None:
    with looking(url) as looker, paused_amid(database, CHANGE):
        assert looker.end() == 0


def test_that_works_is_left_alone_whoever_waits_for_it(url: str, database: Database) -> None:
    with looking(url) as looker, ThreadPoolExecutor(1) as pool:
        slow = pool.submit(change, database, CHANGE, "SELECT pg_sleep(0.3)")
        until_somebody_waits(database, "Timeout")
        with held_up(database) as other:
            assert looker.end() == 0
            assert (slow.exception(), other.exception()) == (None, None)


def test_of_another_program_is_left_alone(url: str, database: Database) -> None:
    """The administrator's own session, whatever it waits for, is not ours to end."""
    theirs = Database(url)
    with theirs.write() as connection:
        connection.execute(text("SET application_name = 'psql'"))
    with looking(url) as looker, paused_amid(theirs, CHANGE) as paused, held_up(database):
        assert looker.end() == 0
        paused.close()
    theirs.close()


class Pauses(Event):
    """Three pauses, then the process stops."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds.append(timeout or 0)
        return len(self.seconds) > 3


def test_is_looked_for_every_two_seconds_through_an_outage(
    url: str, database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    looker, pauses, looks = StuckSessions(url, after_seconds=0), Pauses(), iter([database_away, lambda: None, None])
    end = looker.end
    monkeypatch.setattr(looker, "end", lambda: (next(looks) or end)())
    with paused_amid(database, CHANGE), held_up(database) as other:
        looker.watch(pauses)
        assert other.exception() is None
    assert pauses.seconds == [2] * 4
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["event"], line.get("where"), line.get("reason"), line.get("count")) for line in lines] == [
        ("step_failed", "stuck_sessions", "the database system is starting up", None),
        ("stuck_sessions_ended", None, None, 1),
    ]


def database_away() -> None:
    raise OperationalError("SELECT 1", {}, Exception("FATAL:  the database system is starting up"))
