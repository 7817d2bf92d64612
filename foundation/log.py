"""Knows how a log line looks: one JSON object from an allow-list of fields; refuses everything that is not on the list."""

from __future__ import annotations

import json
import logging
import random
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

from foundation.clock import utc_now

# structlog draws tracebacks with rich where it finds it. We print none, and rich would be a tenth of our start.
_hides_rich = "rich" not in sys.modules
if _hides_rich:
    sys.modules["rich"] = None  # type: ignore[assignment]
import structlog  # noqa: E402

if _hides_rich:
    del sys.modules["rich"]

# A field that is not here is dropped: secrets, tokens, signed requests, phone numbers and bodies have no name to travel under.
ALLOWED = frozenset({
    "event", "level", "at", "request_id", "tenant", "org", "order", "user", "launch", "reference", "link_reference",
    "channel", "status", "core_status", "verdict", "state", "outcome", "reason", "code", "fields", "route", "method", "ms",
    "peer", "operation", "upstream_status", "attempt", "attempts", "count", "version", "due_in_s", "kind", "inbox",
    "error", "where", "url", "pid", "threads", "signal", "expected", "found",
})  # fmt: skip
# Where in a request's environment a door leaves the facts of what it stored, for the line about its answer.
STORED = "chat2pay.stored"
# Set there where an examination of our own is asking: it is neither counted nor worth a line.
PROBED = "chat2pay.probed"
_NUMBERS = {name.lower(): number for name, number in logging.getLevelNamesMapping().items()}
_ENCODER = json.JSONEncoder(default=repr)
_rng = random.Random()  # noqa: S311 it names lines of a log, it keeps nothing secret
_least = logging.NOTSET  # until configured, structlog writes everything
_request_id: ContextVar[str] = ContextVar("request_id", default="-")


def start_request(given: str | None = None) -> str:
    """Begin a new correlation id and return it; a short plain id from a trusted caller may be kept."""
    made = given if given and len(given) <= 64 and given.replace("-", "").isalnum() else f"{_rng.getrandbits(64):016x}"
    _request_id.set(made)
    return made


def request_id() -> str:
    """Return the correlation id of the present request or piece of work."""
    return _request_id.get()


def configure(level: str) -> None:
    """Set up logging for this process: JSON lines on standard error."""
    global _least
    number = _least = _NUMBERS[level]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            _stamp,
            _only_allowed,
            structlog.processors.JSONRenderer(_to_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(_Lasting()),  # type: ignore[arg-type]
        cache_logger_on_first_use=True,
    )
    # Libraries speak their own words, sometimes with URLs in them: only their warnings, and only their names.
    logging.getLogger().handlers[:] = [_NamesOnly()]
    logging.getLogger().setLevel(logging.WARNING)


def is_written(level: str) -> bool:
    """Say whether a line of this level is written: cheaper than making one that is not."""
    return _NUMBERS[level] >= _least


def get_logger() -> Any:
    """Return the logger; call it as ``log.info("event_name", field=value)``."""
    return structlog.get_logger()


def _stamp(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    at = utc_now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"at": at, "request_id": request_id(), **event}


def _only_allowed(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: value for key, value in event.items() if key in ALLOWED and value is not None}


def _to_json(event: MutableMapping[str, Any], **_: Any) -> str:
    return _ENCODER.encode(event)


class _Lasting:
    """Standard error. It may be a full disk, or a pipe that nobody reads any more: then lines are lost, and the work goes on."""

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
