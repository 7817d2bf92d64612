"""Put the parts of a SOQL query together."""

from __future__ import annotations

from collections.abc import Iterable


def select(columns: Iterable[str], source: str, *conditions: str) -> str:
    """Return a SOQL query; who calls has checked every id and name that goes into it."""
    return f"SELECT {', '.join(columns)} FROM {source} WHERE {' AND '.join(conditions)}"  # noqa: S608


def listed(values: Iterable[str]) -> str:
    """Return texts as the right side of ``IN``; an empty list finds nothing."""
    # Ids that were checked, and names of fields and objects: a quote is in none of them.
    return "(" + (", ".join(f"'{one.replace(chr(39), '')}'" for one in values) or "''") + ")"
