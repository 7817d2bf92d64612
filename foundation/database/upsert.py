"""INSERT … ON CONFLICT for either database, loading only the dialect in use."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table


def insert_into(dialect: str, table: Table) -> Any:
    """Return the dialect's own insert, which supports ON CONFLICT; build it once, because that costs more than executing."""
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415 memory: a process needs one dialect

        return postgresql.insert(table)
    from sqlalchemy.dialects import sqlite  # noqa: PLC0415 as above

    return sqlite.insert(table)
