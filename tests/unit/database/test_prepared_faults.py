"""A fault of SQLite's driver is told by the name that SQLAlchemy gives it, without the values."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from foundation.database.prepared import translated


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (sqlite3.IntegrityError("UNIQUE constraint failed"), IntegrityError),
        (sqlite3.OperationalError("database or disk is full"), OperationalError),
        (sqlite3.DatabaseError("file is not a database"), DBAPIError),
    ],
)
def test_a_fault_has_the_kind_by_which_it_is_handled(fault: sqlite3.Error, kind: type[DBAPIError]) -> None:
    error = translated("INSERT", fault)
    assert (type(error), error.params, error.orig) == (kind, None, fault)
