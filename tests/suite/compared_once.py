"""Lets one test process compare each stored schema once with the code's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from foundation.database.database import Database
from foundation.database.schema import check_schema
from foundation.database.schema.service_schema import Schema

# What SQLite itself keeps of a schema is all that there is of it: the same text differs in the same from the code.
_STORED = text("SELECT type, name, sql FROM sqlite_master ORDER BY type, name")
_known: dict[tuple[str, str], list[str]] = {}


@contextmanager
def schemas_compared_once() -> Iterator[None]:
    """Keep what a comparison has found, for all databases of SQLite with that very schema; it takes longer than most checks."""
    compare = check_schema.differences

    def differences(schema: Schema, database: Database) -> list[str]:
        if database.is_fleet:
            return compare(schema, database)
        with database.read() as connection:
            stored = (schema.service, repr(connection.execute(_STORED).all()))
        if stored not in _known:
            _known[stored] = compare(schema, database)
        return list(_known[stored])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(check_schema, "differences", differences)
        yield
