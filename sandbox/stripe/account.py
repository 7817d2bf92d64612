"""The objects of one account, by their ids, kept in a file so that a restart forgets nothing."""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

Object = dict[str, Any]
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Account:
    """All objects of an account, in memory alone without a path. Whoever changes one holds ``lock`` and saves it."""

    def __init__(self, path: Path | None, now: Callable[[], datetime], *, livemode: bool = False) -> None:
        self.lock = threading.RLock()
        self.livemode = livemode
        # What the key may not do, by the first word of a path; a restricted key has rights by resource.
        self.denied: set[str] = set()
        self._clock = now
        self._ahead = timedelta()
        self._objects: dict[str, Object] = {}
        self._of_kind: dict[str, dict[str, Object]] = defaultdict(dict)
        self._file = sqlite3.connect(path, check_same_thread=False, isolation_level=None) if path else None
        if self._file is None:
            return
        self._file.execute("CREATE TABLE IF NOT EXISTS objects (place INTEGER PRIMARY KEY, id TEXT UNIQUE, body TEXT)")
        for (body,) in self._file.execute("SELECT body FROM objects ORDER BY place"):
            self._keep(json.loads(body))

    @property
    def seconds(self) -> int:
        """The account's time, in seconds."""
        return int((self._clock() + self._ahead).timestamp())

    def move_clock(self, seconds: float) -> None:
        """Let time pass."""
        self._ahead += timedelta(seconds=seconds)

    def new_id(self, prefix: str) -> str:
        """Return an id as Stripe writes them."""
        return f"{prefix}_{''.join(secrets.choice(_ALPHABET) for _ in range(24))}"

    def add(self, prefix: str, kind: str, **values: Any) -> Object:
        """Make and keep an object."""
        made: Object = {"id": self.new_id(prefix), "object": kind, "created": self.seconds, "livemode": self.livemode}
        return self.save({**made, **values})

    def save(self, item: Object) -> Object:
        """Keep an object as it is now."""
        self._keep(item)
        if self._file is None:
            return item
        statement = "INSERT INTO objects (id, body) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body"
        self._file.execute(statement, (item["id"], json.dumps(item)))
        return item

    def find(self, one: object, kind: str) -> Object | None:
        """Return an object of a kind."""
        found = self._objects.get(str(one))
        return found if found is not None and found["object"] == kind else None

    def each(self, kind: str) -> Iterator[Object]:
        """Return the objects of a kind, newest first."""
        return reversed(list(self._of_kind[kind].values()))

    def drop(self, items: Iterable[Object]) -> None:
        """Forget objects that nobody will ask for, for accounts with tens of thousands of them."""
        for item in items:
            self._objects.pop(item["id"], None)
            self._of_kind[item["object"]].pop(item["id"], None)
            if self._file is not None:
                self._file.execute("DELETE FROM objects WHERE id = ?", (item["id"],))

    def _keep(self, item: Object) -> None:
        self._objects[item["id"]] = item
        self._of_kind[item["object"]][item["id"]] = item

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
