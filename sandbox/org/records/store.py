"""The record store: rows in memory, written through to SQLite."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

from sandbox.org.metadata.objects import Metadata
from sandbox.org.wire.exact_json import from_json, to_json
from sandbox.org.wire.ids import make_id

Row: TypeAlias = dict[str, Any]

_NUMBERS = ("double", "currency", "int")
_BIN = "deleted:"
_TABLES = """
CREATE TABLE IF NOT EXISTS records (id TEXT PRIMARY KEY, object TEXT NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
"""


def recycle_bin_of(object_name: str) -> str:
    """Return the name under which an object's deleted rows are stored: the recycle bin."""
    return f"{_BIN}{object_name}"


def saved_setting(path: Path, name: str) -> Any:
    """Return a setting of a store that is not open yet; None where there is no such store."""
    if not path.exists():
        return None
    with closing(RecordStore.opened(path)) as file:
        found = file.execute("SELECT body FROM settings WHERE name = ?", (name,)).fetchone()
    return from_json(found[0]) if found else None


class RecordStore:
    """The rows of all objects, in memory and in one SQLite file.

    Names that begin with an underscore are the sandbox's own marks on a row; no query can see them.
    """

    # Rows are replaced, never changed in place, so a reader without the lock sees a whole row.

    def __init__(self, path: Path, *, metadata: Metadata) -> None:
        self._metadata = metadata
        # One writer at a time for the whole org, while Salesforce locks rows: contention is played by a fault, `locked_rows`.
        self._lock = threading.RLock()
        self._undo_log: list[tuple[str, str, Row | None]] | None = None
        self._rows: dict[str, dict[str, Row]] = {}
        # By (object, field): upserts by a unique external id are most of what the connector writes.
        self._unique: dict[tuple[str, str], dict[Any, str]] = {}
        self._unique_names: dict[str, list[str]] = {}
        self.know_objects()
        self._file = self.opened(path)
        self._counters: dict[str, int] = {}
        self._counters_saved: dict[str, int] = {}
        self._load()

    def know_objects(self) -> None:
        """Make room for every object and unique field of the metadata, those that a deployment has added among them."""
        with self._lock:
            for name, kind in self._metadata.every.items():
                self._unique_names[name] = [field.name for field in kind.unique_fields()]
                for field in self._unique_names[name]:
                    self._unique.setdefault((name, field), {})
                self._unique_names[recycle_bin_of(name)] = []
                for place in (name, recycle_bin_of(name)):
                    self._rows.setdefault(place, {})

    @staticmethod
    def opened(path: Path) -> sqlite3.Connection:
        """Return a connection to the file, with its tables."""
        file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        file.execute("PRAGMA journal_mode = WAL")
        # A killed process loses nothing it has written; only a power cut would, and a sandbox may lose to that.
        file.execute("PRAGMA synchronous = OFF")
        file.executescript(_TABLES)
        return file

    def _load(self) -> None:
        for record_id, object_name, body in self._file.execute("SELECT id, object, body FROM records"):
            # Rows of an object that has since left the metadata stay in the file, unseen.
            if object_name in self._rows:
                self._place(object_name, record_id, row=self._read(object_name, json.loads(body)))
        self._counters = self.setting("counters") or {}
        self._counters_saved = dict(self._counters)

    def _read(self, object_name: str, row: Row) -> Row:
        """Return the row with its exact amounts, which the file stores as text."""
        fields = self._metadata.every[object_name.removeprefix(_BIN)].fields
        for name, value in row.items():
            if isinstance(value, str) and name in fields and fields[name].type in _NUMBERS:
                row[name] = Decimal(value)
        return row

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()

    # Reading

    def rows(self, object_name: str) -> list[Row]:
        """Return all rows of an object."""
        with self._lock:
            return list(self._rows[object_name].values())

    def get(self, object_name: str, record_id: str | None) -> Row | None:
        """Return a row by id, None where there is none."""
        return self._rows[object_name].get(record_id) if record_id else None

    def find_unique(self, object_name: str, field: str, *, value: Any) -> Row | None:
        """Return the row with this value of a unique field, None where there is none."""
        return self.get(object_name, self._unique[object_name, field].get(value))

    def is_private(self, object_name: str) -> bool:
        """Return whether the object's records are visible to their owners only."""
        return self._metadata.every[object_name].private

    def object_of(self, record_id: str) -> str | None:
        """Return the name of the object that holds the record, None where it does not exist."""
        # Not by the id's prefix: that of a custom object depends on the order in which deployments brought it.
        return next((name for name in self._metadata.every if record_id in self._rows[name]), None)

    # Writing

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit everything inside together, on disk too; roll it back on an exception. Inner ones join the outer one."""
        with self._lock:
            if self._undo_log is not None:
                yield
                return
            self._undo_log = []
            try:
                yield
                self._persist()
            except BaseException:
                self.rollback_to(0)
                raise
            finally:
                self._undo_log = None

    def savepoint(self) -> int:
        """Return a point of the running transaction that `rollback_to` can go back to."""
        return len(self._changes())

    def rollback_to(self, savepoint: int) -> None:
        """Undo what was written since a savepoint."""
        changes = self._changes()
        while len(changes) > savepoint:
            object_name, record_id, before = changes.pop()
            self._place(object_name, record_id, row=before)

    def put(self, object_name: str, row: Row) -> None:
        """Store a row in place of the one with its id, inside a transaction."""
        record_id = row["Id"]
        self._changes().append((object_name, record_id, self._rows[object_name].get(record_id)))
        self._place(object_name, record_id, row=row)

    def remove(self, object_name: str, record_id: str) -> None:
        """Remove a row, inside a transaction."""
        self._changes().append((object_name, record_id, self._rows[object_name][record_id]))
        self._place(object_name, record_id, row=None)

    def next_number(self, name: str, *, first: int = 1) -> int:
        """Return the next number of a counter."""
        with self._lock:
            self._counters[name] = self._counters.get(name, first - 1) + 1
            return self._counters[name]

    def next_id(self, object_name: str) -> str:
        """Return a new id of the object."""
        return make_id(self._metadata.every[object_name].key_prefix, self.next_number("serial", first=31_000_000))

    def _changes(self) -> list[tuple[str, str, Row | None]]:
        if self._undo_log is None:
            raise RuntimeError("records are written inside a transaction only")
        return self._undo_log

    def _place(self, object_name: str, record_id: str, *, row: Row | None) -> None:
        before = self._rows[object_name].get(record_id)
        if row is None:
            self._rows[object_name].pop(record_id, None)
        else:
            self._rows[object_name][record_id] = row
        for field in self._unique_names[object_name]:
            index = self._unique[object_name, field]
            if before is not None:
                index.pop(before.get(field), None)
            if row is not None and row.get(field) is not None:
                index[row[field]] = record_id

    def _persist(self) -> None:
        # Each row once, as it is at the end: a composite may write one record several times.
        changed = {(object_name, record_id) for object_name, record_id, _ in self._changes()}
        if not changed and self._counters == self._counters_saved:
            return
        saved, removed = [], []
        for object_name, record_id in changed:
            row = self._rows[object_name].get(record_id)
            if row is None:
                removed.append((record_id,))
            else:
                saved.append((record_id, object_name, json.dumps(row, default=str)))
        with self._file:
            self._file.execute("BEGIN")
            self._file.executemany("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", saved)
            self._file.executemany("DELETE FROM records WHERE id = ?", removed)
            self._file.execute("INSERT OR REPLACE INTO settings VALUES ('counters', ?)", (to_json(self._counters),))
        self._counters_saved = dict(self._counters)

    # Settings: keys, tokens, the registered certificate

    def setting(self, name: str) -> Any:
        """Return a setting, None where it was never saved."""
        with self._lock:
            found = self._file.execute("SELECT body FROM settings WHERE name = ?", (name,)).fetchone()
        return from_json(found[0]) if found else None

    def save_setting(self, name: str, value: Any) -> None:
        """Save a setting at once, outside any transaction of records."""
        with self._lock:
            self._file.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, to_json(value)))
