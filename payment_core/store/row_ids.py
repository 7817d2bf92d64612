"""Ids of rows as people type them: a number may be larger than any database's integer."""

from __future__ import annotations

_LARGEST = 2**63 - 1


def fitting(row_id: int) -> int:
    """Return an id that a database can compare: one beyond its integers is beyond every row, and finds what that finds."""
    return max(-_LARGEST, min(row_id, _LARGEST))
