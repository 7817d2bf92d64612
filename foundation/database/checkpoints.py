"""Checkpoint SQLite's write-ahead log in a thread of its own, so that no commit pays for it.

Only while this runs is SQLite's automatic checkpoint off. Without it (tests, commands) commits checkpoint by themselves, so
the log cannot grow without a limit. https://www.sqlite.org/wal.html#ckpt
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
# Often and little: a checkpoint of a large log holds up the writer for as long as it copies.
_EVERY_SECONDS = 0.25
_CAP_PAGES = 8192  # 32 MiB


class Checkpoints:
    """The checkpoint thread, with its own connection; on other databases than SQLite it does nothing."""

    def __init__(
        self, database: Database, *, every_seconds: float = _EVERY_SECONDS, cap_pages: int = _CAP_PAGES
    ) -> None:
        self._database = database
        self._every = every_seconds
        self._cap = cap_pages
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checkpoint", daemon=True)

    def start(self) -> None:
        """Turn automatic checkpoints off and start the thread."""
        engine = self._database.engine
        if engine.dialect.name == "sqlite" and engine.url.database not in (None, "", ":memory:"):
            event.listen(engine, "connect", _disable_auto_checkpoint)
            self._database.close()  # connections that were opened before would go on with automatic checkpoints
            self._thread.start()

    def stop(self) -> None:
        """Stop the thread and turn automatic checkpoints on again."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
            event.remove(self._database.engine, "connect", _disable_auto_checkpoint)
            self._database.close()

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
                # SQLite starts the log anew only when all of it was copied. While we hold the writer, the rest is copied
                # in moments, and the next commit writes at the beginning of the log.
                with self._database.write():
                    _checkpoint(raw)
        except (sqlite3.Error, SQLAlchemyError) as error:
            log.warning("checkpoint_failed", error=type(error).__name__)


def _checkpoint(raw: sqlite3.Connection) -> int:
    """Run a checkpoint and return the number of pages in the log."""
    # Passive: it copies what it can without waiting for readers or writers.
    _, pages, _ = raw.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return int(pages)


def _disable_auto_checkpoint(raw: Any, _record: Any) -> None:
    raw.execute("PRAGMA wal_autocheckpoint=0").close()
