"""Which errors of a database a later try may get over by itself, and which need a person."""

from __future__ import annotations

import pytest
from sqlalchemy import exc

from foundation.database.outage import is_away


@pytest.mark.parametrize(
    ("words", "passes"),
    [
        ("connection refused", True),
        ("database is locked", True),
        ("the database system is starting up", True),
        ('FATAL: password authentication failed for user "chat2pay"', False),
        ('FATAL: database "chat2pay" does not exist', False),
        ("no such table: links", False),
    ],
)
def test_waiting_ends_what_nobody_has_to_mend(words: str, passes: bool) -> None:
    assert is_away(exc.OperationalError("SELECT 1", {}, Exception(words))) is passes


def test_a_lost_connection_passes_and_a_refused_row_does_not() -> None:
    assert is_away(exc.InterfaceError("SELECT 1", {}, Exception("connection is closed")))
    assert is_away(exc.TimeoutError("QueuePool limit"))
    assert not is_away(exc.IntegrityError("INSERT", {}, Exception("UNIQUE constraint failed")))
