"""Log lines of the requests that end with an error, the same in every service; error handlers call these."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from foundation.database.outage import reason_of
from foundation.errors import ServiceError
from foundation.log import PROBED, get_logger

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

log = get_logger()


def log_refusal(environ: WSGIEnvironment, error: ServiceError, *, code: str) -> None:
    """Log an error of ours: 5xx as an error, the rest as warnings."""
    # Our own probe of a refusal must not fill the log that operators watch.
    is_ours = error.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    write = log.debug if PROBED in environ else log.error if is_ours else log.warning
    facts = {name: value for name, value in error.facts.items() if value is not None and name not in ("status", "code")}
    write("refused", code=code, status=error.status, **facts)


def log_database_outage(error: Exception) -> None:
    """Log that the database is away, and why where that is known."""
    log.error("database_away", error=type(error).__name__, reason=reason_of(error))


def log_unforeseen(error: Exception) -> None:
    """Log an exception that nothing else handles."""
    # The message is not logged, because it can hold a phone number or a secret: type and place find the line.
    trace, last = error.__traceback__, None
    while trace is not None:
        last, trace = trace, trace.tb_next
    where = f"{last.tb_frame.f_code.co_name}:{last.tb_lineno}" if last else "?"
    log.error("unforeseen", error=type(error).__name__, where=where)
