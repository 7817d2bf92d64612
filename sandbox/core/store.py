"""The SQLite file of the phones and the ordered faults."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sandbox.core.errors import UnsafeSurroundings

SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS messages (
  id INTEGER PRIMARY KEY, provider_id TEXT NOT NULL UNIQUE, message_id TEXT, phone TEXT NOT NULL, channel TEXT NOT NULL,
  author TEXT NOT NULL, text TEXT NOT NULL, link TEXT, buttons TEXT NOT NULL, failure TEXT, reason TEXT, sender TEXT,
  callback_url TEXT, link_reference TEXT, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS messages_by_phone ON messages (phone, id);
CREATE TABLE IF NOT EXISTS reports (
  id INTEGER PRIMARY KEY, url TEXT NOT NULL, body TEXT NOT NULL, attempts INTEGER NOT NULL, due_at REAL NOT NULL);
"""

Row = dict[str, Any]


def _columns(db: sqlite3.Connection) -> set[tuple[str, str]]:
    sql = "SELECT t.name, c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'"
    return {(table, column) for table, column in db.execute(sql)}


def _columns_of_now() -> set[tuple[str, str]]:
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(SCHEMA)
        return _columns(db)


class Store:
    """One connection behind one lock: writes are short, and SQLite has a single writer anyway.

    Raises RefusedToStart where the file was made by an earlier sandbox.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._depth = 0
        # autocommit mode: transactions are opened by hand, so that reads never leave one open
        self._db = sqlite3.connect(folder / "phones.sqlite3", check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        # OFF survives kill -9 of the process (the pages are the kernel's by then), which is all a sandbox promises
        self._db.execute("PRAGMA synchronous=OFF")
        self._db.executescript(SCHEMA)
        if _columns(self._db) != _columns_of_now():
            self._db.close()
            raise UnsafeSurroundings("this folder holds a core of an earlier sandbox: start afresh, in an empty folder")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run its block as one transaction; an inner one joins the outer one."""
        with self._lock:
            if self._depth:
                yield
                return
            self._depth += 1
            try:
                with self._db:
                    self._db.execute("BEGIN IMMEDIATE")
                    yield
            finally:
                self._depth -= 1

    def rows(self, sql: str, *values: object) -> list[Row]:
        with self._lock:
            return [dict(row) for row in self._db.execute(sql, values)]

    def row(self, sql: str, *values: object) -> Row | None:
        found = self.rows(sql, *values)
        return found[0] if found else None

    def write(self, sql: str, *values: object) -> None:
        with self.transaction():
            self._db.execute(sql, values)

    def insert(self, table: str, row: Row) -> None:
        names = ", ".join(row)
        marks = ", ".join("?" * len(row))
        self.write(f"INSERT INTO {table} ({names}) VALUES ({marks})", *row.values())  # noqa: S608  (names are ours)

    def change(self, table: str, key: tuple[str, object], *, changes: Row) -> None:
        """Set the given columns where the key column holds the key value."""
        column, value = key
        pairs = ", ".join(f"{name} = ?" for name in changes)
        sql = f"UPDATE {table} SET {pairs} WHERE {column} = ?"  # noqa: S608  (names are ours, values are bound)
        self.write(sql, *changes.values(), value)

    def fact(self, name: str) -> Any:
        """Return a remembered JSON value, or None."""
        found = self.row("SELECT value FROM facts WHERE name = ?", name)
        return json.loads(found["value"]) if found else None

    def remember(self, name: str, value: object) -> None:
        self.write("INSERT OR REPLACE INTO facts VALUES (?, ?)", name, json.dumps(value))

    def close(self) -> None:
        with self._lock:
            self._db.close()
