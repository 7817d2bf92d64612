"""Publishing platform events: they are stored for nobody to query, and counted by the hour.

https://developer.salesforce.com/docs/atlas.en-us.platform_events.meta/platform_events/platform_events_publish_api.htm
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sandbox.org.wire.errors import ApiError
from sandbox.org.wire.ids import make_id
from sandbox.org.wire.times import format_time

KEY_PREFIX = "e00"
_HOUR = 3600


@dataclass(frozen=True)
class PublishedEvent:
    """One event message, as subscribers get it."""

    event: str
    values: Mapping[str, Any]
    by: str
    at: str

    def as_json(self) -> dict[str, Any]:
        """Return the message's values by name."""
        return vars(self) | {"values": dict(self.values)}


class EventBus:
    """The event messages since the start, and how many of them came within the last hour."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: list[PublishedEvent] = []
        self._times: deque[float] = deque()

    def publish(self, event: str, values: Mapping[str, Any], *, user_id: str, allowed: int) -> str:
        """Return the message's id. Raises ApiError LIMIT_EXCEEDED."""
        with self._lock:
            # What is refused is not queued for later: the publisher has to repeat it.
            if self._used() >= allowed:
                raise ApiError("LIMIT_EXCEEDED", "You have exceeded the event publishing limit.")
            self._times.append(time.monotonic())
            self._events.append(PublishedEvent(event, dict(values), user_id, format_time(datetime.now(UTC))))
            return make_id(KEY_PREFIX, len(self._events))

    def used_this_hour(self) -> int:
        """Return how many messages count against the hourly allocation."""
        with self._lock:
            return self._used()

    def _used(self) -> int:
        # By the monotonic clock: a test's machine that sets its clock must not refill the allowance.
        while self._times and self._times[0] < time.monotonic() - _HOUR:
            self._times.popleft()
        return len(self._times)

    def events(self) -> list[PublishedEvent]:
        """Return all messages, the oldest first."""
        with self._lock:
            return list(self._events)

    def clear(self) -> None:
        """Forget the messages, and begin a new hour."""
        with self._lock:
            self._events.clear()
            self._times.clear()


def is_event(name: str) -> bool:
    """Return whether an object's name is that of a platform event."""
    return name.endswith("__e")


def queued() -> list[dict[str, Any]]:
    """Return what the result of a published event holds where others hold errors."""
    # An event is only queued when the call returns, so its result names the queued operation among the errors.
    return [{"statusCode": "OPERATION_ENQUEUED", "message": str(uuid4()), "fields": []}]
