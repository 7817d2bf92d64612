"""SQLite's connections: as many as there are readers, kept for the next, and none after closing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import text

from foundation.database.database import Database, ProcessLock
from foundation.errors import Misconfigured

# Web threads and workers of a large process.
_READERS = 100


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'chat2pay.db'}")
    yield made
    made.close()


def test_no_reader_waits_for_another(database: Database) -> None:
    with ExitStack() as readers:
        opened = [readers.enter_context(database.read()) for _ in range(_READERS)]
        assert len({id(one) for one in opened}) == _READERS
        assert all(one.execute(text("SELECT 1")).scalar_one() == 1 for one in opened)


def test_the_next_reader_takes_a_connection_that_is_open(database: Database) -> None:
    with database.read() as first:
        pass
    with database.read() as second:
        assert second is first


def test_after_a_failure_the_next_reader_has_a_connection_of_its_own(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.read() as failed:
        raise ZeroDivisionError
    assert failed.closed
    with database.read() as following:
        assert following.execute(text("SELECT 1")).scalar_one() == 1


def test_a_step_of_a_migration_that_fails_leaves_nothing_behind(database: Database) -> None:
    """Migrations begin their transactions through the engine, which commits each statement by itself unless told."""
    with database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept (name TEXT)"))

    def fails() -> None:
        with database.engine.begin() as connection:
            connection.execute(text("INSERT INTO kept VALUES ('half')"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM kept")).scalar_one() == 0


def test_a_second_server_is_told_which_process_is_the_first(tmp_path: Path) -> None:
    first, second = ProcessLock(tmp_path / "chat2pay.db"), ProcessLock(tmp_path / "chat2pay.db")
    first.take()
    with pytest.raises(Misconfigured, match=f"is held by process {os.getpid()}: SQLite has one server"):
        second.take()
    first.release()
    second.take()
    second.release()
