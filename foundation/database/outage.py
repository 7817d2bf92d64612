"""Classify database errors: which mean an outage, and why."""

from __future__ import annotations

from sqlalchemy import exc

# No connection, one that broke or was ended for idling in a transaction, none free in time, a full or read-only disk, a lock
# that was waited for too long.
AWAY: tuple[type[Exception], ...] = (exc.OperationalError, exc.InterfaceError, exc.TimeoutError)
# The base class of what SQLAlchemy raises for a database or its driver.
DATABASE_FAULT: type[Exception] = exc.SQLAlchemyError
# A driver's message may hold an address or a whole URL: only these parts of it are ever repeated.
_KNOWN = (
    "password authentication failed",
    "no pg_hba.conf entry",
    "permission denied",
    "does not exist",
    "failed to resolve host",
    "could not translate host name",
    "Connection refused",
    "No such file or directory",
    "timeout expired",
    "too many clients",
    "remaining connection slots are reserved",
    "the database system is starting up",
    "the database system is shutting down",
    "server closed the connection",
    "terminating connection",
    "QueuePool limit",
    "read-only transaction",
    "No space left on device",
    "database or disk is full",
    "attempt to write a readonly database",
    "unable to open database file",
    "database is locked",
    "disk I/O error",
    "file is not a database",
    "database disk image is malformed",
)
# Errors that waiting does not end: a person must change the settings or the database.
_LASTING = (
    "password authentication failed",
    "no pg_hba.conf entry",
    "permission denied",
    "does not exist",
    "file is not a database",
    "database disk image is malformed",
    "already exists",
    "duplicate column",
    "no such table",
    "no such column",
)


def reason_of(error: BaseException) -> str:
    """Return the reason of an outage without secrets; the error's type where the message is not known."""
    message = str(error)
    return next((words for words in _KNOWN if words in message), type(error).__name__)


def is_away(error: BaseException) -> bool:
    """Return whether a later try may succeed without anybody changing anything."""
    return isinstance(error, AWAY) and not any(words in str(error) for words in _LASTING)
