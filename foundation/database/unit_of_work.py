"""Units of work: a transaction's connection, and the vault that decrypts what is read in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from foundation.database.database import Database
from foundation.database.group_commit import GroupCommit
from foundation.database.prepared import driver_of
from foundation.encryption.vault import Vault
from foundation.errors import TryLater

Value = TypeVar("Value")


@dataclass(frozen=True)
class UnitOfWork:
    """What a store function needs to read and write inside the caller's transaction.

    It names no tenant, since one transaction of the drain or of a sweep serves several; each call names its own.
    """

    connection: Connection
    vault: Vault
    # Ids of rows that are cached somewhere and that this transaction changed.
    changed: set[str] = field(default_factory=set)

    def savepoint(self) -> AbstractContextManager[Any]:
        """Open what a statement that a constraint may refuse is undone to, where the database needs it."""
        # On PostgreSQL such an error ends the whole transaction; on SQLite only its statement.
        return nullcontext() if self.connection.dialect.name == "sqlite" else self.connection.begin_nested()


@dataclass(frozen=True)
class _Part:
    """One caller's share of a transaction, with the context (log ids, the current app) in which it runs."""

    do: Callable[[UnitOfWork], Any]
    context: Context


@dataclass(frozen=True)
class _Outcome(Generic[Value]):
    value: Value | None = None
    error: Exception | None = None
    changed: set[str] = field(default_factory=set)


class _FailedHavingWritten(Exception):
    """A part of a shared transaction failed after it had written."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


class Transactions:
    """Opens units of work on one database; each ends with the block that opened it."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self.database = database
        self.vault = vault
        self._group: GroupCommit[_Part, _Outcome[Any]] = GroupCommit(write=database.write, store=self._do_parts)
        self._watchers: list[Callable[[set[str]], None]] = []

    def watch(self, watcher: Callable[[set[str]], None]) -> None:
        """Call ``watcher`` after each commit of this process with the ids that ``UnitOfWork.changed`` holds."""
        self._watchers.append(watcher)

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        """Open a transaction that sees one state of the database."""
        with self.database.read() as connection:
            yield UnitOfWork(connection, self.vault)

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        """Open a transaction that may write; it commits when the block ends and rolls back when the block fails."""
        with self.database.write() as connection:
            work = UnitOfWork(connection, self.vault)
            yield work
        self._notify_watchers(work.changed)

    def grouped(self, do: Callable[[UnitOfWork], Value]) -> Value:
        """Do something in a transaction that callers of the same moment share, and return its value once that is committed.

        What fails is undone alone. ``do`` may run twice, where the shared transaction failed: it only reads and writes.

        Raises:
            TryLater: too many wait already; and whatever ``do`` raises.
        """
        # PostgreSQL itself syncs what commits at the same moment at once; there one caller's locks must not wait for another's.
        if self.database.is_fleet:
            with self.write() as work:
                return do(work)
        try:
            outcome = self._group.put(_Part(do, copy_context()))
        except TryLater as error:
            if isinstance(error.__cause__, SQLAlchemyError):
                raise error.__cause__ from None
            raise
        if outcome.error is not None:
            raise outcome.error
        self._notify_watchers(outcome.changed)
        return cast(Value, outcome.value)

    def _do_parts(self, connection: Connection, parts: Sequence[_Part]) -> list[_Outcome[Any]]:
        """Do every part, and undo what one that fails has written."""
        driver = driver_of(connection)
        try:
            return [self._do(connection, part) for part in parts]
        except _FailedHavingWritten as failed:
            # Hardly ever: most of what a part may not do is known before it writes, so none pays for a savepoint at first.
            driver.rollback()
            driver.execute("BEGIN IMMEDIATE")
            if len(parts) == 1:
                return [_Outcome(error=failed.error)]
            return [self._do_undoably(connection, part) for part in parts]

    def _do(self, connection: Connection, part: _Part) -> _Outcome[Any]:
        work, driver = UnitOfWork(connection, self.vault), driver_of(connection)
        written = driver.total_changes
        try:
            return _Outcome(part.context.run(part.do, work), changed=work.changed)
        except OperationalError:
            raise  # the database itself: nothing of this transaction can be trusted
        except Exception as error:
            if driver.total_changes != written:
                raise _FailedHavingWritten(error) from error
            return _Outcome(error=error)

    def _do_undoably(self, connection: Connection, part: _Part) -> _Outcome[Any]:
        driver = driver_of(connection)
        driver.execute("SAVEPOINT part")
        try:
            outcome = self._do(connection, part)
        except _FailedHavingWritten as failed:
            driver.execute("ROLLBACK TO SAVEPOINT part")
            outcome = _Outcome(error=failed.error)
        driver.execute("RELEASE SAVEPOINT part")
        return outcome

    def _notify_watchers(self, changed: set[str]) -> None:
        for watcher in self._watchers if changed else ():
            watcher(changed)
