"""Whether a process can write is asked about seldom while all is well, soon after a fault, and never waited for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select, text

from connector.store.schema.tables import write_checks
from foundation.database.database import Database
from foundation.database.write_check import WriteAbility, WriteCheck
from tests.captured_logs import capture_logs
from tests.unit.examples import NOW

OK, NOT_WRITABLE, UNREACHABLE = WriteAbility.OK, WriteAbility.NOT_WRITABLE, WriteAbility.UNREACHABLE


class Checked:
    """A check of a database, and its clock."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.seconds = 100.0
        self.meanwhile: Callable[[], None] = lambda: None
        self.check = WriteCheck(database, write_checks, now=self._now, clock=lambda: self.seconds)

    def _now(self) -> datetime:
        """Do what happens in the middle of a write, which asks for the time."""
        self.meanwhile()
        return NOW

    def after(self, seconds: float) -> WriteAbility:
        """Ask after so many seconds."""
        self.seconds += seconds
        return self.check.ability()

    def run(self, statement: str) -> None:
        """Change the database."""
        with self.database.write() as connection:
            connection.execute(text(statement))


@pytest.fixture
def checked(tmp_path: Path) -> Iterator[Checked]:
    database = Database(f"sqlite:///{tmp_path}/checked.db")
    with database.write() as connection:
        write_checks.create(connection)
    yield Checked(database)
    database.close()


def test_a_fault_is_noticed_within_five_seconds_and_its_end_within_one(checked: Checked) -> None:
    assert checked.after(0) is OK
    checked.run("ALTER TABLE write_checks RENAME TO gone")
    assert (checked.after(4.9), checked.after(0.1)) == (OK, NOT_WRITABLE)
    checked.run("ALTER TABLE gone RENAME TO write_checks")
    assert (checked.after(0.9), checked.after(0.1)) == (NOT_WRITABLE, OK)


def test_a_refused_write_has_it_checked_soon(checked: Checked) -> None:
    assert checked.after(0) is OK
    checked.run("ALTER TABLE write_checks RENAME TO gone")
    checked.check.doubt()
    assert (checked.after(0.9), checked.after(0.1)) == (OK, NOT_WRITABLE)


@pytest.mark.parametrize(("takes", "found"), [(15, OK), (15.1, UNREACHABLE)])
def test_while_another_thread_checks_the_last_result_counts_for_a_while(
    checked: Checked, takes: float, found: WriteAbility
) -> None:
    assert checked.after(0) is OK
    meanwhile: list[WriteAbility] = []
    checked.meanwhile = lambda: meanwhile.append(checked.after(takes))
    assert checked.after(5) is OK
    assert meanwhile == [found]
    checked.meanwhile = lambda: None
    assert checked.after(1) is OK, "it took long, and has ended well"


def test_while_the_very_first_check_is_under_way_nothing_is_promised(checked: Checked) -> None:
    meanwhile: list[WriteAbility] = []
    checked.meanwhile = lambda: meanwhile.append(checked.after(1))
    assert (checked.after(0), meanwhile) == (OK, [UNREACHABLE])


def test_a_write_that_was_refused_during_a_check_has_it_checked_again_soon(checked: Checked) -> None:
    checked.meanwhile = checked.check.doubt
    assert checked.after(0) is OK
    checked.meanwhile = lambda: None
    checked.run("ALTER TABLE write_checks RENAME TO gone")
    assert (checked.after(0.9), checked.after(0.1)) == (OK, NOT_WRITABLE)


def test_after_a_refused_write_one_is_tried_that_needs_as_much_room_as_a_callback(checked: Checked) -> None:
    def written() -> int:
        with checked.database.read() as connection:
            size: int = connection.execute(select(func.length(write_checks.c.payload))).scalar_one()
        return size

    assert (checked.after(0), written()) == (OK, 16)
    checked.check.doubt()
    assert (checked.after(1), written()) == (OK, 64 * 1024)
    assert (checked.after(5), written()) == (OK, 16)


@pytest.mark.parametrize(("free", "found"), [(1024 * 1024, OK), (1024 * 1024 - 1, NOT_WRITABLE)])
def test_a_disk_that_is_nearly_full_is_not_writable_though_a_small_row_still_fits(
    checked: Checked, monkeypatch: pytest.MonkeyPatch, free: int, found: WriteAbility
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _path: SimpleNamespace(free=free))
    assert checked.after(0) is found


def test_a_fault_is_logged_when_it_begins_and_when_it_ends(checked: Checked) -> None:
    def told(after: float) -> list[tuple[str, str | None]]:
        with capture_logs() as lines:
            checked.after(after)
        return [(one["event"], one.get("outcome")) for one in lines]

    assert told(0) == [], "a good start is no news"
    checked.run("ALTER TABLE write_checks RENAME TO gone")
    assert told(5) == [("not_ready", "not_writable")]
    assert told(1) == [], "it goes on"
    checked.run("ALTER TABLE gone RENAME TO write_checks")
    assert told(1) == [("ready_again", None)]
    assert told(5) == []


def test_a_database_that_cannot_be_opened_is_unreachable(tmp_path: Path) -> None:
    checked = Checked(Database(f"sqlite:///{tmp_path}/nowhere/checked.db"))
    assert checked.after(0) is UNREACHABLE
