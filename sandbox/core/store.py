"""Knows the SQLite file where everything lives, and refuses to know what any of it means."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sandbox.core.errors import RefusedToStart

SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS applications (
  uuid TEXT PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL, status TEXT NOT NULL,
  payment_status_url TEXT NOT NULL, transaction_status_url TEXT NOT NULL, settings_url TEXT NOT NULL,
  basic_user TEXT NOT NULL, basic_password TEXT NOT NULL, hmac_key TEXT NOT NULL, created_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS links (
  ref TEXT PRIMARY KEY, token TEXT NOT NULL UNIQUE, receipt_token TEXT UNIQUE, application TEXT NOT NULL,
  order_number TEXT NOT NULL, reference TEXT, channel TEXT NOT NULL, phone TEXT NOT NULL, currency TEXT NOT NULL,
  total TEXT NOT NULL, tax TEXT NOT NULL, sub_total TEXT NOT NULL, language TEXT NOT NULL,
  additional_data TEXT NOT NULL, link_status TEXT NOT NULL, payment_status TEXT, transaction_type TEXT NOT NULL,
  auto_reversal INTEGER NOT NULL, authorized TEXT NOT NULL DEFAULT '0', captured TEXT NOT NULL DEFAULT '0',
  reversed TEXT NOT NULL DEFAULT '0', message_status TEXT, message_failure TEXT, payable INTEGER NOT NULL DEFAULT 1,
  settled INTEGER NOT NULL DEFAULT 0, card_brand TEXT, card_last4 TEXT, created_at REAL NOT NULL, clicked_at REAL,
  expires_at REAL NOT NULL, decided_at REAL, review_finalised_at REAL, reconciliation TEXT, save_card INTEGER NOT NULL
  DEFAULT 0);
CREATE INDEX IF NOT EXISTS links_by_deadline ON links (expires_at) WHERE payable = 1;
CREATE INDEX IF NOT EXISTS links_by_reference ON links (reference);
CREATE INDEX IF NOT EXISTS links_by_phone ON links (phone, created_at);
CREATE TABLE IF NOT EXISTS challenges (
  token TEXT PRIMARY KEY, link_ref TEXT NOT NULL, brand TEXT NOT NULL, last4 TEXT NOT NULL,
  save_card INTEGER NOT NULL, answered INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS saved_cards (phone TEXT PRIMARY KEY, brand TEXT NOT NULL, last4 TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS blocks (phone TEXT, channel TEXT, at REAL NOT NULL, PRIMARY KEY (phone, channel));
CREATE TABLE IF NOT EXISTS messages (
  id INTEGER PRIMARY KEY, phone TEXT NOT NULL, channel TEXT NOT NULL, author TEXT NOT NULL, text TEXT NOT NULL,
  link TEXT, buttons TEXT NOT NULL, link_ref TEXT, failure TEXT, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS messages_by_phone ON messages (phone, id);
CREATE TABLE IF NOT EXISTS deliveries (
  id INTEGER PRIMARY KEY, lane TEXT NOT NULL, link_ref TEXT, application TEXT NOT NULL, kind TEXT NOT NULL,
  event TEXT NOT NULL, message_id TEXT NOT NULL, body TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
  due_at REAL NOT NULL, created_at REAL NOT NULL, duplicate INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS deliveries_pending ON deliveries (id) WHERE state = 'pending';
CREATE INDEX IF NOT EXISTS deliveries_by_link ON deliveries (link_ref);
CREATE TABLE IF NOT EXISTS attempts (
  delivery INTEGER NOT NULL, number INTEGER NOT NULL, at REAL NOT NULL, url TEXT NOT NULL, status INTEGER,
  answer TEXT, error TEXT, duration_ms INTEGER NOT NULL, PRIMARY KEY (delivery, number)) WITHOUT ROWID;
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
        self._after: dict[Callable[[], None], None] = {}
        # autocommit mode: transactions are opened by hand, so that reads never leave one open
        self._db = sqlite3.connect(folder / "core.sqlite3", check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        # OFF survives kill -9 of the process (the pages are the kernel's by then), which is all a sandbox promises
        self._db.execute("PRAGMA synchronous=OFF")
        self._db.executescript(SCHEMA)
        if _columns(self._db) != _columns_of_now():
            self._db.close()
            raise RefusedToStart("this folder holds a core of an earlier sandbox: start afresh, in an empty folder")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """This function will run its block as one transaction; an inner one joins the outer one."""
        with self._lock:
            if self._depth:
                yield
                return
            after: list[Callable[[], None]] = []
            self._depth += 1
            try:
                with self._db:
                    self._db.execute("BEGIN IMMEDIATE")
                    yield
                after = list(self._after)
            finally:
                self._depth -= 1
                self._after.clear()
        for call in after:
            call()

    def after_commit(self, call: Callable[[], None]) -> None:
        """This function will remember a call for the moment when the running transaction is committed."""
        self._after[call] = None

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
        """This function will set the given columns where the key column holds the key value."""
        column, value = key
        pairs = ", ".join(f"{name} = ?" for name in changes)
        sql = f"UPDATE {table} SET {pairs} WHERE {column} = ?"  # noqa: S608  (names are ours, values are bound)
        self.write(sql, *changes.values(), value)

    def fact(self, name: str) -> Any:
        """This function will give a remembered JSON value, or None."""
        found = self.row("SELECT value FROM facts WHERE name = ?", name)
        return json.loads(found["value"]) if found else None

    def remember(self, name: str, value: object) -> None:
        self.write("INSERT OR REPLACE INTO facts VALUES (?, ?)", name, json.dumps(value))

    def close(self) -> None:
        with self._lock:
            self._db.close()
