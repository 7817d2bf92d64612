"""Structured log lines: one JSON object each, with fields from an allow-list and the request's correlation id."""

from __future__ import annotations

import json
import logging
import random
import sys
from collections.abc import Mapping
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

from foundation.clock import rfc3339, utc_now

# Other fields are dropped: there is none here for a secret, a token, a signed request, a phone number or a body.
ALLOWED = frozenset({
    "event", "level", "at", "request_id", "tenant", "org", "order", "user", "launch", "reference", "link_reference",
    "channel", "status", "core_status", "verdict", "state", "outcome", "reason", "code", "fields", "route", "method", "ms",
    "peer", "operation", "upstream_status", "attempt", "attempts", "count", "version", "due_in_s", "kind", "inbox",
    "error", "where", "url", "pid", "threads", "signal", "expected", "found", "language", "part", "sentences", "merchant",
    "country",
})  # fmt: skip
# The key in a request's WSGI environment for the facts of what was stored, for the line about its answer.
STORED = "chat2pay.stored"
# The key that marks a request as a probe of our own examination: it is neither counted nor logged.
PROBED = "chat2pay.probed"
_NUMBERS = {name.lower(): number for name, number in logging.getLevelNamesMapping().items()}
_encode = json.JSONEncoder(default=repr).encode
_rng = random.Random()  # noqa: S311 ids of log lines need no secrecy
_threshold = logging.NOTSET  # until configured, everything is written
_request_id: ContextVar[str] = ContextVar("request_id", default="-")


def start_request(given: str | None = None) -> str:
    """Set and return a new correlation id; ``given``, from a trusted caller, is used if it is short and alphanumeric."""
    made = given if given and len(given) <= 64 and given.replace("-", "").isalnum() else f"{_rng.getrandbits(64):016x}"
    _request_id.set(made)
    return made


def request_id() -> str:
    """Return the correlation id of the current request or piece of work."""
    return _request_id.get()


class Logger:
    """Writes one line for each event: ``log.info("event_name", field=value)``."""

    __slots__ = ()

    def debug(self, event: str, **fields: Any) -> None:
        """Write what only somebody who looks for a mistake wants to read."""
        _log("debug", event, fields)

    def info(self, event: str, **fields: Any) -> None:
        """Write what happened."""
        _log("info", event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        """Write what did not work and will be tried again, or was done otherwise."""
        _log("warning", event, fields)

    def error(self, event: str, **fields: Any) -> None:
        """Write what somebody has to look at."""
        _log("error", event, fields)


_LOGGER = Logger()


def configure(level: str) -> None:
    """Set up logging for this process: JSON lines on standard error."""
    global _threshold
    _threshold = _NUMBERS[level]
    # Messages of libraries may hold URLs with secrets: of their warnings only the logger's name and the type are written.
    logging.getLogger().handlers[:] = [_NamesOnly()]
    logging.getLogger().setLevel(logging.WARNING)


def is_written(level: str) -> bool:
    """Return whether lines of this level are written, so that others need not be built."""
    return _NUMBERS[level] >= _threshold


def get_logger() -> Logger:
    """Return the logger."""
    return _LOGGER


def _log(level: str, event: str, fields: Mapping[str, Any]) -> None:
    if _NUMBERS[level] >= _threshold:
        _write(level, event, fields)


def _write(level: str, event: str, fields: Mapping[str, Any]) -> None:
    allowed = {name: value for name, value in fields.items() if name in ALLOWED and value is not None}
    stamped = {"at": rfc3339(utc_now()), "request_id": request_id(), **allowed, "event": event, "level": level}
    # On a full disk or a closed pipe, or without standard error, lines are lost, and the work goes on.
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(f"{_encode(stamped)}\n")
        sys.stderr.flush()


class _NamesOnly(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[0] if record.exc_info else None
        get_logger().warning("library_warning", where=record.name, error=(error or type(record.msg)).__name__)
