"""Find out whether this process can write to the database, by a small write at most every few seconds.

Only a write shows it: a full disk, a read-only file system and a standby can still be read.
"""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
import zlib
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Table
from sqlalchemy.exc import SQLAlchemyError

from foundation.database.database import Database
from foundation.database.outage import reason_of
from foundation.database.upsert import insert_into
from foundation.log import get_logger

log = get_logger()
# How long a good result counts, how long one counts that is in doubt, and when a check that hangs means "no".
_COUNTS_FOR_SECONDS = 5.0
_IN_DOUBT_SECONDS = 1.0
_LONGEST_SECONDS = 15.0
# Few rows for any number of processes; two processes that share one only wait for each other's commit.
_ROWS = 64
# After a refused write a row is written that needs fresh pages, as a callback does, to see whether there is room again.
_SMALL, _LARGE = 16, 64 * 1024
_LEAST_FREE_BYTES = 1024 * 1024


class WriteAbility(StrEnum):
    """Whether the database can be written to; the values are shown to people."""

    OK = "ok"
    UNREACHABLE = "unreachable"
    NOT_WRITABLE = "not_writable"


class WriteCheck:
    """A check whose result all callers of a process share. ``table`` has ``place``, ``payload`` and ``written_at``."""

    def __init__(
        self,
        database: Database,
        table: Table,
        *,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._table = table
        self._now = now
        self._clock = clock
        self._checking = threading.Lock()
        self._found: WriteAbility | None = None  # not checked yet
        self._found_at = self._begun_at = float("-inf")
        self._in_doubt = False

    def ability(self) -> WriteAbility:
        """Return the last result, or check again where it is too old; while another thread checks, the last result counts."""
        # Balancers ask every second and strangers as often as they like, so most answers come from memory.
        counts_for = _IN_DOUBT_SECONDS if self._in_doubt else _COUNTS_FOR_SECONDS
        if self._age() >= counts_for and self._checking.acquire(blocking=False):
            try:
                self._check()
            finally:
                self._checking.release()
        elif self._checking.locked() and self._clock() - self._begun_at > _LONGEST_SECONDS:
            return WriteAbility.UNREACHABLE
        return self._found or WriteAbility.UNREACHABLE

    def doubt(self) -> None:
        """Report a refused write: the next check comes soon, and needs as much room as a callback."""
        self._in_doubt = True

    def _age(self) -> float:
        return self._clock() - self._found_at

    def _check(self) -> None:
        self._begun_at = self._clock()
        before, doubted = self._found, self._in_doubt
        self._in_doubt = False
        reason = self._refusal(_LARGE if doubted else _SMALL)
        self._found = WriteAbility.OK if reason is None else self._how_bad()
        self._in_doubt = self._in_doubt or reason is not None
        self._found_at = self._clock()
        if reason is not None and before is not self._found:
            log.error("not_ready", outcome=self._found.value, reason=reason)
        elif reason is None and before not in (None, WriteAbility.OK):
            log.info("ready_again")

    def _refusal(self, size: int) -> str | None:
        """Write a row; return why that was refused, None where it was not."""
        try:
            with self._database.write() as connection:
                row = {"place": _place(), "payload": os.urandom(size), "written_at": self._now()}
                connection.execute(_upsert(connection.dialect.name, self._table), row)
            return None if self._database.is_fleet or self._has_room() else "database or disk is full"
        except (SQLAlchemyError, OSError) as error:
            return reason_of(error)

    def _has_room(self) -> bool:
        """Return whether SQLite's disk has room for larger writes."""
        # Its write-ahead log is reused, so a small write still succeeds long after the disk is full.
        return shutil.disk_usage(Path(str(self._database.engine.url.database)).parent).free >= _LEAST_FREE_BYTES

    def _how_bad(self) -> WriteAbility:
        try:
            self._database.ping()
        except SQLAlchemyError:
            return WriteAbility.UNREACHABLE
        return WriteAbility.NOT_WRITABLE


@cache
def _upsert(dialect: str, write_checks: Table) -> Any:
    made = insert_into(dialect, write_checks)
    set_ = {"payload": made.excluded.payload, "written_at": made.excluded.written_at}
    return made.on_conflict_do_update(index_elements=["place"], set_=set_)


def _place() -> int:
    return zlib.crc32(f"{socket.gethostname()} {os.getpid()}".encode()) % _ROWS
