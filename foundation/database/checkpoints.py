"""Checkpoints of SQLite's write-ahead log, in a thread of their own so that no commit pays for them.

Only while this runs do commits leave the log alone. Without it (tests, commands) SQLite checkpoints by itself, so the
log never grows for ever. https://www.sqlite.org/wal.html#ckpt
"""

from __future__ import annotations

import sqlite3
import threading
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError

from foundation.database.database import Database
from foundation.log import get_logger

log = get_logger()
_EVERY_SECONDS = 0.25
_CAP_PAGES = 8192  # 32 MiB


class Checkpoints:
    """A thread with a connection of its own; on any other database than SQLite there is nothing to do."""

    def __init__(
        self, database: Database, *, every_seconds: float = _EVERY_SECONDS, cap_pages: int = _CAP_PAGES
    ) -> None:
        self._database = database
        self._every = every_seconds
        self._cap = cap_pages
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checkpoint", daemon=True)

    def start(self) -> None:
        """Take checkpoints over from the connections that commit."""
        engine = self._database.engine
        if engine.dialect.name == "sqlite" and engine.url.database not in (None, "", ":memory:"):
            event.listen(engine, "connect", _leave_log_alone)
            engine.dispose()  # connections that were opened before would go on checkpointing
            self._thread.start()

    def stop(self) -> None:
        """Give checkpoints back."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
            event.remove(self._database.engine, "connect", _leave_log_alone)
            self._database.engine.dispose()

    def _run(self) -> None:
        raw = sqlite3.connect(str(self._database.engine.url.database), isolation_level=None, timeout=5)
        try:
            raw.execute("PRAGMA synchronous=FULL")
            while not self._stopping.wait(self._every):
                self._step(raw)
        finally:
            raw.close()

    def _step(self, raw: sqlite3.Connection) -> None:
        try:
            if _checkpoint(raw) > self._cap:
                # A log that is never whole in the database never starts anew. With the writer held, what is left is
                # copied in moments, and the next commit writes at the log's beginning.
                with self._database.write():
                    _checkpoint(raw)
        except (sqlite3.Error, SQLAlchemyError) as error:
            log.warning("checkpoint_failed", error=type(error).__name__)


def _checkpoint(raw: sqlite3.Connection) -> int:
    """Copy what can be copied without waiting for anybody; return the pages in the log."""
    _, pages, _ = raw.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return int(pages)


def _leave_log_alone(raw: Any, _record: Any) -> None:
    raw.execute("PRAGMA wal_autocheckpoint=0").close()
