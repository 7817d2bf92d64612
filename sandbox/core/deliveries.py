"""Knows how to tell what became of every callback delivery; refuses to send one."""

from __future__ import annotations

import json
from typing import Any

from sandbox.core.clock import stamp
from sandbox.core.store import Row, Store


def listed_deliveries(store: Store, *, link_reference: str | None = None, limit: int | None = None) -> list[Row]:
    """This function will give the newest deliveries, oldest of them first, each with its attempts and answers."""
    # a negative LIMIT means none in SQLite
    size = -1 if limit is None else limit
    deliveries = store.rows(
        "SELECT * FROM deliveries WHERE ?1 IS NULL OR link_ref = ?1 ORDER BY id DESC LIMIT ?2", link_reference, size
    )
    deliveries.reverse()
    if not deliveries:
        return []
    attempts: dict[int, list[dict[str, Any]]] = {row["id"]: [] for row in deliveries}
    sql = "SELECT * FROM attempts WHERE delivery BETWEEN ? AND ? ORDER BY delivery, number"
    for row in store.rows(sql, deliveries[0]["id"], deliveries[-1]["id"]):
        if row["delivery"] in attempts:
            attempts[row["delivery"]].append(_attempt(row))
    return [_delivery(row, attempts[row["id"]]) for row in deliveries]


def counted_deliveries(store: Store) -> dict[str, int]:
    """This function will count deliveries by state: pending, delivered, dropped, abandoned."""
    rows = store.rows("SELECT state, count(*) AS n FROM deliveries GROUP BY state")
    counts = {"pending": 0, "delivered": 0, "dropped": 0, "abandoned": 0}
    return counts | {row["state"]: row["n"] for row in rows}


def _delivery(row: Row, attempts: list[dict[str, Any]]) -> Row:
    return {
        "id": row["id"],
        "application": row["application"],
        "kind": row["kind"],
        "event": row["event"],
        "link_reference": row["link_ref"],
        "state": row["state"],
        "duplicate": bool(row["duplicate"]),
        "created_at": stamp(row["created_at"]),
        "next_attempt_at": stamp(row["due_at"]) if row["state"] == "pending" else None,
        "body": json.loads(row["body"]),
        "attempts": attempts,
    }


def _attempt(row: Row) -> dict[str, Any]:
    shown = {name: row[name] for name in ("url", "status", "answer", "error", "duration_ms")}
    return {"number": row["number"], "at": stamp(row["at"]), **shown}
