"""Structured log lines: one JSON object each, with fields from an allow-list and the request's correlation id."""

from __future__ import annotations

import json
import logging
import random
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

import structlog

from foundation.clock import rfc3339, utc_now

# Other fields are dropped: there is none here for a secret, a token, a signed request, a phone number or a body.
ALLOWED = frozenset({
    "event", "level", "at", "request_id", "tenant", "org", "order", "user", "launch", "reference", "link_reference",
    "channel", "status", "core_status", "verdict", "state", "outcome", "reason", "code", "fields", "route", "method", "ms",
    "peer", "operation", "upstream_status", "attempt", "attempts", "count", "version", "due_in_s", "kind", "inbox",
    "error", "where", "url", "pid", "threads", "signal", "expected", "found", "language", "part", "sentences",
})  # fmt: skip
# The key in a request's WSGI environment for the facts of what was stored, for the line about its answer.
STORED = "chat2pay.stored"
# The key that marks a request as a probe of our own examination: it is neither counted nor logged.
PROBED = "chat2pay.probed"
_NUMBERS = {name.lower(): number for name, number in logging.getLevelNamesMapping().items()}
_ENCODER = json.JSONEncoder(default=repr)
_rng = random.Random()  # noqa: S311 ids of log lines need no secrecy
_threshold = logging.NOTSET  # until configured, structlog writes everything
_request_id: ContextVar[str] = ContextVar("request_id", default="-")


def start_request(given: str | None = None) -> str:
    """Set and return a new correlation id; ``given``, from a trusted caller, is used if it is short and alphanumeric."""
    made = given if given and len(given) <= 64 and given.replace("-", "").isalnum() else f"{_rng.getrandbits(64):016x}"
    _request_id.set(made)
    return made


def request_id() -> str:
    """Return the correlation id of the current request or piece of work."""
    return _request_id.get()


def configure(level: str) -> None:
    """Set up logging for this process: JSON lines on standard error."""
    global _threshold
    number = _threshold = _NUMBERS[level]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            _stamp,
            _only_allowed,
            structlog.processors.JSONRenderer(_to_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(_SafeStderr()),  # type: ignore[arg-type]
        cache_logger_on_first_use=True,
    )
    # Messages of libraries may hold URLs with secrets: of their warnings only the logger's name and the type are written.
    logging.getLogger().handlers[:] = [_NamesOnly()]
    logging.getLogger().setLevel(logging.WARNING)


def is_written(level: str) -> bool:
    """Return whether lines of this level are written, so that others need not be built."""
    return _NUMBERS[level] >= _threshold


def get_logger() -> Any:
    """Return the logger; call it as ``log.info("event_name", field=value)``."""
    return structlog.get_logger()


def _stamp(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {"at": rfc3339(utc_now()), "request_id": request_id(), **event}


def _only_allowed(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: value for key, value in event.items() if key in ALLOWED and value is not None}


def _to_json(event: MutableMapping[str, Any], **_: Any) -> str:
    return _ENCODER.encode(event)


class _SafeStderr:
    """Standard error that never raises: on a full disk or a closed pipe lines are lost, and the work goes on."""

    def write(self, line: str) -> None:
        with suppress(OSError, ValueError, AttributeError):  # closed, or never there
            sys.stderr.write(line)

    def flush(self) -> None:
        with suppress(OSError, ValueError, AttributeError):
            sys.stderr.flush()


class _NamesOnly(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[0] if record.exc_info else None
        get_logger().warning("library_warning", where=record.name, error=(error or type(record.msg)).__name__)
